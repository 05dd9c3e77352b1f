// Bitstamp. Documentation: Bitstamp WebSocket v2, public channels.
//
//   {"data":{"id":216000477,"timestamp":"1641343699","amount":0.0792,"amount_str":"0.07920000",
//    "price":3805.44,"price_str":"3805.44","type":0,"microtimestamp":"1641343699596000",
//    "buy_order_id":1443875737346049,"sell_order_id":1443875731320832},
//    "channel":"live_trades_ethusd","event":"trade"}
//   {"data":{"timestamp":"1700000000","microtimestamp":"1700000000123456",
//    "bids":[["36500.00","1.20000000"],..],"asks":[["36501.00","0.75000000"],..]},
//    "channel":"order_book_btcusd","event":"data"}
//   {"event":"bts:subscription_succeeded","channel":"live_trades_btcusd","data":{}}
//   {"event":"bts:request_reconnect","channel":"","data":""}
//   {"event":"bts:error","channel":"","data":{"code":null,"message":"Bad subscription string."}}
//
// Odd: the data stand before the words that tell what they are, and the symbol is only in the name
// of the channel. `price` and `amount` are floats with noise of the binary kind, so their texts
// `price_str` and `amount_str` are taken; "1E-8" occurs. `type` is the taker's side: 0 buys, 1
// sells. Ids number the trades of all pairs together, so holes are normal. There is no light best
// quote: order_book_ sends a hundred levels with each change. A refusal does not say of what. A
// request to reconnect obliges at once. Our pings are control frames, so the optional bts:heartbeat
// is understood and not sent.
#include "feeds/message_decoder.hpp"

namespace contagiond::feeds {
namespace {

struct Message {
    JsonText event, channel, data;
    JsonText time, type, price_float, amount_float;
    MarketFields market;
    JsonText code, text;
};

JsonText* field_of(Message& m, std::string_view key) {
    switch (key.size()) {
        case 2:
            return key == "id" ? &m.market.trade_id : nullptr;
        case 4:
            if (key == "type") return &m.type;
            return key == "code" ? &m.code : nullptr;
        case 5:
            return key == "price" ? &m.price_float : nullptr;
        case 6:
            return key == "amount" ? &m.amount_float : nullptr;
        case 7:
            return key == "message" ? &m.text : nullptr;
        case 9:
            return key == "price_str" ? &m.market.price : nullptr;
        case 10:
            return key == "amount_str" ? &m.market.size : nullptr;
        case 14:
            return key == "microtimestamp" ? &m.time : nullptr;
        default:
            return nullptr;
    }
}

constexpr std::string_view trades_prefix = "live_trades_";
constexpr std::string_view quotes_prefix = "order_book_";

class BitstampDecoder final : public MessageDecoder<BitstampDecoder> {
  public:
    Walk read(Decoded& out) {
        Message m;
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "event") m.event = field;
            if (key == "channel") m.channel = field;
            if (key != "data") return Walk::on;
            m.data = field;
            if (field.type != JsonType::object) return Walk::on;
            return nested(reader_.walk(
                [&](std::string_view k, const JsonText& f) { return read_data_field(m, k, f); }));
        });
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    Walk read_data_field(Message& m, std::string_view key, const JsonText& field) {
        if (field.type == JsonType::array && key == "bids")
            return nested(read_best_level(reader_, m.market.bid, m.market.bid_size));
        if (field.type == JsonType::array && key == "asks")
            return nested(read_best_level(reader_, m.market.ask, m.market.ask_size));
        if (JsonText* const wanted = field_of(m, key)) *wanted = field;
        return Walk::on;
    }

    void emit(Message& m, Decoded& out) {
        const std::string_view channel = m.channel.text;
        if (m.event.is_string("trade") && channel.starts_with(trades_prefix)) {
            emit_trade(m, out);
        } else if (m.event.is_string("data") && channel.starts_with(quotes_prefix)) {
            emit_quote(m, out);
        } else if (m.event.is_string("bts:subscription_succeeded")) {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else if (m.event.is_string("bts:heartbeat")) {
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else if (m.event.is_string("bts:request_reconnect")) {
            out.controls.push_back({ControlKind::shutdown_notice, m.event.text});
        } else if (m.event.is_string("bts:error")) {
            errors_.add(mentions(m.text, {"Bad subscription", "nvalid", "nauthorized"}), m.text,
                        m.code, out);
        } else {
            ++out.ignored;
        }
    }

    /// What both kinds of row share: the symbol is the channel's name behind `prefix`.
    static DecodeError check(Message& m, std::string_view prefix) {
        if (m.data.missing()) return DecodeError::missing_field;
        if (m.data.type != JsonType::object) return DecodeError::wrong_type;
        m.market.symbol = {JsonType::string, m.channel.text.substr(prefix.size())};
        return DecodeError::none;
    }

    static void emit_trade(Message& m, Decoded& out) {
        Row row;
        row.channel = "live_trades";
        if (m.market.price.missing()) m.market.price = m.price_float;
        if (m.market.size.missing()) m.market.size = m.amount_float;
        if (m.type.text == "0") row.side = Side::buy;
        if (m.type.text == "1") row.side = Side::sell;
        DecodeError error = check(m, trades_prefix);
        if (error == DecodeError::none) error = take_trade(m.market, row);
        keep_at(core::ns_per_us, m.time, row, error, out);
    }

    static void emit_quote(Message& m, Decoded& out) {
        Row row;
        row.channel = "order_book";
        DecodeError error = check(m, quotes_prefix);
        if (error == DecodeError::none) error = take_quote(m.market, row);
        keep_at(core::ns_per_us, m.time, row, error, out);
    }
};

/// One channel a frame.
std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    std::vector<std::string> channels;
    for (const Subscription& s : wanted) {
        if (s.trades) channels.push_back(std::string(trades_prefix) + s.symbol);
        if (s.quotes) channels.push_back(std::string(quotes_prefix) + s.symbol);
    }
    return list_frames(channels, 1, R"({"event":"bts:subscribe","data":{"channel":)", "}}");
}

constexpr SymbolRule symbols[] = {
    {"{BASE}-{QUOTE}", "{base}{quote}", "USD EUR GBP USDT USDC BTC ETH"},
};

}  // namespace

Venue bitstamp() {
    Venue venue;
    venue.id = "bitstamp";
    venue.name = "Bitstamp";
    venue.documentation = "https://www.bitstamp.net/websocket/v2/";
    venue.default_url = "wss://ws.bitstamp.net";
    venue.default_channels = "live_trades, order_book";
    venue.rules.second_connection = true;
    venue.rules.max_lifetime = 90 * (24 * core::ns_per_hour);
    venue.rules.send_spacing = 50 * core::ns_per_ms;
    venue.rules.refuses_alone = true;
    venue.rules.answers_in_turn = true;
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new BitstampDecoder); };
    venue.subscribe_word = "bts:subscribe";
    venue.unsubscribe_word = "bts:unsubscribe";
    venue.subscribe = subscribe;
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
