#include "daemon/sinks/metric_page.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <atomic>
#include <bit>
#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "daemon/sinks/metric_series.hpp"
#include "daemon/sinks/metrics.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using sinks::Metric;
using sinks::PageFormat;

namespace {

std::string number(double value) {
    char text[sinks::number_room];
    return {text, sinks::write_number(text, value)};
}

double read(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    CHECK(error == std::errc{});
    CHECK(end == text.data() + text.size());
    return value;
}

/// "name{labels}" to what stands behind it.
std::map<std::string, std::string> samples(const std::string& page) {
    std::map<std::string, std::string> out;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);)
        if (!line.starts_with('#')) {
            const std::size_t space = line.rfind(' ');
            CHECK(out.emplace(line.substr(0, space), line.substr(space + 1)).second);
        }
    return out;
}

constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("a number is written as people and Prometheus write it") {
    for (const auto& [value, text] : std::initializer_list<std::pair<double, const char*>>{
             {0, "0"},
             {-0.0, "-0"},
             {1, "1"},
             {-17, "-17"},
             {0.1, "0.1"},
             {-2.5, "-2.5"},
             {0.0001, "0.0001"},
             {0.00001, "1e-05"},
             {2.5e-6, "2.5e-06"},
             {1e6, "1000000"},
             {1'737'988'927.5, "1737988927.5"},
             {999'999'999'999'999, "999999999999999"},
             {1e15, "1000000000000000"},
             {9'007'199'254'740'993, "9007199254740992"},
             {1e16, "1e+16"},
             {-1e300, "-1e+300"},
             {1.0 / 3, "0.3333333333333333"},
             {5e-324, "5e-324"},
             {1.7976931348623157e308, "1.7976931348623157e+308"},
             {infinite, "+Inf"},
             {-infinite, "-Inf"},
             {std::numeric_limits<double>::quiet_NaN(), "NaN"},
             {-std::numeric_limits<double>::quiet_NaN(), "NaN"}})
        CHECK(number(value) == text);
    char text[sinks::number_room];
    CHECK(std::string(text, sinks::write_count(text, 0)) == "0");
    CHECK(std::string(text, sinks::write_count(text, ~std::uint64_t{0})) == "18446744073709551615");
}

TEST_CASE("every number reads back as itself") {
    constexpr std::uint64_t seed = 20250127;
    INFO("seed " << seed);
    test::Random random(seed);
    std::size_t longest = 0, wrong = 0;
    const auto check = [&](double value) {
        const std::string text = number(value);
        longest = std::max(longest, text.size());
        if (std::bit_cast<std::uint64_t>(read(text)) == std::bit_cast<std::uint64_t>(value)) return;
        if (wrong++ == 0) FAIL_CHECK(text);
    };
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t bits = (random.below(std::uint64_t{1} << 32) << 32) | random.below(~0u);
        if (const auto any = std::bit_cast<double>(bits); std::isfinite(any)) check(any);
        check(random.normal());
        check(std::round(random.normal() * 1e6) / 1e6);
        check(1.7e9 + random.uniform() * 1e8);
        check(std::round(random.normal() * 1e15));
        check(std::exp(random.normal() * 12));
    }
    CHECK(wrong == 0);
    CHECK(longest <= sinks::number_room);
}

TEST_CASE("the page says what prometheus-cpp says of the same") {
    constexpr std::uint64_t seed = 8;
    INFO("seed " << seed);
    test::Random random(seed);
    prometheus::Registry registry;
    sinks::MetricSeries series;
    std::deque<core::Counter> counters;
    const std::array bounds = {1e-6, 2.5e-6, 1e-5, 1e-4, 2.5e-4, 0.001, 0.01, 0.5, 1.0, 30.0, 1e16};
    std::deque<core::Histogram<bounds.size()>> histograms;

    std::set<std::string> taken;
    while (taken.size() < 200) {
        // Of the characters that mean something in the format, and some that do not.
        constexpr std::string_view alphabet = "a \"\\\n{},=#\xc3\xa9 1";
        std::string name;
        for (std::uint64_t n = random.below(12); n > 0; --n) name += alphabet[random.below(13)];
        name = sinks::clean_label_value(name);
        if (!taken.insert(name).second) continue;

        const double gauge = random.normal() * std::pow(10, random.normal() * 4);
        series.gauge(Metric::ring_used_slots, {{"ring", name}}, gauge);
        prometheus::BuildGauge()
            .Name("contagiond_ring_used_slots")
            .Register(registry)
            .Add({{"ring", name}})
            .Set(gauge);

        const std::uint64_t count = random.below(1'000'000'000);
        counters.emplace_back().add(count);
        series.try_add(Metric::feed_parse_errors_total, {{"feed", name}, {"reason", "x"}},
                       &counters.back());
        prometheus::BuildCounter()
            .Name("contagiond_feed_parse_errors_total")
            .Register(registry)
            .Add({{"feed", name}, {"reason", "x"}})
            .Increment(static_cast<double>(count));

        auto& histogram = histograms.emplace_back(bounds);
        series.try_add(Metric::feed_latency_seconds, {{"feed", name}},
                       sinks::histogram_source(histogram));
        auto& peer = prometheus::BuildHistogram()
                         .Name("contagiond_feed_latency_seconds")
                         .Register(registry)
                         .Add({{"feed", name}}, prometheus::Histogram::BucketBoundaries{
                                                    bounds.begin(), bounds.end()});
        for (std::uint64_t n = random.below(6); n > 0; --n) {
            // A bound itself belongs to its bucket.
            const double v = n % 2 == 0 ? bounds[random.below(bounds.size())]
                                        : std::exp(random.normal() * 5 - 5);
            histogram.observe(v);
            peer.Observe(v);
        }
    }
    std::string page;
    series.write(page, PageFormat::classic);
    auto ours = samples(page);
    const auto theirs = samples(prometheus::TextSerializer().Serialize(registry.Collect()));
    REQUIRE(theirs.size() > 200 * (bounds.size() + 3));
    CHECK(ours.size() == theirs.size());
    for (const auto& [name, value] : theirs) {
        INFO(name);
        REQUIRE(ours.count(name) == 1);
        // Theirs has 16 digits.
        CHECK(std::abs(std::stod(ours.at(name)) - std::stod(value)) <=
              1e-15 * std::abs(std::stod(value)));
    }
}

TEST_CASE("a page is written into the room of the one before") {
    sinks::MetricSeries series;
    core::Gauge& gauge = series.gauge(Metric::score, {{"target", "BTC-USD"}}, 1e15 / 3);
    std::string page;
    series.write(page, PageFormat::classic);
    const std::string first = page;
    const char* room = page.data();
    gauge.set(0);
    series.write(page, PageFormat::classic);
    CHECK(page.size() < first.size());
    CHECK(samples(page).at("contagiond_score{target=\"BTC-USD\"}") == "0");
    gauge.set(1e15 / 3);
    series.write(page, PageFormat::classic);
    CHECK(page == first);
    CHECK(page.data() == room);
    // A string that has no room, and one that is full of something else.
    std::string small, full(first.size() * 3, 'x');
    series.write(small, PageFormat::classic);
    series.write(full, PageFormat::classic);
    CHECK(small == first);
    CHECK(full == first);
}

TEST_CASE("a series whose source fails is off the page until it is back") {
    sinks::MetricSeries series;
    bool fails = false;
    series.try_add(Metric::process_open_fds, {}, [&fails]() -> double {
        if (fails) throw std::runtime_error("no /proc");
        return 12;
    });
    series.gauge(Metric::process_max_fds, {}, 1024);
    std::string page;
    for (const bool now : {false, true, false}) {
        fails = now;
        series.write(page, PageFormat::open_metrics);
        const auto all = samples(page);
        CHECK(all.count("process_open_fds") == (now ? 0 : 1));
        CHECK(all.at("process_max_fds") == "1024");
    }
    // A series that comes later stands beside the others.
    series.counter(Metric::ticks_total, {{"symbol", "NVDA"}}).add(3);
    series.write(page, PageFormat::classic);
    CHECK(samples(page).at("contagiond_ticks_total{symbol=\"NVDA\"}") == "3");
    CHECK(samples(page).at("process_open_fds") == "12");
}

TEST_CASE("a histogram's count is what its buckets said, however far its writer is since") {
    sinks::MetricSeries series;
    // Somebody observes between any two looks.
    std::atomic<std::uint64_t> looks{0};
    const std::array bounds = {1.0, 2.0};
    series.try_add(Metric::feed_latency_seconds, {{"feed", "x"}},
                   sinks::HistogramSource{
                       bounds, &looks,
                       [](const void* of, std::size_t) {
                           auto* n = const_cast<void*>(of);
                           return static_cast<std::atomic<std::uint64_t>*>(n)->fetch_add(1) + 1;
                       },
                       [](const void*) { return 0.5; }});
    for (int scrape = 0; scrape < 3; ++scrape) {
        std::string page;
        series.write(page, PageFormat::classic);
        const auto all = samples(page);
        const std::string name = "contagiond_feed_latency_seconds";
        CHECK(all.at(name + "_count{feed=\"x\"}") ==
              all.at(name + "_bucket{feed=\"x\",le=\"+Inf\"}"));
        CHECK(std::stoull(all.at(name + "_bucket{feed=\"x\",le=\"1\"}")) <
              std::stoull(all.at(name + "_bucket{feed=\"x\",le=\"2\"}")));
        CHECK(all.at(name + "_sum{feed=\"x\"}") == "0.5");
    }
}

TEST_CASE("a series stands once, whatever its values hold") {
    sinks::MetricSeries series;
    core::Counter counter;
    core::Histogram<1> histogram({1});
    const auto add = [&](const std::string& feed, const std::string& reason) {
        return series.try_add(Metric::feed_parse_errors_total, {{"feed", feed}, {"reason", reason}},
                              &counter);
    };
    CHECK(add("a", "b"));
    CHECK_FALSE(add("a", "b"));
    CHECK(add("b", "a"));
    CHECK(add("a\",reason=\"b", "b"));
    CHECK(add("a", "contagiond_feed_parse_errors_total{feed=\"a\",reason=\"b\"} "));
    CHECK(add("a\x01", "b"));
    CHECK_FALSE(add("a\x02", "b"));  // the same once cleaned
    const auto time = [&](const std::string& feed) {
        return series.try_add(Metric::feed_latency_seconds, {{"feed", feed}},
                              sinks::histogram_source(histogram));
    };
    CHECK(time("a"));
    CHECK(time("b"));
    CHECK_FALSE(time("a"));
    std::string page;
    series.write(page, PageFormat::classic);
    CHECK(samples(page).size() == 5 + 2 * 4);
}

TEST_CASE("no name of the table is one that Prometheus does not take") {
    const auto refused = [](std::string_view name, std::string_view labels) {
        const sinks::MetricInfo row{Metric::score, name, sinks::MetricType::gauge, "", labels};
        return sinks::refused_name({&row, 1});
    };
    CHECK(sinks::refused_name(sinks::metric_table) == "");
    CHECK(refused("good_name", "symbol window") == "");
    CHECK(refused("bad-name", "symbol") == "bad-name");
    CHECK(refused("1st", "") == "1st");
    CHECK(refused("good_name", "symbol bad-label") == "good_name{bad-label}");
    CHECK(refused("good_name", "__reserved") == "good_name{__reserved}");
    CHECK(refused("good_name", "le") == "good_name{le}");
}
