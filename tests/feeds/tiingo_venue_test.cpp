// Tiingo: the long form of its arrays, and all that is passed over because it is not certain.
#include <catch2/catch.hpp>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {
namespace {

std::string iex(std::string_view elements) {
    return R"({"messageType":"A","service":"iex","data":[)" + std::string(elements) + "]}";
}

}  // namespace

TEST_CASE("Tiingo: trades and quotes of the long form, field by field") {
    Bench decode("tiingo");
    const auto& out = decode(
        iex(R"("T","2019-01-30T13:33:45.594808294-05:00",1548873225594808294,"wes",null,null,null,)"
            R"(null,null,50.285,200,null,0,0,0,0)"));
    REQUIRE(out.rows.size() == 1);
    CHECK(out.error == DecodeError::none);
    const feeds::Row& row = out.rows[0];
    CHECK(row.kind == feeds::RowKind::trade);
    CHECK(row.symbol == "wes");
    CHECK(row.price == "50.285");
    CHECK(row.size == "200");
    CHECK(row.side == Side::unknown);
    CHECK(row.trade_id.empty());
    CHECK(row.ts_exchange == 1548873225594808294);
    CHECK(row.channel == "iex");
    CHECK(row.flags == 0);
    CHECK(is_quote(
        decode(
            R"({"data":["Q","2019-01-30T13:33:45.383129126-05:00",1548873225383129126,"vym",100,)"
            R"(81.58,81.585,81.59,100,null,null,0,0,null,null,null,"new"],"service":"iex",)"
            R"("messageType":"A"})")
            .rows.at(0),
        "81.58", "100", "81.59", "100"));
    CHECK(decode.out.rows[0].symbol == "vym");
    CHECK(decode.out.rows[0].ts_exchange == 1548873225383129126);
    CHECK(decode.out.rows[0].price.empty());
    CHECK(is_quote(
        decode(iex(R"("Q",null,null,"x",null,null,null,81.59,5,1,2,0,1,0,1,0)")).rows.at(0), "", "",
        "81.59", "5"));
    CHECK(decode.out.rows[0].flags == 0);
}

TEST_CASE("Tiingo: after hours and odd lots do not set the last price") {
    Bench decode("tiingo");
    const auto flags = [&decode](std::string_view marks) {
        return decode(iex(R"("T",null,0,"x",null,null,null,null,null,1,2,)" + std::string(marks)))
            .rows.at(0)
            .flags;
    };
    CHECK(flags("0,0,0,0,0") == 0);
    CHECK(flags("null,null,null,null,null") == 0);
    CHECK(flags("1,0,1,0,1") == 0);  // halted, sweep, trade-through rule
    CHECK(flags("0,1,0,0,0") == feeds::row_not_last);
    CHECK(flags("0,0,0,1,0") == feeds::row_not_last);
}

TEST_CASE("Tiingo: what is not certain, or no trade, is passed over") {
    Bench decode("tiingo");
    for (
        const std::string& text :
        {iex(R"("2026-06-12T10:32:08-04:00","tsla",388.42)"),
         iex(R"("T","2026-07-27T10:30:15-04:00",1753626615123456789,"aapl",300,211.55)"),
         iex(R"("T",null,0,"x",null,null,null,null,null,1,2)"),
         iex(R"(null,null,0,"x",null,null,null,null,null,1,2,0,0,0,0,0)"), iex(""),
         std::string(
             R"({"messageType":"A","service":"crypto_data","data":["T","btcusd","..","x",1,2,1,1,1,1,1,1,1,1,1,1]})"),
         std::string(R"({"messageType":"A","service":"iex","data":{"a":1}})"),
         std::string(R"({"messageType":"A","service":"iex"})"),
         std::string(R"({"messageType":"U","response":{"code":200}})"), std::string("{}")}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("Tiingo: a break is no trade, and is counted as one taken back") {
    Bench decode("tiingo");
    const auto& out = decode(iex(R"("B",null,0,"x",null,null,null,null,null,1,2,0,0,0,0,0)"));
    CHECK(out.rows.empty());
    CHECK(out.error == DecodeError::none);
    CHECK(out.taken_back == std::vector<std::string_view>{"x"});
    CHECK(out.ignored == 0);
}

TEST_CASE("Tiingo: bad fields are refused by name") {
    Bench decode("tiingo");
    const auto trade = [&decode](std::string_view time, std::string_view ticker,
                                 std::string_view price,
                                 std::string_view size) -> const feeds::Decoded& {
        std::string text = R"("T",null,)";
        ((text += time) += ",") += ticker;
        ((text += ",null,null,null,null,null,") += price) += ",";
        return decode(iex((text += size) += ",0,0,0,0,0"));
    };
    CHECK(only_error(trade("0", "null", "1", "1"), DecodeError::missing_field));
    CHECK(only_error(trade("0", "\"x\"", "null", "1"), DecodeError::missing_field));
    CHECK(only_error(trade("0", "\"x\"", "1", "null"), DecodeError::missing_field));
    CHECK(only_error(trade("0", "5", "1", "1"), DecodeError::wrong_type));
    CHECK(only_error(trade("0", "\"x\"", "[1]", "1"), DecodeError::wrong_type));
    CHECK(only_error(trade("0", "\"x\"", "\"a\"", "1"), DecodeError::bad_number));
    CHECK(only_error(trade("0", "\"x\"", "1", "-1"), DecodeError::bad_number));
    CHECK(only_error(trade("1548873225594", "\"x\"", "1", "1"), DecodeError::bad_time));
    CHECK(only_error(trade("true", "\"x\"", "1", "1"), DecodeError::wrong_type));
    CHECK(only_error(decode(iex(R"("T",null,0,)") + "x"), DecodeError::malformed_json));
}

TEST_CASE("Tiingo: its other words") {
    Bench decode("tiingo");
    CHECK(only_control(decode(R"({"messageType":"I","response":{"code":200,"message":"Success"},)"
                              R"("data":{"subscriptionId":61}})"),
                       ControlKind::subscribed));
    CHECK(
        only_control(decode(R"({"messageType":"H","response":{"code":200,"message":"HeartBeat"}})"),
                     ControlKind::heartbeat));
    CHECK(only_control(decode(R"({"response":{"message":"thresholdLevel not valid for your )"
                              R"(subscription tier","code":400},"messageType":"E"})"),
                       ControlKind::error_permanent,
                       "thresholdLevel not valid for your subscription tier (code 400)"));
    CHECK(only_control(decode(R"({"messageType":"E","response":{"code":429,"message":"slow"}})"),
                       ControlKind::error_retry, "slow (code 429)"));
    CHECK(only_control(decode(R"({"messageType":"E","response":{"code":500,"message":"m"}})"),
                       ControlKind::error_retry, "m (code 500)"));
    CHECK(only_control(decode(R"({"messageType":"E","response":null})"), ControlKind::error_retry));
}

TEST_CASE("Tiingo: what is asked for, and where the key goes") {
    const auto level = [](std::vector<feeds::Subscription> wanted) {
        const auto frames = subscription_frames("tiingo", wanted);
        REQUIRE(frames.size() == 1);
        CHECK(frames[0]["eventName"] == "subscribe");
        CHECK(frames[0]["eventData"]["tickers"].size() == wanted.size());
        return frames[0]["eventData"]["thresholdLevel"].get<int>();
    };
    CHECK(level({{"aapl", true, false}, {"msft", true, false}}) == 5);
    CHECK(level({{"aapl", true, false}, {"msft", true, true}}) == 0);
    const feeds::Venue& venue = *feeds::find_venue("tiingo");
    const std::vector<feeds::Subscription> wanted = {{"aapl", true, false}};
    CHECK(nlohmann::json::parse(
              venue.keyed_subscription(venue.subscribe(wanted, 0).at(0), {"K\"1", ""})) ==
          nlohmann::json{{"eventName", "subscribe"},
                         {"authorization", "K\"1"},
                         {"eventData", {{"thresholdLevel", 5}, {"tickers", {"aapl"}}}}});
}

}  // namespace contagiond::test
