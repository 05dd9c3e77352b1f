// Small loops of fixed work whose instructions are counted (instructions.py): what a busy second is
// made of, without clock, thread or socket.
//
//   valgrind --tool=callgrind --toggle-collect=contagiond_hot_loop hot_loops decode
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine.hpp"
#include "core/estimators/correlation_lanes.hpp"
#include "core/spsc_ring.hpp"
#include "daemon/sinks/metrics.hpp"
#include "feeds/adapter.hpp"
#include "tests/bench/market.hpp"

/// What is counted: all that happens under this call, and nothing before or after it. The items
/// done.
extern "C" __attribute__((noinline)) std::uint64_t contagiond_hot_loop(
    const std::function<std::uint64_t()>& loop) {
    const std::uint64_t items = loop();
    asm volatile("" : : : "memory");  // keeps this from becoming a jump, which is no call
    return items;
}

namespace contagiond::bench {
namespace {

using Loop = std::function<std::uint64_t()>;

/// Frames of Binance, each with digits of its own.
Loop decode_loop() {
    struct State {
        std::vector<std::string> frames;
        std::unique_ptr<feeds::Decoder> decoder;
        feeds::Decoded out;
    };
    const auto state = std::make_shared<State>();
    for (std::uint64_t n = 0; n < 500; ++n) {
        const std::string price = "10" + std::to_string(1000 + n * 7919 % 9000) + "." +
                                  std::to_string(10 + n * 37 % 90) + "000000";
        std::string frame =
            n % 2 == 0 ? R"({"e":"trade","E":1737988200343,"s":"BTCUSDT","t":)" +
                             std::to_string(3735683259 + n) + R"(,"p":")" + price +
                             R"(","q":"0.02000000","T":1737988200342,"m":true,"M":true})"
                       : R"({"u":400900217,"s":"BTCUSDT","b":")" + price +
                             R"(","B":"1.21000000","a":")" + price + R"(","A":"0.66000000"})";
        frame.reserve(frame.size() + feeds::frame_padding);
        state->frames.push_back(std::move(frame));
    }
    state->decoder = feeds::find_venue("binance_spot")->make_decoder();
    return [state] {
        std::uint64_t rows = 0;
        for (const std::string& frame : state->frames) {
            state->decoder->decode(frame, market_open, state->out);
            rows += state->out.rows.size();
        }
        return rows;
    };
}

/// Bursts of 64 inputs, each pushed by itself, popped together.
Loop ring_loop() {
    const auto ring = std::make_shared<core::SpscRing<core::Input>>(std::size_t{1024});
    return [ring] {
        std::vector<core::Input> out(64);
        core::Input input = walk_trade(0, market_open);
        std::uint64_t items = 0;
        for (std::uint64_t burst = 0; burst < 200; ++burst) {
            for (std::uint64_t i = 0; i < out.size(); ++i) {
                input.ts_receive = static_cast<core::TimeNs>(burst * 64 + i);
                ring->try_push(input);
            }
            items += ring->pop(out);
        }
        return items;
    };
}

/// Sixteen pairs over three windows, and their values after each row; a pair and window is an item.
/// In registers that every machine has, since a wider one takes fewer instructions.
Loop correlation_loop() {
    std::vector<core::CorrelationLanes::Pair> pairs;
    for (std::size_t pair = 0; pair < 16; ++pair) pairs.push_back({pair % 8, 8 + pair / 8});
    const std::vector<core::CorrelationLanes::Window> windows = {{30, 10}, {90, 10}, {360, 10}};
    const auto lanes =
        std::make_shared<core::CorrelationLanes>(pairs, windows, core::LaneWidth::two);
    return [lanes] {
        constexpr std::uint64_t rows = 720;
        std::vector<double> row(10);
        std::uint64_t valid = 0, number = 0;
        for (std::uint64_t i = 0; i < rows; ++i) {
            for (double& value : row)
                value = static_cast<double>((++number * 0x9e3779b97f4a7c15ull) >> 44) * 1e-9 - 5e-4;
            lanes->push(row);
            for (std::size_t pair = 0; pair < 16; ++pair)
                for (std::size_t window = 0; window < 3; ++window)
                    valid += lanes->value(pair, window).has_value() ? 1u : 0u;
        }
        return valid == 48 * (rows - 9) ? 48 * rows : 0;
    };
}

/// A warm engine: `spacing` apart, trades of all instruments.
Loop engine_loop(core::DurationNs spacing, std::uint64_t inputs) {
    struct State {
        core::Engine engine{engine_config()};
        core::TimeNs ts = market_open;
        std::uint64_t step = 0;
        std::size_t events = 0;
        void take(core::DurationNs later) {
            ts += later;
            const core::Input input = walk_trade(step++, ts);
            events += engine.step({&input, 1}).size();
        }
    };
    const auto state = std::make_shared<State>();
    while (state->ts < market_open + 70 * core::ns_per_min) state->take(core::ns_per_s);
    return [state, spacing, inputs] {
        state->events = 0;
        for (std::uint64_t i = 0; i < inputs; ++i) state->take(spacing);
        return state->events > 0 ? inputs : 0;
    };
}

/// The page of metrics with a thousand counters more; a scrape is an item.
Loop page_loop() {
    struct State {
        core::EngineConfig config = engine_config();
        sinks::Metrics metrics{config};
        std::vector<core::Counter> counters{std::vector<core::Counter>(1000)};
    };
    const auto state = std::make_shared<State>();
    for (std::size_t i = 0; i < state->counters.size(); ++i) {
        state->counters[i].add(i * 7919);
        state->metrics.add(sinks::Metric::feed_messages_total, {{"feed", "f" + std::to_string(i)}},
                           state->counters[i]);
    }
    return [state] {
        constexpr std::uint64_t scrapes = 10;
        std::size_t bytes = 0;
        for (std::uint64_t i = 0; i < scrapes; ++i) bytes += state->metrics.render(false).size();
        return bytes > scrapes * 1000 * 30 ? scrapes : 0;
    };
}

std::optional<Loop> make(const char* name) {
    if (std::strcmp(name, "decode") == 0) return decode_loop();
    if (std::strcmp(name, "ring") == 0) return ring_loop();
    if (std::strcmp(name, "correlation") == 0) return correlation_loop();
    // A thousand trades a second, over three bars.
    if (std::strcmp(name, "tick") == 0) return engine_loop(10 * core::ns_per_ms, 3'000);
    // Each closes a bar: all measures.
    if (std::strcmp(name, "bar") == 0) return engine_loop(10 * core::ns_per_s, 30);
    if (std::strcmp(name, "page") == 0) return page_loop();
    return std::nullopt;
}

}  // namespace
}  // namespace contagiond::bench

int main(int argc, char** argv) {
    const auto loop = argc == 2 ? contagiond::bench::make(argv[1]) : std::nullopt;
    if (!loop) {
        std::fprintf(stderr, "usage: hot_loops decode|ring|correlation|tick|bar|page\n");
        return 2;
    }
    const std::uint64_t items = contagiond_hot_loop(*loop);
    std::printf("items %llu\n", static_cast<unsigned long long>(items));
    return items == 0 ? 1 : 0;
}
