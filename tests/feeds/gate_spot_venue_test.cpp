// Gate spot: what its documentation shows, and what it may send beside the usual.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {
namespace {

std::string update(std::string_view channel, std::string_view result) {
    return R"({"time":1606292218,"channel":")" + std::string(channel) +
           R"(","event":"update","result":)" + std::string(result) + "}";
}

}  // namespace

TEST_CASE("Gate spot: a trade field by field, in any order of keys") {
    Bench decode("gate_spot");
    for (
        const char* const text :
        {R"({"time":1606292218,"time_ms":1606292218231,"channel":"spot.trades","event":"update","result":{"id":309143071,"create_time":1606292218,"create_time_ms":"1606292218213.4578","side":"sell","currency_pair":"GT_USDT","amount":"16.4700000000","price":"0.4705000000"}})",
         R"({"result":{"price":"0.4705000000","new":[{"a":1}],"amount":"16.4700000000","currency_pair":"GT_USDT","side":"sell","create_time_ms":"1606292218213.4578","id":"309143071"},"event":"update","error":null,"channel":"spot.trades"})",
         R"([{"channel":"spot.trades","event":"update","result":[{"id":309143071,"create_time_ms":1606292218213.4578,"side":"sell","currency_pair":"GT_USDT","amount":16.4700000000,"price":0.4705000000}]}])"}) {
        INFO(text);
        const auto& out = decode(text);
        REQUIRE(out.error == DecodeError::none);
        REQUIRE(out.rows.size() == 1);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "GT_USDT");
        CHECK(row.price == "0.4705000000");
        CHECK(row.size == "16.4700000000");
        CHECK(row.side == Side::sell);
        CHECK(row.trade_id == "309143071");
        CHECK(row.ts_exchange == 1606292218213457800);
        CHECK(row.channel == "spot.trades");
        CHECK(row.flags == 0);
    }
    CHECK(
        decode(update("spot.trades", R"({"side":"buy","currency_pair":"X","amount":1,"price":2})"))
            .rows.at(0)
            .side == Side::buy);
    CHECK(decode.out.rows[0].ts_exchange == core::no_time);
    CHECK(decode.out.rows[0].trade_id.empty());
}

TEST_CASE("Gate spot: quotes, of which a side may be missing") {
    Bench decode("gate_spot");
    const auto quote = [&decode](std::string_view sides) {
        const auto& out =
            decode(update("spot.book_ticker", R"({"t":1606293275123,"u":48733182,"s":"BTC_USDT")" +
                                                  std::string(sides) + "}"));
        REQUIRE(out.rows.size() == 1);
        CHECK(out.rows[0].symbol == "BTC_USDT");
        CHECK(out.rows[0].ts_exchange == 1606293275123000000);
        CHECK(out.rows[0].channel == "spot.book_ticker");
        return out.rows[0];
    };
    CHECK(is_quote(quote(R"(,"b":"19177.79","B":"0.0003341504","a":"19179.38","A":"0.09")"),
                   "19177.79", "0.0003341504", "19179.38", "0.09"));
    CHECK(
        is_quote(quote(R"(,"b":"","B":"","a":"19179.38","A":"0.09")"), "", "", "19179.38", "0.09"));
    CHECK(is_quote(quote(R"(,"b":"0","B":"0","a":0,"A":0)"), "", "", "", ""));
    CHECK(is_quote(quote(R"(,"b":"1","B":"2","a":null)"), "1", "2", "", ""));
    CHECK(is_quote(quote(""), "", "", "", ""));
}

TEST_CASE("Gate spot: replies and notices") {
    Bench decode("gate_spot");
    CHECK(only_control(decode(R"({"time":1611541000,"channel":"spot.trades","event":"subscribe",)"
                              R"("result":{"status":"success"}})"),
                       ControlKind::subscribed));
    CHECK(only_control(decode(R"({"channel":"spot.trades","event":"subscribe","error":null,)"
                              R"("result":{"status":"success"}})"),
                       ControlKind::subscribed));
    CHECK(only_control(
        decode(R"({"time":1611541000,"channel":"spot.trades","event":"subscribe","error":)"
               R"({"code":2,"message":"unknown currency pair: XXX_USDT"},"result":null})"),
        ControlKind::error_permanent, "unknown currency pair: XXX_USDT (code 2)"));
    CHECK(only_control(decode(R"({"event":"subscribe","error":{"message":"busy","code":3}})"),
                       ControlKind::error_retry, "busy (code 3)"));
    CHECK(only_control(decode(R"({"error":"odd"})"), ControlKind::error_retry, "odd"));
    CHECK(only_control(decode(R"({"error":{"code":1}})"), ControlKind::error_permanent, "code 1"));
    CHECK(only_control(
        decode(R"({"time":1545404023,"channel":"spot.pong","event":"","result":null})"),
        ControlKind::heartbeat));
    CHECK(only_control(decode(update("spot.system", R"({"type":"upgrade","msg":"soon"})")),
                       ControlKind::shutdown_notice, "upgrade"));
    // Both errors of one frame keep their words.
    const auto& two =
        decode(R"([{"error":{"code":2,"message":"one"}},{"error":{"message":"two"}}])");
    REQUIRE(two.controls.size() == 2);
    CHECK(two.controls[0].text == "one (code 2)");
    CHECK(two.controls[1].text == "two");
}

TEST_CASE("Gate spot: what is none of ours") {
    Bench decode("gate_spot");
    for (const std::string& text :
         {update("spot.order_book_update", R"({"t":1,"s":"X","b":[["1","2"]],"a":[]})"),
          update("spot.tickers", R"({"currency_pair":"X","last":"1"})"),
          update("futures.trades", R"([{"contract":"X","size":1,"price":"1"}])"),
          update("spot.system", R"({"type":"news"})"), update("spot.system", "null"),
          std::string(R"({"channel":"spot.trades","event":"unsubscribe","result":{}})"),
          std::string(R"({"channel":5,"event":"update","result":{}})"), std::string("{}")}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("Gate spot: bad fields are refused by name") {
    Bench decode("gate_spot");
    const auto trade = [&decode](std::string_view fields) -> const feeds::Decoded& {
        return decode(update("spot.trades", "{" + std::string(fields) + "}"));
    };
    CHECK(only_error(trade(R"("currency_pair":"X","amount":"1")"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("currency_pair":"X","price":"1")"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("amount":"1","price":"1")"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("currency_pair":"X","amount":"-1","price":"1")"),
                     DecodeError::bad_number));
    CHECK(only_error(trade(R"("currency_pair":"X","amount":"1","price":"1,5")"),
                     DecodeError::bad_number));
    CHECK(only_error(trade(R"("currency_pair":"X","amount":"1","price":{})"),
                     DecodeError::wrong_type));
    // Seconds or microseconds where milliseconds belong.
    CHECK(only_error(
        trade(R"("currency_pair":"X","amount":1,"price":1,"create_time_ms":"1606292218.5")"),
        DecodeError::bad_time));
    CHECK(only_error(
        trade(R"("currency_pair":"X","amount":1,"price":1,"create_time_ms":1606292218213457)"),
        DecodeError::bad_time));
    CHECK(only_error(decode(update("spot.trades", "null")), DecodeError::missing_field));
    CHECK(only_error(decode(R"({"channel":"spot.trades","event":"update"})"),
                     DecodeError::missing_field));
    CHECK(only_error(decode(update("spot.book_ticker", R"({"s":"X","b":"?"})")),
                     DecodeError::bad_number));
    CHECK(
        only_error(decode(update("spot.book_ticker", R"({"b":"1"})")), DecodeError::missing_field));
    CHECK(only_error(decode(update("spot.trades", "{") + "x"), DecodeError::malformed_json));
}

TEST_CASE("Gate spot: subscriptions and pings tell the second") {
    const auto frames = subscription_frames(
        "gate_spot", {{"BTC_USDT", true, true}, {"ETH_USDT", true, false}, {"X", false, true}});
    CHECK(frames == std::vector<nlohmann::json>{{{"time", 0},
                                                 {"channel", "spot.trades"},
                                                 {"event", "subscribe"},
                                                 {"payload", {"BTC_USDT", "ETH_USDT"}}},
                                                {{"time", 0},
                                                 {"channel", "spot.book_ticker"},
                                                 {"event", "subscribe"},
                                                 {"payload", {"BTC_USDT", "X"}}}});
    const feeds::Venue& venue = *feeds::find_venue("gate_spot");
    const core::TimeNs now = 1'611'541'000 * core::ns_per_s + 999;
    CHECK(nlohmann::json::parse(
              venue.subscribe(std::vector<feeds::Subscription>{{"X"}}, now).at(0))["time"] ==
          1'611'541'000);
    CHECK(venue.text_ping(now) == R"({"time":1611541000,"channel":"spot.ping"})");
}

}  // namespace contagiond::test
