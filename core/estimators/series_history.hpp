// SeriesHistory: the last rows of one series as one contiguous column, for batch work on demand
// (Forbes-Rigobon, partial correlation, lag asymmetry) without a copy.
//
// Each value is written twice, `rows` places apart, so that the last n values always stand side by
// side somewhere. Histories that are pushed together have rows that belong together.
//
// Cost: O(1) a row and O(1) a question. Memory: 16 bytes a row. Error: none, values are kept as
// they came.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace contagiond::core {

/// One thread. Never allocates after construction.
class SeriesHistory {
  public:
    /// Keeps the last `rows` rows, at least 1.
    explicit SeriesHistory(std::size_t rows);

    /// A row; one without a value, or with one that is not finite, is kept as NaN.
    void push(std::optional<double> value);

    /// The last n rows, or all there are if these are fewer; oldest first, NaN where absent. Valid
    /// until the next push().
    std::span<const double> last(std::size_t n) const;

    /// Rows that can be asked for.
    std::size_t size() const { return count_; }
    std::size_t rows_max() const { return ring_.size() / 2; }

  private:
    std::vector<double> ring_;
    std::size_t next_ = 0;  ///< where the next value goes first
    std::size_t count_ = 0;
};

}  // namespace contagiond::core
