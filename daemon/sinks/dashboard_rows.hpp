// The lists the dashboard's state is made of, and how a number is written into them.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

#include "core/units.hpp"

namespace contagiond::sinks {

/// A list of the state and the places in it that changed.
struct DashboardSection {
    using Json = nlohmann::ordered_json;

    std::vector<Json> rows;
    std::set<std::size_t> changed;

    Json& edit(std::size_t place) {
        changed.insert(place);
        return rows[place];
    }
    /// The changed rows by their place, which from then on count as told.
    Json take_changed();
};

/// Six decimals: more than any of these figures deserves, and short on the wire. Not finite: null.
nlohmann::ordered_json json_number(const std::optional<double>& value);
/// Four significant digits, however small: a chance.
nlohmann::ordered_json json_chance(const std::optional<double>& value);
/// A log return as the ratio people speak of.
nlohmann::ordered_json json_ratio(const std::optional<double>& log_return);
/// RFC 3339; no_time: null.
nlohmann::ordered_json json_time(core::TimeNs t);

}  // namespace contagiond::sinks
