// What /api/v1/status/feeds says.
#pragma once

#include <span>
#include <string>

#include "core/units.hpp"
#include "feeds/feed_counters.hpp"

namespace contagiond::daemon {

struct FeedStatus {
    std::string name;
    std::string venue;
    core::DurationNs silence_after = 0;  ///< no data for so long is one; 0: quiet hours are normal
    bool market_open = true;             ///< whether anything of it can print now
    const feeds::FeedCounters* counters = nullptr;  ///< required
};

/// A JSON array, a row a feed:
///   {"name","venue","state":"up|down","last_message":time,
///    "age_s",              real seconds since the last message
///    "silence_after_s",    real seconds without data after which its session connects anew; null
///                          where the venue has quiet hours
///    "market_open",
///    "latency_p50_s","latency_p99_s",   exchange stamp to receive, by the daemon's clock since the
///                                       start; null also above the last bound of 30 s
///    "clock_skew_ticks",   stamped ahead of our clock
///    "messages","received_bytes","ticks","parse_errors","sequence_gaps","duplicates",
///    "reconnects","refused"}
/// `now` is the daemon's clock, which runs `clock_rate` seconds in a real one. Null where unknown.
/// Any thread; never blocks.
std::string feeds_status_json(std::span<const FeedStatus> feeds, core::TimeNs now,
                              double clock_rate);

}  // namespace contagiond::daemon
