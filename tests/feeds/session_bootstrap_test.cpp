// Venues that are asked over HTTPS, before each connection, where to connect.
#include <catch2/catch.hpp>
#include <charconv>

#include "tests/feeds/session_conversation.hpp"
#include "tests/feeds/session_desk.hpp"

namespace contagiond::feeds {
namespace {

using test::answer;
using test::refuse;
using test::secure;
using test::send_raw;
using test::stall;

TEST_CASE(
    "a try that asks first has one deadline for it, and the venue's wish for pings is heard") {
    SessionPlan plan = plain_plan();
    plan.asks = true;
    plan.rules.text_ping_interval = 5 * ns_per_s;
    plan.rules.ping_interval = 0;
    Conversation talk(plan);
    CHECK(talk.start() == Says{"connect"});
    CHECK(talk.state() == SessionState::asking);
    CHECK(talk.resolved() == Says{});  // of the host that is asked: not yet
    CHECK(talk.state() == SessionState::asking);
    SECTION("no answer") {
        CHECK(talk.until_deadline() == 10 * ns_per_s);
        CHECK(talk.tick() == Says{"close"});
        CHECK(talk.closed() == Says{"ended error"});
        CHECK(talk.connect_after_wait() <= 250 * ns_per_ms);
        CHECK(talk.state() == SessionState::asking);
    }
    SECTION("an answer") {
        struct Wish {
            core::DurationNs asked;
            core::DurationNs kept;
        };
        for (const Wish wish : {Wish{0, 5 * ns_per_s}, Wish{3 * ns_per_s, 3 * ns_per_s},
                                Wish{18 * ns_per_s, 5 * ns_per_s}}) {
            CAPTURE(wish.asked);
            Conversation one(plan);
            one.start();
            one.asked(wish.asked);
            CHECK(one.state() == SessionState::resolving);
            one.shake_hands();
            one.control(ControlKind::subscribed);
            CHECK(one.until_deadline() == wish.kept);
            CHECK(one.tick() == Says{"text ping"});
        }
    }
}

std::string asked_url;

BootstrapReply read_words(std::string_view body) {
    BootstrapReply reply;
    if (body.starts_with("sorry")) {
        reply.trouble = body;
        return reply;
    }
    reply.url = body.substr(0, body.find(' '));
    reply.text_ping_interval = 20 * ns_per_ms;
    return reply;
}

void ask(Desk& desk, const LoopbackServer& whom) {
    asked_url = "http" + whom.url("/bullet").substr(2);
    desk.venue.bootstrap = {asked_url, read_words};
    desk.venue.default_url = "wss://localhost:1/";
    desk.settings.url.clear();
    desk.settings.ca_file = test::authority_file();
}

TEST_CASE("each connection is asked for first, and is made where the answer says") {
    LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1"), await_go(), test::reset()},
                           {accept(), send("ok"), send("T BTC 2 1")}},
                          Certificate::valid);
    LoopbackServer asked(
        {{answer(200, server.url("/?token=one"))}, {answer(200, server.url("/?token=two"))}},
        Certificate::valid);
    Desk desk(server);
    ask(desk, asked);
    desk.venue.rules.text_ping_interval = 5 * ns_per_s;
    desk.venue.text_ping = [](core::TimeNs) { return std::string("are you there"); };
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 1; }));
    server.go();
    REQUIRE(desk.until([&] { return desk.trades() == 2; }));
    CHECK(asked.targets() == std::vector<std::string>{"/bullet", "/bullet"});
    const std::string question = "POST localhost:" + std::to_string(asked.port());
    CHECK(asked.received() == std::vector<std::string>{question, question});
    CHECK(server.targets() == std::vector<std::string>{"/?token=one", "/?token=two"});
    CHECK(desk.until([&] {
        const auto heard = server.received();
        return std::count(heard.begin(), heard.end(), "are you there") >= 2;
    }));
    CHECK_FALSE(desk.said("token"));
    CHECK(desk.stop());
}

TEST_CASE("what is wrong with the answer is told by name, and tried again") {
    LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1")}}, Certificate::valid);
    LoopbackServer elsewhere({{answer(200, server.url())}}, Certificate::valid);
    LoopbackServer asked({{answer(503, "")},
                          {refuse(429, "Retry-After: 300")},
                          {refuse(302, "Location: " + elsewhere.url())},
                          {answer(200, "sorry, no room")},
                          {answer(200, "http://localhost/")},
                          {answer(200, "ws://example.com/")},
                          {answer(200, std::string(70'000, 'x'))},
                          {secure(), send_raw("what?\r\n\r\n")},
                          {answer(200, server.url())}},
                         Certificate::valid);
    Desk desk(server);
    ask(desk, asked);
    desk.settings.timing.retry_after_cap = 30 * ns_per_ms;
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 1; }));
    CAPTURE(desk.log_text());
    CHECK(desk.reconnects(ReconnectReason::rate_limited) == 1);
    CHECK(desk.reconnects(ReconnectReason::handshake) == 7);
    CHECK(desk.all_reconnects() == 8);
    for (const char* words : {"HTTP 503", "HTTP 429", "HTTP 302", "sorry, no room", "body limit"})
        CHECK(desk.said(words));
    CHECK(elsewhere.accepted() == 0);
    CHECK(server.accepted() == 1);
}

TEST_CASE("who is asked proves who it is, and has its time") {
    LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1")}}, Certificate::valid);
    SECTION("another host's certificate") {
        LoopbackServer asked({{answer(200, server.url())}}, Certificate::wrong_host);
        Desk desk(server);
        ask(desk, asked);
        desk.start();
        CHECK(desk.until([&] { return desk.reconnects(ReconnectReason::tls) >= 2; }));
        CHECK(desk.said("the certificate is not for localhost"));
        CHECK(asked.targets().empty());
        CHECK(desk.stop());
    }
    SECTION("no answer") {
        LoopbackServer asked({{secure(), stall()}}, Certificate::valid);
        Desk desk(server);
        ask(desk, asked);
        desk.settings.timing.ask = 200 * ns_per_ms;
        desk.start();
        CHECK(desk.until([&] { return desk.reconnects(ReconnectReason::error) >= 2; }));
        CHECK(desk.said("no progress while asking where to connect"));
        CHECK(desk.stop());
    }
    CHECK(server.accepted() == 0);
}

TEST_CASE("nobody is asked where the configuration names an address of its own") {
    LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1")}}, Certificate::valid);
    LoopbackServer asked({{answer(503, "")}}, Certificate::valid);
    Desk desk(server);
    ask(desk, asked);
    desk.settings.url = server.url();
    desk.start();
    CHECK(desk.until([&] { return desk.trades() == 1; }));
    CHECK(asked.accepted() == 0);
}

}  // namespace
}  // namespace contagiond::feeds
