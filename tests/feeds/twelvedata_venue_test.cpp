// Twelve Data: prices of whole seconds, and subscriptions that fail in part.
#include <catch2/catch.hpp>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {

TEST_CASE("Twelve Data: prices, field by field") {
    Bench decode("twelvedata");
    for (
        const char* const text :
        {R"({"event":"price","symbol":"BTC/USD","currency_base":"Bitcoin","exchange":"Binance","type":"Digital Currency","timestamp":1592249566,"price":342.0150,"bid":342.01,"ask":342.02,"day_volume":27631112})",
         R"({"price":"342.0150","timestamp":"1592249566","new":{"price":1},"symbol":"BTC/USD","event":"price"})"}) {
        INFO(text);
        const auto& out = decode(text);
        CHECK(out.error == DecodeError::none);
        REQUIRE(out.rows.size() == 1);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "BTC/USD");
        CHECK(row.price == "342.0150");
        CHECK(row.size.empty());
        CHECK(row.side == Side::unknown);
        CHECK(row.trade_id.empty());
        CHECK(row.ts_exchange == 1592249566000000000);
        CHECK(row.channel == "price");
        CHECK(row.flags == 0);
        CHECK(row.bid_price.empty());
    }
}

TEST_CASE("Twelve Data: bad fields are refused by name") {
    Bench decode("twelvedata");
    const auto price = [&decode](std::string_view fields) -> const feeds::Decoded& {
        return decode(R"({"event":"price",)" + std::string(fields) + "}");
    };
    CHECK(only_error(price(R"("price":1)"), DecodeError::missing_field));
    CHECK(only_error(price(R"("symbol":"A")"), DecodeError::missing_field));
    CHECK(only_error(price(R"("symbol":"A","price":null)"), DecodeError::missing_field));
    CHECK(only_error(price(R"("symbol":["A"],"price":1)"), DecodeError::wrong_type));
    CHECK(only_error(price(R"("symbol":"A","price":false)"), DecodeError::wrong_type));
    CHECK(only_error(price(R"("symbol":"A","price":"1,5")"), DecodeError::bad_number));
    CHECK(only_error(price(R"("symbol":"A","price":1,"timestamp":"now")"), DecodeError::bad_time));
    CHECK(only_error(price(R"("symbol":"A","price":1,"timestamp":1592249566000000000)"),
                     DecodeError::bad_time));
    CHECK(only_error(decode(R"({"event":"price","symbol":"A","price":1)"),
                     DecodeError::malformed_json));
    CHECK(price(R"("symbol":"A","price":1)").rows.at(0).ts_exchange == core::no_time);
}

TEST_CASE("Twelve Data: its other words") {
    Bench decode("twelvedata");
    CHECK(only_control(decode(R"({"event":"heartbeat","status":"ok"})"), ControlKind::heartbeat));
    CHECK(only_control(decode(R"({"event":"subscribe-status","status":"ok","success":[{"symbol":)"
                              R"("AAPL","exchange":"NASDAQ"}],"fails":null})"),
                       ControlKind::subscribed));
    CHECK(only_control(decode(R"({"event":"subscribe-status","status":"ok","fails":[]})"),
                       ControlKind::subscribed));
    const feeds::Decoded& part =
        decode(R"({"event":"subscribe-status","status":"warning","success":[{)"
               R"("symbol":"A"}],"fails":[{"symbol":"GBP/USD"},{"symbol":"X"},5]})");
    REQUIRE(part.controls.size() == 2);
    CHECK(part.controls[0].kind == ControlKind::error_permanent);
    CHECK(part.controls[0].text == "symbols refused (GBP/USD, X)");
    CHECK(part.controls[1].kind == ControlKind::subscribed);
    CHECK(only_control(decode(R"({"event":"subscribe-status","status":"error","success":[],)"
                              R"("fails":[{"symbol":"X"}]})"),
                       ControlKind::error_permanent, "symbols refused (X)"));
    CHECK(only_control(decode(R"({"event":"subscribe-status","status":"error"})"),
                       ControlKind::error_retry));
    CHECK(only_control(decode(R"({"status":"error","code":401,"message":"wrong apikey"})"),
                       ControlKind::error_permanent, "wrong apikey (code 401)"));
    CHECK(only_control(decode(R"({"status":"error","code":429,"message":"out of credits"})"),
                       ControlKind::error_retry, "out of credits (code 429)"));
    CHECK(
        only_control(decode(R"({"event":"error","message":"m"})"), ControlKind::error_retry, "m"));
    for (const char* const text :
         {R"({"event":"unsubscribe-status","status":"ok"})", R"({"event":"reset-status"})",
          R"({"symbol":"A","price":1})", R"({"event":7})", R"({})"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("Twelve Data: what is asked for, what it hears, and where the key goes") {
    CHECK(
        subscription_frames(
            "twelvedata", {{"AAPL", true, true}, {"BTC/USD", true, false}, {"IBM", false, true}}) ==
        std::vector<nlohmann::json>{
            {{"action", "subscribe"}, {"params", {{"symbols", "AAPL,BTC/USD"}}}}});
    const feeds::Venue& venue = *feeds::find_venue("twelvedata");
    CHECK(nlohmann::json::parse(venue.text_ping(0)) == nlohmann::json{{"action", "heartbeat"}});
    CHECK(venue.keyed_url(venue.default_url, {"K 1", ""}) ==
          "wss://ws.twelvedata.com/v1/quotes/price?apikey=K%201");
}

}  // namespace contagiond::test
