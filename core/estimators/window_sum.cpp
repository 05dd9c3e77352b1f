#include "core/estimators/window_sum.hpp"

namespace contagiond::core {

WindowSum::WindowSum(std::uint32_t window) : rows_(window), older_(window + 1) {}

void WindowSum::push(std::optional<double> value) {
    if (position_ == rows_.size()) {
        for (std::size_t i = rows_.size(); i-- > 0;) {
            older_[i] = older_[i + 1];
            older_[i].add(rows_[i]);
        }
        newer_ = {};
        position_ = 0;
    }
    rows_[position_++] = value;
    newer_.add(value);
}

}  // namespace contagiond::core
