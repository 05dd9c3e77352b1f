// Coinbase Advanced Trade, frame by frame.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {

TEST_CASE("Coinbase Advanced: trades, in any order of keys, with the maker's side turned") {
    Bench decode("coinbase_advanced");
    for (
        const char* const text :
        {R"({"channel":"market_trades","timestamp":"2026-09-30T02:39:59.551901038Z","sequence_num":247,"events":[{"type":"update","trades":[{"product_id":"ETH-USD","trade_id":"846155167","price":"2667.20","size":"0.84275842","time":"2026-09-30T02:39:59.4104Z","side":"SELL"}]}]})",
         R"({"events":[{"trades":[{"side":"SELL","time":"2026-09-30T02:39:59.4104Z","size":"0.84275842","price":"2667.20","new":{"a":[1]},"trade_id":846155167,"product_id":"ETH-USD"}],"type":"update"}],"sequence_num":247,"client_id":"","channel":"market_trades"})"}) {
        INFO(text);
        const auto& out = decode(text);
        REQUIRE(out.error == DecodeError::none);
        REQUIRE(out.rows.size() == 1);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "ETH-USD");
        CHECK(row.price == "2667.20");
        CHECK(row.size == "0.84275842");
        CHECK(row.side == Side::buy);
        CHECK(row.trade_id == "846155167");
        CHECK(row.ts_exchange == 1790735999410400000);
        CHECK(row.channel == "market_trades");
        CHECK(row.flags == 0);
    }
}

TEST_CASE("Coinbase Advanced: each event says for itself whether it is history") {
    Bench decode("coinbase_advanced");
    const auto& out = decode(
        R"({"channel":"market_trades","events":[{"trades":[{"product_id":"A","price":"1","size":"1","side":"BUY"},{"product_id":"B","price":"1","size":"1","side":"buy"}],"type":"snapshot"},{"type":"update","trades":[{"product_id":"C","price":"1","size":"1"}]},{"trades":[{"product_id":"D","price":"1","size":"1"}]},{"type":"update","trades":[]}]})");
    REQUIRE(out.rows.size() == 4);
    CHECK(out.error == DecodeError::none);
    CHECK(out.rows[0].flags == feeds::row_snapshot);
    CHECK(out.rows[0].side == Side::sell);
    CHECK(out.rows[1].flags == feeds::row_snapshot);
    CHECK(out.rows[1].side == Side::unknown);
    CHECK(out.rows[2].flags == 0);
    CHECK(out.rows[3].flags == 0);
    CHECK(decode(R"({"channel":"market_trades","events":[]})").rows.empty());
    CHECK(decode.out.error == DecodeError::none);
}

TEST_CASE("Coinbase Advanced: best quotes have the time of the envelope") {
    Bench decode("coinbase_advanced");
    const auto quote = [&decode](std::string_view fields) -> const feeds::Decoded& {
        return decode(R"({"events":[{"type":"update","tickers":[{"type":"ticker","product_id":)"
                      R"("BTC-USD","price":"9",)" +
                      std::string(fields) +
                      R"("volume_24_h":"1"}]}],"timestamp":"2026-04-07T14:30:03.000000001Z",)"
                      R"("channel":"ticker"})");
    };
    CHECK(is_quote(quote(R"("best_bid":"68900.00","best_bid_quantity":"1.50000000",)"
                         R"("best_ask":"68901.00","best_ask_quantity":"0.5",)")
                       .rows.at(0),
                   "68900.00", "1.50000000", "68901.00", "0.5"));
    CHECK(decode.out.rows[0].symbol == "BTC-USD");
    CHECK(decode.out.rows[0].ts_exchange == 1775572203000000001);
    CHECK(decode.out.rows[0].channel == "ticker");
    CHECK(decode.out.rows[0].price.empty());
    CHECK(is_quote(quote(R"("best_bid":"","best_ask":"0","best_ask_quantity":"0",)").rows.at(0), "",
                   "", "", ""));
    CHECK(is_quote(quote(R"("best_bid":"5",)").rows.at(0), "5", "", "", ""));
    CHECK(
        decode(
            R"({"channel":"ticker","events":[{"type":"snapshot","tickers":[{"product_id":"X"}]}]})")
            .rows.at(0)
            .flags == feeds::row_snapshot);
    CHECK(only_error(decode(R"({"channel":"ticker","timestamp":"now","events":[{"tickers":[)"
                            R"({"product_id":"X","best_bid":"1"}]}]})"),
                     DecodeError::bad_time));
}

TEST_CASE("Coinbase Advanced: one bad element does not lose the rest") {
    Bench decode("coinbase_advanced");
    const auto& out = decode(
        R"({"channel":"market_trades","events":[7,null,{"type":"update","trades":[{"product_id":"A","price":"1","size":"1"},5,{"product_id":"A","price":"x","size":"1"},{"price":"1","size":"1"},{"product_id":"B","price":"2","size":"1"}],"tickers":[{"product_id":"A","best_bid":"1"}]}]})");
    REQUIRE(out.rows.size() == 2);
    CHECK(out.rows[0].symbol == "A");
    CHECK(out.rows[1].symbol == "B");
    CHECK(out.rejected == 6);
    CHECK(out.error == DecodeError::wrong_type);
    CHECK(only_error(decode(R"({"channel":"ticker","events":[{"trades":[{"product_id":"X"}]}]})"),
                     DecodeError::wrong_type));
    CHECK(only_error(decode(R"({"channel":"ticker"})"), DecodeError::missing_field));
    CHECK(only_error(decode(R"({"channel":"ticker","events":null})"), DecodeError::missing_field));
    CHECK(only_error(decode(R"({"channel":"market_trades","events":[{"trades":"x"}]})"),
                     DecodeError::wrong_type));
    CHECK(only_error(decode(R"({"channel":"market_trades","events":[{"trades":[{}]}})"),
                     DecodeError::malformed_json));
}

TEST_CASE("Coinbase Advanced: control messages") {
    Bench decode("coinbase_advanced");
    CHECK(only_control(decode(R"({"channel":"heartbeats","sequence_num":3,"events":[)"
                              R"({"current_time":"2026-09-30","heartbeat_counter":"21697"}]})"),
                       ControlKind::heartbeat));
    CHECK(only_control(decode(R"({"channel":"subscriptions","events":[{"subscriptions":)"
                              R"({"market_trades":["BTC-USD"]}}]})"),
                       ControlKind::subscribed));
    CHECK(only_control(decode(R"({"type":"error","message":"authentication failure"})"),
                       ControlKind::error_permanent, "authentication failure"));
    CHECK(only_control(decode(R"({"type":"error","message":"rate limit exceeded"})"),
                       ControlKind::error_retry, "rate limit exceeded"));
    for (
        const char* const text :
        {R"({"channel":"l2_data","events":[{"type":"update","updates":[{"side":"bid"}]}]})",
         R"({"events":[{"type":"update","updates":[]}],"channel":"l2_data"})",
         R"({"channel":"ticker_batch","events":[{"tickers":[{"product_id":"X","best_bid":"1"}]}]})",
         R"({"channel":"candles","events":[]})", R"({"type":"new"})", R"({})"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("Coinbase Advanced: what is asked for, one channel a frame") {
    const nlohmann::json heartbeats = {{"type", "subscribe"}, {"channel", "heartbeats"}};
    CHECK(subscription_frames(
              "coinbase_advanced",
              {{"BTC-USD", true, true}, {"ETH-USD", true, false}, {"SOL-USD", false, true}}) ==
          std::vector<nlohmann::json>{heartbeats,
                                      {{"type", "subscribe"},
                                       {"product_ids", {"BTC-USD", "ETH-USD"}},
                                       {"channel", "market_trades"}},
                                      {{"type", "subscribe"},
                                       {"product_ids", {"BTC-USD", "SOL-USD"}},
                                       {"channel", "ticker"}}});
}

}  // namespace contagiond::test
