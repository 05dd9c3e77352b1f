#include "tests/bench/decode_frames.hpp"

#include <cstdint>
#include <random>
#include <string>

#include "feeds/adapter.hpp"

namespace contagiond::bench {
namespace {

/// Texts as a market makes them. A generator of the standard has the same numbers everywhere; its
/// distributions have not.
class Market {
  public:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

    /// So many digits, the first no zero, the last neither.
    std::string digits(std::size_t count) {
        std::string text(1, static_cast<char>('1' + below(9)));
        while (text.size() < count) text += static_cast<char>('0' + below(10));
        if (text.back() == '0') text.back() = '5';
        return text;
    }
    std::string price(std::size_t whole, std::size_t below_point) {
        return digits(whole) + "." + digits(below_point);
    }
    std::string size() { return (below(2) == 0 ? "0." : "1.") + digits(3 + below(5)); }
    /// Within a day.
    std::string ms() { return "17379" + std::to_string(10'000'000 + below(86'000'000)); }
    std::string two(std::uint64_t limit) {
        const std::string text = std::to_string(below(limit));
        return text.size() < 2 ? "0" + text : text;
    }
    /// Within the minute, mostly: frames come as time goes.
    std::string iso(std::size_t fraction) {
        if (below(200) == 0) ++minute_;
        const std::string minute = std::to_string(10 + minute_ % 50);
        return "2025-01-27T14:" + minute + ":" + two(60) + "." + digits(fraction) + "Z";
    }
    template <std::size_t Count>
    std::string one_of(const char* const (&words)[Count]) {
        return words[below(Count)];
    }

  private:
    std::mt19937_64 random_{20'250'127};
    std::uint64_t minute_ = 0;
};

std::string binance(Market& m) {
    constexpr const char* pairs[][2] = {{"btcusdt", "BTCUSDT"}, {"ethusdt", "ETHUSDT"}};
    const auto& pair = pairs[m.below(2)];
    const std::string lower = pair[0];
    const std::string upper = pair[1];
    if (m.below(3) == 0)
        return R"({"stream":")" + lower + R"(@trade","data":{"e":"trade","E":)" + m.ms() +
               R"(,"s":")" + upper + R"(","t":)" + m.digits(10) + R"(,"p":")" + m.price(5, 8) +
               R"(","q":"0.)" + m.digits(8) + R"(","T":)" + m.ms() + R"(,"m":)" +
               (m.below(2) == 0 ? "true" : "false") + R"(,"M":true}})";
    return R"({"stream":")" + lower + R"(@bookTicker","data":{"u":)" + m.digits(11) + R"(,"s":")" +
           upper + R"(","b":")" + m.price(5, 8) + R"(","B":")" + m.price(1, 8) + R"(","a":")" +
           m.price(5, 8) + R"(","A":")" + m.price(1, 8) + R"("}})";
}

std::string coinbase(Market& m) {
    const std::string product = m.one_of({"BTC-USD", "ETH-USD", "SOL-USD"});
    if (m.below(2) == 0)
        return R"({"type":"match","trade_id":)" + m.digits(10) +
               R"(,"maker_order_id":"ac928c66-ca53-498f-9c13-a110027a)" + m.digits(4) +
               R"(","taker_order_id":"132fb6ae-456b-4654-b4e0-d681ac05)" + m.digits(4) +
               R"(","side":")" + m.one_of({"buy", "sell"}) + R"(","size":")" + m.size() +
               R"(","price":")" + m.price(5, 2) + R"(","product_id":")" + product +
               R"(","sequence":)" + m.digits(12) + R"(,"time":")" + m.iso(6) + R"("})";
    return R"({"type":"ticker","sequence":)" + m.digits(12) + R"(,"product_id":")" + product +
           R"(","price":")" + m.price(5, 2) + R"(","open_24h":")" + m.price(5, 2) +
           R"(","volume_24h":")" + m.price(4, 8) + R"(","low_24h":")" + m.price(5, 2) +
           R"(","high_24h":")" + m.price(5, 2) + R"(","volume_30d":")" + m.price(6, 8) +
           R"(","best_bid":")" + m.price(5, 2) + R"(","best_bid_size":")" + m.size() +
           R"(","best_ask":")" + m.price(5, 2) + R"(","best_ask_size":")" + m.size() +
           R"(","side":")" + m.one_of({"buy", "sell"}) + R"(","time":")" + m.iso(6) +
           R"(","trade_id":)" + m.digits(10) + R"(,"last_size":")" + m.size() + R"("})";
}

std::string kraken(Market& m) {
    const std::string symbol = m.one_of({"BTC/USD", "ETH/USD", "SOL/USD"});
    if (m.below(2) == 0)
        return R"({"channel":"trade","type":"update","data":[{"symbol":")" + symbol +
               R"(","side":")" + m.one_of({"buy", "sell"}) + R"(","price":)" + m.price(5, 1) +
               R"(,"qty":0.)" + m.digits(8) + R"(,"ord_type":")" + m.one_of({"limit", "market"}) +
               R"(","trade_id":)" + m.digits(9) + R"(,"timestamp":")" + m.iso(6) + R"("}]})";
    return R"({"channel":"ticker","type":"update","data":[{"symbol":")" + symbol + R"(","bid":)" +
           m.price(5, 1) + R"(,"bid_qty":)" + m.price(1, 8) + R"(,"ask":)" + m.price(5, 1) +
           R"(,"ask_qty":)" + m.price(1, 8) + R"(,"last":)" + m.price(5, 1) + R"(,"volume":)" +
           m.price(4, 8) + R"(,"vwap":)" + m.price(5, 1) + R"(,"low":)" + m.price(5, 1) +
           R"(,"high":)" + m.price(5, 1) + R"(,"change":-)" + m.price(3, 1) +
           R"(,"change_pct":-0.)" + m.digits(2) + R"(,"timestamp":")" + m.iso(6) + R"("}]})";
}

std::string okx(Market& m) {
    const std::string symbol = m.one_of({"BTC-USDT", "ETH-USDT", "SOL-USDT-SWAP"});
    if (m.below(2) == 0)
        return R"({"arg":{"channel":"trades","instId":")" + symbol + R"("},"data":[{"instId":")" +
               symbol + R"(","tradeId":")" + m.digits(9) + R"(","px":")" + m.price(5, 1) +
               R"(","sz":")" + m.size() + R"(","side":")" + m.one_of({"buy", "sell"}) +
               R"(","ts":")" + m.ms() + R"(","count":"1"}]})";
    const auto level = [&m] {
        return R"([[")" + m.price(5, 1) + R"(",")" + m.size() + R"(","0",")" +
               std::to_string(1 + m.below(30)) + R"("]])";
    };
    const std::string asks = level();
    return R"({"arg":{"channel":"bbo-tbt","instId":")" + symbol + R"("},"data":[{"asks":)" + asks +
           R"(,"bids":)" + level() + R"(,"ts":")" + m.ms() + R"(","seqId":)" + m.digits(10) + "}]}";
}

std::string bybit(Market& m) {
    const std::string symbol = m.one_of({"BTCUSDT", "ETHUSDT", "NVDAXUSDT"});
    const std::string head = symbol + R"(","ts":)" + m.ms() + R"(,"type":"snapshot","data":)";
    if (m.below(2) == 0)
        return R"({"topic":"publicTrade.)" + head + R"([{"i":"2)" + m.digits(18) + R"(","T":)" +
               m.ms() + R"(,"p":")" + m.price(5, 1) + R"(","v":")" + m.size() + R"(","S":")" +
               m.one_of({"Buy", "Sell"}) + R"(","seq":)" + m.digits(10) + R"(,"s":")" + symbol +
               R"(","BT":false,"RPI":false}]})";
    return R"({"topic":"orderbook.1.)" + head + R"({"s":")" + symbol + R"(","b":[[")" +
           m.price(5, 1) + R"(",")" + m.size() + R"("]],"a":[[")" + m.price(5, 1) + R"(",")" +
           m.size() + R"("]],"u":)" + m.digits(7) + R"(,"seq":)" + m.digits(10) + R"(},"cts":)" +
           m.ms() + "}";
}

std::string alpaca(Market& m) {
    const std::string symbol = m.one_of({"NVDA", "AMD", "AVGO", "TSM"});
    const std::string end = R"(,"t":")" + m.iso(9) + R"(","c":[)" +
                            m.one_of({R"("@")", R"("@","I")", R"("R")"}) + R"(],"z":")" +
                            m.one_of({"A", "C"}) + R"("})";
    if (m.below(2) == 0)
        return R"([{"T":"t","i":)" + m.digits(5) + R"(,"S":")" + symbol + R"(","x":"V","p":)" +
               m.price(3, 2) + R"(,"s":)" + m.digits(3) + end + "]";
    return R"([{"T":"q","S":")" + symbol + R"(","bx":"U","bp":)" + m.price(3, 2) + R"(,"bs":)" +
           m.digits(1) + R"(,"ax":"X","ap":)" + m.price(3, 2) + R"(,"as":)" + m.digits(1) + end +
           "]";
}

std::string frame_of(BenchVenue venue, Market& market) {
    switch (venue) {
        case BenchVenue::alpaca:
            return alpaca(market);
        case BenchVenue::binance:
            return binance(market);
        case BenchVenue::bybit:
            return bybit(market);
        case BenchVenue::coinbase:
            return coinbase(market);
        case BenchVenue::kraken:
            return kraken(market);
        case BenchVenue::okx:
            return okx(market);
    }
    return {};
}

}  // namespace

BenchFrames make_frames(const std::vector<BenchVenue>& venues, std::size_t count) {
    Market market;
    BenchFrames made;
    std::vector<std::size_t> ends;
    for (std::size_t n = 0; n < count; ++n) {
        const BenchVenue venue = venues[market.below(venues.size())];
        const std::string text = frame_of(venue, market);
        made.block.insert(made.block.end(), text.begin(), text.end());
        made.frames.push_back({venue, {}});
        ends.push_back(made.block.size());
    }
    made.block.resize(made.block.size() + feeds::frame_padding);
    std::size_t begin = 0;
    for (std::size_t n = 0; n < count; ++n) {
        made.frames[n].text = {made.block.data() + begin, ends[n] - begin};
        begin = ends[n];
    }
    return made;
}

}  // namespace contagiond::bench
