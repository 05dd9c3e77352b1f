// SwingWindow: sums over the last moves of two paths that were known side by side, from which their
// volatility and correlation follow.
//
//     n,  Σx, Σy, Σx², Σy², Σxy,  and how many x are not zero
//
// Nothing is ever subtracted, as in WindowSum: the window is the tail of an older block, of which
// the sums of all tails were made when it was full, and all of the newer one.
//
// Cost: O(1) amortised a row, with O(window) work once every `window` rows. Memory: 64 bytes a row
// of the window. Error: that of one summation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace contagiond::core {

struct SwingSums {
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    std::uint32_t rows = 0;   ///< in which both moves are known
    std::uint32_t moves = 0;  ///< of these, how many have an x that is not zero

    /// A row: nothing unless both are numbers.
    void add(double dx, double dy) {
        if (!(dx == dx) || !(dy == dy)) return;
        ++rows;
        moves += dx != 0;
        x += dx, y += dy, xx += dx * dx, yy += dy * dy, xy += dx * dy;
    }
    friend SwingSums operator+(const SwingSums& a, const SwingSums& b) {
        return {a.x + b.x,   a.y + b.y,       a.xx + b.xx,      a.yy + b.yy,
                a.xy + b.xy, a.rows + b.rows, a.moves + b.moves};
    }
};

/// One thread. Never allocates after construction.
class SwingWindow {
  public:
    /// Of so many rows; 0: its sums are always empty.
    explicit SwingWindow(std::size_t rows) : rows_(rows), older_(rows + 1) {}

    void push(double dx, double dy) {
        if (rows_.empty()) return;
        if (position_ == rows_.size()) {
            for (std::size_t i = rows_.size(); i-- > 0;) {
                older_[i] = older_[i + 1];
                older_[i].add(rows_[i].dx, rows_[i].dy);
            }
            newer_ = {};
            position_ = 0;
        }
        rows_[position_++] = {dx, dy};
        newer_.add(dx, dy);
    }
    SwingSums sums() const { return older_[position_] + newer_; }

  private:
    struct Row {
        double dx = 0, dy = 0;
    };
    std::vector<Row> rows_;         ///< of the newer block, in order
    std::vector<SwingSums> older_;  ///< older_[i] covers the older block from row i on
    SwingSums newer_;
    std::size_t position_ = 0;  ///< rows in the newer block
};

}  // namespace contagiond::core
