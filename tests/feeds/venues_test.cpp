// What each venue may send beside the usual, frame by frame.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {

TEST_CASE("Binance spot: trades in any order of keys, wrapped or not, ms or us") {
    Bench decode("binance_spot");
    for (
        const char* const text :
        {R"({"e":"trade","E":1,"s":"BTCUSDT","t":9,"p":"1.50","q":"2","T":1723161255342,"m":true,"M":true})",
         R"({"T":1723161255342,"m":true,"q":"2","p":"1.50","t":9,"s":"BTCUSDT","new":{"a":[1]},"e":"trade"})",
         R"({"stream":"btcusdt@trade","data":{"e":"trade","s":"BTCUSDT","t":9,"p":"1.50","q":"2","T":1723161255342,"m":true}})",
         R"({"data":{"e":"trade","s":"BTCUSDT","t":"9","p":1.50,"q":2,"T":"1723161255342","m":true},"stream":"btcusdt@trade"})",
         R"([{"e":"trade","s":"BTCUSDT","t":9,"p":"1.50","q":"2","T":1723161255342000,"m":true}])",
         R"({"e":"tr\u0061de","s":"BTC\u0055SDT","t":9,"p":"1.5\u0030","q":"2","T":1723161255342,"\u006d":true})"}) {
        INFO(text);
        const auto& out = decode(text);
        REQUIRE(out.error == DecodeError::none);
        REQUIRE(out.rows.size() == 1);
        const feeds::Row& row = out.rows[0];
        CHECK(row.kind == feeds::RowKind::trade);
        CHECK(row.symbol == "BTCUSDT");
        CHECK(row.price == "1.50");
        CHECK(row.size == "2");
        CHECK(row.side == Side::sell);
        CHECK(row.trade_id == "9");
        CHECK(row.ts_exchange == 1723161255342000000);
        CHECK(row.channel == "trade");
        CHECK(row.flags == 0);
    }
}

TEST_CASE("Binance spot: best quotes by shape or by stream, sides may be missing") {
    Bench decode("binance_spot");
    CHECK(is_quote(decode(R"({"u":1,"s":"X","b":"1","B":"2","a":"3","A":"4"})").rows.at(0), "1",
                   "2", "3", "4"));
    CHECK(decode.out.rows[0].ts_exchange == core::no_time);
    CHECK(is_quote(decode(R"({"u":1,"s":"X","b":"0.00000000","B":"0","a":"3","A":"4"})").rows.at(0),
                   "", "", "3", "4"));
    CHECK(is_quote(decode(R"({"u":1,"s":"X","b":"","B":"","a":null,"A":null})").rows.at(0), "", "",
                   "", ""));
    CHECK(is_quote(decode(R"({"u":1,"s":"X","b":"5","B":"0"})").rows.at(0), "5", "0", "", ""));
    CHECK(is_quote(decode(R"({"stream":"x@bookTicker","data":{"s":"X"}})").rows.at(0), "", "", "",
                   ""));
    CHECK(is_quote(decode(R"({"e":"bookTicker","s":"X","a":"3","A":"4"})").rows.at(0), "", "", "3",
                   "4"));
    // Symbols are text of any kind.
    CHECK(decode("{\"u\":1,\"s\":\"\xe5\xb8\x81\xe5\xae\x89,\\\"<b>\",\"b\":\"1\",\"a\":\"2\"}")
              .rows.at(0)
              .symbol == "\xe5\xb8\x81\xe5\xae\x89,\"<b>");
}

TEST_CASE("Binance spot: what is none of ours") {
    Bench decode("binance_spot");
    for (const char* const text :
         {R"({"lastUpdateId":5,"bids":[["1","2"]],"asks":[]})",
          R"({"stream":"x@depth5","data":{"lastUpdateId":5,"bids":[["1","2"]],"asks":[]}})",
          R"({"e":"depthUpdate","E":1,"s":"X","U":1,"u":2,"b":[["1","2"]],"a":[]})",
          R"({"stream":"x@kline_1m","data":{"e":"kline","E":1,"s":"X","k":{"t":1}}})",
          R"({"e":"24hrTicker","s":"X","p":"1","b":"2","a":"3"})", R"({"e":"blockTrade","s":"X"})",
          R"({"s":"X"})", R"({"stream":"!ticker@arr","data":[{"e":"24hrTicker","s":"X"}]})",
          R"({"e":5,"u":1,"s":"X","b":"1"})", R"({})"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
    CHECK(decode(R"([{"e":"24hrMiniTicker"},{"e":"24hrMiniTicker"}])").ignored == 2);
}

TEST_CASE("Binance spot: replies and notices") {
    Bench decode("binance_spot");
    CHECK(only_control(decode(R"({"result":null,"id":1})"), ControlKind::subscribed));
    CHECK(only_control(decode(R"({"id":"abc","result":null})"), ControlKind::subscribed));
    CHECK(only_control(decode(R"({"error":{"code":0,"msg":"Unknown property"},"id":2})"),
                       ControlKind::error_permanent, "Unknown property (code 0)"));
    CHECK(only_control(decode(R"({"code":2,"msg":"Invalid request"})"),
                       ControlKind::error_permanent, "Invalid request (code 2)"));
    CHECK(only_control(decode(R"({"code":-1003,"msg":"Too many requests"})"),
                       ControlKind::error_retry, "Too many requests (code -1003)"));
    CHECK(only_control(decode(R"({"error":"odd"})"), ControlKind::error_retry));
    CHECK(only_control(decode(R"({"e":"serverShutdown","E":1770123456789})"),
                       ControlKind::shutdown_notice, "serverShutdown"));
    CHECK(
        only_control(decode(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}})"),
                     ControlKind::shutdown_notice, "serverShutdown"));
}

TEST_CASE("Binance spot: bad fields are refused by name") {
    Bench decode("binance_spot");
    const auto trade = [&decode](std::string_view fields) -> const feeds::Decoded& {
        return decode(R"({"e":"trade",)" + std::string(fields) + "}");
    };
    CHECK(only_error(trade(R"("p":"1","q":"2")"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("s":"X","q":"2")"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("s":"X","p":"1")"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("s":"","p":"1","q":"2")"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("s":null,"p":"1","q":"2")"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("s":7,"p":"1","q":"2")"), DecodeError::wrong_type));
    CHECK(only_error(trade(R"("s":"X","p":true,"q":"2")"), DecodeError::wrong_type));
    CHECK(only_error(trade(R"("s":"X","p":[1],"q":"2")"), DecodeError::wrong_type));
    CHECK(only_error(trade(R"("s":"X","p":"1","q":"2","m":"true")"), DecodeError::wrong_type));
    CHECK(only_error(trade(R"("s":"X","p":"1","q":"2","t":{})"), DecodeError::wrong_type));
    CHECK(only_error(trade(R"("s":"X","p":"NaN","q":"2")"), DecodeError::bad_number));
    CHECK(only_error(trade(R"("s":"X","p":"1,5","q":"2")"), DecodeError::bad_number));
    CHECK(only_error(trade(R"("s":"X","p":"01","q":"2")"), DecodeError::bad_number));
    CHECK(only_error(trade(R"("s":"X","p":" 1","q":"2")"), DecodeError::bad_number));
    CHECK(only_error(trade(R"("s":"X","p":"1","q":"-2")"), DecodeError::bad_number));
    CHECK(only_error(trade(R"("s":"X","p":"1","q":"2","T":"soon")"), DecodeError::bad_time));
    CHECK(only_error(trade(R"("s":"X","p":"1","q":"2","T":1723161255)"), DecodeError::bad_time));
    CHECK(only_error(trade(R"("s":"X","p":"1","q":"2","T":true)"), DecodeError::wrong_type));
    CHECK(only_error(decode(R"({"u":1,"s":"X","b":"?","a":"2"})"), DecodeError::bad_number));
    CHECK(
        only_error(decode(R"({"u":1,"s":"X","b":"1","B":"?","a":"2"})"), DecodeError::bad_number));
    CHECK(only_error(decode(R"({"u":1,"b":"1","a":"2"})"), DecodeError::missing_field));
    // Without a time, an id or a side a trade is still a trade.
    CHECK(trade(R"("s":"X","p":"1","q":"2","T":0)").rows.at(0).ts_exchange == core::no_time);
    CHECK(decode.out.rows[0].side == Side::unknown);
    CHECK(decode.out.rows[0].trade_id.empty());
    // Exponents are numbers, and are passed on as they were written.
    CHECK(trade(R"("s":"X","p":"1E-8","q":1e+3)").rows.at(0).price == "1E-8");
    CHECK(decode.out.rows[0].size == "1e+3");
}

TEST_CASE("Coinbase Exchange: the aggressor is the other side, history is marked") {
    Bench decode("coinbase_exchange");
    const auto match = [&decode](std::string_view type, std::string_view fields) {
        const auto& out = decode(R"({"type":")" + std::string(type) +
                                 R"(","product_id":"BTC-USD","price":"5","size":"1",)" +
                                 std::string(fields) + "}");
        REQUIRE(out.rows.size() == 1);
        return out.rows[0];
    };
    CHECK(match("match", R"("side":"sell")").side == Side::buy);
    CHECK(match("match", R"("side":"buy")").side == Side::sell);
    CHECK(match("match", R"("side":"?")").side == Side::unknown);
    CHECK(match("match", R"("side":"buy")").flags == 0);
    CHECK(match("last_match", R"("side":"buy")").flags == feeds::row_snapshot);
    CHECK(match("last_match", R"("side":"buy")").channel == "last_match");
    CHECK(match("match", R"("time":"2014-11-07T08:19:27.028459Z")").ts_exchange ==
          1415348367028459000);
    CHECK(match("match", R"("time":"0001-01-01T00:00:00.000000Z")").ts_exchange == core::no_time);
    CHECK(match("match", R"("time":null)").ts_exchange == core::no_time);
    CHECK(match("match", R"("trade_id":846151671)").trade_id == "846151671");
}

TEST_CASE("Coinbase Exchange: tickers with and without sizes, sides and times") {
    Bench decode("coinbase_exchange");
    CHECK(is_quote(decode(R"({"type":"ticker","product_id":"X","price":"9","best_bid":"1",)"
                          R"("best_ask":"2","side":"buy","trade_id":5})")
                       .rows.at(0),
                   "1", "", "2", ""));
    CHECK(decode.out.rows[0].side == Side::unknown);
    CHECK(decode.out.rows[0].trade_id.empty());
    CHECK(decode.out.rows[0].price.empty());
    CHECK(is_quote(decode(R"({"best_ask_size":"0.5","best_ask":"2","best_bid":"0","best_bid_size":)"
                          R"("0","product_id":"X","type":"ticker"})")
                       .rows.at(0),
                   "", "", "2", "0.5"));
    CHECK(only_error(decode(R"({"type":"ticker","best_bid":"1"})"), DecodeError::missing_field));
    CHECK(only_error(decode(R"({"type":"ticker","product_id":"X","time":"now"})"),
                     DecodeError::bad_time));
    CHECK(only_error(decode(R"({"type":"ticker","product_id":"X","time":1723161255342})"),
                     DecodeError::wrong_type));
    CHECK(only_error(decode(R"({"type":"match","product_id":"X","price":"","size":"1"})"),
                     DecodeError::missing_field));
    CHECK(only_error(decode(R"({"type":"match","product_id":"X","price":"Infinity","size":"1"})"),
                     DecodeError::bad_number));
}

TEST_CASE("Coinbase Exchange: control messages") {
    Bench decode("coinbase_exchange");
    CHECK(only_control(decode(R"({"type":"subscriptions","channels":[{"name":"ticker_1000"}]})"),
                       ControlKind::subscribed));
    CHECK(only_control(decode(R"({"type":"heartbeat","sequence":90,"product_id":"BTC-USD"})"),
                       ControlKind::heartbeat));
    CHECK(only_control(decode(R"({"type":"error","message":"Failed to subscribe",)"
                              R"("reason":"XYZ-ABC is not a valid product"})"),
                       ControlKind::error_permanent,
                       "Failed to subscribe (XYZ-ABC is not a valid product)"));
    CHECK(only_control(decode(R"({"type":"error","message":"Authentication Failed"})"),
                       ControlKind::error_permanent, "Authentication Failed"));
    CHECK(only_control(decode(R"({"type":"error","message":"ErrSlowConsume"})"),
                       ControlKind::error_retry, "ErrSlowConsume"));
    for (const char* const text :
         {R"({"type":"l2update","product_id":"X","changes":[["buy","1","2"]]})",
          R"({"type":"snapshot","bids":[],"asks":[]})", R"({"type":"received","price":"1"})",
          R"({"type":"new","x":{"y":[1,2]}})", R"({"type":null})", R"({})"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
}

TEST_CASE("the texts of several errors in one frame all stay") {
    for (const auto& [venue, error] :
         {std::pair{"binance_spot", R"({"code":1,"msg":")"},
          std::pair{"coinbase_exchange", R"({"type":"error","reason":"r","message":")"}}) {
        Bench decode(venue);
        const std::string words(40, 'w');
        const auto one = [&](char c) { return error + words + c + "\"}"; };
        const auto& out = decode("[" + one('1') + "," + one('2') + "," + one('3') + "]");
        REQUIRE(out.controls.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(out.controls[i].text.substr(0, 41) == words + static_cast<char>('1' + i));
        }
    }
}

TEST_CASE("Alpaca: one bad element does not lose the rest of its batch") {
    Bench decode("alpaca");
    const auto& out =
        decode(R"([{"T":"t","S":"A","p":1.5,"s":1},{"T":"t","S":"B","p":"abc","s":1},)"
               R"({"T":"t","S":"C","p":true,"s":1},7,{"T":"t","S":"D","p":2e1,"s":0.25}])");
    REQUIRE(out.rows.size() == 2);
    CHECK(out.rows[0].symbol == "A");
    CHECK(out.rows[1].symbol == "D");
    CHECK(out.rows[1].price == "2e1");
    CHECK(out.rejected == 3);
    CHECK(out.error == DecodeError::bad_number);
    // But what is not JSON loses all of it.
    CHECK(only_error(decode(R"([{"T":"t","S":"A","p":1.5,"s":1},{"T":"t","S":"B","p":.5,"s":1}])"),
                     DecodeError::malformed_json));
    CHECK(only_error(decode(R"([{"T":"t","S":"A","p":1.5,"s":1},)"), DecodeError::malformed_json));
}

TEST_CASE("Alpaca: sale conditions by tape") {
    Bench decode("alpaca");
    const auto flagged = [&decode](std::string_view tape, std::string_view conditions) {
        const auto& out = decode(R"([{"T":"t","S":"A","p":1,"s":1,"c":)" + std::string(conditions) +
                                 R"(,"z":")" + std::string(tape) + R"("}])");
        REQUIRE(out.rows.size() == 1);
        return out.rows[0].flags == feeds::row_not_last;
    };
    for (const char c : std::string("@FEO56X9ADKY1L ")) {
        const std::string list = std::string("[\"") + c + "\"]";
        INFO(list);
        CHECK_FALSE(flagged("A", list));
        CHECK_FALSE(flagged("C", list));
    }
    for (const char c : std::string("CHIMNPQRTUVZ47")) {
        const std::string list = std::string("[\"@\",\"") + c + "\"]";
        INFO(list);
        CHECK(flagged("A", list));
        CHECK(flagged("B", list));
        CHECK(flagged("C", list));
    }
    CHECK(flagged("A", R"(["B"])"));
    CHECK_FALSE(flagged("C", R"(["B"])"));
    CHECK(flagged("C", R"(["W"])"));
    CHECK_FALSE(flagged("A", R"(["W"])"));
    CHECK(flagged("C", R"(["G"])"));
    CHECK_FALSE(flagged("B", R"(["G"])"));
    // Several letters may stand together, and the list may be written in other ways.
    CHECK(flagged("A", R"([" F I"])"));
    CHECK(flagged("A", R"("I")"));
    CHECK_FALSE(flagged("A", "null"));
    CHECK_FALSE(flagged("A", "[]"));
    CHECK_FALSE(flagged("A", R"([null,1,{"I":["I"]},"\u00e9"])"));
    CHECK(flagged("A", R"(["\u0049"])"));
}

TEST_CASE("Alpaca: quotes, crypto trades, and what is passed over") {
    Bench decode("alpaca");
    CHECK(is_quote(decode(R"([{"T":"q","S":"A","bp":0,"bs":0,"ap":1.25,"as":3,"c":["R"],"z":"C"}])")
                       .rows.at(0),
                   "", "", "1.25", "3"));
    CHECK(decode.out.rows[0].flags == 0);
    CHECK(
        is_quote(decode(R"([{"T":"q","S":"A","bp":1.0,"bs":2}])").rows.at(0), "1.0", "2", "", ""));
    const auto side = [&decode](std::string_view tks) {
        return decode(R"([{"T":"t","S":"BTC/USD","p":1,"s":0.5,"tks":")" + std::string(tks) +
                      R"("}])")
            .rows.at(0)
            .side;
    };
    CHECK(side("B") == Side::buy);
    CHECK(side("S") == Side::sell);
    CHECK(side("") == Side::unknown);
    // An object in place of the array is read as its only element.
    CHECK(decode(R"({"T":"t","S":"A","p":1,"s":1})").rows.size() == 1);
    for (const char* const text :
         {R"([{"T":"s","S":"A","sc":"H"}])", R"([{"T":"l","S":"A","u":1,"d":2,"i":"B"}])",
          R"([{"T":"b","S":"A","o":1,"c":1}])", R"([{"T":"success","msg":"something new"}])",
          R"([{"S":"A"}])", R"([{"T":1}])"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
    CHECK(decode("[]").error == DecodeError::none);
}

TEST_CASE("Alpaca: what takes a trade back is no trade, and is counted") {
    Bench decode("alpaca");
    for (
        const char* const text :
        {R"([{"T":"c","S":"A","oi":1,"op":1,"os":1,"oc":["@"],"ci":2,"cp":3,"cs":4,"cc":["@"]}])",
         R"([{"T":"x","S":"A","i":1,"p":1,"s":1,"a":"C"}])",
         R"([{"T":"x","S":"DJT","i":4868,"x":"D","p":36.18,"s":31800,"a":"E","z":"C","t":"2024-10-14T14:21:45.8Z"}])",
         R"([{"t":"2024-10-14T14:21:45Z","z":"C","cc":["@"],"cs":1,"cp":1.6,"ci":2,"oc":["@"],"os":1,"op":1.5,"oi":1,"S":"A","T":"c"}])"}) {
        INFO(text);
        const auto& one = decode(text);
        CHECK(one.rows.empty());
        CHECK(one.taken_back.size() == 1);
        CHECK(one.ignored == 0);
    }
    const auto& out =
        decode(R"([{"T":"x","S":"DJT","i":4868,"x":"D","p":36.18,"s":31800,"a":"C","z":"C"},)"
               R"({"T":"c","S":"EEM","oi":1,"op":39.1,"os":4,"ci":2,"cp":39.2,"cs":4,"z":"B"},)"
               R"({"T":"s","S":"AAPL","sc":"H"}])");
    CHECK(out.rows.empty());
    CHECK(out.taken_back == std::vector<std::string_view>{"DJT", "EEM"});
    CHECK(out.ignored == 1);
    CHECK(out.error == DecodeError::none);
    CHECK(decode(R"([{"T":"s","S":"AAPL","sc":"T"}])").taken_back.empty());
}

TEST_CASE("Alpaca: the handshake's messages") {
    Bench decode("alpaca");
    CHECK(only_control(decode(R"([{"T":"success","msg":"connected"}])"), ControlKind::greeting,
                       "connected"));
    CHECK(only_control(decode(R"([{"T":"success","msg":"authenticated"}])"),
                       ControlKind::authenticated, "authenticated"));
    CHECK(only_control(decode(R"([{"T":"subscription","trades":["A"],"quotes":[]}])"),
                       ControlKind::subscribed));
    const auto error = [&decode](std::string_view code) -> const feeds::Decoded& {
        return decode(R"([{"T":"error","code":)" + std::string(code) + R"(,"msg":"no"}])");
    };
    const auto text_of = [&](std::string_view code) {
        return std::string(error(code).controls.at(0).text);
    };
    for (const char* const code : {"400", "402", "405", "406", "408", "409"}) {
        INFO(code);
        CHECK(text_of(code).starts_with("no (code " + std::string(code) + ": "));
        CHECK(only_control(error(code), ControlKind::error_permanent, text_of(code)));
    }
    for (const char* const code : {"401", "403", "404", "407", "500"}) {
        INFO(code);
        CHECK(text_of(code).starts_with("no (code " + std::string(code) + ": "));
        CHECK(only_control(error(code), ControlKind::error_retry, text_of(code)));
    }
    CHECK(text_of("402") == "no (code 402: key or secret is wrong, or of another account)");
    // Newer codes are about bad requests; what is no request's fault may heal.
    CHECK(only_control(error("410"), ControlKind::error_permanent, "no (code 410)"));
    CHECK(only_control(error("503"), ControlKind::error_retry, "no (code 503)"));
    CHECK(only_control(error("null"), ControlKind::error_retry, "no"));
    CHECK(only_control(decode(R"([{"T":"error"}])"), ControlKind::error_retry));
    // Each keeps its text.
    const auto& out = decode(R"([{"T":"error","code":402,"msg":"a"},{"T":"error","code":500,)"
                             R"("msg":"a much longer one than the one before"}])");
    REQUIRE(out.controls.size() == 2);
    CHECK(out.controls[0].text.starts_with("a (code 402: "));
    CHECK(out.controls[1].text.starts_with("a much longer one than the one before (code 500: "));
}

}  // namespace contagiond::test
