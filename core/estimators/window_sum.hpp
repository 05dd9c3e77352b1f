// WindowSum: the sum of the values in the last `window` rows.
//
// Nothing is ever subtracted, so a huge value leaves no trace once it has left, and a window of
// zeros sums to zero exactly. The window is the tail of an older block (sums of its suffixes, made
// when the block was full) and all of the newer one (a running sum). A row of the newer block takes
// the place of the suffix that has left.
//
// Cost: O(1) amortised a row, with O(window) work once every `window` rows. Memory: 12 bytes a
// window row. Error: that of one summation, at most window·eps of the sum of absolute values,
// whatever went before.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace contagiond::core {

/// One thread. Never allocates after construction.
class WindowSum {
  public:
    /// window >= 1 rows.
    explicit WindowSum(std::uint32_t window);

    /// A row; one without a value takes its place in the window and adds nothing.
    void push(std::optional<double> value);

    double sum() const { return sums_[position_] + sum_; }
    /// Rows in the window that have a value.
    std::uint32_t count() const { return counts_[position_] + count_; }

  private:
    // Before position_ the rows of the newer block, in order, with a count of 1 where there is a
    // value; from there on what the older block holds from row i to its end.
    std::vector<double> sums_;
    std::vector<std::uint32_t> counts_;
    double sum_ = 0;  ///< of the newer block
    std::uint32_t count_ = 0;
    std::uint32_t position_ = 0;  ///< rows in the newer block
};

}  // namespace contagiond::core
