// A whole page as it is kept in tests/golden/metrics.txt: names that are hostile, every kind of
// number, exemplars, and events of every kind.
//
// After a change that is meant: CONTAGIOND_WRITE_GOLDEN=1 build/dev/tests/sinks_test "[golden]"
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "core/counters.hpp"
#include "daemon/sinks/metrics.hpp"
#include "tests/support/price_sampled.hpp"

using namespace contagiond;
using sinks::Metric;
using sinks::Metrics;

namespace {

constexpr core::TimeNs noon = 1'737'979'200 * core::ns_per_s;
constexpr core::SeriesId us_tech = 3;
constexpr double infinite = std::numeric_limits<double>::infinity();

/// One member whose name is an attack, one that is not ASCII, one target of two feeds.
core::EngineConfig config() {
    core::EngineConfig config;
    config.universe.instruments = {{"a\"} 1\nevil{x=\"\\"}, {"caf\xc3\xa9\x01\xff"}, {"BTC-USD"}};
    config.universe.groups = {{"us_tech", {{0, 0.5}, {1, 0.5}}}};
    config.universe.feeds = {
        {"stocks", "alpaca", {0, 1}}, {"coins", "coinbase", {2}}, {"coins2", "binance", {2}}};
    config.targets = {2};
    config.correlation_windows = {90 * core::ns_per_s, 60 * core::ns_per_min};
    config.selloff_horizons = {5 * core::ns_per_min};
    return config;
}

std::shared_ptr<const core::Episode> episode(core::EpisodePhase phase, core::Severity severity) {
    constexpr std::string_view id = "01JJK3ZC8Q4X0Q7N9S6V3W2E1R";
    auto e = std::make_shared<core::Episode>();
    std::copy(id.begin(), id.end(), e->id.text.begin());
    e->phase = phase;
    e->severity = severity;
    e->ts = noon;
    return e;
}

/// What the rest of the daemon owns.
struct Sources {
    core::Counter small, large;
    core::Gauge third, minus_infinity, minus_zero, tiny, huge, time;
    core::Histogram<4> latency{{1e-6, 2.5e-6, 1e-4, 1}};
};

void fill(Metrics& metrics, Sources& sources) {
    metrics.add(Metric::build_info,
                {{"version", "0.1.0"}, {"revision", ""}, {"compiler", "g++ \"12\""}},
                [] { return 1.0; });
    sources.small.add(7);
    sources.large.add(9'007'199'254'740'993);  // one beyond what a double counts
    metrics.add(Metric::ticks_total, {{"symbol", "NVDA"}}, sources.small);
    metrics.add(Metric::ticks_total, {{"symbol", "BTC-USD"}}, sources.large);
    sources.third.set(1.0 / 3);
    sources.minus_infinity.set(-infinite);
    sources.minus_zero.set(-0.0);
    sources.tiny.set(5e-324);
    sources.huge.set(1.7976931348623157e308);
    sources.time.set(1'737'979'199.25);
    metrics.add(Metric::ring_used_slots, {{"ring", "third"}}, sources.third);
    metrics.add(Metric::ring_used_slots, {{"ring", "minus infinity"}}, sources.minus_infinity);
    metrics.add(Metric::ring_used_slots, {{"ring", "minus zero"}}, sources.minus_zero);
    metrics.add(Metric::ring_used_slots, {{"ring", "tiny"}}, sources.tiny);
    metrics.add(Metric::ring_used_slots, {{"ring", "huge"}}, sources.huge);
    metrics.add(Metric::engine_last_loop_timestamp_seconds, {}, sources.time);
    metrics.add(Metric::process_max_fds, {}, [] { return infinite; });
    metrics.add(Metric::process_cpu_seconds_total, {}, [] { return 0.0001; });
    metrics.add(Metric::process_resident_memory_bytes, {}, [] { return 123456789.0; });
    metrics.add(Metric::process_open_fds, {},
                []() -> double { throw std::runtime_error("no /proc"); });
    metrics.add(Metric::tick_to_decision_seconds, {}, sinks::histogram_source(sources.latency));
    metrics.add(Metric::feed_latency_seconds, {{"feed", "a\"b"}},
                sinks::histogram_source(sources.latency));
    for (const double v : {1e-7, 1e-6, 2e-6, 5e-5, 0.5, 7.0}) sources.latency.observe(v);
    metrics.declare_http("state");
    metrics.observe_http("state", 200, 0.002);
    metrics.observe_http("state", 503, 9);
}

void say(Metrics& metrics, core::Event event) {
    const sinks::Item item = std::move(event);
    metrics.consume({&item, 1});
}

void tell(Metrics& metrics) {
    core::PriceSampled price = test::price_sampled(noon, 2, 0, {10, 0}, 0, 0.0, true);
    price.ts_price = noon - core::ns_per_s / 8;
    price.change_24h = std::log(0.75);
    price.feeds_fresh = 2;
    price.feeds_agreeing = 1;
    price.taint = core::taint_bit(core::TaintCause::gap);
    say(metrics, price);
    say(metrics, core::PriceDiverged{noon, 2, 2, 0.012, true});
    say(metrics, core::TickLate{noon, 0, 0, core::ns_per_s});
    say(metrics, core::TickRejected{noon, 2, 0, core::RejectReason::late});
    say(metrics, core::TickRejected{noon, core::no_id, 0, core::RejectReason::late});
    say(metrics, core::SelloffMeasured{noon, us_tech, 0, -0.5, {}, {}, {}, 1, false});
    say(metrics, core::CorrelationMeasured{noon, us_tech, 2, 0, 0.75, 0.25, 0.1, 30, false});
    say(metrics, core::CorrelationMeasured{noon, 1, 2, 1, -1.0 / 3, {}, 0.1, 360, false});
    say(metrics, core::TickCorrelationMeasured{noon, 0, 2, 1.25, 0.5, 12, false});
    core::LeadMeasured lead{};
    lead.source = us_tech;
    lead.target = 2;
    lead.seconds = 41;
    lead.seconds_low = 22.5;
    lead.seconds_high = 60;
    say(metrics, lead);
    core::LinkMeasured link{};
    link.source = us_tech;
    link.target = 2;
    link.partial = 0.6;
    link.spillover_given = 0.08;
    say(metrics, link);
    say(metrics, core::SeriesMeasured{noon, us_tech, -3.5, -4.0, 0.01, 7.25, -0.25, 1.5, false});
    say(metrics, core::ImpactMeasured{noon, 593e9, 0.33, 0.9, noon});
    say(metrics,
        core::TargetAssessed{noon, 2, core::Regime::elevated, noon - core::ns_per_min, 0.5,
                             core::Condition::none, 1, false, core::Direction::tech_to_crypto});
    say(metrics,
        core::AlertSuppressed{noon, core::Rule::common_macro, core::SuppressReason::budget});
    const auto opened = episode(core::EpisodePhase::opened, core::Severity::critical);
    say(metrics, core::EpisodeChanged{noon, opened});
    metrics.mark_decision(opened->id, noon, 2e-6);
}

std::string head_and_lines(const std::string& page, bool heads) {
    std::string out;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with('#') == heads) out += line.substr(0, line.find(" # {")) + '\n';
    return out;
}

}  // namespace

TEST_CASE("the page is what is kept", "[golden]") {
    const core::EngineConfig engine = config();
    Metrics metrics(engine);
    Sources sources;
    fill(metrics, sources);
    tell(metrics);
    const std::string page = metrics.render(true);

    const auto path = std::filesystem::path(CONTAGIOND_SOURCE_DIR) / "tests/golden/metrics.txt";
    if (std::getenv("CONTAGIOND_WRITE_GOLDEN")) std::ofstream(path) << page;
    std::ostringstream kept;
    kept << std::ifstream(path).rdbuf();
    CHECK(page == kept.str());
    // A page that is asked for again is the same: nothing is left of the one before.
    CHECK(metrics.render(true) == page);

    // The classic format has the same samples, without exemplars.
    const std::string classic = metrics.render(false);
    CHECK(head_and_lines(classic, false) == head_and_lines(page, false));
    CHECK(classic.find("alert_id") == std::string::npos);
}
