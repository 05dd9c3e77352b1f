// Units of the vocabulary. Times are integers until the last moment: a double holds a present-day
// epoch in nanoseconds only to some 200 ns.
#pragma once

#include <cstdint>
#include <limits>

namespace contagiond::core {

/// Nanoseconds since 1970-01-01T00:00:00Z. Which clock it was read from stands in the name of the
/// variable: ts_exchange (the venue's) or ts_receive (ours).
using TimeNs = std::int64_t;

/// A length of time in nanoseconds.
using DurationNs = std::int64_t;

/// "The message holds no such time." Never a value to calculate with.
inline constexpr TimeNs no_time = std::numeric_limits<TimeNs>::min();

inline constexpr DurationNs ns_per_us = 1'000;
inline constexpr DurationNs ns_per_ms = 1'000'000;
inline constexpr DurationNs ns_per_s = 1'000'000'000;
inline constexpr DurationNs ns_per_min = 60 * ns_per_s;
inline constexpr DurationNs ns_per_hour = 60 * ns_per_min;
inline constexpr DurationNs ns_per_day = 24 * ns_per_hour;

/// For display and for statistics of durations, not for ordering.
constexpr double to_seconds(DurationNs ns) {
    return static_cast<double>(ns) * 1e-9;
}

/// Years a time stamp from outside is believed in: 2015-01-01 to 2100-01-01 UTC. A stamp in the
/// wrong unit (s, ms or us taken for ns) falls far outside.
inline constexpr TimeNs plausible_time_min = 1'420'070'400 * ns_per_s;
inline constexpr TimeNs plausible_time_max = 4'102'444'800 * ns_per_s;

constexpr bool is_plausible_time(TimeNs t) {
    return t >= plausible_time_min && t < plausible_time_max;
}

}  // namespace contagiond::core
