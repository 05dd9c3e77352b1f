// What an input costs the engine.
#include <benchmark/benchmark.h>

#include "core/engine.hpp"
#include "tests/bench/market.hpp"

namespace contagiond::bench {
namespace {

/// Trades of eleven instruments, `per_bar` in each bar of 10 s; nine sources, two targets, three
/// windows, all of them warm. The time is that of one input, the bar's work shared out.
void engine_step(benchmark::State& state) {
    core::Engine engine(engine_config());
    const auto per_bar = static_cast<std::uint64_t>(state.range(0));
    const core::DurationNs spacing = 10 * core::ns_per_s / static_cast<core::DurationNs>(per_bar);
    core::TimeNs ts = market_open;
    std::uint64_t step = 0;
    std::size_t said = 0;
    // Two hours fill every window before the clock runs.
    while (ts < market_open + 2 * core::ns_per_hour) {
        ts += core::ns_per_s;
        const core::Input input = walk_trade(step++, ts);
        said += engine.step({&input, 1}).size();
    }
    if (said == 0) state.SkipWithError("the engine said nothing");
    std::size_t events = 0;
    for (auto _ : state) {
        ts += spacing;
        const core::Input input = walk_trade(step++, ts);
        events += engine.step({&input, 1}).size();
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["events"] =
        benchmark::Counter(static_cast<double>(events), benchmark::Counter::kAvgIterations);
}
// 1: every input closes a bar; 10,000: a busy second has a thousand.
BENCHMARK(engine_step)
    ->Name("engine_step/ours:engine")
    ->ArgName("inputs_per_bar")
    ->Arg(1)
    ->Arg(100)
    ->Arg(10'000);

/// Two million trades a second by their stamps, of one or a few instruments. The queue of event
/// time is full all the while, so every input sends the oldest tick through the engine. The last of
/// the instruments are targets, whose ticks touch the most pairs.
void engine_flood(benchmark::State& state) {
    core::Engine engine(engine_config());
    const auto symbols = static_cast<std::uint64_t>(state.range(0));
    constexpr core::DurationNs spacing = 500;
    core::TimeNs ts = market_open;
    std::uint64_t step = 0;
    std::size_t events = 0;
    const auto warm = [&](core::DurationNs length, core::DurationNs pause) {
        for (const core::TimeNs until = ts + length; ts < until; ts += pause) {
            const core::Input input = walk_trade(step++, ts);
            events += engine.step({&input, 1}).size();
        }
    };
    warm(2 * core::ns_per_hour, core::ns_per_s);
    warm(15 * core::ns_per_min, core::ns_per_s / 100);
    if (events == 0) state.SkipWithError("the engine said nothing");
    step = 0;
    const auto flood = [&](std::uint64_t n) {
        // From one instrument to the next, but only among the last ones.
        const std::uint64_t instrument = instrument_count - 1 - n % symbols;
        return walk_trade(n / symbols * instrument_count + instrument, ts);
    };
    for (; step < 100'000; ts += spacing) {
        const core::Input input = flood(step++);
        events += engine.step({&input, 1}).size();
    }
    for (auto _ : state) {
        ts += spacing;
        const core::Input input = flood(step++);
        benchmark::DoNotOptimize(engine.step({&input, 1}).data());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(engine_flood)->Name("engine_flood/ours:engine")->ArgName("symbols")->Arg(1)->Arg(3);

}  // namespace
}  // namespace contagiond::bench
