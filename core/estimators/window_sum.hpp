// WindowSum: the sum of the values in the last `window` rows.
//
// Nothing is ever subtracted, so a huge value leaves no trace once it has left, and a window of
// zeros sums to zero exactly. The window is the tail of an older block (sums of its suffixes, made
// when the block was full) and all of the newer one (a running sum).
//
// Cost: O(1) amortised a row, with O(window) work once every `window` rows. Memory: 32 bytes a
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

    double sum() const { return older_[position_].sum + newer_.sum; }
    /// Rows in the window that have a value.
    std::uint32_t count() const { return older_[position_].count + newer_.count; }

  private:
    struct Part {
        double sum = 0;
        std::uint32_t count = 0;
        void add(const std::optional<double>& value) {
            if (!value) return;
            sum += *value;
            ++count;
        }
    };
    std::vector<std::optional<double>> rows_;  ///< of the newer block, in order
    std::vector<Part> older_;                  ///< older_[i] covers the older block from row i on
    Part newer_;
    std::uint32_t position_ = 0;  ///< rows in the newer block
};

}  // namespace contagiond::core
