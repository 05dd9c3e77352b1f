// Log lines to stderr, logfmt or JSON. Hostile text is escaped here, once.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "core/counters.hpp"
#include "feeds/session.hpp"

namespace contagiond::daemon {

using feeds::LogLevel;
enum class LogFormat : std::uint8_t { logfmt, json };

void set_log(LogLevel least, LogFormat format);
/// The same from the words of the command line: debug, info, warn, error; logfmt, json.
void set_log(std::string_view least, std::string_view format);

/// Any thread; takes a lock and writes: never on the hot path. ts=... level=... msg="..."
/// key=value...
void log(LogLevel level, std::string_view message,
         std::initializer_list<std::pair<std::string_view, std::string_view>> fields = {});

/// Lines written (or suppressed by level: not counted) at each level, for log_messages_total. Any
/// thread.
std::uint64_t log_count(LogLevel level);

}  // namespace contagiond::daemon
