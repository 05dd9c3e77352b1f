// Reference vectors of the estimators: read, and compared as they ask.
#pragma once

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/shared_data.hpp"

namespace contagiond::test {

using MaybeSeries = std::vector<std::optional<double>>;

inline nlohmann::json read_vector(const std::string& path) {
    return nlohmann::json::parse(std::ifstream(shared_path(path)));
}

inline std::optional<double> maybe_number(const nlohmann::json& value) {
    return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

inline MaybeSeries maybe_series(const nlohmann::json& values) {
    MaybeSeries series;
    for (const auto& value : values) series.push_back(maybe_number(value));
    return series;
}

/// Absent exactly where null is expected, and within abs or rel where a number is.
inline bool meets(std::optional<double> value, const nlohmann::json& expected,
                  const nlohmann::json& tolerance) {
    const auto wanted = maybe_number(expected);
    if (!value || !wanted) return value.has_value() == wanted.has_value();
    const double distance = std::abs(*value - *wanted);
    return distance <= tolerance.value("abs", 0.0) ||
           distance <= tolerance.value("rel", 0.0) * std::abs(*wanted);
}

}  // namespace contagiond::test
