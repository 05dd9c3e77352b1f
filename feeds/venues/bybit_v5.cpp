// Bybit v5. Documentation: Bybit V5 API, WebSocket public channels.
//
//   {"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1758841135824,"data":[
//    {"T":1758841135823,"s":"BTCUSDT","S":"Buy","v":"0.020","p":"109378.90","L":"ZeroPlusTick",
//     "i":"2a74ac78-691c-5b54-9dbe-5aafe8364627","BT":false,"RPI":false,"seq":457514743450}]}
//   {"topic":"orderbook.1.BTCUSDT","ts":1789299655643,"type":"snapshot","data":{"s":"BTCUSDT",
//    "b":[["77140.5","0.216593"]],"a":[],"u":1980705,"seq":2189232157},"cts":1789299655598}
//   {"success":true,"ret_msg":"subscribe","conn_id":"d967..","req_id":"sub1","op":"subscribe"}
//   {"success":false,"ret_msg":"Invalid topic: invalid.topic.BTCUSDT",..,"op":"subscribe"}
//   {"success":true,"ret_msg":"pong",..,"op":"ping"}         {"args":["1672916271846"],"op":"pong"}
//
// Odd: the type of a trade message is always "snapshot" and means nothing; no history is sent. Ids
// are UUIDs on derivatives and numbers with holes on spot, so gaps cannot be seen. A block trade
// (BT) was agreed upon away from the book, and a trade against a retail price improvement order
// (RPI) met what the book does not show. Of a quote, `ts` is when it was told and `cts` when it was
// matched: they stand apart in time and in the message. After 3 s without a change the quote is
// told again with the same `u`: its values are current, so it is a row. Only snapshots come at
// depth 1, with none or one level a side; a "delta" would not hold the whole top and is passed
// over. Spot has no best quote in `tickers`. The kind of market is in the address: spot, linear,
// inverse or option.
#include "feeds/batch.hpp"
#include "feeds/message_decoder.hpp"
#include "feeds/shapes/known_shapes.hpp"
#include "feeds/shapes/shaped_decoder.hpp"

namespace contagiond::feeds {
namespace {

struct Element {
    JsonText side, time, block, rpi;
    MarketFields market;
};

struct Message {
    JsonText topic, type, time_sent, time_matched;
    JsonText op, success, text;

    bool is_trade() const { return topic.text.starts_with("publicTrade."); }
    bool is_quote() const { return topic.text.starts_with("orderbook.1."); }
};

JsonText* field_of(Message& m, std::string_view key) {
    if (key == "topic") return &m.topic;
    if (key == "type") return &m.type;
    if (key == "ts") return &m.time_sent;
    if (key == "cts") return &m.time_matched;
    if (key == "op") return &m.op;
    if (key == "success") return &m.success;
    return key == "ret_msg" ? &m.text : nullptr;
}

JsonText* field_of(Element& e, std::string_view key) {
    if (key.size() == 1) {
        switch (key[0]) {
            case 's':
                return &e.market.symbol;
            case 'T':
                return &e.time;
            case 'S':
                return &e.side;
            case 'v':
                return &e.market.size;
            case 'p':
                return &e.market.price;
            case 'i':
                return &e.market.trade_id;
            default:
                return nullptr;
        }
    }
    if (key == "BT") return &e.block;
    return key == "RPI" ? &e.rpi : nullptr;
}

class BybitDecoder final : public MessageDecoder<BybitDecoder> {
  public:
    Walk read(Decoded& out) {
        Message m;
        batch_.clear();
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (JsonText* const wanted = field_of(m, key)) *wanted = field;
            return key == "data" ? read_data(m, field) : Walk::on;
        });
        if (answer == Walk::stop) ++out.ignored;
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    Walk read_data(const Message& m, const JsonText& data) {
        // Deeper books and the like, by far the most; the topic stands before its data.
        if (m.topic.type == JsonType::string && !m.is_trade() && !m.is_quote()) return Walk::stop;
        return batch_.add(reader_, data, [this](Element& e, std::string_view k, const JsonText& f) {
            if (f.type == JsonType::array && k == "b")
                return nested(read_best_level(reader_, e.market.bid, e.market.bid_size));
            if (f.type == JsonType::array && k == "a")
                return nested(read_best_level(reader_, e.market.ask, e.market.ask_size));
            if (JsonText* const part = field_of(e, k)) *part = f;
            return Walk::on;
        });
    }

    void emit(const Message& m, Decoded& out) {
        if (m.is_trade()) {
            batch_.emit(out, [&out](const Element& e) { emit_trade(e, out); });
        } else if (m.is_quote() && !m.type.is_string("delta")) {
            batch_.emit(out, [&](const Element& e) { emit_quote(m, e, out); });
        } else if (m.op.is_string("pong") || m.text.is_string("pong")) {
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else if (m.success.text == "false") {
            errors_.add(mentions(m.text, {"nvalid", "not found", "ot exist", "not support"}),
                        m.text, {}, out);
        } else if (m.op.is_string("subscribe") && m.success.text == "true") {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else {
            ++out.ignored;
        }
    }

    static void emit_trade(const Element& e, Decoded& out) {
        Row row;
        row.channel = "publicTrade";
        row.side = side_of(e.side, "Buy", "Sell");
        if (e.block.text == "true") row.flags |= row_block;
        if (e.rpi.text == "true") row.flags |= row_rpi;
        const DecodeError error = take_trade(e.market, row);
        keep_at(core::ns_per_ms, e.time, row, error, out);
    }

    static void emit_quote(const Message& m, const Element& e, Decoded& out) {
        Row row;
        row.channel = "orderbook.1";
        DecodeError error = take_quote(e.market, row);
        const JsonText& time = m.time_matched.missing() ? m.time_sent : m.time_matched;
        keep_at(core::ns_per_ms, time, row, error, out);
    }

    Batch<Element> batch_;
};

std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    std::vector<std::string> topics;
    for (const Subscription& s : wanted) {
        if (s.trades) topics.push_back("publicTrade." + s.symbol);
        if (s.quotes) topics.push_back("orderbook.1." + s.symbol);
    }
    constexpr std::size_t topics_per_frame = 10;  // more are refused on spot
    return list_frames(topics, topics_per_frame, R"({"op":"subscribe","args":[)", "]}");
}

// One text is spot at one address and a perpetual at another. Tokens on shares (xStocks) end in X,
// as some coins do, so they are named one by one; perpetuals on shares are spelled as coins are.
// A token is worth xstockMultiplier shares: 1 but after corporate actions, and told with the
// instruments over HTTPS, not in any message here. It is not read: levels of a token may be off the
// share's by it, moves are not, but for the one at which it changes.
constexpr SymbolRule symbols[] = {
    {"{BASE}x-{QUOTE}", "{BASE}X{QUOTE}", "USDT", "/spot", xstocks},
    {"{BASE}-{QUOTE}", "{BASE}{QUOTE}", "USDT USDC EUR BTC ETH", "/spot"},
    {"{BASE}-{QUOTE}-PERP", "{BASE}{QUOTE}", "USDT", "/linear"},
    {"{COIN}-{QUOTE}-PERP", "{COIN}{QUOTE}", "USD", "/inverse"},
};

}  // namespace

Venue bybit_v5() {
    Venue venue;
    venue.id = "bybit_v5";
    venue.name = "Bybit";
    venue.documentation = "https://bybit-exchange.github.io/docs/v5/ws/connect";
    venue.default_url = "wss://stream.bybit.com/v5/public/spot";
    venue.default_channels = "publicTrade, orderbook.1";
    venue.rules.text_ping_interval = 20 * core::ns_per_s;
    // 21,000 characters of topics are allowed: more than this of the longest.
    venue.rules.max_streams = 600;
    venue.rules.connects_per_minute = 100;  // 500 in five minutes
    venue.rules.send_spacing = 100 * core::ns_per_ms;
    venue.make_decoder = [] {
        return with_shapes<read_bybit_shape>(std::make_unique<BybitDecoder>());
    };
    venue.subscribe = subscribe;
    venue.text_ping = [](core::TimeNs) { return std::string(R"({"op":"ping"})"); };
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
