// Kraken spot, WebSocket v2. Documentation: Kraken Spot WebSocket v2, trade and ticker.
//
//   {"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":77120.0,
//    "qty":0.00048389,"ord_type":"limit","trade_id":105702534,
//    "timestamp":"2026-08-22T17:30:53.355059Z"}]}
//   {"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD","bid":105944.20,"bid_qty":2.5,
//    "ask":105944.30,"ask_qty":3.2,"last":105899.40,"timestamp":"2022-12-25T09:30:59.123456Z"}]}
//   {"channel":"heartbeat"}               {"channel":"status","type":"update","data":[..]}
//   {"method":"subscribe","result":{"channel":"ticker","symbol":"BTC/USD",..},"success":true,..}
//   {"error":"Currency pair not supported XBT/USD","method":"subscribe","success":false,..}
//
// Odd: numbers are bare, with zeros at their end. Symbols are BTC/USD, not XBT/USD as in v1. Each
// symbol of a subscription is acknowledged or refused for itself. A ticker follows the best quote
// only with "event_trigger":"bbo"; else it waits for a trade. A trade snapshot holds the last 50
// trades, of several symbols: history. Whether it comes unasked differs by edition of the
// documentation, so we say that we want none. A stock token (AAPLx/USD) without a market has zeros
// and the year 1970. Tickers of old have no time. `status` may announce maintenance in words that
// we have not seen: it only proves that the venue is there.
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
    JsonText channel, type;
    JsonText method, success, error;
};

JsonText* field_of(Message& m, std::string_view key) {
    if (key == "channel") return &m.channel;
    if (key == "type") return &m.type;
    if (key == "method") return &m.method;
    if (key == "success") return &m.success;
    return key == "error" ? &m.error : nullptr;
}

JsonText* part_of(Element& e, std::string_view key) {
    switch (key.size()) {
        case 3:
            if (key == "qty") return &e.market.size;
            if (key == "bid") return &e.market.bid;
            return key == "ask" ? &e.market.ask : nullptr;
        case 4:
            return key == "side" ? &e.side : nullptr;
        case 5:
            return key == "price" ? &e.market.price : nullptr;
        case 6:
            return key == "symbol" ? &e.market.symbol : nullptr;
        case 7:
            if (key == "bid_qty") return &e.market.bid_size;
            return key == "ask_qty" ? &e.market.ask_size : nullptr;
        case 8:
            return key == "trade_id" ? &e.market.trade_id : nullptr;
        case 9:
            return key == "timestamp" ? &e.time : nullptr;
        default:
            return nullptr;
    }
}

class KrakenDecoder final : public MessageDecoder<KrakenDecoder> {
  public:
    Walk read(Decoded& out) {
        Message m;
        batch_.clear();
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (JsonText* const wanted = field_of(m, key)) *wanted = field;
            if (key != "data") return Walk::on;
            // Books are by far the most, and none of ours; the channel stands before its data.
            if (m.channel.is_string("book")) return Walk::stop;
            return batch_.add(reader_, field, put<part_of>);
        });
        if (answer == Walk::stop) ++out.ignored;
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    void emit(const Message& m, Decoded& out) {
        if (m.channel.is_string("trade") || m.channel.is_string("ticker")) {
            emit_rows(m, out);
        } else if (m.channel.is_string("heartbeat") || m.channel.is_string("status") ||
                   m.method.is_string("pong")) {
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else if (!m.error.missing()) {
            // What is wrong with a request will be wrong with it again.
            errors_.add(mentions(m.error,
                                 {"not supported", "not found", "nvalid", "alformed", "ermission"}),
                        m.error, {}, out);
        } else if (m.method.is_string("subscribe") && m.success.text == "true") {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else {
            ++out.ignored;
        }
    }

    void emit_rows(const Message& m, Decoded& out) {
        const bool is_trade = m.channel.is_string("trade");
        batch_.emit(out, [&](const Element& e) {
            Row row;
            row.channel = m.channel.text;
            if (m.type.is_string("snapshot")) row.flags = row_snapshot;
            if (is_trade) row.side = side_of(e.side, "buy", "sell");
            const DecodeError error =
                is_trade ? take_trade(e.market, row) : take_quote(e.market, row);
            keep_at(e.time, row, error, out);
        });
    }

    Batch<Element> batch_;
};

std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    constexpr std::size_t symbols_per_frame = 200;
    return joined(list_frames(symbols_of(wanted, &Subscription::trades), symbols_per_frame,
                              R"({"method":"subscribe","params":{"channel":"trade","symbol":[)",
                              R"(],"snapshot":false},"req_id":1})"),
                  list_frames(symbols_of(wanted, &Subscription::quotes), symbols_per_frame,
                              R"({"method":"subscribe","params":{"channel":"ticker","symbol":[)",
                              R"(],"event_trigger":"bbo","snapshot":true},"req_id":2})"));
}

constexpr SymbolRule symbols[] = {
    {"{BASE}x-{QUOTE}", "{BASE}x/{QUOTE}", "USD"},
    {"{BASE}-{QUOTE}", "{BASE}/{QUOTE}", "USD EUR USDT USDC GBP CHF BTC ETH"},
};

}  // namespace

Venue kraken_v2() {
    Venue venue;
    venue.id = "kraken_v2";
    venue.name = "Kraken";
    venue.documentation = "https://docs.kraken.com/api/docs/websocket-v2/trade";
    venue.default_url = "wss://ws.kraken.com/v2";
    venue.default_channels = "trade, ticker";
    venue.rules.contiguous_trade_ids = true;
    venue.rules.connects_per_minute = 15;  // 150 in ten minutes, then a ban of ten
    // Who is silent for about a minute is cut; the venue's own heartbeat comes once a second.
    venue.rules.text_ping_interval = 30 * core::ns_per_s;
    venue.rules.send_spacing = 100 * core::ns_per_ms;
    venue.rules.refuses_alone = true;
    venue.make_decoder = [] {
        return with_shapes<read_kraken_shape>(std::make_unique<KrakenDecoder>());
    };
    venue.subscribe = subscribe;
    venue.text_ping = [](core::TimeNs) { return std::string(R"({"method":"ping","req_id":3})"); };
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
