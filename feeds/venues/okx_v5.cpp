// OKX v5. Documentation: OKX API v5, WebSocket, public channels.
//
//   {"arg":{"channel":"trades","instId":"BTC-USD"},"data":[{"instId":"BTC-USD",
//    "tradeId":"130639474","px":"42219.9","sz":"0.12060306","side":"buy","ts":"1630048897897",
//    "count":"3"}]}
//   {"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["8476.98","415","0","13"]],
//    "bids":[["8476.97","256","0","12"]],"ts":"1597026383085","seqId":123456}]}
//   {"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT",
//    "askPx":"9999.99","askSz":"11","bidPx":"","bidSz":"",..,"ts":"1597026383085"}]}
//   {"event":"subscribe","arg":{..},"connId":"a4d3ae55"}                                   pong
//   {"event":"error","code":"60018","msg":"..",..}       {"event":"notice","code":"64008",..}
//
// Odd: the client pings with the text `ping` and is answered with the text `pong`, which is no
// JSON; 30 s of silence end a connection. On subscribing the last trade comes, were it an hour old,
// in the form of a new one: only its time tells. `trades` tells the fills of one order at one price
// as one trade, with the id of the last, so ids jump by `count`; `trades-all` tells each, and at
// another address. A best quote names its instrument in `arg` alone. Sizes of derivatives are
// contracts. Code 64008 announces that the connection will be closed for an upgrade.
#include "feeds/batch.hpp"
#include "feeds/message_decoder.hpp"
#include "feeds/request_frames.hpp"
#include "feeds/shapes/known_shapes.hpp"
#include "feeds/shapes/shaped_decoder.hpp"

namespace contagiond::feeds {
namespace {

struct Element {
    JsonText side, time;
    MarketFields market;
};

struct Message {
    JsonText channel, instrument, event, code, text;

    bool is_trade() const { return channel.is_string("trades") || channel.is_string("trades-all"); }
    bool is_quote() const { return channel.is_string("bbo-tbt") || channel.is_string("tickers"); }
};

JsonText* field_of(Element& e, std::string_view key) {
    switch (key.size()) {
        case 2:
            if (key == "ts") return &e.time;
            if (key == "px") return &e.market.price;
            return key == "sz" ? &e.market.size : nullptr;
        case 5:
            if (key == "bidPx") return &e.market.bid;
            if (key == "bidSz") return &e.market.bid_size;
            if (key == "askPx") return &e.market.ask;
            return key == "askSz" ? &e.market.ask_size : nullptr;
        case 6:
            return key == "instId" ? &e.market.symbol : nullptr;
        case 7:
            return key == "tradeId" ? &e.market.trade_id : nullptr;
        default:
            return key == "side" ? &e.side : nullptr;
    }
}

class OkxDecoder final : public MessageDecoder<OkxDecoder> {
  public:
    void decode(std::string_view frame, core::TimeNs ts_receive, Decoded& out) override {
        if (frame != "pong") return MessageDecoder::decode(frame, ts_receive, out);
        out.clear();
        out.controls.push_back({ControlKind::heartbeat, {}});
    }
    Walk read(Decoded& out) {
        Message m;
        batch_.clear();
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "arg" && field.type == JsonType::object) {
                return nested(reader_.walk([&m](std::string_view k, const JsonText& f) {
                    if (k == "channel") m.channel = f;
                    if (k == "instId") m.instrument = f;
                    return Walk::on;
                }));
            }
            if (key == "event") m.event = field;
            if (key == "code") m.code = field;
            if (key == "msg") m.text = field;
            return key == "data" ? read_data(m, field) : Walk::on;
        });
        if (answer == Walk::stop) ++out.ignored;
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    Walk read_data(const Message& m, const JsonText& field) {
        // Books and the like, by far the most; `arg` stands before its data.
        if (m.channel.type == JsonType::string && !m.is_trade() && !m.is_quote()) return Walk::stop;
        return batch_.add(
            reader_, field, [this](Element& e, std::string_view k, const JsonText& f) {
                if (f.type == JsonType::array && k == "bids")
                    return nested(read_best_level(reader_, e.market.bid, e.market.bid_size));
                if (f.type == JsonType::array && k == "asks")
                    return nested(read_best_level(reader_, e.market.ask, e.market.ask_size));
                if (JsonText* const part = field_of(e, k)) *part = f;
                return Walk::on;
            });
    }

    void emit(const Message& m, Decoded& out) {
        if (m.event.is_string("subscribe")) {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else if (m.event.is_string("error")) {
            // Malformed, not logged in, no such channel or instrument, plan too small.
            errors_.add(mentions(m.code, {"60011", "60012", "60018", "60029", "60030"}), m.text,
                        m.code, out);
        } else if (m.event.is_string("notice") && m.code.text == "64008") {
            out.controls.push_back({ControlKind::shutdown_notice, m.text.text});
        } else if (m.event.missing() && (m.is_trade() || m.is_quote())) {
            emit_rows(m, out);
        } else {
            ++out.ignored;
        }
    }

    void emit_rows(const Message& m, Decoded& out) {
        batch_.emit(out, [&](Element& e) {
            if (e.market.symbol.missing()) e.market.symbol = m.instrument;
            Row row;
            row.channel = m.channel.text;
            if (m.is_trade()) row.side = side_of(e.side, "buy", "sell");
            DecodeError error =
                m.is_trade() ? take_trade(e.market, row) : take_quote(e.market, row);
            keep_at(core::ns_per_ms, e.time, row, error, out);
        });
    }

    Batch<Element> batch_;
};

std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    constexpr std::size_t streams_per_frame = 100;
    const std::vector<std::string> streams = frame_a_stream(
        wanted, R"({"channel":"trades","instId":)", R"({"channel":"bbo-tbt","instId":)", "}");
    std::vector<std::string> frames;
    for (const std::string& list : comma_lists(streams, streams_per_frame))
        frames.push_back(R"({"op":"subscribe","args":[)" + list + "]}");
    return frames;
}

// Perpetuals on shares (AAPL-USDT-SWAP) are spelled as coins are.
constexpr SymbolRule symbols[] = {
    {"{BASE}-{QUOTE}-PERP", "{BASE}-{QUOTE}-SWAP", "USDT"},
    {"{COIN}-{QUOTE}-PERP", "{COIN}-{QUOTE}-SWAP", "USDC USD"},
    {"{BASE}-{QUOTE}-{YYYYMMDD}", "{BASE}-{QUOTE}-{YYMMDD}", "USD USDT USDC"},
    {"{BASE}-{QUOTE}-{YYYYMMDD}-{STRIKE}-{RIGHT}", "{BASE}-{QUOTE}-{YYMMDD}-{STRIKE}-{RIGHT}",
     "USD"},
    {"{BASE}-{QUOTE}", "{BASE}-{QUOTE}", "USDT USDC USD EUR BTC ETH"},
};

}  // namespace

Venue okx_v5() {
    Venue venue;
    venue.id = "okx_v5";
    venue.name = "OKX";
    venue.documentation = "https://www.okx.com/docs-v5/en/#overview-websocket";
    venue.default_url = "wss://ws.okx.com:8443/ws/v5/public";
    venue.default_channels = "trades, bbo-tbt";
    venue.rules.second_connection = true;
    venue.rules.text_ping_interval = 20 * core::ns_per_s;
    // 64 KB of topics, as far as is known: more than this of the longest.
    venue.rules.max_streams = 900;
    venue.rules.send_spacing = 100 * core::ns_per_ms;
    venue.rules.refuses_alone = true;
    venue.rules.resends_last_trade = true;
    venue.make_decoder = [] { return with_shapes<read_okx_shape>(std::make_unique<OkxDecoder>()); };
    venue.subscribe = subscribe;
    venue.text_ping = [](core::TimeNs) { return std::string("ping"); };
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
