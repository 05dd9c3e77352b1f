#include "daemon/sinks/alert_message.hpp"

#include <catch2/catch.hpp>

#include "tests/sinks/known_episode.hpp"

using namespace contagiond;
using namespace contagiond::test;
using sinks::AlertKind;
using sinks::parse_alert;

TEST_CASE("an alert document is read back as it was written") {
    Desk desk;
    desk.context.external_url = "https://desk.example/c";
    core::Episode e = studied_episode();
    e.degraded = true;
    e.source_fall = 0.0625;
    e.targets[1].fall = 0.03125;
    const auto message = parse_alert(sinks::alert_document(e, desk.context));
    REQUIRE(message);
    CHECK(message->kind == AlertKind::opened);
    CHECK(message->id == "01JJK3ZC8Q4X0Q7N9S6V3W2E1R");
    CHECK(message->revision == 1);
    CHECK(message->severity == core::Severity::critical);
    CHECK(message->mode == "live");
    CHECK(message->rule == "tech_to_crypto");
    CHECK(message->title == "us_tech → BTC-USD, ETH-USD");
    // The document's times have microseconds.
    CHECK(message->ts == at_detection - 789);
    CHECK(message->detected_at == at_detection - 789);
    CHECK(message->started_at == at_detection - 789 - 6 * core::ns_per_min);
    CHECK_FALSE(message->ended_at);
    CHECK(message->horizon_s == 1320.0);
    CHECK(message->source == "us_tech");
    CHECK(message->source_fall_ratio == -0.0625);
    CHECK(message->leader == "NVDA");
    REQUIRE(message->members.size() == 2);
    CHECK(message->members[0].share == 0.75);
    CHECK_FALSE(message->members[1].share);
    REQUIRE(message->targets.size() == 2);
    CHECK(message->targets[0].symbol == "BTC-USD");
    CHECK(message->targets[0].price == "98950.12");
    CHECK(message->targets[0].correlation.value == 0.8125);
    CHECK(message->targets[0].correlation.baseline == 0.34375);
    CHECK(message->targets[0].correlation.adjusted == 0.75);
    REQUIRE(message->targets[0].lead);
    CHECK(message->targets[0].lead->source == "NVDA");
    CHECK(message->targets[0].lead->seconds == 41.0);
    CHECK(message->targets[0].lead->seconds_high == 60.0);
    CHECK_FALSE(message->targets[1].lead);
    CHECK(message->targets[1].fall_ratio == -0.03125);
    CHECK(message->score_peak == 0.96875);
    CHECK(message->attribution == "tech");
    REQUIRE(message->controls.size() == 1);
    CHECK(message->controls[0].symbol == "ZN");
    CHECK(message->contagion == "contagion");
    CHECK(message->value_lost_usd == 5.93e11);
    CHECK(message->degraded);
    CHECK(message->stale == std::vector<std::string>{"AMD"});
    CHECK(message->diverged == std::vector<std::string>{"ETH-USD"});
    CHECK(message->gaps == 3);
    CHECK(message->link == "https://desk.example/c/#/alerts/01JJK3ZC8Q4X0Q7N9S6V3W2E1R");
    CHECK(message->instance == "desk-1");
}

TEST_CASE("what is no alert document is none, and what one lacks is absent") {
    for (const char* text : {"", "null", "{", "[]", "7", R"({"type":"contagion.alert.opened"})",
                             R"({"type":"contagion.alert.closed","data":{"id":"A"}})",
                             R"({"type":"contagion.alert.opened","data":{"id":""}})",
                             R"({"type":"contagion.alert.opened","data":{"id":"A.B"}})",
                             R"({"type":"contagion.alert.opened","data":{"id":"A\r\nX: y"}})",
                             R"({"type":"contagion.alert.opened","data":{"id":7}})"}) {
        INFO(text);
        CHECK_FALSE(parse_alert(text));
    }
    const auto bare = parse_alert(R"({"type":"contagion.alert.resolved","data":{"id":"A"}})");
    REQUIRE(bare);
    CHECK(bare->kind == AlertKind::resolved);
    CHECK_FALSE(bare->ts);
    CHECK_FALSE(bare->score);
    CHECK(bare->targets.empty());
    // A number that no double holds is no number.
    CHECK_FALSE(
        parse_alert(R"({"type":"contagion.alert.opened","data":{"id":"A","score":1e999}})"));
}

TEST_CASE("members of another shape are as good as absent") {
    const auto odd = parse_alert(
        R"({"type":"contagion.alert.opened","timestamp":7,"data":{"id":"A","revision":-1,)"
        R"("severity":["critical"],"source":[1],"targets":[7,{"symbol":3}],"score":"high",)"
        R"("started_at":"2025-02-30T00:00:00Z","data_quality":{"gaps":-3,"stale":"AMD"}}})");
    REQUIRE(odd);
    CHECK(odd->severity == core::Severity::info);
    CHECK(odd->revision == 0);
    CHECK(odd->source.empty());
    CHECK(odd->targets.size() == 2);
    CHECK(odd->targets[1].symbol.empty());
    CHECK_FALSE(odd->score);
    CHECK_FALSE(odd->started_at);
    CHECK(odd->gaps == 0);
    CHECK(odd->stale.empty());
}

TEST_CASE("text of strangers is one line, whole characters, and bounded") {
    ordered_json document = ordered_json::parse(sinks::alert_document(episode(), Desk().context));
    const auto symbol_of = [&](const std::string& symbol) {
        document["data"]["targets"][0]["symbol"] = symbol;
        return parse_alert(document.dump())->targets.at(0).symbol;
    };
    CHECK(symbol_of("BTC\nUSD\r\tX") == "BTC USD  X");
    CHECK(symbol_of(" \n BTC-USD \t") == "BTC-USD");
    CHECK(symbol_of(" \n ").empty());
    CHECK(symbol_of(std::string("BTC\0USD", 7)) == "BTC\uFFFDUSD");
    CHECK(symbol_of("BTC\u202EDSU") == "BTC\uFFFDDSU");
    CHECK(symbol_of("BTC\u200BUSD\u2066") == "BTC\uFFFDUSD\uFFFD");
    CHECK(symbol_of("<@here> & *x*") == "<@here> & *x*");
    CHECK(code_points(symbol_of(std::string(10'000, 'x'))) == 64);
    CHECK(symbol_of(std::string(10'000, 'x')).substr(63) == "…");
    std::string wide;
    for (int i = 0; i < 64; ++i) wide += "é";
    CHECK(symbol_of(wide) == wide);
    CHECK(code_points(symbol_of(wide + "é")) == 64);
    document["data"]["targets"] = ordered_json::array();
    for (int i = 0; i < 1000; ++i) document["data"]["targets"].push_back({{"symbol", "X"}});
    CHECK(parse_alert(document.dump())->targets.size() == 32);
}

TEST_CASE("times of documents are read to the nanosecond, and only in UTC") {
    const auto read = [](const char* text) { return sinks::parse_rfc3339(text); };
    CHECK(read("2025-01-27T14:42:07.123456Z") == at_detection - 789);
    CHECK(read("2025-01-27T14:42:07.123456789Z") == at_detection);
    CHECK(read("1970-01-01T00:00:00Z") == 0);
    CHECK(read("1969-12-31T23:59:59.5Z") == -core::ns_per_s / 2);
    for (const core::TimeNs t : {core::TimeNs{0}, at_detection - 789, 951'782'400 * core::ns_per_s})
        CHECK(read(sinks::rfc3339(t).c_str()) == t);
    for (const char* text :
         {"", "2025-01-27", "2025-01-27T14:42:07", "2025-02-29T00:00:00Z", "2025-01-27T24:00:00Z",
          "2025-01-27T14:42:07+01:00", "2025-01-27T14:42:07.Z", "2025-01-27T14:42:07.1x3Z",
          "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z"})
        CHECK_FALSE(read(text));
}
