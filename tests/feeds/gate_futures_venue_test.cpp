// Gate futures: where they differ from Gate spot.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {
namespace {

std::string trades(std::string_view result) {
    return R"({"channel":"futures.trades","event":"update","result":)" + std::string(result) + "}";
}

}  // namespace

TEST_CASE("Gate futures: the sign of the size is the side, numbers or text") {
    Bench decode("gate_futures");
    const auto& out = decode(
        R"({"time":1541503698,"time_ms":1541503698123,"channel":"futures.trades","event":"update","result":[{"size":-108,"id":27753479,"create_time":1545136464,"create_time_ms":1545136464123,"price":"96.4","contract":"BTC_USD"},{"size":"10.5","id":27753480,"create_time":1545136464,"price":"96.5","contract":"NVDA_USDT","is_internal":true}]})");
    REQUIRE(out.error == DecodeError::none);
    REQUIRE(out.rows.size() == 2);
    CHECK(out.rows[0].symbol == "BTC_USD");
    CHECK(out.rows[0].price == "96.4");
    CHECK(out.rows[0].size == "108");
    CHECK(out.rows[0].side == Side::sell);
    CHECK(out.rows[0].trade_id == "27753479");
    CHECK(out.rows[0].ts_exchange == 1545136464123000000);
    CHECK(out.rows[0].channel == "futures.trades");
    CHECK(out.rows[0].flags == 0);
    CHECK(out.rows[1].symbol == "NVDA_USDT");
    CHECK(out.rows[1].size == "10.5");
    CHECK(out.rows[1].side == Side::buy);
    // Without milliseconds the second counts.
    CHECK(out.rows[1].ts_exchange == 1545136464000000000);
    CHECK(out.rows[1].flags == feeds::row_internal);
    CHECK(decode(trades(R"([{"size":0,"price":1,"contract":"X","is_internal":false}])"))
              .rows.at(0)
              .flags == 0);
    CHECK(decode.out.rows[0].side == Side::unknown);
    CHECK(decode(trades(R"([{"size":"-2","price":1,"contract":"X","create_time_ms":0,)"
                        R"("create_time":1545136464.25}])"))
              .rows.at(0)
              .ts_exchange == 1545136464250000000);
}

TEST_CASE("Gate futures: one bad trade does not lose the rest of its batch") {
    Bench decode("gate_futures");
    const auto& out = decode(trades(
        R"([{"size":1,"price":"1","contract":"A"},null,{"size":"x","price":"1","contract":"B"},{"size":1,"contract":"C"},7,{"size":-1,"price":"2","contract":"D"}])"));
    REQUIRE(out.rows.size() == 2);
    CHECK(out.rows[0].symbol == "A");
    CHECK(out.rows[1].symbol == "D");
    CHECK(out.rejected == 4);
    CHECK(out.error == DecodeError::wrong_type);
    CHECK(decode(trades("[]")).error == DecodeError::none);
    CHECK(decode.out.rows.empty());
    CHECK(only_error(decode(trades(R"([{"size":"--1","price":"1","contract":"B"}])")),
                     DecodeError::bad_number));
    CHECK(only_error(decode(trades(R"([{"size":1,"price":"1","contract":"A"},{])")),
                     DecodeError::malformed_json));
}

TEST_CASE("Gate futures: quotes, books and replies") {
    Bench decode("gate_futures");
    CHECK(is_quote(
        decode(
            R"({"channel":"futures.book_ticker","event":"update","result":{"t":1615366379123,"u":1,"s":"BTC_USD","b":"54696.6","B":37000,"a":"54696.7","A":"47061"}})")
            .rows.at(0),
        "54696.6", "37000", "54696.7", "47061"));
    CHECK(decode.out.rows[0].ts_exchange == 1615366379123000000);
    CHECK(only_ignored(decode(
        R"({"channel":"futures.obu","event":"update","result":{"t":1,"s":"ob.X.50","b":[["1","2"]]}})")));
    CHECK(only_ignored(
        decode(R"({"channel":"futures.tickers","event":"update","result":[{"contract":"X"}]})")));
    CHECK(only_control(decode(R"({"channel":"futures.pong","event":"","result":null})"),
                       ControlKind::heartbeat));
    CHECK(only_control(
        decode(R"({"channel":"futures.system","event":"update","result":{"type":"upgrade"}})"),
        ControlKind::shutdown_notice, "upgrade"));
    CHECK(only_ignored(decode(R"({"channel":"spot.pong","event":"","result":null})")));
}

TEST_CASE("Gate futures: subscriptions in their own words") {
    const auto frames = subscription_frames("gate_futures", {{"NVDA_USDT", true, true}});
    REQUIRE(frames.size() == 2);
    CHECK(frames[0]["channel"] == "futures.trades");
    CHECK(frames[1]["channel"] == "futures.book_ticker");
    CHECK(frames[1]["payload"] == std::vector<std::string>{"NVDA_USDT"});
    CHECK(feeds::find_venue("gate_futures")->text_ping(0) ==
          R"({"time":0,"channel":"futures.ping"})");
}

}  // namespace contagiond::test
