// LevelPath: the last rows of one path, and its highest level over any stretch of them.
//
// A tree of maxima over a ring whose length is a power of two: node i is the higher of nodes 2i and
// 2i + 1, and leaf `row mod length` holds a row. A stretch is covered by at most two nodes a level
// of the tree.
//
// Cost: O(log rows) a row and a question, whatever the stretch. Memory: 16 bytes a row, rows in
// powers of two. Error: none, levels are kept as they came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace contagiond::core {

/// One thread. Never allocates after construction.
class LevelPath {
  public:
    /// Keeps the last `rows` rows, at least 1.
    explicit LevelPath(std::size_t rows);

    /// A row; NaN where the path has no level.
    void push(double level);

    /// Rows so far; they are numbered from 0. Questions are of rows that are kept.
    std::uint64_t rows() const { return rows_; }
    /// NaN where there is none.
    double at(std::uint64_t row) const {
        const double level = tree_[leaf(row)];
        return level == none ? std::numeric_limits<double>::quiet_NaN() : level;
    }
    /// Of the rows from `from` to `to`, both included; minus infinity if none has a level.
    double highest(std::uint64_t from, std::uint64_t to) const;
    /// The last of these rows that stands at `level` or higher.
    std::optional<std::uint64_t> last_at_least(double level, std::uint64_t from,
                                               std::uint64_t to) const;

  private:
    static constexpr double none = -std::numeric_limits<double>::infinity();

    std::size_t length() const { return tree_.size() / 2; }
    std::size_t leaf(std::uint64_t row) const {
        return length() + static_cast<std::size_t>(row & (length() - 1));
    }
    double highest_leaf(std::size_t from, std::size_t to) const;
    std::optional<std::size_t> last_leaf(double level, std::size_t from, std::size_t to) const;

    std::vector<double> tree_;  ///< from 1; the leaves are the second half
    std::uint64_t rows_ = 0;
};

}  // namespace contagiond::core
