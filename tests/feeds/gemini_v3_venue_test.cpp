// Gemini v3: known by shape, nanoseconds.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {

TEST_CASE("Gemini v3: a trade field by field, in any order of keys") {
    Bench decode("gemini_v3");
    for (
        const char* const text :
        {R"({"E":1783981140085684201,"s":"btcrlusd","t":2840141014190422,"p":"62145.38000","q":"0.0162522200","m":true})",
         R"({"m":true,"new":[{}],"q":0.0162522200,"p":62145.38000,"t":"2840141014190422","s":"btcrl\u0075sd","E":"1783981140085684201"})",
         R"({"e":"trade","E":1783981140085684201,"s":"btcrlusd","t":2840141014190422,"p":"62145.38000","q":"0.0162522200","m":true})"}) {
        INFO(text);
        const auto& out = decode(text);
        REQUIRE(out.error == DecodeError::none);
        REQUIRE(out.rows.size() == 1);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "btcrlusd");
        CHECK(row.price == "62145.38000");
        CHECK(row.size == "0.0162522200");
        CHECK(row.side == Side::sell);
        CHECK(row.trade_id == "2840141014190422");
        CHECK(row.ts_exchange == 1783981140085684201);
        CHECK(row.channel == "trade");
        CHECK(row.flags == 0);
    }
    CHECK(decode(R"({"s":"x","t":1,"p":"1","q":"1","m":false})").rows.at(0).side == Side::buy);
    CHECK(decode.out.rows[0].ts_exchange == core::no_time);
    CHECK(decode(R"({"s":"x","t":1,"p":"1","q":"1"})").rows.at(0).side == Side::unknown);
}

TEST_CASE("Gemini v3: quotes, of which a side may be missing") {
    Bench decode("gemini_v3");
    const auto quote = [&decode](std::string_view sides) {
        const auto& out = decode(R"({"u":1764549594389752,"E":1783981140076872200,"s":"xrpgusd",)" +
                                 std::string(sides) + R"(,"c":"1.06","C":"4.7"})");
        REQUIRE(out.rows.size() == 1);
        CHECK(out.rows[0].symbol == "xrpgusd");
        CHECK(out.rows[0].ts_exchange == 1783981140076872200);
        CHECK(out.rows[0].channel == "bookTicker");
        CHECK(out.rows[0].price.empty());
        return out.rows[0];
    };
    CHECK(is_quote(quote(R"("b":"1.0614900","B":"958.69148000","a":"1.0615000","A":"38.39060000")"),
                   "1.0614900", "958.69148000", "1.0615000", "38.39060000"));
    CHECK(is_quote(quote(R"("b":"","B":"","a":"1.0615000","A":"38.39060000")"), "", "", "1.0615000",
                   "38.39060000"));
    CHECK(is_quote(quote(R"("b":null,"a":"0","A":"0")"), "", "", "", ""));
    CHECK(is_quote(quote(R"("b":"2","B":"1")"), "2", "1", "", ""));
}

TEST_CASE("Gemini v3: replies, and what is none of ours") {
    Bench decode("gemini_v3");
    CHECK(only_control(decode(R"({"id":"1","status":200})"), ControlKind::subscribed));
    CHECK(only_control(decode(R"({"id":"1","status":200,"result":{"a":1},"error":null})"),
                       ControlKind::subscribed));
    CHECK(only_control(
        decode(R"({"id":"1","status":400,"error":{"code":-1013,"msg":"Invalid symbol"}})"),
        ControlKind::error_permanent, "Invalid symbol (code -1013)"));
    CHECK(only_control(decode(R"({"id":"1","status":404})"), ControlKind::error_permanent,
                       "code 404"));
    CHECK(only_control(decode(R"({"id":"1","status":429,"error":"slow down"})"),
                       ControlKind::error_retry, "slow down (code 429)"));
    CHECK(only_control(decode(R"({"status":503})"), ControlKind::error_retry, "code 503"));
    CHECK(only_control(decode(R"({"error":{"message":"odd"}})"), ControlKind::error_retry, "odd"));
    for (const char* const text :
         {R"({"e":"depthUpdate","E":1,"s":"x","U":1,"u":2,"b":[],"a":[["7.85","0.0"]]})",
          R"({"E":1,"s":"x","U":1,"u":2,"b":[["1","2"]],"a":[]})",
          R"({"lastUpdateId":5,"bids":[],"asks":[]})", R"({"e":"kline","s":"x","t":1,"p":"1"})",
          R"({"s":"x"})", R"({"u":"1","s":"x","b":"1"})", "{}"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("Gemini v3: bad fields are refused by name") {
    Bench decode("gemini_v3");
    CHECK(only_error(decode(R"({"s":"x","t":1,"p":"1"})"), DecodeError::missing_field));
    CHECK(only_error(decode(R"({"t":1,"p":"1","q":"1"})"), DecodeError::missing_field));
    CHECK(only_error(decode(R"({"s":"x","t":1,"p":"NaN","q":"1"})"), DecodeError::bad_number));
    CHECK(only_error(decode(R"({"s":"x","t":1,"p":"1","q":"-1"})"), DecodeError::bad_number));
    CHECK(only_error(decode(R"({"s":"x","t":1,"p":"1","q":"1","m":1})"), DecodeError::wrong_type));
    CHECK(only_error(decode(R"({"s":"x","t":{},"p":"1","q":"1"})"), DecodeError::wrong_type));
    // Milliseconds where nanoseconds belong.
    CHECK(only_error(decode(R"({"s":"x","t":1,"p":"1","q":"1","E":1783981140085})"),
                     DecodeError::bad_time));
    CHECK(only_error(decode(R"({"u":1,"s":"x","b":"?","a":"1"})"), DecodeError::bad_number));
    CHECK(only_error(decode(R"({"u":1,"b":"1","a":"1"})"), DecodeError::missing_field));
    CHECK(only_error(decode(R"({"u":1,"s":"x","b":"1","a":"1")"), DecodeError::malformed_json));
}

TEST_CASE("Gemini v3: streams in one list") {
    CHECK(
        subscription_frames("gemini_v3", {{"btcusd", true, true}, {"btcgusdperp", false, true}}) ==
        std::vector<nlohmann::json>{
            {{"id", "1"},
             {"method", "SUBSCRIBE"},
             {"params", {"btcusd@trade", "btcusd@bookTicker", "btcgusdperp@bookTicker"}}}});
}

}  // namespace contagiond::test
