#include "core/estimators/day_change.hpp"

#include <cmath>

namespace contagiond::core {
namespace {

/// After dropping what is not needed, one sample is at or before 24 h ago, and the others lie in
/// the 1,441 minutes that the last 24 h touch.
constexpr std::size_t kept_max = 1442;

}  // namespace

DayChange::DayChange() : ring_(kept_max) {}

const DayChange::Sample& DayChange::kept(std::size_t i) const {
    const std::size_t position = front_ + i;
    return ring_[position < kept_max ? position : position - kept_max];
}

void DayChange::push(TimeNs bar_end, double path) {
    if (!std::isfinite(path) || (last_.ts != no_time && bar_end <= last_.ts)) return;
    last_ = {bar_end, path};
    while (count_ > 1 && kept(1).ts <= bar_end - ns_per_day) {
        front_ = front_ + 1 < kept_max ? front_ + 1 : 0;
        --count_;
    }
    if (count_ > 0 && bar_end / ns_per_min == kept(count_ - 1).ts / ns_per_min) return;
    const std::size_t position = front_ + count_;
    ring_[position < kept_max ? position : position - kept_max] = last_;
    ++count_;
}

std::optional<double> DayChange::value(TimeNs now) const {
    if (count_ == 0 || now < last_.ts || kept(0).ts > now - ns_per_day) return std::nullopt;
    std::size_t reference = 0;
    while (reference + 1 < count_ && kept(reference + 1).ts <= now - ns_per_day) ++reference;
    return last_.path - kept(reference).path;
}

void DayChange::restart() {
    front_ = 0;
    count_ = 0;
    last_ = {};
}

}  // namespace contagiond::core
