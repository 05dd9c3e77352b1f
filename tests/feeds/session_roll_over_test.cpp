// Rolling over: what the machine decides, with time as a number, and the same on real sockets.
#include <catch2/catch.hpp>

#include "tests/feeds/session_conversation.hpp"
#include "tests/feeds/session_desk.hpp"

namespace contagiond::feeds {
namespace {

SessionPlan long_lived() {
    SessionPlan plan = plain_plan();
    plan.rules.second_connection = true;
    plan.rules.max_lifetime = 24 * ns_per_hour;
    plan.rules.ping_interval = 0;
    return plan;
}

/// Lets time pass, with data, until the machine says something.
Says until_word(Conversation& talk) {
    Says said;
    while (said.empty()) {
        talk.data();
        said = talk.after(5 * ns_per_s);
    }
    return said;
}

TEST_CASE("a second connection comes up before the first one goes") {
    Conversation talk(long_lived());
    talk.reach_live();
    const MonotonicNs born = talk.now();
    CHECK(until_word(talk) == Says{"second"});
    const core::DurationNs age = talk.now() - born;
    CHECK(age >= 22 * ns_per_hour + 29 * ns_per_min);
    CHECK(age <= 23 * ns_per_hour + 5 * ns_per_s);

    Conversation second = talk.successor();
    CHECK(second.connect_after_wait() <= 250 * ns_per_ms);
    second.shake_hands();
    CHECK(second.control(ControlKind::subscribed) == Says{"up"});  // and no gap before it
    second.lead(false);
    CHECK(talk.retire() == Says{"down", "close", "ended scheduled"});
    CHECK(talk.closed() == Says{});
    CHECK(talk.after(ns_per_hour) == Says{});
    // And so on, day after day.
    CHECK(until_word(second) == Says{"second"});
}

TEST_CASE("a shutdown notice brings the second connection at once, once") {
    Conversation talk(long_lived());
    talk.reach_live();
    CHECK(talk.control(ControlKind::shutdown_notice) == Says{"second"});
    CHECK(talk.control(ControlKind::shutdown_notice) == Says{});
    CHECK(talk.state() == SessionState::live);
}

TEST_CASE("a notice to the second connection is no reason for a third") {
    Conversation talk(long_lived());
    talk.reach_live();
    talk.control(ControlKind::shutdown_notice);
    Conversation second = talk.successor();
    second.reach_live();
    CHECK(second.control(ControlKind::shutdown_notice) == Says{"down", "close"});
    CHECK(second.closed() == Says{"ended scheduled"});
    second.reach_live();
    second.lead(false);
    CHECK(second.control(ControlKind::shutdown_notice) == Says{"second"});
}

TEST_CASE("a venue that sends each new connection away is asked ever more slowly") {
    std::vector<Conversation> chain;
    chain.emplace_back(long_lived());
    chain.back().reach_live();
    const MonotonicNs born = chain.back().now();
    for (int i = 0; i < 60; ++i) {
        CHECK(chain.back().control(ControlKind::shutdown_notice) == Says{"second"});
        Conversation second = chain.back().successor();
        second.reach_live();
        second.lead(false);
        chain.back().retire();
        chain.push_back(std::move(second));
    }
    // As many as the budget of tries allows, and not one more.
    const Timing timing;
    CHECK(chain.back().now() - born >= (60 - timing.budget_burst) * timing.budget_refill);
}

TEST_CASE("who leads because the other one was lost tells the gap") {
    Conversation talk(long_lived());
    talk.reach_live();
    talk.control(ControlKind::shutdown_notice);
    Conversation second = talk.successor();
    SECTION("before it was up") {
        CHECK(talk.closed(ReconnectReason::closed) == Says{"down", "ended closed"});
        CHECK(talk.stop() == Says{});
        second.lead(true);
        second.connect_after_wait();
        second.shake_hands();
        CHECK(second.control(ControlKind::subscribed) == Says{"up", "gap"});
    }
    SECTION("while it was told to wait long") {
        second.connect_after_wait();
        second.shake_hands();
        CHECK(second.control(ControlKind::error_permanent, "no more of you") == Says{"close"});
        second.closed();
        CHECK(talk.closed(ReconnectReason::closed) == Says{"down", "ended closed"});
        second.lead(true);
        CHECK(second.connect_after_wait() <= 30 * ns_per_s);
    }
}

TEST_CASE("where the venue suffers no second connection, the first one goes before it comes back") {
    SessionPlan plan = long_lived();
    plan.rules.second_connection = false;
    Conversation talk(plan);
    talk.reach_live();
    CHECK(until_word(talk) == Says{"down", "close"});
    CHECK(talk.closed() == Says{"ended scheduled"});
}

TEST_CASE("the venues whose key or silence about ids allows one connection only say so") {
    for (const char* id : {"alpaca", "massive", "finnhub", "tiingo", "twelvedata"}) {
        CAPTURE(id);
        CHECK_FALSE(find_venue(id)->rules.second_connection);
    }
    for (const Venue& venue : venues()) {
        CAPTURE(venue.id);
        if (venue.rules.max_lifetime > 0) CHECK(venue.rules.second_connection);
    }
}

// ---- on real sockets ----

std::vector<std::uint64_t> ids(const Desk& desk, core::InstrumentId instrument) {
    std::vector<std::uint64_t> out;
    for (const Input& input : desk.inputs)
        if (input.kind == InputKind::trade && input.instrument == instrument)
            out.push_back(input.trade.trade_id);
    return out;
}

using Ids = std::vector<std::uint64_t>;

TEST_CASE("a feed rolls over as one stream: nothing lost, nothing twice, no word of it") {
    for (const Certificate certificate : plain_and_tls) {
        for (const bool numbered : {true, false}) {
            CAPTURE(static_cast<int>(certificate), numbered);
            LoopbackServer server(
                {{accept(), expect("subscribe BTC"), expect("subscribe ETH"), send("ok"),
                  send("T BTC 1 1"), send("T ETH 1 1"), send("bye"), await_go(1), send("T ETH 2 1"),
                  send("T BTC 2 1"), send("T BTC 3 1")},
                 {accept(), expect("subscribe BTC"), expect("subscribe ETH"), send("ok"),
                  send("H BTC 1 1"), send("T BTC 2 1"), send("T ETH 2 1"), send("T BTC 3 1"),
                  send("T BTC 4 1"), await_go(2), send("T BTC 5 1"), send("T ETH 3 1")}},
                certificate);
            Desk desk(server);
            desk.venue.rules.second_connection = true;
            desk.venue.rules.contiguous_trade_ids = numbered;
            desk.settings.listings = {{3, "BTC", true, false}, {4, "ETH", true, false}};
            desk.start();
            // What the second one brings is kept until the first has brought as much.
            REQUIRE(desk.until([&] { return desk.counters.messages.value() == 4 + 6; }));
            CHECK(desk.trades() == 2);
            CHECK(server.open() == 2);
            server.go();
            REQUIRE(desk.until([&] { return server.open() == 1; }));
            server.go();
            REQUIRE(desk.until([&] { return desk.trades() == 8; }));

            CHECK(ids(desk, 3) == Ids{1, 2, 3, 4, 5});
            CHECK(ids(desk, 4) == Ids{1, 2, 3});
            CHECK(desk.inputs.size() == 1 + 8);  // up, once, and trades
            CHECK(desk.counters.duplicates.value() == 0);
            CHECK(desk.counters.sequence_gaps.value() == 0);
            CHECK(desk.counters.connected.value() == 1);
            CHECK(desk.all_reconnects() == 1);
            CHECK(desk.reconnects(ReconnectReason::scheduled) == 1);
            CHECK(desk.stop());
            CHECK(desk.counters.connected.value() == 0);
            CHECK(desk.until([&] { return server.open() == 0; }));
            CHECK(server.complaints().empty());
        }
    }
}

TEST_CASE("an instrument that stays silent delays the change, and does not prevent it") {
    LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1"), send("bye")},
                           {accept(), send("ok"), send("T BTC 2 1")}});
    Desk desk(server);
    desk.venue.rules.second_connection = true;
    desk.settings.listings = {{3, "BTC", true, false}, {4, "ETH", true, false}};
    desk.settings.timing.together = 300 * ns_per_ms;
    desk.start();
    REQUIRE(desk.until([&] { return server.accepted() == 2 && server.open() == 1; }));
    CHECK(desk.until([&] { return desk.trades() == 2; }));
    CHECK(desk.count(InputKind::gap) == 0);
    CHECK(desk.count(InputKind::feed_status) == 1);
}

TEST_CASE("a first connection that dies while the second comes up is replaced, behind a gap") {
    LoopbackServer server(
        {{accept(), send("ok"), send("T BTC 1 1"), send("bye"), await_go(1), test::reset()},
         {accept(), send("ok"), send("T BTC 3 1"), await_go(2), send("T BTC 4 1")}});
    Desk desk(server);
    desk.venue.rules.second_connection = true;
    desk.venue.rules.contiguous_trade_ids = false;
    desk.start();
    REQUIRE(desk.until([&] { return desk.counters.messages.value() == 3 + 2; }));
    server.go();
    REQUIRE(desk.until([&] { return desk.trades() == 2; }));
    server.go();
    REQUIRE(desk.until([&] { return desk.trades() == 3; }));
    CHECK(ids(desk, 3) == Ids{1, 3, 4});
    REQUIRE(desk.count(InputKind::gap) == 1);
    CHECK(desk.inputs[2].kind == InputKind::gap);
    CHECK(desk.count(InputKind::feed_status) == 1);  // one of the two was up all the time
    CHECK(server.accepted() == 2);
    CHECK(desk.stop());
}

TEST_CASE("a session stops while two connections are up, and starts again") {
    LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1"), send("bye")},
                           {accept(), send("ok"), send("H BTC 1 1")},
                           {accept(), send("ok"), send("T BTC 2 1")}});
    Desk desk(server);
    desk.venue.rules.second_connection = true;
    desk.settings.listings = {{3, "BTC", true, false}, {4, "ETH", true, false}};
    desk.start();
    REQUIRE(desk.until([&] { return desk.counters.messages.value() == 3 + 2; }));
    bool done = false;
    desk.session->stop([&] { done = true; });
    REQUIRE(desk.until([&] { return done; }));
    CHECK(desk.until([&] { return server.open() == 0; }));
    CHECK(desk.counters.connected.value() == 0);
    desk.session->start();
    CHECK(desk.until([&] { return desk.trades() == 2; }));
    CHECK(desk.stop());
}

}  // namespace
}  // namespace contagiond::feeds
