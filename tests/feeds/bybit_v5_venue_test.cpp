// Bybit v5, frame by frame.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {

TEST_CASE("Bybit: trades, in any order of keys") {
    Bench decode("bybit_v5");
    for (
        const char* const text :
        {R"({"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.0010","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"RPI":false,"seq":1783284617}]})",
         R"({"data":[{"seq":1,"i":"20f43950-d8dd-5b31-9112-a178eb6023af","p":"16578.50","v":"0.0010","S":"Buy","new":{"p":"1"},"s":"BTCUSDT","T":"1672304486865"}],"ts":1,"topic":"publicTrade.BTCUSDT"})"}) {
        INFO(text);
        const auto& out = decode(text);
        REQUIRE(out.error == DecodeError::none);
        REQUIRE(out.rows.size() == 1);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "BTCUSDT");
        CHECK(row.price == "16578.50");
        CHECK(row.size == "0.0010");
        CHECK(row.side == Side::buy);
        CHECK(row.trade_id == "20f43950-d8dd-5b31-9112-a178eb6023af");
        CHECK(row.ts_exchange == 1672304486865000000);
        CHECK(row.channel == "publicTrade");
        CHECK(row.flags == 0);  // "snapshot" means nothing here
    }
}

TEST_CASE("Bybit: block trades move no price, trades against an RPI order do") {
    Bench decode("bybit_v5");
    const auto flags = [&decode](std::string_view fields) {
        const auto& out =
            decode(R"({"topic":"publicTrade.X","data":[{"s":"X","S":"Sell","p":"1","v":"2",)" +
                   std::string(fields) + R"("T":1672304486865}]})");
        REQUIRE(out.rows.size() == 1);
        CHECK(out.rows[0].side == Side::sell);
        return out.rows[0].flags;
    };
    CHECK(flags(R"("BT":true,)") == feeds::row_block);
    CHECK(flags(R"("BT":false,"RPI":true,)") == feeds::row_rpi);
    CHECK(flags(R"("RPI":true,"BT":true,)") == (feeds::row_block | feeds::row_rpi));
    CHECK(flags(R"("BT":null,"RPI":null,)") == 0);
    CHECK(flags("") == 0);
    CHECK((feeds::row_moves_no_price & feeds::row_block) != 0);
    CHECK((feeds::row_moves_no_price & feeds::row_rpi) == 0);
}

TEST_CASE("Bybit: best quotes with the time of the match, told again or with a side missing") {
    Bench decode("bybit_v5");
    for (
        const char* const text :
        {R"({"topic":"orderbook.1.BTCUSDT","ts":1789299655643,"type":"snapshot","data":{"s":"BTCUSDT","b":[["77140.5","0.216593"]],"a":[["77140.6","0.324006"]],"u":1980705,"seq":2189232157},"cts":1789299655598})",
         R"({"cts":1789299655598,"data":{"seq":1,"u":1980705,"a":[["77140.6","0.324006"]],"b":[["77140.5","0.216593"]],"s":"BTCUSDT"},"type":"snapshot","ts":1789299659000,"topic":"orderbook.1.BTCUSDT"})"}) {
        CHECK(is_quote(decode(text).rows.at(0), "77140.5", "0.216593", "77140.6", "0.324006"));
        CHECK(decode.out.rows[0].symbol == "BTCUSDT");
        CHECK(decode.out.rows[0].channel == "orderbook.1");
        CHECK(decode.out.rows[0].ts_exchange == 1789299655598000000);
    }
    const auto quote = [&decode](std::string_view sides) -> const feeds::Decoded& {
        return decode(R"({"topic":"orderbook.1.X","ts":1672304484978,"data":{"s":"X")" +
                      std::string(sides) + "}}");
    };
    CHECK(is_quote(quote(R"(,"b":[["1","2"]],"a":[])").rows.at(0), "1", "2", "", ""));
    CHECK(decode.out.rows[0].ts_exchange == 1672304484978000000);  // the only one there is
    CHECK(is_quote(quote(R"(,"b":null,"a":[["1","2"],["3","4"]])").rows.at(0), "", "", "1", "2"));
    CHECK(is_quote(quote(R"(,"b":[null],"a":[["0","0"]])").rows.at(0), "", "", "", ""));
    CHECK(is_quote(quote("").rows.at(0), "", "", "", ""));
    CHECK(only_error(quote(R"(,"b":[["x","2"]])"), DecodeError::bad_number));
    CHECK(only_error(quote(R"(,"b":[["1","-2"]])"), DecodeError::bad_number));
}

TEST_CASE("Bybit: one bad element does not lose the rest") {
    Bench decode("bybit_v5");
    const auto& out = decode(
        R"({"topic":"publicTrade.X","data":[{"s":"X","p":"1","v":"2"},null,{"s":"X","p":true,"v":"2"},{"p":"1","v":"2"},{"s":"X","p":"1","v":"2","T":1672304486},{"s":"X","p":"3","v":"4"}]})");
    REQUIRE(out.rows.size() == 2);
    CHECK(out.rows[0].ts_exchange == core::no_time);
    CHECK(out.rows[1].price == "3");
    CHECK(out.rejected == 4);
    CHECK(out.error == DecodeError::wrong_type);
    CHECK(only_error(decode(R"({"topic":"publicTrade.X","data":[{"s":"X","p":"1","v":"2","T":)"
                            R"(1672304486}]})"),
                     DecodeError::bad_time));
    CHECK(only_error(decode(R"({"topic":"publicTrade.X"})"), DecodeError::missing_field));
    CHECK(
        only_error(decode(R"({"topic":"orderbook.1.X","data":null})"), DecodeError::missing_field));
    CHECK(only_error(decode(R"({"topic":"orderbook.1.X","data":"x"})"), DecodeError::wrong_type));
    CHECK(only_error(decode(R"({"topic":"orderbook.1.X","data":{"b":[["1","2"]]}})"),
                     DecodeError::missing_field));
    CHECK(decode(R"({"topic":"publicTrade.X","data":[]})").rows.empty());
    CHECK(decode.out.error == DecodeError::none);
}

TEST_CASE("Bybit: control messages, which differ by market") {
    Bench decode("bybit_v5");
    for (const char* const text : {R"({"success":true,"ret_msg":"pong","conn_id":"c","op":"ping"})",
                                   R"({"args":["1672916271846"],"op":"pong"})"}) {
        CHECK(only_control(decode(text), ControlKind::heartbeat));
    }
    for (const char* const text :
         {R"({"success":true,"ret_msg":"subscribe","conn_id":"c","req_id":"1","op":"subscribe"})",
          R"({"success":true,"ret_msg":"","conn_id":"c","req_id":"","op":"subscribe"})"}) {
        CHECK(only_control(decode(text), ControlKind::subscribed));
    }
    CHECK(only_control(decode(R"({"success":false,"ret_msg":"Invalid topic: x","conn_id":"c",)"
                              R"("op":"subscribe"})"),
                       ControlKind::error_permanent, "Invalid topic: x"));
    CHECK(only_control(decode(R"({"success":false,"ret_msg":"error:handler not found,topic:x"})"),
                       ControlKind::error_permanent, "error:handler not found,topic:x"));
    CHECK(only_control(decode(R"({"success":false,"ret_msg":"Too many visits","op":"subscribe"})"),
                       ControlKind::error_retry, "Too many visits"));
    for (const char* const text :
         {R"({"topic":"orderbook.50.X","type":"snapshot","data":{"s":"X","b":[["1","2"]],"a":[]}})",
          R"({"topic":"orderbook.1000.X","data":{"s":"X","b":[["1","2"]],"a":[]}})",
          R"({"data":{"s":"X","b":[["1","2"]]},"topic":"orderbook.50.X"})",
          R"({"topic":"orderbook.1.X","type":"delta","data":{"s":"X","b":[["1","0"]],"a":[]}})",
          R"({"topic":"tickers.X","type":"delta","data":{"symbol":"X","bid1Price":"1"}})",
          R"({"success":true,"op":"unsubscribe"})", R"({"op":"new"})", R"({"topic":5})", R"({})"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("Bybit: what is asked for, ten topics a frame") {
    CHECK(subscription_frames(
              "bybit_v5",
              {{"BTCUSDT", true, true}, {"TSLAUSDT", false, true}, {"ETHUSDT", true, false}}) ==
          std::vector<nlohmann::json>{{{"op", "subscribe"},
                                       {"args",
                                        {"publicTrade.BTCUSDT", "orderbook.1.BTCUSDT",
                                         "orderbook.1.TSLAUSDT", "publicTrade.ETHUSDT"}}}});
    const auto frames =
        subscription_frames("bybit_v5", std::vector<feeds::Subscription>(11, {"X", true, true}));
    REQUIRE(frames.size() == 3);
    CHECK(frames[0]["args"].size() == 10);
    CHECK(frames[2]["args"].size() == 2);
    const auto ping = nlohmann::json::parse(feeds::find_venue("bybit_v5")->text_ping(0));
    CHECK(ping == nlohmann::json{{"op", "ping"}});
}

}  // namespace contagiond::test
