#include "core/frozen_watch.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <utility>

#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr TimeNs start = 1'737'988'200 * ns_per_s;

/// A stream of prints. A price lives for a while that is drawn anew each time.
class Stream {
  public:
    explicit Stream(std::uint64_t seed) : random_(seed) {}

    /// One print after `gap` on the average; the price changes with probability `change`.
    void print(DurationNs gap, double change) {
        ts += static_cast<DurationNs>(-std::log(1 - random_.uniform()) * static_cast<double>(gap));
        if (random_.uniform() < change) price += random_.uniform() < 0.5 ? 0.01 : -0.01;
        watch.take(ts, price);
        calls += watch.frozen() && !was_frozen_;
        was_frozen_ = watch.frozen();
    }
    /// How long until the value that stands still from now on is called; 0: not within a day.
    DurationNs stop(DurationNs gap) {
        const TimeNs begin = ts;
        while (ts - begin < ns_per_day) {
            ts += gap;
            watch.take(ts, price);
            if (watch.frozen()) return ts - begin;
        }
        return 0;
    }
    void move() {
        price += 0.01;
        ts += ns_per_s;
        watch.take(ts, price);
    }

    FrozenWatch watch;
    TimeNs ts = start;
    double price = 100;
    int calls = 0;

  private:
    test::Random random_;
    bool was_frozen_ = false;
};

/// Nights are quieter, in prints and in moves.
double of_day(TimeNs ts) {
    const double day = static_cast<double>(ts % ns_per_day) / static_cast<double>(ns_per_day);
    return 0.55 + 0.45 * std::cos(2 * M_PI * day);
}

}  // namespace

TEST_CASE("a market whose price ticks rarely is never called frozen") {
    struct Habit {
        DurationNs gap;
        double change;
        int days;
    };
    const Habit habit = GENERATE(
        Habit{ns_per_s / 5, 0.5, 1}, Habit{ns_per_s / 5, 0.001, 1}, Habit{ns_per_s, 0.3, 5},
        Habit{ns_per_s, 0.01, 5}, Habit{ns_per_s, 0.0003, 5}, Habit{20 * ns_per_s, 0.1, 30},
        Habit{20 * ns_per_s, 0.005, 30}, Habit{ns_per_min, 0.9, 60}, Habit{ns_per_min, 0.02, 60});
    const auto seed = GENERATE(range(1, 6));
    CAPTURE(habit.gap, habit.change, seed);
    Stream stream(static_cast<std::uint64_t>(seed));
    while (stream.ts < start + habit.days * ns_per_day) {
        const double pace = of_day(stream.ts);
        stream.print(static_cast<DurationNs>(static_cast<double>(habit.gap) / std::max(0.05, pace)),
                     habit.change * std::max(0.05, pace));
    }
    CHECK(stream.calls == 0);
}

TEST_CASE("lulls of heavy tails are a habit too") {
    // How long a price lives in prints: P(n > x) = x^-2, without a variance.
    const auto seed = GENERATE(range(1, 11));
    CAPTURE(seed);
    test::Random random(static_cast<std::uint64_t>(seed));
    FrozenWatch watch;
    TimeNs ts = start;
    int calls = 0;
    bool was = false;
    double price = 100;
    while (ts < start + 3 * ns_per_day) {
        price += 0.01;
        const auto n = static_cast<int>(std::min(1e6, std::pow(1 - random.uniform(), -1 / 2.0)));
        for (int i = 0; i < n; ++i) {
            ts += ns_per_s;
            watch.take(ts, price);
            calls += watch.frozen() && !was;
            was = watch.frozen();
        }
    }
    CHECK(calls == 0);
}

TEST_CASE("a value that stops is called within the stated time, and clears with its next move") {
    const auto seed = GENERATE(range(1, 6));
    CAPTURE(seed);
    Stream stream(static_cast<std::uint64_t>(seed));
    TimeNs longest = 0, changed = stream.ts;
    double price = stream.price;
    DurationNs prints = 0, most_prints = 0;
    while (stream.ts < start + 2 * ns_per_hour) {
        stream.print(ns_per_s, 0.2);
        ++prints;
        if (stream.price == price) continue;
        most_prints = std::max(most_prints, std::exchange(prints, 0));
        longest = std::max(longest, stream.ts - changed);
        changed = stream.ts;
        price = stream.price;
    }
    REQUIRE(stream.calls == 0);
    const DurationNs took = stream.stop(ns_per_s);
    CHECK(took + (stream.ts - took - changed) >= 5 * ns_per_min);
    // One print a second from here on.
    const DurationNs usual = std::max(longest, most_prints * ns_per_s);
    CHECK(took <= std::max(5 * ns_per_min, 20 * usual) + ns_per_s);
    CHECK(took > 0);
    // It stays called for as long as it stands, and no longer.
    for (int i = 0; i < 3600; ++i) {
        stream.ts += ns_per_s;
        stream.watch.take(stream.ts, stream.price);
        REQUIRE(stream.watch.frozen());
    }
    stream.move();
    CHECK_FALSE(stream.watch.frozen());
    // A second fault is found as well, though the first was an hour long.
    for (int i = 0; i < 600; ++i) stream.print(ns_per_s, 0.2);
    CHECK_FALSE(stream.watch.frozen());
    const DurationNs again = stream.stop(ns_per_s);
    CHECK(again > 0);
    CHECK(again <= std::max(5 * ns_per_min, 40 * usual) + ns_per_s);
}

TEST_CASE("few prints are no frozen price, nor are many within a moment") {
    Stream stream(7);
    for (int i = 0; i < 7200; ++i) stream.print(ns_per_s, 0.2);
    SECTION("an hour at one price, but a print a minute") {
        CHECK(stream.stop(ns_per_min) >= 99 * ns_per_min);
    }
    SECTION("a sweep of a hundred thousand fills") {
        for (int i = 0; i < 100'000; ++i) stream.watch.take(stream.ts += ns_per_ms, stream.price);
        CHECK_FALSE(stream.watch.frozen());
    }
}

TEST_CASE("bars of a minute that always moved may stand still for an hour and a half") {
    Stream stream(8);
    for (int i = 0; i < 600; ++i) {
        stream.ts += ns_per_min;
        stream.move();
    }
    CHECK(stream.stop(ns_per_min) >= 99 * ns_per_min);
}

TEST_CASE("the liveliest market may stand still for five minutes") {
    Stream stream(9);
    for (int i = 0; i < 40'000; ++i) stream.print(ns_per_s / 10, 0.5);
    const DurationNs took = stream.stop(ns_per_s / 10);
    CHECK(took >= 5 * ns_per_min - 10 * ns_per_s);  // its last run had begun before
    CHECK(took <= 5 * ns_per_min + ns_per_s);
}

TEST_CASE("without a habit nothing is called") {
    FrozenWatch watch;
    TimeNs ts = start;
    SECTION("a price that has never changed") {
        for (int i = 0; i < 100'000; ++i) watch.take(ts += ns_per_s, 1.0);
    }
    SECTION("the first lull after a wild minute") {
        for (int i = 0; i < 60; ++i) watch.take(ts += ns_per_s, 1.0 + i);
        for (int i = 0; i < 3600; ++i) watch.take(ts += ns_per_s, 1.0);
    }
    SECTION("a price that has moved a dozen times in two hours") {
        for (int i = 0; i < 7200; ++i) watch.take(ts += ns_per_s, 1.0 + i / 600);
        for (int i = 0; i < 20'000; ++i) watch.take(ts += ns_per_s, 20.0);
    }
    CHECK_FALSE(watch.frozen());
}

TEST_CASE("a market that has become slow is understood after a few runs") {
    Stream stream(3);
    for (int i = 0; i < 7200; ++i) stream.print(ns_per_s, 0.5);
    const TimeNs slow_since = stream.ts;
    while (stream.ts < slow_since + 20 * ns_per_day) stream.print(ns_per_s, 0.0002);
    CHECK(stream.calls >= 1);
    CHECK(stream.calls <= 10);
    stream.calls = 0;
    while (stream.ts < slow_since + 30 * ns_per_day) stream.print(ns_per_s, 0.0002);
    CHECK(stream.calls == 0);
}

TEST_CASE("a closure ends a run and teaches nothing") {
    Stream stream(4);
    for (int i = 0; i < 7200; ++i) stream.print(ns_per_s, 0.2);
    REQUIRE(stream.stop(ns_per_s) > 0);
    stream.watch.pause();
    CHECK_FALSE(stream.watch.frozen());
    stream.ts += 12 * ns_per_hour;
    stream.watch.take(stream.ts, stream.price);
    CHECK_FALSE(stream.watch.frozen());
    for (int i = 0; i < 250; ++i) stream.watch.take(stream.ts += ns_per_s, stream.price);
    CHECK_FALSE(stream.watch.frozen());
    CHECK(stream.stop(ns_per_s) > 0);
}
