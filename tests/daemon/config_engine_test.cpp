// The lengths of time of the engine: their defaults, their bounds, and what they owe to the bar.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "daemon/config.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using core::ns_per_hour;
using core::ns_per_min;
using core::ns_per_ms;
using core::ns_per_s;
using test::error_of;
using test::ErrorLine;
using test::parsed;
using test::small_config;
using test::spoiled;

namespace {

/// The small configuration with this in place of its bar of ten seconds, its last line.
std::string with_bar(const std::string& lines) {
    return spoiled(small_config, "  bar: 10s\n", lines);
}

core::EngineConfig engine_of(const std::string& text) {
    return parsed(text).engine;
}

}  // namespace

TEST_CASE("windows of the evidence have the defaults that the reference states") {
    const core::EngineConfig engine = engine_of(small_config);
    CHECK(engine.lateness == 500 * ns_per_ms);
    CHECK(engine.tick_window == 15 * ns_per_min);
    CHECK(engine.link_window == ns_per_hour);
    CHECK(engine.link_before == 4 * ns_per_hour);
    CHECK(engine.study_interval == ns_per_min);
}

TEST_CASE("a bar waits for its ticks from not at all to a whole bar") {
    CHECK(engine_of(with_bar("  bar: 10s\n  lateness: 0s\n")).lateness == 0);
    CHECK(engine_of(with_bar("  bar: 10s\n  lateness: 10s\n")).lateness == 10 * ns_per_s);
    CHECK(engine_of(with_bar("  lateness: 10s\n")).lateness == 10 * ns_per_s);
    CHECK(engine_of(with_bar("  bar: 500ms\n")).lateness == 500 * ns_per_ms);
    CHECK(engine_of(with_bar("  bar: 100ms\n  lateness: 20ms\n")).bar == 100 * ns_per_ms);

    const ErrorLine longer = error_of(with_bar("  bar: 10s\n  lateness: 10001ms\n"));
    CHECK(longer.line == 24);
    CHECK(longer.key == "engine.lateness");
    CHECK(longer.whole.find("longer than a bar (10s)") != std::string::npos);

    // The file says nothing of lateness; its bar is what is wrong.
    const ErrorLine shorter = error_of(with_bar("  bar: 250ms\n"));
    CHECK(shorter.line == 23);
    CHECK(shorter.key == "engine.bar");
    CHECK(shorter.whole.find("250ms is shorter than the usual lateness (500ms)") !=
          std::string::npos);
}

TEST_CASE("windows of the evidence that cannot be are told by key and line") {
    struct Bad {
        std::string line;
        std::string key;
        std::string suggestion;
    };
    const std::vector<Bad> table = {
        {"lateness: -1s", "engine.lateness", ""},
        {"lateness: 500", "engine.lateness", ""},
        {"latenes: 1s", "engine.latenes", "lateness"},
        {"tick_window: 59s", "engine.tick_window", ""},
        {"tick_window: 4h1s", "engine.tick_window", ""},
        {"tick_windows: [15m]", "engine.tick_windows", "tick_window"},
        {"link_window: 19s", "engine.link_window", ""},
        {"link_window: 25s", "engine.link_window", ""},
        {"link_window: 2d", "engine.link_window", ""},
        {"link_windw: 1h", "engine.link_windw", "link_window"},
        {"link_before: 10s", "engine.link_before", ""},
        {"link_before: 10m1s", "engine.link_before", ""},
        {"study_interval: 9s", "engine.study_interval", ""},
        {"study_interval: 15s", "engine.study_interval", ""},
        {"study_intervall: 1m", "engine.study_intervall", "study_interval"},
    };
    for (const Bad& bad : table) {
        const ErrorLine error = error_of(with_bar("  bar: 10s\n  " + bad.line + "\n"));
        INFO(error.whole);
        CHECK(error.line == 24);
        CHECK(error.key == bad.key);
        CHECK(error.suggestion == bad.suggestion);
    }
}

TEST_CASE("windows that the file leaves alone are whole bars of the bar it sets") {
    const core::EngineConfig engine =
        engine_of(with_bar("  bar: 7m\n  correlation_windows: [14m]\n  selloff_horizons: [14m]\n"));
    CHECK(engine.link_window == 63 * ns_per_min);
    CHECK(engine.link_before == 245 * ns_per_min);
    CHECK(engine.study_interval == 7 * ns_per_min);
    CHECK(core::check(engine).empty());
}

TEST_CASE("every window of the evidence is part of an episode's identity") {
    const std::string identity = engine_of(small_config).identity;
    for (const char* line : {"lateness: 1s", "tick_window: 16m", "link_window: 2h",
                             "link_before: 5h", "study_interval: 2m"}) {
        INFO(line);
        const std::string text = with_bar(std::string("  bar: 10s\n  ") + line + "\n");
        CHECK(engine_of(text).identity != identity);
    }
}
