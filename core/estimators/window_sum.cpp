#include "core/estimators/window_sum.hpp"

namespace contagiond::core {

WindowSum::WindowSum(std::uint32_t window) : sums_(window + 1), counts_(window + 1) {}

void WindowSum::push(std::optional<double> value) {
    if (position_ + 1 == sums_.size()) {
        // Each suffix from the one behind it; behind the last row there is nothing.
        double sum = 0;
        std::uint32_t count = 0;
        for (std::size_t i = position_; i-- > 0;) {
            if (counts_[i] > 0) sum += sums_[i];
            count += counts_[i];
            sums_[i] = sum;
            counts_[i] = count;
        }
        sum_ = 0;
        count_ = 0;
        position_ = 0;
    }
    sums_[position_] = value.value_or(0);
    counts_[position_] = value ? 1 : 0;
    ++position_;
    if (!value) return;
    sum_ += *value;
    ++count_;
}

}  // namespace contagiond::core
