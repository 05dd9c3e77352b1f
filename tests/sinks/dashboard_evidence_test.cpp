#include "daemon/sinks/dashboard_evidence.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "daemon/sinks/dashboard_state.hpp"

using namespace contagiond;
using nlohmann::json;

namespace {

constexpr core::TimeNs noon = 1'737'979'200 * core::ns_per_s;  // 2025-01-27T12:00:00Z
constexpr const char* noon_text = "2025-01-27T12:00:00.000000Z";
constexpr core::SeriesId us_tech = 4;

core::EngineConfig small_config() {
    core::EngineConfig config;
    config.universe.instruments = {{"NVDA"}, {"ARM"}, {"BTC-USD"}, {"ETH-USD"}};
    config.universe.groups = {{"us_tech", {{0, 3.0}, {1, 1.0}}}};
    config.universe.feeds = {
        {"stocks", "alpaca", {0, 1}}, {"coins", "coinbase", {2, 3}}, {"coins2", "binance", {2, 3}}};
    config.targets = {2, 3};
    config.correlation_windows = {5 * core::ns_per_min};
    config.selloff_horizons = {5 * core::ns_per_min};
    return config;
}

struct Bench {
    core::EngineConfig config;
    sinks::DashboardState dashboard;

    explicit Bench(core::EngineConfig c = small_config())
        : config(std::move(c)), dashboard(context(), "") {}
    sinks::DocumentContext context() const {
        sinks::DocumentContext out;
        out.engine = &config;
        return out;
    }
    void say(const core::Event& event) { dashboard.take(event); }
    json state() const { return json::parse(dashboard.snapshot(core::no_time)); }
    json delta() { return json::parse(dashboard.take_delta(core::no_time)); }
    /// The row of a pair.
    json row(const char* section, const char* source, const char* target) const {
        const json rows = state()[section];
        for (const json& r : rows)
            if (r["source"] == source && r["target"] == target) return r;
        FAIL("no row of " << source << " and " << target);
        return {};
    }
};

core::PriceSampled price(core::InstrumentId instrument) {
    core::PriceSampled e{};
    e.ts = noon;
    e.instrument = instrument;
    e.feed = 1;
    e.ts_price = core::no_time;
    e.price = {100, 0};
    return e;
}

}  // namespace

TEST_CASE("every row of evidence is there from the start, and nothing in it is known") {
    const Bench bench;
    const json state = bench.state();
    CHECK(state["tick_correlations"].size() == 3 * 2);
    CHECK(state["leads"].size() == 3 * 2);
    CHECK(state["links"].size() == 2);
    CHECK(state["series"].size() == 3 + 2);
    CHECK(state["impact"].size() == 1);
    CHECK(state["leads"][0]["source"] == "us_tech");
    CHECK(state["leads"][0]["target"] == "BTC-USD");
    CHECK(state["links"][1]["target"] == "ETH-USD");
    CHECK(state["series"][0]["series"] == "us_tech");
    CHECK(state["impact"][0]["source"] == "us_tech");
    // What is not a name, a count, a flag or a factor is null.
    for (const char* section : {"tick_correlations", "leads", "links", "series", "impact"})
        for (const json& row : state[section]) {
            CHECK(row["ts"].is_null());
            for (const auto& [name, value] : row.items()) {
                INFO(section << "." << name);
                CHECK((value.is_null() || value.is_string() || value == 0 || value == false ||
                       name == "intraday_factor"));
            }
        }
    CHECK(state["instruments"][0]["change_24h"].is_null());
    CHECK(state["instruments"][0]["return_kind"].is_null());
    CHECK(state["instruments"][0]["ts_price"].is_null());
    CHECK(state["instruments"][0]["feeds_fresh"] == 0);
    CHECK(state["instruments"][0]["diverged"] == json::array());
}

TEST_CASE("a configuration without a source group has no evidence, and does not mind events") {
    core::EngineConfig config = small_config();
    config.universe.groups.clear();
    Bench bench(config);
    bench.say(core::ImpactMeasured{noon, 1.0, 0.5, 1, noon});
    const json state = bench.state();
    CHECK(state["leads"].empty());
    CHECK(state["links"].empty());
    CHECK(state["impact"].empty());
}

TEST_CASE("a price tells how old it is, who stands behind it and what it did in a day") {
    Bench bench;
    core::PriceSampled e = price(2);
    e.ts_price = noon - 1500 * core::ns_per_ms;
    e.return_kind = core::ReturnKind::catch_up;
    e.change_24h = std::log(0.96);
    e.feeds_fresh = 2;
    e.feeds_agreeing = 1;
    e.taint = core::taint_bit(core::TaintCause::divergence);
    bench.say(e);
    const json row = bench.state()["instruments"][2];
    CHECK(row["ts_price"] == "2025-01-27T11:59:58.500000Z");
    CHECK(row["return_kind"] == "catch_up");
    CHECK(row["change_24h"] == -0.04);
    CHECK(row["feeds_fresh"] == 2);
    CHECK(row["feeds_agreeing"] == 1);
    CHECK(row["taint"] == json{"divergence"});
    bench.say(price(2));
    CHECK(bench.state()["instruments"][2]["change_24h"].is_null());
    CHECK(bench.state()["instruments"][2]["taint"] == json::array());
}

TEST_CASE("feeds that disagree are named until they are back") {
    Bench bench;
    const auto diverged = [&] { return bench.state()["instruments"][2]["diverged"]; };
    bench.say(core::PriceDiverged{noon, 2, 2, 0.012, true});
    CHECK(diverged() == json::array({{{"feed", "coins2"}, {"ratio", 0.012}}}));
    bench.say(core::PriceDiverged{noon, 2, 1, {}, true});
    bench.say(price(2));  // a price says nothing of it
    CHECK(diverged() == json::array({{{"feed", "coins"}, {"ratio", nullptr}},
                                     {{"feed", "coins2"}, {"ratio", 0.012}}}));
    CHECK(bench.state()["instruments"][3]["diverged"].empty());
    bench.say(core::PriceDiverged{noon, 2, 2, 0.0, false});
    CHECK(diverged() == json::array({{{"feed", "coins"}, {"ratio", nullptr}}}));
    bench.say(core::PriceDiverged{noon, 99, 2, 0.1, true});
    bench.say(core::PriceDiverged{noon, 2, 99, 0.1, true});
    CHECK(diverged().size() == 1);
}

TEST_CASE("leads and tick correlations become rows of their pair") {
    Bench bench;
    bench.say(core::LeadMeasured{noon, 0, 3, core::LeadVerdict::led, 41.0, 22.0, 60.0, 0.5, 0.125,
                                 std::numeric_limits<double>::infinity(), 900, 1200, true});
    CHECK(bench.row("leads", "NVDA", "ETH-USD") == json{{"source", "NVDA"},
                                                        {"target", "ETH-USD"},
                                                        {"verdict", "led"},
                                                        {"seconds", 41},
                                                        {"low", 22},
                                                        {"high", 60},
                                                        {"correlation", 0.5},
                                                        {"correlation_standard_error", 0.125},
                                                        {"ratio", nullptr},
                                                        {"ticks_source", 900},
                                                        {"ticks_target", 1200},
                                                        {"tainted", true},
                                                        {"ts", noon_text}});
    CHECK(bench.row("leads", "NVDA", "BTC-USD")["verdict"].is_null());
    bench.say(core::LeadMeasured{
        noon, 0, 3, core::LeadVerdict::too_few_ticks, {}, {}, {}, {}, {}, {}, 3, 1, false});
    const json lead = bench.row("leads", "NVDA", "ETH-USD");
    CHECK(lead["verdict"] == "too_few_ticks");
    CHECK(lead["seconds"].is_null());
    CHECK(lead["ticks_target"] == 1);

    bench.say(core::TickCorrelationMeasured{noon, us_tech, 2, 1.25, {}, 30, true});
    CHECK(bench.row("tick_correlations", "us_tech", "BTC-USD") == json{{"source", "us_tech"},
                                                                       {"target", "BTC-USD"},
                                                                       {"value", 1.25},
                                                                       {"standard_error", nullptr},
                                                                       {"samples", 30},
                                                                       {"tainted", true},
                                                                       {"ts", noon_text}});
}

TEST_CASE("a link is told whole, and a small chance stays a chance") {
    Bench bench;
    core::LinkMeasured e{};
    e.ts = noon;
    e.source = us_tech;
    e.target = 2;
    e.partial = 0.62;
    e.partial_standard_error = 0.05;
    e.partial_p = 1.23456789e-12;
    e.partial_samples = 320;
    e.controls_kept = 2;
    e.rho_before = 0.31;
    e.rho_now = 0.72;
    e.rho_adjusted = 0.55;
    e.change_z = 2.4;
    e.change_p = 0.0082;
    e.samples_before = 1440;
    e.samples_now = 360;
    e.asymmetry = 2.1;
    e.asymmetry_samples = 350;
    e.spillover_received = 0.31;
    e.tainted = true;
    bench.say(e);
    CHECK(bench.row("links", "us_tech", "BTC-USD") == json{{"source", "us_tech"},
                                                           {"target", "BTC-USD"},
                                                           {"partial", 0.62},
                                                           {"partial_standard_error", 0.05},
                                                           {"partial_p", 1.235e-12},
                                                           {"partial_samples", 320},
                                                           {"controls_kept", 2},
                                                           {"rho_before", 0.31},
                                                           {"rho_now", 0.72},
                                                           {"rho_adjusted", 0.55},
                                                           {"change_z", 2.4},
                                                           {"change_p", 0.0082},
                                                           {"samples_before", 1440},
                                                           {"samples_now", 360},
                                                           {"asymmetry", 2.1},
                                                           {"asymmetry_samples", 350},
                                                           {"spillover_received", 0.31},
                                                           {"spillover_given", nullptr},
                                                           {"tainted", true},
                                                           {"ts", noon_text}});
}

TEST_CASE("a series against its habits, and what the fall has cost") {
    Bench bench;
    bench.say(
        core::SeriesMeasured{noon, us_tech, -3.5, -4.0, 1e-9, 7.25, std::log(0.95), 1.5, true});
    CHECK(bench.state()["series"][0] == json{{"series", "us_tech"},
                                             {"selloff_z", -3.5},
                                             {"jump", -4},
                                             {"jump_p", 1e-9},
                                             {"drift_log", 7.25},
                                             {"change_24h", -0.05},
                                             {"intraday_factor", 1.5},
                                             {"tainted", true},
                                             {"ts", noon_text}});
    const core::TimeNs as_of = noon - 3 * core::ns_per_day;
    bench.say(core::ImpactMeasured{noon, 593'123'456'789.4, 0.33, 0.9, as_of});
    CHECK(bench.state()["impact"][0] == json{{"source", "us_tech"},
                                             {"value_lost_usd", 593'123'456'789.0},
                                             {"share", 0.33},
                                             {"covered", 0.9},
                                             {"as_of", "2025-01-24"},
                                             {"ts", noon_text}});
    bench.say(core::ImpactMeasured{noon, {}, {}, 0, core::no_time});
    CHECK(bench.state()["impact"][0]["value_lost_usd"].is_null());
    CHECK(bench.state()["impact"][0]["share"].is_null());
    CHECK(bench.state()["impact"][0]["as_of"].is_null());
}

TEST_CASE("a delta holds the rows of evidence that changed, once") {
    Bench bench;
    bench.say(core::SeriesMeasured{noon, 2, -1.0, {}, {}, {}, {}, 1, false});
    bench.say(core::ImpactMeasured{noon, 1e9, 0.5, 1, noon});
    const json delta = bench.delta();
    CHECK(delta["series"].size() == 1);
    CHECK(delta["series"]["3"] == bench.state()["series"][3]);
    CHECK(delta["impact"]["0"] == bench.state()["impact"][0]);
    CHECK_FALSE(delta.contains("leads"));
    CHECK_FALSE(bench.delta().contains("series"));
}

TEST_CASE("a pair nobody watches is shown behind those that are, an unknown one not at all") {
    Bench bench;
    bench.say(core::TickCorrelationMeasured{noon, 2, 3, 0.5, 0.1, 30, false});
    CHECK(bench.state()["tick_correlations"].size() == 7);
    CHECK(bench.delta()["tick_correlations"]["6"]["source"] == "BTC-USD");
    bench.say(core::TickCorrelationMeasured{noon, 99, 3, 0.5, 0.1, 30, false});
    bench.say(core::SeriesMeasured{noon, 99, -1.0, {}, {}, {}, {}, 1, false});
    CHECK(bench.state()["tick_correlations"].size() == 7);
    CHECK(bench.state()["series"].size() == 5);
}
