#include "daemon/sinks/metric_events.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>
#include <string>

using namespace contagiond;

namespace {

constexpr core::TimeNs noon = 1'737'979'200 * core::ns_per_s;
constexpr core::SeriesId us_tech = 5;

/// Two members, two targets, a bystander; BTC-USD comes from two feeds.
core::EngineConfig small_config() {
    core::EngineConfig config;
    config.universe.instruments = {{"NVDA"}, {"ARM"}, {"BTC-USD"}, {"ETH-USD"}, {"ZN"}};
    config.universe.groups = {{"us_tech", {{0, 0.5}, {1, 0.5}}}};
    config.universe.feeds = {
        {"stocks", "alpaca", {0, 1}}, {"coins", "coinbase", {2, 3}}, {"coins2", "binance", {2}}};
    config.targets = {2, 3};
    config.correlation_windows = {5 * core::ns_per_min};
    config.selloff_horizons = {5 * core::ns_per_min};
    return config;
}

struct Bench {
    core::EngineConfig config = small_config();
    sinks::MetricSeries series;
    sinks::MetricEvents events{config, series};

    /// "name{a=x,b=y}" without the prefix, to the value.
    static std::map<std::string, double> page_of(const sinks::MetricSeries& series) {
        std::string text;
        series.write(text, sinks::PageFormat::classic);
        std::map<std::string, double> out;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with('#')) continue;
            const std::size_t space = line.rfind(' ');
            std::string name = line.substr(std::string("contagiond_").size(),
                                           space - std::string("contagiond_").size());
            name.erase(std::remove(name.begin(), name.end(), '"'), name.end());
            out[name] = std::stod(line.substr(space));
        }
        return out;
    }
    std::map<std::string, double> page() const { return page_of(series); }
    double at(const std::string& name) const {
        const auto all = page();
        INFO(name);
        REQUIRE(all.count(name) == 1);
        return all.at(name);
    }
    bool unknown(const std::string& name) const { return std::isnan(at(name)); }
};

core::PriceSampled price(core::InstrumentId instrument) {
    core::PriceSampled e{};
    e.ts = noon;
    e.instrument = instrument;
    e.ts_price = core::no_time;
    e.price = {100, 0};
    return e;
}

core::LeadMeasured lead(core::SeriesId source, core::SeriesId target, core::LeadVerdict verdict) {
    core::LeadMeasured e{};
    e.ts = noon;
    e.source = source;
    e.target = target;
    e.verdict = verdict;
    e.seconds = 41;
    e.seconds_low = 22;
    e.seconds_high = 60;
    return e;
}

core::LinkMeasured link(core::InstrumentId target) {
    core::LinkMeasured e{};
    e.ts = noon;
    e.source = us_tech;
    e.target = target;
    return e;
}

const std::string forth = "{source=us_tech,target=BTC-USD}";
const std::string back = "{source=BTC-USD,target=us_tech}";

}  // namespace

TEST_CASE("every statistic stands from the start and says that it is not known") {
    const Bench bench;
    for (const char* name :
         {"lead_lag_seconds", "lead_lag_low_seconds", "lead_lag_high_seconds",
          "hayashi_yoshida_correlation", "hayashi_yoshida_correlation_standard_error"})
        for (const char* source : {"us_tech", "NVDA", "ARM"})
            for (const char* target : {"BTC-USD", "ETH-USD"})
                CHECK(bench.unknown(std::string(name) + "{source=" + source + ",target=" + target +
                                    "}"));
    for (const char* name : {"partial_correlation", "contagion_z", "spillover_ratio"})
        CHECK(bench.unknown(name + forth));
    CHECK(bench.unknown("spillover_ratio" + back));
    CHECK(bench.page().count("partial_correlation" + back) == 0);
    CHECK(bench.page().count("partial_correlation{source=NVDA,target=BTC-USD}") == 0);
    for (const char* symbol : {"us_tech", "NVDA", "BTC-USD"})
        for (const char* name : {"selloff_z", "drift_log_e_value", "change_24h_ratio"})
            CHECK(bench.unknown(std::string(name) + "{symbol=" + symbol + "}"));
    for (const char* name : {"selloff_z", "drift_log_e_value", "change_24h_ratio"})
        CHECK(bench.unknown(std::string(name) + "{symbol=ZN}"));
    CHECK(bench.at("return_ratio{symbol=ZN,window=5m}") == 0);
    CHECK(bench.unknown("regime_since_timestamp_seconds{target=BTC-USD}"));
    CHECK(bench.unknown("source_value_lost_usd"));
    CHECK(bench.unknown("source_value_lost_ratio"));
    for (const char* cause : {"gap", "stale", "divergence", "clock", "frozen"})
        CHECK(bench.at(std::string("symbol_tainted{symbol=ZN,cause=") + cause + "}") == 0);
    for (const char* name : {"symbol_price_timestamp_seconds", "symbol_feeds_fresh",
                             "symbol_feeds_agreeing", "ticks_late_total"})
        CHECK(bench.at(std::string(name) + "{symbol=ZN}") == 0);
    // A feed's price can only leave the others' where the feed carries it.
    CHECK(bench.at("symbol_price_diverged{symbol=BTC-USD,feed=coins2}") == 0);
    CHECK(bench.page().count("symbol_price_diverged{symbol=ETH-USD,feed=coins2}") == 0);
}

TEST_CASE("a price brings its time, its change, its feeds and its doubts") {
    Bench bench;
    core::PriceSampled e = price(2);
    e.ts_price = noon - core::ns_per_s / 2;
    e.change_24h = std::log(0.96);
    e.feeds_fresh = 2;
    e.feeds_agreeing = 1;
    e.taint = core::taint_bit(core::TaintCause::gap);
    bench.events.take(e);
    CHECK(bench.at("symbol_price_timestamp_seconds{symbol=BTC-USD}") == 1'737'979'199.5);
    CHECK(bench.at("change_24h_ratio{symbol=BTC-USD}") == Approx(-0.04));
    CHECK(bench.at("symbol_feeds_fresh{symbol=BTC-USD}") == 2);
    CHECK(bench.at("symbol_feeds_agreeing{symbol=BTC-USD}") == 1);
    CHECK(bench.at("symbol_tainted{symbol=BTC-USD,cause=gap}") == 1);
    CHECK(bench.at("symbol_tainted{symbol=BTC-USD,cause=stale}") == 0);
    CHECK(bench.at("symbol_tainted{symbol=ETH-USD,cause=gap}") == 0);
    // Nothing printed since, and no price of yesterday any more.
    bench.events.take(price(2));
    CHECK(bench.at("symbol_price_timestamp_seconds{symbol=BTC-USD}") == 1'737'979'199.5);
    CHECK(bench.unknown("change_24h_ratio{symbol=BTC-USD}"));
    CHECK(bench.at("symbol_tainted{symbol=BTC-USD,cause=gap}") == 0);
}

TEST_CASE("a feed's price that leaves the others' is 1 until it is back") {
    Bench bench;
    const std::string name = "symbol_price_diverged{symbol=BTC-USD,feed=coins2}";
    bench.events.take(core::PriceDiverged{noon, 2, 2, 0.012, true});
    CHECK(bench.at(name) == 1);
    CHECK(bench.at("symbol_price_diverged{symbol=BTC-USD,feed=coins}") == 0);
    bench.events.take(core::PriceDiverged{noon, 2, 2, 0.0001, false});
    CHECK(bench.at(name) == 0);
}

TEST_CASE("ticks behind their bar are counted by symbol") {
    Bench bench;
    for (int i = 0; i < 3; ++i) bench.events.take(core::TickLate{noon, 0, 0, core::ns_per_s});
    bench.events.take(core::TickLate{noon, core::no_id, 0, core::ns_per_s});
    CHECK(bench.at("ticks_late_total{symbol=NVDA}") == 3);
    CHECK(bench.at("ticks_late_total{symbol=ARM}") == 0);
}

TEST_CASE("a lead is a number only while it is claimed") {
    Bench bench;
    bench.events.take(lead(us_tech, 2, core::LeadVerdict::led));
    CHECK(bench.at("lead_lag_seconds" + forth) == 41);
    CHECK(bench.at("lead_lag_low_seconds" + forth) == 22);
    CHECK(bench.at("lead_lag_high_seconds" + forth) == 60);
    CHECK(bench.unknown("lead_lag_seconds{source=NVDA,target=BTC-USD}"));
    for (std::size_t v = 0; v < core::lead_verdict_count; ++v) {
        const auto verdict = static_cast<core::LeadVerdict>(v);
        if (verdict == core::LeadVerdict::led) continue;
        INFO(to_string(verdict));
        bench.events.take(lead(us_tech, 2, core::LeadVerdict::led));
        bench.events.take(lead(us_tech, 2, verdict));
        CHECK(bench.unknown("lead_lag_seconds" + forth));
        CHECK(bench.unknown("lead_lag_low_seconds" + forth));
        CHECK(bench.unknown("lead_lag_high_seconds" + forth));
    }
}

TEST_CASE("correlations of ticks and the link follow their events, back to not known") {
    Bench bench;
    bench.events.take(core::TickCorrelationMeasured{noon, 0, 3, 1.25, 0.5, 12, false});
    const std::string pair = "{source=NVDA,target=ETH-USD}";
    CHECK(bench.at("hayashi_yoshida_correlation" + pair) == 1.25);  // not clipped
    CHECK(bench.at("hayashi_yoshida_correlation_standard_error" + pair) == 0.5);
    bench.events.take(core::TickCorrelationMeasured{noon, 0, 3, {}, {}, 0, true});
    CHECK(bench.unknown("hayashi_yoshida_correlation" + pair));
    CHECK(bench.unknown("hayashi_yoshida_correlation_standard_error" + pair));

    core::LinkMeasured e = link(2);
    e.partial = 0.6;
    e.change_z = 2.4;
    e.spillover_received = 0.31;
    e.spillover_given = 0.08;
    bench.events.take(e);
    CHECK(bench.at("partial_correlation" + forth) == 0.6);
    CHECK(bench.at("contagion_z" + forth) == 2.4);
    CHECK(bench.at("spillover_ratio" + forth) == 0.31);
    CHECK(bench.at("spillover_ratio" + back) == 0.08);
    CHECK(bench.unknown("spillover_ratio{source=us_tech,target=ETH-USD}"));
    bench.events.take(link(2));
    for (const std::string& name : {"partial_correlation" + forth, "contagion_z" + forth,
                                    "spillover_ratio" + forth, "spillover_ratio" + back})
        CHECK(bench.unknown(name));
}

TEST_CASE("each series against its own habits, and what its fall has cost") {
    Bench bench;
    bench.events.take(
        core::SeriesMeasured{noon, us_tech, -3.5, -4.0, 0.01, 7.25, std::log(0.95), 1.5, false});
    CHECK(bench.at("selloff_z{symbol=us_tech}") == -3.5);
    CHECK(bench.at("drift_log_e_value{symbol=us_tech}") == 7.25);
    CHECK(bench.at("change_24h_ratio{symbol=us_tech}") == Approx(-0.05));
    // An instrument's change is told by its price.
    bench.events.take(core::SeriesMeasured{noon, 2, -1.5, {}, {}, {}, std::log(0.5), 1, false});
    CHECK(bench.at("selloff_z{symbol=BTC-USD}") == -1.5);
    CHECK(bench.unknown("drift_log_e_value{symbol=BTC-USD}"));
    CHECK(bench.unknown("change_24h_ratio{symbol=BTC-USD}"));
    bench.events.take(core::SeriesMeasured{noon, us_tech, {}, {}, {}, {}, {}, 1, true});
    CHECK(bench.unknown("selloff_z{symbol=us_tech}"));
    CHECK(bench.unknown("change_24h_ratio{symbol=us_tech}"));

    bench.events.take(core::ImpactMeasured{noon, 593e9, 0.33, 0.9, noon});
    CHECK(bench.at("source_value_lost_usd") == 593e9);
    CHECK(bench.at("source_value_lost_ratio") == 0.33);
    bench.events.take(core::ImpactMeasured{noon, -2e9, {}, 0.9, noon});
    CHECK(bench.at("source_value_lost_usd") == -2e9);
    CHECK(bench.unknown("source_value_lost_ratio"));
}

TEST_CASE("ids that no configuration knows make no series") {
    Bench bench;
    const std::size_t before = bench.page().size();
    bench.events.take(price(99));
    bench.events.take(core::PriceDiverged{noon, 3, 2, 0.1, true});
    bench.events.take(core::PriceDiverged{noon, 2, 99, 0.1, true});
    bench.events.take(core::TickLate{noon, 99, 0, 1});
    bench.events.take(lead(99, 2, core::LeadVerdict::led));
    bench.events.take(lead(us_tech, 99, core::LeadVerdict::led));
    bench.events.take(core::TickCorrelationMeasured{noon, 99, 2, 0.5, 0.1, 9, false});
    bench.events.take(link(99));
    bench.events.take(core::SeriesMeasured{noon, 99, -1.0, {}, {}, {}, {}, 1, false});
    CHECK(bench.page().size() == before);
}

TEST_CASE("what is measured of an instrument that no pair watches makes no new series") {
    Bench bench;
    const std::size_t before = bench.page().size();
    for (core::SeriesId id = 0; id < bench.config.universe.series_count(); ++id) {
        bench.events.take(core::SelloffMeasured{noon, id, 0, -0.01, {}, {}, {}, 1, false});
        bench.events.take(core::SeriesMeasured{noon, id, -1.0, {}, {}, {}, {}, 1, false});
    }
    CHECK(bench.page().size() == before);
    CHECK(bench.at("selloff_z{symbol=ZN}") == -1);
}

TEST_CASE("a target says since when it is in its state") {
    Bench bench;
    const std::string since = "regime_since_timestamp_seconds{target=BTC-USD}";
    bench.events.take(core::TargetAssessed{
        noon, 2, core::Regime::warming, core::no_time, {}, core::Condition::none, 0, true});
    CHECK(bench.unknown(since));
    bench.events.take(core::TargetAssessed{noon, 2, core::Regime::elevated, noon - core::ns_per_min,
                                           0.5, core::Condition::none, 1, false});
    CHECK(bench.at(since) == core::to_seconds(noon) - 60);
    CHECK(bench.unknown("regime_since_timestamp_seconds{target=ETH-USD}"));
}

TEST_CASE("every pair, window, horizon and target has its own series") {
    Bench bench;
    bench.config.correlation_windows = {5 * core::ns_per_min, core::ns_per_hour};
    bench.config.selloff_horizons = {core::ns_per_min, 5 * core::ns_per_min};
    bench.config.targets = {3, 2, 3};  // one named twice is watched once
    sinks::MetricSeries series;
    sinks::MetricEvents events(bench.config, series);
    const auto& universe = bench.config.universe;
    constexpr std::array<core::InstrumentId, 2> bitcoin_and_ether = {2, 3};
    const std::array windows = {"5m", "1h"};
    const std::array horizons = {"1m", "5m"};

    double value = 0;
    std::map<std::string, double> expected;
    const auto next = [&](const std::string& name) { return expected[name] = ++value; };
    for (const core::SeriesId source : {us_tech, core::SeriesId{0}, core::SeriesId{1}})
        for (const core::SeriesId target : bitcoin_and_ether) {
            const std::string pair = "{source=" + universe.series_name(source) +
                                     ",target=" + universe.series_name(target);
            for (std::size_t w = 0; w < windows.size(); ++w)
                events.take(core::CorrelationMeasured{
                    noon,
                    source,
                    target,
                    static_cast<std::uint8_t>(w),
                    next("correlation" + pair + ",window=" + windows[w] + "}"),
                    {},
                    {},
                    1,
                    false});
            events.take(
                core::TickCorrelationMeasured{noon,
                                              source,
                                              target,
                                              next("hayashi_yoshida_correlation" + pair + "}"),
                                              {},
                                              1,
                                              false});
            core::LeadMeasured led = lead(source, target, core::LeadVerdict::led);
            led.seconds = next("lead_lag_seconds" + pair + "}");
            events.take(led);
            core::LinkMeasured tie = link(target);
            tie.source = source;
            tie.partial = ++value;
            // Only what ties the group is told.
            if (source == us_tech) expected["partial_correlation" + pair + "}"] = value;
            events.take(tie);
        }
    for (core::SeriesId id = 0; id < universe.series_count(); ++id) {
        const std::string symbol = "{symbol=" + universe.series_name(id);
        for (std::size_t h = 0; h < horizons.size(); ++h) {
            events.take(core::SelloffMeasured{noon,
                                              id,
                                              static_cast<std::uint8_t>(h),
                                              std::log1p(++value / 1024),
                                              {},
                                              {},
                                              {},
                                              1,
                                              false});
            expected["return_ratio" + symbol + ",window=" + horizons[h] + "}"] = value / 1024;
        }
        events.take(core::SeriesMeasured{
            noon, id, next("selloff_z" + symbol + "}"), {}, {}, {}, {}, 1, false});
    }
    for (const core::InstrumentId target : bitcoin_and_ether)
        events.take(core::TargetAssessed{noon, target, core::Regime::calm, noon,
                                         next("score{target=" + universe.series_name(target) + "}"),
                                         core::Condition::none, 1, false});
    const auto page = Bench::page_of(series);
    for (const auto& [name, told] : expected) {
        INFO(name);
        REQUIRE(page.count(name) == 1);
        CHECK(page.at(name) == Approx(told));
    }
}

TEST_CASE("pairs that nobody watches make no series and change none") {
    Bench bench;
    const auto before = bench.page();
    const auto take = [&](core::SeriesId source, core::SeriesId target) {
        bench.events.take(
            core::CorrelationMeasured{noon, source, target, 0, 0.5, 0.5, 0.5, 9, false});
        bench.events.take(core::TickCorrelationMeasured{noon, source, target, 0.5, 0.5, 9, false});
        bench.events.take(lead(source, target, core::LeadVerdict::led));
        core::LinkMeasured e = link(static_cast<core::InstrumentId>(target));
        e.source = source;
        e.partial = 0.5;
        bench.events.take(e);
    };
    take(4, 2);              // a bystander
    take(2, us_tech);        // the wrong way round
    take(us_tech, us_tech);  // no target
    take(us_tech, 4);
    bench.events.take(core::CorrelationMeasured{noon, us_tech, 2, 1, 0.5, 0.5, 0.5, 9, false});
    bench.events.take(core::SelloffMeasured{noon, 4, 1, -0.5, {}, {}, {}, 1, false});
    const auto after = bench.page();
    REQUIRE(after.size() == before.size());
    for (const auto& [name, value] : before) {
        INFO(name);
        const double now = after.at(name);
        CHECK((now == value || (std::isnan(now) && std::isnan(value))));
    }
}
