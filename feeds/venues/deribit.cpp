// Deribit, JSON-RPC 2.0. Documentation: Deribit API v2, subscriptions.
//
//   {"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.100ms",
//    "data":[{"timestamp":1765531356452,"price":92294.5,"amount":10.0,"direction":"sell",
//    "instrument_name":"BTC-PERPETUAL","trade_seq":271252854,"combo_trade_id":"43",
//    "trade_id":"403691824",..}]}}
//   {..,"params":{"channel":"quote.BTC-PERPETUAL","data":{"timestamp":1765541767174,
//    "instrument_name":"BTC-PERPETUAL","best_ask_price":92288.5,"best_bid_price":92288.0,
//    "best_ask_amount":99470.0,"best_bid_amount":133440.0}}}       `ticker.X.100ms`: that and more
//   {..,"params":{"channel":"deribit_volatility_index.btc_usd","data":{"volatility":129.36,..}}}
//   {"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}
//   {"jsonrpc":"2.0","id":1,"result":["trades.BTC-PERPETUAL.100ms"],"usIn":..,"usOut":..}
//   {"jsonrpc":"2.0","id":1,"error":{"code":10028,"message":"too_many_requests","data":null}}
//
// Odd: numbers are bare, amounts dollars on inverse instruments and coins on others. No market is a
// price and an amount of 0.0. `direction` is the taker's. Legs of combinations and block trades
// come among the others, known by ids. It is `trade_seq` that rises by one an instrument, not the
// id. A channel that does not exist is only missing in the reply. The heartbeat is to be asked for;
// its test_request must be answered at once. `raw` channels want a key, those of 100 ms do not.
#include "feeds/batch.hpp"
#include "feeds/deribit_volatility.hpp"
#include "feeds/message_decoder.hpp"

namespace contagiond::feeds {
namespace {

constexpr std::string_view heartbeat =
    R"({"jsonrpc":"2.0","id":2,"method":"public/set_heartbeat","params":{"interval":10}})";
constexpr std::string_view test = R"({"jsonrpc":"2.0","id":3,"method":"public/test","params":{}})";

/// `data`, or one element of it.
struct Element {
    JsonText time, direction, sequence, liquidation, block, combo, combo_trade;
    MarketFields market;
};

JsonText* field_of(Element& e, std::string_view key) {
    if (key == "instrument_name") return &e.market.symbol;
    if (key == "timestamp") return &e.time;
    if (key == "price" || key == "volatility") return &e.market.price;
    if (key == "amount") return &e.market.size;
    if (key == "direction") return &e.direction;
    if (key == "trade_id") return &e.market.trade_id;
    if (key == "trade_seq") return &e.sequence;
    if (key == "best_bid_price") return &e.market.bid;
    if (key == "best_bid_amount") return &e.market.bid_size;
    if (key == "best_ask_price") return &e.market.ask;
    if (key == "best_ask_amount") return &e.market.ask_size;
    if (key == "block_trade_id") return &e.block;
    if (key == "combo_id") return &e.combo;
    if (key == "combo_trade_id") return &e.combo_trade;
    return key == "liquidation" ? &e.liquidation : nullptr;
}

struct Message {
    JsonText method, channel, type, result, error, code, text;
    bool some_result = false;
};

class DeribitDecoder final : public MessageDecoder<DeribitDecoder> {
  public:
    Walk read(Decoded& out) {
        Message m;
        batch_.clear();
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "method") m.method = field;
            if (key == "params" && field.type == JsonType::object) return read_params(m);
            if (key == "error") m.error = field;
            if (key == "error") return read_error(reader_, field, m.text, m.code);
            if (key == "result") m.result = field;
            if (key != "result" || field.type != JsonType::array) return Walk::on;
            return nested(reader_.each_element([&m](const JsonText&) {
                m.some_result = true;
                return Walk::on;
            }));
        });
        if (answer == Walk::stop) ++out.ignored;
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    Walk read_params(Message& m) {
        return nested(reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "type") m.type = field;
            if (key == "channel") m.channel = field;
            // The books are by far the most and the largest, and none of ours.
            if (m.channel.text.starts_with("book.")) return Walk::stop;
            if (key != "data") return Walk::on;
            return batch_.add(reader_, field, put<field_of>);
        }));
    }

    void emit(const Message& m, Decoded& out) {
        if (m.method.is_string("subscription")) {
            emit_rows(m.channel.text, out);
        } else if (m.method.is_string("heartbeat")) {
            const bool asks = m.type.is_string("test_request");
            out.controls.push_back(asks ? Control{ControlKind::reply, test}
                                        : Control{ControlKind::heartbeat, {}});
        } else if (!m.error.missing()) {
            // The request itself is wrong, or wants a key.
            errors_.add(is_one_of(m.code, {"-32700", "-32600", "-32601", "-32602", "11029", "11050",
                                           "13004", "13009", "13021", "13778"}),
                        m.text, m.code, out);
        } else if (m.some_result) {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else if (m.result.type == JsonType::string || m.result.type == JsonType::object) {
            // To set_heartbeat, and to public/test.
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else {
            ++out.ignored;
        }
    }

    void emit_rows(std::string_view channel, Decoded& out) {
        const std::string_view name = channel.substr(0, channel.find('.'));
        const bool quotes = name == "quote" || name == "ticker";
        if (!quotes && name != "trades" && name != deribit_volatility_index)
            return void(++out.ignored);
        batch_.emit(out, [&](const Element& e) {
            Row row;
            row.channel = name;
            const DecodeError error = quotes ? take_quote(e.market, row)
                                      : name == "trades"
                                          ? take_market_trade(e, row)
                                          : take_deribit_level(e.market, channel, row);
            keep_at(core::ns_per_ms, e.time, row, error, out);
        });
    }

    static DecodeError take_market_trade(const Element& e, Row& row) {
        row.side = side_of(e.direction, "buy", "sell");
        if (!e.sequence.missing() && !e.sequence.is_nested()) row.sequence = e.sequence.text;
        if (!e.block.missing()) row.flags |= row_block;
        if (!e.combo.missing() || !e.combo_trade.missing()) row.flags |= row_combo;
        if (!e.liquidation.missing() && !e.liquidation.is_string("none"))
            row.flags |= row_liquidation;
        return take_trade(e.market, row);
    }

    Batch<Element> batch_;
};

std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    std::vector<std::string> channels;
    for (const Subscription& s : wanted) {
        const bool level = s.symbol.starts_with(deribit_volatility_index);
        if (s.trades) channels.push_back(level ? s.symbol : "trades." + s.symbol + ".100ms");
        if (s.quotes && !level) channels.push_back("quote." + s.symbol);
    }
    std::vector<std::string> frames = list_frames(
        channels, 200,
        R"({"jsonrpc":"2.0","id":1,"method":"public/subscribe","params":{"channels":[)", "]}}");
    if (!frames.empty()) frames.emplace(frames.begin(), heartbeat);
    return frames;
}

// Those settled in coins, which are quoted in dollars; the linear ones are left out, as no frame of
// one was seen. The volatility index is a number without a currency.
constexpr SymbolRule symbols[] = {
    {"BTCDVOL", "deribit_volatility_index.btc_usd"},
    {"ETHDVOL", "deribit_volatility_index.eth_usd"},
    {"{COIN}-USD-PERP", "{COIN}-PERPETUAL"},
    {"{COIN}-USD-{YYYYMMDD}", "{COIN}-{DMMMYY}"},
    {"{COIN}-USD-{YYYYMMDD}-{STRIKE}-{RIGHT}", "{COIN}-{DMMMYY}-{STRIKE}-{RIGHT}"},
};

}  // namespace

Venue deribit() {
    Venue venue;
    venue.id = "deribit";
    venue.name = "Deribit";
    venue.documentation = "https://docs.deribit.com/";
    venue.default_url = "wss://www.deribit.com/ws/api/v2";
    venue.default_channels = "trades, quote, deribit_volatility_index";
    venue.rules.ping_interval = 0;
    venue.rules.text_ping_interval = 5 * core::ns_per_s;
    // Three calls a second are allowed.
    venue.rules.send_spacing = 350 * core::ns_per_ms;
    venue.rules.contiguous_trade_ids = true;
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new DeribitDecoder); };
    venue.subscribe_word = "public/subscribe";
    venue.unsubscribe_word = "public/unsubscribe";
    venue.subscribe = subscribe;
    venue.text_ping = [](core::TimeNs) { return std::string(test); };
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
