// Massive (formerly Polygon.io), US stocks. Documentation: Massive WebSocket, stocks cluster.
//
//   [{"ev":"status","status":"connected","message":"Connected Successfully"}]
//   [{"ev":"status","status":"auth_success","message":"authenticated"}]
//   [{"ev":"status","status":"success","message":"subscribed to: T.AAPL"}]
//   [{"ev":"T","sym":"TSLA","i":"15589","x":19,"p":1114.38,"s":13,"c":[14,37,41],
//     "t":1649169893847,"q":1769466,"z":3},{..}]
//   [{"ev":"Q","sym":"MSFT","bx":4,"bp":114.125,"bs":100,"ax":7,"ap":114.128,"as":160,"c":0,
//     "i":[604],"t":1536036818784,"q":50385480,"z":3}]
//
// Odd: every message is an array and may hold hundreds of events. Conditions are numbers of the
// venue's own (sale_conditions.hpp), absent on a regular print; of a quote, `c` means something
// else. An id is a string, in old frames a number; `i` of a quote is a list. A side of the book
// that is not there has no keys. `q` rises per symbol but skips: no test for gaps. Sizes of quotes
// were round lots until November 2025, shares since; they are passed on as they come. Where there
// are too many connections the older one is told so, after all seemed well. Nothing comes at night.
// Coins (XT, XQ), options and futures are not read: whose side a coin's condition names, and what
// the others' frames hold, could not be shown.
#include <algorithm>
#include <iterator>

#include "feeds/message_decoder.hpp"
#include "feeds/request_frames.hpp"
#include "feeds/sale_conditions.hpp"

namespace contagiond::feeds {
namespace {

struct Message {
    JsonText event, time, status, text;
    MarketFields market;
    ConditionSet conditions;
};

/// The venue's words for the state of the connection.
struct Status {
    std::string_view word;
    ControlKind kind;
    std::string_view advice;
};
constexpr Status refused_login = {"auth_failed", ControlKind::error_permanent,
                                  "the key is wrong, or the plan lacks these data"};
constexpr Status statuses[] = {
    {"connected", ControlKind::greeting, ""},
    {"auth_success", ControlKind::authenticated, ""},
    {"success", ControlKind::subscribed, ""},
    {"max_connections", ControlKind::error_permanent, "another program uses this account"},
    {"auth_timeout", ControlKind::error_retry, "the login came too late"},
    {"error", ControlKind::error_retry, ""},
    refused_login,
};

JsonText* field_of(Message& m, std::string_view key) {
    if (key == "t") return &m.time;
    if (key == "i") return &m.market.trade_id;
    if (key == "p") return &m.market.price;
    if (key == "s") return &m.market.size;
    if (key == "ev") return &m.event;
    if (key == "sym") return &m.market.symbol;
    if (key == "bp") return &m.market.bid;
    if (key == "bs") return &m.market.bid_size;
    if (key == "ap") return &m.market.ask;
    if (key == "as") return &m.market.ask_size;
    if (key == "status") return &m.status;
    return key == "message" ? &m.text : nullptr;
}

class MassiveDecoder final : public MessageDecoder<MassiveDecoder> {
  public:
    Walk read(Decoded& out) {
        Message m;
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "c") return read_condition_numbers(reader_, field, m.conditions);
            if (JsonText* const wanted = field_of(m, key)) *wanted = field;
            return Walk::on;
        });
        if (answer == Walk::on) emit(m, out);
        return answer;
    }

  private:
    void emit(const Message& m, Decoded& out) {
        if (m.event.is_string("T")) {
            emit_row(m, "T", m.conditions.meets(not_last_massive) ? row_not_last : 0, take_trade,
                     out);
        } else if (m.event.is_string("Q")) {
            emit_row(m, "Q", 0, take_quote, out);
        } else if (m.event.is_string("status")) {
            emit_status(m, out);
        } else {
            ++out.ignored;
        }
    }

    static void emit_row(const Message& m, std::string_view channel, std::uint16_t flags,
                         DecodeError (*take)(const MarketFields&, Row&), Decoded& out) {
        Row row;
        row.channel = channel;
        row.flags = flags;
        keep_at(core::ns_per_ms, m.time, row, take(m.market, row), out);
    }

    void emit_status(const Message& m, Decoded& out) {
        const auto* const known = std::ranges::find(statuses, m.status.text, &Status::word);
        if (known == std::end(statuses)) return void(++out.ignored);
        Status status = *known;
        // "not authorized"; "authentication failed" is an old way to say auth_failed.
        if (status.word == "error" && mentions(m.text, {"uthori", "uthenti"}))
            status = refused_login;
        if (status.kind < ControlKind::error_retry) {
            out.controls.push_back({status.kind, m.text.text});
        } else {
            errors_.add(status.kind == ControlKind::error_permanent, m.text, {}, out,
                        status.advice);
        }
    }
};

/// Channels stand in one string with commas between.
std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    constexpr std::size_t channels_per_frame = 800;
    std::vector<std::string> channels, frames;
    for (const Subscription& s : wanted) {
        if (s.trades) channels.push_back("T." + s.symbol);
        if (s.quotes) channels.push_back("Q." + s.symbol);
    }
    for (const std::string& list : comma_lists(channels, channels_per_frame))
        frames.push_back(R"({"action":"subscribe","params":)" + json_string(list) + "}");
    return frames;
}

std::string authenticate(const Credentials& credentials) {
    return R"({"action":"auth","params":)" + json_string(credentials.key) + "}";
}

// Shares alone; those with a dot (BRK.B) are left out, as no frame of one was seen.
constexpr SymbolRule symbols[] = {
    {"{SHARE}", "{SHARE}"},
};

}  // namespace

Venue massive() {
    Venue venue;
    venue.id = "massive";
    venue.name = "Massive";
    venue.documentation = "https://massive.com/docs/websocket/stocks/overview";
    venue.default_url = "wss://socket.massive.com/stocks";
    venue.default_channels = "T, Q";
    venue.rules.greets = true;
    venue.rules.authenticates = true;
    allow_quiet_hours(venue.rules);
    venue.rules.refuses_alone = true;
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new MassiveDecoder); };
    venue.subscribe = subscribe;
    venue.authenticate = authenticate;
    venue.keys = Keys::key;
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
