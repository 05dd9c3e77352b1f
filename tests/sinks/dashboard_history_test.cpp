#include "daemon/sinks/dashboard_history.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
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

TEST_CASE("numbers have six decimals, as in the state, whatever their size") {
    const core::EngineConfig config = small_config();
    DashboardHistory history(config, 20);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double scores[] = {0.0,   0.1,      -0.25, 1e-6,
                             -4e-7, 0.999999, -1.0,  12,
                             1e10,  -3e12,    nan,   std::numeric_limits<double>::infinity(),
                             100.5};
    for (const double score : scores) {
        history.take(core::TargetAssessed{noon, 2, core::Regime::calm, noon, score,
                                          core::Condition::none, 1, false});
        history.take(core::BarClosed{noon});
    }
    const std::string text = history.json(0, noon, 0);
    CHECK(text.find("\"score\":[0,0.1,-0.25,0.000001,0,0.999999,-1,12,1e+10,-3e+12,null,null,"
                    "100.5]") != std::string::npos);
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

TEST_CASE("a correlation's row tells what it rests on, and nothing before it was measured") {
    const core::EngineConfig config = small_config();
    DashboardHistory history(config, 10);
    history.take(core::BarClosed{noon});
    history.take(core::CorrelationMeasured{noon, us_tech, 2, 0, 0.5, 0.25, 0.125, 30, true});
    history.take(core::BarClosed{noon + bar});
    history.take(core::CorrelationMeasured{noon, us_tech, 2, 0, {}, {}, {}, 2, false});
    history.take(core::BarClosed{noon + 2 * bar});
    const json row = json::parse(history.json(0, noon + 9 * bar, 0))["correlations"][0];
    CHECK(row == json{{"source", "us_tech"},
                      {"target", "BTC-USD"},
                      {"window_s", 300},
                      {"value", {nullptr, 0.5, nullptr}},
                      {"baseline", {nullptr, 0.25, nullptr}},
                      {"standard_error", {nullptr, 0.125, nullptr}},
                      {"samples", {nullptr, 30, 2}},
                      {"tainted", {nullptr, true, false}}});
}

TEST_CASE("leads are kept with their interval, or the verdict why none is claimed") {
    const core::EngineConfig config = small_config();
    DashboardHistory history(config, 10);
    history.take(core::BarClosed{noon});
    core::LeadMeasured lead{};
    lead.source = us_tech;
    lead.target = 2;
    lead.verdict = core::LeadVerdict::led;
    lead.seconds = 1.5;
    lead.seconds_low = -0.5;
    lead.seconds_high = 2.25;
    history.take(lead);
    lead.target = 1;  // no target of ours
    lead.seconds = 99;
    history.take(lead);
    history.take(core::BarClosed{noon + bar});
    lead = {};
    lead.source = us_tech;
    lead.target = 2;
    lead.verdict = core::LeadVerdict::at_the_edge;
    lead.tainted = true;
    history.take(lead);
    history.take(core::BarClosed{noon + 2 * bar});
    const json leads = json::parse(history.json(0, noon + 9 * bar, 0))["leads"];
    REQUIRE(leads.size() == 3);  // the group and its two members
    CHECK(leads[0] == json{{"source", "us_tech"},
                           {"target", "BTC-USD"},
                           {"seconds", {nullptr, 1.5, nullptr}},
                           {"low", {nullptr, -0.5, nullptr}},
                           {"high", {nullptr, 2.25, nullptr}},
                           {"verdict", {nullptr, "led", "at_the_edge"}},
                           {"tainted", {nullptr, false, true}}});
    CHECK(leads[1]["verdict"] == json({nullptr, nullptr, nullptr}));
}

TEST_CASE("the oldest row that is left tells its own evidence, once the newest took old places") {
    const core::EngineConfig config = small_config();
    DashboardHistory history(config, 4);
    for (int i = 0; i < 11; ++i) {
        core::LeadMeasured lead{};
        lead.source = us_tech;
        lead.target = 2;
        lead.verdict = core::LeadVerdict::led;
        lead.seconds = i;
        history.take(lead);
        history.take(core::CorrelationMeasured{noon, us_tech, 2, 0, 0.01 * i, 0.5, 0.1,
                                               static_cast<std::uint32_t>(i), i % 2 == 0});
        history.take(core::BarClosed{noon + i * bar});
    }
    const json all = json::parse(history.json(0, noon + 99 * bar, 0));
    CHECK(all["leads"][0]["seconds"] == json({7, 8, 9, 10}));
    CHECK(all["correlations"][0]["samples"] == json({7, 8, 9, 10}));
    CHECK(all["correlations"][0]["tainted"] == json({false, true, false, true}));
}

TEST_CASE("only the parts that are asked for are told") {
    const core::EngineConfig config = small_config();
    DashboardHistory history(config, 10);
    feed(history, 0, 3);
    const auto names = [&](const sinks::HistoryParts& parts) {
        std::string out;
        const json answer = json::parse(history.json(0, noon + 9 * bar, 0, parts));
        for (const auto& [name, value] : answer.items()) out += name + " ";
        return out;
    };
    CHECK(names({}) == "bar_s correlations groups instruments leads step_s targets ts ");
    CHECK(names({true, false, false, false, false}) == "bar_s instruments step_s ts ");
    CHECK(names({false, true, true, false, false}) == "bar_s groups step_s targets ts ");
    CHECK(names({false, false, false, true, true}) == "bar_s correlations leads step_s ts ");
    CHECK(names({false, false, false, false, false}) == "bar_s step_s ts ");
}

TEST_CASE("memory is what the header says") {
    const core::EngineConfig config = small_config();  // 3 instruments, 1 target, 3 pairs, 3 leads
    CHECK(DashboardHistory(config, 1000).memory_bytes() ==
          1000 * (8 + 3 * 20 + 1 * 5 + 3 * 16 + 3 * 13));
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

TEST_CASE("a wide desk's answer has a bounded number of values, and the fewer parts the finer") {
    core::EngineConfig config;
    config.universe.groups = {{"us_tech", {}}};
    for (core::InstrumentId i = 0; i < 16; ++i) {
        config.universe.instruments.push_back({"S" + std::to_string(i)});
        if (i < 12)
            config.universe.groups[0].members.push_back({i, 1.0});
        else
            config.targets.push_back(i);
    }
    config.correlation_windows = {core::ns_per_min, 5 * core::ns_per_min, 60 * core::ns_per_min};
    DashboardHistory history(config, 8640);
    for (int i = 0; i < 8640; ++i) history.take(core::BarClosed{noon + i * bar});
    const auto rows = [&](const sinks::HistoryParts& parts) {
        return json::parse(history.json(0, noon + 8640 * bar, 0, parts))["ts"].size();
    };
    // 13 sources with 4 targets: 156 pairs and windows of five values, 52 leads of five.
    const std::size_t width = 1 + 2 * 16 + 1 + 2 * 4 + 156 * 5 + 52 * 5;
    CHECK(rows({}) <= DashboardHistory::values_per_answer / width);
    CHECK(rows({}) > DashboardHistory::values_per_answer / width / 2);
    CHECK(rows({true, true, true, false, false}) > 1500);
    // Half an hour before and after an alert comes with every bar.
    CHECK(json::parse(history.json(noon, noon + 360 * bar, 0))["ts"].size() == 360);
}
