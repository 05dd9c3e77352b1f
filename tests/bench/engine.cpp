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
BENCHMARK(engine_step)->ArgName("inputs_per_bar")->Arg(1)->Arg(100)->Arg(10'000);

}  // namespace
}  // namespace contagiond::bench
