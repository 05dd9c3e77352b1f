// When the dashboard's deltas leave, and what they tell of clocks.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/sinks/dashboard_bench.hpp"
#include "tests/support/price_sampled.hpp"

using namespace contagiond;
using namespace contagiond::test;
using nlohmann::json;

TEST_CASE("deltas leave at most ten a second, with everything that came in between") {
    Bench bench;
    const auto client = bench.dashboard->open_stream("");
    take(*client);
    const auto price = [&](std::int64_t mantissa) {
        bench.say(test::price_sampled(noon, 0, 0, {mantissa, 0}, 0, {}, false));
    };
    const sinks::Item both[] = {core::Event(test::price_sampled(noon, 0, 0, {1, 0}, 0, {}, false)),
                                core::Event(test::price_sampled(noon, 1, 0, {7, 0}, 0, {}, false))};
    bench.now = 100 * core::ns_per_ms;
    bench.dashboard->consume(both);
    CHECK(take(*client).size() == 1);
    for (int i = 2; i < 50; ++i) {
        price(i);
        bench.dashboard->idle();
    }
    CHECK(take(*client).empty());
    bench.now += 99 * core::ns_per_ms;
    bench.dashboard->idle();
    CHECK(take(*client).empty());
    bench.now += core::ns_per_ms;
    bench.dashboard->idle();
    const auto messages = take(*client);
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].data["instruments"]["0"]["price"] == "49");
    CHECK(messages[0].data["instruments"].size() == 1);  // the other was told before
    bench.tick();                                        // nothing changed, nothing is said
    CHECK(take(*client).empty());
}

TEST_CASE("a delta leaves every second though nothing changes, and tells how late it is") {
    core::TimeNs wall = noon + 7 * core::ns_per_hour;
    sinks::DashboardSettings settings;
    settings.wall_now = [&] { return wall; };
    Bench bench(small_config(), settings);
    bench.now = 5 * core::ns_per_s;
    bench.say(core::BarClosed{noon});
    const auto client = bench.dashboard->open_stream("");
    const auto first = take(*client);
    REQUIRE(first.size() == 1);
    CHECK(first[0].data["now"] == "2025-01-27T12:00:00.000000Z");
    CHECK(first[0].data["wall"] == "2025-01-27T19:00:00.000000Z");
    // The engine stands still for ten seconds: its time does too, and the wall's goes on.
    std::vector<Message> beats;
    for (int i = 0; i < 100; ++i) {
        wall += 100 * core::ns_per_ms;
        bench.tick();
        for (Message& message : take(*client)) beats.push_back(std::move(message));
    }
    REQUIRE(beats.size() == 10);
    for (std::size_t i = 0; i < beats.size(); ++i) {
        CHECK(beats[i].event == "delta");
        CHECK(beats[i].data["now"] == "2025-01-27T12:00:00.000000Z");
        CHECK(beats[i].data["wall"] ==
              sinks::rfc3339(noon + 7 * core::ns_per_hour +
                             static_cast<core::DurationNs>(i + 1) * core::ns_per_s));
        CHECK(beats[i].data.size() == 3);
    }
    // What changed counts as a beat: the next silence is again a second long.
    bench.say(core::BarClosed{noon + core::ns_per_s});
    for (int i = 0; i < 5; ++i) bench.tick();
    CHECK(take(*client).size() == 1);
    for (int i = 0; i < 5; ++i) bench.tick();
    CHECK(take(*client).empty());
    bench.tick();
    CHECK(take(*client).size() == 1);
}

TEST_CASE("sessions are in the state from the start, and a delta tells that one has begun") {
    core::TimeNs clock = noon + 150 * core::ns_per_min - 1;  // 14:30, when New York opens
    sinks::DashboardSettings settings;
    settings.clock_now = [&] { return clock; };
    Bench bench(small_config(), settings);
    CHECK(bench.state()["sessions"][0]["state"] == "pre");
    bench.tick();
    const auto client = bench.dashboard->open_stream("");
    json shown = take(*client).at(0).data;
    CHECK(shown["sessions"][0]["state"] == "pre");
    bench.tick();
    CHECK(take(*client).empty());
    // Nothing prints, and the market opens all the same.
    clock += 1;
    bench.tick();
    const auto messages = take(*client);
    REQUIRE(messages.size() == 1);
    apply(shown, messages[0].data);
    CHECK(shown["sessions"][0]["state"] == "regular");
    CHECK(shown == bench.state());
}
