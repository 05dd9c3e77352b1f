// Paths of known truth against what the engine said of them: pure arithmetic.
//
// A month is 21 sessions of 6.5 hours. The first half hour of a path is warm-up and counts neither
// as exposure nor for false alarms.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/episode_log.hpp"

namespace contagiond::daemon {

inline constexpr core::DurationNs path_warmup = 30 * core::ns_per_min;
inline constexpr double hours_per_month = 21 * 6.5;

/// The truth about one path, from a simulator or a labels file.
struct PathTruth {
    std::string scenario;
    bool expect_alert = false;            ///< a tech to crypto alert is right
    std::optional<core::Rule> direction;  ///< the right class of an alert; absent: none is right
    bool is_strong = false;
    core::TimeNs start = 0;
    core::TimeNs end = 0;  ///< of the data
    core::TimeNs onset = core::no_time;
};

/// One path.
struct PathScore {
    PathTruth truth;
    std::optional<double> delay_s;  ///< of the first tech to crypto alert in the event
    std::uint32_t early = 0;        ///< such alerts before the onset of an event they belong to
    std::uint32_t false_alarms = 0;
    std::uint32_t false_critical = 0;  ///< of these, how many became critical
    std::uint32_t episodes = 0;        ///< of any class, after the warm-up
    /// The first alert of any class after the onset, where one class is right.
    std::optional<core::Rule> first_rule;
    std::optional<core::Attribution> first_attribution;
    double hours = 0;  ///< of exposure
};

/// An alert is an episode that claims its class with severity warning or above.
PathScore score_path(const PathTruth& truth, std::span<const LoggedEpisode> episodes);

/// All paths of one scenario, or of several.
struct ScenarioScore {
    std::string scenario;
    bool expect_alert = false;
    bool has_direction = false;
    std::uint64_t paths = 0;
    std::uint64_t events = 0, hits = 0;  ///< of paths on which an alert is right
    std::uint64_t strong_events = 0, strong_hits = 0;
    std::uint64_t early = 0;
    std::vector<double> delays_s;  ///< sorted
    std::uint64_t null_paths = 0;  ///< on which none is right
    std::uint64_t false_alarms = 0, false_paths = 0, critical_paths = 0;
    double null_hours = 0;
    std::uint64_t episodes = 0;
    double hours = 0;
    std::uint64_t direction_n = 0, direction_right = 0, attribution_right = 0;
};

/// One line a scenario, in the order of first appearance.
std::vector<ScenarioScore> by_scenario(std::span<const PathScore> paths);
/// All of them in one line.
ScenarioScore all_scenarios(std::span<const PathScore> paths);

/// Absent where there is none. The middle of an even number is the mean of both; the share is
/// nearest rank.
std::optional<double> median_of(std::span<const double> sorted);
std::optional<double> nearest_rank(std::span<const double> sorted, double share);

}  // namespace contagiond::daemon
