// Binance spot. Documentation: binance-spot-api-docs, web-socket-streams.md.
//
//   {"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000",
//    "q":"0.02000000","T":1723161255342,"m":true,"M":true}
//   {"e":"aggTrade","E":..,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,"l":105,"T":..,
//    "m":true}
//   {"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66"}
//   {"stream":"btcusdt@bookTicker","data":{...}}              the same on a combined connection
//   {"result":null,"id":1}      {"error":{"code":0,"msg":".."},"id":2}      {"code":-1,"msg":".."}
//   {"e":"serverShutdown","E":1770123456789}
//
// Odd: the best quote has no type and no time; it is known by its stream's name or by its shape.
// `m` tells that the buyer was the maker, so true is a sell. One key means different things by
// message: `a` is an ask, an aggregate's id, or half a book. Times are ms, or us if the URL says
// so. `trade` and `aggTrade` tell the same trades: both are understood, only `trade` is subscribed.
// Symbols need not be ASCII.
#include <algorithm>

#include "feeds/json_fields.hpp"

namespace contagiond::feeds {
namespace {

struct Message {
    JsonText event, time, buyer_is_maker, update_id;
    MarketFields market;
    JsonText code, text;
    bool has_result = false;
    bool has_error = false;
    std::string_view stream;
};

JsonText* field_of(Message& m, char key) {
    switch (key) {
        case 's':
            return &m.market.symbol;
        case 'T':
            return &m.time;
        case 'p':
            return &m.market.price;
        case 'q':
            return &m.market.size;
        case 'm':
            return &m.buyer_is_maker;
        case 't':
            return &m.market.trade_id;
        case 'u':
            return &m.update_id;
        case 'b':
            return &m.market.bid;
        case 'B':
            return &m.market.bid_size;
        case 'a':
            return &m.market.ask;
        case 'A':
            return &m.market.ask_size;
        default:
            return nullptr;
    }
}

class BinanceSpotDecoder final : public Decoder {
  public:
    void decode(std::string_view frame, core::TimeNs, Decoded& out) override {
        reader_.read(frame, out, [this](Decoded& to) { return read(to); });
    }

  private:
    Walk read(Decoded& out) {
        Message m;
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "stream") {
                m.stream = field.text;
                return Walk::on;
            }
            if (key != "data" || field.type != JsonType::object) return read_field(m, key, field);
            return nested(reader_.walk(
                [&](std::string_view k, const JsonText& f) { return read_field(m, k, f); }));
        });
        if (answer == Walk::stop) ++out.ignored;
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

    Walk read_field(Message& m, std::string_view key, const JsonText& field) {
        if (key.size() == 1) {
            if (JsonText* const wanted = field_of(m, key[0])) {
                *wanted = field;
            } else if (key[0] == 'e') {
                m.event = field;
                // The busiest streams that are none of ours.
                if (field.is_string("depthUpdate") || field.is_string("kline")) return Walk::stop;
            }
        } else if (key == "result") {
            m.has_result = true;
        } else if (key == "code") {
            m.code = field;
        } else if (key == "msg") {
            m.text = field;
        } else if (key == "error") {
            m.has_error = true;
            if (field.type != JsonType::object) return Walk::on;
            return nested(reader_.walk([&m](std::string_view k, const JsonText& f) {
                if (k == "code") m.code = f;
                if (k == "msg") m.text = f;
                return Walk::on;
            }));
        }
        return Walk::on;
    }

    static bool is_book_ticker(const Message& m) {
        if (m.event.type != JsonType::absent) return m.event.is_string("bookTicker");
        if (m.stream.ends_with("@bookTicker")) return true;
        const auto side = [](const JsonText& f) {
            return f.type != JsonType::absent && !f.is_nested();
        };
        return m.update_id.type == JsonType::number && (side(m.market.bid) || side(m.market.ask));
    }

    static void emit(Message& m, Decoded& out) {
        if (m.event.is_string("trade")) {
            emit_trade(m, "trade", out);
        } else if (m.event.is_string("aggTrade")) {
            m.market.trade_id = m.market.ask;
            emit_trade(m, "aggTrade", out);
        } else if (is_book_ticker(m)) {
            emit_quote(m, out);
        } else if (m.event.is_string("serverShutdown")) {
            out.controls.push_back({ControlKind::shutdown_notice, m.event.text});
        } else if (m.event.type == JsonType::absent && m.stream.empty()) {
            emit_reply(m, out);
        } else {
            ++out.ignored;
        }
    }

    static void emit_trade(const Message& m, std::string_view channel, Decoded& out) {
        Row row;
        row.channel = channel;
        DecodeError error = take_trade(m.market, row);
        if (error == DecodeError::none) error = take_epoch(m.time, row.ts_exchange);
        if (error == DecodeError::none && !m.buyer_is_maker.missing()) {
            if (m.buyer_is_maker.type != JsonType::boolean) error = DecodeError::wrong_type;
            row.side = m.buyer_is_maker.text == "true" ? Side::sell : Side::buy;
        }
        keep(row, error, out);
    }

    static void emit_quote(const Message& m, Decoded& out) {
        Row row;
        row.channel = "bookTicker";
        DecodeError error = take_quote(m.market, row);
        if (error == DecodeError::none) error = take_epoch(m.time, row.ts_exchange);
        keep(row, error, out);
    }

    static void emit_reply(const Message& m, Decoded& out) {
        if (m.has_error || (m.code.type == JsonType::number && !m.text.missing())) {
            // Codes from 0 up say that the request itself is wrong: it would be wrong again.
            const bool lasts = m.code.type == JsonType::number && m.code.text.front() != '-';
            out.controls.push_back(
                {lasts ? ControlKind::error_permanent : ControlKind::error_retry, m.text.text});
        } else if (m.has_result) {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else {
            ++out.ignored;
        }
    }

    JsonReader reader_;
};

/// Stream names are lower case, symbols in messages are not. Letters beyond ASCII keep their form.
std::string stream_name(std::string_view symbol, std::string_view stream) {
    std::string name;
    for (const char c : symbol) {
        name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    name += stream;
    return name;
}

std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    std::vector<std::string> streams;
    for (const Subscription& s : wanted) {
        if (s.trades) streams.push_back(stream_name(s.symbol, "@trade"));
        if (s.quotes) streams.push_back(stream_name(s.symbol, "@bookTicker"));
    }
    // A full connection of 1,024 streams takes six frames, sent in a second and a half.
    constexpr std::size_t streams_per_frame = 200;
    std::vector<std::string> frames;
    for (std::size_t first = 0; first < streams.size(); first += streams_per_frame) {
        std::string frame = R"({"method":"SUBSCRIBE","params":[)";
        const std::size_t last = std::min(streams.size(), first + streams_per_frame);
        for (std::size_t i = first; i < last; ++i) {
            if (i != first) frame += ',';
            append_json_string(frame, streams[i]);
        }
        frame += R"(],"id":)" + std::to_string(frames.size() + 1) + '}';
        frames.push_back(std::move(frame));
    }
    return frames;
}

}  // namespace

Venue binance_spot() {
    Venue venue;
    venue.id = "binance_spot";
    venue.name = "Binance spot";
    venue.documentation = "https://github.com/binance/binance-spot-api-docs";
    venue.default_url = "wss://stream.binance.com:9443/stream";
    venue.default_channels = "trade, bookTicker";
    venue.rules.contiguous_trade_ids = true;
    venue.rules.max_lifetime = 24 * core::ns_per_hour;
    venue.rules.max_streams = 1024;
    // Five messages a second are allowed, and our pings and pongs count among them.
    venue.rules.send_spacing = 250 * core::ns_per_ms;
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new BinanceSpotDecoder); };
    venue.subscribe = subscribe;
    return venue;
}

}  // namespace contagiond::feeds
