// Coinbase Exchange. Documentation: Coinbase Exchange WebSocket channels.
//
//   {"type":"match","trade_id":1100243521,"maker_order_id":"..","taker_order_id":"..","side":"buy",
//    "size":"0.00000004","price":"83432.17","product_id":"BTC-USD","sequence":136999334655,
//    "time":"2026-09-30T02:03:22.285778Z"}
//   {"type":"ticker","product_id":"BTC-USD","price":"84737.58","best_bid":"84737.58",
//    "best_bid_size":"0.19921154","best_ask":"84737.59","best_ask_size":"0.05223077",
//    "side":"sell","time":"2026-10-03T20:58:31.127510Z",...}
//   {"type":"heartbeat","last_trade_id":20,"product_id":"BTC-USD","sequence":90,"time":".."}
//   {"type":"subscriptions","channels":[..]}    {"type":"error","message":"..","reason":".."}
//
// Odd: `side` of a match is the maker's: "sell" means that somebody bought. `last_match` comes once
// a product right after subscribing and is history. A ticker is sent with each match, so a quote
// changes only when something trades; tickers of old have no sizes, and one of a product that never
// traded may have no time, or the year 1. `sequence` is shared with channels we do not take: jumps
// in it mean nothing. Who has not subscribed within 5 s is cut; the heartbeat channel (once a
// second) tells a quiet market from a dead connection.
#include "feeds/message_decoder.hpp"
#include "feeds/request_frames.hpp"
#include "feeds/shapes/known_shapes.hpp"
#include "feeds/shapes/shaped_decoder.hpp"

namespace contagiond::feeds {
namespace {

struct Message {
    JsonText type, time, side;
    MarketFields market;
    JsonText message, reason;
};

/// By length first: most keys are none of ours, and lengths tell most of them apart.
JsonText* field_of(Message& m, std::string_view key) {
    switch (key.size()) {
        case 4:
            if (key == "type") return &m.type;
            if (key == "time") return &m.time;
            if (key == "side") return &m.side;
            return key == "size" ? &m.market.size : nullptr;
        case 5:
            return key == "price" ? &m.market.price : nullptr;
        case 6:
            return key == "reason" ? &m.reason : nullptr;
        case 7:
            return key == "message" ? &m.message : nullptr;
        case 8:
            if (key == "trade_id") return &m.market.trade_id;
            if (key == "best_bid") return &m.market.bid;
            return key == "best_ask" ? &m.market.ask : nullptr;
        case 10:
            return key == "product_id" ? &m.market.symbol : nullptr;
        case 13:
            if (key == "best_bid_size") return &m.market.bid_size;
            return key == "best_ask_size" ? &m.market.ask_size : nullptr;
        default:
            return nullptr;
    }
}

class CoinbaseExchangeDecoder final : public MessageDecoder<CoinbaseExchangeDecoder> {
  public:
    Walk read(Decoded& out) {
        Message m;
        const Walk answer = reader_.walk([&m](std::string_view key, const JsonText& field) {
            JsonText* const wanted = field_of(m, key);
            if (wanted == nullptr) return Walk::on;
            *wanted = field;
            // The books are by far the most and the largest, and none of ours.
            const bool book =
                wanted == &m.type && (field.is_string("l2update") || field.is_string("snapshot"));
            return book ? Walk::stop : Walk::on;
        });
        if (answer == Walk::stop) ++out.ignored;
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    void emit(const Message& m, Decoded& out) {
        if (m.type.is_string("match")) {
            emit_trade(m, "match", 0, out);
        } else if (m.type.is_string("last_match")) {
            emit_trade(m, "last_match", row_snapshot, out);
        } else if (m.type.is_string("ticker")) {
            emit_quote(m, out);
        } else if (m.type.is_string("heartbeat")) {
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else if (m.type.is_string("subscriptions")) {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else if (m.type.is_string("error")) {
            emit_error(m, out);
        } else {
            ++out.ignored;
        }
    }

    static void emit_trade(const Message& m, std::string_view channel, std::uint16_t flags,
                           Decoded& out) {
        Row row;
        row.channel = channel;
        row.flags = flags;
        row.side = side_of(m.side, "sell", "buy");  // the maker's turned round
        keep_at(m.time, row, take_trade(m.market, row), out);
    }

    static void emit_quote(const Message& m, Decoded& out) {
        Row row;
        row.channel = "ticker";
        keep_at(m.time, row, take_quote(m.market, row), out);
    }

    void emit_error(const Message& m, Decoded& out) {
        // A product that is not there, or a key that is wrong, will be so at the next try too.
        const auto lasts = [](const JsonText& words) {
            return mentions(words, {"not a valid", "uthentication", "nauthorized"});
        };
        errors_.add(lasts(m.message) || lasts(m.reason), m.message, {}, out, m.reason.text);
    }
};

std::vector<std::string> frames_for(std::span<const Subscription> wanted, bool trades, bool quotes,
                                    std::string_view channels) {
    std::vector<std::string> products;
    for (const Subscription& s : wanted)
        if (s.trades == trades && s.quotes == quotes) products.push_back(s.symbol);
    std::string after = R"(],"channels":[)";
    after.append(channels) += R"("heartbeat"]})";
    return list_frames(products, 100, R"({"type":"subscribe","product_ids":[)", after);
}

/// One frame names products and channels, each product with each channel: one a combination.
std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    return joined(frames_for(wanted, true, true, R"("matches","ticker",)"),
                  joined(frames_for(wanted, true, false, R"("matches",)"),
                         frames_for(wanted, false, true, R"("ticker",)")));
}

constexpr SymbolRule symbols[] = {
    {"{BASE}-{QUOTE}", "{BASE}-{QUOTE}", "USD EUR GBP USDT BTC ETH"},
};

}  // namespace

Venue coinbase_exchange() {
    Venue venue;
    venue.id = "coinbase_exchange";
    venue.name = "Coinbase Exchange";
    venue.documentation = "https://docs.cdp.coinbase.com/exchange/docs/websocket-overview";
    venue.default_url = "wss://ws-feed.exchange.coinbase.com";
    venue.default_channels = "matches, ticker, heartbeat";
    venue.rules.contiguous_trade_ids = true;
    // Heartbeats come once a second: five missed ones are no coincidence.
    venue.rules.silence_any = 5 * core::ns_per_s;
    // Eight requests a second are allowed.
    venue.rules.send_spacing = 150 * core::ns_per_ms;
    venue.make_decoder = [] {
        return with_shapes<read_coinbase_exchange_shape>(
            std::make_unique<CoinbaseExchangeDecoder>());
    };
    venue.subscribe = subscribe;
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
