// What /api/v1/status/engine says: whether the daemon itself is sound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "daemon/engine_loop.hpp"

namespace contagiond::daemon {

/// The configuration in force, and how the last try to change it went.
struct ConfigStatus {
    core::TimeNs loaded_at = core::no_time;  ///< wall clock
    std::optional<bool> last_reload_ok;      ///< absent: nobody tried since this daemon started
    core::TimeNs last_reload_at = core::no_time;
    std::string sha256;
    std::vector<std::string> warnings;
};

struct EngineStatus {
    const EngineCounters* counters = nullptr;  ///< required
    std::size_t ring_slots = 0;
    std::uint64_t ring_dropped = 0;
    std::uint64_t skewed_ticks = 0;  ///< of all feeds: stamped ahead of our clock
    core::TimeNs now = 0;            ///< the daemon's clock, which a demo sets
    core::TimeNs wall = 0;           ///< the machine's
    core::DurationNs monotonic_now = 0;
    ConfigStatus config;
};

/// A JSON object:
///   {"tick_to_decision":{"count","p50_s","p99_s"},
///    "rings":[{"name":"feed","slots","used","dropped"}],
///    "last_loop":time,"loop_age_s",
///    "clock":{"now":time,"wall":time,"steps","skewed_ticks"},
///    "config":{"loaded_at":time,"last_reload_ok","last_reload_at":time,"sha256","warnings":[text]},
///    "started_at":time,    of the process, by the kernel
///    "process":{"cpu_s","resident_bytes","open_fds","max_fds"}}
/// Null where unknown, and a quantile also where it lies above the last bound of 1 s. Any thread;
/// asks the kernel, and does not block for long.
std::string engine_status_json(const EngineStatus& status);

}  // namespace contagiond::daemon
