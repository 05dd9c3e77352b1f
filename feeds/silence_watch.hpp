// SilenceWatch: which instruments of a session have been silent for longer than their habit, while
// their market is open. A quiet night is no fault, and a rare print no alarm.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "feeds/session.hpp"

namespace contagiond::feeds {

/// One thread; pure. Silence is counted on the monotonic clock, whatever is done to the wall clock;
/// that one only tells which session it is.
///
/// Bound of an instrument: max(its stale_after, 3 x its usual long gap). The usual long gap is the
/// longest silence of late between two prints: it halves in an hour, and is Timing::usual_gap
/// before anything is known. US shares are watched in the regular session only: before and after it
/// prints are as rare as they please.
class SilenceWatch {
  public:
    SilenceWatch(std::span<const Listing> listings, const Timing& timing);

    /// A row of the instrument came. One store.
    void seen(core::InstrumentId instrument, MonotonicNs now) {
        if (instrument < last_.size()) last_[instrument] = now;
    }
    /// Nothing is held against the time before `now`: the connection was not there.
    void begin(MonotonicNs now);
    void leave_out(std::size_t listing);

    struct Findings {
        bool any_open = false;         ///< data are to be expected
        std::vector<std::size_t> ask;  ///< listings to be asked for anew: once a silence,
                                       ///< a few at a time
        bool most_silent = false;      ///< most open ones are silent, though asked for a while ago
    };
    /// To be called every few seconds. `ts`: `now` on the wall clock.
    Findings look(MonotonicNs now, core::TimeNs ts);

    /// Of a listing, as of the last look.
    core::DurationNs bound(std::size_t listing) const;

  private:
    struct Watched {
        core::InstrumentId instrument;
        core::Market market;
        core::DurationNs floor;
        core::DurationNs long_gap;
        MonotonicNs last = 0;       ///< as of the last look
        MonotonicNs asked = never;  ///< anew, in this silence
        bool left_out = false;
    };

    /// In one look: more would keep pings waiting.
    static constexpr std::size_t ask_max = 8;

    const core::DurationNs patience_;
    std::vector<Watched> watched_;   ///< by listing
    std::vector<MonotonicNs> last_;  ///< by instrument
    MonotonicNs looked_ = never;
};

}  // namespace contagiond::feeds
