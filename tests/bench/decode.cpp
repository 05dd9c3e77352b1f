// What a frame costs from its bytes to rows, by venue.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "feeds/adapter.hpp"
#include "tests/bench/market.hpp"

namespace contagiond::bench {
namespace {

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

}  // namespace
}  // namespace contagiond::bench
