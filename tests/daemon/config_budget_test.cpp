// The false-alarm budget in a configuration: what factor it comes to, and what is refused.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "daemon/config.hpp"
#include "daemon/false_alarm_budget.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using test::error_of;
using test::ErrorLine;
using test::parsed;
using test::small_config;
using test::spoiled;

namespace {

/// The small configuration, in which an index stands for the source.
std::string with_index() {
    return spoiled(small_config, "    NVDA: 2\n", "    NVDA: {weight: 2, index: true}\n");
}

bool warns_of(const daemon::Config& config, const std::string& what) {
    return std::any_of(config.warnings.begin(), config.warnings.end(),
                       [&](const std::string& w) { return w.find(what) != std::string::npos; });
}

}  // namespace

TEST_CASE("without a word on it the thresholds of an index are the usual ones") {
    const daemon::Config config = parsed(with_index());
    const core::DetectorConfig& detector = config.engine.detector;
    CHECK(config.false_alarm_budget == daemon::default_false_alarm_budget);
    CHECK(detector.threshold_factor == 1);
}

TEST_CASE("a budget comes to a factor, and what is written out comes to the same") {
    const daemon::Config config = parsed(with_index() + "detector: {false_alarm_budget: 1}\n");
    const core::DetectorConfig& detector = config.engine.detector;
    CHECK(config.false_alarm_budget == 1);
    CHECK(detector.threshold_factor == daemon::threshold_factor_for(config.engine, 1));
    CHECK(detector.threshold_factor > 1.05);
    CHECK_FALSE(warns_of(config, "false_alarm_budget"));
    const daemon::Config again = parsed(config.resolved);
    CHECK(again.resolved == config.resolved);
    CHECK(again.engine.detector.threshold_factor == detector.threshold_factor);
    CHECK(again.engine.identity == config.engine.identity);
}

TEST_CASE("bar and members change the factor and not the budget") {
    const auto factor = [](const std::string& text) {
        return parsed(text).engine.detector.threshold_factor;
    };
    const std::string budget = "detector: {false_alarm_budget: 2}\n";
    CHECK(factor(small_config + budget) < factor(with_index() + budget));
    const std::string coarse =
        "  bar: 5m\n  correlation_windows: [15m, 1h]\n  selloff_horizons: [15m, 1h, 4h]\n"
        "  lateness: 1s\n";
    CHECK(factor(spoiled(with_index(), "  bar: 10s\n", coarse) + budget) <
          factor(with_index() + budget));
}

TEST_CASE("a budget that nobody has counted is refused with the range") {
    for (const char* budget : {"0.001", "900"}) {
        const ErrorLine error =
            error_of(with_index() + "detector: {false_alarm_budget: " + budget + "}\n");
        CHECK(error.line == 24);
        CHECK(error.key == "detector.false_alarm_budget");
        const daemon::BudgetRange range = daemon::budget_range(parsed(with_index()).engine);
        CHECK(range.least > 0.001);
        CHECK(range.most < 900);
        CHECK(error.whole.find(" to ") != std::string::npos);
    }
    CHECK(error_of(with_index() + "detector: {false_alarm_budget: -1}\n").line == 24);
    CHECK(error_of(with_index() + "detector: {false_alarm_budget: few}\n").line == 24);
}

TEST_CASE("a factor set by hand stands, and says that no budget is kept") {
    const daemon::Config alone = parsed(with_index() + "detector: {threshold_factor: 1.3}\n");
    CHECK(alone.engine.detector.threshold_factor == 1.3);
    CHECK(alone.false_alarm_budget == 0);
    CHECK(alone.resolved.find("false_alarm_budget") == std::string::npos);
    CHECK(parsed(alone.resolved).resolved == alone.resolved);

    const daemon::Config both =
        parsed(with_index() + "detector: {threshold_factor: 1.3, false_alarm_budget: 2}\n");
    CHECK(both.engine.detector.threshold_factor == 1.3);
    CHECK(warns_of(both, "detector.threshold_factor"));
    CHECK(parsed(both.resolved).resolved == both.resolved);
}

TEST_CASE("a budget was counted with the usual settings, and says where they are others") {
    const daemon::Config config =
        parsed(with_index() + "detector: {cooldown: 6h, target_fall: 2%, critical_score: 0.9}\n");
    CHECK(warns_of(config, "target_fall, cooldown"));
    CHECK_FALSE(warns_of(config, "critical_score"));
}
