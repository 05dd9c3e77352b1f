// Alpaca market data, stocks and crypto. Documentation: Alpaca real-time stock and crypto data.
//
//   [{"T":"success","msg":"connected"}]  [{"T":"success","msg":"authenticated"}]
//   [{"T":"subscription","trades":["AAPL"],"quotes":["AAPL"],..}]
//   [{"T":"error","code":402,"msg":"auth failed"}]
//   [{"T":"t","i":96921,"S":"AAPL","x":"D","p":126.55,"s":1,"t":"2021-02-22T15:51:44.208Z",
//     "c":["@","I"],"z":"C"}]
//   [{"T":"q","S":"AMD","bx":"U","bp":87.66,"bs":1,"ax":"X","ap":87.67,"as":1,
//     "t":"2021-02-22T15:51:45.335689322Z","c":["R"],"z":"C"},{..},{..}]
//   [{"T":"t","S":"BTC/USDT","i":16665956,"p":16729.76,"s":0.017615,"t":"..","tks":"S"}]
//
// Odd: every message is an array, data come in batches. Numbers are bare. A price of 0 is no quote
// on that side. A stock trade has no side; a crypto trade names the taker's. Sale conditions mean
// different things by tape: "B" is an average price on tapes A and B, an ordinary print on tape C.
// There is no sequence number, so gaps cannot be seen. Corrections, cancels, halts, bands and bars
// are understood and passed over. Some errors do not heal by trying again: a wrong key, a limit of
// symbols or connections, a plan that lacks the data.
#include <algorithm>
#include <array>

#include "feeds/json_fields.hpp"

namespace contagiond::feeds {
namespace {

/// A set of sale-condition characters.
class Conditions {
  public:
    constexpr Conditions() = default;
    constexpr explicit Conditions(std::string_view letters) { add(letters); }
    constexpr void add(std::string_view letters) {
        for (const char c : letters) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 128) words_[byte / 64] |= std::uint64_t{1} << (byte % 64);
        }
    }
    constexpr bool meets(const Conditions& other) const {
        return ((words_[0] & other.words_[0]) | (words_[1] & other.words_[1])) != 0;
    }

  private:
    std::array<std::uint64_t, 2> words_{};
};

/// Conditions under which a print must not move the last price, by tape plan.
constexpr Conditions not_last_cta("BCHIMNPQRTUVZ47");   // tapes A and B
constexpr Conditions not_last_utp("CGHIMNPQRTUVWZ47");  // tape C

struct Message {
    JsonText type, time, taker_side, tape;
    MarketFields market;
    JsonText code, text;
    Conditions conditions;
};

JsonText* field_of(Message& m, std::string_view key) {
    if (key.size() == 1) {
        switch (key[0]) {
            case 'T':
                return &m.type;
            case 'S':
                return &m.market.symbol;
            case 't':
                return &m.time;
            case 'i':
                return &m.market.trade_id;
            case 'p':
                return &m.market.price;
            case 's':
                return &m.market.size;
            case 'z':
                return &m.tape;
            default:
                return nullptr;
        }
    }
    if (key == "bp") return &m.market.bid;
    if (key == "bs") return &m.market.bid_size;
    if (key == "ap") return &m.market.ask;
    if (key == "as") return &m.market.ask_size;
    if (key == "tks") return &m.taker_side;
    if (key == "msg") return &m.text;
    return key == "code" ? &m.code : nullptr;
}

class AlpacaDecoder final : public Decoder {
  public:
    void decode(std::string_view frame, core::TimeNs, Decoded& out) override {
        reader_.read(frame, out, [this](Decoded& to) { return read(to); });
    }

  private:
    Walk read(Decoded& out) {
        Message m;
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "c") return read_conditions(m, field);
            if (JsonText* const wanted = field_of(m, key)) *wanted = field;
            return Walk::on;
        });
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

    Walk read_conditions(Message& m, const JsonText& field) {
        m.conditions = Conditions(field.type == JsonType::string ? field.text : "");
        if (field.type != JsonType::array) return Walk::on;
        return nested(reader_.each_element([&m](const JsonText& text) {
            if (text.type == JsonType::string) m.conditions.add(text.text);
            return Walk::on;
        }));
    }

    static void emit(const Message& m, Decoded& out) {
        if (m.type.is_string("q")) {
            emit_quote(m, out);
        } else if (m.type.is_string("t")) {
            emit_trade(m, out);
        } else if (m.type.is_string("success") && m.text.is_string("connected")) {
            out.controls.push_back({ControlKind::greeting, m.text.text});
        } else if (m.type.is_string("success") && m.text.is_string("authenticated")) {
            out.controls.push_back({ControlKind::authenticated, m.text.text});
        } else if (m.type.is_string("subscription")) {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else if (m.type.is_string("error")) {
            constexpr std::array<std::string_view, 4> lasting = {"402", "405", "406", "409"};
            const bool lasts = std::ranges::find(lasting, m.code.text) != lasting.end();
            out.controls.push_back(
                {lasts ? ControlKind::error_permanent : ControlKind::error_retry, m.text.text});
        } else {
            ++out.ignored;
        }
    }

    static void emit_trade(const Message& m, Decoded& out) {
        Row row;
        row.channel = "trades";
        if (m.taker_side.is_string("B")) row.side = Side::buy;
        if (m.taker_side.is_string("S")) row.side = Side::sell;
        const Conditions& not_last = m.tape.is_string("C") ? not_last_utp : not_last_cta;
        if (m.conditions.meets(not_last)) row.flags = row_not_last;
        DecodeError error = take_trade(m.market, row);
        if (error == DecodeError::none) error = take_time(m.time, row.ts_exchange);
        keep(row, error, out);
    }

    static void emit_quote(const Message& m, Decoded& out) {
        Row row;
        row.channel = "quotes";
        DecodeError error = take_quote(m.market, row);
        if (error == DecodeError::none) error = take_time(m.time, row.ts_exchange);
        keep(row, error, out);
    }

    JsonReader reader_;
};

void append_symbols(std::string& frame, std::span<const Subscription> wanted,
                    bool Subscription::*stream) {
    bool first = true;
    for (const Subscription& s : wanted) {
        if (!(s.*stream)) continue;
        if (!first) frame += ',';
        first = false;
        append_json_string(frame, s.symbol);
    }
}

/// Subscriptions add up, so a long list may come in parts; each is answered with the full state.
std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    constexpr std::size_t symbols_per_frame = 500;
    std::vector<std::string> frames;
    for (std::size_t first = 0; first < wanted.size(); first += symbols_per_frame) {
        const auto part = wanted.subspan(first, std::min(symbols_per_frame, wanted.size() - first));
        std::string frame = R"({"action":"subscribe","trades":[)";
        append_symbols(frame, part, &Subscription::trades);
        frame += R"(],"quotes":[)";
        append_symbols(frame, part, &Subscription::quotes);
        frame += "]}";
        frames.push_back(std::move(frame));
    }
    return frames;
}

std::string authenticate(const Credentials& credentials) {
    std::string frame = R"({"action":"auth","key":)";
    append_json_string(frame, credentials.key);
    frame += R"(,"secret":)";
    append_json_string(frame, credentials.secret);
    frame += '}';
    return frame;
}

}  // namespace

Venue alpaca() {
    Venue venue;
    venue.id = "alpaca";
    venue.name = "Alpaca";
    venue.documentation = "https://docs.alpaca.markets/docs/streaming-market-data";
    venue.default_url = "wss://stream.data.alpaca.markets/v2/iex";
    venue.default_channels = "trades, quotes";
    venue.rules.greets = true;
    venue.rules.authenticates = true;
    venue.rules.ping_interval = 10 * core::ns_per_s;
    // Nothing else comes at night: two pongs may be missed before the connection counts as dead.
    venue.rules.silence_any = 25 * core::ns_per_s;
    venue.rules.silence_data = 0;
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new AlpacaDecoder); };
    venue.subscribe = subscribe;
    venue.authenticate = authenticate;
    venue.keys = Keys::key_and_secret;
    return venue;
}

}  // namespace contagiond::feeds
