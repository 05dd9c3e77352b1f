// Kraken v2, frame by frame.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {

TEST_CASE("Kraken: trades, in any order of keys") {
    Bench decode("kraken_v2");
    for (
        const char* const text :
        {R"({"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":77120.0,"qty":0.00048389,"ord_type":"limit","trade_id":105702534,"timestamp":"2026-08-22T17:30:53.355059Z"}]})",
         R"({"data":[{"timestamp":"2026-08-22T17:30:53.355059Z","trade_id":105702534,"new":{"a":[1]},"qty":0.00048389,"price":77120.0,"side":"buy","symbol":"BTC\/USD"}],"more":[1],"type":"update","channel":"trade"})"}) {
        INFO(text);
        const auto& out = decode(text);
        REQUIRE(out.error == DecodeError::none);
        REQUIRE(out.rows.size() == 1);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "BTC/USD");
        CHECK(row.price == "77120.0");
        CHECK(row.size == "0.00048389");
        CHECK(row.side == Side::buy);
        CHECK(row.trade_id == "105702534");
        CHECK(row.ts_exchange == 1787419853355059000);
        CHECK(row.channel == "trade");
        CHECK(row.flags == 0);
        CHECK(row.bid_price.empty());
    }
}

TEST_CASE("Kraken: a trade snapshot is history, of several symbols") {
    Bench decode("kraken_v2");
    const auto& out = decode(
        R"({"channel":"trade","type":"snapshot","data":[{"symbol":"ETH/USD","side":"sell","price":2284.15,"qty":0.001,"trade_id":1,"timestamp":"2026-05-14T15:03:41.748964Z"},{"symbol":"BTC/USD","side":"buy","price":81011.5,"qty":1E-8,"trade_id":2}]})");
    REQUIRE(out.rows.size() == 2);
    CHECK(out.rows[0].symbol == "ETH/USD");
    CHECK(out.rows[0].side == Side::sell);
    CHECK(out.rows[0].flags == feeds::row_snapshot);
    CHECK(out.rows[1].symbol == "BTC/USD");
    CHECK(out.rows[1].size == "1E-8");
    CHECK(out.rows[1].ts_exchange == core::no_time);
    CHECK(out.rows[1].flags == feeds::row_snapshot);
    // The next message is none of it.
    CHECK(decode(R"({"channel":"trade","data":[{"symbol":"ETH/USD","price":1,"qty":1}]})")
              .rows.at(0)
              .flags == 0);
    CHECK(decode.out.rows.size() == 1);
}

TEST_CASE("Kraken: best quotes, and markets without any") {
    Bench decode("kraken_v2");
    const auto quote = [&decode](std::string_view fields) -> const feeds::Decoded& {
        return decode(R"({"channel":"ticker","type":"update","data":[{"symbol":"AAPLx/USD",)" +
                      std::string(fields) + "}]}");
    };
    CHECK(
        is_quote(quote(R"("bid":99.90,"bid_qty":1.2,"ask":100.1,"ask_qty":2.3,"last":5,"volume":7,)"
                       R"("timestamp":"2026-07-10T00:00:02.123456Z")")
                     .rows.at(0),
                 "99.90", "1.2", "100.1", "2.3"));
    CHECK(decode.out.rows[0].ts_exchange == 1783641602123456000);
    CHECK(decode.out.rows[0].channel == "ticker");
    CHECK(decode.out.rows[0].side == Side::unknown);
    CHECK(is_quote(quote(R"("bid":0,"bid_qty":0,"ask":0.0,"ask_qty":0,)"
                         R"("timestamp":"1970-01-01T00:00:00.000000Z")")
                       .rows.at(0),
                   "", "", "", ""));
    CHECK(decode.out.rows[0].ts_exchange == core::no_time);
    CHECK(is_quote(quote(R"("bid":null,"ask":"7","ask_qty":1)").rows.at(0), "", "", "7", "1"));
    CHECK(decode(R"({"channel":"ticker","type":"snapshot","data":[{"symbol":"X/Y","bid":1}]})")
              .rows.at(0)
              .flags == feeds::row_snapshot);
}

TEST_CASE("Kraken: one bad element does not lose the rest") {
    Bench decode("kraken_v2");
    const auto& out = decode(
        R"({"channel":"trade","type":"update","data":[{"symbol":"A/B","price":1,"qty":2},7,null,[],{"symbol":"A/B","price":"abc","qty":2},{"price":1,"qty":2},{"symbol":"A/B","price":1},{"symbol":"A/B","price":1,"qty":-2},{"symbol":"A/B","price":1,"qty":2,"timestamp":1787419853},{"symbol":"C/D","price":3,"qty":4}]})");
    REQUIRE(out.rows.size() == 2);
    CHECK(out.rows[0].symbol == "A/B");
    CHECK(out.rows[1].symbol == "C/D");
    CHECK(out.rejected == 8);
    CHECK(out.error == DecodeError::wrong_type);
    const auto one = [&decode](std::string_view element) -> const feeds::Decoded& {
        return decode(R"({"channel":"trade","data":[)" + std::string(element) + "]}");
    };
    CHECK(only_error(one(R"({"price":1,"qty":2})"), DecodeError::missing_field));
    CHECK(only_error(one(R"({"symbol":"X","price":"1.","qty":2})"), DecodeError::bad_number));
    CHECK(only_error(one(R"({"symbol":"X","price":1,"qty":2,"timestamp":"..."})"),
                     DecodeError::bad_time));
    CHECK(only_error(decode(R"({"channel":"ticker"})"), DecodeError::missing_field));
    CHECK(only_error(decode(R"({"channel":"ticker","data":null})"), DecodeError::missing_field));
    CHECK(only_error(decode(R"({"channel":"trade","data":"x"})"), DecodeError::wrong_type));
    CHECK(only_error(decode(R"({"channel":"trade","data":[{"symbol":"X","price":1,"qty":2}})"),
                     DecodeError::malformed_json));
    // Data of an earlier message are not taken for those of one that has none.
    CHECK(decode(R"({"channel":"trade","data":[]})").rows.empty());
    CHECK(decode.out.error == DecodeError::none);
}

TEST_CASE("Kraken: control messages") {
    Bench decode("kraken_v2");
    for (
        const char* const text :
        {R"({"channel":"heartbeat"})", R"({"method":"pong","req_id":42,"time_in":"x"})",
         R"({"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","connection_id":16389994220698793191}]})"}) {
        CHECK(only_control(decode(text), ControlKind::heartbeat));
    }
    CHECK(only_control(decode(R"({"method":"subscribe","req_id":1,"result":{"channel":"ticker",)"
                              R"("symbol":"BTC/USD","snapshot":true},"success":true})"),
                       ControlKind::subscribed));
    CHECK(only_control(decode(R"({"error":"Currency pair not supported XBT/USD","method":)"
                              R"("subscribe","req_id":9,"success":false,"symbol":"XBT/USD"})"),
                       ControlKind::error_permanent, "Currency pair not supported XBT/USD"));
    CHECK(only_control(decode(R"({"error":"EService:Unavailable","success":false})"),
                       ControlKind::error_retry, "EService:Unavailable"));
    for (const char* const text :
         {R"({"channel":"book","type":"update","data":[{"symbol":"X/Y","bids":[{"price":1}]}]})",
          R"({"data":[{"symbol":"X/Y","price":1,"qty":1}],"channel":"ohlc"})",
          R"({"channel":"instrument","data":{"assets":[]}})", R"({"method":"unsubscribe"})",
          R"({"method":"subscribe","success":null})", R"({})"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("Kraken: what is asked for") {
    CHECK(subscription_frames(
              "kraken_v2",
              {{"BTC/USD", true, true}, {"AAPLx/USD", false, true}, {"ETH/USD", true, false}}) ==
          std::vector<nlohmann::json>{
              {{"method", "subscribe"},
               {"params",
                {{"channel", "trade"}, {"symbol", {"BTC/USD", "ETH/USD"}}, {"snapshot", false}}},
               {"req_id", 1}},
              {{"method", "subscribe"},
               {"params",
                {{"channel", "ticker"},
                 {"symbol", {"BTC/USD", "AAPLx/USD"}},
                 {"event_trigger", "bbo"},
                 {"snapshot", true}}},
               {"req_id", 2}}});
    const auto ping = nlohmann::json::parse(feeds::find_venue("kraken_v2")->text_ping(0));
    CHECK(ping["method"] == "ping");
}

}  // namespace contagiond::test
