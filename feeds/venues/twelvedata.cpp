// Twelve Data prices. Documentation: Twelve Data WebSocket, real-time price.
//
//   {"event":"subscribe-status","status":"ok","success":[{"symbol":"AAPL","exchange":"NASDAQ",
//    "country":"United States","type":"Common Stock"}],"fails":null}
//   {"event":"subscribe-status","status":"error","fails":[{"symbol":"GBP/USD"}]}
//   {"event":"price","symbol":"AAPL","currency":"USD","exchange":"NASDAQ","type":"Common Stock",
//    "timestamp":1592249566,"price":342.0157,"day_volume":27631112}
//   {"event":"heartbeat","status":"ok"}
//   {"status":"error","code":401,"message":".."}
//
// Odd: a price is the last one and its time is a whole second; there is no size, id or side. Good
// for levels, too coarse to say who moved first. Some prices carry `bid` and `ask`, but which do
// and whether they are of the same moment could not be shown: they are passed over. The key stands
// in the address. We must say {"action":"heartbeat"} every 10 s, which is answered. A subscription
// may fail in part: what failed is refused, and the rest is acknowledged. A trial has 8
// symbols. All forms are as others have printed them; there is no recording.
#include "feeds/message_decoder.hpp"
#include "feeds/request_frames.hpp"
#include "feeds/url.hpp"

namespace contagiond::feeds {
namespace {

struct Message {
    JsonText event, status, code, text, time;
    MarketFields market;
};

JsonText* field_of(Message& m, std::string_view key) {
    if (key == "event") return &m.event;
    if (key == "symbol") return &m.market.symbol;
    if (key == "price") return &m.market.price;
    if (key == "timestamp") return &m.time;
    if (key == "status") return &m.status;
    if (key == "code") return &m.code;
    return key == "message" ? &m.text : nullptr;
}

class TwelveDataDecoder final : public MessageDecoder<TwelveDataDecoder> {
  public:
    Walk read(Decoded& out) {
        Message m;
        refused_.clear();
        taken_.clear();
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            const bool list = field.type == JsonType::array;
            if (list && key == "fails") return read_symbols(refused_);
            if (list && key == "success") return read_symbols(taken_);
            if (JsonText* const wanted = field_of(m, key)) *wanted = field;
            return Walk::on;
        });
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    Walk read_symbols(std::string& symbols) {
        return nested(reader_.each_element([this, &symbols](const JsonText& element) {
            if (element.type != JsonType::object) return Walk::on;
            return nested(reader_.walk([&symbols](std::string_view key, const JsonText& field) {
                if (key == "symbol") (symbols += symbols.empty() ? "" : ", ") += field.text;
                return Walk::on;
            }));
        }));
    }

    void emit(const Message& m, Decoded& out) {
        if (m.event.is_string("price")) {
            emit_price(m, out);
        } else if (m.event.is_string("heartbeat")) {
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else if (m.event.is_string("subscribe-status") && !refused_.empty()) {
            errors_.add(true, {JsonType::string, "symbols refused"}, {}, out, refused_);
            if (!taken_.empty()) out.controls.push_back({ControlKind::subscribed, {}});
        } else if (m.status.is_string("error") || m.event.is_string("error")) {
            emit_error(m, out);
        } else if (m.event.is_string("subscribe-status")) {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else {
            ++out.ignored;
        }
    }

    static void emit_price(const Message& m, Decoded& out) {
        Row row;
        row.channel = "price";
        MarketFields market = m.market;
        market.size = {JsonType::number, "0"};
        DecodeError error = take_trade(market, row);
        row.size = {};  // the venue names none
        keep_at(core::ns_per_s, m.time, row, error, out);
    }

    void emit_error(const Message& m, Decoded& out) {
        // Bad request, wrong key, no such plan, no such symbol: so at the next try too.
        errors_.add(is_one_of(m.code, {"400", "401", "403", "404"}), m.text, m.code, out);
    }

    std::string refused_, taken_;  ///< symbols of the frame at hand
};

/// Symbols stand in one string with commas between.
std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    constexpr std::size_t symbols_per_frame = 400;
    std::vector<std::string> frames;
    for (const std::string& list :
         comma_lists(symbols_of(wanted, &Subscription::trades), symbols_per_frame))
        frames.push_back(R"({"action":"subscribe","params":{"symbols":)" + json_string(list) +
                         "}}");
    return frames;
}

constexpr SymbolRule symbols[] = {
    {"{BASE}-{QUOTE}", "{BASE}/{QUOTE}", "USD EUR BTC"},
    {"{SHARE}", "{SHARE}"},
};

}  // namespace

Venue twelvedata() {
    Venue venue;
    venue.id = "twelvedata";
    venue.name = "Twelve Data";
    venue.documentation = "https://twelvedata.com/docs#websocket";
    venue.default_url = "wss://ws.twelvedata.com/v1/quotes/price";
    venue.default_channels = "price";
    venue.rules.ping_interval = 0;
    venue.rules.text_ping_interval = 10 * core::ns_per_s;
    // Two answers to our heartbeats may be missed.
    venue.rules.silence_any = 25 * core::ns_per_s;
    venue.rules.silence_data = 0;
    venue.rules.refuses_alone = true;
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new TwelveDataDecoder); };
    venue.subscribe = subscribe;
    venue.text_ping = [](core::TimeNs) { return std::string(R"({"action":"heartbeat"})"); };
    venue.keyed_url = [](std::string_view url, const Credentials& credentials) {
        return with_query(url, "apikey", credentials.key);
    };
    venue.keys = Keys::key;
    venue.has_quotes = false;
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
