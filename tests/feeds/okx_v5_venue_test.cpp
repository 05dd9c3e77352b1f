// OKX v5, frame by frame.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {

TEST_CASE("OKX: trades, one by one or merged, in any order of keys") {
    Bench decode("okx_v5");
    for (
        const char* const text :
        {R"({"arg":{"channel":"trades","instId":"BTC-USD"},"data":[{"instId":"BTC-USD","tradeId":"130639474","px":"42219.90","sz":"0.12060306","side":"buy","ts":"1630048897897","count":"3","source":"0","seqId":7}]})",
         R"({"data":[{"ts":1630048897897,"side":"buy","sz":0.12060306,"px":42219.90,"tradeId":130639474,"new":[{"px":"1"}]}],"arg":{"instId":"BTC-USD","channel":"trades"},"z":{}})"}) {
        INFO(text);
        const auto& out = decode(text);
        REQUIRE(out.error == DecodeError::none);
        REQUIRE(out.rows.size() == 1);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "BTC-USD");
        CHECK(row.price == "42219.90");
        CHECK(row.size == "0.12060306");
        CHECK(row.side == Side::buy);
        CHECK(row.trade_id == "130639474");
        CHECK(row.ts_exchange == 1630048897897000000);
        CHECK(row.channel == "trades");
        CHECK(row.flags == 0);
    }
    const auto& row = decode(R"({"arg":{"channel":"trades-all","instId":"X"},"data":[{"instId":)"
                             R"("X","px":"1","sz":"2","side":"sell","ts":""}]})")
                          .rows.at(0);
    CHECK(row.channel == "trades-all");
    CHECK(row.side == Side::sell);
    CHECK(row.ts_exchange == core::no_time);
}

TEST_CASE("OKX: best quotes name their instrument beside them, and sides may be missing") {
    Bench decode("okx_v5");
    const auto quote = [&decode](std::string_view data) -> const feeds::Decoded& {
        return decode(R"({"arg":{"channel":"bbo-tbt","instId":"BTC-USDT-SWAP"},"data":[{)" +
                      std::string(data) + R"("ts":"1597026383085","seqId":1}]})");
    };
    CHECK(is_quote(
        quote(R"("asks":[["8476.98","415","0","13"]],"bids":[["8476.97","256","0","12"]],)")
            .rows.at(0),
        "8476.97", "256", "8476.98", "415"));
    CHECK(decode.out.rows[0].symbol == "BTC-USDT-SWAP");
    CHECK(decode.out.rows[0].channel == "bbo-tbt");
    CHECK(decode.out.rows[0].ts_exchange == 1597026383085000000);
    CHECK(is_quote(quote(R"("asks":[],"bids":[["1","2","0","1"]],)").rows.at(0), "1", "2", "", ""));
    CHECK(is_quote(quote(R"("asks":[["3","4"]],"bids":null,)").rows.at(0), "", "", "3", "4"));
    CHECK(is_quote(quote(R"("asks":[["0","0"]],"bids":[null],)").rows.at(0), "", "", "", ""));
    CHECK(is_quote(quote("").rows.at(0), "", "", "", ""));
    CHECK(only_error(quote(R"("asks":[["x","4"]],)"), DecodeError::bad_number));
    CHECK(only_error(quote(R"("asks":[[["3"],"4"]],)"), DecodeError::wrong_type));
}

TEST_CASE("OKX: tickers, with empty texts where there is no market") {
    Bench decode("okx_v5");
    CHECK(is_quote(
        decode(
            R"({"arg":{"channel":"tickers","instId":"X"},"data":[{"instType":"OPTION","instId":"ETH-USD-220624-20000-C","last":"9","lastSz":"1","askPx":"0.002","askSz":"20","bidPx":"","bidSz":"","ts":"1646003643199"}]})")
            .rows.at(0),
        "", "", "0.002", "20"));
    CHECK(decode.out.rows[0].symbol == "ETH-USD-220624-20000-C");
    CHECK(decode.out.rows[0].channel == "tickers");
    CHECK(decode.out.rows[0].price.empty());
}

TEST_CASE("OKX: one bad element does not lose the rest") {
    Bench decode("okx_v5");
    const auto& out = decode(
        R"({"arg":{"channel":"trades","instId":"X"},"data":[{"px":"1","sz":"2"},7,{"px":"","sz":"2"},{"px":"1","sz":"2","ts":"1630048897"},{"instId":5,"px":"1","sz":"2"},{"px":"3","sz":"4"}]})");
    REQUIRE(out.rows.size() == 2);
    CHECK(out.rows[1].price == "3");
    CHECK(out.rejected == 4);
    CHECK(out.error == DecodeError::wrong_type);
    CHECK(only_error(decode(R"({"arg":{"channel":"trades","instId":"X"},"data":[{"px":"1","sz":)"
                            R"("2","ts":"1630048897897000"}]})"),
                     DecodeError::bad_time));
    CHECK(only_error(decode(R"({"arg":{"channel":"trades"},"data":[{"px":"1","sz":"2"}]})"),
                     DecodeError::missing_field));
    CHECK(only_error(decode(R"({"arg":{"channel":"trades","instId":"X"}})"),
                     DecodeError::missing_field));
    CHECK(only_error(decode(R"({"arg":{"channel":"trades","instId":"X"},"data":[{"px":"1")"),
                     DecodeError::malformed_json));
}

TEST_CASE("OKX: the answer to a ping is no JSON") {
    Bench decode("okx_v5");
    decode(R"({"arg":{"channel":"trades","instId":"X"},"data":[{"px":"1","sz":"2"}]})");
    CHECK(only_control(decode("pong"), ControlKind::heartbeat));
    CHECK(decode.out.ignored == 0);
    for (const char* const text : {"pon", "pong ", "ponga", "ping", "\"pong\"", ""}) {
        CHECK(only_error(decode(text), DecodeError::malformed_json));
    }
    CHECK(feeds::find_venue("okx_v5")->text_ping(0) == "ping");
    CHECK(feeds::find_venue("okx_v5")->rules.text_ping_interval < 30 * core::ns_per_s);
}

TEST_CASE("OKX: control messages") {
    Bench decode("okx_v5");
    CHECK(only_control(decode(R"({"event":"subscribe","arg":{"channel":"trades","instId":"X"}})"),
                       ControlKind::subscribed));
    CHECK(only_control(decode(R"({"arg":{"channel":"books","instId":"X"},"event":"subscribe"})"),
                       ControlKind::subscribed));
    for (const char* const code : {"60011", "60012", "60018", "60029", "60030"}) {
        CHECK(only_control(decode(R"({"event":"error","code":")" + std::string(code) +
                                  R"(","msg":"no","connId":"a"})"),
                           ControlKind::error_permanent, "no (code " + std::string(code) + ")"));
    }
    CHECK(only_control(decode(R"({"event":"error","code":"60014","msg":"Too many requests"})"),
                       ControlKind::error_retry, "Too many requests (code 60014)"));
    CHECK(only_control(decode(R"({"event":"notice","code":"64008","msg":"soon closed"})"),
                       ControlKind::shutdown_notice, "soon closed"));
    for (const char* const text :
         {R"({"event":"notice","code":"1","msg":"x"})", R"({"event":"unsubscribe","arg":{}})",
          R"({"arg":{"channel":"books","instId":"X"},"action":"update","data":[{"asks":[]}]})",
          R"({"data":[{"px":"1","sz":"2"}],"arg":{"channel":"liquidation-orders"}})",
          R"({"data":[{"px":"1","sz":"2"}]})", R"({"arg":null})", R"({})"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("OKX: what is asked for") {
    CHECK(subscription_frames("okx_v5", {{"BTC-USDT", true, true},
                                         {"AAPL-USDT-SWAP", false, true},
                                         {"ETH-USDT", true, false},
                                         {"X", false, false}}) ==
          std::vector<nlohmann::json>{{{"op", "subscribe"},
                                       {"args",
                                        {{{"channel", "trades"}, {"instId", "BTC-USDT"}},
                                         {{"channel", "bbo-tbt"}, {"instId", "BTC-USDT"}},
                                         {{"channel", "bbo-tbt"}, {"instId", "AAPL-USDT-SWAP"}},
                                         {{"channel", "trades"}, {"instId", "ETH-USDT"}}}}}});
    CHECK(subscription_frames("okx_v5", std::vector<feeds::Subscription>(120, {"X"})).size() == 3);
    // Nothing is asked for in an empty frame.
    CHECK(subscription_frames("okx_v5", {{"X", false, false}}).empty());
}

}  // namespace contagiond::test
