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
// different things by tape (sale_conditions.hpp). There is no sequence number, so gaps cannot be
// seen. Quotes of the IEX feed are that exchange's own; whether their sizes are round lots or
// shares since November 2025 is not known, so they are passed on as they come.
//
// With trades come, unasked, corrections ("T":"c") and cancels of earlier ones:
//   [{"T":"x","S":"DJT","i":4868,"x":"D","p":36.18,"s":31800,"a":"C","z":"C","t":".."}]
//   [{"T":"c","S":"EEM","x":"M","oi":527,"op":39.15,"os":4,"ci":326,"cp":39.18,"cs":4,"z":"B",..}]
// They carry prices, but nothing traded at them just then: no rows. What they take back has long
// been a tick; it is counted, and what was made of that tick is doubtful. Halts ("s"), bands and
// bars are ignored: the price of what is halted goes stale, which is what it is.
//
// Addresses: /v2/iex (free), /v2/sip, /v2/delayed_sip, /v1beta3/crypto/us; /v2/test serves FAKEPACA
// at any hour. A free plan has 30 streams, and every plan one connection an address.
#include <algorithm>
#include <iterator>

#include "feeds/message_decoder.hpp"
#include "feeds/request_frames.hpp"
#include "feeds/sale_conditions.hpp"
#include "feeds/shapes/known_shapes.hpp"
#include "feeds/shapes/shaped_decoder.hpp"

namespace contagiond::feeds {
namespace {

/// What the venue refuses with, and what an operator can do about it.
struct Refusal {
    std::string_view code;
    bool lasts;
    std::string_view advice;
};
constexpr Refusal refusals[] = {
    {"400", true, "it does not understand the request; is each symbol one of this address?"},
    {"401", false, "data were asked for before the login was done"},
    {"402", true, "key or secret is wrong, or of another account"},
    {"403", false, "a second login on one connection"},
    {"404", false, "the login came too late"},
    {"405", true, "more symbols than the plan allows"},
    {"406", true, "another program is connected with this account, and the plan allows no more"},
    {"407", false, "we did not keep up with the data"},
    {"408", true, "this version of the data is not enabled for the account"},
    {"409", true, "the plan does not include these data"},
    {"500", false, "an error on the venue's side"},
};

struct Message {
    JsonText type, time, taker_side, tape;
    MarketFields market;
    JsonText code, text;
    ConditionSet conditions;
};

JsonText* field_of(Message& m, std::string_view key) {
    if (key == "T") return &m.type;
    if (key == "S") return &m.market.symbol;
    if (key == "t") return &m.time;
    if (key == "i") return &m.market.trade_id;
    if (key == "p") return &m.market.price;
    if (key == "s") return &m.market.size;
    if (key == "z") return &m.tape;
    if (key == "bp") return &m.market.bid;
    if (key == "bs") return &m.market.bid_size;
    if (key == "ap") return &m.market.ask;
    if (key == "as") return &m.market.ask_size;
    if (key == "tks") return &m.taker_side;
    if (key == "msg") return &m.text;
    return key == "code" ? &m.code : nullptr;
}

class AlpacaDecoder final : public MessageDecoder<AlpacaDecoder> {
  public:
    Walk read(Decoded& out) {
        Message m;
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "c") return read_condition_letters(reader_, field, m.conditions);
            if (JsonText* const wanted = field_of(m, key)) *wanted = field;
            return Walk::on;
        });
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    void emit(const Message& m, Decoded& out) {
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
            emit_error(m, out);
        } else if (m.type.is_string("x") || m.type.is_string("c")) {
            out.taken_back.push_back(m.market.symbol.text);
        } else {
            ++out.ignored;
        }
    }

    void emit_error(const Message& m, Decoded& out) {
        const auto* const known = std::ranges::find(refusals, m.code.text, &Refusal::code);
        const bool is_known = known != std::end(refusals);
        // Of the newer codes it is known that they are about bad requests.
        const bool lasts = is_known ? known->lasts : m.code.text.starts_with('4');
        errors_.add(lasts, m.text, m.code, out, is_known ? known->advice : "");
    }

    static void emit_trade(const Message& m, Decoded& out) {
        Row row;
        row.channel = "trades";
        row.side = side_of(m.taker_side, "B", "S");
        const ConditionSet& barred = m.tape.is_string("C") ? not_last_utp : not_last_cta;
        if (m.conditions.meets(barred)) row.flags = row_not_last;
        keep_at(m.time, row, take_trade(m.market, row), out);
    }

    static void emit_quote(const Message& m, Decoded& out) {
        Row row;
        row.channel = "quotes";
        keep_at(m.time, row, take_quote(m.market, row), out);
    }
};

/// Subscriptions add up; each frame is answered with the full state.
std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    constexpr std::size_t symbols_per_frame = 500;
    return joined(list_frames(symbols_of(wanted, &Subscription::trades), symbols_per_frame,
                              R"({"action":"subscribe","trades":[)", "]}"),
                  list_frames(symbols_of(wanted, &Subscription::quotes), symbols_per_frame,
                              R"({"action":"subscribe","quotes":[)", "]}"));
}

std::string authenticate(const Credentials& credentials) {
    return R"({"action":"auth","key":)" + json_string(credentials.key) + R"(,"secret":)" +
           json_string(credentials.secret) + "}";
}

// Shares by their ticker; those with a dot (BRK.B) are left out, as no frame of one was seen. Coins
// trade at another address.
constexpr SymbolRule symbols[] = {
    {"{BASE}-{QUOTE}", "{BASE}/{QUOTE}", "USD USDT USDC BTC", "/crypto"},
    {"{SHARE}", "{SHARE}"},
};

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
    allow_quiet_hours(venue.rules);
    venue.make_decoder = [] {
        return with_shapes<read_alpaca_shape>(std::make_unique<AlpacaDecoder>());
    };
    venue.subscribe = subscribe;
    venue.authenticate = authenticate;
    venue.keys = Keys::key_and_secret;
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
