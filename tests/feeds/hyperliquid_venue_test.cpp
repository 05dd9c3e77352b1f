// Hyperliquid: history that nothing marks, and levels that may be null.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {
namespace {

std::string trade(std::string_view coin) {
    return R"({"coin":")" + std::string(coin) +
           R"(","side":"B","px":"1.50","sz":"2","time":1730160006192,"tid":7})";
}

std::string trades(std::string_view list) {
    return R"({"channel":"trades","data":[)" + std::string(list) + "]}";
}

}  // namespace

TEST_CASE("Hyperliquid: a trade field by field, in any order of keys") {
    for (
        const char* const text :
        {R"({"channel":"trades","data":[{"coin":"xyz:NVDA","side":"A","px":"181.25","sz":"3.118","time":1790735999410,"hash":"0x00","tid":118906907328761,"users":["0x1","0x2"]}]})",
         R"({"data":[{"users":[],"tid":"118906907328761","time":"1790735999410","sz":3.118,"px":181.25,"side":"A","new":null,"coin":"xyz:NVD\u0041"}],"channel":"trades"})"}) {
        INFO(text);
        Bench decode("hyperliquid");
        const auto& out = decode(text);
        REQUIRE(out.error == DecodeError::none);
        REQUIRE(out.rows.size() == 1);
        CHECK(out.rows[0].kind == feeds::RowKind::trade);
        CHECK(out.rows[0].symbol == "xyz:NVDA");
        CHECK(out.rows[0].price == "181.25");
        CHECK(out.rows[0].size == "3.118");
        CHECK(out.rows[0].side == Side::sell);
        CHECK(out.rows[0].trade_id == "118906907328761");
        CHECK(out.rows[0].ts_exchange == 1790735999410000000);
        CHECK(out.rows[0].channel == "trades");
        CHECK(out.rows[0].flags == feeds::row_snapshot);
    }
}

TEST_CASE("Hyperliquid: the first message that names a coin is history, all of it") {
    Bench decode("hyperliquid");
    const auto flags = [&decode](const std::string& list) {
        std::string out;
        for (const feeds::Row& row : decode(trades(list)).rows) out += row.flags == 0 ? '-' : 'h';
        return out;
    };
    CHECK(flags(trade("BTC") + "," + trade("BTC")) == "hh");
    CHECK(flags(trade("BTC")) == "-");
    CHECK(flags(trade("ETH") + "," + trade("BTC") + "," + trade("ETH")) == "h-h");
    CHECK(flags(trade("ETH")) == "-");
    // Neither an empty list, nor quotes, nor what was refused is a first message.
    CHECK(flags("").empty());
    CHECK(decode(R"({"channel":"bbo","data":{"coin":"SOL","bbo":[]}})").rows.at(0).flags == 0);
    CHECK(only_error(decode(trades(trade("SOL")) + "x"), DecodeError::malformed_json));
    CHECK(only_error(decode(trades(trade("SOL") + ",{")), DecodeError::malformed_json));
    CHECK(only_error(decode(trades(R"({"coin":"SOL","px":"1"})")), DecodeError::missing_field));
    CHECK(flags(trade("SOL")) == "h");
    CHECK(flags(trade("SOL")) == "-");
    // Another connection begins anew. Whoever reads on from the middle needs the first messages.
    Bench fresh("hyperliquid");
    const auto& first = fresh(trades(trade("BTC")));
    CHECK(first.rows.at(0).flags == feeds::row_snapshot);
    CHECK(first.remembered);
    CHECK_FALSE(fresh(trades(trade("BTC"))).remembered);
    CHECK(fresh(trades(trade("BTC") + "," + trade("ETH"))).remembered);
}

TEST_CASE("Hyperliquid: quotes with either side missing in any way") {
    Bench decode("hyperliquid");
    const auto bbo = [&decode](std::string_view sides) {
        const auto& out =
            decode(R"({"channel":"bbo","data":{"coin":"@162","time":1750948919838,"bbo":)" +
                   std::string(sides) + "}}");
        REQUIRE(out.rows.size() == 1);
        CHECK(out.rows[0].symbol == "@162");
        CHECK(out.rows[0].ts_exchange == 1750948919838000000);
        CHECK(out.rows[0].channel == "bbo");
        CHECK(out.rows[0].flags == 0);
        return out.rows[0];
    };
    const std::string bid = R"({"px":"0.97925","sz":"4144.6","n":1})";
    const std::string ask = R"({"n":1,"sz":"50.0","px":"0.97934"})";
    CHECK(is_quote(bbo("[" + bid + "," + ask + "]"), "0.97925", "4144.6", "0.97934", "50.0"));
    CHECK(is_quote(bbo("[" + bid + ",null]"), "0.97925", "4144.6", "", ""));
    CHECK(is_quote(bbo("[null," + ask + "]"), "", "", "0.97934", "50.0"));
    CHECK(is_quote(bbo("[" + bid + "]"), "0.97925", "4144.6", "", ""));
    CHECK(is_quote(bbo("[]"), "", "", "", ""));
    CHECK(is_quote(bbo("null"), "", "", "", ""));
    CHECK(is_quote(bbo("[" + bid + "," + ask + "," + bid + "]"), "0.97925", "4144.6", "0.97934",
                   "50.0"));
    const auto book = [&decode](std::string_view levels) {
        return decode(R"({"channel":"l2Book","data":{"levels":)" + std::string(levels) +
                      R"(,"coin":"BTC","time":1730160007687}})")
            .rows.at(0);
    };
    CHECK(is_quote(book("[[" + bid + "," + ask + "],[" + ask + "," + bid + "]]"), "0.97925",
                   "4144.6", "0.97934", "50.0"));
    CHECK(is_quote(book("[[],[" + ask + "]]"), "", "", "0.97934", "50.0"));
    CHECK(is_quote(book("[null,[null," + ask + "]]"), "", "", "", ""));
    CHECK(decode.out.rows[0].channel == "l2Book");
}

TEST_CASE("Hyperliquid: control messages and what is none of ours") {
    Bench decode("hyperliquid");
    CHECK(only_control(
        decode(
            R"({"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":{"type":"trades","coin":"BTC"}}})"),
        ControlKind::subscribed));
    CHECK(only_control(decode(R"({"channel":"pong"})"), ControlKind::heartbeat));
    CHECK(only_control(decode(R"({"channel":"error","data":"Invalid subscription {\"a\":1}"})"),
                       ControlKind::error_permanent, R"(Invalid subscription {"a":1})"));
    CHECK(only_control(decode(R"({"channel":"error","data":"Too many messages"})"),
                       ControlKind::error_retry, "Too many messages"));
    CHECK(only_control(decode(R"({"channel":"error","data":{}})"), ControlKind::error_retry));
    for (const char* const text :
         {R"({"channel":"error","data":"Already subscribed: {}"})",
          R"({"channel":"candle","data":{"s":"BTC"}})", R"({"channel":"notification"})",
          R"({"channel":7,"data":[{"coin":"BTC"}]})", R"({"data":[]})", "{}"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("Hyperliquid: bad elements are refused by name, alone") {
    Bench decode("hyperliquid");
    const auto& out = decode(trades(trade("A") +
                                    R"(,null,{"coin":"B","px":"x","sz":"1"},)"
                                    R"({"coin":"C","px":"1","sz":"-1"},7,)" +
                                    trade("D")));
    CHECK(out.rows.size() == 2);
    CHECK(out.rejected == 4);
    CHECK(out.error == DecodeError::wrong_type);
    CHECK(only_error(decode(R"({"channel":"trades"})"), DecodeError::missing_field));
    CHECK(only_error(decode(R"({"channel":"bbo","data":null})"), DecodeError::missing_field));
    CHECK(only_error(decode(R"({"channel":"bbo","data":"x"})"), DecodeError::wrong_type));
    CHECK(only_error(decode(R"({"channel":"bbo","data":{"bbo":[]}})"), DecodeError::missing_field));
    CHECK(only_error(decode(trades(R"({"coin":"B","px":"1","sz":"1","time":1730160006})")),
                     DecodeError::bad_time));
    CHECK(only_error(decode(R"({"channel":"bbo","data":{"coin":"X","bbo":[{"px":true}]}})"),
                     DecodeError::wrong_type));
}

TEST_CASE("Hyperliquid: one stream a frame, coins as they are") {
    CHECK(
        subscription_frames("hyperliquid", {{"xyz:NVDA", true, true}, {"@107", false, true}}) ==
        std::vector<nlohmann::json>{
            {{"method", "subscribe"}, {"subscription", {{"type", "trades"}, {"coin", "xyz:NVDA"}}}},
            {{"method", "subscribe"}, {"subscription", {{"type", "bbo"}, {"coin", "xyz:NVDA"}}}},
            {{"method", "subscribe"}, {"subscription", {{"type", "bbo"}, {"coin", "@107"}}}}});
    CHECK(feeds::find_venue("hyperliquid")->text_ping(0) == R"({"method":"ping"})");
}

}  // namespace contagiond::test
