// Tiingo, the IEX exchange. Documentation: Tiingo WebSocket, IEX.
//
//   {"messageType":"I","response":{"code":200,"message":"Success"},"data":{"subscriptionId":61}}
//   {"messageType":"H","response":{"code":200,"message":"HeartBeat"}}
//   {"messageType":"E","response":{"code":400,"message":"thresholdLevel not valid ..."}}
//   {"messageType":"A","service":"iex","data":["T","2019-01-30T13:33:45.594808294-05:00",
//    1548873225594808294,"wes",null,null,null,null,null,50.285,200,null,0,0,0,0]}
//   {"messageType":"A","service":"iex","data":["Q","..",1548873225383129126,"vym",100,81.58,81.585,
//    81.59,100,null,null,0,0,null,null,null]}
//
// Odd: data are an array whose places have meanings: kind, time, the same in ns, ticker in lower
// case, bid size, bid, middle, ask, ask size, last, last size, halted, after hours, sweep, odd lot,
// trade-through rule. Trades outside regular hours and odd lots do not set the last price. The key
// stands in the frame that subscribes. Level 0 of that frame is every trade and every best quote,
// level 5 every trade and some quotes; both want an agreement with the exchange since February
// 2025, and who has none is answered with error 400.
//
// Only this long form is read, as the documentation prints it: there is no recording. A trade break
// ("B") is counted as a trade taken back. Passed over are shorter arrays that others report, and
// the reference price of level 6, ["2026-06-12T10:32:08-04:00","tsla",388.42], which the vendor
// computes: it is no trade.
#include <algorithm>
#include <array>

#include "feeds/message_decoder.hpp"
#include "feeds/request_frames.hpp"

namespace contagiond::feeds {
namespace {

constexpr std::size_t places = 16;
enum Place : std::uint8_t {
    kind = 0,
    time_ns = 2,
    ticker = 3,
    bid_size = 4,
    bid = 5,
    ask = 7,
    ask_size = 8,
    last = 9,
    last_size = 10,
    after_hours = 12,
    odd_lot = 14,
};

struct Message {
    JsonText type, service, code, text;
    std::array<JsonText, places> data;
    std::size_t size = 0;
};

class TiingoDecoder final : public MessageDecoder<TiingoDecoder> {
  public:
    Walk read(Decoded& out) {
        Message m;
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "messageType") m.type = field;
            if (key == "service") m.service = field;
            if (key == "data" && field.type == JsonType::array) return read_data(m);
            if (key != "response" || field.type != JsonType::object) return Walk::on;
            return nested(reader_.walk([&m](std::string_view k, const JsonText& f) {
                if (k == "code") m.code = f;
                if (k == "message") m.text = f;
                return Walk::on;
            }));
        });
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    Walk read_data(Message& m) {
        m.size = 0;
        return nested(reader_.each_element([&m](const JsonText& element) {
            if (m.size < places) m.data[m.size] = element;
            ++m.size;
            return Walk::on;
        }));
    }

    void emit(const Message& m, Decoded& out) {
        if (m.type.is_string("A") && m.service.is_string("iex") && m.size >= places) {
            emit_row(m, out);
        } else if (m.type.is_string("H")) {
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else if (m.type.is_string("I")) {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else if (m.type.is_string("E")) {
            emit_error(m, out);
        } else {
            ++out.ignored;
        }
    }

    static void emit_row(const Message& m, Decoded& out) {
        const bool is_trade = m.data[kind].is_string("T");
        if (m.data[kind].is_string("B")) return out.taken_back.push_back(m.data[ticker].text);
        if (!is_trade && !m.data[kind].is_string("Q")) {
            ++out.ignored;
            return;
        }
        MarketFields market;
        market.symbol = m.data[ticker];
        market.price = m.data[last];
        market.size = m.data[last_size];
        market.bid = m.data[bid];
        market.bid_size = m.data[bid_size];
        market.ask = m.data[ask];
        market.ask_size = m.data[ask_size];
        Row row;
        row.channel = "iex";
        const bool counts = m.data[after_hours].text != "1" && m.data[odd_lot].text != "1";
        if (is_trade && !counts) row.flags = row_not_last;
        const DecodeError error = is_trade ? take_trade(market, row) : take_quote(market, row);
        keep_at(1, m.data[time_ns], row, error, out);
    }

    void emit_error(const Message& m, Decoded& out) {
        // A wrong key, a level or a ticker that is not for us: so at the next try too. 429 heals.
        const bool lasts = m.code.text.starts_with('4') && m.code.text != "429";
        errors_.add(lasts, m.text, m.code, out);
    }
};

/// One frame: a further one would want the number that answers the first.
std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    if (wanted.empty()) return {};
    const bool quotes = std::ranges::any_of(wanted, &Subscription::quotes);
    std::vector<std::string> tickers;
    for (const Subscription& s : wanted) tickers.push_back(s.symbol);
    return list_frames(tickers, tickers.size(),
                       R"({"eventName":"subscribe","eventData":{"thresholdLevel":)" +
                           std::string(quotes ? "0" : "5") + R"(,"tickers":[)",
                       "]}}");
}

/// The key becomes the frame's first field.
std::string keyed_subscription(std::string_view frame, const Credentials& credentials) {
    return R"({"authorization":)" + json_string(credentials.key) + "," +
           std::string(frame.substr(1));
}

// Tickers in small letters, as its data have them; those with a dot are left out.
constexpr SymbolRule symbols[] = {
    {"{SHARE}", "{share}"},
};

}  // namespace

Venue tiingo() {
    Venue venue;
    venue.id = "tiingo";
    venue.name = "Tiingo IEX";
    venue.documentation = "https://www.tiingo.com/documentation/websockets/iex";
    venue.default_url = "wss://api.tiingo.com/iex";
    venue.default_channels = "T, Q of service iex";
    allow_quiet_hours(venue.rules);
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new TiingoDecoder); };
    // It ends a subscription by a number of its own.
    venue.unsubscribe_word = {};
    venue.subscribe = subscribe;
    venue.keyed_subscription = keyed_subscription;
    venue.keys = Keys::key;
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
