// Gemini, the WebSocket of 2025 and later (v3). Documentation: Gemini WebSocket streams.
//
//   {"E":1783981140085684200,"s":"btcrlusd","t":2840141014190422,"p":"62145.38000",
//    "q":"0.0162522200","m":true}
//   {"u":1764549594389752,"E":1783981140076872200,"s":"xrpgusd","b":"1.0614900",
//    "B":"958.69148000","a":"1.0615000","A":"38.39060000","c":"1.0612500","C":"4.71027100"}
//   {"e":"depthUpdate","E":..,"s":"linkrlusd","U":1764549594426242,"u":1764549594426275,"b":[],
//    "a":[["7.8537500","0.00000000"]]}
//   {"id":"1","status":200}    {"id":"time","status":200,"result":{"serverTime":1790732602153}}
//   {"id":"1","status":400,"error":{"code":-1013,"msg":".."}}
//
// Odd: it looks like Binance, but `E` counts nanoseconds (more digits than a double holds), and
// neither trade nor best quote says what it is: they are known by shape. `m` tells that the buyer
// was the maker, so true is a sell. `c` and `C` are the last trade's, and a side may be "". Trade
// ids skip. Symbols are lower case everywhere. Data may come before the reply.
#include "feeds/message_decoder.hpp"

namespace contagiond::feeds {
namespace {

constexpr core::DurationNs nanosecond = 1;

struct Message {
    JsonText event, time, buyer_is_maker, update_id;
    MarketFields market;
    JsonText status, error, code, text;
};

JsonText* field_of(Message& m, std::string_view key) {
    if (key == "E") return &m.time;
    if (key == "s") return &m.market.symbol;
    if (key == "u") return &m.update_id;
    if (key == "b") return &m.market.bid;
    if (key == "B") return &m.market.bid_size;
    if (key == "a") return &m.market.ask;
    if (key == "A") return &m.market.ask_size;
    if (key == "t") return &m.market.trade_id;
    if (key == "p") return &m.market.price;
    if (key == "q") return &m.market.size;
    if (key == "m") return &m.buyer_is_maker;
    if (key == "e") return &m.event;
    return key == "status" ? &m.status : nullptr;
}

class GeminiV3Decoder final : public MessageDecoder<GeminiV3Decoder> {
  public:
    Walk read(Decoded& out) {
        Message m;
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "error") m.error = field;
            if (key == "error") return read_error(reader_, field, m.text, m.code);
            if (JsonText* const wanted = field_of(m, key)) *wanted = field;
            return m.event.is_string("depthUpdate") ? Walk::stop : Walk::on;
        });
        if (answer == Walk::stop) ++out.ignored;
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    static bool is_trade(const Message& m) {
        if (m.event.type != JsonType::absent) return m.event.is_string("trade");
        return m.market.trade_id.type != JsonType::absent &&
               (m.market.price.type != JsonType::absent || m.market.size.type != JsonType::absent);
    }

    static bool is_book_ticker(const Message& m) {
        if (m.event.type != JsonType::absent) return m.event.is_string("bookTicker");
        const auto side = [](const JsonText& f) {
            return f.type != JsonType::absent && !f.is_nested();
        };
        return m.update_id.type == JsonType::number && (side(m.market.bid) || side(m.market.ask));
    }

    void emit(Message& m, Decoded& out) {
        if (!m.error.missing() || !m.status.missing()) {
            emit_reply(m, out);
        } else if (is_trade(m)) {
            Row row;
            row.channel = "trade";
            DecodeError error = take_trade(m.market, row);
            if (error == DecodeError::none && !m.buyer_is_maker.missing()) {
                if (m.buyer_is_maker.type != JsonType::boolean) error = DecodeError::wrong_type;
                row.side = m.buyer_is_maker.text == "true" ? Side::sell : Side::buy;
            }
            keep_at(nanosecond, m.time, row, error, out);
        } else if (is_book_ticker(m)) {
            Row row;
            row.channel = "bookTicker";
            keep_at(nanosecond, m.time, row, take_quote(m.market, row), out);
        } else {
            ++out.ignored;
        }
    }

    /// The status is that of HTTP.
    void emit_reply(const Message& m, Decoded& out) {
        const std::string_view status = m.status.text;
        if (m.error.missing() && status.starts_with('2')) {
            out.controls.push_back({ControlKind::subscribed, {}});
            return;
        }
        // Asking wrongly stays wrong; asking too much, or finding it in trouble, does not.
        const bool lasts = status.starts_with('4') && !is_one_of(m.status, {"408", "429"});
        errors_.add(lasts, m.text, m.code.missing() ? m.status : m.code, out);
    }
};

std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    std::vector<std::string> streams;
    for (const Subscription& s : wanted) {
        if (s.trades) streams.push_back(s.symbol + "@trade");
        if (s.quotes) streams.push_back(s.symbol + "@bookTicker");
    }
    return list_frames(streams, 100, R"({"id":"1","method":"SUBSCRIBE","params":[)", "]}");
}

constexpr SymbolRule symbols[] = {
    {"{COIN}-{QUOTE}-PERP", "{coin}{quote}perp", "GUSD"},
    {"{BASE}-{QUOTE}", "{base}{quote}", "USD GUSD RLUSD USDT USDC EUR GBP BTC ETH"},
};

}  // namespace

Venue gemini_v3() {
    Venue venue;
    venue.id = "gemini_v3";
    venue.name = "Gemini";
    venue.documentation = "https://developer.gemini.com/websocket/introduction";
    venue.default_url = "wss://ws.gemini.com";
    venue.default_channels = "trade, bookTicker";
    // No limit is published; no need to find it.
    venue.rules.send_spacing = 100 * core::ns_per_ms;
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new GeminiV3Decoder); };
    venue.subscribe_word = R"("SUBSCRIBE")";
    venue.unsubscribe_word = R"("UNSUBSCRIBE")";
    venue.subscribe = subscribe;
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
