// Silence of data: what the machine makes of it with time as a number, and an instrument asked for
// anew on a real socket.
#include <catch2/catch.hpp>

#include "tests/feeds/session_conversation.hpp"
#include "tests/feeds/session_desk.hpp"

namespace contagiond::feeds {
namespace {

TEST_CASE("a night of twelve hours without data costs no reconnect, and the morning counts anew") {
    SessionPlan plan = plain_plan();
    plan.rules.ping_interval = 0;
    Conversation talk(plan);
    talk.reach_live();
    talk.data();
    talk.expect_data(false);
    for (int second = 0; second < 12 * 3600; second += 5) {
        talk.pong();
        REQUIRE(talk.after(5 * ns_per_s) == Says{});
    }
    talk.expect_data(true);
    core::DurationNs waited = 0;
    Says said;
    for (; said.empty(); waited += 5 * ns_per_s) {
        talk.pong();
        said = talk.after(5 * ns_per_s);
    }
    CHECK(said == Says{"down", "close"});
    CHECK(waited == 60 * ns_per_s);
}

TEST_CASE("mostly silent instruments end a connection at most once in five minutes") {
    SessionPlan plan = plain_plan();
    plan.rules.ping_interval = 0;
    plan.rules.silence_any = plan.rules.silence_data = 0;
    Conversation talk(plan);
    CHECK(talk.mostly_silent() == Says{});  // nobody listens yet
    talk.reach_live();
    CHECK(talk.mostly_silent() == Says{"down", "close"});
    const MonotonicNs ended = talk.now();
    CHECK(talk.closed() == Says{"ended stale"});
    talk.reach_live();
    while (talk.mostly_silent() == Says{}) talk.after(ns_per_s);
    CHECK(talk.now() - ended >= 5 * ns_per_min);
    CHECK(talk.now() - ended <= 5 * ns_per_min + ns_per_s);
}

TEST_CASE(
    "each venue's frames hold the word that ends them, or it is said that a word is not enough") {
    for (const Venue& venue : venues()) {
        CAPTURE(venue.id);
        const bool by_word = !venue.unsubscribe_word.empty();
        CHECK(by_word ==
              (venue.id != "bitfinex" && venue.id != "hyperliquid" && venue.id != "tiingo"));
        const Subscription wanted{"X", true, venue.has_quotes};
        std::size_t with_word = 0;
        for (const std::string& frame : venue.subscribe({&wanted, 1}, opened))
            if (frame.find(venue.subscribe_word) != std::string::npos) ++with_word;
        if (by_word) CHECK(with_word > 0);
    }
}

TEST_CASE("further subscriptions keep the venue's distance between frames") {
    SessionPlan plan = plain_plan();
    plan.rules.send_spacing = 200 * ns_per_ms;
    plan.rules.ping_interval = 0;
    Conversation talk(plan);
    talk.reach_live();
    talk.after(ns_per_s);
    CHECK(talk.more_subscriptions(3) == Says{"subscribe 1"});
    CHECK(talk.until_deadline() == 200 * ns_per_ms);
    CHECK(talk.tick() == Says{"subscribe 2"});
    CHECK(talk.after(ns_per_s) == Says{});
}

TEST_CASE(
    "an instrument that is silent alone is asked for anew, and what the venue says to that is "
    "not held against the others") {
    LoopbackServer server({{accept(), expect("subscribe BTC"), expect("subscribe ETH"), send("ok"),
                            send("T BTC 1 1"), send("T ETH 1 1"), expect("unsubscribe ETH"),
                            send("never"), expect("subscribe ETH"), send("T ETH 2 1")}});
    Desk desk(server);
    desk.venue.subscribe_word = "subscribe";
    desk.venue.unsubscribe_word = "unsubscribe";
    desk.settings.listings = {{3, "BTC", true, false}, {4, "ETH", true, false}};
    desk.settings.listings[0].stale_after = core::ns_per_hour;
    desk.settings.listings[1].stale_after = 100 * ns_per_ms;
    desk.settings.timing.look = 20 * ns_per_ms;
    desk.settings.timing.usual_gap = 0;
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 3; }));
    CHECK(server.complaints().empty());
    CHECK(desk.said("ETH is silent"));
    CHECK_FALSE(desk.said("BTC is silent"));
    CHECK(desk.all_reconnects() == 0);
    CHECK(desk.stop());
}

TEST_CASE("a connection whose instruments all fall silent is left, and called again") {
    LoopbackServer server(
        {{accept(), send("ok"), send("T BTC 1 1")}, {accept(), send("ok"), send("T BTC 2 1")}});
    Desk desk(server);
    desk.venue.unsubscribe_word = {};
    desk.settings.listings[0].stale_after = 50 * ns_per_ms;
    desk.settings.timing.look = 20 * ns_per_ms;
    desk.settings.timing.usual_gap = 0;
    desk.settings.timing.silence_patience = 100 * ns_per_ms;
    desk.start();
    CHECK(desk.until([&] { return desk.trades() == 2; }));
    CHECK(desk.reconnects(ReconnectReason::stale) == 1);
    // But not again so soon.
    CHECK_FALSE(desk.until([&] { return server.accepted() > 2; }, std::chrono::milliseconds(400)));
}

}  // namespace
}  // namespace contagiond::feeds
