// The false-alarm budget of the configuration, and the threshold factor that it comes to.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "daemon/config_parts.hpp"
#include "daemon/config_units.hpp"
#include "daemon/false_alarm_budget.hpp"

namespace contagiond::daemon {
namespace {

constexpr double budget_most = 1000;

/// Keys that change what is told, or of which class it is, and not how often levels open an
/// episode.
constexpr std::array<std::string_view, 12> keys_that_open_nothing = {
    "threshold_factor", "elevated_score",      "elevated_exit_score", "critical_score",
    "minimum_hold",     "update_interval",     "macro_share",         "macro_one_way",
    "macro_sigma",      "reverse_source_fall", "reverse_fall",        "reverse_balance"};

bool opens_nothing(std::string_view key) {
    return std::find(keys_that_open_nothing.begin(), keys_that_open_nothing.end(), key) !=
           keys_that_open_nothing.end();
}

/// Names of the keys that are not as they were when the table was made.
std::string changed_keys(const core::DetectorConfig& detector) {
    const core::DetectorConfig usual;
    std::string names;
    const auto note = [&](std::string_view key, bool is_usual) {
        if (is_usual || opens_nothing(key)) return;
        if (!names.empty()) names += ", ";
        names += key;
    };
    for (const DetectorNumber& n : detector_numbers)
        note(n.key, detector.*n.member == usual.*n.member);
    for (const DetectorDuration& d : detector_durations)
        note(d.key, detector.*d.member == usual.*d.member);
    return names;
}

std::string range_text(const BudgetRange& range) {
    return fmt::format("{} to {}", format_number(range.least), format_number(range.most));
}

}  // namespace

void read_budget(ConfigMap& detector_keys, core::EngineConfig& engine, double& budget,
                 std::vector<std::string>& warnings) {
    core::DetectorConfig& detector = engine.detector;
    const auto wanted = detector_keys.find("false_alarm_budget");
    const auto factor = detector_keys.find("threshold_factor");
    const auto warn = [&](const ConfigValue& where, const std::string& what) {
        warnings.push_back(fmt::format("{}: {}", where.place(), what));
    };
    if (wanted) budget = wanted->number(0.001, budget_most);
    if (factor && !wanted) budget = 0;
    if (budget == 0) return;

    const auto derived = threshold_factor_for(engine, budget);
    if (factor) {
        // Both stand in what the daemon itself writes out: the factor is what was used.
        if (!derived || std::abs(*derived - detector.threshold_factor) > 0.005)
            warn(*factor,
                 fmt::format("{} stands, and false_alarm_budget {} says nothing: leave out one",
                             format_number(detector.threshold_factor), format_number(budget)));
        return;
    }
    const BudgetRange range = budget_range(engine);
    if (derived) {
        detector.threshold_factor = *derived;
    } else if (wanted) {
        wanted->fail(fmt::format(
            "{} is outside what was counted for such sources, targets and bars: {} in 30 days",
            format_number(budget), range_text(range)));
    } else {
        const double usual = budget;
        budget = std::clamp(usual, range.least, range.most);
        const auto nearest = threshold_factor_for(engine, budget);
        detector.threshold_factor = nearest.value_or(detector.threshold_factor);
        warn(detector_keys.self(),
             fmt::format("the usual false_alarm_budget {} is outside what was counted for such "
                         "sources, targets and bars ({}): {} is taken",
                         format_number(usual), range_text(range), format_number(budget)));
    }
    if (const std::string changed = changed_keys(detector); !changed.empty())
        warn(wanted ? *wanted : detector_keys.self(),
             fmt::format("false_alarm_budget was counted with the usual {}: contagiond calibrate "
                         "counts with this file's",
                         changed));
}

}  // namespace contagiond::daemon
