// Bitstamp, frame by frame.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {

TEST_CASE("Bitstamp: trades as of 2022, as of 2021, and in any order") {
    Bench decode("bitstamp");
    for (
        const char* const text :
        {R"({"data":{"id":216000477,"timestamp":"1641343699","amount":0.0792,"amount_str":"0.07920000","price":3805.4400000000001,"price_str":"3805.44","type":1,"microtimestamp":"1641343699596001","buy_order_id":1443875737346049,"sell_order_id":1443875731320832},"channel":"live_trades_ethusd","event":"trade"})",
         R"({"channel": "live_trades_ethusd", "data": {"amount": 0.0792, "amount_str": "0.07920000", "buy_order_id": 1351035778150400, "id": 216000477, "microtimestamp": "1641343699596001", "price": 3805.44, "price_str": "3805.44", "sell_order_id": 1351035756818432, "timestamp": "1641343699", "type": 1}, "event": "trade"})",
         R"({"event":"trade","data":{"type":"1","price_str":"3805.44","amount_str":"0.07920000","microtimestamp":1641343699596001,"id":"216000477","new":[{"id":1}]},"channel":"live_trades_eth\u0075sd"})"}) {
        INFO(text);
        const auto& out = decode(text);
        REQUIRE(out.error == DecodeError::none);
        REQUIRE(out.rows.size() == 1);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "ethusd");
        CHECK(row.price == "3805.44");
        CHECK(row.size == "0.07920000");
        CHECK(row.side == Side::sell);
        CHECK(row.trade_id == "216000477");
        CHECK(row.ts_exchange == 1641343699596001000);
        CHECK(row.channel == "live_trades");
        CHECK(row.flags == 0);
    }
}

TEST_CASE("Bitstamp: sides, tiny sizes, and texts that are missing") {
    Bench decode("bitstamp");
    const auto trade = [&decode](std::string_view fields) -> const feeds::Decoded& {
        return decode(R"({"event":"trade","channel":"live_trades_x","data":{)" +
                      std::string(fields) + "}}");
    };
    CHECK(trade(R"("price_str":"1","amount_str":"1E-8","type":0)").rows.at(0).side == Side::buy);
    CHECK(decode.out.rows[0].size == "1E-8");
    CHECK(decode.out.rows[0].ts_exchange == core::no_time);
    CHECK(trade(R"("price_str":"1","amount_str":"2","type":2)").rows.at(0).side == Side::unknown);
    CHECK(trade(R"("price":1.5,"amount":2.5,"price_str":null)").rows.at(0).price == "1.5");
    CHECK(decode.out.rows[0].size == "2.5");
    CHECK(only_error(trade(R"("price_str":"1")"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("price_str":"1","amount_str":"x")"), DecodeError::bad_number));
    CHECK(only_error(trade(R"("price_str":"1","amount_str":"1","microtimestamp":"1641343699")"),
                     DecodeError::bad_time));
    CHECK(only_error(trade(R"("price_str":"1","amount_str":{})"), DecodeError::wrong_type));
    for (const char* const channel : {"live_trades_", "order_book_"}) {
        const std::string event = std::string(channel) == "order_book_" ? "data" : "trade";
        const std::string head = R"({"event":")" + event + R"(","channel":")" + channel;
        CHECK(only_error(decode(head + R"("x"})"), DecodeError::malformed_json));
        CHECK(only_error(decode(head + R"(x"})"), DecodeError::missing_field));
        CHECK(only_error(decode(head + R"(x","data":""})"), DecodeError::missing_field));
        CHECK(only_error(decode(head + R"(x","data":[]})"), DecodeError::wrong_type));
        // A channel without a symbol.
        CHECK(only_error(decode(head + R"(","data":{"price_str":"1","amount_str":"1"}})"),
                         DecodeError::missing_field));
    }
}

TEST_CASE("Bitstamp: the top of the book is the best quote") {
    Bench decode("bitstamp");
    const auto quote = [&decode](std::string_view sides) -> const feeds::Decoded& {
        return decode(R"({"data":{"timestamp":"1700000000","microtimestamp":"1700000000123456")" +
                      std::string(sides) + R"(},"channel":"order_book_btcusd","event":"data"})");
    };
    CHECK(is_quote(quote(R"(,"bids":[["36500.00","1.2"],["36499.00","0.5"]],)"
                         R"("asks":[["36501.00","0.75000000"],["36502.00","1"]])")
                       .rows.at(0),
                   "36500.00", "1.2", "36501.00", "0.75000000"));
    CHECK(decode.out.rows[0].symbol == "btcusd");
    CHECK(decode.out.rows[0].channel == "order_book");
    CHECK(decode.out.rows[0].ts_exchange == 1700000000123456000);
    CHECK(is_quote(quote(R"(,"bids":[],"asks":[["1","2"]])").rows.at(0), "", "", "1", "2"));
    CHECK(is_quote(quote(R"(,"bids":null,"asks":[null])").rows.at(0), "", "", "", ""));
    CHECK(is_quote(quote("").rows.at(0), "", "", "", ""));
    CHECK(only_error(quote(R"(,"bids":[["-","1"]])"), DecodeError::bad_number));
}

TEST_CASE("Bitstamp: control messages") {
    Bench decode("bitstamp");
    CHECK(only_control(decode(R"({"event":"bts:subscription_succeeded","channel":"x","data":{}})"),
                       ControlKind::subscribed));
    CHECK(only_control(
        decode(R"({"event":"bts:heartbeat","channel":"","data":{"status":"success"}})"),
        ControlKind::heartbeat));
    CHECK(only_control(decode(R"({"event":"bts:request_reconnect","channel":"","data":""})"),
                       ControlKind::shutdown_notice, "bts:request_reconnect"));
    CHECK(only_control(decode(R"({"event":"bts:error","channel":"","data":{"code":null,"message":)"
                              R"("Bad subscription string."}})"),
                       ControlKind::error_permanent, "Bad subscription string."));
    CHECK(only_control(decode(R"({"event":"bts:error","data":{"code":4,"message":"Busy."}})"),
                       ControlKind::error_retry, "Busy. (code 4)"));
    CHECK(only_control(decode(R"({"event":"bts:error"})"), ControlKind::error_retry, ""));
    for (const char* const text :
         {R"({"data":{"bids":[["1","2"]],"asks":[]},"channel":"diff_order_book_x","event":"data"})",
          R"({"data":{"bids":[["1","2"]]},"channel":"detail_order_book_x","event":"data"})",
          R"({"data":{"price_str":"1","amount_str":"1"},"channel":"live_orders_x","event":)"
          R"("order_created"})",
          R"({"data":{},"channel":"live_trades_x","event":"data"})",
          R"({"data":{},"channel":"order_book_x","event":"trade"})",
          R"({"event":"bts:unsubscription_succeeded","channel":"x","data":{}})", R"({})"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("Bitstamp: what is asked for, one channel a frame") {
    CHECK(subscription_frames("bitstamp", {{"btcusd", true, true}, {"ethusd", false, true}}) ==
          std::vector<nlohmann::json>{
              {{"event", "bts:subscribe"}, {"data", {{"channel", "live_trades_btcusd"}}}},
              {{"event", "bts:subscribe"}, {"data", {{"channel", "order_book_btcusd"}}}},
              {{"event", "bts:subscribe"}, {"data", {{"channel", "order_book_ethusd"}}}}});
}

}  // namespace contagiond::test
