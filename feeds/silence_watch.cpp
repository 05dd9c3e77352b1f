#include "feeds/silence_watch.hpp"

#include <algorithm>
#include <cmath>

#include "core/calendar.hpp"

namespace contagiond::feeds {
namespace {

constexpr core::DurationNs half_life = core::ns_per_hour;

bool is_watched_at(core::Market market, core::TimeNs ts) {
    return core::session_span(market, ts).session == core::Session::regular;
}

/// How much of (from, to] the instrument was expected to print. Both lie in one stretch or nearly
/// so: what lies before the stretch of `to` is night.
core::DurationNs expected_time(core::Market market, core::TimeNs from, core::TimeNs to) {
    const core::SessionSpan span = core::session_span(market, to);
    return span.session == core::Session::regular ? to - std::max(from, span.begin) : 0;
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

void SilenceWatch::begin(core::TimeNs ts) {
    std::ranges::fill(last_, ts);
    for (Watched& one : watched_) {
        one.ts_last = ts;
        one.ts_asked = core::no_time;
    }
    ts_looked_ = ts;
}

void SilenceWatch::leave_out(std::size_t listing) {
    watched_[listing].left_out = true;
}

core::DurationNs SilenceWatch::bound(std::size_t listing) const {
    return std::max(watched_[listing].floor, 3 * watched_[listing].long_gap);
}

SilenceWatch::Findings SilenceWatch::look(core::TimeNs ts) {
    Findings findings;
    if (ts_looked_ == core::no_time) begin(ts);
    const double fade =
        std::exp2(-static_cast<double>(std::max<core::DurationNs>(ts - ts_looked_, 0)) /
                  static_cast<double>(half_life));
    ts_looked_ = ts;
    std::size_t open = 0;
    std::size_t silent = 0;
    for (std::size_t i = 0; i < watched_.size(); ++i) {
        Watched& one = watched_[i];
        if (one.left_out || one.instrument >= last_.size()) continue;
        const core::TimeNs last = last_[one.instrument];
        if (last > one.ts_last) {
            const core::DurationNs gap = expected_time(one.market, one.ts_last, last);
            one.long_gap = std::max(
                gap, static_cast<core::DurationNs>(static_cast<double>(one.long_gap) * fade));
            one.ts_last = last;
            one.ts_asked = core::no_time;
        }
        if (!is_watched_at(one.market, ts)) {
            one.ts_asked = core::no_time;
            continue;
        }
        ++open;
        if (expected_time(one.market, one.ts_last, ts) < bound(i)) continue;
        if (one.ts_asked == core::no_time) {
            if (findings.ask.size() == ask_max) continue;
            one.ts_asked = ts;
            findings.ask.push_back(i);
        } else if (ts - one.ts_asked >= patience_) {
            ++silent;
        }
    }
    findings.any_open = open != 0;
    findings.most_silent = silent * 2 > open;
    return findings;
}

}  // namespace contagiond::feeds
