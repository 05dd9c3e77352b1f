// Our elementary functions against the C library's, over the arguments the engine has: log returns
// of successive prices, paths, decays. The C library's are not the same bits everywhere; that they
// are the same up to two units in the last place is checked first.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "core/elementary.hpp"

namespace {

namespace elementary = contagiond::core::elementary;

constexpr std::size_t count = 4096;
using Arguments = std::array<double, count>;

/// Numbers in [low, high) that no branch predictor learns.
Arguments spread(double low, double high) {
    Arguments x;
    std::uint64_t z = 1;
    for (double& value : x) {
        z = z * 6364136223846793005ULL + 1442695040888963407ULL;
        value = low + (high - low) * (static_cast<double>(z >> 11) * 0x1p-53);
    }
    return x;
}

/// Prices that move by some 10 basis points a step.
Arguments prices() {
    Arguments x = spread(-0.001, 0.001);
    double price = 64000;
    for (double& value : x) value = price *= 1 + value;
    return x;
}

double libm_log_return(double from, double to) {
    return std::log1p((to - from) / from);
}

template <typename Function>
double total(Function&& f, const Arguments& x) {
    double sum = 0;
    for (const double value : x) sum += f(value);
    return sum;
}

/// Ends the program when two functions differ by more than the rounding of both.
template <typename Ours, typename Theirs>
void check(Ours&& ours, Theirs&& theirs, const Arguments& x) {
    for (const double value : x) {
        const double a = ours(value), b = theirs(value);
        if (std::abs(a - b) <= 4 * std::numeric_limits<double>::epsilon() * std::abs(b)) continue;
        std::fprintf(stderr, "at %.17g: %.17g and %.17g\n", value, a, b);
        std::exit(1);
    }
}

template <typename Function>
void run(benchmark::State& state, Function f, const Arguments& x) {
    double sum = 0;
    for (auto _ : state) benchmark::DoNotOptimize(sum = total(f, x));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
    // In millionths, whole: what the last bits add up to is far below one of them.
    state.counters["checksum"] = std::floor(sum * 1e6 + 0.5);
}

template <typename Ours, typename Theirs>
void row(const std::string& name, Ours ours, Theirs theirs, const Arguments& x) {
    check(ours, theirs, x);
    benchmark::RegisterBenchmark((name + "/yardstick:libm").c_str(),
                                 [=](benchmark::State& state) { run(state, theirs, x); });
    benchmark::RegisterBenchmark((name + "/ours:elementary").c_str(),
                                 [=](benchmark::State& state) { run(state, ours, x); });
}

#define CONTAGIOND_ROW(name, low, high)                      \
    row(                                                     \
        #name, [](double x) { return elementary::name(x); }, \
        [](double x) { return std::name(x); }, spread(low, high))

const bool registered = [] {
    // Of each price and one a little above it.
    row(
        "log_return", [](double p) { return elementary::log_ratio(p, p * 1.0004); },
        [](double p) { return libm_log_return(p, p * 1.0004); }, prices());
    row(
        "log_return_far", [](double p) { return elementary::log_ratio(p, 50000); },
        [](double p) { return libm_log_return(p, 50000); }, spread(60000, 90000));
    CONTAGIOND_ROW(log, 0.5, 100000);
    CONTAGIOND_ROW(log1p, -0.5, 0.5);
    CONTAGIOND_ROW(atanh, -0.9, 0.9);
    CONTAGIOND_ROW(exp, -3, 3);
    CONTAGIOND_ROW(exp2, -1, 0);
    CONTAGIOND_ROW(expm1, -0.5, 0.5);
    CONTAGIOND_ROW(tanh, -2, 2);
    CONTAGIOND_ROW(erfc, 0, 4);
    return true;
}();

#undef CONTAGIOND_ROW

}  // namespace
