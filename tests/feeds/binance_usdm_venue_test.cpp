// Binance USD-M futures, where they are not as Binance spot.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {

TEST_CASE("Binance USD-M: trades, with the time of the match") {
    Bench decode("binance_usdm");
    for (
        const char* const text :
        {R"({"e":"aggTrade","E":1618677448238,"a":52599685,"s":"YFIUSDT","p":"49966.7","q":"0.001","f":64902163,"l":64902170,"T":1618677448084,"m":false})",
         R"({"stream":"yfiusdt@aggTrade","data":{"m":false,"T":1618677448084,"q":"0.001","p":"49966.7","s":"YFIUSDT","a":52599685,"e":"aggTrade","nq":"0"}})"}) {
        INFO(text);
        const auto& out = decode(text);
        REQUIRE(out.rows.size() == 1);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "YFIUSDT");
        CHECK(row.price == "49966.7");
        CHECK(row.size == "0.001");
        CHECK(row.side == Side::buy);
        CHECK(row.trade_id == "52599685");
        CHECK(row.ts_exchange == 1618677448084000000);
        CHECK(row.channel == "aggTrade");
        CHECK(row.flags == 0);
    }
}

TEST_CASE("Binance USD-M: what is no match on the market is marked, and moves no price") {
    Bench decode("binance_usdm");
    const auto trade = [&decode](std::string_view x) -> const feeds::Decoded& {
        return decode(
            R"({"e":"trade","T":1723161256322,"s":"X","t":5,"p":"1","q":"2","m":true,"X":)" +
            std::string(x) + "}");
    };
    for (const char* const usual : {R"("MARKET")", "null", R"("")"}) {
        CHECK(trade(usual).rows.at(0).flags == 0);
        CHECK(decode.out.rows[0].channel == "trade");
        CHECK(decode.out.rows[0].side == Side::sell);
        CHECK(decode.out.rows[0].trade_id == "5");
    }
    for (const char* const odd : {"INSURANCE_FUND", "ADL", "NA", "market"}) {
        const auto& row = trade('"' + std::string(odd) + '"').rows.at(0);
        CHECK((row.flags & feeds::row_moves_no_price) != 0);
        CHECK(row.mark == odd);
        std::string names;
        feeds::append_flag_names(names, row);
        CHECK(names == "x_" + std::string(odd));
    }
    CHECK(only_error(trade("5"), DecodeError::wrong_type));
    CHECK(only_error(trade("[]"), DecodeError::wrong_type));
}

TEST_CASE("Binance USD-M: best quotes have a time") {
    Bench decode("binance_usdm");
    CHECK(is_quote(
        decode(
            R"({"e":"bookTicker","u":400900217,"E":1568014460893,"T":1568014460891,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000","st":1,"ps":"BNBUSDT"})")
            .rows.at(0),
        "25.35190000", "31.21000000", "25.36520000", "40.66000000"));
    CHECK(decode.out.rows[0].ts_exchange == 1568014460891000000);
    CHECK(is_quote(decode(R"({"u":1,"s":"X","b":"","B":"0","a":"3","A":"4"})").rows.at(0), "", "",
                   "3", "4"));
    CHECK(decode.out.rows[0].ts_exchange == core::no_time);
}

TEST_CASE("Binance USD-M: times are ms, and a time of another unit is none") {
    Bench decode("binance_usdm");
    const auto timed = [&decode](const char* text) -> const feeds::Decoded& {
        return decode(R"({"e":"bookTicker","s":"X","b":"1","B":"1","T":)" + std::string(text) +
                      "}");
    };
    CHECK(timed("0").rows.at(0).ts_exchange == core::no_time);
    CHECK(timed("\"1723161255342\"").rows.at(0).ts_exchange == 1723161255342000000);
    // As the documentation has it.
    CHECK(timed("123456785").rows.at(0).ts_exchange == 123456785000000);
    CHECK_FALSE(core::is_plausible_time(decode.out.rows[0].ts_exchange));
    for (const char* const bad : {"1723161255", "1723161255342123", "1723161255342123456", "-1",
                                  "1e12", "12.5", R"("x")"}) {
        INFO(bad);
        CHECK(only_error(timed(bad), DecodeError::bad_time));
    }
    CHECK(only_error(timed("true"), DecodeError::wrong_type));
}

TEST_CASE("Binance USD-M: what is refused for good, and what may heal") {
    Bench decode("binance_usdm");
    CHECK(only_control(decode(R"({"error":{"code":-1121,"msg":"Invalid symbol."},"id":2})"),
                       ControlKind::error_permanent, "Invalid symbol. (code -1121)"));
    CHECK(only_control(decode(R"({"code":-1003,"msg":"Too many requests."})"),
                       ControlKind::error_retry, "Too many requests. (code -1003)"));
    CHECK(only_control(decode(R"({"result":null,"id":1})"), ControlKind::subscribed));
    for (const char* const text :
         {R"({"lastUpdateId":5,"E":1,"T":2,"bids":[["1","2"]],"asks":[]})",
          R"({"stream":"x@depth@0ms","data":{"e":"depthUpdate","s":"X","b":[["1","2"]],"a":[]}})",
          R"({"stream":"x@markPrice","data":{"e":"markPriceUpdate","s":"X","p":"1"}})",
          R"({"stream":"!forceOrder@arr","data":{"e":"forceOrder","o":{"s":"X","p":"1"}}})"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("Binance USD-M: trades and quotes are asked for on paths of their own") {
    const feeds::Venue& venue = *feeds::find_venue("binance_usdm");
    CHECK(venue.default_url == "wss://fstream.binance.com/market/stream");
    CHECK(venue.quotes_url == "wss://fstream.binance.com/public/stream");
    CHECK(subscription_frames("binance_usdm",
                              {{"BTCUSDT", true, false}, {"AAPLUSDT", true, false}}) ==
          std::vector<nlohmann::json>{{{"method", "SUBSCRIBE"},
                                       {"params", {"btcusdt@aggTrade", "aaplusdt@aggTrade"}},
                                       {"id", 1}}});
    CHECK(subscription_frames("binance_usdm", {{"BTCUSDT", false, true}}) ==
          std::vector<nlohmann::json>{
              {{"method", "SUBSCRIBE"}, {"params", {"btcusdt@bookTicker"}}, {"id", 1}}});
}

}  // namespace contagiond::test
