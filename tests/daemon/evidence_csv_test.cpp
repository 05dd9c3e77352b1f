#include "daemon/evidence_csv.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "daemon/default_config.hpp"
#include "tests/support/random_events.hpp"

using namespace contagiond;
using daemon::evidence_header;
using daemon::evidence_rows;

namespace {

constexpr core::TimeNs at = 1'737'988'930 * core::ns_per_s;

core::EngineConfig desk() {
    core::EngineConfig config;
    config.universe.instruments = {{"NVDA"}, {"AMD"}, {"BTC-USD"}};
    config.universe.groups = {{"us_tech", {{0, 2.0}, {1, 1.0}}}};
    config.targets = {2};
    config.tick_window = 20 * core::ns_per_min;
    config.link_window = 90 * core::ns_per_min;
    config.link_before = 5 * core::ns_per_hour;
    return config;
}
constexpr core::SeriesId us_tech = 3;

/// A line's cells, quotes taken off.
std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> out(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (quoted && line[i] == '"' && i + 1 < line.size() && line[i + 1] == '"')
            out.back() += line[i++];
        else if (line[i] == '"')
            quoted = !quoted;
        else if (line[i] == ',' && !quoted)
            out.emplace_back();
        else
            out.back() += line[i];
    }
    return out;
}

using Row = std::map<std::string, std::string>;

/// Rows by statistic; every one must have the columns of the header, and its name only once.
std::map<std::string, Row> rows_of(const core::Event& event, const core::EngineConfig& config) {
    const std::vector<std::string> names = cells(evidence_header());
    std::map<std::string, Row> rows;
    std::string text = evidence_rows(event, config);
    if (text.empty()) return rows;
    text += '\n';
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = text.find('\n', from);
        const std::vector<std::string> values = cells(text.substr(from, end - from));
        REQUIRE(values.size() == names.size());
        Row row;
        for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = values[i];
        const std::string statistic = row.at("statistic");
        REQUIRE(rows.emplace(statistic, std::move(row)).second);
        from = end + 1;
    }
    return rows;
}

/// "value standard_error effective_samples interval_low interval_high tainted note", and the window
/// in front.
std::string told(const Row& row) {
    return fmt::format("{}s: {} ± {} n {} [{},{}] {} {}", row.at("window_s"), row.at("value"),
                       row.at("standard_error"), row.at("effective_samples"),
                       row.at("interval_low"), row.at("interval_high"), row.at("tainted"),
                       row.at("note"));
}

}  // namespace

TEST_CASE("a price is three rows of one series") {
    core::PriceSampled e{};
    e.ts = at;
    e.instrument = 2;
    e.price = {9895012, -2};
    e.bar_return = -0.25;
    e.return_kind = core::ReturnKind::catch_up;
    e.change_24h = 0.5;
    e.stale = true;
    const auto rows = rows_of(e, desk());
    REQUIRE(rows.size() == 3);
    CHECK(told(rows.at("price")) == "s: 98950.12 ±  n  [,] 0 stale");
    CHECK(told(rows.at("bar_return")) == "10s: -0.25 ±  n  [,] 0 catch_up");
    CHECK(told(rows.at("change_24h")) == "86400s: 0.5 ±  n  [,] 0 ");
    CHECK(rows.at("price").at("ts") == "2025-01-27T14:42:10.000000Z");
    CHECK(rows.at("price").at("source") == "BTC-USD");
    CHECK(rows.at("price").at("target").empty());

    e.bar_return.reset();
    e.taint = core::taint_bit(core::TaintCause::gap);
    e.stale = false;
    CHECK(told(rows_of(e, desk()).at("bar_return")) == "10s:  ±  n  [,] 1 ");
    CHECK(told(rows_of(e, desk()).at("price")) == "s: 98950.12 ±  n  [,] 1 ");
}

TEST_CASE("a correlation says how sure it is, and so does what is usual") {
    const core::EngineConfig config = desk();
    const auto rows = rows_of(
        core::CorrelationMeasured{at, us_tech, 2, 1, 0.75, 0.5, 0.125, 40, false, 10}, config);
    REQUIRE(rows.size() == 2);
    CHECK(told(rows.at("correlation")) == "900s: 0.75 ± 0.125 n 40 [,] 0 ");
    CHECK(rows.at("correlation").at("source") == "us_tech");
    CHECK(rows.at("correlation").at("target") == "BTC-USD");
    const Row& usual = rows.at("correlation_baseline");
    CHECK(usual.at("window_s") == "900");
    CHECK(usual.at("value") == "0.5");
    CHECK(usual.at("effective_samples") == "10");
    CHECK(usual.at("standard_error") == "0.25");

    const auto absent =
        rows_of(core::CorrelationMeasured{at, 0, 2, 0, {}, {}, {}, 3, true}, config);
    CHECK(told(absent.at("correlation")) == "300s:  ±  n 3 [,] 1 ");
    CHECK(told(absent.at("correlation_baseline")) == "300s:  ±  n  [,] 1 ");
}

TEST_CASE("the losses of one horizon") {
    const auto rows =
        rows_of(core::SelloffMeasured{at, us_tech, 2, -0.01, -0.02, 4.5, {}, 0.75, false}, desk());
    REQUIRE(rows.size() == 5);
    CHECK(told(rows.at("log_return")) == "1800s: -0.01 ±  n  [,] 0 ");
    CHECK(told(rows.at("drawdown")) == "1800s: -0.02 ±  n  [,] 0 ");
    CHECK(told(rows.at("loss_sigma")) == "1800s: 4.5 ±  n  [,] 0 ");
    CHECK(told(rows.at("loss_one_way")) == "1800s:  ±  n  [,] 0 ");
    CHECK(told(rows.at("coverage")) == "1800s: 0.75 ±  n  [,] 0 ");
}

TEST_CASE("statistics on ticks: a lead that is not claimed has a verdict and no value") {
    const auto ticks =
        rows_of(core::TickCorrelationMeasured{at, 0, 2, 1.25, 0.5, 77, true}, desk());
    CHECK(told(ticks.at("hayashi_yoshida")) == "1200s: 1.25 ± 0.5 n 77 [,] 1 noisy");
    const auto sound =
        rows_of(core::TickCorrelationMeasured{at, 0, 2, -1.0, 0.5, 77, true}, desk());
    CHECK(told(sound.at("hayashi_yoshida")) == "1200s: -1 ± 0.5 n 77 [,] 1 ");

    core::LeadMeasured e{at,  0,    2,    core::LeadVerdict::led, 41.0, 22.0, 60.0, 0.5, 0.125, {},
                         900, 1200, false};
    e.ratio = std::numeric_limits<double>::infinity();
    auto rows = rows_of(e, desk());
    REQUIRE(rows.size() == 5);
    CHECK(told(rows.at("lead_seconds")) == "1200s: 41 ±  n  [22,60] 0 led");
    CHECK(told(rows.at("lead_correlation")) == "1200s: 0.5 ± 0.125 n  [,] 0 ");
    CHECK(told(rows.at("lead_ratio")) == "1200s:  ±  n  [,] 0 inf");
    e.ratio = 4.5;
    CHECK(told(rows_of(e, desk()).at("lead_ratio")) == "1200s: 4.5 ±  n  [,] 0 ");
    CHECK(rows.at("lead_ticks_source").at("value") == "900");
    CHECK(rows.at("lead_ticks_target").at("value") == "1200");

    for (std::size_t v = 1; v < core::lead_verdict_count; ++v) {
        e.verdict = static_cast<core::LeadVerdict>(v);
        e.seconds_low = -3.0;
        rows = rows_of(e, desk());
        CHECK(told(rows.at("lead_seconds")) ==
              fmt::format("1200s:  ±  n  [-3,60] 0 {}", to_string(e.verdict)));
    }
}

TEST_CASE("the link, each number with the window it comes from") {
    core::LinkMeasured e{};
    e.ts = at;
    e.source = us_tech;
    e.target = 2;
    e.partial = 0.5;
    e.partial_standard_error = 0.0625;
    e.partial_p = 0.001;
    e.partial_samples = 300;
    e.controls_kept = 2;
    e.rho_before = 0.25;
    e.rho_now = 0.75;
    e.rho_adjusted = 0.375;
    e.change_z = 2.5;
    e.change_p = 0.00625;
    e.samples_before = 1800;
    e.samples_now = 540;
    e.asymmetry = -1.5;
    e.asymmetry_samples = 530;
    e.spillover_received = 0.125;
    e.spillover_given = 0.03125;
    const auto rows = rows_of(e, desk());
    REQUIRE(rows.size() == 11);
    CHECK(told(rows.at("partial_correlation")) == "5400s: 0.5 ± 0.0625 n 300 [,] 0 ");
    CHECK(told(rows.at("partial_p")) == "5400s: 0.001 ±  n 300 [,] 0 ");
    CHECK(told(rows.at("partial_controls")) == "5400s: 2 ±  n  [,] 0 ");
    CHECK(told(rows.at("rho_before")) == "18000s: 0.25 ±  n 1800 [,] 0 ");
    CHECK(told(rows.at("rho_now")) == "5400s: 0.75 ±  n 540 [,] 0 ");
    CHECK(told(rows.at("rho_adjusted")) == "5400s: 0.375 ±  n 540 [,] 0 ");
    CHECK(told(rows.at("change_z")) == "5400s: 2.5 ±  n  [,] 0 ");
    CHECK(told(rows.at("change_p")) == "5400s: 0.00625 ±  n  [,] 0 ");
    CHECK(told(rows.at("asymmetry")) == "5400s: -1.5 ±  n 530 [,] 0 ");
    CHECK(told(rows.at("spillover_received")) == "14400s: 0.125 ±  n  [,] 0 ");
    CHECK(told(rows.at("spillover_given")) == "14400s: 0.03125 ±  n  [,] 0 ");
    core::EngineConfig slow = desk();
    slow.bar = 300 * core::ns_per_s;
    CHECK(rows_of(e, slow).at("spillover_given").at("window_s") == "72000");
}

TEST_CASE("a series against its own habits; an instrument's day is told with its price alone") {
    const core::SeriesMeasured group{at, us_tech, -3.5, -4.0, 0.25, 1.5, -0.0625, 1.75, false};
    auto rows = rows_of(group, desk());
    REQUIRE(rows.size() == 6);
    CHECK(told(rows.at("selloff_z")) == "900s: -3.5 ±  n  [,] 0 ");
    CHECK(told(rows.at("jump")) == "60s: -4 ±  n  [,] 0 ");
    CHECK(told(rows.at("jump_p")) == "60s: 0.25 ±  n  [,] 0 ");
    CHECK(told(rows.at("drift_log")) == "s: 1.5 ±  n  [,] 0 ");
    CHECK(told(rows.at("intraday_factor")) == "s: 1.75 ±  n  [,] 0 ");
    CHECK(told(rows.at("change_24h")) == "86400s: -0.0625 ±  n  [,] 0 ");
    core::EngineConfig slow = desk();
    slow.bar = 300 * core::ns_per_s;
    CHECK(rows_of(group, slow).at("selloff_z").at("window_s") == "4500");
    CHECK(rows_of(group, slow).at("jump").at("window_s") == "300");
    core::SeriesMeasured instrument = group;
    instrument.series = 2;
    rows = rows_of(instrument, desk());
    CHECK(rows.size() == 5);
    CHECK(rows.count("change_24h") == 0);
}

TEST_CASE("the value lost carries its date") {
    core::ImpactMeasured e{at, 5.93e11, 0.33, 0.875, 1'737'763'200 * core::ns_per_s};
    auto rows = rows_of(e, desk());
    REQUIRE(rows.size() == 3);
    CHECK(rows.at("value_lost_usd").at("source") == "us_tech");
    CHECK(std::stod(rows.at("value_lost_usd").at("value")) == 5.93e11);
    CHECK(told(rows.at("value_lost_share")) == "86400s: 0.33 ±  n  [,]  2025-01-25");
    CHECK(told(rows.at("value_covered")) == "86400s: 0.875 ±  n  [,]  ");
    e.as_of = core::no_time;
    CHECK(rows_of(e, desk()).at("value_lost_usd").at("note").empty());
}

TEST_CASE("what is not measured has no rows") {
    CHECK(evidence_rows(core::BarClosed{at}, desk()).empty());
    CHECK(evidence_rows(core::TickLate{at, 0, 0, 5}, desk()).empty());
    CHECK(evidence_rows(core::PriceDiverged{at, 0, 0, 0.5, true}, desk()).empty());
    CHECK(evidence_rows(core::EpisodeChanged{at, nullptr}, desk()).empty());
}

TEST_CASE("numbers come back as they were, and what is not finite is absent") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    test::RandomRecords random(seed);
    for (int i = 0; i < 2000; ++i) {
        const double value = std::ldexp(static_cast<double>(random.number<std::int64_t>()),
                                        static_cast<int>(random.below(600)) - 300);
        core::SelloffMeasured e{at, 0, 0, value, {}, {}, {}, value / 3, false};
        const auto rows = rows_of(e, desk());
        REQUIRE(std::strtod(rows.at("log_return").at("value").c_str(), nullptr) == value);
        REQUIRE(std::strtod(rows.at("coverage").at("value").c_str(), nullptr) == value / 3);
    }
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(rows_of(core::SelloffMeasured{at, 0, 0, nan, {}, {}, {}, nan, false}, desk())
              .at("coverage")
              .at("value")
              .empty());
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(rows_of(core::SelloffMeasured{at, 0, 0, infinity, {}, {}, {}, -infinity, false}, desk())
              .at("coverage")
              .at("value")
              .empty());
}

TEST_CASE("a name with commas, quotes and newlines keeps its column") {
    core::EngineConfig config = desk();
    config.universe.instruments[0].symbol = "a,\"b\"";
    const auto rows =
        rows_of(core::CorrelationMeasured{at, 0, 2, 0, 0.5, {}, {}, 9, false}, config);
    CHECK(rows.at("correlation").at("source") == "a,\"b\"");
    CHECK(rows.at("correlation").at("value") == "0.5");
}
