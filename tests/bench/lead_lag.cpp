// What a tick and a lag cost a lead study: the products of Hayashi and Yoshida at many lags.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/estimators/lagged_products.hpp"
#include "tests/bench/market.hpp"
#include "tests/support/random.hpp"

namespace contagiond::bench {
namespace {

constexpr std::size_t ticks = 1000;  ///< a side
constexpr int lag_count = 401;

/// Two series of ticks about a second apart whose price goes up and down by one and the same step.
/// So every product is the step's square with a sign, HY over it is a whole number at every lag,
/// and a walk that counts signs finds the same number as one that multiplies.
struct Sides {
    Sides() : x(ticks), y(ticks) {
        test::Random random(20250127);
        for (int k = 0; k < lag_count; ++k)
            lags.push_back((k - lag_count / 2) * 500 * core::ns_per_ms);
        for (core::ReturnIntervals* side : {&x, &y}) {
            std::vector<core::TimeNs> ts;
            std::vector<double> price;
            core::TimeNs t = market_open;
            for (std::size_t k = 0; k < ticks; ++k) {
                t += 1 + static_cast<core::DurationNs>(random.uniform() * 2e9);
                ts.push_back(t);
                price.push_back(k % 2 == 0 ? 100 : 100 * (1 + step));
            }
            side->load({ts, price}, market_open);
        }
    }

    static constexpr double step = 1e-4;
    core::ReturnIntervals x, y;
    std::vector<core::DurationNs> lags;
};

/// Sums of all lags, in units of the step's square, weighted so that no two lags can be exchanged.
class Checksum {
  public:
    void add(double products) {
        const double unit = std::log1p(Sides::step) * std::log1p(Sides::step);
        sum_ = std::fmod(std::abs(sum_ * 31 + std::round(products / unit)), 1e12 + 39);
    }
    double value() const { return sum_; }

  private:
    double sum_ = 0;
};

/// The merge alone, four lags side by side: stamps are compared, and of the products only the odd
/// ones are counted.
struct IntegerMerge {
    struct Walk {
        std::size_t i = 0, j = 0;
        std::uint64_t lag = 0;
        std::size_t steps = 0, odd = 0;
    };
    static void measure(const Sides& sides, std::vector<double>& out) {
        // Without a sign, a comparison's carry is added as it is.
        constexpr std::uint64_t bias = std::uint64_t{1} << 62;
        const auto unsigned_ends = [](const core::ReturnIntervals& side) {
            std::vector<std::uint64_t> ends;
            for (const std::int64_t end : side.ends())
                ends.push_back(static_cast<std::uint64_t>(end) + bias);
            return ends;
        };
        const std::vector<std::uint64_t> x_ends = unsigned_ends(sides.x);
        const std::vector<std::uint64_t> y_ends = unsigned_ends(sides.y);
        const std::uint64_t *x = x_ends.data(), *y = y_ends.data();
        const double unit = std::log1p(Sides::step) * std::log1p(Sides::step);
        const auto sure_steps = [&](const Walk& walk) {
            return std::min(x_ends.size() - walk.i, y_ends.size() - walk.j);
        };
        const auto advance = [&](Walk& walk) {
            walk.odd += (walk.i ^ walk.j) & 1;
            const std::uint64_t x_end = x[walk.i] + walk.lag, y_end = y[walk.j];
            walk.i += x_end <= y_end;
            walk.j += y_end <= x_end;
        };
        for (std::size_t first = 0; first < sides.lags.size(); first += 4) {
            std::array<Walk, 4> walks;
            for (std::size_t k = 0; k < 4; ++k) {
                Walk& walk = walks[k];
                const core::DurationNs lag = sides.lags[std::min(first + k, sides.lags.size() - 1)];
                walk.lag = static_cast<std::uint64_t>(lag);
                walk.i = sides.x.ended_by(sides.y.begin() - lag);
                walk.j = sides.y.ended_by(sides.x.begin() + lag);
            }
            auto [a, b, c, d] = walks;
            std::size_t taken = 0;
            for (;;) {
                const std::size_t steps =
                    std::min({sure_steps(a), sure_steps(b), sure_steps(c), sure_steps(d)});
                if (steps == 0) break;
                for (std::size_t step = 0; step < steps; ++step) {
                    advance(a);
                    advance(b);
                    advance(c);
                    advance(d);
                }
                taken += steps;
            }
            walks = {a, b, c, d};
            for (std::size_t k = 0; k < 4 && first + k < sides.lags.size(); ++k) {
                Walk& walk = walks[k];
                for (walk.steps = taken; sure_steps(walk) > 0; ++walk.steps) advance(walk);
                out[first + k] =
                    (static_cast<double>(walk.steps) - 2 * static_cast<double>(walk.odd)) * unit;
            }
        }
    }
};

/// The textbook, as statistics packages have it: for each lag, times as doubles are shifted, and
/// for each interval of x those of y are looked up that overlap.
struct Naive {
    static void measure(const Sides& sides, std::vector<double>& out) {
        const auto times = [](const core::ReturnIntervals& side) {
            std::vector<double> t{core::to_seconds(side.begin())};
            for (const std::int64_t end : side.ends()) t.push_back(core::to_seconds(end));
            return t;
        };
        const std::vector<double> tx = times(sides.x), ty = times(sides.y);
        std::vector<double> shifted(tx.size());
        for (std::size_t k = 0; k < sides.lags.size(); ++k) {
            const double lag = core::to_seconds(sides.lags[k]);
            for (std::size_t i = 0; i < tx.size(); ++i) shifted[i] = tx[i] + lag;
            double sum = 0;
            std::size_t first = 0;
            for (std::size_t i = 0; i + 1 < shifted.size(); ++i) {
                while (first + 1 < ty.size() && ty[first + 1] <= shifted[i]) ++first;
                for (std::size_t j = first; j + 1 < ty.size() && ty[j] < shifted[i + 1]; ++j)
                    sum += sides.x.returns()[i] * sides.y.returns()[j];
            }
            out[k] = sum;
        }
    }
};

struct LaggedProducts {
    static void measure(const Sides& sides, std::vector<double>& out) {
        const core::PartEnd all{sides.x.size(), sides.y.size()};
        core::lagged_products(sides.x, sides.y, sides.lags, {&all, 1}, out.data(), out.size());
    }
};

template <typename Contestant>
double checksum_of(const Sides& sides, std::vector<double>& out) {
    Contestant::measure(sides, out);
    Checksum checksum;
    for (const double products : out) checksum.add(products);
    return checksum.value();
}

template <typename Contestant>
void hayashi_yoshida_lag(benchmark::State& state) {
    const Sides sides;
    std::vector<double> out(sides.lags.size());
    const double checksum = checksum_of<Contestant>(sides, out);
    if (checksum != checksum_of<Naive>(sides, out))
        return state.SkipWithError("another sum than the textbook's");
    for (auto _ : state) {
        Contestant::measure(sides, out);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations() * lag_count * static_cast<std::int64_t>(2 * ticks));
    state.counters["checksum"] = checksum;
}
BENCHMARK(hayashi_yoshida_lag<IntegerMerge>)->Name("hayashi_yoshida_lag/floor:integer_merge");
BENCHMARK(hayashi_yoshida_lag<Naive>)->Name("hayashi_yoshida_lag/yardstick:naive");
BENCHMARK(hayashi_yoshida_lag<LaggedProducts>)->Name("hayashi_yoshida_lag/ours:lagged_products");

}  // namespace
}  // namespace contagiond::bench
