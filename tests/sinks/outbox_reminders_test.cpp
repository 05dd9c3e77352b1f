// What Alertmanager, which forgets, is told again, and what it is told when the daemon starts anew.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/sinks/outbox_desk.hpp"

using namespace contagiond;
using core::EpisodePhase;
using core::ns_per_min;
using core::ns_per_s;
using core::Severity;
using test::OutboxDesk;

namespace {

struct Manager : OutboxDesk {
    Manager() : OutboxDesk({"am"}) {
        settings.webhooks[0].format = "alertmanager";
        answer = [this](const std::string&, const std::string&) {
            told.push_back(last());
            return status(code);
        };
    }
    /// Of the last body: "critical+ warning-", where + goes on and - is over.
    std::string last() const {
        std::string out;
        for (const nlohmann::json& one : nlohmann::json::parse(bodies.back()))
            out += (out.empty() ? "" : " ") + one["labels"]["severity"].get<std::string>() +
                   (sinks::parse_rfc3339(one["endsAt"].get<std::string>()).value() > ts_wall + now
                        ? "+"
                        : "-");
        return out;
    }
    std::string all() {
        std::string out;
        for (const std::string& one : std::exchange(told, {}))
            out += (out.empty() ? "" : ", ") + one;
        return out;
    }
    int code = 200;
    std::vector<std::string> told;
};

}  // namespace

TEST_CASE("an open episode is said again every minute, its end for five") {
    Manager desk;
    desk.start();
    desk.say('A', 1);
    desk.pass(ns_per_s);
    CHECK(desk.all() == "critical+");
    desk.pass(3 * ns_per_min);
    CHECK(desk.all() == "critical+, critical+, critical+");
    desk.say('A', 2, EpisodePhase::resolved);
    desk.pass(ns_per_s);
    CHECK(desk.all() == "critical-");
    desk.pass(10 * ns_per_min);
    CHECK(desk.all() == "critical-, critical-, critical-, critical-, critical-");
}

TEST_CASE("an episode that changes its severity is one alert at any time") {
    Manager desk;
    desk.start();
    desk.say('A', 1, EpisodePhase::opened, Severity::warning);
    desk.pass(ns_per_s);
    // As long as the change is not taken, the alert of before is repeated, and both go together.
    desk.code = 503;
    desk.say('A', 2, EpisodePhase::updated, Severity::critical);
    desk.pass(2 * ns_per_s);
    desk.code = 200;
    desk.pass(20 * ns_per_s);
    const std::string changing = desk.all();
    INFO(changing);
    CHECK(changing.starts_with("warning+, critical+ warning-"));
    CHECK(changing.ends_with("critical+ warning-"));
    desk.pass(ns_per_min);
    CHECK(desk.all() == "critical+");
    desk.say('A', 3, EpisodePhase::updated, Severity::critical);
    desk.say('A', 4, EpisodePhase::updated, Severity::warning);
    desk.say('A', 5, EpisodePhase::resolved, Severity::critical);
    desk.pass(ns_per_s);
    CHECK(desk.all() == "critical+, warning+ critical-, critical- warning-");
}

TEST_CASE("after a restart nobody watches what was open, and it is not kept alive") {
    Manager desk;
    desk.start();
    SECTION("it had been taken") {
        desk.say('A', 1);
        desk.pass(ns_per_s);
        CHECK(desk.all() == "critical+");
        desk.restart();
        desk.pass(10 * ns_per_min);
        CHECK(desk.all().empty());
    }
    SECTION("it still waited: it is said once") {
        desk.code = 503;
        desk.say('A', 1);
        desk.pass(ns_per_s);
        desk.all();
        desk.code = 200;
        desk.restart();
        desk.pass(10 * ns_per_min);
        CHECK(desk.all() == "critical+");
    }
    // What this process opens is repeated as ever.
    desk.say('B', 1);
    desk.pass(3 * ns_per_min + ns_per_s);
    CHECK(desk.all() == "critical+, critical+, critical+, critical+");
}

TEST_CASE("an end that was not yet repeated is repeated after a restart too") {
    Manager desk;
    desk.start();
    desk.say('A', 1);
    desk.say('A', 2, EpisodePhase::resolved);
    desk.pass(2 * ns_per_min + ns_per_s);
    CHECK(desk.all() == "critical+, critical-, critical-, critical-");
    desk.now += ns_per_min / 2;
    desk.restart();
    desk.pass(10 * ns_per_min);
    CHECK(desk.all() == "critical-, critical-, critical-");
    desk.restart();
    desk.pass(10 * ns_per_min);
    CHECK(desk.all().empty());
}

TEST_CASE("a change that waited over a restart ends what was open before it") {
    Manager desk;
    desk.start();
    desk.say('A', 1, EpisodePhase::opened, Severity::warning);
    // An hour: how long ago it was first said does not matter.
    desk.pass(60 * ns_per_min, ns_per_s);
    desk.code = 503;
    desk.say('A', 2, EpisodePhase::updated, Severity::critical);
    desk.say('A', 3, EpisodePhase::resolved, Severity::critical);
    desk.pass(ns_per_s);
    desk.code = 200;
    desk.all();
    desk.restart();
    desk.pass(ns_per_s);
    CHECK(desk.all() == "critical+ warning-, critical-");
}

TEST_CASE("an old alert that an operator sends again does not come to life") {
    Manager desk;
    desk.start();
    desk.code = 400;
    desk.say('A', 1);
    desk.pass(ns_per_s);
    desk.code = 200;
    desk.say('A', 2, EpisodePhase::resolved);
    desk.pass(ns_per_s);
    CHECK(desk.all() == "critical+, critical-");
    CHECK(sinks::change_outbox(desk.path(), std::string(26, 'A') + "_1", "am", true,
                               desk.ts_wall + desk.now)
              .deliveries == 1);
    desk.pass(10 * ns_per_min);
    CHECK(desk.all() == "critical+, critical-, critical-, critical-, critical-, critical-");
}
