// The venues' own words, as the demo's exchanges say and understand them. No sockets.
#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/demo/dialect.hpp"
#include "tests/daemon/dialect_talk.hpp"

using namespace contagiond;
using namespace contagiond::test;
using nlohmann::json;

namespace {

Print bitcoin_trade(std::string_view venue, std::string_view venue_symbol) {
    Print p;
    p.kind = Print::Kind::trade;
    p.ts = noon + 61'234'567'891;
    p.symbol = "BTC-USD";
    p.venue = venue;
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
    Print p = bitcoin_trade("alpaca", "NVDA");
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

}  // namespace

TEST_CASE("times are written in UTC and cut off, not rounded") {
    CHECK(demo::rfc3339(noon, 0) == "2025-01-27T14:30:00Z");
    CHECK(demo::rfc3339(noon + 999'999'999, 6) == "2025-01-27T14:30:00.999999Z");
    CHECK(demo::rfc3339(noon + 5, 9) == "2025-01-27T14:30:00.000000005Z");
    CHECK(demo::rfc3339(1'709'210'096 * core::ns_per_s, 3) == "2024-02-29T12:34:56.000Z");
}

TEST_CASE("Binance writes trades and best quotes as it does in the captures") {
    Print p = bitcoin_trade("binance_spot", "BTCUSDT");
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
    const Print p = bitcoin_trade("coinbase_exchange", "BTC-USD");
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
    const demo::House house;
    const auto c = open_conversation("binance_spot", "/ws", house);
    REQUIRE(c);
    const Print trade = bitcoin_trade("binance_spot", "BTCUSDT");
    CHECK(heard(*c, trade).empty());

    CHECK(
        answer(*c, R"({"method":"SUBSCRIBE","params":["btcusdt@trade","nosuch@trade"],"id":7})") ==
        Frames{R"({"result":null,"id":7})"});
    CHECK(heard(*c, trade) == Frames{demo::binance_trade(trade)});
    CHECK(heard(*c, as_quote(trade)).empty());
    CHECK(heard(*c, bitcoin_trade("binance_spot", "ETHUSDT")).empty());

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
    const demo::House house;
    const Print trade = bitcoin_trade("binance_spot", "BTCUSDT");
    const auto wrapped = open_conversation(
        "binance_spot", "/stream?timeUnit=x&streams=ethusdt@trade/btcusdt@trade", house);
    REQUIRE(wrapped);
    CHECK(heard(*wrapped, trade) ==
          Frames{R"({"stream":"btcusdt@trade","data":)" + demo::binance_trade(trade) + "}"});
    const auto raw = open_conversation("binance_spot", "/ws/btcusdt@trade", house);
    REQUIRE(raw);
    CHECK(heard(*raw, trade) == Frames{demo::binance_trade(trade)});
    CHECK_FALSE(open_conversation("binance_spot", "/", house));
    CHECK_FALSE(open_conversation("binance_spot", "/wsx", house));
}

TEST_CASE("Binance refuses what it does not understand and goes on") {
    const demo::House house;
    const auto c = open_conversation("binance_spot", "/ws", house);
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
    CHECK(heard(*c, bitcoin_trade("binance_spot", "BTCUSDT")).empty());
}

TEST_CASE("a Coinbase client gets an acknowledgement, the last trade, then what happens") {
    demo::House house;
    const Print first = bitcoin_trade("coinbase_exchange", "BTC-USD");
    house.tape.note(first);
    const auto c = open_conversation("coinbase_exchange", "/", house);
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
    CHECK(out[2] == demo::coinbase_ticker(*house.tape.find("BTC-USD")));

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
    house.tape.note(next);
    const Frames then = heard(*c, next);
    REQUIRE(then.size() == 3);
    const json heartbeat = json::parse(then[0]);
    CHECK(heartbeat["type"] == "heartbeat");
    CHECK(heartbeat["last_trade_id"] == first.trade_id);
    CHECK(heartbeat["sequence"] == first.sequence);
    CHECK(heartbeat["time"] == "2025-01-27T14:31:02.000000Z");
    CHECK(then[1] == demo::coinbase_match(next, "match"));
    CHECK(then[2] == demo::coinbase_ticker(*house.tape.find("BTC-USD")));

    // Within the same second there is no second heartbeat.
    Print soon = next;
    soon.ts += 1000;
    soon.trade_id += 1;
    house.tape.note(soon);
    CHECK(heard(*c, soon).size() == 2);

    CHECK(answer(*c, R"({"type":"unsubscribe","product_ids":["BTC-USD"],"channels":["ticker"]})")
              .size() == 1);
    soon.trade_id += 1;
    house.tape.note(soon);
    CHECK(heard(*c, soon) == Frames{demo::coinbase_match(soon, "match")});
}

TEST_CASE("Coinbase names what it refuses and takes no half of a request") {
    demo::House house;
    const Print p = bitcoin_trade("coinbase_exchange", "BTC-USD");
    house.tape.note(p);
    const auto c = open_conversation("coinbase_exchange", "/", house);
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
    CHECK_FALSE(open_conversation("coinbase_exchange", "/ws", house));
}

TEST_CASE("an Alpaca client is greeted, must authenticate, and is sent arrays") {
    const demo::House house;
    const auto c = open_conversation("alpaca", "/v2/iex", house);
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
    CHECK(heard(*c, bitcoin_trade("alpaca", "AMD")).empty());

    CHECK(answer(*c, R"({"action":"unsubscribe","quotes":["NVDA"]})").size() == 1);
    CHECK(heard(*c, as_quote(trade)).empty());
    for (const char* frame :
         {"nonsense", "[]", R"({"action":"dance"})", R"({"action":"subscribe","trades":"AMD"})",
          R"({"action":"subscribe","trades":[1]})"}) {
        CAPTURE(frame);
        CHECK(answer(*c, frame) == Frames{R"([{"T":"error","code":400,"msg":"invalid syntax"}])"});
    }
    CHECK_FALSE(open_conversation("alpaca", "/", house));
}
