// RollingCorrelation: Pearson's correlation of the last `window` rows of two series. For one pair;
// the engine's many, with the same results to the bit, are CorrelationLanes'.
//
//     mx = Σx/n;  Sxx = Σ(x-mx)²;  Sxy = Σ(x-mx)(y-my);  rho = Sxy / sqrt(Sxx·Syy)
//
// Nothing is ever subtracted from a sum, so nothing is lost when a large value leaves the window.
// The rows are cut into blocks of `window` rows; the window is always the tail of the older block
// (a table of suffix aggregates, made when that block was full) merged with all of the newer one (a
// running aggregate). Aggregates are merged by Chan, Golub and LeVeque's pairwise rule (1979), and
// each block is centred on one of its own values before it is summed, so that levels near 1e5 which
// move by 1e-8 of themselves keep their digits. That value is one that is in the window itself: the
// first of the newer block, the last of the older.
//
// Cost: O(1) amortised a row, with O(window) work once every `window` rows. Memory: 96 bytes a
// window row. Error: that of one summation over the window, absolute and at most window·eps,
// whatever went before.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace contagiond::core {

/// One thread. Never allocates after construction.
class RollingCorrelation {
  public:
    /// A result needs at least `min_rows` rows with both values. window >= 2.
    RollingCorrelation(std::uint32_t window, std::uint32_t min_rows);

    /// A row with both values, which must be finite.
    void push(double x, double y);
    /// A row in which at least one side has no value: it takes its place in the window and counts
    /// for nothing.
    void push_absent();

    /// -1 to 1; absent with fewer than min_rows rows, or when a side is constant over them.
    std::optional<double> value() const;
    /// Rows in the window that have both values.
    std::uint32_t rows() const;

  private:
    /// Count, means and centred sums of some rows, relative to their block's anchor.
    struct Moments {
        double n = 0;
        double mean_x = 0, mean_y = 0;
        double sxx = 0, syy = 0, sxy = 0;
        double value_x = 0, value_y = 0;  ///< the one value all rows have, while `constant`
        bool constant_x = true, constant_y = true;
    };
    struct Row {
        double x = 0, y = 0;
        bool present = false;
    };
    struct Anchor {
        double x = 0, y = 0;
        bool set = false;
    };

    static Moments single(const Row& row, const Anchor& anchor);
    /// `shift_x`, `shift_y`: anchor of b minus anchor of a. The result is relative to a's anchor.
    static Moments merge(const Moments& a, const Moments& b, double shift_x, double shift_y);
    Moments window_moments() const;
    void advance(const Row& row);
    void flip();

    std::uint32_t window_;
    std::uint32_t min_rows_;
    std::vector<Row> rows_;  ///< of the newer block, in order
    std::vector<Moments>
        suffix_;  ///< of the older block: suffix_[i] covers its rows from i to the end
    std::uint32_t newer_count_ = 0;
    Moments newer_;
    Anchor newer_anchor_;
    Anchor older_anchor_;
    bool have_older_ = false;
};

}  // namespace contagiond::core
