// What an evaluation prints: tables for people, JSON for machines. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/evaluate_events.hpp"
#include "daemon/evaluate_paths.hpp"

namespace contagiond::daemon {

/// Tables: paths on which an alert is right, paths on which none is, and the class of the first
/// alert. Every share and rate with its 95 % interval.
std::string paths_table(std::span<const ScenarioScore> scenarios, const ScenarioScore& all);
nlohmann::json paths_json(std::span<const ScenarioScore> scenarios, const ScenarioScore& all);

std::string events_table(const EventScore& score);
nlohmann::json events_json(const EventScore& score);

/// One value of a swept key.
struct SweepPoint {
    std::string value;             ///< as it is written in the configuration
    std::optional<double> budget;  ///< of false alarms, where the value comes to one
    std::uint64_t hits = 0, events = 0;
    std::uint64_t strong_hits = 0, strong_events = 0;  ///< major ones, for recorded days
    std::uint64_t false_alarms = 0;
    double exposure = 0;  ///< in Sweep::period
    std::optional<double> delay_median_min, delay_90_min;
    std::uint64_t episodes = 0;
    double episode_exposure = 0;

    std::optional<double> recall() const;
    std::optional<double> false_rate() const;
};

struct Sweep {
    std::string key;
    std::string strong = "strong";  ///< what the second recall is of: strong or major events
    std::string period = "month";   ///< false alarms are per month or per 30 days
    std::string subject;            ///< what was evaluated, for a title
    std::vector<SweepPoint> points;
};

SweepPoint sweep_point(std::string value, const ScenarioScore& all);
SweepPoint sweep_point(std::string value, const EventScore& score);
std::string sweep_table(const Sweep& sweep);
nlohmann::json sweep_json(const Sweep& sweep);

/// A drawing of its own, as SVG: recall over false alarms, each point labelled with its value,
/// with a faint cross of 95 % intervals (cut off at the end of the axis).
std::string sweep_plot(const Sweep& sweep);

}  // namespace contagiond::daemon
