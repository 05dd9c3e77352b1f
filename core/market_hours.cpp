#include "core/market_hours.hpp"

namespace contagiond::core {
namespace {

/// A pause so long that no age reaches back over it.
constexpr DurationNs ten_days = 10 * ns_per_day;

}  // namespace

void MarketHours::move_to(TimeNs now) {
    const Kept& before = last();
    changed_ = now < before.span.begin || now >= before.span.end;
    if (!changed_) return;
    if (now < before.span.begin || now - before.span.end > ten_days) {
        count_ = 1;
        kept_[newest_] = {session_span(market_, now), 0};
        return;
    }
    // A bar may be longer than a stretch: none is left out.
    while (now >= last().span.end) {
        const Kept& ended = last();
        const Kept next{session_span(market_, ended.span.end), ended.open_until(ended.span.end)};
        newest_ = newest_ + 1 < kept_max ? newest_ + 1 : 0;
        if (count_ < kept_max) ++count_;
        kept_[newest_] = next;
    }
}

DurationNs MarketHours::open_age(TimeNs from, TimeNs ts) const {
    const SessionSpan& now = last().span;
    if (from >= now.begin) return now.session == Session::closed ? 0 : ts - from;
    if (ts - from > 7 * ns_per_day) return ts - from;
    if (ts >= now.begin && ts <= now.end) {
        std::size_t place = newest_;
        for (std::size_t back = 1; back < count_; ++back) {
            place = place > 0 ? place - 1 : kept_max - 1;
            if (from >= kept_[place].span.begin)
                return last().open_until(ts) - kept_[place].open_until(from);
        }
    }
    return open_time(market_, from, ts);
}

}  // namespace contagiond::core
