#include "feeds/binance_decoder.hpp"

#include <algorithm>

#include "feeds/shapes/known_shapes.hpp"
#include "feeds/shapes/shaped_decoder.hpp"
#include "feeds/venue_errors.hpp"

namespace contagiond::feeds {
namespace {

struct Message {
    JsonText event, time, buyer_is_maker, update_id, kind_of_match;
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
        case 'X':
            return &m.kind_of_match;
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

class BinanceDecoder final : public Decoder {
  public:
    explicit BinanceDecoder(const BinanceMarket& market) : market_(market) {}

    void decode(std::string_view frame, core::TimeNs, Decoded& out) override {
        errors_.clear();
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

    void emit(Message& m, Decoded& out) {
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

    void emit_trade(const Message& m, std::string_view channel, Decoded& out) const {
        Row row;
        row.channel = channel;
        DecodeError error = take_trade(m.market, row);
        if (error == DecodeError::none) error = market_.take_time(m.time, row.ts_exchange);
        if (error == DecodeError::none && !m.buyer_is_maker.missing()) {
            if (m.buyer_is_maker.type != JsonType::boolean) error = DecodeError::wrong_type;
            row.side = m.buyer_is_maker.text == "true" ? Side::sell : Side::buy;
        }
        if (error == DecodeError::none && market_.tells_kind_of_match &&
            !m.kind_of_match.missing() && !m.kind_of_match.is_string("MARKET")) {
            if (m.kind_of_match.type != JsonType::string) error = DecodeError::wrong_type;
            row.flags = row_not_market;
            row.mark = m.kind_of_match.text;
        }
        keep(row, error, out);
    }

    void emit_quote(const Message& m, Decoded& out) const {
        Row row;
        row.channel = "bookTicker";
        DecodeError error = take_quote(m.market, row);
        if (error == DecodeError::none) error = market_.take_time(m.time, row.ts_exchange);
        keep(row, error, out);
    }

    void emit_reply(const Message& m, Decoded& out) {
        if (m.has_error || (m.code.type == JsonType::number && !m.text.missing())) {
            errors_.add(is_lasting(m.code), m.text, m.code, out);
        } else if (m.has_result) {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else {
            ++out.ignored;
        }
    }

    /// Codes from 0 up and from -1100 down say that the request itself is wrong, and it would be
    /// wrong again; those between speak of load and of the venue's own trouble.
    static bool is_lasting(const JsonText& code) {
        if (code.type != JsonType::number) return false;
        const bool of_the_request = code.text.size() == 5 && code.text.starts_with("-11");
        return code.text.front() != '-' || of_the_request;
    }

    JsonReader reader_;
    BinanceMarket market_;
    VenueErrors errors_;
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

}  // namespace

std::unique_ptr<Decoder> make_binance_decoder(const BinanceMarket& market) {
    return with_shapes<read_binance_shape>(std::make_unique<BinanceDecoder>(market));
}

std::vector<std::string> subscribe_binance(std::span<const Subscription> wanted,
                                           std::string_view trade_stream) {
    std::vector<std::string> streams;
    for (const Subscription& s : wanted) {
        if (s.trades) streams.push_back(stream_name(s.symbol, trade_stream));
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

}  // namespace contagiond::feeds
