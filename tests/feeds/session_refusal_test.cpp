// One bad symbol costs itself alone: on real sockets.
#include <catch2/catch.hpp>

#include "tests/feeds/session_desk.hpp"

namespace contagiond::feeds {
namespace {

std::size_t lines_with(const Desk& desk, std::string_view words) {
    return static_cast<std::size_t>(std::count_if(
        desk.lines.begin(), desk.lines.end(),
        [&](const std::string& line) { return line.find(words) != std::string::npos; }));
}

TEST_CASE("an instrument that the venue refuses alone is left out, told once, and the rest lives") {
    LoopbackServer server(
        {{accept(), expect("subscribe BTC"), expect("subscribe BAD"), send("ok"),
          send("refuse BAD"), send("refuse BAD"), send("T BTC 1 1"), await_go(), test::reset()},
         {accept(), expect("subscribe BTC"), send("ok"), send("T BTC 2 1")}});
    Desk desk(server);
    desk.venue.rules.refuses_alone = true;
    desk.settings.listings = {{3, "BTC", true, false}, {4, "BAD", true, false}};
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 1; }));
    CHECK(server.accepted() == 1);
    CHECK(desk.all_reconnects() == 0);
    CHECK(desk.counters.connected.value() == 1);
    CHECK(desk.counters.refused.value() == 1);
    CHECK(lines_with(desk, "refuses BAD") == 1);
    // Nor is it asked for again.
    server.go();
    REQUIRE(desk.until([&] { return desk.trades() == 2; }));
    CHECK(server.received() ==
          std::vector<std::string>{"subscribe BTC", "subscribe BAD", "subscribe BTC"});
    CHECK(desk.stop());
}

TEST_CASE("where the whole request is refused with it, the rest is asked for anew at once") {
    LoopbackServer server(
        {{accept(), expect("subscribe BTC"), expect("subscribe BAD"), send("refuse BAD")},
         {accept(), expect("subscribe BTC"), send("ok"), send("T BTC 1 1")}});
    Desk desk(server);
    desk.settings.listings = {{3, "BTC", true, false}, {4, "BAD", true, false}};
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 1; }));
    CHECK(server.received() ==
          std::vector<std::string>{"subscribe BTC", "subscribe BAD", "subscribe BTC"});
    CHECK(desk.reconnects(ReconnectReason::handshake) == 1);
    CHECK(desk.all_reconnects() == 1);
    CHECK(desk.counters.refused.value() == 1);
    CHECK(lines_with(desk, "no such symbol BAD") == 1);
}

TEST_CASE("a feed whose only instrument is refused waits, as for any refusal that will not heal") {
    LoopbackServer server({{accept(), expect("subscribe BAD"), send("refuse BAD")}});
    Desk desk(server);
    desk.venue.rules.refuses_alone = true;
    desk.settings.listings = {{4, "BAD", true, false}};
    desk.start();
    REQUIRE(desk.until([&] { return desk.all_reconnects() == 1; }));
    CHECK(desk.said("trying again soon will not help"));
    CHECK(desk.counters.refused.value() == 0);
    CHECK_FALSE(desk.until([&] { return server.accepted() > 1; }, std::chrono::milliseconds(100)));
}

TEST_CASE("when the venue does not say whom it refuses, each is asked for alone, and it is found") {
    LoopbackServer server({{accept(), expect("subscribe BTC"), expect("subscribe BAD"),
                            expect("subscribe ETH"), send("ok"), send("never")},
                           {accept(), expect("subscribe BTC"), send("ok"), expect("subscribe BAD"),
                            send("never"), expect("subscribe ETH"), send("ok"), send("T BTC 1 1"),
                            send("T ETH 1 1"), await_go(), test::reset()},
                           {accept(), expect("subscribe BTC"), expect("subscribe ETH"), send("ok"),
                            send("T ETH 2 1")}});
    Desk desk(server);
    desk.venue.rules.answers_in_turn = true;
    desk.settings.listings = {
        {3, "BTC", true, false}, {4, "BAD", true, false}, {5, "ETH", true, false}};
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 2; }));
    CHECK(desk.all_reconnects() == 1);
    CHECK(desk.counters.connected.value() == 1);
    CHECK(desk.counters.refused.value() == 1);
    CHECK(lines_with(desk, "refuses BAD") == 1);
    CHECK(lines_with(desk, "refuses BTC") + lines_with(desk, "refuses ETH") == 0);
    // From then on the rest is asked for together.
    server.go();
    REQUIRE(desk.until([&] { return desk.trades() == 3; }));
    CHECK(server.received().size() == 8);
    CHECK(desk.stop());
}

TEST_CASE("a first symbol that is refused is told once another one is accepted") {
    LoopbackServer server(
        {{accept(), expect("subscribe BAD"), expect("subscribe BTC"), send("never")},
         {accept(), expect("subscribe BAD"), send("never"), expect("subscribe BTC"), send("ok"),
          send("T BTC 1 1")}});
    Desk desk(server);
    desk.venue.rules.answers_in_turn = true;
    desk.settings.listings = {{4, "BAD", true, false}, {3, "BTC", true, false}};
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 1; }));
    CHECK(desk.counters.refused.value() == 1);
    CHECK(lines_with(desk, "refuses BAD") == 1);
    CHECK(desk.stop());
}

TEST_CASE("a venue that accepts none alone refuses us, and no symbol is left out") {
    LoopbackServer server(
        {{accept(), expect("subscribe AAA"), expect("subscribe BBB"), send("never")},
         {accept(), expect("subscribe AAA"), send("never"), expect("subscribe BBB"),
          send("never")}});
    Desk desk(server);
    desk.venue.rules.answers_in_turn = true;
    desk.settings.listings = {{3, "AAA", true, false}, {4, "BBB", true, false}};
    desk.start();
    REQUIRE(desk.until([&] { return desk.all_reconnects() == 2; }));
    CHECK(desk.said("trying again soon will not help"));
    CHECK(desk.counters.refused.value() == 0);
    CHECK_FALSE(desk.until([&] { return server.accepted() > 2; }, std::chrono::milliseconds(100)));
    CHECK(desk.stop());
}

TEST_CASE("a trade that the venue takes back puts its instrument in doubt, and no other") {
    LoopbackServer server(
        {{accept(), expect("subscribe BTC"), expect("subscribe ETH"), send("ok"), send("T BTC 1 1"),
          send("void ETH"), send("void XXX"), send("T BTC 2 1")}});
    Desk desk(server);
    desk.settings.listings = {{3, "BTC", true, false}, {5, "ETH", true, false}};
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 2; }));
    CHECK(desk.counters.taken_back.value() == 2);
    REQUIRE(desk.count(InputKind::gap) == 1);
    const auto gap = std::ranges::find(desk.inputs, InputKind::gap, &Input::kind);
    CHECK(gap->instrument == 5);
    CHECK(gap->gap.reason == core::GapReason::taken_back);
    CHECK(desk.stop());
}

}  // namespace
}  // namespace contagiond::feeds
