// What one correlation of one pair over one window costs, from a row of returns to rho.
//
// Sixteen pairs (eight sources, two targets), windows of 30, 90 and 360 rows. An item is one pair
// and window: every row is pushed and all 48 correlations are taken after it.
//
// The data, for anyone who wants to compute the same: rows of ten series, numbers in the order of
// rows and within a row of series, the k-th (from 1) of them
//
//     z = mix(k·0x9e3779b97f4a7c15)        mix as in splitmix64, started from 0, modulo 2^64
//     u = (z >> 11)·2^-53                  0 to 1
//     return = (2u - 1)·1e-3
//
// Pair 8·t + s is of source s, the series s, with target t, the series 8 + t. For rolling_
// correlation_gaps a number is absent when the last four bits of its z are zero. checksum is the
// sum of all 48 correlations after row 4096 (the last of the block), in millionths, rounded.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/estimators/correlation_lanes.hpp"
#include "core/estimators/rolling_correlation.hpp"

namespace contagiond::bench {
namespace {

using core::CorrelationLanes;
using core::LaneWidth;

constexpr std::size_t sources = 8, targets = 2, series_count = sources + targets;
constexpr std::size_t pair_count = sources * targets;
constexpr std::array<std::uint32_t, 3> window_rows = {30, 90, 360};
constexpr std::size_t block_rows = 4096;
constexpr std::uint32_t rows_min = 10;

using Row = std::array<double, series_count>;

std::vector<Row> make_rows(bool gaps) {
    std::vector<Row> rows(block_rows);
    std::uint64_t k = 0;
    for (Row& row : rows) {
        for (double& value : row) {
            std::uint64_t z = ++k * 0x9e3779b97f4a7c15ull;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
            z ^= z >> 31;
            const double u = static_cast<double>(z >> 11) * 0x1p-53;
            value = (2 * u - 1) * 1e-3;
            if (gaps && (z & 15) == 0) value = std::numeric_limits<double>::quiet_NaN();
        }
    }
    return rows;
}

std::size_t source_of(std::size_t pair) {
    return pair % sources;
}
std::size_t target_of(std::size_t pair) {
    return sources + pair / sources;
}

/// Running sums, pairs as lanes: less cannot be done. Every value is taken for present, and what
/// leaves is subtracted: after a large value the rest of its digits stays behind.
class SumLanes {
  public:
    SumLanes() : ring_(window_rows.back()) {}

    void push(const Row& row) {
        Lane& newest = ring_[next_];
        for (std::size_t w = 0; w < window_rows.size(); ++w) {
            const std::size_t back = next_ + ring_.size() - window_rows[w];
            leaving_[w] = ring_[back < ring_.size() ? back : back - ring_.size()];
        }
        for (std::size_t p = 0; p < pair_count; ++p) {
            newest.x[p] = row[source_of(p)];
            newest.y[p] = row[target_of(p)];
        }
        rows_ += 1;
        for (std::size_t w = 0; w < window_rows.size(); ++w)
            roll(newest, leaving_[w], sums_[w],
                 std::min(static_cast<double>(window_rows[w]), rows_), rho[w]);
        next_ = next_ + 1 < ring_.size() ? next_ + 1 : 0;
    }

    std::array<std::array<double, pair_count>, window_rows.size()> rho;

  private:
    struct alignas(64) Lane {
        double x[pair_count]{}, y[pair_count]{};
    };
    struct alignas(64) Sums {
        double x[pair_count]{}, y[pair_count]{}, xx[pair_count]{}, yy[pair_count]{},
            xy[pair_count]{};
    };

    __attribute__((target_clones("default", "avx2", "avx512f"))) static void roll(
        const Lane& __restrict in, const Lane& __restrict out, Sums& __restrict sums, double n,
        std::array<double, pair_count>& __restrict rho) {
        const double one = 1 / n;
        for (std::size_t p = 0; p < pair_count; ++p) {
            sums.x[p] += in.x[p] - out.x[p];
            sums.y[p] += in.y[p] - out.y[p];
            sums.xx[p] += in.x[p] * in.x[p] - out.x[p] * out.x[p];
            sums.yy[p] += in.y[p] * in.y[p] - out.y[p] * out.y[p];
            sums.xy[p] += in.x[p] * in.y[p] - out.x[p] * out.y[p];
            const double sxx = sums.xx[p] - sums.x[p] * sums.x[p] * one;
            const double syy = sums.yy[p] - sums.y[p] * sums.y[p] * one;
            const double sxy = sums.xy[p] - sums.x[p] * sums.y[p] * one;
            rho[p] = sxy / std::sqrt(sxx * syy);
        }
    }

    std::vector<Lane> ring_;
    std::size_t next_ = 0;
    double rows_ = 0;
    std::array<Lane, window_rows.size()> leaving_;
    std::array<Sums, window_rows.size()> sums_;
};

/// An object a pair and window with running sums, as one would write it first.
class NaiveCorrelation {
  public:
    explicit NaiveCorrelation(std::uint32_t window) : ring_(window) {}

    double push(double x, double y) {
        Entry& place = ring_[next_];
        if (place.present) add(place, -1);
        place = {x, y, !std::isnan(x) && !std::isnan(y)};
        if (place.present) add(place, 1);
        if (++next_ == ring_.size()) next_ = 0;
        if (n_ < rows_min) return std::numeric_limits<double>::quiet_NaN();
        const double sxx = xx_ - x_ * x_ / n_, syy = yy_ - y_ * y_ / n_, sxy = xy_ - x_ * y_ / n_;
        return sxy / std::sqrt(sxx * syy);
    }

  private:
    struct Entry {
        double x = 0, y = 0;
        bool present = false;
    };
    void add(const Entry& entry, double sign) {
        n_ += sign;
        x_ += sign * entry.x;
        y_ += sign * entry.y;
        xx_ += sign * (entry.x * entry.x);
        yy_ += sign * (entry.y * entry.y);
        xy_ += sign * (entry.x * entry.y);
    }
    std::vector<Entry> ring_;
    std::size_t next_ = 0;
    double n_ = 0, x_ = 0, y_ = 0, xx_ = 0, yy_ = 0, xy_ = 0;
};

struct Sums {
    SumLanes lanes;
    void push(const Row& row) { lanes.push(row); }
    double rho(std::size_t pair, std::size_t window) const { return lanes.rho[window][pair]; }
};

struct Naive {
    std::vector<NaiveCorrelation> objects;
    std::vector<double> values;
    Naive() : values(pair_count * window_rows.size()) {
        for (std::size_t p = 0; p < pair_count; ++p)
            for (const std::uint32_t rows : window_rows) objects.emplace_back(rows);
    }
    void push(const Row& row) {
        for (std::size_t i = 0; i < objects.size(); ++i) {
            const std::size_t pair = i / window_rows.size();
            values[i] = objects[i].push(row[source_of(pair)], row[target_of(pair)]);
        }
    }
    double rho(std::size_t pair, std::size_t window) const {
        return values[pair * window_rows.size() + window];
    }
};

/// One RollingCorrelation a pair and window: the same accuracy, the same bits, no lanes.
struct Objects {
    std::vector<core::RollingCorrelation> objects;
    std::vector<double> values;
    Objects() : values(pair_count * window_rows.size()) {
        for (std::size_t p = 0; p < pair_count; ++p)
            for (const std::uint32_t rows : window_rows) objects.emplace_back(rows, rows_min);
    }
    void push(const Row& row) {
        for (std::size_t i = 0; i < objects.size(); ++i) {
            const std::size_t pair = i / window_rows.size();
            const double x = row[source_of(pair)], y = row[target_of(pair)];
            if (std::isnan(x) || std::isnan(y))
                objects[i].push_absent();
            else
                objects[i].push(x, y);
            values[i] = objects[i].value().value_or(0);
        }
    }
    double rho(std::size_t pair, std::size_t window) const {
        return values[pair * window_rows.size() + window];
    }
};

struct Ours {
    CorrelationLanes lanes;
    explicit Ours(LaneWidth width) : lanes(make(width)) {}
    static CorrelationLanes make(LaneWidth width) {
        std::vector<CorrelationLanes::Pair> pairs;
        for (std::size_t p = 0; p < pair_count; ++p) pairs.push_back({source_of(p), target_of(p)});
        std::vector<CorrelationLanes::Window> windows;
        for (const std::uint32_t rows : window_rows) windows.push_back({rows, rows_min});
        return CorrelationLanes(pairs, windows, width);
    }
    void push(const Row& row) { lanes.push(row); }
    double rho(std::size_t pair, std::size_t window) const {
        return lanes.value(pair, window).value_or(0);
    }
};

template <typename Contestant>
void run(benchmark::State& state, std::unique_ptr<Contestant> contestant, bool gaps) {
    const std::vector<Row> rows = make_rows(gaps);
    auto twin = std::make_unique<Objects>();
    for (const Row& row : rows) {
        contestant->push(row);
        twin->push(row);
    }
    double sum = 0, furthest = 0;
    for (std::size_t p = 0; p < pair_count; ++p) {
        for (std::size_t w = 0; w < window_rows.size(); ++w) {
            sum += contestant->rho(p, w);
            furthest = std::max(furthest, std::abs(contestant->rho(p, w) - twin->rho(p, w)));
        }
    }
    if (!(furthest < 1e-9)) state.SkipWithError("it computes something else");
    for (auto _ : state) {
        for (const Row& row : rows) {
            contestant->push(row);
            benchmark::ClobberMemory();  // every correlation stands in memory, to be read
        }
    }
    state.SetItemsProcessed(
        state.iterations() *
        static_cast<std::int64_t>(rows.size() * pair_count * window_rows.size()));
    state.counters["checksum"] = std::round(sum * 1e6);
}

void sums(benchmark::State& state) {
    run(state, std::make_unique<Sums>(), false);
}
void naive(benchmark::State& state, bool gaps) {
    run(state, std::make_unique<Naive>(), gaps);
}
void objects(benchmark::State& state) {
    run(state, std::make_unique<Objects>(), false);
}
void ours(benchmark::State& state, LaneWidth width, bool gaps) {
    if (core::has_lanes(width))
        run(state, std::make_unique<Ours>(width), gaps);
    else
        state.SkipWithError("this machine has no registers of that width");
}

BENCHMARK(sums)->Name("rolling_correlation/floor:sums");
BENCHMARK_CAPTURE(naive, naive, false)->Name("rolling_correlation/yardstick:scalar_naive");
BENCHMARK(objects)->Name("rolling_correlation/yardstick:objects");
BENCHMARK_CAPTURE(ours, lanes, core::widest_lanes(), false)->Name("rolling_correlation/ours:lanes");

BENCHMARK_CAPTURE(naive, naive_gaps, true)->Name("rolling_correlation_gaps/yardstick:scalar_naive");
BENCHMARK_CAPTURE(ours, lanes_gaps, core::widest_lanes(), true)
    ->Name("rolling_correlation_gaps/ours:lanes");

/// Every window ends a block once in its length, and goes over all of it then: how long the row
/// takes in which the longest does, beside the others.
void rows(benchmark::State& state) {
    const std::vector<Row> rows = make_rows(false);
    Ours contestant(core::widest_lanes());
    std::vector<double> usual, ending;
    std::size_t pushed = 0;
    for (auto _ : state) {
        for (const Row& row : rows) {
            const auto begin = std::chrono::steady_clock::now();
            contestant.push(row);
            benchmark::ClobberMemory();
            const std::chrono::duration<double, std::nano> took =
                std::chrono::steady_clock::now() - begin;
            const bool ends = pushed > 0 && pushed % window_rows.back() == 0;
            (ends ? ending : usual).push_back(took.count());
            ++pushed;
        }
    }
    const auto quantile = [](std::vector<double>& values, double q) {
        const auto at =
            values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size()));
        std::nth_element(values.begin(), at, values.end());
        return *at;
    };
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows.size()));
    state.counters["p50_ns"] = quantile(usual, 0.5);
    state.counters["p99_ns"] = quantile(usual, 0.99);
    state.counters["end_of_block_ns"] = quantile(ending, 0.5);
}
BENCHMARK(rows)->Name("rolling_correlation_row/ours:lanes");

/// The same results at any width of registers.
const bool widths_registered = [] {
    const std::pair<LaneWidth, const char*> widths[] = {
        {LaneWidth::two, "rolling_correlation/yardstick:two_lanes"},
        {LaneWidth::four, "rolling_correlation/yardstick:four_lanes"},
        {LaneWidth::eight, "rolling_correlation/yardstick:eight_lanes"}};
    for (const auto& [width, name] : widths)
        if (core::has_lanes(width)) benchmark::RegisterBenchmark(name, ours, width, false);
    return true;
}();

}  // namespace
}  // namespace contagiond::bench
