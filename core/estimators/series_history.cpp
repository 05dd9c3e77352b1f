#include "core/estimators/series_history.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace contagiond::core {

SeriesHistory::SeriesHistory(std::size_t rows)
    : ring_(2 * std::max<std::size_t>(rows, 1), std::numeric_limits<double>::quiet_NaN()) {}

void SeriesHistory::push(std::optional<double> value) {
    const std::size_t rows = rows_max();
    const double kept =
        value && std::isfinite(*value) ? *value : std::numeric_limits<double>::quiet_NaN();
    ring_[next_] = kept;
    ring_[next_ + rows] = kept;
    next_ = next_ + 1 < rows ? next_ + 1 : 0;
    count_ = std::min(count_ + 1, rows);
}

std::span<const double> SeriesHistory::last(std::size_t n) const {
    const std::size_t rows = std::min(n, count_);
    return std::span<const double>(ring_).subspan(next_ + rows_max() - rows, rows);
}

}  // namespace contagiond::core
