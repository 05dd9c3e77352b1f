// That a receiver's certificate is known before an alert fails on it.
#include <catch2/catch.hpp>

#include "tests/sinks/outbox_desk.hpp"

using namespace contagiond;
using core::ns_per_day;
using core::ns_per_hour;
using core::ns_per_min;
using core::ns_per_s;
using test::OutboxDesk;

namespace {

constexpr double ends_first = 1'740'000'000, ends_later = 1'750'000'000;

struct Looking : OutboxDesk {
    Looking() {
        shake_hands = [this](const sinks::PostRequest& request) {
            looks.push_back(request);
            sinks::PostReply reply;
            reply.ts_certificate_end = shown;
            if (shown > 0) return reply;
            reply.failure = sinks::PostFailure::tls;
            reply.reason = "certificate not accepted: certificate has expired";
            return reply;
        };
    }
    double end() const { return outbox->worker(0).counters().ts_certificate_end.value(); }
    double shown = ends_first;
    std::vector<sinks::PostRequest> looks;
};

}  // namespace

TEST_CASE("a receiver's certificate is looked at from the start on, once a day") {
    Looking desk;
    desk.settings.webhooks[0].ca_file = "own.pem";
    desk.settings.webhooks[0].allow_private = true;
    desk.start();
    CHECK(desk.end() == 0);
    desk.step();
    CHECK(desk.end() == ends_first);
    REQUIRE(desk.looks.size() == 1);
    CHECK(desk.looks[0].url == "https://hooks.example/chat");
    CHECK(desk.looks[0].only_handshake);
    CHECK(desk.looks[0].ca_file == "own.pem");
    CHECK(desk.looks[0].allow_private);
    CHECK(desk.looks[0].body.empty());
    desk.shown = ends_later;
    desk.pass(23 * ns_per_hour, ns_per_min);
    CHECK(desk.looks.size() == 1);
    desk.pass(2 * ns_per_hour, ns_per_min);
    CHECK(desk.looks.size() == 2);
    CHECK(desk.end() == ends_later);
    // None of it is an attempt to deliver.
    CHECK(desk.outbox->worker(0).counters().attempts.value() == 0);
    CHECK(desk.log.empty());
}

TEST_CASE("what an alert shows of the certificate is as good as a look") {
    Looking desk;
    desk.start();
    desk.answer = [](const std::string&, const std::string&) {
        sinks::PostReply reply = OutboxDesk::status(500);
        reply.ts_certificate_end = ends_later;
        return reply;
    };
    desk.say('A', 1);
    desk.step();
    CHECK(desk.end() == ends_later);
    desk.pass(ns_per_min);
    CHECK(desk.looks.empty());
}

TEST_CASE("while an alert waits nobody looks: its next try says it all") {
    Looking desk;
    desk.start();
    desk.answer = [](const std::string&, const std::string&) {
        return OutboxDesk::status(503, "600");
    };
    desk.say('A', 1);
    desk.pass(ns_per_min);
    CHECK(desk.posted() == "chat A1");
    CHECK(desk.looks.empty());
    desk.answer = {};
    desk.pass(10 * ns_per_min, ns_per_s);
    CHECK(desk.pending() == 0);
    CHECK(desk.looks.size() == 1);
}

TEST_CASE("a receiver that proves nothing is told of once, and looked at again") {
    Looking desk;
    desk.shown = 0;
    desk.start();
    desk.pass(3 * ns_per_hour, ns_per_min);
    CHECK(desk.looks.size() == 3);
    CHECK(desk.end() == 0);
    REQUIRE(desk.log.size() == 1);
    CHECK(desk.logged("certificate has expired"));
    desk.shown = ends_first;
    desk.pass(ns_per_hour, ns_per_min);
    CHECK(desk.end() == ends_first);
    CHECK(desk.log.size() == 1);
}

TEST_CASE("another address has another certificate, and one without TLS has none") {
    Looking desk;
    desk.start();
    desk.step();
    CHECK(desk.end() == ends_first);
    sinks::WebhookSettings next = OutboxDesk::webhook("chat");
    next.url = "http://127.0.0.1:1/";
    next.allow_private = true;
    desk.outbox->worker(0).reconfigure(next);
    desk.pass(ns_per_s);
    CHECK(desk.end() == 0);
    CHECK(desk.looks.size() == 1);
    next.url = "https://127.0.0.1:1/";
    desk.outbox->worker(0).reconfigure(next);
    desk.pass(ns_per_s);
    CHECK(desk.end() == ends_first);
    CHECK(desk.looks.size() == 2);
}

TEST_CASE("an alert goes before a look") {
    Looking desk;
    bool was_given_up = false;
    desk.shake_hands = [&](const sinks::PostRequest& request) {
        CHECK_FALSE(request.given_up->load());
        desk.say('A', 1);
        was_given_up = request.given_up->load();
        sinks::PostReply reply;
        reply.failure = sinks::PostFailure::timeout;
        reply.reason = "no answer in time";
        return reply;
    };
    desk.start();
    desk.outbox->worker(0).step();
    CHECK(was_given_up);
    CHECK(desk.log.empty());
    desk.outbox->worker(0).step();
    CHECK(desk.posted() == "chat A1");
}
