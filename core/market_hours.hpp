// MarketHours: the stretch of hours a market is in, and those of the last days, kept from bar to
// bar: how old a price is in open hours is asked of every instrument and bar, and the calendar only
// when a stretch has ended.
//
//     open(from, to) = O(to) - O(from),   O(t) = open time from the oldest stretch kept to t
//
// Cost: O(1) a bar; an age O(stretches it reaches back over), 30 in a week. Memory: 1.6 kB. Error:
// none, all is integers.
#pragma once

#include <array>
#include <cstddef>

#include "core/calendar.hpp"
#include "core/instrument.hpp"
#include "core/units.hpp"

namespace contagiond::core {

/// One thread. Never allocates.
class MarketHours {
  public:
    explicit MarketHours(Market market) : market_(market) {}

    /// The present is `now` from here on. Usually it moves forward; any moment is answered.
    void move_to(TimeNs now);

    bool open() const { return last().span.session != Session::closed; }
    /// Whether the last move_to() led into another stretch.
    bool changed() const { return changed_; }
    /// Whether it is known that the market was open then: within the present stretch.
    bool open_at(TimeNs ts) const {
        const SessionSpan& span = last().span;
        return span.session != Session::closed && ts >= span.begin && ts < span.end;
    }
    /// Open time between `from` and `ts`, which lies in the present stretch or at its end. Of more
    /// than a week all of it: no market is closed for so long, so what is that old is old by any
    /// bound.
    DurationNs open_age(TimeNs from, TimeNs ts) const;

  private:
    struct Kept {
        SessionSpan span;
        DurationNs open_before = 0;  ///< from the oldest stretch to the begin of this one
        /// `t` lies in the stretch, or at its end.
        DurationNs open_until(TimeNs t) const {
            return span.session == Session::closed ? open_before : open_before + (t - span.begin);
        }
    };
    /// More than the stretches of ten days.
    static constexpr std::size_t kept_max = 40;

    const Kept& last() const { return kept_[newest_]; }

    Market market_;
    bool changed_ = false;
    std::array<Kept, kept_max> kept_{};  ///< ring; each begins where the one before it ends
    std::size_t newest_ = 0;
    std::size_t count_ = 1;  ///< at first one that holds nothing
};

}  // namespace contagiond::core
