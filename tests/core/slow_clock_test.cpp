#include "core/slow_clock.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

using namespace contagiond::core;

TEST_CASE("every task falls due once a round, and no bar pays for all", "[slow_clock]") {
    const auto [tasks, bars] = GENERATE(table<std::size_t, std::uint32_t>(
        {{1, 1}, {18, 6}, {3, 6}, {7, 5}, {20, 1}, {1, 90}, {5, 0}}));
    const std::uint32_t round = std::max(bars, 1u);
    SlowClock clock(tasks, bars);
    std::vector<std::size_t> done(tasks, 0);
    std::size_t most = 0;
    std::size_t expected = 0;
    constexpr std::size_t rounds = 10;
    for (std::size_t bar = 0; bar < rounds * round; ++bar) {
        std::size_t in_bar = 0;
        clock.tick(Pace::attentive, [&](std::size_t task) {
            CHECK(task == expected);
            expected = (expected + 1) % tasks;
            ++done[task];
            ++in_bar;
        });
        most = std::max(most, in_bar);
    }
    for (const std::size_t times : done) CHECK(times == rounds);
    CHECK(most <= (tasks + round - 1) / round);
}

TEST_CASE("a clock without tasks does nothing", "[slow_clock]") {
    SlowClock clock(0, 6);
    for (int bar = 0; bar < 20; ++bar)
        clock.tick(Pace::attentive, [](std::size_t) { FAIL("no task is known"); });
}

TEST_CASE("a calm round takes ten times as long as an attentive one", "[slow_clock]") {
    SlowClock clock(3, 6);
    std::size_t calm = 0, attentive = 0;
    for (int bar = 0; bar < 600; ++bar) clock.tick(Pace::calm, [&](std::size_t) { ++calm; });
    for (int bar = 0; bar < 600; ++bar)
        clock.tick(Pace::attentive, [&](std::size_t) { ++attentive; });
    CHECK(calm == 30);
    CHECK(attentive == 300);
}
