#include "daemon/sinks/outbox.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>

#include "tests/sinks/outbox_desk.hpp"

using namespace contagiond;
using core::EpisodePhase;
using core::ns_per_hour;
using core::ns_per_min;
using core::ns_per_s;
using core::Severity;
using test::OutboxDesk;

TEST_CASE("an alert is on disk for every sink before it is first tried") {
    OutboxDesk desk({"chat", "mail"});
    std::string at_first_attempt;
    desk.answer = [&](const std::string&, const std::string&) {
        if (at_first_attempt.empty()) at_first_attempt = desk.file();
        return OutboxDesk::status(200);
    };
    desk.start();
    CHECK(desk.outbox->name() == "outbox");
    CHECK(desk.outbox->wants(core::EpisodeChanged{}));
    CHECK_FALSE(desk.outbox->wants(core::BarClosed{}));
    desk.say('A', 1);
    CHECK(desk.file() == "A1 chat pending, A1 mail pending");
    CHECK(desk.posted().empty());
    CHECK(desk.pending() == 1);
    CHECK(desk.outbox->counters(0).ts_oldest.value() == Approx(1'737'988'932.0));
    desk.step();
    CHECK(desk.posted() == "chat A1, mail A1");
    CHECK(at_first_attempt == "A1 chat pending, A1 mail pending");
    CHECK(desk.file() == "A1 chat accepted, A1 mail accepted");
    CHECK(desk.pending() == 0);
    CHECK(desk.outbox->counters(0).ts_oldest.value() == 0);
    CHECK(desk.durable() == 1);
    CHECK(desk.log.empty());
}

TEST_CASE("after a restart what waited is delivered in order, and what was accepted is not again") {
    OutboxDesk desk({"chat", "mail"});
    desk.answer = [](const std::string& sink, const std::string&) {
        return OutboxDesk::status(sink == "chat" ? 503 : 200);
    };
    desk.start();
    desk.say('A', 1);
    desk.say('B', 1);
    desk.say('A', 2, EpisodePhase::updated);
    desk.step();
    desk.say('A', 3, EpisodePhase::resolved);
    desk.kill();
    CHECK(desk.file() ==
          "A1 chat pending, A1 mail accepted, B1 chat pending, B1 mail accepted, "
          "A2 chat pending, A2 mail accepted, A3 chat pending, A3 mail pending");
    desk.posts.clear();
    desk.answer = {};
    desk.now += ns_per_min;
    desk.start();
    CHECK(desk.pending() == 4);
    desk.pass(10 * ns_per_s);
    CHECK(desk.posted() == "chat A1, chat B1, chat A2, chat A3, mail A3");
    CHECK(desk.pending() == 0);
}

TEST_CASE("patience is counted from the alert, not from the restart") {
    OutboxDesk desk;
    desk.answer = [](const std::string&, const std::string&) { return OutboxDesk::status(503); };
    desk.start();
    desk.say('A', 1);
    desk.pass(ns_per_s);
    desk.now += 23 * ns_per_hour;
    desk.restart();
    desk.pass(ns_per_s);
    CHECK(desk.pending() == 1);
    desk.now += ns_per_hour;
    desk.pass(ns_per_s);
    CHECK(desk.pending() == 0);
    CHECK(desk.outbox->counters(0).dead.value() == 1);
    CHECK(desk.file() == "A1 chat dead");
    CHECK(desk.logged("error chat: AAAAAAAAAAAAAAAAAAAAAAAAAA_1 (opened, critical): given up"));
}

TEST_CASE("a dead letter can be sent again, and one that waits dropped, beside the daemon") {
    OutboxDesk desk;
    desk.answer = [](const std::string&, const std::string& id) {
        return OutboxDesk::status(id[0] == 'A' ? 400 : 503, "600");
    };
    desk.start();
    desk.say('A', 1);
    desk.say('B', 1);
    desk.pass(ns_per_s);
    CHECK(desk.file() == "A1 chat dead, B1 chat pending");
    CHECK(desk.outbox->counters(0).dead.value() == 1);
    const std::string a = std::string(26, 'A') + "_1", b = std::string(26, 'B');
    CHECK(sinks::change_outbox(desk.path(), a, "chat", true, desk.now).deliveries == 1);
    CHECK(sinks::change_outbox(desk.path(), b, "", false, desk.now).deliveries == 1);
    desk.answer = {};
    desk.posts.clear();
    desk.pass(3 * ns_per_s);
    CHECK(desk.posted() == "chat A1");
    CHECK(desk.file() == "A1 chat accepted, B1 chat dropped");
    CHECK(desk.pending() == 0);
    // Once, and not again at the next start.
    desk.restart();
    desk.pass(3 * ns_per_s);
    CHECK(desk.posted() == "chat A1");
    CHECK(sinks::change_outbox(desk.path(), a, "", true, desk.now).deliveries == 0);
}

TEST_CASE(
    "what an operator asks while an attempt is under way: what came of the attempt is the truth") {
    OutboxDesk desk;
    bool retry = false;
    int code = 503;
    bool asked = false;
    desk.answer = [&](const std::string&, const std::string&) {
        if (!std::exchange(asked, true)) {
            CHECK(sinks::change_outbox(desk.path(), std::string(26, 'A'), "chat", retry, desk.now)
                      .deliveries == 1);
            desk.now += ns_per_s;
            desk.outbox->idle();
        }
        return OutboxDesk::status(code);
    };
    desk.start();
    desk.say('A', 1);
    SECTION("dropped, and it failed: it stays dropped") {
        desk.pass(30 * ns_per_s);
        CHECK(desk.posted() == "chat A1");
        CHECK(desk.file() == "A1 chat dropped");
        CHECK(desk.pending() == 0);
    }
    SECTION("dropped, and it arrived") {
        code = 200;
        desk.pass(30 * ns_per_s);
        CHECK(desk.file() == "A1 chat accepted");
        CHECK(desk.pending() == 0);
    }
}

TEST_CASE("what was accepted before the operator's word came is not sent again") {
    OutboxDesk desk;
    desk.answer = [&](const std::string&, const std::string&) {
        CHECK(sinks::change_outbox(desk.path(), std::string(26, 'A'), "chat", true, desk.now)
                  .deliveries == 1);
        return OutboxDesk::status(200);
    };
    desk.start();
    desk.say('A', 1);
    desk.outbox->worker(0).step();
    desk.answer = {};
    desk.pass(30 * ns_per_s);
    CHECK(desk.posted() == "chat A1");
    CHECK(desk.file() == "A1 chat accepted");
}

TEST_CASE("what an operator asks while no daemon runs is done at its start") {
    OutboxDesk desk;
    desk.answer = [](const std::string&, const std::string& id) {
        return OutboxDesk::status(id[0] == 'A' ? 400 : 503);
    };
    desk.start();
    desk.say('A', 1);
    desk.say('B', 1);
    desk.step();
    desk.kill();
    sinks::change_outbox(desk.path(), std::string(26, 'A'), "", true, desk.now);
    sinks::change_outbox(desk.path(), std::string(26, 'B'), "", false, desk.now);
    desk.answer = {};
    desk.posts.clear();
    desk.start();
    desk.pass(3 * ns_per_s);
    CHECK(desk.posted() == "chat A1");
    CHECK(desk.file() == "A1 chat accepted, B1 chat dropped");
}

TEST_CASE("the stop attempts once, and leaves the rest on disk") {
    OutboxDesk desk;
    desk.answer = [](const std::string&, const std::string& id) {
        return OutboxDesk::status(id[0] == 'A' ? 503 : 200);
    };
    desk.start();
    desk.say('A', 1);
    desk.say('B', 1);
    desk.outbox->finish(2);
    CHECK(desk.file() == "A1 chat pending, B1 chat accepted");
    CHECK(desk.log.back() == "outbox: 1 notifications wait on disk for the next start");
    CHECK_FALSE(desk.logged("lost"));
    CHECK(desk.outbox->counters(0).dead.value() == 0);
}

TEST_CASE("a silenced alert is stored and not sent, but the end of one that was sent is") {
    OutboxDesk desk;
    bool silent = false;
    desk.silenced = [&](const core::Episode&, core::TimeNs) {
        return std::string(silent ? "s-1" : "");
    };
    desk.start();
    desk.say('A', 1);
    silent = true;
    desk.say('B', 1);
    desk.say('A', 2, EpisodePhase::updated);
    desk.say('B', 2, EpisodePhase::resolved);
    desk.say('A', 3, EpisodePhase::resolved);
    desk.pass(ns_per_s);
    CHECK(desk.posted() == "chat A1, chat A3");
    CHECK(desk.file() ==
          "A1 chat accepted, B1 chat silenced, A2 chat silenced, B2 chat silenced, A3 chat "
          "accepted");
    CHECK(sinks::read_outbox(desk.path())[1].deliveries[0].reason == "s-1");
    CHECK(desk.outbox->counters(0).silenced.value() == 3);
    // Never lost: an operator can have it sent.
    sinks::change_outbox(desk.path(), std::string(26, 'B') + "_1", "", true, desk.now);
    desk.pass(3 * ns_per_s);
    CHECK(desk.posted() == "chat A1, chat A3, chat B1");
}

TEST_CASE("that alerts reach nobody is said, and that they do again") {
    SECTION("since no sink is configured") {
        OutboxDesk desk(std::vector<std::string>{});
        desk.start();
        CHECK(desk.outbox->counters().sinks_working.value() == 0);
        CHECK(desk.logged("error outbox: alerts reach nobody: no webhook is configured"));
        desk.say('A', 1);
        desk.step();
        CHECK(sinks::read_outbox(desk.path()).size() == 1);
    }
    SECTION("since all are broken") {
        OutboxDesk desk({"chat", "mail"});
        desk.answer = [](const std::string& sink, const std::string&) {
            return OutboxDesk::status(sink == "chat" ? 404 : 200);
        };
        desk.start();
        desk.say('A', 1);
        desk.pass(2 * ns_per_s);
        CHECK(desk.outbox->counters().sinks_working.value() == 1);
        CHECK_FALSE(desk.logged("reach nobody"));
        desk.answer = [](const std::string&, const std::string&) {
            return OutboxDesk::status(410);
        };
        desk.say('B', 1);
        desk.pass(2 * ns_per_s);
        CHECK(desk.outbox->counters().sinks_working.value() == 0);
        CHECK(desk.logged("error outbox: alerts reach nobody: every webhook is broken"));
        desk.answer = {};
        desk.outbox->worker(0).reconfigure(OutboxDesk::webhook("chat"));
        desk.pass(2 * ns_per_s);
        CHECK(desk.outbox->counters().sinks_working.value() == 1);
        CHECK(desk.logged("alerts are sent again"));
        CHECK(desk.posts.back() == "chat B1");
    }
}

TEST_CASE("the outbox gives up what matters least, and says what") {
    OutboxDesk desk;
    desk.answer = [](const std::string&, const std::string&) {
        return OutboxDesk::status(503, "600");
    };
    desk.settings.waiting_rows = 4;
    desk.start();
    const auto waiting = [&] {
        std::string out;
        for (const auto& alert : sinks::read_outbox(desk.path()))
            if (alert.waits()) out += alert.episode.substr(0, 1) + std::to_string(alert.revision);
        return out;
    };
    desk.say('A', 1, EpisodePhase::opened, Severity::critical);
    desk.say('B', 1, EpisodePhase::opened, Severity::warning);
    desk.say('B', 2, EpisodePhase::updated, Severity::warning);
    desk.say('C', 2, EpisodePhase::resolved, Severity::critical);
    CHECK(waiting() == "A1B1B2C2");
    desk.say('D', 2, EpisodePhase::resolved);
    CHECK(waiting() == "A1B1B2D2");
    desk.say('E', 1, EpisodePhase::opened, Severity::warning);
    CHECK(waiting() == "A1B1B2E1");
    desk.say('F', 1);
    CHECK(waiting() == "A1B1E1F1");
    desk.say('G', 1);
    desk.say('H', 1);
    CHECK(waiting() == "A1F1G1H1");
    desk.say('I', 3, EpisodePhase::updated);  // least of all present
    CHECK(waiting() == "A1F1G1H1");
    CHECK_FALSE(desk.logged("AAA_1"));
    // Nothing but critical ones: the oldest goes, and it is said.
    desk.say('J', 1);
    CHECK(waiting() == "F1G1H1J1");
    CHECK(desk.logged("error outbox: " + std::string(26, 'A') +
                      "_1 (opened, critical): given up undelivered: the outbox is full"));
    CHECK(desk.outbox->counters(0).dead.value() == 7);
    desk.posts.clear();
    desk.pass(ns_per_s);
    CHECK(desk.posted() == "chat F1, chat G1, chat H1, chat J1");
}

TEST_CASE("bytes are bounded too") {
    OutboxDesk desk;
    desk.answer = [](const std::string&, const std::string&) { return OutboxDesk::status(503); };
    desk.settings.waiting_bytes = 10'000;
    desk.start();
    for (char c = 'A'; c <= 'Z'; ++c) desk.say(c, 1, EpisodePhase::opened, Severity::warning);
    std::size_t bytes = 0, waiting = 0;
    for (const auto& alert : sinks::read_outbox(desk.path())) {
        if (!alert.waits()) continue;
        bytes += alert.document->size();
        ++waiting;
    }
    CHECK(waiting > 2);
    CHECK(bytes <= 10'000);
    CHECK(desk.pending() == static_cast<double>(waiting));
}

TEST_CASE("what waits for a sink that is no longer configured waits for a day") {
    OutboxDesk desk({"chat", "mail"});
    desk.answer = [](const std::string&, const std::string&) { return OutboxDesk::status(503); };
    desk.start();
    desk.say('A', 1);
    desk.kill();
    desk.settings.webhooks = {OutboxDesk::webhook("mail")};
    desk.answer = {};
    desk.start();
    desk.pass(2 * ns_per_s);
    CHECK(desk.file() == "A1 chat pending, A1 mail accepted");
    desk.now += 24 * ns_per_hour;
    desk.pass(2 * ns_per_s);
    CHECK(desk.file() == "A1 chat dead, A1 mail accepted");
    CHECK(desk.logged("their sinks are not configured any more"));
}

TEST_CASE("a sink that hangs slows no other, and no alert") {
    OutboxDesk desk({"stuck", "chat"});
    std::mutex mutex;
    std::condition_variable changed;
    bool release = false;
    std::size_t told = 0;
    desk.answer = [&](const std::string& sink, const std::string&) {
        std::unique_lock lock(mutex);
        if (sink == "chat") {
            ++told;
            changed.notify_all();
        } else {
            changed.wait(lock, [&] { return release; });
        }
        return OutboxDesk::status(200);
    };
    desk.start();
    desk.outbox->start();
    for (char c = 'A'; c <= 'J'; ++c) desk.say(c, 1);
    {
        std::unique_lock lock(mutex);
        CHECK(changed.wait_for(lock, std::chrono::seconds(20), [&] { return told == 10; }));
        release = true;
        changed.notify_all();
    }
    desk.outbox->finish(20);
    CHECK(desk.pending(0) == 0);
    CHECK(desk.pending(1) == 0);
    CHECK(desk.outbox->worker(0).counters().accepted.value() == 10);
}
