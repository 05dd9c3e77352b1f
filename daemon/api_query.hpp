// What a request asks for, out of its text. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/units.hpp"
#include "daemon/sinks/dashboard_history.hpp"

namespace contagiond::daemon {

/// RFC 3339 in UTC ("2025-01-27T14:30:00Z", also a plain date), or seconds since the epoch with up
/// to nine decimals; empty for anything else.
std::optional<core::TimeNs> parse_query_time(std::string_view text);

/// A length of time in seconds ("30", "0.5"), below about a century; empty for anything else.
std::optional<core::DurationNs> parse_query_seconds(std::string_view text);

/// A whole number from 1 to `most`; empty for anything else.
std::optional<std::size_t> parse_query_count(std::string_view text, std::size_t most);

/// A list of parts of the history, by name and separated by commas ("instruments,leads"); empty for
/// anything else.
std::optional<sinks::HistoryParts> parse_history_parts(std::string_view text);

/// Whether a value of Accept offers OpenMetrics with a weight above 0.
bool offers_open_metrics(std::string_view accept);

/// Whether a value of If-None-Match names `etag`; weak marks do not count.
bool matches_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace contagiond::daemon
