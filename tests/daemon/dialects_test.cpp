// The venues' own words, as the demo's exchanges say and understand them. No sockets.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/demo/dialect.hpp"
#include "feeds/adapter.hpp"

using namespace contagiond;
using demo::Exchange;
using demo::Frames;
using demo::Print;
using nlohmann::json;

namespace {

constexpr core::TimeNs noon = 1'737'988'200 * core::ns_per_s;  // 2025-01-27T14:30:00Z

Print bitcoin_trade(Exchange exchange, std::string_view venue_symbol) {
    Print p;
    p.kind = Print::Kind::trade;
    p.ts = noon + 61'234'567'891;
    p.symbol = "BTC-USD";
    p.exchange = exchange;
    p.venue_symbol = venue_symbol;
    p.price = 105192.63;
    p.size = 0.0401;
    p.buyer_aggressive = true;
    p.trade_id = 4482113871;
    p.sequence = 53785366450;
    p.bid = 105192.1;
    p.ask = 105192.63;
    p.bid_size = 0.5;
    p.ask_size = 1.25;
    p.price_digits = 2;
    p.size_digits = 5;
    return p;
}

Print as_quote(Print p) {
    p.kind = Print::Kind::quote;
    return p;
}

Print stock_trade() {
    Print p = bitcoin_trade(Exchange::alpaca, "NVDA");
    p.symbol = "NVDA";
    p.price = 142.60;
    p.size = 120;
    p.trade_id = 17;
    p.bid = 142.59;
    p.ask = 142.6;
    p.bid_size = 300;
    p.ask_size = 200;
    p.size_digits = 0;
    return p;
}

/// What a client hears in answer to one frame.
Frames answer(demo::Conversation& c, std::string_view frame) {
    Frames out;
    c.received(frame, out);
    return out;
}

Frames heard(demo::Conversation& c, const Print& p) {
    Frames out;
    c.print(p, out);
    c.flush(out);
    return out;
}

}  // namespace

TEST_CASE("times are written in UTC and cut off, not rounded") {
    CHECK(demo::rfc3339(noon, 0) == "2025-01-27T14:30:00Z");
    CHECK(demo::rfc3339(noon + 999'999'999, 6) == "2025-01-27T14:30:00.999999Z");
    CHECK(demo::rfc3339(noon + 5, 9) == "2025-01-27T14:30:00.000000005Z");
    CHECK(demo::rfc3339(1'709'210'096 * core::ns_per_s, 3) == "2024-02-29T12:34:56.000Z");
}

TEST_CASE("Binance writes trades and best quotes as it does in the captures") {
    Print p = bitcoin_trade(Exchange::binance_spot, "BTCUSDT");
    CHECK(demo::binance_trade(p) ==
          R"({"e":"trade","E":1737988261234,"s":"BTCUSDT","t":4482113871,"p":"105192.63000000",)"
          R"("q":"0.04010000","T":1737988261234,"m":false,"M":true})");
    p.buyer_aggressive = false;
    CHECK(json::parse(demo::binance_trade(p))["m"] == true);
    CHECK(demo::binance_book_ticker(p) ==
          R"({"u":53785366450,"s":"BTCUSDT","b":"105192.10000000","B":"0.50000000",)"
          R"("a":"105192.63000000","A":"1.25000000"})");
}

TEST_CASE("Coinbase writes matches with the maker's side and tickers with the taker's") {
    const Print p = bitcoin_trade(Exchange::coinbase_exchange, "BTC-USD");
    const json match = json::parse(demo::coinbase_match(p, "match"));
    CHECK(match["type"] == "match");
    CHECK(match["side"] == "sell");
    CHECK(match["trade_id"] == 4482113871);
    CHECK(match["sequence"] == 53785366450);
    CHECK(match["price"] == "105192.63");
    CHECK(match["size"] == "0.04010000");
    CHECK(match["product_id"] == "BTC-USD");
    CHECK(match["time"] == "2025-01-27T14:31:01.234567Z");
    CHECK(match["maker_order_id"].get<std::string>().size() == 36);
    CHECK(match["maker_order_id"] != match["taker_order_id"]);

    demo::Tape tape;
    tape.note(p);
    Print higher = p;
    higher.price = 105200;
    higher.trade_id = p.trade_id + 1;
    higher.buyer_aggressive = false;
    tape.note(higher);
    const json ticker = json::parse(demo::coinbase_ticker(*tape.find("BTC-USD")));
    CHECK(ticker["type"] == "ticker");
    CHECK(ticker["side"] == "sell");
    CHECK(ticker["price"] == "105200.00");
    CHECK(ticker["open_24h"] == "105192.63");
    CHECK(ticker["high_24h"] == "105200.00");
    CHECK(ticker["low_24h"] == "105192.63");
    CHECK(ticker["volume_24h"] == "0.08020000");
    CHECK(ticker["best_bid"] == "105192.10");
    CHECK(ticker["best_ask_size"] == "1.25000000");
    CHECK(ticker["trade_id"] == 4482113872);
}

TEST_CASE("Alpaca writes numbers bare and times without trailing zeros") {
    Print p = stock_trade();
    CHECK(demo::alpaca_trade(p) ==
          R"({"T":"t","S":"NVDA","i":17,"x":"V","p":142.6,"s":120,"c":["@"],)"
          R"("z":"C","t":"2025-01-27T14:31:01.234567891Z"})");
    p.ts = noon + 61'200'000'000;
    CHECK(demo::alpaca_quote(p) ==
          R"({"T":"q","S":"NVDA","bx":"V","bp":142.59,"bs":300,"ax":"V","ap":142.6,"as":200,)"
          R"("c":["R"],"z":"C","t":"2025-01-27T14:31:01.2Z"})");
    p.ts = noon;
    CHECK(json::parse(demo::alpaca_trade(p))["t"] == "2025-01-27T14:30:00Z");
    CHECK(demo::shortest_decimal(108.75, 6) == "108.75");
    CHECK(demo::shortest_decimal(2770.0, 1) == "2770");
    CHECK(demo::shortest_decimal(120, 0) == "120");
}

TEST_CASE("a Binance client gets the streams it subscribed to, raw under /ws") {
    const demo::Tape tape;
    const auto c = demo::open_conversation(Exchange::binance_spot, "/ws", tape);
    REQUIRE(c);
    const Print trade = bitcoin_trade(Exchange::binance_spot, "BTCUSDT");
    CHECK(heard(*c, trade).empty());

    CHECK(
        answer(*c, R"({"method":"SUBSCRIBE","params":["btcusdt@trade","nosuch@trade"],"id":7})") ==
        Frames{R"({"result":null,"id":7})"});
    CHECK(heard(*c, trade) == Frames{demo::binance_trade(trade)});
    CHECK(heard(*c, as_quote(trade)).empty());
    CHECK(heard(*c, bitcoin_trade(Exchange::binance_spot, "ETHUSDT")).empty());

    CHECK(answer(*c, R"({"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":"x"})") ==
          Frames{R"({"result":null,"id":"x"})"});
    CHECK(heard(*c, as_quote(trade)) == Frames{demo::binance_book_ticker(trade)});
    CHECK(answer(*c, R"({"method":"UNSUBSCRIBE","params":["btcusdt@trade"],"id":null})") ==
          Frames{R"({"result":null,"id":null})"});
    CHECK(heard(*c, trade).empty());
    CHECK(json::parse(answer(*c, R"({"method":"LIST_SUBSCRIPTIONS","id":3})").at(0))["result"] ==
          json({"btcusdt@bookTicker", "nosuch@trade"}));
}

TEST_CASE("Binance streams may stand in the address, wrapped under /stream") {
    const demo::Tape tape;
    const Print trade = bitcoin_trade(Exchange::binance_spot, "BTCUSDT");
    const auto wrapped = demo::open_conversation(
        Exchange::binance_spot, "/stream?timeUnit=x&streams=ethusdt@trade/btcusdt@trade", tape);
    REQUIRE(wrapped);
    CHECK(heard(*wrapped, trade) ==
          Frames{R"({"stream":"btcusdt@trade","data":)" + demo::binance_trade(trade) + "}"});
    const auto raw = demo::open_conversation(Exchange::binance_spot, "/ws/btcusdt@trade", tape);
    REQUIRE(raw);
    CHECK(heard(*raw, trade) == Frames{demo::binance_trade(trade)});
    CHECK_FALSE(demo::open_conversation(Exchange::binance_spot, "/", tape));
    CHECK_FALSE(demo::open_conversation(Exchange::binance_spot, "/wsx", tape));
}

TEST_CASE("Binance refuses what it does not understand and goes on") {
    const demo::Tape tape;
    const auto c = demo::open_conversation(Exchange::binance_spot, "/ws", tape);
    const std::string deep = R"({"id":)" + std::string(9'000, '[') + std::string(9'000, ']') + "}";
    for (const std::string& frame :
         {std::string("nonsense"), std::string("[]"), std::string("{}"), deep,
          std::string(R"({"method":"BUY","id":1})"), std::string(R"({"method":5,"id":1})"),
          std::string(R"({"method":"SUBSCRIBE","params":"btcusdt@trade","id":1})"),
          std::string(R"({"method":"SUBSCRIBE","params":["btcusdt@trade",3],"id":1})")}) {
        CAPTURE(frame.substr(0, 80));
        const Frames out = answer(*c, frame);
        REQUIRE(out.size() == 1);
        CHECK(json::parse(out[0]).contains("error"));
    }
    // Nothing of a refused request took effect.
    CHECK(heard(*c, bitcoin_trade(Exchange::binance_spot, "BTCUSDT")).empty());
}

TEST_CASE("a Coinbase client gets an acknowledgement, the last trade, then what happens") {
    demo::Tape tape;
    const Print first = bitcoin_trade(Exchange::coinbase_exchange, "BTC-USD");
    tape.note(first);
    const auto c = demo::open_conversation(Exchange::coinbase_exchange, "/", tape);
    REQUIRE(c);
    CHECK(heard(*c, first).empty());

    const Frames out = answer(
        *c,
        R"({"type":"subscribe","product_ids":["BTC-USD"],"channels":["matches","ticker","heartbeat"]})");
    REQUIRE(out.size() == 3);
    CHECK(json::parse(out[0])["type"] == "subscriptions");
    CHECK(json::parse(out[0])["channels"].size() == 3);
    CHECK(json::parse(out[0])["channels"][0]["product_ids"] == json({"BTC-USD"}));
    CHECK(out[1] == demo::coinbase_match(first, "last_match"));
    CHECK(out[2] == demo::coinbase_ticker(*tape.find("BTC-USD")));

    // The same again adds nothing, so nothing is repeated.
    CHECK(
        answer(*c,
               R"({"type":"subscribe","product_ids":["BTC-USD"],"channels":["matches","ticker"]})")
            .size() == 1);

    Print next = first;
    next.ts += core::ns_per_s;
    next.trade_id += 1;
    next.sequence += 3;
    CHECK(heard(*c, as_quote(next)).empty());
    tape.note(next);
    const Frames then = heard(*c, next);
    REQUIRE(then.size() == 3);
    const json heartbeat = json::parse(then[0]);
    CHECK(heartbeat["type"] == "heartbeat");
    CHECK(heartbeat["last_trade_id"] == first.trade_id);
    CHECK(heartbeat["sequence"] == first.sequence);
    CHECK(heartbeat["time"] == "2025-01-27T14:31:02.000000Z");
    CHECK(then[1] == demo::coinbase_match(next, "match"));
    CHECK(then[2] == demo::coinbase_ticker(*tape.find("BTC-USD")));

    // Within the same second there is no second heartbeat.
    Print soon = next;
    soon.ts += 1000;
    soon.trade_id += 1;
    tape.note(soon);
    CHECK(heard(*c, soon).size() == 2);

    CHECK(answer(*c, R"({"type":"unsubscribe","product_ids":["BTC-USD"],"channels":["ticker"]})")
              .size() == 1);
    soon.trade_id += 1;
    tape.note(soon);
    CHECK(heard(*c, soon) == Frames{demo::coinbase_match(soon, "match")});
}

TEST_CASE("Coinbase names what it refuses and takes no half of a request") {
    demo::Tape tape;
    const Print p = bitcoin_trade(Exchange::coinbase_exchange, "BTC-USD");
    tape.note(p);
    const auto c = demo::open_conversation(Exchange::coinbase_exchange, "/", tape);
    const Frames unknown = answer(
        *c, R"({"type":"subscribe","product_ids":["BTC-USD","XYZ-ABC"],"channels":["matches"]})");
    REQUIRE(unknown.size() == 1);
    CHECK(json::parse(unknown[0])["message"] == "Failed to subscribe");
    CHECK(json::parse(unknown[0])["reason"].get<std::string>().find("XYZ-ABC") !=
          std::string::npos);
    for (const char* frame :
         {"nonsense", "{}", R"({"type":"subscribe"})",
          R"({"type":"subscribe","product_ids":["BTC-USD"],"channels":[]})",
          R"({"type":"subscribe","product_ids":["BTC-USD"],"channels":["level3"]})",
          R"({"type":"subscribe","product_ids":[5],"channels":["matches"]})",
          R"({"type":"subscribe","channels":["matches"]})"}) {
        CAPTURE(frame);
        const Frames out = answer(*c, frame);
        REQUIRE(out.size() == 1);
        CHECK(json::parse(out[0])["type"] == "error");
    }
    CHECK(heard(*c, p).empty());
    // A channel may bring its own products.
    CHECK(
        answer(*c,
               R"({"type":"subscribe","channels":[{"name":"matches","product_ids":["BTC-USD"]}]})")
            .size() == 2);
    CHECK_FALSE(demo::open_conversation(Exchange::coinbase_exchange, "/ws", tape));
}

TEST_CASE("an Alpaca client is greeted, must authenticate, and is sent arrays") {
    const demo::Tape tape;
    const auto c = demo::open_conversation(Exchange::alpaca, "/v2/iex", tape);
    REQUIRE(c);
    Frames greeting;
    c->opened(greeting);
    CHECK(greeting == Frames{R"([{"T":"success","msg":"connected"}])"});
    const std::string subscribe = R"({"action":"subscribe","trades":["NVDA"],"quotes":["NVDA"]})";
    CHECK(answer(*c, subscribe) ==
          Frames{R"([{"T":"error","code":401,"msg":"not authenticated"}])"});
    CHECK(answer(*c, R"({"action":"auth","key":"","secret":"s"})") ==
          Frames{R"([{"T":"error","code":402,"msg":"auth failed"}])"});
    CHECK(answer(*c, R"({"action":"auth","key":"any","secret":"thing"})") ==
          Frames{R"([{"T":"success","msg":"authenticated"}])"});
    CHECK(answer(*c, R"({"action":"auth","key":"any","secret":"thing"})") ==
          Frames{R"([{"T":"error","code":403,"msg":"already authenticated"}])"});
    CHECK(heard(*c, stock_trade()).empty());
    CHECK(answer(*c, subscribe) ==
          Frames{R"([{"T":"subscription","trades":["NVDA"],"quotes":["NVDA"],"bars":[],)"
                 R"("updatedBars":[],"dailyBars":[],"statuses":[],"lulds":[],)"
                 R"("corrections":["NVDA"],"cancelErrors":["NVDA"]}])"});

    const Print trade = stock_trade();
    Frames out;
    c->print(trade, out);
    c->print(as_quote(trade), out);
    CHECK(out.empty());
    c->flush(out);
    CHECK(out == Frames{"[" + demo::alpaca_trade(trade) + "," + demo::alpaca_quote(trade) + "]"});
    CHECK(heard(*c, bitcoin_trade(Exchange::alpaca, "AMD")).empty());

    CHECK(answer(*c, R"({"action":"unsubscribe","quotes":["NVDA"]})").size() == 1);
    CHECK(heard(*c, as_quote(trade)).empty());
    for (const char* frame :
         {"nonsense", "[]", R"({"action":"dance"})", R"({"action":"subscribe","trades":"AMD"})",
          R"({"action":"subscribe","trades":[1]})"}) {
        CAPTURE(frame);
        CHECK(answer(*c, frame) == Frames{R"([{"T":"error","code":400,"msg":"invalid syntax"}])"});
    }
    CHECK_FALSE(demo::open_conversation(Exchange::alpaca, "/", tape));
}

namespace {

/// A number as the decoder hands it on; NaN where there is none.
double number(std::string_view text) {
    return text.empty() ? std::nan("") : std::strtod(std::string(text).c_str(), nullptr);
}

/// What the venue's own adapter makes of a frame.
struct Adapter {
    explicit Adapter(const feeds::Venue& v) : venue(v), decoder(v.make_decoder()) {}

    const feeds::Decoded& decode(const std::string& frame) {
        held = frame;
        held.reserve(frame.size() + feeds::frame_padding);
        decoder->decode(held, noon, decoded);
        CAPTURE(frame);
        REQUIRE(decoded.error == feeds::DecodeError::none);
        REQUIRE(decoded.rejected == 0);
        return decoded;
    }
    bool hears(const Frames& frames, feeds::ControlKind kind) {
        for (const std::string& frame : frames)
            for (const feeds::Control& c : decode(frame).controls)
                if (c.kind == kind) return true;
        return false;
    }

    const feeds::Venue& venue;
    std::unique_ptr<feeds::Decoder> decoder;
    std::string held;
    feeds::Decoded decoded;
};

constexpr std::string_view venue_id(Exchange exchange) {
    switch (exchange) {
        case Exchange::binance_spot:
            return "binance_spot";
        case Exchange::coinbase_exchange:
            return "coinbase_exchange";
        case Exchange::alpaca:
            return "alpaca";
    }
    return "";
}

/// Resolution of the venue's stamps, ns.
constexpr core::DurationNs stamp_step(Exchange exchange) {
    switch (exchange) {
        case Exchange::binance_spot:
            return core::ns_per_ms;
        case Exchange::coinbase_exchange:
            return core::ns_per_us;
        case Exchange::alpaca:
            return 1;
    }
    return 1;
}

void check_trade(const feeds::Row& row, const Print& p) {
    CHECK(row.kind == feeds::RowKind::trade);
    CHECK(row.symbol == p.venue_symbol);
    CHECK(number(row.price) == p.price);
    CHECK(number(row.size) == p.size);
    CHECK(row.trade_id == std::to_string(p.trade_id));
    CHECK(row.ts_exchange == p.ts - p.ts % stamp_step(p.exchange));
    CHECK(row.flags == 0);
    if (p.exchange == Exchange::alpaca)
        CHECK(row.side == feeds::Side::unknown);
    else
        CHECK(row.side == (p.buyer_aggressive ? feeds::Side::buy : feeds::Side::sell));
}

void check_quote(const feeds::Row& row, const Print& p) {
    CHECK(row.kind == feeds::RowKind::quote);
    CHECK(row.symbol == p.venue_symbol);
    CHECK(number(row.bid_price) == p.bid);
    CHECK(number(row.bid_size) == p.bid_size);
    CHECK(number(row.ask_price) == p.ask);
    CHECK(number(row.ask_size) == p.ask_size);
    const bool stamped = p.exchange != Exchange::binance_spot;
    CHECK(row.ts_exchange == (stamped ? p.ts - p.ts % stamp_step(p.exchange) : core::no_time));
}

}  // namespace

TEST_CASE("the adapters' own handshakes are understood and every number comes back") {
    const auto exchange =
        GENERATE(Exchange::binance_spot, Exchange::coinbase_exchange, Exchange::alpaca);
    CAPTURE(venue_id(exchange));
    const feeds::Venue* const venue = feeds::find_venue(venue_id(exchange));
    REQUIRE(venue);
    Adapter adapter(*venue);

    demo::Market market(5);
    demo::Tape tape;
    std::vector<Print> prints;
    std::map<std::string_view, feeds::Subscription> listed;
    for (const Print& p : market.advance(market.script().start)) {
        if (p.exchange != exchange) continue;
        tape.note(p);
        listed[p.venue_symbol] = feeds::Subscription{std::string(p.venue_symbol)};
    }
    for (const Print& p : market.advance(market.script().start + 120 * core::ns_per_s))
        if (p.exchange == exchange) prints.push_back(p);

    // The path is that of the venue's own default address.
    std::string target(venue->default_url);
    const std::size_t path_at = target.find('/', target.find("://") + 3);
    target = path_at == std::string::npos ? "/" : target.substr(path_at);
    const auto c = demo::open_conversation(exchange, target, tape);
    REQUIRE(c);
    Frames greeting;
    c->opened(greeting);
    CHECK(adapter.hears(greeting, feeds::ControlKind::greeting) == venue->rules.greets);
    if (venue->rules.authenticates)
        CHECK(adapter.hears(answer(*c, venue->authenticate({"any", "thing"})),
                            feeds::ControlKind::authenticated));
    std::vector<feeds::Subscription> wanted;
    for (const auto& [symbol, subscription] : listed) wanted.push_back(subscription);
    std::size_t history = 0;
    bool acknowledged = false;
    for (const std::string& frame : venue->subscribe(wanted, 0)) {
        for (const std::string& said : answer(*c, frame)) {
            const feeds::Decoded& decoded = adapter.decode(said);
            for (const feeds::Control& control : decoded.controls)
                acknowledged |= control.kind == feeds::ControlKind::subscribed;
            for (const feeds::Row& row : decoded.rows) {
                if (row.kind != feeds::RowKind::trade) continue;
                CHECK((row.flags & feeds::row_snapshot) != 0);
                ++history;
            }
        }
    }
    CHECK(acknowledged);
    CHECK(history == (exchange == Exchange::coinbase_exchange ? wanted.size() : 0));

    std::size_t trades = 0, quotes = 0;
    for (const Print& p : prints) {
        tape.note(p);
        for (const std::string& frame : heard(*c, p)) {
            for (const feeds::Row& row : adapter.decode(frame).rows) {
                if (row.kind == feeds::RowKind::trade) {
                    check_trade(row, p);
                    ++trades;
                } else {
                    check_quote(row, p);
                    ++quotes;
                }
            }
        }
    }
    CHECK(trades > 100 * wanted.size());
    CHECK(trades < 140 * wanted.size());
    CHECK(quotes > 40 * wanted.size());
}
