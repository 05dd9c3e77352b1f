#include "daemon/sinks/dashboard_rows.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "core/elementary.hpp"
#include "daemon/sinks/event_json.hpp"

namespace contagiond::sinks {

using Json = nlohmann::ordered_json;

Json DashboardSection::take_changed() {
    Json out = Json::object();
    for (const std::size_t place : changed) out[std::to_string(place)] = rows[place];
    changed.clear();
    return out;
}

Json json_number(const std::optional<double>& value) {
    if (!value || !std::isfinite(*value)) return nullptr;
    return std::abs(*value) < 1e9 ? std::round(*value * 1e6) / 1e6 : *value;
}

Json json_chance(const std::optional<double>& value) {
    if (!value || !std::isfinite(*value)) return nullptr;
    if (std::abs(*value) < 1e-300) return 0.0;
    // Divided by a power of ten at least 1: the result is the shortest text of its digits.
    const double power = std::pow(10.0, 3 - std::floor(std::log10(std::abs(*value))));
    return std::round(*value * power) / power;
}

Json json_ratio(const std::optional<double>& log_return) {
    return log_return ? json_number(core::elementary::expm1(*log_return)) : Json(nullptr);
}

Json json_time(core::TimeNs t) {
    return t == core::no_time ? Json(nullptr) : Json(rfc3339(t));
}

}  // namespace contagiond::sinks
