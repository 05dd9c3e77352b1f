// What every estimator on raw ticks shares: which ticks count, the log return of two prices, and
// the walk through several tick series in the order of time.
//
//     r = log(p1/p0) = 2·atanh((p1 - p0)/(p1 + p0))
//
// The difference of two near prices is exact, so r keeps its digits where log(p1) - log(p0) loses
// all but a few.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "core/elementary.hpp"
#include "core/units.hpp"

namespace contagiond::core {

/// Ticks of one series as they came: stamps in nanoseconds, prices as doubles (NaN for none). Of
/// unequal lengths the shorter one counts.
struct TickSpan {
    std::span<const TimeNs> ts;
    std::span<const double> price;

    std::size_t size() const { return std::min(ts.size(), price.size()); }
};

inline bool is_price(double price) {
    return std::isfinite(price) && price > 0;
}

/// Log return from one price to the next; finite for any two prices, and as much down as up to the
/// last bit.
inline double log_return(double from, double to) {
    return elementary::log_ratio(from, to);
}

/// The log return from one price to the next, taken once for everything a series is part of.
struct KnownReturn {
    double from = 0, to = 0;  ///< 0: nothing is known
    double value = 0;

    bool is_of(double before, double after) const { return from == before && to == after; }
};

/// t + d without leaving the range of the type: a stamp from outside may be anything.
constexpr TimeNs add_saturated(TimeNs t, DurationNs d) {
    TimeNs sum = 0;
    if (!__builtin_add_overflow(t, d, &sum)) return sum;
    return d < 0 ? std::numeric_limits<TimeNs>::min() : std::numeric_limits<TimeNs>::max();
}

/// t - u, likewise.
constexpr DurationNs subtract_saturated(TimeNs t, TimeNs u) {
    DurationNs difference = 0;
    if (!__builtin_sub_overflow(t, u, &difference)) return difference;
    return t < u ? std::numeric_limits<TimeNs>::min() : std::numeric_limits<TimeNs>::max();
}

/// What became of a tick.
enum class TickVerdict : std::uint8_t {
    next,      ///< accepted, later than the one before
    replaces,  ///< accepted: the same stamp as the one before, whose price it takes
    late,      ///< dropped: below the last accepted stamp of its series
    behind,    ///< dropped: below a stamp that another series of the estimator has reached
    bad_price  ///< dropped: NaN, infinite, zero or negative
};

constexpr bool accepted(TickVerdict verdict) {
    return verdict == TickVerdict::next || verdict == TickVerdict::replaces;
}

/// Ticks a series did not take, by reason.
struct DroppedTicks {
    std::uint64_t late = 0;
    std::uint64_t behind = 0;
    std::uint64_t bad_price = 0;

    std::uint64_t total() const { return late + behind + bad_price; }
    bool operator==(const DroppedTicks&) const = default;
};

/// The rule of one series. `judge` only looks; `admit` remembers the tick or counts it as dropped.
class TickPolicy {
  public:
    /// By the series' own ticks alone: never `behind`.
    TickVerdict judge(TimeNs ts, double price) const {
        if (!is_price(price)) return TickVerdict::bad_price;
        if (!any_ || ts > last_) return TickVerdict::next;
        return ts == last_ ? TickVerdict::replaces : TickVerdict::late;
    }
    /// `reached`: a stamp below which an estimator of several series takes no tick any more.
    TickVerdict admit(TimeNs ts, double price, TimeNs reached = no_time) {
        TickVerdict verdict = judge(ts, price);
        if (accepted(verdict) && ts < reached) verdict = TickVerdict::behind;
        if (accepted(verdict)) {
            last_ = ts;
            any_ = true;
        } else {
            dropped_.late += verdict == TickVerdict::late;
            dropped_.behind += verdict == TickVerdict::behind;
            dropped_.bad_price += verdict == TickVerdict::bad_price;
        }
        return verdict;
    }
    const DroppedTicks& dropped() const { return dropped_; }

  private:
    TimeNs last_ = 0;
    bool any_ = false;
    DroppedTicks dropped_;
};

/// The place reached in one series. Knows which ticks the policy will drop, so that the stamp of a
/// dropped one does not decide whose turn it is.
class TickCursor {
  public:
    explicit TickCursor(TickSpan ticks) : ticks_(ticks) {}

    bool done() const { return next_ == ticks_.size(); }
    TimeNs ts() const { return ticks_.ts[next_]; }
    double price() const { return ticks_.price[next_]; }
    bool to_be_dropped() const { return !accepted(policy_.judge(ts(), price())); }
    void advance() {
        policy_.admit(ts(), price());
        ++next_;
    }

  private:
    TickSpan ticks_;
    std::size_t next_ = 0;
    TickPolicy policy_;
};

/// Hands ticks on in the order of time until their stamps pass `until`: take(k, ts, price) with k
/// the place of the series among the cursors; at equal stamps the first series goes first. Ticks
/// to be dropped are handed on when they are met, for the taker to count. O(cursors) a tick.
template <typename Take>
void merge_ticks(std::span<TickCursor> cursors, TimeNs until, Take&& take) {
    for (;;) {
        std::size_t first = cursors.size();
        for (std::size_t k = 0; k < cursors.size(); ++k) {
            TickCursor& cursor = cursors[k];
            for (; !cursor.done() && cursor.to_be_dropped(); cursor.advance())
                take(k, cursor.ts(), cursor.price());
            if (cursor.done() || cursor.ts() > until) continue;
            if (first == cursors.size() || cursor.ts() < cursors[first].ts()) first = k;
        }
        if (first == cursors.size()) return;
        take(first, cursors[first].ts(), cursors[first].price());
        cursors[first].advance();
    }
}

}  // namespace contagiond::core
