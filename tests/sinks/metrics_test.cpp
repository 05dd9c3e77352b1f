#include "daemon/sinks/metrics.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "core/counters.hpp"
#include "tests/support/price_sampled.hpp"

using namespace contagiond;
using sinks::Metric;
using sinks::Metrics;

namespace {

/// Two members, one bystander, two targets.
core::EngineConfig small_config(const std::string& hostile = "NVDA") {
    core::EngineConfig config;
    config.universe.instruments = {{hostile}, {"ARM"}, {"BTC-USD"}, {"ETH-USD"}, {"ZN"}};
    config.universe.groups = {{"us_tech", {{0, 0.5}, {1, 0.5}}}};
    config.universe.feeds = {{"alpaca", "alpaca", {0, 1}}};
    config.targets = {2, 3};
    config.correlation_windows = {5 * core::ns_per_min, 60 * core::ns_per_min};
    config.selloff_horizons = {5 * core::ns_per_min};
    return config;
}
constexpr core::SeriesId us_tech = 5;

/// The page's samples: "name{labels}" to the text of the value.
std::map<std::string, std::string> samples(const std::string& page) {
    std::map<std::string, std::string> out;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.front() == '#') continue;
        const std::string bare = line.substr(0, line.find(" # "));
        const std::size_t space = bare.rfind(' ');
        INFO(line);
        const bool is_new = out.emplace(bare.substr(0, space), bare.substr(space + 1)).second;
        REQUIRE(is_new);  // a series stands once
    }
    return out;
}
std::map<std::string, std::string> classic(const Metrics& metrics) {
    return samples(metrics.render(false));
}

void say(Metrics& metrics, core::Event event) {
    const sinks::Item item = std::move(event);
    metrics.consume({&item, 1});
}

core::Event episode(std::string_view id, core::EpisodePhase phase, core::Severity severity) {
    auto e = std::make_shared<core::Episode>();
    std::copy(id.begin(), id.end(), e->id.text.begin());
    e->phase = phase;
    e->severity = severity;
    e->ts = 1'737'988'927'500'000'000;
    return core::EpisodeChanged{e->ts, e};
}
constexpr std::string_view id_a = "01JJK3ZC8Q4X0Q7N9S6V3W2E1R";
constexpr std::string_view id_b = "01JJK3ZC8Q4X0Q7N9S6V3W2E1S";

/// Registers something for every family that events do not fill.
struct FullPage {
    explicit FullPage(Metrics& metrics) {
        for (const sinks::MetricInfo& row : sinks::metric_table) {
            const auto present = classic(metrics);
            const auto first = present.lower_bound(std::string(row.name));
            if (first != present.end() && first->first.starts_with(row.name)) continue;
            sinks::Labels labels;
            std::istringstream names{std::string(row.labels)};
            for (std::string name; names >> name;) labels.emplace_back(name, "x");
            if (row.type == sinks::MetricType::counter)
                metrics.add(row.id, labels, counter);
            else if (row.type == sinks::MetricType::gauge)
                metrics.add(row.id, labels, gauge);
            else
                metrics.add(row.id, labels, sinks::histogram_source(histogram));
        }
    }
    core::Counter counter;
    core::Gauge gauge;
    core::Histogram<3> histogram{{1e-6, 2.5e-6, 1}};
};

}  // namespace

TEST_CASE("series that events fill stand at zero from the start, correlations at not computable") {
    const core::EngineConfig config = small_config();
    const Metrics metrics(config);
    const auto page = classic(metrics);
    CHECK(page.at("contagiond_alerts_total{rule=\"tech_to_crypto\",severity=\"critical\"}") == "0");
    CHECK(page.at("contagiond_alerts_active{rule=\"common_macro\",severity=\"info\"}") == "0");
    CHECK(
        page.at("contagiond_alerts_suppressed_total{rule=\"tech_to_crypto\",reason=\"budget\"}") ==
        "0");
    CHECK(page.at("contagiond_ticks_rejected_total{symbol=\"ZN\",reason=\"zero_price\"}") == "0");
    CHECK(page.at("contagiond_symbol_stale{symbol=\"ETH-USD\"}") == "0");
    CHECK(page.at("contagiond_score{target=\"BTC-USD\"}") == "0");
    CHECK(page.at("contagiond_return_ratio{symbol=\"us_tech\",window=\"5m\"}") == "0");
    for (const char* state : {"calm", "elevated", "contagion"})
        CHECK(page.at(std::string("contagiond_regime{target=\"BTC-USD\",state=\"") + state +
                      "\"}") == "0");
    const std::string pair = "{source=\"us_tech\",target=\"ETH-USD\",window=\"1h\"}";
    CHECK(std::isnan(std::stod(page.at("contagiond_correlation" + pair))));
    CHECK(std::isnan(std::stod(page.at("contagiond_correlation_baseline" + pair))));
    CHECK(std::isnan(std::stod(page.at("contagiond_correlation_standard_error" + pair))));
    CHECK(page.at("contagiond_correlation_effective_samples" + pair) == "0");
    // Source to target only: never the full matrix.
    CHECK(page.count(
              "contagiond_correlation{source=\"ETH-USD\",target=\"us_tech\",window=\"1h\"}") == 0);
    CHECK(page.count("contagiond_correlation{source=\"ZN\",target=\"BTC-USD\",window=\"1h\"}") ==
          0);
}

TEST_CASE("events become values") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    say(metrics, test::price_sampled(1, 2, 0, {10, 0}, 0, 0.0, true));
    say(metrics, core::SelloffMeasured{1, us_tech, 0, std::log(0.95), -0.05, 4.0, 2.0, 1, false});
    say(metrics, core::CorrelationMeasured{1, us_tech, 2, 0, 0.75, 0.25, 0.125, 30, false});
    say(metrics, core::TickRejected{1, 2, 0, core::RejectReason::late});
    say(metrics, core::TickRejected{1, core::no_id, 0, core::RejectReason::unknown_instrument});
    say(metrics,
        core::AlertSuppressed{1, core::Rule::common_macro, core::SuppressReason::cooldown});
    auto page = classic(metrics);
    CHECK(page.at("contagiond_symbol_stale{symbol=\"BTC-USD\"}") == "1");
    CHECK(std::stod(page.at("contagiond_return_ratio{symbol=\"us_tech\",window=\"5m\"}")) ==
          Approx(-0.05).margin(1e-12));
    const std::string pair = "{source=\"us_tech\",target=\"BTC-USD\",window=\"5m\"}";
    CHECK(page.at("contagiond_correlation" + pair) == "0.75");
    CHECK(page.at("contagiond_correlation_baseline" + pair) == "0.25");
    CHECK(page.at("contagiond_correlation_standard_error" + pair) == "0.125");
    CHECK(page.at("contagiond_correlation_effective_samples" + pair) == "30");
    CHECK(page.at("contagiond_ticks_rejected_total{symbol=\"BTC-USD\",reason=\"late\"}") == "1");
    CHECK(page.at("contagiond_ticks_rejected_total{symbol=\"\",reason=\"unknown_instrument\"}") ==
          "1");
    CHECK(
        page.at("contagiond_alerts_suppressed_total{rule=\"common_macro\",reason=\"cooldown\"}") ==
        "1");

    // Not computable any more: a correlation says so, a return keeps what was known.
    say(metrics, core::CorrelationMeasured{2, us_tech, 2, 0, {}, {}, {}, 1, true});
    say(metrics, core::SelloffMeasured{2, us_tech, 0, {}, {}, {}, {}, 0, true});
    page = classic(metrics);
    CHECK(std::isnan(std::stod(page.at("contagiond_correlation" + pair))));
    CHECK(std::stod(page.at("contagiond_return_ratio{symbol=\"us_tech\",window=\"5m\"}")) < -0.04);
}

TEST_CASE("one regime state is 1: none while warming, calm after an episode") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    const auto states = [&] {
        const auto page = classic(metrics);
        std::string ones;
        for (const char* state : {"calm", "elevated", "contagion"})
            if (page.at(std::string("contagiond_regime{target=\"BTC-USD\",state=\"") + state +
                        "\"}") == "1")
                ones += std::string(state) + " ";
        return ones;
    };
    const auto assess = [&](core::Regime regime) {
        say(metrics, core::TargetAssessed{1, 2, regime, 1, 0.5, core::Condition::none, 1, false});
    };
    assess(core::Regime::warming);
    CHECK(states().empty());
    assess(core::Regime::calm);
    CHECK(states() == "calm ");
    assess(core::Regime::elevated);
    CHECK(states() == "elevated ");
    assess(core::Regime::contagion);
    CHECK(states() == "contagion ");
    assess(core::Regime::over);
    CHECK(states() == "calm ");
    CHECK(classic(metrics).at("contagiond_score{target=\"BTC-USD\"}") == "0.5");
}

TEST_CASE("one direction of a target is 1, once it was assessed") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    const auto ones = [&] {
        const auto page = classic(metrics);
        std::string found;
        for (std::size_t d = 0; d < core::direction_count; ++d) {
            const std::string name(to_string(static_cast<core::Direction>(d)));
            if (page.at("contagiond_direction{target=\"BTC-USD\",direction=\"" + name + "\"}") ==
                "1")
                found += name + " ";
        }
        return found;
    };
    CHECK(ones().empty());
    for (const auto direction :
         {core::Direction::decoupled, core::Direction::tech_to_crypto, core::Direction::none}) {
        say(metrics, core::TargetAssessed{1, 2, core::Regime::calm, 1, 0.5, core::Condition::none,
                                          1, false, direction});
        CHECK(ones() == std::string(to_string(direction)) + " ");
    }
}

TEST_CASE("a target that cannot be judged says so, its score stands still") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    const auto suspended = [&] {
        return classic(metrics).at("contagiond_suspended{target=\"BTC-USD\"}");
    };
    CHECK(suspended() == "0");
    say(metrics,
        core::TargetAssessed{1, 2, core::Regime::warming, 1, {}, core::Condition::none, 0, true});
    CHECK(suspended() == "1");
    say(metrics,
        core::TargetAssessed{2, 2, core::Regime::calm, 1, 0.1, core::Condition::none, 1, false});
    CHECK(suspended() == "0");
}

TEST_CASE("open episodes are counted by what they are now, openings once") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    const auto value = [&](const std::string& name, const char* severity) {
        return classic(metrics).at(name + "{rule=\"tech_to_crypto\",severity=\"" + severity +
                                   "\"}");
    };
    say(metrics, episode(id_a, core::EpisodePhase::opened, core::Severity::warning));
    say(metrics, episode(id_b, core::EpisodePhase::opened, core::Severity::warning));
    CHECK(value("contagiond_alerts_active", "warning") == "2");
    say(metrics, episode(id_a, core::EpisodePhase::updated, core::Severity::critical));
    CHECK(value("contagiond_alerts_active", "warning") == "1");
    CHECK(value("contagiond_alerts_active", "critical") == "1");
    say(metrics, episode(id_a, core::EpisodePhase::resolved, core::Severity::critical));
    say(metrics, episode(id_b, core::EpisodePhase::resolved, core::Severity::warning));
    CHECK(value("contagiond_alerts_active", "warning") == "0");
    CHECK(value("contagiond_alerts_active", "critical") == "0");
    CHECK(value("contagiond_alerts_total", "warning") == "2");
    CHECK(value("contagiond_alerts_total", "critical") == "0");
}

TEST_CASE("histograms are cumulative, and le is written as rules expect it") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    core::Histogram<3> histogram({1e-6, 2.5e-6, 1});
    metrics.add(Metric::tick_to_decision_seconds, {}, sinks::histogram_source(histogram));
    for (const double v : {1e-7, 1e-6, 2e-6, 0.5, 7.0}) histogram.observe(v);
    for (const bool open_metrics : {false, true}) {
        INFO("OpenMetrics " << open_metrics);
        const auto page = samples(metrics.render(open_metrics));
        const std::string name = "contagiond_tick_to_decision_seconds";
        CHECK(page.at(name + "_bucket{le=\"1e-06\"}") == "2");
        CHECK(page.at(name + "_bucket{le=\"2.5e-06\"}") == "3");
        CHECK(page.at(name + "_bucket{le=\"1\"}") == "4");
        CHECK(page.at(name + "_bucket{le=\"+Inf\"}") == "5");
        CHECK(page.at(name + "_count") == "5");
        CHECK(std::stod(page.at(name + "_sum")) == Approx(7.5000031));
    }
}

TEST_CASE("both formats tell the same series and values") {
    const core::EngineConfig config = small_config("N\"V\\D\nA");
    Metrics metrics(config);
    const FullPage full(metrics);
    metrics.observe_http("state", 200, 0.002);
    say(metrics, core::CorrelationMeasured{1, us_tech, 2, 0, 1.0 / 3, 0.1, 0.2, 30, false});
    const auto plain = samples(metrics.render(false));
    const auto open = samples(metrics.render(true));
    REQUIRE(plain.size() == open.size());
    auto other = open.begin();
    for (const auto& [name, value] : plain) {
        CHECK(name == other->first);
        INFO(name);
        const double a = std::stod(value), b = std::stod(other->second);
        CHECK((a == b || (std::isnan(a) && std::isnan(b))));
        ++other;
    }
}

TEST_CASE("OpenMetrics: families, exemplars and the end") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    core::Histogram<3> histogram({1e-6, 2.5e-6, 1});
    metrics.add(Metric::tick_to_decision_seconds, {}, sinks::histogram_source(histogram));
    histogram.observe(2e-6);
    say(metrics, episode(id_a, core::EpisodePhase::opened, core::Severity::critical));
    core::EpisodeId id;
    std::copy(id_a.begin(), id_a.end(), id.text.begin());
    metrics.mark_decision(id, 1'737'988'927'500'000'000, 2e-6);
    const std::string page = metrics.render(true);
    const auto has = [&](const std::string& text) {
        INFO(text);
        CHECK(page.find(text) != std::string::npos);
    };
    has("# TYPE contagiond_alerts counter\n# HELP contagiond_alerts Episodes opened\n");
    has("\ncontagiond_alerts_total{rule=\"tech_to_crypto\",severity=\"critical\"} 1 # "
        "{alert_id=\"01JJK3ZC8Q4X0Q7N9S6V3W2E1R\"} 1 1737988927.500\n");
    has("\ncontagiond_tick_to_decision_seconds_bucket{le=\"2.5e-06\"} 1 # "
        "{alert_id=\"01JJK3ZC8Q4X0Q7N9S6V3W2E1R\"} 2e-06 1737988927.500\n");
    has("\ncontagiond_tick_to_decision_seconds_bucket{le=\"1\"} 1\n");
    CHECK(page.ends_with("\n# EOF\n"));
    CHECK(page.find("# EOF") == page.size() - 6);
    // The classic format knows neither.
    const std::string plain = metrics.render(false);
    CHECK(plain.find("alert_id") == std::string::npos);
    CHECK(plain.find("# EOF") == std::string::npos);
    CHECK(plain.find("# TYPE contagiond_alerts_total counter") != std::string::npos);
}

TEST_CASE("hostile label values stay inside their quotes") {
    CHECK(sinks::clean_label_value("plain é ☃ 𝄞\nx") == "plain é ☃ 𝄞\nx");
    using namespace std::string_literals;
    CHECK(sinks::clean_label_value("a\0b\rc\x7f"s) ==
          "a\xef\xbf\xbd"s + "b\xef\xbf\xbd"s + "c\xef\xbf\xbd");
    for (const char* bad : {"\xff", "\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xe2\x98", "\xf0\x80\x80\x80", "\xe0\x80\x80"}) {
        const std::string cleaned = sinks::clean_label_value(bad);
        INFO(cleaned);
        CHECK(cleaned.starts_with("\xef\xbf\xbd"));
        CHECK(cleaned.find(bad) == std::string::npos);
    }

    const core::EngineConfig config = small_config("a\"} 1\nevil{x=\"\\");
    const Metrics metrics(config);
    for (const bool open_metrics : {false, true}) {
        const std::string page = metrics.render(open_metrics);
        CHECK(page.find("contagiond_symbol_stale{symbol=\"a\\\"} 1\\nevil{x=\\\"\\\\\"} 0\n") !=
              std::string::npos);
        CHECK(page.find("\nevil") == std::string::npos);
    }
}

TEST_CASE("two names that clean to one cost a series, not the page") {
    core::EngineConfig config = small_config("same\x01");
    config.universe.instruments[1].symbol = "same\x02";
    const Metrics metrics(config);
    CHECK(classic(metrics).count("contagiond_symbol_stale{symbol=\"same\xef\xbf\xbd\"}") == 1);
}

TEST_CASE("registration refuses what the table does not say") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    core::Counter counter;
    core::Gauge gauge;
    CHECK_THROWS_AS(metrics.add(Metric::ticks_total, {{"feed", "x"}}, counter), std::logic_error);
    CHECK_THROWS_AS(metrics.add(Metric::ticks_total, {{"symbol", "x"}}, gauge), std::logic_error);
    CHECK_THROWS_AS(metrics.add(Metric::feed_latency_seconds, {{"feed", "x"}}, [] { return 0.0; }),
                    std::logic_error);
    metrics.add(Metric::ticks_total, {{"symbol", "x"}}, counter);
    CHECK_THROWS_AS(metrics.add(Metric::ticks_total, {{"symbol", "x"}}, counter), std::logic_error);
    CHECK_NOTHROW(metrics.add(Metric::ticks_total, {{"symbol", "y"}}, counter));
}

TEST_CASE("a value that cannot be read is left out, the rest of the page stands") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    metrics.add(Metric::process_open_fds, {},
                []() -> double { throw std::runtime_error("no /proc"); });
    metrics.add(Metric::process_max_fds, {}, [] { return 1024.0; });
    const auto page = classic(metrics);
    CHECK(page.count("process_open_fds") == 0);
    CHECK(page.at("process_max_fds") == "1024");
}

TEST_CASE("a scrape takes no lock that the hot path takes") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    core::Counter ticks;
    core::Histogram<3> latency({1e-6, 2.5e-6, 1});
    metrics.add(Metric::ticks_total, {{"symbol", "NVDA"}}, ticks);
    metrics.add(Metric::tick_to_decision_seconds, {}, sinks::histogram_source(latency));
    core::EpisodeId id;
    std::copy(id_a.begin(), id_a.end(), id.text.begin());
    // In the middle of a scrape, another thread does what the engine's does.
    bool went_on = false;
    metrics.add(Metric::ring_slots, {{"ring", "feed"}}, [&] {
        auto hot_path = std::async(std::launch::async, [&] {
            ticks.add();
            latency.observe(2e-6);
            metrics.mark_decision(id, 1, 2e-6);
        });
        went_on = hot_path.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
        if (!went_on) std::abort();  // it waits for this scrape, which would wait for it
        return 1.0;
    });
    // The mark is not given up either: it is on this very page, below.
    const std::string page = metrics.render(true);
    CHECK(went_on);
    CHECK(samples(page).at("contagiond_ring_slots{ring=\"feed\"}") == "1");
    CHECK(page.find("_bucket{le=\"2.5e-06\"} 1 # {alert_id=\"" + std::string(id_a) + "\"}") !=
          std::string::npos);
    CHECK(classic(metrics).at("contagiond_tick_to_decision_seconds_count") == "2");
}

TEST_CASE("requests are counted by handler and code") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    metrics.declare_http("state");
    CHECK(classic(metrics).at("contagiond_http_requests_total{handler=\"state\",code=\"200\"}") ==
          "0");
    metrics.observe_http("state", 200, 0.002);
    metrics.observe_http("state", 503, 2);
    const auto page = classic(metrics);
    CHECK(page.at("contagiond_http_requests_total{handler=\"state\",code=\"200\"}") == "1");
    CHECK(page.at("contagiond_http_requests_total{handler=\"state\",code=\"503\"}") == "1");
    CHECK(page.at(
              "contagiond_http_request_duration_seconds_bucket{handler=\"state\",le=\"0.0025\"}") ==
          "1");
    CHECK(page.at("contagiond_http_request_duration_seconds_count{handler=\"state\"}") == "2");
}

TEST_CASE("every family of the table is on the page, and no other") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    const FullPage full(metrics);
    const std::string page = metrics.render(false);
    std::map<std::string, std::string> types;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string hash, kind, name, type;
        words >> hash >> kind >> name >> type;
        if (hash == "#" && kind == "TYPE") types[name] = type;
    }
    for (const sinks::MetricInfo& row : sinks::metric_table) {
        INFO(row.name);
        REQUIRE(types.count(std::string(row.name)) == 1);
        const std::string expected = row.type == sinks::MetricType::counter ? "counter"
                                     : row.type == sinks::MetricType::gauge ? "gauge"
                                                                            : "histogram";
        CHECK(types.at(std::string(row.name)) == expected);
        CHECK(row.help.find_first_of("\\\n") == std::string_view::npos);
        CHECK((row.type == sinks::MetricType::counter) == row.name.ends_with("_total"));
        CHECK((row.name.starts_with("contagiond_") || row.name.starts_with("process_")));
        types.erase(std::string(row.name));
    }
    CHECK(types.empty());
}

TEST_CASE("promtool finds nothing to complain of") {
    if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
        std::printf("\nSKIPPED: promtool not present\n");
        return;
    }
    const core::EngineConfig config = small_config("a\"b\\c\nd");
    Metrics metrics(config);
    const FullPage full(metrics);
    metrics.observe_http("state", 200, 0.002);
    const auto file = std::filesystem::temp_directory_path() /
                      ("contagiond-metrics-" + std::to_string(std::random_device{}()) + ".txt");
    std::ofstream(file) << metrics.render(false);
    const std::string report = file.string() + ".report";
    const int code =
        std::system(("promtool check metrics <" + file.string() + " >" + report + " 2>&1").c_str());
    std::ostringstream said;
    said << std::ifstream(report).rdbuf();
    std::filesystem::remove(file);
    std::filesystem::remove(report);
    CHECK(said.str() == "");
    CHECK(code == 0);
}

TEST_CASE("scrapes and events at the same time") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    std::thread writer([&] {
        for (int i = 0; i < 2000; ++i) {
            say(metrics, core::TickRejected{1, 2, 0, core::RejectReason::late});
            say(metrics, core::SelloffMeasured{1, 4, 0, -0.01, {}, {}, {}, 1, false});
            metrics.observe_http("state", 200 + i % 3, 0.001);
        }
    });
    std::uint64_t last = 0;
    for (int i = 0; i < 20; ++i) {
        const auto page = classic(metrics);
        const std::uint64_t now = std::stoull(
            page.at("contagiond_ticks_rejected_total{symbol=\"BTC-USD\",reason=\"late\"}"));
        CHECK(now >= last);
        last = now;
    }
    writer.join();
    CHECK(classic(metrics).at(
              "contagiond_ticks_rejected_total{symbol=\"BTC-USD\",reason=\"late\"}") == "2000");
}

TEST_CASE("a histogram that is observed while it is scraped adds up on every page") {
    const core::EngineConfig config = small_config();
    Metrics metrics(config);
    core::Counter ticks;
    core::Histogram<3> latency({1e-6, 2.5e-6, 1});
    metrics.add(Metric::ticks_total, {{"symbol", "NVDA"}}, ticks);
    metrics.add(Metric::tick_to_decision_seconds, {}, sinks::histogram_source(latency));
    core::EpisodeId first, second;
    std::copy(id_a.begin(), id_a.end(), first.text.begin());
    std::copy(id_b.begin(), id_b.end(), second.text.begin());
    constexpr std::uint64_t rounds = 20'000;
    std::thread writer([&] {
        for (std::uint64_t i = 0; i < rounds; ++i) {
            ticks.add();
            for (const double v : {1e-7, 2e-6, 0.5, 3.0}) latency.observe(v);
            if (i % 2 == 0)
                metrics.mark_decision(first, core::ns_per_s, 2e-6);
            else
                metrics.mark_decision(second, 2 * core::ns_per_s, 0.5);
        }
    });
    const std::string name = "contagiond_tick_to_decision_seconds";
    std::uint64_t last = 0;
    for (int i = 0; i < 40; ++i) {
        const std::string text = metrics.render(true);
        const auto page = samples(text);
        std::uint64_t below = 0;
        for (const char* le : {"1e-06", "2.5e-06", "1", "+Inf"}) {
            const std::uint64_t n = std::stoull(page.at(name + "_bucket{le=\"" + le + "\"}"));
            CHECK(n >= below);
            below = n;
        }
        CHECK(page.at(name + "_count") == std::to_string(below));
        CHECK(below >= last);
        last = below;
        // An exemplar is all of one decision.
        if (const std::size_t at = text.find("# {alert_id"); at != std::string::npos) {
            const std::string told = text.substr(at, text.find('\n', at) - at);
            INFO(told);
            CHECK((told == "# {alert_id=\"" + std::string(id_a) + "\"} 2e-06 1.000" ||
                   told == "# {alert_id=\"" + std::string(id_b) + "\"} 0.5 2.000"));
        }
    }
    writer.join();
    const auto page = samples(metrics.render(true));
    CHECK(page.at(name + "_count") == std::to_string(4 * rounds));
    CHECK(page.at("contagiond_ticks_total{symbol=\"NVDA\"}") == std::to_string(rounds));
}
