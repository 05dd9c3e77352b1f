// Reference cases of the estimators: files of one folder, their columns and their tolerance.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/shared_data.hpp"

namespace contagiond::test {

struct ReferenceCase {
    std::string name;
    nlohmann::json params, inputs, expected;
    double absolute = 0, relative = 0;

    /// Null meets only null; a number meets either tolerance.
    bool met_by(const std::optional<double>& value, const nlohmann::json& wanted) const {
        if (value.has_value() != wanted.is_number()) return false;
        if (!value) return wanted.is_null();
        const double distance = std::abs(*value - wanted.get<double>());
        return distance <= absolute || distance <= relative * std::abs(wanted.get<double>());
    }
};

/// Every case of method/vectors/<estimator>, by name; empty where the folder is absent.
inline std::vector<ReferenceCase> reference_cases(const std::string& estimator) {
    std::vector<ReferenceCase> cases;
    const std::string folder = "method/vectors/" + estimator;
    if (!have_shared(folder)) return cases;
    for (const auto& entry : std::filesystem::directory_iterator(shared_path(folder))) {
        const auto file = nlohmann::json::parse(std::ifstream(entry.path()));
        const auto& tolerance = file["tolerance"];
        cases.push_back({file["case"], file["params"], file["inputs"], file["expected"],
                         tolerance.value("abs", 0.0), tolerance.value("rel", 0.0)});
    }
    std::sort(cases.begin(), cases.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return cases;
}

inline double number_or_nan(const nlohmann::json& value) {
    return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

inline std::vector<double> column_of(const nlohmann::json& values) {
    std::vector<double> column;
    for (const auto& value : values) column.push_back(number_or_nan(value));
    return column;
}

inline std::vector<std::vector<double>> columns_of(const nlohmann::json& series) {
    std::vector<std::vector<double>> columns;
    for (const auto& values : series) columns.push_back(column_of(values));
    return columns;
}

}  // namespace contagiond::test
