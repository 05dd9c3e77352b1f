// Finnhub trades. Documentation: Finnhub WebSocket, trades.
//
//   {"data":[{"c":["1","24","12"],"p":146.76,"s":"AAPL","t":1628238530221,"v":43},
//            {"c":["1","24","12"],"p":146.75,"s":"AAPL","t":1628238530221,"v":1}],"type":"trade"}
//   {"type":"ping"}                                 alive; wants no answer
//   {"msg":"Subscribing to too many symbols","type":"error"}
//   {"msg":"Invalid symbol OANDA:GBP_USD","type":"error"}
//
// Odd: trades only. No quotes, no ids, no side, no sequence, so neither gaps nor repeats can be
// seen. The key stands in the address, so a wrong one is refused at the upgrade with HTTP 401. No
// word acknowledges a subscription. A second connection with the same key cuts the first. Volume 0
// is a change of price without a trade (currencies); it is the price there is, so it is a row, of
// size 0. Coins are written BINANCE:BTCUSDT, currencies OANDA:EUR_USD.
//
// Sale conditions have numbers of the venue's own, whose list could not be confirmed. The frame
// above is the one witness: 04:48 in New York, 43 shares and 1, and it says Form T (24) and odd lot
// (12). A print kept from moving the price does less harm than one that wrongly moves it, so the
// list is used as it is remembered.
#include "feeds/message_decoder.hpp"
#include "feeds/sale_conditions.hpp"
#include "feeds/url.hpp"

namespace contagiond::feeds {
namespace {

/// Average price, cash, bunched sold, price variation, odd lot, official close, next day, official
/// open, prior reference, seller, Form T, extended hours out of sequence, contingent, sold out of
/// sequence, derivatively priced.
constexpr ConditionSet not_last = [] {
    ConditionSet set;
    for (const unsigned code :
         {3U, 5U, 9U, 10U, 12U, 16U, 17U, 20U, 21U, 22U, 24U, 25U, 26U, 30U, 32U}) {
        set.add(code);
    }
    return set;
}();

struct Trade {
    MarketFields market;
    JsonText time;
    ConditionSet conditions;
    bool is_object = false;
};

class FinnhubDecoder final : public MessageDecoder<FinnhubDecoder> {
  public:
    /// The type may stand behind the data, so these wait for it.
    Walk read(Decoded& out) {
        trades_.clear();
        JsonText type, text;
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "type") type = field;
            if (key == "msg") text = field;
            if (key != "data" || field.type != JsonType::array) return Walk::on;
            trades_.clear();
            return nested(
                reader_.each_element([&](const JsonText& element) { return read_trade(element); }));
        });
        if (answer != Walk::on) return answer;
        if (type.is_string("trade")) {
            for (const Trade& trade : trades_) emit_trade(trade, out);
        } else if (type.is_string("ping")) {
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else if (type.is_string("error")) {
            emit_error(text, out);
        } else {
            ++out.ignored;
        }
        return answer;
    }

  private:
    Walk read_trade(const JsonText& element) {
        Trade& trade = trades_.emplace_back();
        if (element.type != JsonType::object) return Walk::on;
        trade.is_object = true;
        return nested(reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "c") return read_condition_numbers(reader_, field, trade.conditions);
            if (key == "s") trade.market.symbol = field;
            if (key == "p") trade.market.price = field;
            if (key == "v") trade.market.size = field;
            if (key == "t") trade.time = field;
            return Walk::on;
        }));
    }

    static void emit_trade(const Trade& trade, Decoded& out) {
        if (!trade.is_object) return reject(out, DecodeError::wrong_type);
        Row row;
        row.channel = "trade";
        if (trade.conditions.meets(not_last)) row.flags = row_not_last;
        const DecodeError error = take_trade(trade.market, row);
        keep_at(core::ns_per_ms, trade.time, row, error, out);
    }

    void emit_error(const JsonText& text, Decoded& out) {
        errors_.add(mentions(text, {"too many symbols", "nvalid symbol", "PI key", "ccess"}), text,
                    {}, out);
    }

    std::vector<Trade> trades_;
};

/// One frame a symbol.
std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    return list_frames(symbols_of(wanted, &Subscription::trades), 1,
                       R"({"type":"subscribe","symbol":)", "}");
}

// Coins are another exchange's, whose name goes before them.
constexpr SymbolRule symbols[] = {
    {"{BASE}-{QUOTE}", "BINANCE:{BASE}{QUOTE}", "USDT USDC BTC ETH"},
    {"{SHARE}", "{SHARE}"},
};

}  // namespace

Venue finnhub() {
    Venue venue;
    venue.id = "finnhub";
    venue.name = "Finnhub";
    venue.documentation = "https://finnhub.io/docs/api/websocket-trades";
    venue.default_url = "wss://ws.finnhub.io";
    venue.default_channels = "trade";
    venue.rules.acknowledges = false;
    venue.rules.ping_interval = 10 * core::ns_per_s;
    venue.rules.silence_any = 25 * core::ns_per_s;
    venue.rules.silence_data = 0;
    // Who is too fast is answered with HTTP 429; how fast that is, nobody says.
    venue.rules.send_spacing = 50 * core::ns_per_ms;
    venue.rules.refuses_alone = true;
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new FinnhubDecoder); };
    venue.subscribe = subscribe;
    venue.keyed_url = [](std::string_view url, const Credentials& credentials) {
        return with_query(url, "token", credentials.key);
    };
    venue.keys = Keys::key;
    venue.has_quotes = false;
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
