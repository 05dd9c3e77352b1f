// What a counted and a timed tick cost, and a page of 10,000 series, beside prometheus-cpp.
#include <benchmark/benchmark.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "core/counters.hpp"
#include "daemon/engine_loop.hpp"
#include "daemon/sinks/metrics.hpp"
#include "tests/bench/market.hpp"
#include "tests/support/random.hpp"

namespace contagiond::bench {
namespace {

using sinks::Metric;

// --- A count -------------------------------------------------------------------------------------

struct PlainCount {
    std::uint64_t n = 0;
    void add() {
        ++n;
        benchmark::DoNotOptimize(n);
    }
    std::uint64_t value() const { return n; }
};
struct OurCount {
    core::Counter counter;
    void add() { counter.add(); }
    std::uint64_t value() const { return counter.value(); }
};
struct PeersCount {
    prometheus::Counter counter;
    void add() { counter.Increment(); }
    std::uint64_t value() const { return static_cast<std::uint64_t>(counter.Value()); }
};

template <typename Count>
void metric_counter(benchmark::State& state) {
    constexpr std::uint64_t checked = 1000;
    Count count;
    for (std::uint64_t i = 0; i < checked; ++i) count.add();
    state.counters["checksum"] = static_cast<double>(count.value());
    for (auto _ : state) {
        count.add();
        benchmark::ClobberMemory();
    }
    if (count.value() != checked + static_cast<std::uint64_t>(state.iterations()))
        state.SkipWithError("counts were lost");
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(metric_counter<PlainCount>)->Name("metric_counter/floor:plain_increment");
BENCHMARK(metric_counter<PeersCount>)->Name("metric_counter/yardstick:prometheus_cpp");
BENCHMARK(metric_counter<OurCount>)->Name("metric_counter/ours:counter");

// --- A duration in a histogram -------------------------------------------------------------------

constexpr auto& bounds = daemon::tick_to_decision_bounds;

/// Seconds from tick to decision: about 2 us, now and then much more.
const std::vector<double>& durations() {
    static const std::vector<double> all = [] {
        test::Random random(20250127);
        std::vector<double> made(4096);
        for (double& seconds : made) seconds = 2e-6 * std::exp(1.2 * random.normal());
        return made;
    }();
    return all;
}

/// The same without a promise to a reader on another thread.
struct PlainHistogram {
    std::array<std::uint64_t, bounds.size() + 1> counts{};
    double sum = 0;
    void observe(double v) {
        std::size_t i = 0;
        while (i < bounds.size() && v > bounds[i]) ++i;
        ++counts[i];
        sum += v;
        benchmark::DoNotOptimize(counts[i]);
    }
    /// Sum of bucket numbers.
    std::uint64_t told() const {
        std::uint64_t all = 0;
        for (std::size_t i = 0; i < counts.size(); ++i) all += i * counts[i];
        return all;
    }
};
struct OurHistogram {
    core::Histogram<bounds.size()> histogram{bounds};
    void observe(double v) { histogram.observe(v); }
    std::uint64_t told() const {
        std::uint64_t all = 0;
        for (std::size_t i = 0; i <= bounds.size(); ++i) all += i * histogram.count(i);
        return all;
    }
};
/// Each bucket's own count, times its place.
std::uint64_t told_by(const prometheus::Histogram& histogram) {
    std::uint64_t all = 0, i = 0, below = 0;
    for (const auto& bucket : histogram.Collect().histogram.bucket) {
        all += i++ * (bucket.cumulative_count - below);
        below = bucket.cumulative_count;
    }
    return all;
}
struct PeersHistogram {
    prometheus::Histogram histogram{{bounds.begin(), bounds.end()}};
    void observe(double v) { histogram.Observe(v); }
    std::uint64_t told() const { return told_by(histogram); }
};

template <typename Histogram>
void metric_histogram(benchmark::State& state) {
    const std::vector<double>& values = durations();
    Histogram histogram;
    for (const double v : values) histogram.observe(v);
    state.counters["checksum"] = static_cast<double>(histogram.told());
    std::size_t i = 0;
    for (auto _ : state) {
        histogram.observe(values[i++ % values.size()]);
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(metric_histogram<PlainHistogram>)->Name("metric_histogram/floor:plain_arrays");
BENCHMARK(metric_histogram<PeersHistogram>)->Name("metric_histogram/yardstick:prometheus_cpp");
BENCHMARK(metric_histogram<OurHistogram>)->Name("metric_histogram/ours:histogram");

// --- A page --------------------------------------------------------------------------------------

/// One sample of the pages compared; gauges are told to a millionth, as both can write them.
struct Sample {
    Metric metric;
    sinks::Labels labels;
    double value;
};
constexpr std::size_t series_count = 10'000;

/// Correlations, ticks by symbol and reason, and times: in the daemon's proportions, for a universe
/// larger than any of today.
const std::vector<Sample>& samples() {
    static const std::vector<Sample> all = [] {
        test::Random random(10'000);
        std::vector<Sample> made;
        for (std::size_t i = 0; made.size() < series_count; ++i) {
            const std::string symbol = "SYMBOL" + std::to_string(i) + "-USD";
            const double rho = std::round(random.uniform() * 2e6 - 1e6) / 1e6;
            const double time = 1'737'988'200 + std::round(random.uniform() * 1e5) / 1e3;
            made.push_back({Metric::ticks_total,
                            {{"symbol", symbol}},
                            static_cast<double>(random.below(100'000'000))});
            for (const char* reason : {"late", "zero_price", "outlier"})
                made.push_back({Metric::ticks_rejected_total,
                                {{"symbol", symbol}, {"reason", reason}},
                                static_cast<double>(random.below(20))});
            made.push_back(
                {Metric::symbol_last_tick_timestamp_seconds, {{"symbol", symbol}}, time});
            made.push_back({Metric::symbol_stale, {{"symbol", symbol}}, i % 7 == 0 ? 1.0 : 0.0});
            for (const char* window : {"15m", "1h", "4h"})
                made.push_back({Metric::correlation,
                                {{"source", "us_tech"}, {"target", symbol}, {"window", window}},
                                rho});
            made.push_back({Metric::score, {{"target", symbol}}, std::abs(rho)});
        }
        made.resize(series_count);
        return made;
    }();
    return all;
}

bool is_counter(const Sample& sample) {
    return sinks::info(sample.metric).type == sinks::MetricType::counter;
}

/// The values of a page in millionths, summed; those of an engine that has said nothing are 0.
double sum_of(const std::string& page) {
    std::int64_t sum = 0;
    for (std::size_t begin = 0; begin < page.size();) {
        const std::size_t end = page.find('\n', begin);
        if (page[begin] != '#') {
            const double value = std::strtod(page.c_str() + page.rfind(' ', end), nullptr);
            if (std::isfinite(value)) sum += std::llround(value * 1e6);
        }
        begin = end + 1;
    }
    return static_cast<double>(sum % (std::int64_t{1} << 52));
}

/// Ours: the samples' owners, and a page that reads them.
struct OurPage {
    core::EngineConfig engine;  ///< of nothing: what it adds are a few dozen series at 0
    sinks::Metrics metrics{engine};
    std::vector<core::Counter> counters{series_count};
    std::vector<core::Gauge> gauges{series_count};
    std::string page;

    OurPage() {
        std::size_t i = 0;
        for (const Sample& sample : samples()) {
            if (is_counter(sample)) {
                counters[i].add(static_cast<std::uint64_t>(sample.value));
                metrics.add(sample.metric, sample.labels, counters[i++]);
            } else {
                gauges[i].set(sample.value);
                metrics.add(sample.metric, sample.labels, gauges[i++]);
            }
        }
    }
    const std::string& scrape() { return page = metrics.render(false); }
};
struct PeersPage {
    prometheus::Registry registry;
    std::string page;

    PeersPage() {
        for (const Sample& sample : samples()) {
            const sinks::MetricInfo& row = sinks::info(sample.metric);
            const prometheus::Labels labels(sample.labels.begin(), sample.labels.end());
            const std::string name(row.name), help(row.help);
            if (is_counter(sample))
                prometheus::BuildCounter()
                    .Name(name)
                    .Help(help)
                    .Register(registry)
                    .Add(labels)
                    .Increment(sample.value);
            else
                prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels).Set(
                    sample.value);
        }
    }
    const std::string& scrape() {
        return page = prometheus::TextSerializer().Serialize(registry.Collect());
    }
};
/// A page that is made already, handed out.
struct ReadyPage {
    std::string ready = OurPage().scrape();
    std::string page;
    const std::string& scrape() { return page = std::string(ready); }
};

/// Items are series.
template <typename Page>
void scrape_10k(benchmark::State& state) {
    Page page;
    state.counters["checksum"] = sum_of(page.scrape());
    for (auto _ : state) benchmark::DoNotOptimize(page.scrape().data());
    state.counters["bytes_page"] = static_cast<double>(page.page.size());
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(series_count));
}
BENCHMARK(scrape_10k<ReadyPage>)->Name("scrape_10k/floor:copy");
BENCHMARK(scrape_10k<PeersPage>)->Name("scrape_10k/yardstick:prometheus_cpp");
BENCHMARK(scrape_10k<OurPage>)->Name("scrape_10k/ours:page");

// --- Beside a scrape -----------------------------------------------------------------------------

/// A histogram that stands on a page of 10,000 series.
struct OurScraped : OurPage {
    OurHistogram own;
    OurScraped() {
        metrics.add(Metric::tick_to_decision_seconds, {}, sinks::histogram_source(own.histogram));
    }
    void observe(double v) { own.observe(v); }
    std::uint64_t told() const { return own.told(); }
};
struct PeersScraped : PeersPage {
    prometheus::Histogram& histogram =
        prometheus::BuildHistogram()
            .Name("duration")
            .Register(registry)
            .Add({}, prometheus::Histogram::BucketBoundaries{bounds.begin(), bounds.end()});
    void observe(double v) { histogram.Observe(v); }
    std::uint64_t told() const { return told_by(histogram); }
};
/// Two looks at the clock and nothing between them, beside the same scrapes.
struct NothingScraped : OurPage {
    std::uint64_t n = 0;
    OurHistogram same;
    void observe(double v) { benchmark::DoNotOptimize(v); }
    std::uint64_t told() {
        for (const double v : durations()) same.observe(v);
        return same.told();
    }
};

double percentile(std::vector<double>& sorted, double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

/// Each observation by the clock while another thread scrapes on and on. A clock costs more than an
/// observation: what counts is the distance to the floor, and the tail.
template <typename Scraped>
void scrape_beside_writer(benchmark::State& state) {
    using Clock = std::chrono::steady_clock;
    Scraped scraped;
    for (const double v : durations()) scraped.observe(v);
    state.counters["checksum"] = static_cast<double>(scraped.told());
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> scrapes{0};
    std::thread scraper([&] {
        while (!stop.load(std::memory_order_relaxed)) {
            benchmark::DoNotOptimize(scraped.scrape().data());
            scrapes.fetch_add(1, std::memory_order_relaxed);
        }
    });
    while (scrapes.load() == 0) std::this_thread::yield();
    std::vector<double> took;
    took.reserve(static_cast<std::size_t>(state.max_iterations));
    std::size_t i = 0;
    for (auto _ : state) {
        const double v = durations()[i++ % durations().size()];
        const auto begin = Clock::now();
        scraped.observe(v);
        const std::chrono::duration<double> elapsed = Clock::now() - begin;
        took.push_back(elapsed.count());
        state.SetIterationTime(elapsed.count());
    }
    stop.store(true);
    scraper.join();
    std::sort(took.begin(), took.end());
    state.counters["p50_ns"] = percentile(took, 0.5) * 1e9;
    state.counters["p99_ns"] = percentile(took, 0.99) * 1e9;
    state.counters["scrapes"] = static_cast<double>(scrapes.load());
    state.SetItemsProcessed(state.iterations());
}
constexpr std::int64_t observations = 2'000'000;
BENCHMARK(scrape_beside_writer<NothingScraped>)
    ->Name("scrape_beside_writer/floor:clock_alone")
    ->Iterations(observations)
    ->UseManualTime();
BENCHMARK(scrape_beside_writer<PeersScraped>)
    ->Name("scrape_beside_writer/yardstick:prometheus_cpp")
    ->Iterations(observations)
    ->UseManualTime();
BENCHMARK(scrape_beside_writer<OurScraped>)
    ->Name("scrape_beside_writer/ours:histogram")
    ->Iterations(observations)
    ->UseManualTime();

}  // namespace
}  // namespace contagiond::bench
