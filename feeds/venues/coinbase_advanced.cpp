// Coinbase Advanced Trade. Documentation: Coinbase Advanced Trade WebSocket channels.
//
//   {"channel":"market_trades","timestamp":"2026-09-30T02:39:59.551901038Z","sequence_num":247,
//    "events":[{"type":"update","trades":[{"product_id":"ETH-USD","trade_id":"846155167",
//    "price":"2667.2","size":"0.84275842","time":"2026-09-30T02:39:59.4104Z","side":"SELL"}]}]}
//   {"channel":"ticker","client_id":"","timestamp":"2026-04-07T14:30:03.000000Z","sequence_num":12,
//    "events":[{"type":"snapshot","tickers":[{"type":"ticker","product_id":"BTC-USD",
//    "price":"68900.50","best_bid":"68900.00","best_bid_quantity":"1.50000000",
//    "best_ask":"68901.00","best_ask_quantity":"0.50000000"}]}]}
//   {"channel":"heartbeats",..}   {"channel":"subscriptions",..}   {"type":"error","message":".."}
//
// Odd: whose side `side` is, is disputed; see side_is_makers. The first market_trades message is a
// snapshot of recent trades, newest first: history. Trades come in batches of about 250 ms. A
// ticker has the envelope's time only. sequence_num counts a connection's messages over all
// channels and says nothing about one product; nowhere is it said that trade ids have no holes.
// Quiet channels are closed after about a minute unless heartbeats, one a second, are subscribed
// too. Data of X-USDC come under X-USD. ticker_batch, every 5 s and without sizes, is passed over.
#include "feeds/batch.hpp"
#include "feeds/message_decoder.hpp"
#include "feeds/request_frames.hpp"

namespace contagiond::feeds {
namespace {

/// The documentation says that `side` is the maker's, as on Coinbase Exchange, and the few recorded
/// trades fit: a "SELL" above the bids, before the price rose. Some take it for the taker's.
constexpr bool side_is_makers = true;
constexpr std::string_view taker_buys = side_is_makers ? "SELL" : "BUY";
constexpr std::string_view taker_sells = side_is_makers ? "BUY" : "SELL";

struct Element {
    JsonText side, time;
    MarketFields market;
    std::size_t event = 0;  ///< which of the message's events it stands in
    bool is_trade = false;
};

struct Message {
    JsonText channel, time, type, text;
};

JsonText* field_of(Element& e, std::string_view key) {
    switch (key.size()) {
        case 4:
            if (key == "side") return &e.side;
            if (key == "size") return &e.market.size;
            return key == "time" ? &e.time : nullptr;
        case 8:
            if (key == "trade_id") return &e.market.trade_id;
            if (key == "best_bid") return &e.market.bid;
            return key == "best_ask" ? &e.market.ask : nullptr;
        case 10:
            return key == "product_id" ? &e.market.symbol : nullptr;
        case 17:
            if (key == "best_bid_quantity") return &e.market.bid_size;
            return key == "best_ask_quantity" ? &e.market.ask_size : nullptr;
        default:
            return key == "price" ? &e.market.price : nullptr;
    }
}

class CoinbaseAdvancedDecoder final : public MessageDecoder<CoinbaseAdvancedDecoder> {
  public:
    Walk read(Decoded& out) {
        Message m;
        batch_.clear();
        event_types_.clear();
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "channel") m.channel = field;
            if (key == "timestamp") m.time = field;
            if (key == "type") m.type = field;
            if (key == "sequence_num") out.number = whole_number(field);
            if (key == "message") m.text = field;
            if (key != "events" || field.type != JsonType::array) return Walk::on;
            // The books are the largest, and none of ours; the channel stands before its events.
            if (m.channel.is_string("l2_data")) return Walk::stop;
            batch_.add_none();
            return nested(reader_.each_element([this](const JsonText& event) {
                if (event.type == JsonType::object) return nested(read_event());
                batch_.add_wrong();
                return Walk::on;
            }));
        });
        if (answer == Walk::stop) ++out.ignored;
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    Walk read_event() {
        const std::size_t event = event_types_.size();
        event_types_.emplace_back();
        return reader_.walk([&](std::string_view key, const JsonText& field) {
            const bool is_trade = key == "trades";
            if (key == "type") event_types_[event] = field;
            if (!is_trade && key != "tickers") return Walk::on;
            return batch_.add(reader_, field,
                              [&](Element& e, std::string_view k, const JsonText& f) {
                                  e.event = event;
                                  e.is_trade = is_trade;
                                  return put<field_of>(e, k, f);
                              });
        });
    }

    void emit(const Message& m, Decoded& out) {
        if (m.channel.is_string("market_trades") || m.channel.is_string("ticker")) {
            emit_rows(m, out);
        } else if (m.channel.is_string("heartbeats")) {
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else if (m.channel.is_string("subscriptions")) {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else if (m.type.is_string("error")) {
            errors_.add(mentions(m.text, {"nvalid", "not found", "uthentic", "nauthorized"}),
                        m.text, {}, out);
        } else {
            ++out.ignored;
        }
    }

    void emit_rows(const Message& m, Decoded& out) {
        const bool is_trade = m.channel.is_string("market_trades");
        batch_.emit(out, [&](const Element& e) {
            if (e.is_trade != is_trade) return reject(out, DecodeError::wrong_type);
            Row row;
            row.channel = m.channel.text;
            if (event_types_[e.event].is_string("snapshot")) row.flags = row_snapshot;
            if (is_trade) row.side = side_of(e.side, taker_buys, taker_sells);
            const DecodeError error =
                is_trade ? take_trade(e.market, row) : take_quote(e.market, row);
            keep_at(is_trade ? e.time : m.time, row, error, out);
        });
    }

    Batch<Element> batch_;
    std::vector<JsonText> event_types_;
};

/// One channel a frame, of many products.
std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    if (wanted.empty()) return {};
    constexpr std::size_t products_per_frame = 100;
    const auto ask = [&](bool Subscription::*stream, std::string_view tail) {
        return list_frames(symbols_of(wanted, stream), products_per_frame,
                           R"({"type":"subscribe","product_ids":[)", tail);
    };
    return joined({R"({"type":"subscribe","channel":"heartbeats"})"},
                  joined(ask(&Subscription::trades, R"(],"channel":"market_trades"})"),
                         ask(&Subscription::quotes, R"(],"channel":"ticker"})")));
}

// X-USDC is an alias whose data come under the name X-USD, so it is left out.
constexpr SymbolRule symbols[] = {
    {"{BASE}-{QUOTE}", "{BASE}-{QUOTE}", "USD EUR GBP USDT BTC ETH"},
};

}  // namespace

Venue coinbase_advanced() {
    Venue venue;
    venue.id = "coinbase_advanced";
    venue.name = "Coinbase Advanced Trade";
    venue.documentation = "https://docs.cdp.coinbase.com/advanced-trade/docs/ws-overview";
    venue.default_url = "wss://advanced-trade-ws.coinbase.com";
    venue.default_channels = "market_trades, ticker, heartbeats";
    // Heartbeats come once a second: five missed ones are no coincidence.
    venue.rules.silence_any = 5 * core::ns_per_s;
    // Eight messages a second are allowed.
    venue.rules.send_spacing = 150 * core::ns_per_ms;
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new CoinbaseAdvancedDecoder); };
    venue.subscribe = subscribe;
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
