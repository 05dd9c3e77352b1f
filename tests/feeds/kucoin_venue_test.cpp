// KuCoin: data before their topic, and an address that must be asked for.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {
namespace {

std::string message(std::string_view topic, std::string_view data) {
    return R"({"data":)" + std::string(data) + R"(,"subject":"trade.x","topic":")" +
           std::string(topic) + R"(","type":"message"})";
}

feeds::BootstrapReply read_bootstrap(std::string_view body) {
    return feeds::find_venue("kucoin")->bootstrap.read(body);
}

}  // namespace

TEST_CASE("KuCoin: a trade field by field, in any order of keys") {
    Bench decode("kucoin");
    for (
        const char* const text :
        {R"({"type":"message","topic":"/market/match:BTC-USDT","subject":"trade.l3match","data":{"sequence":"1545896669145","type":"match","symbol":"BTC-USDT","side":"buy","price":"0.08200000000000000000","size":"0.01022222000000000000","tradeId":"5c24c5da03aa673885cd67aa","takerOrderId":"5c24c5d903aa6772d55b371e","makerOrderId":"5c2187d003aa677bd09d5c93","time":"1545913818099033203"}})",
         R"({"data":{"time":1545913818099033203,"tradeId":"5c24c5da03aa673885cd67aa","size":0.01022222000000000000,"price":0.08200000000000000000,"side":"buy","symbol":"BTC-\u0055SDT","new":[1]},"topic":"/market/match:BTC-USDT","type":"message"})"}) {
        INFO(text);
        const auto& out = decode(text);
        REQUIRE(out.error == DecodeError::none);
        REQUIRE(out.rows.size() == 1);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "BTC-USDT");
        CHECK(row.price == "0.08200000000000000000");
        CHECK(row.size == "0.01022222000000000000");
        CHECK(row.side == Side::buy);
        CHECK(row.trade_id == "5c24c5da03aa673885cd67aa");
        CHECK(row.ts_exchange == 1545913818099033203);
        CHECK(row.channel == "match");
        CHECK(row.flags == 0);
    }
}

TEST_CASE("KuCoin: a ticker is named by its topic, or by its subject") {
    Bench decode("kucoin");
    const std::string data =
        R"({"sequence":"1612698595285","bestAsk":"0.3532","size":"4","bestBidSize":"2323.3213","price":"0.35209","time":1619136125930,"bestAskSize":"1.56988925","bestBid":"0.35209"})";
    const auto& out = decode(message("/market/ticker:WEST-USDT", data));
    REQUIRE(out.rows.size() == 1);
    CHECK(is_quote(out.rows[0], "0.35209", "2323.3213", "0.3532", "1.56988925"));
    CHECK(out.rows[0].symbol == "WEST-USDT");
    CHECK(out.rows[0].ts_exchange == 1619136125930000000);
    CHECK(out.rows[0].channel == "ticker");
    CHECK(out.rows[0].size.empty());
    CHECK(decode(message("/market/ticker:all", data)).rows.at(0).symbol == "trade.x");
    CHECK(is_quote(
        decode(message("/market/ticker:X", R"({"bestAsk":null,"bestBid":"0","bestBidSize":"0"})"))
            .rows.at(0),
        "", "", "", ""));
    CHECK(decode.out.rows[0].ts_exchange == core::no_time);
}

TEST_CASE("KuCoin: control messages and what is none of ours") {
    Bench decode("kucoin");
    CHECK(only_control(decode(R"({"id":"hQvf8jkno","type":"welcome"})"), ControlKind::greeting));
    CHECK(only_control(decode(R"({"id":"1545910660739","type":"ack"})"), ControlKind::subscribed));
    CHECK(only_control(decode(R"({"id":"1545910590801","type":"pong"})"), ControlKind::heartbeat));
    CHECK(only_control(
        decode(
            R"({"type":"error","code":404,"data":"topic /market/match:NOPE-USDT is not found"})"),
        ControlKind::error_permanent, "topic /market/match:NOPE-USDT is not found (code 404)"));
    CHECK(only_control(decode(R"({"type":"error","code":401,"data":"token is expired"})"),
                       ControlKind::error_retry, "token is expired (code 401)"));
    CHECK(only_control(decode(R"({"type":"error","code":"509","data":"exceed max permits"})"),
                       ControlKind::error_retry, "exceed max permits (code 509)"));
    CHECK(only_control(decode(R"({"type":"error"})"), ControlKind::error_retry));
    for (const std::string& text :
         {message("/market/level2:X", R"({"changes":{"asks":[["1","2","3"]]}})"),
          message("/market/snapshot:X", "{}"), std::string(R"({"type":"message"})"),
          std::string(R"({"type":"notice"})"), std::string("{}"),
          std::string(R"({"topic":"/market/match:X","data":{}})")}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("KuCoin: bad fields are refused by name") {
    Bench decode("kucoin");
    const auto trade = [&decode](std::string_view fields) -> const feeds::Decoded& {
        return decode(message("/market/match:X", "{" + std::string(fields) + "}"));
    };
    CHECK(only_error(trade(R"("price":"1","size":"1")"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("symbol":"X","size":"1")"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("symbol":"X","price":"1","size":"-1")"), DecodeError::bad_number));
    CHECK(only_error(trade(R"("symbol":"X","price":[],"size":"1")"), DecodeError::wrong_type));
    // Milliseconds on a trade, nanoseconds on a ticker.
    CHECK(only_error(trade(R"("symbol":"X","price":"1","size":"1","time":"1619136125930")"),
                     DecodeError::bad_time));
    CHECK(only_error(decode(message("/market/ticker:X", R"({"time":1619136125930000000})")),
                     DecodeError::bad_time));
    CHECK(only_error(decode(message("/market/ticker:", R"({"bestBid":"1"})")),
                     DecodeError::missing_field));
    CHECK(only_error(decode(message("/market/ticker:X", "null")), DecodeError::missing_field));
    CHECK(only_error(decode(message("/market/ticker:X", "[]")), DecodeError::wrong_type));
    CHECK(only_error(decode(message("/market/ticker:X", "{") + "x"), DecodeError::malformed_json));
}

TEST_CASE("KuCoin: a hundred symbols a topic, each asked for once") {
    CHECK(subscription_frames("kucoin", {{"BTC-USDT", true, true}, {"ETH-USDT", true, false}}) ==
          std::vector<nlohmann::json>{{{"id", "1"},
                                       {"type", "subscribe"},
                                       {"topic", "/market/match:BTC-USDT,ETH-USDT"},
                                       {"privateChannel", false},
                                       {"response", true}},
                                      {{"id", "2"},
                                       {"type", "subscribe"},
                                       {"topic", "/market/ticker:BTC-USDT"},
                                       {"privateChannel", false},
                                       {"response", true}}});
    std::vector<feeds::Subscription> many;
    for (int i = 0; i < 250; ++i) many.push_back({"S" + std::to_string(i), true, false});
    const auto frames = subscription_frames("kucoin", many);
    REQUIRE(frames.size() == 3);
    CHECK(frames[2]["id"] == "3");
    std::string topics;
    for (const auto& frame : frames) topics += frame["topic"].get<std::string>() + ",";
    for (const char* const symbol : {":S0,", ",S99,", ":S100,", ",S199,", ":S200,", ",S249,"})
        CHECK(topics.find(symbol) != std::string::npos);
    CHECK(std::count(topics.begin(), topics.end(), ',') == 250);
    CHECK(feeds::find_venue("kucoin")->text_ping(1'545'910'590'801 * core::ns_per_ms) ==
          R"({"id":"1545910590801","type":"ping"})");
}

TEST_CASE("KuCoin: the address is made of a server and a token") {
    CHECK(feeds::find_venue("kucoin")->bootstrap.url.starts_with("https://"));
    const auto usual = read_bootstrap(
        R"({"code":"200000","data":{"token":"2neA_u-Y==.mvnek","instanceServers":[{"endpoint":"wss://ws-api-spot.kucoin.com/","encrypt":true,"protocol":"websocket","pingInterval":18000,"pingTimeout":10000}]}})");
    CHECK(usual.trouble.empty());
    CHECK(usual.url == "wss://ws-api-spot.kucoin.com/?token=2neA_u-Y%3D%3D.mvnek");
    CHECK(usual.text_ping_interval == 18 * core::ns_per_s);

    const auto answer = [](const std::string& data) {
        return read_bootstrap(R"({"data":{)" + data + R"(},"code":"200000"})");
    };
    // The first server that can be used; what is not understood is passed over.
    CHECK(
        answer(
            R"("instanceServers":[null,{"endpoint":"ws://plain/"},{"endpoint":"wss://a/","protocol":"tcp"},{"endpoint":"wss://b/x?y=1"}],"token":"t\r\nHost: x")")
            .url == "wss://b/x?y=1&token=t%0D%0AHost%3A%20x");
    const auto interval = [&answer](std::string_view text) {
        const auto reply = answer(R"("token":"t","instanceServers":{"endpoint":"wss://a/",)"
                                  R"("pingInterval":)" +
                                  std::string(text) + "}");
        CHECK(reply.url == "wss://a/?token=t");
        return reply.text_ping_interval;
    };
    CHECK(interval(R"("18000")") == 18 * core::ns_per_s);
    for (const char* const odd : {"0", "-5", "null", "1e3", "1.5", "99999999999999999999", "{}"})
        CHECK(interval(odd) == 0);
}

TEST_CASE("KuCoin: an answer without an address says why") {
    const auto trouble = [](std::string_view body) {
        const auto reply = read_bootstrap(body);
        CHECK(reply.url.empty());
        return reply.trouble;
    };
    CHECK(trouble(R"({"code":"429000","msg":"Too Many Requests"})") ==
          "Too Many Requests (code 429000)");
    CHECK(trouble("<html>") == "the answer is no JSON");
    CHECK(trouble("") == "the answer is no JSON");
    const std::string none = "the answer names no server or token";
    CHECK(trouble(R"({"code":"200000"})") == none);
    CHECK(trouble(R"({"code":"200000","data":{"token":"t","instanceServers":[]}})") == none);
    CHECK(trouble(R"({"code":"200000","data":{"token":"t","instanceServers":7}})") == none);
    CHECK(trouble(R"({"code":"200000","data":{"instanceServers":[{"endpoint":"wss://a/"}]}})") ==
          none);
    CHECK(trouble(R"({"code":"200000","data":[]})") == none);
    // Cut at any byte, never half an address.
    const std::string whole =
        R"({"code":"200000","data":{"token":"t","instanceServers":[{"endpoint":"wss://a/"}]}})";
    CHECK(read_bootstrap(whole).url == "wss://a/?token=t");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        INFO(size);
        CHECK(trouble(whole.substr(0, size)) == "the answer is no JSON");
    }
}

}  // namespace contagiond::test
