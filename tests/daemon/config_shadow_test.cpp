// A second configuration beside the live one: what it takes over, what it changes, what is refused.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "daemon/config.hpp"
#include "daemon/config_diff.hpp"
#include "daemon/engine_difference.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using core::ns_per_hour;
using core::ns_per_min;
using test::error_of;
using test::ErrorLine;
using test::parsed;
using test::small_config;
using test::spoiled;

namespace {

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("without a shadow there is none") {
    CHECK_FALSE(parsed(small_config).shadow);
}

TEST_CASE("a shadow has the live settings but for what it sets") {
    const daemon::Config config = parsed(small_config +
                                         "detector: {target_fall: 2%, confirm: 30s}\n"
                                         "shadow:\n"
                                         "  name: early\n"
                                         "  detector: {target_fall: 1%}\n"
                                         "  engine: {warmup: 1h, controls: {}}\n");
    REQUIRE(config.shadow);
    const core::EngineConfig& shadow = config.shadow->engine;
    CHECK(config.shadow->name == "early");
    CHECK(shadow.detector.target_fall == 0.01);
    CHECK(shadow.detector.confirm == 30 * core::ns_per_s);
    CHECK(shadow.warmup == ns_per_hour);
    CHECK(shadow.controls.empty());
    CHECK(shadow.targets == config.engine.targets);
    CHECK(shadow.universe.instruments.size() == 4);
    // And the live one is what it was.
    CHECK(config.engine.detector.target_fall == 0.02);
    CHECK(config.engine.warmup == 30 * ns_per_min);
    CHECK(config.engine.controls.size() == 1);
    CHECK(daemon::engine_differences(config.engine, shadow) ==
          Lines{"engine.controls IEF falls → none", "engine.warmup 30m → 1h",
                "detector.target_fall 0.02 → 0.01"});
}

TEST_CASE("a shadow may look at other targets and another source of the same instruments") {
    const std::string text =
        spoiled(small_config, "feeds:\n", "  chips: {AVGO: 1}\nfeeds:\n") +
        "shadow: {name: s, engine: {source: chips, targets: [IEF], controls: {}}}\n";
    const daemon::Config config = parsed(text);
    REQUIRE(config.shadow);
    CHECK(config.shadow->engine.targets == std::vector<core::InstrumentId>{3});
    CHECK(config.shadow->engine.source_group == 1);
    CHECK(config.engine.targets == std::vector<core::InstrumentId>{2});
}

TEST_CASE("a shadow changes no id of the live engine, and has ids of its own") {
    const std::string identity = parsed(small_config).engine.identity;
    const daemon::Config one = parsed(small_config + "shadow: {name: a}\n");
    const daemon::Config other = parsed(small_config + "shadow: {name: b}\n");
    CHECK(one.engine.identity == identity);
    CHECK(one.shadow->engine.identity != identity);
    CHECK(one.shadow->engine.identity != other.shadow->engine.identity);
    CHECK(one.sha256 != parsed(small_config).sha256);
}

TEST_CASE("the resolved text carries all of the shadow") {
    const daemon::Config config =
        parsed(small_config +
               "shadow: {name: early, detector: {threshold_factor: 0.9}, engine: {bar: 5s}}\n");
    const daemon::Config again = daemon::parse_config(config.resolved, "recorded", "/");
    CHECK(again.resolved == config.resolved);
    REQUIRE(again.shadow);
    CHECK(again.shadow->engine.identity == config.shadow->engine.identity);
    CHECK(daemon::engine_differences(config.shadow->engine, again.shadow->engine).empty());
}

TEST_CASE("a shadow that sets nothing is warned of") {
    const auto warned = [](const std::string& text) {
        const Lines warnings = parsed(text).warnings;
        return std::any_of(warnings.begin(), warnings.end(), [](const std::string& w) {
            return w.find("desk.yml:24: shadow: ") != std::string::npos;
        });
    };
    CHECK(warned(small_config + "shadow: {name: same}\n"));
    CHECK(warned(small_config + "shadow: {name: same, detector: {enter_score: 0.8}}\n"));
    CHECK_FALSE(warned(small_config + "shadow: {name: other, detector: {enter_score: 0.81}}\n"));
}

TEST_CASE("what is wrong with a shadow is told at its own key") {
    struct Bad {
        std::string shadow;
        std::string key;
    };
    const std::vector<Bad> table = {
        {"{detector: {enter_score: 0.9}}", "shadow"},
        {"{name: \"a b\"}", "shadow.name"},
        {"{name: s, config: other.yml}", "shadow.config"},
        {"{name: s, detector: {enter_scor: 0.9}}", "shadow.detector.enter_scor"},
        {"{name: s, detector: {exit_score: 0.9}}", "shadow.detector.exit_score"},
        {"{name: s, detector: {slide_age: 5h}}", "shadow.detector.slide_age"},
        {"{name: s, engine: {targets: [SOL-USD]}}", "shadow.engine.targets[0]"},
        {"{name: s, engine: {source: chips}}", "shadow.engine.source"},
        {"{name: s, engine: {targets: [IEF]}}", "shadow.engine"},
        {"{name: s, engine: {bar: 7s}}", "shadow.engine.bar"},
        {"{name: s, universe: {}}", "shadow.universe"},
    };
    for (const Bad& bad : table) {
        const ErrorLine error = error_of(small_config + "shadow: " + bad.shadow + "\n");
        INFO(error.whole);
        CHECK(error.line == 24);
        CHECK(error.key == bad.key);
    }
}

TEST_CASE("another shadow is no reason to start the engine afresh") {
    const daemon::Config none = parsed(small_config);
    const daemon::Config one = parsed(small_config + "shadow: {name: a}\n");
    const daemon::Config other =
        parsed(small_config + "shadow: {name: a, detector: {target_fall: 1%}}\n");
    CHECK(daemon::same_but_connections(none, one));
    CHECK(daemon::same_but_connections(one, other));
    CHECK(daemon::same_shadow(none, none));
    CHECK(daemon::same_shadow(one, one));
    CHECK_FALSE(daemon::same_shadow(none, one));
    CHECK_FALSE(daemon::same_shadow(one, none));
    CHECK_FALSE(daemon::same_shadow(one, other));
}

TEST_CASE("differences of two engines are few words") {
    const core::EngineConfig engine = parsed(small_config).engine;
    CHECK(daemon::engine_differences(engine, engine).empty());
    CHECK(daemon::spoken_differences({}).empty());
    CHECK(daemon::spoken_differences({"a", "b"}) == "a, b");
    CHECK(daemon::spoken_differences({"a", "b", "c", "d", "e", "f", "g"}) ==
          "a, b, c, d, e and 2 more");

    core::EngineConfig other = engine;
    other.universe.groups[0].members[0].weight = 3;
    other.universe.instruments[0].staleness_bound += 1;
    other.universe.feeds[0].name = "elsewhere";
    CHECK(daemon::engine_differences(engine, other) == Lines{"instruments", "groups", "feeds"});

    // Every key of the reference is compared: a change of each is seen.
    for (const char* line :
         {"bar: 5s", "correlation_windows: [5m]", "selloff_horizons: [5m]",
          "baseline_half_life: 1h", "correlation_half_life: 1h", "warmup: 1h", "lateness: 1s",
          "tick_window: 16m", "link_window: 2h", "link_before: 5h", "study_interval: 2m"}) {
        INFO(line);
        const core::EngineConfig changed =
            parsed(spoiled(small_config, "  bar: 10s\n", std::string("  ") + line + "\n")).engine;
        const Lines found = daemon::engine_differences(engine, changed);
        REQUIRE(found.size() == 1);
        CHECK(found[0].starts_with("engine." +
                                   std::string(line).substr(0, std::string_view(line).find(':'))));
    }
}
