// What the hand-over between feed and engine costs, beside boost's queue.
#include <benchmark/benchmark.h>

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "core/spsc_ring.hpp"
#include "tests/bench/market.hpp"

namespace contagiond::bench {
namespace {

constexpr std::size_t ring_slots = 16384;

/// Both queues under one name.
struct OurRing {
    core::SpscRing<core::Input> ring{ring_slots};
    bool push(const core::Input& input) { return ring.try_push(input); }
    std::size_t pop(std::span<core::Input> out) { return ring.pop(out); }
};
struct BoostRing {
    boost::lockfree::spsc_queue<core::Input> ring{ring_slots};
    bool push(const core::Input& input) { return ring.push(input); }
    std::size_t pop(std::span<core::Input> out) { return ring.pop(out.data(), out.size()); }
};

/// Waits without a system call at first; lets the other side run where there is no core for both.
struct Patience {
    int failures = 0;
    void again() {
        if (++failures % 256 == 0) std::this_thread::yield();
    }
};

/// One thread pushes single inputs as fast as it can, this one pops up to `batch` at a time.
template <typename Ring>
void ring_two_threads(benchmark::State& state) {
    const auto ring = std::make_unique<Ring>();
    std::atomic<bool> stop{false};
    std::thread producer([&] {
        core::Input input = walk_trade(0, market_open);
        Patience patience;
        for (std::int64_t n = 0;;) {
            input.ts_receive = n;
            if (ring->push(input))
                ++n;
            else if (stop.load(std::memory_order_relaxed))
                break;
            else
                patience.again();
        }
    });
    std::vector<core::Input> out(static_cast<std::size_t>(state.range(0)));
    std::int64_t expected = 0;
    bool in_order = true;
    Patience patience;
    constexpr std::int64_t chunk = 1 << 16;
    for (auto _ : state) {
        for (std::int64_t taken = 0; taken < chunk;) {
            const std::size_t n = ring->pop(out);
            if (n == 0) patience.again();
            for (std::size_t i = 0; i < n; ++i) in_order &= out[i].ts_receive == expected++;
            taken += static_cast<std::int64_t>(n);
        }
    }
    stop.store(true);
    producer.join();
    if (!in_order) state.SkipWithError("items were lost or changed places");
    state.SetItemsProcessed(expected);
}
BENCHMARK(ring_two_threads<OurRing>)->Name("ring/two_threads")->Arg(1)->Arg(64)->UseRealTime();
BENCHMARK(ring_two_threads<BoostRing>)
    ->Name("ring/two_threads_boost")
    ->Arg(1)
    ->Arg(64)
    ->UseRealTime();

/// Push and pop by one thread: the cost without any cache line changing cores.
template <typename Ring>
void ring_one_thread(benchmark::State& state) {
    const auto ring = std::make_unique<Ring>();
    const auto batch = static_cast<std::size_t>(state.range(0));
    std::vector<core::Input> out(batch);
    const core::Input input = walk_trade(0, market_open);
    for (auto _ : state) {
        for (std::size_t i = 0; i < batch; ++i) benchmark::DoNotOptimize(ring->push(input));
        benchmark::DoNotOptimize(ring->pop(out));
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(ring_one_thread<OurRing>)->Name("ring/one_thread")->Arg(1)->Arg(64);
BENCHMARK(ring_one_thread<BoostRing>)->Name("ring/one_thread_boost")->Arg(1)->Arg(64);

}  // namespace
}  // namespace contagiond::bench
