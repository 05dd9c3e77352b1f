#include "daemon/sinks/dashboard_history.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/support/price_sampled.hpp"

using namespace contagiond;
using nlohmann::json;
using sinks::DashboardHistory;

namespace {

constexpr core::TimeNs noon = 1'737'979'200 * core::ns_per_s;
constexpr core::DurationNs bar = 10 * core::ns_per_s;

core::EngineConfig small_config() {
    core::EngineConfig config;
    config.universe.instruments = {{"NVDA"}, {"ARM"}, {"BTC-USD"}};
    config.universe.groups = {{"us_tech", {{0, 1.0}, {1, 1.0}}}};
    config.targets = {2};
    config.correlation_windows = {5 * core::ns_per_min};
    return config;
}
constexpr core::SeriesId us_tech = 3;

/// Row i: NVDA at 100 + i with a return of -i per cent, score i / 100.
void feed(DashboardHistory& history, int from, int to) {
    for (int i = from; i < to; ++i) {
        const core::TimeNs ts = noon + i * bar;
        history.take(test::price_sampled(ts, 0, 0, {100 + i, 0}, std::log1p(-0.01 * i), {}, false));
        history.take(core::TargetAssessed{ts, 2, core::Regime::calm, ts, 0.01 * i,
                                          core::Condition::none, 1, false});
        history.take(core::CorrelationMeasured{ts, us_tech, 2, 0, 0.01 * i, {}, {}, 9, false});
        history.take(core::BarClosed{ts});
    }
}

}  // namespace

TEST_CASE("a row holds what was known when its bar closed") {
    const core::EngineConfig config = small_config();
    DashboardHistory history(config, 100);
    history.take(core::BarClosed{noon - bar});
    feed(history, 0, 3);
    const json all = json::parse(history.json(0, noon + 100 * bar, 0));
    CHECK(all["bar_s"] == 10);
    CHECK(all["ts"] == json({"2025-01-27T11:59:50.000000Z", "2025-01-27T12:00:00.000000Z",
                             "2025-01-27T12:00:10.000000Z", "2025-01-27T12:00:20.000000Z"}));
    const json& nvda = all["instruments"]["NVDA"];
    CHECK(nvda["price"] == json({nullptr, "100", "101", "102"}));
    CHECK(nvda["return_since_open"][0].is_null());
    CHECK(nvda["return_since_open"][2].get<double>() == Approx(-0.01).margin(1e-7));
    CHECK(nvda["return_since_open"][3].get<double>() == Approx(-0.02).margin(1e-7));
    CHECK(all["instruments"]["ARM"]["price"] == json({nullptr, nullptr, nullptr, nullptr}));
    CHECK(all["groups"]["us_tech"]["return_since_open"][3].get<double>() ==
          Approx(-0.02).margin(1e-7));
    CHECK(all["targets"]["BTC-USD"]["regime"] == json({"warming", "calm", "calm", "calm"}));
    CHECK(all["targets"]["BTC-USD"]["score"] == json({nullptr, 0, 0.01, 0.02}));
    // The group and two members, one target, one window.
    REQUIRE(all["correlations"].size() == 3);
    CHECK(all["correlations"][0]["source"] == "us_tech");
    CHECK(all["correlations"][0]["value"] == json({nullptr, 0, 0.01, 0.02}));
    CHECK(all["correlations"][1]["value"][3].is_null());
}

TEST_CASE("from is left out, to is in, and rows are at least a step apart") {
    const core::EngineConfig config = small_config();
    DashboardHistory history(config, 100);
    feed(history, 0, 10);
    const auto prices = [&](core::TimeNs from, core::TimeNs to, core::DurationNs step) {
        return json::parse(history.json(from, to, step))["instruments"]["NVDA"]["price"];
    };
    CHECK(prices(noon, noon + 3 * bar, 0) == json({"101", "102", "103"}));
    CHECK(prices(noon - 1, noon + 9 * bar, 3 * bar) == json({"100", "103", "106", "109"}));
    CHECK(prices(noon - 1, noon + 9 * bar, 3 * bar - 1) == json({"100", "103", "106", "109"}));
    CHECK(prices(noon - 1, noon + 9 * bar, 3 * bar + 1) == json({"100", "104", "108"}));
    CHECK(prices(noon + 9 * bar, noon + 99 * bar, 0) == json::array());
    CHECK(prices(noon + 5 * bar, noon + 2 * bar, 0) == json::array());
}

TEST_CASE("memory is bounded: the newest rows stay") {
    const core::EngineConfig config = small_config();
    DashboardHistory history(config, 16);
    feed(history, 0, 16);
    const std::size_t full = history.memory_bytes();
    feed(history, 16, 90);
    CHECK(history.rows() == 16);
    CHECK(history.memory_bytes() == full);
    const json prices =
        json::parse(history.json(0, noon + 1000 * bar, 0))["instruments"]["NVDA"]["price"];
    REQUIRE(prices.size() == 16);
    for (int i = 0; i < 16; ++i)
        CHECK(prices[static_cast<std::size_t>(i)] == std::to_string(100 + 74 + i));
}

TEST_CASE("an answer is bounded too, and says its step") {
    const core::EngineConfig config = small_config();
    DashboardHistory history(config, 5000);
    for (int i = 0; i < 5000; ++i) history.take(core::BarClosed{noon + i * bar});
    const json answer = json::parse(history.json(0, noon + 5000 * bar, 0));
    CHECK(answer["ts"].size() <= DashboardHistory::rows_per_answer);
    CHECK(answer["ts"].size() > DashboardHistory::rows_per_answer / 2);
    CHECK(answer["step_s"].get<double>() > 20);
}
