// Costs along the hot path, each beside a yardstick where there is one. Medians of several runs are
// worth quoting, and only ratios within one run.
#include <benchmark/benchmark.h>

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/engine.hpp"
#include "core/spsc_ring.hpp"
#include "feeds/adapter.hpp"
#include "tests/bench/market.hpp"

namespace contagiond::bench {
namespace {

// ---- decode ----

struct Dialect {
    const char* venue;
    std::vector<std::string> frames;
    std::size_t rows;  ///< all frames together
};

/// A few hundred frames of trades and quotes whose digits differ from frame to frame.
Dialect dialect(const std::string& venue) {
    Dialect d{nullptr, {}, 0};
    for (std::uint64_t n = 0; n < 256; ++n) {
        const std::string cents = std::to_string(10 + n * 37 % 90);
        const std::string price = "10" + std::to_string(1000 + n * 7919 % 9000) + "." + cents;
        const std::string id = std::to_string(3735683259 + n);
        const std::string us = std::to_string(100000 + n * 3571 % 900000);
        if (venue == "binance_spot") {
            d.venue = "binance_spot";
            if (n % 2 == 0)
                d.frames.push_back(R"({"e":"trade","E":1737988200343,"s":"BTCUSDT","t":)" + id +
                                   R"(,"p":")" + price +
                                   R"(000000","q":"0.02000000","T":1737988200342,"m":)" +
                                   (n % 4 == 0 ? "true" : "false") + R"(,"M":true})");
            else
                d.frames.push_back(R"({"u":400900217,"s":"BTCUSDT","b":")" + price +
                                   R"(000000","B":"1.21000000","a":")" + price +
                                   R"(100000","A":"0.66000000"})");
            d.rows += 1;
        } else if (venue == "coinbase_exchange") {
            d.venue = "coinbase_exchange";
            if (n % 2 == 0)
                d.frames.push_back(
                    R"({"type":"match","trade_id":)" + id +
                    R"(,"maker_order_id":"ac928c66-ca53-498f-9c13-a110027a60e8",)"
                    R"("taker_order_id":"132fb6ae-456b-4654-b4e0-d681ac05cea1","side":"buy",)"
                    R"("size":"0.00120004","price":")" +
                    price +
                    R"(","product_id":"BTC-USD","sequence":136999334655,)"
                    R"("time":"2025-01-27T14:30:00.)" +
                    us + R"(Z"})");
            else
                d.frames.push_back(
                    R"({"type":"ticker","sequence":136999334656,"product_id":"BTC-USD","price":")" +
                    price +
                    R"(","open_24h":"104000.1","volume_24h":"9215.15","low_24h":"97777.7",)"
                    R"("high_24h":"105400.2","volume_30d":"301452.9","best_bid":")" +
                    price + R"(","best_bid_size":"0.19921154","best_ask":")" + price +
                    R"(","best_ask_size":"0.05223077","side":"sell","time":"2025-01-27T14:30:00.)" +
                    us + R"(Z","trade_id":)" + id + R"(,"last_size":"0.0012"})");
            d.rows += 1;
        } else {
            d.venue = "alpaca";
            const std::string t = R"("t":"2025-01-27T14:30:00.)" + us + R"(123Z")";
            d.frames.push_back(R"([{"T":"t","i":)" + id + R"(,"S":"NVDA","x":"D","p":126.)" +
                               cents + R"(,"s":100,)" + t +
                               R"(,"c":["@"],"z":"C"},{"T":"q","S":"NVDA","bx":"U","bp":126.)" +
                               cents + R"(,"bs":3,"ax":"X","ap":127.)" + cents + R"(,"as":2,)" + t +
                               R"(,"c":["R"],"z":"C"}])");
            d.rows += 2;
        }
    }
    // Room to read past the end, as a session gives it.
    for (std::string& frame : d.frames) frame.reserve(frame.size() + feeds::frame_padding);
    return d;
}

void decode(benchmark::State& state, const std::string& venue_name) {
    const Dialect d = dialect(venue_name);
    const feeds::Venue* venue = feeds::find_venue(d.venue);
    if (!venue) return state.SkipWithError("no such venue");
    const auto decoder = venue->make_decoder();
    feeds::Decoded out;
    // First see that every frame means what it should: a refused frame is quick too.
    std::size_t rows = 0;
    for (const std::string& frame : d.frames) {
        decoder->decode(frame, market_open, out);
        if (out.error != feeds::DecodeError::none) return state.SkipWithError("frame was refused");
        rows += out.rows.size();
    }
    if (rows != d.rows) return state.SkipWithError("wrong number of rows");

    std::size_t i = 0, bytes = 0;
    for (auto _ : state) {
        const std::string& frame = d.frames[i++ % d.frames.size()];
        decoder->decode(frame, market_open, out);
        benchmark::DoNotOptimize(out.rows.data());
        bytes += frame.size();
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK_CAPTURE(decode, binance_spot, std::string("binance_spot"));
BENCHMARK_CAPTURE(decode, coinbase_exchange, std::string("coinbase_exchange"));
BENCHMARK_CAPTURE(decode, alpaca_trade_and_quote, std::string("alpaca"));

// ---- ring ----

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

// ---- engine ----

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
