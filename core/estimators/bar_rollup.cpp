#include "core/estimators/bar_rollup.hpp"

#include <cmath>

namespace contagiond::core {
namespace {

/// Where the coarse bar that `bar_end` lies in begins; bars are left-open and right-closed.
TimeNs begin_of(TimeNs bar_end, DurationNs coarse) {
    const TimeNs t = bar_end - 1;
    const TimeNs rest = t % coarse;
    return t - (rest < 0 ? rest + coarse : rest);
}

}  // namespace

BarRollup::BarRollup(DurationNs fine, DurationNs coarse)
    : fine_(fine), coarse_(bar_of(fine, coarse)) {}

std::optional<CoarseRow> BarRollup::push(TimeNs bar_end, std::optional<double> log_return,
                                         double elapsed, bool closure_gap) {
    if (last_ != no_time && bar_end <= last_) return std::nullopt;
    const TimeNs begin = begin_of(bar_end, coarse_);
    const bool is_first = bar_end == begin + fine_;
    const bool is_next = last_ != no_time && bar_end == last_ + fine_;
    // Another coarse bar than before, or the first ever: what was collected ended untold.
    if (last_ == no_time || last_ <= begin) {
        whole_ = is_first;
        closure_ = printed_ = false;
        sum_ = elapsed_ = 0;
    } else if (!is_next) {
        whole_ = false;
    }
    last_ = bar_end;

    if (log_return && std::isfinite(*log_return)) {
        printed_ = true;
        closure_ = closure_ || closure_gap;
        sum_ += *log_return;
        elapsed_ += elapsed;
    }
    if (bar_end != begin + coarse_) return std::nullopt;
    CoarseRow row;
    row.ts = bar_end;
    row.printed = printed_;
    if (printed_ && whole_ && !closure_) {
        row.log_return = sum_;
        row.elapsed = elapsed_ * static_cast<double>(fine_) / static_cast<double>(coarse_);
    }
    return row;
}

}  // namespace contagiond::core
