// Finnhub: frames as printed, odd ones, and where its key goes.
#include <catch2/catch.hpp>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {

TEST_CASE("Finnhub: trades, field by field, whatever stands first") {
    Bench decode("finnhub");
    const std::string data =
        R"("data":[{"c":["1","24","12"],"p":146.76,"s":"AAPL","t":1628238530221,"v":43},)"
        R"({"c":null,"p":2408.50,"s":"BINANCE:BTCUSDT","t":1587474381156,"v":0.0012},)"
        R"({"p":1.17,"s":"OANDA:EUR_USD","t":0,"v":0,"new":[{"c":["12"]}]}])";
    for (const std::string& text :
         {"{" + data + R"(,"type":"trade"})", R"({"type":"trade",)" + data + "}"}) {
        const auto& out = decode(text);
        CHECK(out.error == DecodeError::none);
        CHECK(out.controls.empty());
        REQUIRE(out.rows.size() == 3);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "AAPL");
        CHECK(row.price == "146.76");
        CHECK(row.size == "43");
        CHECK(row.side == Side::unknown);
        CHECK(row.trade_id.empty());
        CHECK(row.ts_exchange == 1628238530221000000);
        CHECK(row.channel == "trade");
        CHECK(row.flags == feeds::row_not_last);
        CHECK(out.rows[1].symbol == "BINANCE:BTCUSDT");
        CHECK(out.rows[1].price == "2408.50");
        CHECK(out.rows[1].flags == 0);
        CHECK(out.rows[2].size == "0");
        CHECK(out.rows[2].ts_exchange == core::no_time);
        CHECK(out.rows[2].flags == 0);
    }
}

TEST_CASE("Finnhub: conditions in its own numbers") {
    Bench decode("finnhub");
    const std::vector<int> barred = {3, 5, 9, 10, 12, 16, 17, 20, 21, 22, 24, 25, 26, 30, 32};
    for (int n = 0; n < 64; ++n) {
        INFO(n);
        const auto& out = decode(R"({"type":"trade","data":[{"s":"A","p":1,"v":1,"c":["1",")" +
                                 std::to_string(n) + R"("]}]})");
        CHECK((out.rows.at(0).flags == feeds::row_not_last) ==
              (std::ranges::find(barred, n) != barred.end()));
    }
}

TEST_CASE("Finnhub: bad elements are refused by name, the rest of the frame stays") {
    Bench decode("finnhub");
    const auto trade = [&decode](std::string_view fields) -> const feeds::Decoded& {
        return decode(R"({"data":[{)" + std::string(fields) + R"(}],"type":"trade"})");
    };
    CHECK(only_error(trade(R"("p":1,"v":2)"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("s":"A","v":2)"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("s":"A","p":1)"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("s":[],"p":1,"v":2)"), DecodeError::wrong_type));
    CHECK(only_error(trade(R"("s":"A","p":"NaN","v":2)"), DecodeError::bad_number));
    CHECK(only_error(trade(R"("s":"A","p":1,"v":-2)"), DecodeError::bad_number));
    CHECK(only_error(trade(R"("s":"A","p":1,"v":2,"t":1628238530)"), DecodeError::bad_time));
    const auto& out =
        decode(R"({"data":[null,{"s":"A","p":1,"v":1},7,{"s":"B","p":[1],"v":1}],"type":"trade"})");
    CHECK(out.rows.size() == 1);
    CHECK(out.rejected == 3);
    CHECK(out.error == DecodeError::wrong_type);
    CHECK(only_error(decode(R"({"data":[{"s":"A","p":1,"v":1}],"type":"trade")"),
                     DecodeError::malformed_json));
    // What a broken frame held does not come with the next.
    CHECK(decode(R"({"type":"trade"})").rows.empty());
    CHECK(decode(R"({"type":"trade","data":[]})").error == DecodeError::none);
    CHECK(decode(R"({"type":"trade","data":null})").error == DecodeError::none);
}

TEST_CASE("Finnhub: its other words") {
    Bench decode("finnhub");
    CHECK(only_control(decode(R"({"type":"ping"})"), ControlKind::heartbeat));
    for (const char* const words :
         {"Subscribing to too many symbols", "Invalid symbol OANDA:GBP_USD", "Invalid API key",
          "You don't have access to this resource."}) {
        CHECK(only_control(decode(R"({"msg":")" + std::string(words) + R"(","type":"error"})"),
                           ControlKind::error_permanent, words));
    }
    CHECK(only_control(decode(R"({"type":"error","msg":"Internal error"})"),
                       ControlKind::error_retry, "Internal error"));
    CHECK(only_control(decode(R"({"type":"error","msg":null})"), ControlKind::error_retry));
    for (const char* const text :
         {R"({"type":"news","data":[{"headline":"x"},5]})", R"({"data":[{"s":"A","p":1,"v":1}]})",
          R"({"type":7})", R"({})"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("Finnhub: what is asked for, and where the key goes") {
    CHECK(subscription_frames(
              "finnhub", {{"AAPL", true, true}, {"MSFT", true, false}, {"IBM", false, true}}) ==
          std::vector<nlohmann::json>{{{"type", "subscribe"}, {"symbol", "AAPL"}},
                                      {{"type", "subscribe"}, {"symbol", "MSFT"}}});
    const auto keyed = feeds::find_venue("finnhub")->keyed_url;
    CHECK(keyed("wss://ws.finnhub.io", {"br3i3uvrh5rai6tgi2ig", ""}) ==
          "wss://ws.finnhub.io?token=br3i3uvrh5rai6tgi2ig");
    CHECK(keyed("ws://127.0.0.1:1/x?y=1", {"a&b", ""}) == "ws://127.0.0.1:1/x?y=1&token=a%26b");
}

}  // namespace contagiond::test
