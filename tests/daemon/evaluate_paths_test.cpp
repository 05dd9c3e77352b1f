// Hand-made episodes on paths of known truth.
#include "daemon/evaluate_paths.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "daemon/evaluate_runs.hpp"

using namespace contagiond;
using namespace contagiond::daemon;
using core::ns_per_min;
using core::Rule;
using core::Severity;

namespace {

constexpr core::TimeNs start = 1'741'012'200 * core::ns_per_s;

LoggedEpisode episode(int minute, Rule rule, Severity severity = Severity::warning,
                      core::Attribution attribution = core::Attribution::tech) {
    LoggedEpisode e;
    e.id = "E" + std::to_string(minute);
    e.claims.push_back({start + minute * ns_per_min, rule, severity, attribution});
    e.until = e.claims.back().ts + ns_per_min;
    return e;
}

PathTruth event_at(int minute, bool strong = true) {
    PathTruth truth;
    truth.scenario = "lagged";
    truth.expect_alert = true;
    truth.direction = Rule::tech_to_crypto;
    truth.is_strong = strong;
    truth.start = start;
    truth.end = start + 180 * ns_per_min;
    truth.onset = start + minute * ns_per_min;
    return truth;
}

PathTruth null_path() {
    PathTruth truth;
    truth.scenario = "calm";
    truth.start = start;
    truth.end = start + 180 * ns_per_min;
    return truth;
}

}  // namespace

TEST_CASE("a spillover is found by the first alert of its class after the onset") {
    const std::vector<LoggedEpisode> episodes = {
        episode(50, Rule::tech_to_crypto), episode(70, Rule::common_macro),
        episode(75, Rule::tech_to_crypto), episode(80, Rule::tech_to_crypto)};
    const PathScore score = score_path(event_at(60), episodes);
    REQUIRE(score.delay_s);
    CHECK(*score.delay_s == 15 * 60);
    CHECK(score.early == 1);
    CHECK(score.false_alarms == 0);
    CHECK(score.episodes == 4);
    CHECK(score.hours == 2.5);
    // The first alert after the onset was of another class.
    CHECK(score.first_rule == Rule::common_macro);
    CHECK_FALSE(score_path(event_at(90), episodes).delay_s);
}

TEST_CASE("below the alert tier nothing counts, and an upgrade counts when it comes") {
    LoggedEpisode slow = episode(65, Rule::tech_to_crypto, Severity::info);
    CHECK_FALSE(score_path(event_at(60), std::vector{slow}).delay_s);
    slow.claims.push_back({start + 72 * ns_per_min, Rule::tech_to_crypto, Severity::warning, {}});
    CHECK(score_path(event_at(60), std::vector{slow}).delay_s == 12 * 60.0);
}

TEST_CASE("on a path without spillover an alert of that class is a false alarm, another is none") {
    const std::vector<LoggedEpisode> episodes = {
        episode(20, Rule::tech_to_crypto),  // inside the warm-up
        episode(40, Rule::tech_to_crypto), episode(90, Rule::tech_to_crypto, Severity::critical),
        episode(100, Rule::common_macro)};
    const PathScore score = score_path(null_path(), episodes);
    CHECK(score.false_alarms == 2);
    CHECK(score.false_critical == 1);
    CHECK(score.episodes == 3);
    CHECK_FALSE(score.first_rule);
}

TEST_CASE("scenarios add up") {
    const std::vector<LoggedEpisode> quick = {episode(62, Rule::tech_to_crypto)};
    const std::vector<LoggedEpisode> slow = {
        episode(70, Rule::tech_to_crypto, Severity::warning, core::Attribution::undecided)};
    std::vector<PathScore> paths = {
        score_path(event_at(60), quick), score_path(event_at(60, false), slow),
        score_path(event_at(60), {}), score_path(null_path(), quick), score_path(null_path(), {})};
    const auto rows = by_scenario(paths);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].scenario == "lagged");
    CHECK(rows[0].events == 3);
    CHECK(rows[0].hits == 2);
    CHECK(rows[0].strong_events == 2);
    CHECK(rows[0].strong_hits == 1);
    CHECK(*median_of(rows[0].delays_s) == 6 * 60);
    CHECK(*nearest_rank(rows[0].delays_s, 0.9) == 10 * 60);
    CHECK(rows[0].direction_n == 2);
    CHECK(rows[0].direction_right == 2);
    CHECK(rows[0].attribution_right == 1);
    CHECK(rows[1].null_paths == 2);
    CHECK(rows[1].false_paths == 1);
    CHECK(rows[1].null_hours == 5);
    const ScenarioScore all = all_scenarios(paths);
    CHECK(all.paths == 5);
    CHECK(all.hits == 2);
    CHECK(all.false_alarms == 1);
    CHECK(all.null_hours == 5);
    CHECK_FALSE(median_of({}));
}

TEST_CASE("scores do not depend on the number of threads, and a failure comes through") {
    const core::EngineConfig config = demo::simulated_config({});
    const auto make = simulated_paths({demo::Scenario::lagged_transmission, demo::Scenario::calm},
                                      2, 5, demo::TickRate::quarter);
    const std::vector<core::EngineConfig> configs = {config};
    const auto one = run_paths(2, make, configs, 1).front();
    const auto three = run_paths(2, make, configs, 3).front();
    REQUIRE(one.size() == 2);
    for (std::size_t i = 0; i < one.size(); ++i) {
        CHECK(one[i].truth.scenario == three[i].truth.scenario);
        CHECK(one[i].delay_s == three[i].delay_s);
        CHECK(one[i].episodes == three[i].episodes);
        CHECK(one[i].first_rule == three[i].first_rule);
    }
    const MakePath broken = [](std::size_t i) -> LabelledPath {
        if (i == 2) throw std::runtime_error("no such path");
        return {};
    };
    CHECK_THROWS_WITH(run_paths(4, broken, {}, 2), "no such path");
}
