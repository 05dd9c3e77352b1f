// Bitfinex: arrays whose meaning an earlier frame told.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {
namespace {

/// A decoder that knows three channels.
Bench subscribed_bench() {
    Bench decode("bitfinex");
    for (
        const char* const text :
        {R"({"event":"subscribed","channel":"trades","chanId":17470,"symbol":"tBTCUST","pair":"BTCUST"})",
         R"({"symbol":"tDOGE:USD","chanId":17471,"channel":"ticker","event":"subscribed"})",
         R"({"event":"subscribed","channel":"book","chanId":17472,"symbol":"tBTCUST","prec":"P0"})"}) {
        const auto& out = decode(text);
        CHECK(only_control(out, ControlKind::subscribed));
        CHECK(out.remembered);
    }
    return decode;
}

}  // namespace

TEST_CASE("Bitfinex: the list after subscribing is history, te is a trade, tu the same again") {
    Bench decode = subscribed_bench();
    const auto& history = decode(
        "[17470,[[401597395,1574694478808,0.005,7245.3],[401597394,1574694478000,-0.25,7245.2]]]");
    REQUIRE(history.rows.size() == 2);
    CHECK(history.rows[0].kind == feeds::RowKind::trade);
    CHECK(history.rows[0].symbol == "tBTCUST");
    CHECK(history.rows[0].price == "7245.3");
    CHECK(history.rows[0].size == "0.005");
    CHECK(history.rows[0].side == Side::buy);
    CHECK(history.rows[0].trade_id == "401597395");
    CHECK(history.rows[0].ts_exchange == 1574694478808000000);
    CHECK(history.rows[0].channel == "trades");
    CHECK(history.rows[0].flags == feeds::row_snapshot);
    CHECK(history.rows[1].size == "0.25");
    CHECK(history.rows[1].side == Side::sell);
    CHECK_FALSE(history.remembered);
    CHECK(decode("[17470,[]]").error == DecodeError::none);

    for (const char* const text : {R"([17470,"te",[637771131,1615232733899,-1e-8,51350]])",
                                   R"([ 17470 , "te" , [637771131,1615232733899,-1e-8,51350,9] , )"
                                   R"(12 , 1615232733901 ])"}) {
        const auto& trade = decode(text);
        REQUIRE(trade.rows.size() == 1);
        CHECK(trade.rows[0].price == "51350");
        CHECK(trade.rows[0].size == "1e-8");
        CHECK(trade.rows[0].side == Side::sell);
        CHECK(trade.rows[0].ts_exchange == 1615232733899000000);
        CHECK(trade.rows[0].flags == 0);
        CHECK(trade.ignored == 0);
    }
    CHECK(only_ignored(decode(R"([17470,"tu",[637771131,1615232733899,-1e-8,51350]])")));
    CHECK(only_ignored(decode(R"([17470,"fte",[637771131,1615232733899,-1e-8,51350]])")));
}

TEST_CASE("Bitfinex: a ticker's sizes are sums, and it has no time") {
    Bench decode = subscribed_bench();
    const auto& out =
        decode("[17471,[51349,12.5,51350,8.25,120.4,0.0023,51350,4312.7,52000,50100],7]");
    REQUIRE(out.rows.size() == 1);
    CHECK(is_quote(out.rows[0], "51349", "12.5", "51350", "8.25"));
    CHECK(out.rows[0].symbol == "tDOGE:USD");
    CHECK(out.rows[0].channel == "ticker");
    CHECK(out.rows[0].ts_exchange == core::no_time);
    CHECK(out.rows[0].flags == feeds::row_size_is_sum);
    CHECK(is_quote(decode("[17471,[null,null,51350,8.25]]").rows.at(0), "", "", "51350", "8.25"));
    CHECK(is_quote(decode("[17471,[0,0]]").rows.at(0), "", "", "", ""));
}

TEST_CASE("Bitfinex: numbers mean what the last well-formed event bound them to") {
    Bench decode = subscribed_bench();
    const std::string te = R"(,"te",[1,1615232733899,1,2]])";
    CHECK(only_ignored(decode("[5" + te)));
    // Cut, broken behind its end, or lacking something: nothing is bound.
    CHECK(only_error(decode(R"({"event":"subscribed","channel":"trades","chanId":5,"symbol":"tA")"),
                     DecodeError::malformed_json));
    CHECK(only_error(
        decode(R"({"event":"subscribed","channel":"trades","chanId":5,"symbol":"tA"} x)"),
        DecodeError::malformed_json));
    CHECK(only_error(decode(R"({"event":"subscribed","channel":"trades","chanId":5})"),
                     DecodeError::missing_field));
    CHECK(only_error(decode(R"({"event":"subscribed","chanId":5,"symbol":"tA"})"),
                     DecodeError::missing_field));
    CHECK(only_error(decode(R"({"event":"subscribed","channel":"trades","symbol":"tA"})"),
                     DecodeError::missing_field));
    CHECK(
        only_error(decode(R"({"event":"subscribed","channel":"trades","chanId":{},"symbol":"tA"})"),
                   DecodeError::wrong_type));
    CHECK(only_ignored(decode("[5" + te)));
    CHECK(
        only_error(decode(R"({"event":"subscribed","channel":"trades","chanId":17470,"symbol":7})"),
                   DecodeError::wrong_type));
    CHECK(decode("[17470" + te).rows.at(0).symbol == "tBTCUST");
    // Bound anew.
    decode(R"({"event":"subscribed","channel":"trades","chanId":17470,"symbol":"tETHUSD"})");
    CHECK(decode("[17470" + te).rows.at(0).symbol == "tETHUSD");
    // Funding puts other things in the same places.
    decode(R"({"event":"subscribed","channel":"trades","chanId":17470,"symbol":"fUSD"})");
    CHECK(only_ignored(decode("[17470" + te)));
    // Another connection knows nothing.
    Bench fresh("bitfinex");
    CHECK(only_ignored(fresh("[17471,[1,2,3,4]]")));
    // And no venue makes us remember without end.
    for (int i = 0; i < 1000; ++i)
        decode(R"({"event":"subscribed","channel":"trades","chanId":)" + std::to_string(i) +
               R"(,"symbol":"tX"})");
    CHECK(decode("[100" + te).rows.size() == 1);
    CHECK(only_ignored(decode("[999" + te)));
}

TEST_CASE("Bitfinex: notices, refusals, and what is none of ours") {
    Bench decode = subscribed_bench();
    CHECK(only_control(decode(R"([17470,"hb"])"), ControlKind::heartbeat));
    CHECK(only_control(decode(R"([17471,"hb",147])"), ControlKind::heartbeat));
    CHECK(only_control(decode(R"({"event":"pong","ts":1511545528111,"cid":1})"),
                       ControlKind::heartbeat));
    CHECK(only_control(decode(R"({"event":"info","version":2,"platform":{"status":1}})"),
                       ControlKind::greeting));
    for (const char* const code : {"20051", "20060", "20061"})
        CHECK(only_control(
            decode(R"({"event":"info","code":)" + std::string(code) + R"(,"msg":"Stopping"})"),
            ControlKind::shutdown_notice, "Stopping"));
    CHECK(only_control(
        decode(
            R"({"event":"error","msg":"symbol: invalid","code":10300,"channel":"trades","symbol":"tNOPE"})"),
        ControlKind::error_permanent, "symbol: invalid (code 10300: tNOPE)"));
    CHECK(only_control(decode(R"({"event":"error","msg":"limit","code":10305})"),
                       ControlKind::error_permanent, "limit (code 10305)"));
    CHECK(only_control(decode(R"({"event":"error","msg":"ratelimit","code":11010})"),
                       ControlKind::error_retry, "ratelimit (code 11010)"));
    CHECK(only_control(decode(R"({"event":"error"})"), ControlKind::error_retry, ""));
    for (const char* const text :
         {R"({"event":"error","msg":"subscribe: dup","code":10301})",
          R"({"event":"info","code":1,"msg":"new"})", R"({"event":"conf","status":"OK"})",
          R"({"event":5})", "{}", "[]", "[17470]", R"(["17470","te",[1,1615232733899,1,2]])",
          "[17472,[60400,1,0.6]]", R"([17472,"hb"])", R"([17470,"new",[1]])", "[17470,5]",
          R"([17471,"te",[1,1615232733899,1,2]])"}) {
        INFO(text);
        const auto& out = decode(text);
        CHECK((only_ignored(out) || only_error(out, DecodeError::missing_field)));
    }
}

TEST_CASE("Bitfinex: bad trades are refused by name, alone") {
    Bench decode = subscribed_bench();
    CHECK(only_error(decode(R"([17470,"te"])"), DecodeError::missing_field));
    CHECK(only_error(decode(R"([17470,"te",5])"), DecodeError::missing_field));
    CHECK(only_error(decode(R"([17470,"te",[1,1615232733899,1]])"), DecodeError::missing_field));
    CHECK(only_error(decode(R"([17470,"te",[1,1615232733899,"x",1]])"), DecodeError::bad_number));
    CHECK(only_error(decode(R"([17470,"te",[1,1615232733,1,1]])"), DecodeError::bad_time));
    CHECK(only_error(decode(R"([17470,"te",[1,true,1,1]])"), DecodeError::wrong_type));
    CHECK(only_error(decode(R"([17471,[1,[],2,3]])"), DecodeError::wrong_type));
    CHECK(
        only_error(decode(R"([17470,"te",[1,1615232733899,1,2]],)"), DecodeError::malformed_json));
    const auto& out = decode("[17470,[[2,1574694478808,1,5],null,[1,0,-1,5],7,[3,5,5,5]]]");
    CHECK(out.rows.size() == 2);
    CHECK(out.rejected == 3);
    CHECK(out.error == DecodeError::wrong_type);
}

TEST_CASE("Bitfinex: one channel a frame") {
    CHECK(subscription_frames("bitfinex", {{"tBTCUSD", true, true}, {"tDOGE:USD", false, true}}) ==
          std::vector<nlohmann::json>{
              {{"event", "subscribe"}, {"channel", "trades"}, {"symbol", "tBTCUSD"}},
              {{"event", "subscribe"}, {"channel", "ticker"}, {"symbol", "tBTCUSD"}},
              {{"event", "subscribe"}, {"channel", "ticker"}, {"symbol", "tDOGE:USD"}}});
    CHECK(feeds::find_venue("bitfinex")->text_ping(0) == R"({"event":"ping","cid":1})");
}

}  // namespace contagiond::test
