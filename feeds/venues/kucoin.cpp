// KuCoin spot. Documentation: KuCoin classic WebSocket API, public channels.
//
//   {"id":"hQvf8jkno","type":"welcome"}    {"id":"1","type":"ack"}    {"id":"2","type":"pong"}
//   {"data":{"symbol":"WEST-USDT","sequence":"1612698595301","side":"sell","size":"50",
//    "price":"0.35209","takerOrderId":"..","time":"1619136128154095928","type":"match",
//    "makerOrderId":"..","tradeId":"60820e807857784acade95a7"},"subject":"trade.l3match",
//    "topic":"/market/match:WEST-USDT","type":"message"}
//   {"data":{"sequence":"1612698595285","bestAsk":"0.3532","size":"4","bestBidSize":"2323.3213",
//    "price":"0.35209","time":1619136125930,"bestAskSize":"1.56988925","bestBid":"0.35209"},
//    "subject":"trade.ticker","topic":"/market/ticker:WEST-USDT","type":"message"}
//   {"type":"error","code":404,"data":"topic /market/match:NOPE-USDT is not found"}
//
// Odd: the address comes from an HTTP request and holds a token (kucoin_bootstrap.hpp). Data stand
// before the topic that says what they are. A trade's time is text, nanoseconds; a ticker's is a
// number, milliseconds, and its size is the last trade's. A ticker names its symbol in the topic
// alone, and where the topic is "all", in the subject. `side` is the taker's. Trade ids are no
// numbers, and `sequence` is shared with the book, so gaps cannot be seen.
#include "feeds/kucoin_bootstrap.hpp"
#include "feeds/message_decoder.hpp"
#include "feeds/request_frames.hpp"

namespace contagiond::feeds {
namespace {

constexpr std::string_view match_topic = "/market/match:";
constexpr std::string_view ticker_topic = "/market/ticker:";

struct Message {
    JsonText type, topic, subject, data, code, time, side;
    MarketFields market;
};

JsonText* field_of(Message& m, std::string_view key) {
    if (key == "symbol") return &m.market.symbol;
    if (key == "price") return &m.market.price;
    if (key == "size") return &m.market.size;
    if (key == "side") return &m.side;
    if (key == "time") return &m.time;
    if (key == "tradeId") return &m.market.trade_id;
    if (key == "bestBid") return &m.market.bid;
    if (key == "bestBidSize") return &m.market.bid_size;
    if (key == "bestAsk") return &m.market.ask;
    return key == "bestAskSize" ? &m.market.ask_size : nullptr;
}

class KucoinDecoder final : public MessageDecoder<KucoinDecoder> {
  public:
    Walk read(Decoded& out) {
        Message m;
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "type") m.type = field;
            if (key == "topic") m.topic = field;
            if (key == "subject") m.subject = field;
            if (key == "code") m.code = field;
            if (key != "data") return Walk::on;
            m.data = field;
            if (field.type != JsonType::object) return Walk::on;
            return nested(reader_.walk(
                [&m](std::string_view k, const JsonText& f) { return put<field_of>(m, k, f); }));
        });
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    void emit(Message& m, Decoded& out) {
        if (m.type.is_string("message")) {
            emit_data(m, out);
        } else if (m.type.is_string("welcome")) {
            out.controls.push_back({ControlKind::greeting, {}});
        } else if (m.type.is_string("ack")) {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else if (m.type.is_string("pong")) {
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else if (m.type.is_string("error")) {
            // No such topic, too many of them, a wrong request. A stale token (401) is renewed by
            // connecting anew, and asking too often (509) passes.
            errors_.add(is_one_of(m.code, {"400", "403", "404", "406", "415"}), m.data, m.code,
                        out);
        } else {
            ++out.ignored;
        }
    }

    static void emit_data(Message& m, Decoded& out) {
        const bool trade = m.topic.text.starts_with(match_topic);
        if (!trade && !m.topic.text.starts_with(ticker_topic)) {
            ++out.ignored;
            return;
        }
        if (m.data.type != JsonType::object)
            return reject(out,
                          m.data.missing() ? DecodeError::missing_field : DecodeError::wrong_type);
        Row row;
        row.channel = trade ? "match" : "ticker";
        if (trade) {
            row.side = side_of(m.side, "buy", "sell");
            return keep_at(1, m.time, row, take_trade(m.market, row), out);
        }
        m.market.symbol = m.topic;
        m.market.symbol.text.remove_prefix(ticker_topic.size());
        if (m.market.symbol.text == "all") m.market.symbol = m.subject;
        keep_at(core::ns_per_ms, m.time, row, take_quote(m.market, row), out);
    }
};

std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    constexpr std::size_t symbols_per_frame = 100;
    std::vector<std::string> frames;
    const auto ask = [&](bool Subscription::*stream, std::string_view topic) {
        for (const std::string& list : comma_lists(symbols_of(wanted, stream), symbols_per_frame))
            frames.push_back(R"({"id":")" + std::to_string(frames.size() + 1) +
                             R"(","type":"subscribe","privateChannel":false,"response":true,)" +
                             R"("topic":)" + json_string(std::string(topic) + list) + "}");
    };
    ask(&Subscription::trades, match_topic);
    ask(&Subscription::quotes, ticker_topic);
    return frames;
}

// UST is TerraUSD here.
constexpr SymbolRule symbols[] = {
    {"{BASE}-{QUOTE}", "{BASE}-{QUOTE}", "USDT USDC BTC ETH KCS UST"},
};

}  // namespace

Venue kucoin() {
    Venue venue;
    venue.id = "kucoin";
    venue.name = "KuCoin";
    venue.documentation = "https://www.kucoin.com/docs/websocket/introduction";
    venue.default_url = "wss://ws-api-spot.kucoin.com/";
    venue.default_channels = "match, ticker";
    venue.rules.greets = true;
    // It wants its own ping every 18 s or so, and answers it.
    venue.rules.ping_interval = 0;
    venue.rules.text_ping_interval = 5 * core::ns_per_s;
    // Some say 400.
    venue.rules.max_streams = 300;
    venue.rules.connects_per_minute = 30;
    // A hundred messages in ten seconds are allowed.
    venue.rules.send_spacing = 120 * core::ns_per_ms;
    // A request for several symbols fails with one of them, and its words may quote all.
    venue.rules.answers_in_turn = true;
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new KucoinDecoder); };
    venue.subscribe = subscribe;
    venue.text_ping = [](core::TimeNs now) {
        return R"({"id":")" + std::to_string(now / core::ns_per_ms) + R"(","type":"ping"})";
    };
    venue.bootstrap = {"https://api.kucoin.com/api/v1/bullet-public", read_kucoin_bootstrap};
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
