#include "daemon/engine_status.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <nlohmann/json.hpp>

#include "daemon/histogram_quantile.hpp"
#include "daemon/process_metrics.hpp"
#include "daemon/sinks/event_json.hpp"

namespace contagiond::daemon {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json time_or_null(core::TimeNs t) {
    return t == core::no_time ? Json(nullptr) : Json(sinks::rfc3339(t));
}

/// What the kernel says; null where it does not, or says infinity.
Json asked(double (*kernel)()) {
    try {
        const double value = kernel();
        return std::isfinite(value) ? Json(value) : Json(nullptr);
    } catch (const std::exception&) {
        return nullptr;
    }
}
/// The same where it counts.
Json counted(double (*kernel)()) {
    const Json value = asked(kernel);
    return value.is_null() ? value : Json(static_cast<std::uint64_t>(value.get<double>()));
}

Json process_start() {
    const Json seconds = asked(process_start_seconds);
    return seconds.is_null()
               ? seconds
               : Json(sinks::rfc3339(static_cast<core::TimeNs>(seconds.get<double>() * 1e9)));
}

Json config_of(const ConfigStatus& config) {
    Json json{{"loaded_at", time_or_null(config.loaded_at)},
              {"last_reload_ok", nullptr},
              {"last_reload_at", time_or_null(config.last_reload_at)},
              {"sha256", config.sha256},
              {"warnings", config.warnings}};
    if (config.last_reload_ok) json["last_reload_ok"] = *config.last_reload_ok;
    return json;
}

}  // namespace

std::string engine_status_json(const EngineStatus& status) {
    const EngineCounters& c = *status.counters;
    Json json{{"tick_to_decision",
               {{"count", count_of(c.tick_to_decision)},
                {"p50_s", or_null(quantile(c.tick_to_decision, .5))},
                {"p99_s", or_null(quantile(c.tick_to_decision, .99))}}},
              {"rings", Json::array({Json{{"name", "feed"},
                                          {"slots", status.ring_slots},
                                          {"used", static_cast<std::uint64_t>(c.ring_used.value())},
                                          {"dropped", status.ring_dropped}}})},
              {"last_loop", nullptr},
              {"loop_age_s", nullptr},
              {"clock",
               {{"now", time_or_null(status.now)},
                {"wall", time_or_null(status.wall)},
                {"steps", c.clock_steps.value()},
                {"skewed_ticks", status.skewed_ticks}}},
              {"config", config_of(status.config)},
              {"started_at", process_start()},
              {"process",
               {{"cpu_s", asked(process_cpu_seconds)},
                {"resident_bytes", counted(process_resident_bytes)},
                {"open_fds", counted(process_open_fds)},
                {"max_fds", counted(process_max_fds)}}}};
    if (const double last = c.monotonic_last_loop.value(); last > 0) {
        json["last_loop"] = sinks::rfc3339(static_cast<core::TimeNs>(c.ts_last_loop.value() * 1e9));
        json["loop_age_s"] = std::max(0.0, core::to_seconds(status.monotonic_now) - last);
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace contagiond::daemon
