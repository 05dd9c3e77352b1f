#include "core/estimators/window_sum.hpp"

namespace contagiond::core {

WindowSum::WindowSum(std::uint32_t window) : parts_(window + 1) {}

void WindowSum::push(std::optional<double> value) {
    if (position_ + 1 == parts_.size()) {
        // Each suffix from the one behind it; behind the last row there is nothing.
        Part suffix;
        for (std::size_t i = position_; i-- > 0;) {
            suffix.add(parts_[i]);
            parts_[i] = suffix;
        }
        newer_ = {};
        position_ = 0;
    }
    const Part row = {value.value_or(0), value ? 1u : 0u};
    parts_[position_++] = row;
    newer_.add(row);
}

}  // namespace contagiond::core
