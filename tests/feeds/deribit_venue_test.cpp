// Deribit: JSON-RPC, a question that wants an answer, and an index that is no market.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {
namespace {

std::string message(std::string_view channel, std::string_view data) {
    return R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":")" +
           std::string(channel) + R"(","data":)" + std::string(data) + "}}";
}

std::string trade(std::string_view more = "") {
    return R"({"timestamp":1765531356452,"price":92294.5,"amount":10.0,"direction":"sell","index_price":92276.75,"instrument_name":"BTC-PERPETUAL","trade_seq":271252854,"tick_direction":2,"trade_id":"403691824")" +
           std::string(more) + "}";
}

}  // namespace

TEST_CASE("Deribit: a trade field by field, in any order of keys") {
    Bench decode("deribit");
    for (
        const std::string& text :
        {message("trades.BTC-PERPETUAL.100ms", "[" + trade() + "]"),
         message("trades.future.BTC.raw", trade()),
         std::string(
             R"({"params":{"data":[{"trade_id":403691824,"instrument_name":"BTC-PERPETUA\u004c","direction":"sell","amount":"10.0","price":"92294.5","timestamp":"1765531356452","new":{}}],"channel":"trades.BTC-PERPETUAL.raw"},"method":"subscription"})")}) {
        INFO(text);
        const auto& out = decode(text);
        REQUIRE(out.error == DecodeError::none);
        REQUIRE(out.rows.size() == 1);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "BTC-PERPETUAL");
        CHECK(row.price == "92294.5");
        CHECK(row.size == "10.0");
        CHECK(row.side == Side::sell);
        CHECK(row.trade_id == "403691824");
        CHECK(row.ts_exchange == 1765531356452000000);
        CHECK(row.channel == "trades");
        CHECK(row.flags == 0);
    }
}

TEST_CASE("Deribit: blocks, legs and liquidations are marked") {
    Bench decode("deribit");
    const auto flags = [&decode](std::string_view more) {
        return decode(message("trades.X.100ms", "[" + trade(more) + "]")).rows.at(0).flags;
    };
    CHECK(flags(R"(,"block_trade_id":"BLOCK-1")") == feeds::row_block);
    CHECK(flags(R"(,"block_trade_id":null,"combo_id":null,"liquidation":null)") == 0);
    CHECK(flags(R"(,"combo_trade_id":"43")") == feeds::row_combo);
    CHECK(flags(R"(,"combo_trade_id":43,"combo_id":null)") == feeds::row_combo);
    CHECK(flags(R"(,"combo_id":"BTC-FS-1")") == feeds::row_combo);
    CHECK(flags(R"(,"liquidation":"MT")") == feeds::row_liquidation);
    CHECK(flags(R"(,"liquidation":"none")") == 0);
    CHECK(flags(R"(,"combo_id":"C","block_trade_id":"B","liquidation":"T")") ==
          (feeds::row_combo | feeds::row_block | feeds::row_liquidation));
    // The mark of one trade is not that of the next.
    const auto& two = decode(
        message("trades.X.100ms", "[" + trade(R"(,"combo_trade_id":"4")") + "," + trade() + "]"));
    REQUIRE(two.rows.size() == 2);
    CHECK(two.rows[0].flags == feeds::row_combo);
    CHECK(two.rows[1].flags == 0);
}

TEST_CASE("Deribit: quotes from quote and ticker, 0.0 is no market") {
    Bench decode("deribit");
    const std::string head = R"({"timestamp":1765541767174,"instrument_name":"BTC-PERPETUAL")";
    const std::string both =
        head +
        R"(,"stats":{"volume":null,"high":1.0},"best_ask_price":92288.5,"best_bid_price":92288.0,"best_ask_amount":99470.0,"best_bid_amount":133440.0})";
    CHECK(is_quote(decode(message("quote.BTC-PERPETUAL", both)).rows.at(0), "92288.0", "133440.0",
                   "92288.5", "99470.0"));
    CHECK(decode.out.rows[0].symbol == "BTC-PERPETUAL");
    CHECK(decode.out.rows[0].ts_exchange == 1765541767174000000);
    CHECK(decode.out.rows[0].channel == "quote");
    CHECK(decode(message("ticker.BTC-PERPETUAL.100ms", both)).rows.at(0).channel == "ticker");
    CHECK(is_quote(
        decode(message("quote.X", head + R"(,"best_ask_price":0.0,"best_bid_price":0.0005,)"
                                         R"("best_ask_amount":0.0,"best_bid_amount":5.0})"))
            .rows.at(0),
        "0.0005", "5.0", "", ""));
    CHECK(is_quote(
        decode(message("quote.X", head + R"(,"best_ask_price":null,"best_bid_price":null})"))
            .rows.at(0),
        "", "", "", ""));
}

TEST_CASE("Deribit: the level of a volatility index is the price of its channel") {
    Bench decode("deribit");
    const std::string channel = "deribit_volatility_index.btc_usd";
    const auto& out = decode(message(
        channel, R"({"volatility":129.36,"timestamp":1619777946007,"index_name":"btc_usd"})"));
    REQUIRE(out.rows.size() == 1);
    CHECK(out.rows[0].kind == feeds::RowKind::trade);
    CHECK(out.rows[0].symbol == channel);
    CHECK(out.rows[0].price == "129.36");
    CHECK(out.rows[0].size.empty());
    CHECK(out.rows[0].side == Side::unknown);
    CHECK(out.rows[0].trade_id.empty());
    CHECK(out.rows[0].ts_exchange == 1619777946007000000);
    CHECK(out.rows[0].channel == "deribit_volatility_index");
    CHECK(out.rows[0].flags == 0);
    CHECK(only_error(decode(message(channel, R"({"timestamp":1619777946007})")),
                     DecodeError::missing_field));
    CHECK(
        only_error(decode(message(channel, R"({"volatility":"high"})")), DecodeError::bad_number));
    // A price index of the same name is another thing.
    CHECK(only_ignored(decode(
        message("deribit_price_index.btc_usd", R"({"price":3937.89,"index_name":"btc_usd"})"))));
}

TEST_CASE("Deribit: a test_request is answered, replies are understood") {
    Bench decode("deribit");
    const auto& asked =
        decode(R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}})");
    REQUIRE(asked.controls.size() == 1);
    CHECK(asked.controls[0].kind == ControlKind::reply);
    CHECK(nlohmann::json::parse(asked.controls[0].text)["method"] == "public/test");
    CHECK(only_control(decode(R"({"method":"heartbeat","params":{"type":"heartbeat"}})"),
                       ControlKind::heartbeat));
    CHECK(only_control(
        decode(
            R"({"jsonrpc":"2.0","id":1,"result":["trades.BTC-PERPETUAL.100ms"],"testnet":true,"usIn":1,"usOut":2,"usDiff":1})"),
        ControlKind::subscribed));
    CHECK(
        only_control(decode(R"({"jsonrpc":"2.0","id":2,"result":"ok"})"), ControlKind::heartbeat));
    CHECK(only_control(decode(R"({"jsonrpc":"2.0","id":3,"result":{"version":"1.2.26"}})"),
                       ControlKind::heartbeat));
    // None of the channels exists: that is no acknowledgement.
    CHECK(only_ignored(decode(R"({"jsonrpc":"2.0","id":1,"result":[]})")));
    CHECK(only_control(
        decode(
            R"({"jsonrpc":"2.0","id":1,"error":{"code":10028,"message":"too_many_requests","data":null}})"),
        ControlKind::error_retry, "too_many_requests (code 10028)"));
    CHECK(only_control(
        decode(
            R"({"id":1,"error":{"data":{"reason":"wrong format"},"message":"Invalid params","code":-32602}})"),
        ControlKind::error_permanent, "Invalid params (code -32602)"));
    CHECK(only_control(
        decode(
            R"({"error":{"code":13778,"message":"raw_subscriptions_not_available_for_unauthorized"}})"),
        ControlKind::error_permanent,
        "raw_subscriptions_not_available_for_unauthorized (code 13778)"));
}

TEST_CASE("Deribit: what is none of ours, and what is refused by name") {
    Bench decode("deribit");
    for (const std::string& text :
         {message("book.BTC-PERPETUAL.100ms", R"({"type":"snapshot","bids":[["new",1.0,2.0]]})"),
          message("chart.trades.X.1", R"({"open":1})"), message("platform_state", R"({"a":1})"),
          message("announcements", "null"), std::string(R"({"method":"subscription"})"),
          std::string(R"({"method":"subscription","params":{"channel":5,"data":[]}})"),
          std::string(R"({"method":"subscription","params":[]})"), std::string("{}")}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
    const auto& out = decode(message(
        "trades.X.100ms", "[" + trade() + R"(,null,{"instrument_name":"X","price":1},7,)" +
                              R"({"instrument_name":"X","price":1,"amount":-1},)" + trade() + "]"));
    CHECK(out.rows.size() == 2);
    CHECK(out.rejected == 4);
    CHECK(out.error == DecodeError::wrong_type);
    CHECK(only_error(decode(message("quote.X", "null")), DecodeError::missing_field));
    CHECK(only_error(decode(message("quote.X", R"({"best_bid_price":1})")),
                     DecodeError::missing_field));
    CHECK(only_error(decode(R"({"method":"subscription","params":{"channel":"trades.X.100ms"}})"),
                     DecodeError::missing_field));
    CHECK(
        only_error(decode(message("quote.X", R"({"instrument_name":"X","timestamp":1765541767})")),
                   DecodeError::bad_time));
    CHECK(only_error(decode(message("trades.X.100ms", "[" + trade() + ",{]")),
                     DecodeError::malformed_json));
}

TEST_CASE("Deribit: the heartbeat is asked for first, then the channels") {
    const auto frames =
        subscription_frames("deribit", {{"BTC-PERPETUAL", true, true},
                                        {"deribit_volatility_index.btc_usd", true, true},
                                        {"ETH-PERPETUAL", false, true}});
    REQUIRE(frames.size() == 2);
    CHECK(frames[0]["method"] == "public/set_heartbeat");
    CHECK(frames[0]["params"]["interval"] == 10);
    CHECK(frames[1]["jsonrpc"] == "2.0");
    CHECK(frames[1]["method"] == "public/subscribe");
    CHECK(frames[1]["params"]["channels"] ==
          std::vector<std::string>{"trades.BTC-PERPETUAL.100ms", "quote.BTC-PERPETUAL",
                                   "deribit_volatility_index.btc_usd", "quote.ETH-PERPETUAL"});
    CHECK(nlohmann::json::parse(feeds::find_venue("deribit")->text_ping(0))["method"] ==
          "public/test");
    // An index has no quotes: nothing is asked, not even for a heartbeat.
    CHECK(subscription_frames("deribit", {{"deribit_volatility_index.btc_usd", false, true}})
              .empty());
}

}  // namespace contagiond::test
