// Settings under which nothing could ever be said: refused by key and line before the start.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "daemon/config.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using test::error_of;
using test::ErrorLine;
using test::small_config;
using test::spoiled;

namespace {

/// The small configuration, every instrument of which some feed delivers. Lines are two more from
/// the source's on.
std::string delivered_config() {
    return spoiled(small_config, "      BTC-USD: BTCUSDT\n",
                   "      BTC-USD: BTCUSDT\n      NVDA: NVDAUSDT\n      IEF: IEFUSDT\n");
}

/// The error of a file as `check` and `run` read it.
ErrorLine error_of_file(const std::string& text) {
    const test::TemporaryFolder folder;
    const std::string file = folder.write("desk.yml", text);
    try {
        daemon::load_config(file);
    } catch (const daemon::ConfigError& error) {
        return test::take_apart(error.what());
    }
    FAIL("no error in:\n" << text);
    return {};
}

bool warns_of(const std::string& text, const std::string& words) {
    const daemon::Config config = daemon::parse_config(text, "desk.yml", "/etc");
    for (const std::string& warning : config.warnings)
        if (warning.find(words) != std::string::npos) return true;
    return false;
}

}  // namespace

TEST_CASE("a threshold that can never be met is told by key, line and what would do") {
    struct Bad {
        std::string detector;  ///< two lines below the engine's last
        std::string key;
        int line;
        std::string words;
    };
    const std::vector<Bad> table = {
        {"enter_score: 1.2", "enter_score", 25, "to 1"},
        {"exit_score: 0.9", "exit_score", 25, "below enter_score 0.8"},
        {"confirm: 0s\n  exit_score: 0.9", "exit_score", 26, "below enter_score 0.8"},
        {"elevated_score: 0.9", "elevated_score", 25, "not be above enter_score 0.8"},
        {"target_fall: 1.5", "target_fall", 25, "did you mean 1.5%?"},
        {"source_fall: 100%", "source_fall", 25, "further than any price can fall"},
        {"recent_fall: 3", "recent_fall", 25, "did you mean 3%?"},
        {"target_fall: 50%\n  threshold_factor: 3", "target_fall", 25, "threshold_factor 3"},
        {"threshold_factor: 10\n  recent_fall: 20%", "recent_fall", 26, "threshold_factor 10"},
        {"joint_fall: 170\n  threshold_factor: 1", "joint_fall", 25, "wanted less than 167"},
        {"follow_share: 100\n  threshold_factor: 1", "follow_share", 25, "lose 100%"},
        {"slide_age: 0s", "slide_age", 25, "wanted 1m"},
        {"slide_age: 5h", "slide_age", 25, "slide_age of at most 4h"},
        {"level_window: 2h", "level_window", 25, "slide_age 3h looks back further"},
        {"level_window: 8d", "level_window", 25, "to 7d"},
        {"recent_window: 5h", "recent_window", 25, "at most 4h"},
        {"recent_window: 0s", "recent_window", 25, "wanted 1m"},
        {"confirm: 4h", "confirm", 25, "wanted less than 3h"},
    };
    for (const Bad& bad : table) {
        const ErrorLine error = error_of(small_config + "detector:\n  " + bad.detector + "\n");
        INFO(bad.detector << "\n" << error.whole);
        CHECK(error.key == "detector." + bad.key);
        CHECK(error.line == bad.line);
        CHECK(error.whole.find(bad.words) != std::string::npos);
    }
}

TEST_CASE("levels that are shorter than a long bar hold no fall") {
    const std::string text =
        spoiled(small_config, "  bar: 10s\n",
                "  bar: 10m\n  correlation_windows: [1h]\n  selloff_horizons: [1h]\n");
    const ErrorLine age = error_of(text + "detector: {slide_age: 5m}\n");
    CHECK(age.key == "detector.slide_age");
    CHECK(age.whole.find("wanted at least 10m") != std::string::npos);
    const ErrorLine window =
        error_of(text + "detector: {level_window: 15m, slide_age: 15m, recent_window: 15m}\n");
    CHECK(window.key == "detector.level_window");
    CHECK(window.whole.find("wanted at least 20m") != std::string::npos);
}

TEST_CASE("thresholds at the edge of what can be met are taken") {
    for (const char* detector :
         {"enter_score: 1, critical_score: 1", "target_fall: 0.99, threshold_factor: 1",
          "slide_age: 1m", "slide_age: 4h", "recent_window: 1m", "confirm: 3h",
          "target_fall: 33%, threshold_factor: 3", "level_window: 7d"}) {
        INFO(detector);
        CHECK_NOTHROW(daemon::parse_config(small_config + "detector: {" + detector + "}\n",
                                           "desk.yml", "/etc"));
    }
}

TEST_CASE("a target without a venue is an error that names it") {
    const ErrorLine error =
        error_of_file(spoiled(delivered_config(), "      BTC-USD: BTCUSDT\n", ""));
    INFO(error.whole);
    CHECK(error.key == "engine.targets");
    CHECK(error.line == 21);
    CHECK(error.whole.find("BTC-USD") != std::string::npos);
    // Of several only the one that has none.
    const ErrorLine second = error_of_file(
        spoiled(spoiled(delivered_config(), "targets: [BTC-USD]", "targets: [BTC-USD, ETH-USD]"),
                "  BTC-USD: {class: crypto}\n",
                "  BTC-USD: {class: crypto}\n  ETH-USD: {class: crypto}\n"));
    CHECK(second.whole.find("no feed delivers ETH-USD") != std::string::npos);
}

TEST_CASE("a source that no feed carries is an error, a part of one a warning that names it") {
    const ErrorLine error =
        error_of_file(spoiled(delivered_config(), "      NVDA: NVDAUSDT\n", ""));
    INFO(error.whole);
    CHECK(error.key == "engine.source");
    CHECK(error.line == 20);
    CHECK(error.whole.find("us_tech") != std::string::npos);

    CHECK(warns_of(delivered_config(), "no feed delivers AVGO of the source group us_tech"));
    CHECK_FALSE(warns_of(spoiled(delivered_config(), "      NVDA: NVDAUSDT\n",
                                 "      NVDA: NVDAUSDT\n      AVGO: AVGOUSDT\n"),
                         "of the source group"));
}

TEST_CASE("without any feed a configuration is for files, and needs no venue") {
    const test::TemporaryFolder folder;
    const std::string text =
        spoiled(small_config,
                "  - name: binance\n    venue: binance_spot\n    instruments:\n"
                "      BTC-USD: BTCUSDT\n",
                "");
    CHECK_NOTHROW(daemon::load_config(folder.write("files.yml", text)));
}

TEST_CASE("what was recorded is read again, also with a target that had no venue") {
    const std::string text = spoiled(delivered_config(), "      BTC-USD: BTCUSDT\n", "");
    const daemon::Config config = daemon::parse_config(text, "recorded", "/");
    CHECK(daemon::parse_config(config.resolved, "recorded", "/").resolved == config.resolved);
    CHECK(warns_of(text, "no feed delivers the target BTC-USD"));
}

TEST_CASE("a basket of one and missing controls are warnings that say what is lost") {
    CHECK(warns_of(spoiled(small_config, "    AVGO: 1\n", ""), "no leader"));
    CHECK_FALSE(warns_of(small_config, "no leader"));
    const std::string no_controls =
        spoiled(small_config, "  controls:\n    IEF: {hawkish_when: falls}\n", "");
    CHECK(warns_of(no_controls, "no alert says which it was"));
}

TEST_CASE("a placebo is an instrument of its own, named once, and missed where no feed has it") {
    const auto with = [](const std::string& list) {
        return spoiled(
            spoiled(small_config, "  IEF: {class: rate}\n",
                    "  IEF: {class: rate}\n  PG: {class: equity}\n  KO: {class: equity}\n"),
            "  bar: 10s\n", "  bar: 10s\n  placebos: " + list + "\n");
    };
    const daemon::Config config = daemon::parse_config(with("[PG, KO]"), "desk.yml", "/etc");
    REQUIRE(config.engine.placebos.size() == 2);
    for (std::size_t i = 0; i < 2; ++i)
        CHECK(config.engine.universe.instruments[config.engine.placebos[i]].symbol ==
              (i == 0 ? "PG" : "KO"));
    CHECK(daemon::parse_config(config.resolved, "again", "/").engine.placebos ==
          config.engine.placebos);
    CHECK(warns_of(with("[PG]"), "no feed delivers the placebo PG"));
    CHECK(daemon::parse_config(with("[]"), "desk.yml", "/etc").engine.placebos.empty());

    for (const char* list : {"[NVDA]", "[BTC-USD]", "[IEF]", "[PG, PG]", "[GP]"}) {
        CAPTURE(list);
        CHECK(error_of(with(list)).key.starts_with("engine.placebos"));
    }
}
