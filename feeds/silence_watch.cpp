#include "feeds/silence_watch.hpp"

#include <algorithm>

#include "core/calendar.hpp"
#include "core/elementary.hpp"

namespace contagiond::feeds {
namespace {

constexpr core::DurationNs half_life = core::ns_per_hour;

bool is_watched_at(core::Market market, core::TimeNs ts) {
    return core::session_span(market, ts).session == core::Session::regular;
}

/// How much of (from, to] the instrument was expected to print. `ts`: `to` on the wall clock. What
/// lies before the session of that moment is night.
core::DurationNs expected_time(core::Market market, MonotonicNs from, MonotonicNs to,
                               core::TimeNs ts) {
    const core::SessionSpan span = core::session_span(market, ts);
    return span.session == core::Session::regular ? ts - std::max(ts - (to - from), span.begin) : 0;
}

}  // namespace

SilenceWatch::SilenceWatch(std::span<const Listing> listings, const Timing& timing)
    : patience_(timing.silence_patience) {
    std::size_t most = 0;
    for (const Listing& listing : listings) {
        watched_.push_back({.instrument = listing.instrument,
                            .market = listing.market,
                            .floor = listing.stale_after,
                            .long_gap = timing.usual_gap});
        if (listing.instrument != core::no_id)
            most = std::max<std::size_t>(most, listing.instrument + 1u);
    }
    last_.assign(most, 0);
}

void SilenceWatch::begin(MonotonicNs now) {
    std::ranges::fill(last_, now);
    for (Watched& one : watched_) {
        one.last = now;
        one.asked = never;
    }
    looked_ = now;
}

void SilenceWatch::leave_out(std::size_t listing) {
    watched_[listing].left_out = true;
}

core::DurationNs SilenceWatch::bound(std::size_t listing) const {
    return std::max(watched_[listing].floor, 3 * watched_[listing].long_gap);
}

SilenceWatch::Findings SilenceWatch::look(MonotonicNs now, core::TimeNs ts) {
    Findings findings;
    if (looked_ == never) begin(now);
    const double fade =
        core::elementary::exp2(-static_cast<double>(std::max<core::DurationNs>(now - looked_, 0)) /
                               static_cast<double>(half_life));
    looked_ = now;
    std::size_t open = 0;
    std::size_t silent = 0;
    for (std::size_t i = 0; i < watched_.size(); ++i) {
        Watched& one = watched_[i];
        if (one.left_out || one.instrument >= last_.size()) continue;
        const MonotonicNs last = last_[one.instrument];
        if (last > one.last) {
            const core::DurationNs gap =
                expected_time(one.market, one.last, last, ts - (now - last));
            one.long_gap = std::max(
                gap, static_cast<core::DurationNs>(static_cast<double>(one.long_gap) * fade));
            one.last = last;
            one.asked = never;
        }
        if (!is_watched_at(one.market, ts)) {
            one.asked = never;
            continue;
        }
        ++open;
        if (expected_time(one.market, one.last, now, ts) < bound(i)) continue;
        if (one.asked == never) {
            if (findings.ask.size() == ask_max) continue;
            one.asked = now;
            findings.ask.push_back(i);
        } else if (now - one.asked >= patience_) {
            ++silent;
        }
    }
    findings.any_open = open != 0;
    findings.most_silent = silent * 2 > open;
    return findings;
}

}  // namespace contagiond::feeds
