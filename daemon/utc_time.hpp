// Times of the calendar as text, in UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/units.hpp"

namespace contagiond::daemon {

/// "2025-01-24T09:00:00Z", with up to nine digits of fractional seconds, or a plain date, which
/// is its midnight. Empty for anything else, also for other zones and for days that do not exist.
/// Pure; never allocates.
std::optional<core::TimeNs> parse_utc(std::string_view text);

/// The day `t` is in: "2025-01-24".
std::string format_date(core::TimeNs t);

/// Midnight of the day `t` is in.
constexpr core::TimeNs day_of(core::TimeNs t) {
    const core::DurationNs into_day = t % core::ns_per_day;
    return t - (into_day < 0 ? into_day + core::ns_per_day : into_day);
}

}  // namespace contagiond::daemon
