// Massive: frames as documented and as printed, odd ones, and the words of the handshake.
#include <catch2/catch.hpp>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {

TEST_CASE("Massive: trades, field by field, several in a frame") {
    Bench decode("massive");
    const auto& out = decode(
        R"([{"ev":"T","sym":"TSLA","i":"15589","x":19,"p":1114.38,"s":13,"c":[14,37,41],)"
        R"("t":1649169893847,"q":1769466,"z":3},{"z":3,"q":1769467,"t":1649169893848,"s":6,)"
        R"("p":1114.37,"x":4,"trfi":202,"trft":1649169893840,"i":15590,"sym":"TSLA","ev":"T"},)"
        R"({"ev":"Q","sym":"MSFT","bx":4,"bp":114.125,"bs":100,"ax":7,"ap":114.128,"as":160,)"
        R"("c":37,"i":[604],"t":1536036818784,"q":50385480,"z":3},{"ev":"A","sym":"TSLA"}])");
    CHECK(out.error == DecodeError::none);
    CHECK(out.ignored == 1);
    REQUIRE(out.rows.size() == 3);
    const feeds::Row& odd_lot = out.rows[0];
    CHECK(odd_lot.kind == feeds::RowKind::trade);
    CHECK(odd_lot.symbol == "TSLA");
    CHECK(odd_lot.trade_id == "15589");
    CHECK(odd_lot.price == "1114.38");
    CHECK(odd_lot.size == "13");
    CHECK(odd_lot.side == Side::unknown);
    CHECK(odd_lot.ts_exchange == 1649169893847000000);
    CHECK(odd_lot.channel == "T");
    CHECK(odd_lot.flags == feeds::row_not_last);
    CHECK(out.rows[1].trade_id == "15590");
    CHECK(out.rows[1].price == "1114.37");
    CHECK(out.rows[1].flags == 0);
    CHECK(is_quote(out.rows[2], "114.125", "100", "114.128", "160"));
    CHECK(out.rows[2].channel == "Q");
    CHECK(out.rows[2].flags == 0);
    CHECK(out.rows[2].trade_id.empty());
    CHECK(out.rows[2].ts_exchange == 1536036818784000000);
}

TEST_CASE("Massive: a side of the book may be missing") {
    Bench decode("massive");
    CHECK(is_quote(decode(R"([{"ev":"Q","sym":"A","ap":1.5,"as":2}])").rows.at(0), "", "", "1.5",
                   "2"));
    CHECK(decode.out.rows[0].ts_exchange == core::no_time);
    CHECK(is_quote(decode(R"([{"ev":"Q","sym":"A","bp":0,"bs":0,"ap":null}])").rows.at(0), "", "",
                   "", ""));
    CHECK(is_quote(decode(R"([{"ev":"Q","sym":"A","bp":1.50}])").rows.at(0), "1.50", "", "", ""));
}

TEST_CASE("Massive: bad elements are refused by name, the rest of the frame stays") {
    Bench decode("massive");
    const auto trade = [&decode](std::string_view fields) -> const feeds::Decoded& {
        return decode(R"([{"ev":"T",)" + std::string(fields) + "}]");
    };
    CHECK(only_error(trade(R"("p":1,"s":2)"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("sym":"A","s":2)"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("sym":"A","p":1)"), DecodeError::missing_field));
    CHECK(only_error(trade(R"("sym":7,"p":1,"s":2)"), DecodeError::wrong_type));
    CHECK(only_error(trade(R"("sym":"A","p":true,"s":2)"), DecodeError::wrong_type));
    CHECK(only_error(trade(R"("sym":"A","p":1,"s":2,"i":[1])"), DecodeError::wrong_type));
    CHECK(only_error(trade(R"("sym":"A","p":"x","s":2)"), DecodeError::bad_number));
    CHECK(only_error(trade(R"("sym":"A","p":1,"s":-2)"), DecodeError::bad_number));
    CHECK(only_error(trade(R"("sym":"A","p":1,"s":2,"t":1649169893)"), DecodeError::bad_time));
    CHECK(
        only_error(trade(R"("sym":"A","p":1,"s":2,"t":1649169893847000)"), DecodeError::bad_time));
    CHECK(only_error(trade(R"("sym":"A","p":1,"s":2,"t":"soon")"), DecodeError::bad_time));
    CHECK(only_error(decode(R"([{"ev":"Q","bp":1}])"), DecodeError::missing_field));
    CHECK(only_error(decode(R"([{"ev":"Q","sym":"A","bp":"?"}])"), DecodeError::bad_number));
    const auto& out = decode(R"([{"ev":"T","sym":"A","p":1,"s":1},{"ev":"T","sym":"B","s":1},null,)"
                             R"({"ev":"T","sym":"C","p":"2.50","s":1e2,"c":null,"i":null}])");
    REQUIRE(out.rows.size() == 2);
    CHECK(out.rows[1].price == "2.50");
    CHECK(out.rows[1].size == "1e2");
    CHECK(out.rejected == 2);
    CHECK(out.error == DecodeError::missing_field);
    CHECK(only_error(decode(R"([{"ev":"T","sym":"A","p":1,"s":1},{"ev":"T","sym":"A","c":[1,]}])"),
                     DecodeError::malformed_json));
}

TEST_CASE("Massive: the words of the handshake and of refusals") {
    Bench decode("massive");
    const auto status = [&decode](std::string_view word,
                                  std::string_view message) -> const feeds::Decoded& {
        return decode(R"([{"ev":"status","status":")" + std::string(word) + R"(","message":")" +
                      std::string(message) + "\"}]");
    };
    CHECK(only_control(status("connected", "Connected Successfully"), ControlKind::greeting,
                       "Connected Successfully"));
    CHECK(only_control(status("auth_success", "authenticated"), ControlKind::authenticated,
                       "authenticated"));
    CHECK(only_control(status("success", "subscribed to: T.AAPL"), ControlKind::subscribed,
                       "subscribed to: T.AAPL"));
    CHECK(only_control(status("auth_failed", "authentication failed"), ControlKind::error_permanent,
                       "authentication failed (the key is wrong, or the plan lacks "
                       "these data)"));
    CHECK(only_control(status("max_connections", "Maximum number of connections exceeded."),
                       ControlKind::error_permanent,
                       "Maximum number of connections exceeded. (another program "
                       "uses this account)"));
    CHECK(only_control(status("auth_timeout", "No authentication request received."),
                       ControlKind::error_retry,
                       "No authentication request received. (the login came too "
                       "late)"));
    CHECK(only_control(status("error", "not authorized"), ControlKind::error_permanent,
                       "not authorized (the key is wrong, or the plan lacks these data)"));
    CHECK(only_control(status("error", "Internal error"), ControlKind::error_retry,
                       "Internal error"));
    CHECK(only_ignored(status("new_word", "x")));
    CHECK(only_ignored(decode(R"([{"ev":"status"}])")));
    for (
        const char* const text :
        {R"([{"ev":"AM","sym":"A","v":1,"o":1.5,"c":1.6,"s":1,"e":2}])", R"([{"ev":"LULD"}])",
         R"([{"ev":"XT","pair":"BTC-USD","p":33021.9,"s":0.01,"c":[1],"i":"1","t":1610462007425}])",
         R"([{"ev":"XQ","pair":"BTC-USD","bp":1,"bs":1,"ap":2,"as":1}])", R"([{"sym":"A"}])",
         R"([{"ev":null}])"}) {
        INFO(text);
        CHECK(only_ignored(decode(text)));
    }
    CHECK(decode("[]").error == DecodeError::none);
}

TEST_CASE("Massive: a frame may hold several words, and each keeps its text") {
    Bench decode("massive");
    std::string frame = "[";
    for (int i = 0; i < 40; ++i) {
        frame += std::string(i == 0 ? "" : ",") + R"({"ev":"status","status":"error","message":")" +
                 std::string(static_cast<std::size_t>(i), 'x') + std::to_string(i) + "\"}";
    }
    const auto& out = decode(frame + "]");
    REQUIRE(out.controls.size() == 40);
    for (int i = 0; i < 40; ++i) {
        CHECK(out.controls[static_cast<std::size_t>(i)].text ==
              std::string(static_cast<std::size_t>(i), 'x') + std::to_string(i));
    }
}

TEST_CASE("Massive: what is asked for") {
    CHECK(subscription_frames(
              "massive", {{"AAPL", true, true}, {"BRK.B", true, false}, {"SPY", false, true}}) ==
          std::vector<nlohmann::json>{
              {{"action", "subscribe"}, {"params", "T.AAPL,Q.AAPL,T.BRK.B,Q.SPY"}}});
    CHECK(nlohmann::json::parse(feeds::find_venue("massive")->authenticate({"K\"1", ""})) ==
          nlohmann::json{{"action", "auth"}, {"params", "K\"1"}});
}

}  // namespace contagiond::test
