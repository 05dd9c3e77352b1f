// What a log line looks like, and how often the same one may be said. Pure: the time comes in.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/units.hpp"
#include "daemon/log.hpp"

namespace contagiond::daemon {

using LogField = std::pair<std::string_view, std::string_view>;

/// RFC 3339 in UTC with milliseconds: "2025-01-27T14:42:07.123Z".
std::string rfc3339(core::TimeNs ts);

std::string_view to_string(LogLevel level);

/// A line without its time and its end: everything from the level on. Values longer than 4 KiB are
/// cut.
std::string format_log_body(LogFormat format, LogLevel level, std::string_view message,
                            std::initializer_list<LogField> fields);

/// The whole line, one newline at its end and none inside. `repeated` > 0 adds how many equal lines
/// were kept back before this one.
std::string format_log_line(LogFormat format, core::TimeNs ts, std::string_view body,
                            std::uint64_t repeated);

/// Holds hot trouble down: of equal lines the first `burst` in a window pass, the rest are counted
/// and told later. One thread at a time; never allocates more than `slots` bodies.
class LogLimiter {
  public:
    static constexpr std::uint32_t burst = 5;
    static constexpr core::DurationNs window = 10 * core::ns_per_s;
    static constexpr std::size_t slots = 64;

    /// Whether `body` may be written at the monotonic time `now`.
    bool allow(std::string_view body, core::TimeNs now);

    struct Held {
        std::string body;
        std::uint64_t count;
    };
    /// Lines kept back whose window has ended; each is told once.
    std::vector<Held> take_held(core::TimeNs now);

  private:
    struct Slot {
        std::string body;
        core::TimeNs since = 0;
        std::uint32_t passed = 0;
        std::uint64_t held = 0;
    };
    std::array<Slot, slots> slots_;
};

}  // namespace contagiond::daemon
