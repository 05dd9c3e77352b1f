#include "core/price_guard.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using namespace contagiond;
using core::GuardedPrint;
using core::GuardVerdict;
using core::ns_per_hour;
using core::ns_per_min;
using core::ns_per_ms;
using core::ns_per_s;
using core::PriceGuard;
using core::TimeNs;

namespace {

constexpr TimeNs start = 1'737'964'800 * ns_per_s;
constexpr bool quote = true;
constexpr std::int64_t minute = 60'000;  // milliseconds

/// A guard and everything that came out of it. Times are milliseconds since `start`.
class Desk {
  public:
    explicit Desk(std::size_t feeds) : guard(feeds) {}

    GuardVerdict print(std::size_t feed, std::int64_t ms, double value, bool is_quote = false) {
        const auto verdict = guard.take(make(feed, ms, value, is_quote));
        collect();
        return verdict;
    }
    void bar(std::size_t feed, std::int64_t ms, double value) {
        guard.take_confirmed(make(feed, ms, value, false));
        collect();
    }
    void advance(std::int64_t ms) {
        guard.advance(start + ms * ns_per_ms);
        collect();
    }
    /// Prints at 100 every 50 ms, alternating between the feeds, until `ms`.
    void calm(std::int64_t from, std::int64_t until, const std::vector<std::size_t>& feeds,
              double value = 100) {
        for (std::int64_t ms = from; ms < until; ms += 50)
            for (const std::size_t feed : feeds) print(feed, ms, value);
    }
    bool believed(std::size_t feed, double value) const {
        for (const GuardedPrint& p : released)
            if (p.feed == feed && p.value == value) return true;
        return false;
    }
    double last(std::size_t feed) const {
        double value = 0;
        for (const GuardedPrint& p : released)
            if (p.feed == feed) value = p.value;
        return value;
    }
    double lowest(std::size_t feed) const {
        double value = 1e300;
        for (const GuardedPrint& p : released)
            if (p.feed == feed) value = std::min(value, p.value);
        return value;
    }

    PriceGuard guard;
    std::vector<GuardedPrint> released;
    std::vector<GuardedPrint> dropped;
    std::size_t call_released = 0;

  private:
    static GuardedPrint make(std::size_t feed, std::int64_t ms, double value, bool is_quote) {
        return {feed, start + ms * ns_per_ms, {std::llround(value * 1e6), -6}, value, is_quote};
    }
    void collect() {
        call_released = guard.released().size();
        released.insert(released.end(), guard.released().begin(), guard.released().end());
        dropped.insert(dropped.end(), guard.dropped().begin(), guard.dropped().end());
    }
};

/// One feed that has traded at 100 for a second.
Desk calm_desk(std::size_t feeds) {
    Desk desk(feeds);
    std::vector<std::size_t> all;
    for (std::size_t feed = 0; feed < feeds; ++feed) all.push_back(feed);
    desk.calm(-2000, 0, all);
    REQUIRE(desk.dropped.empty());
    for (std::size_t feed = 0; feed < feeds; ++feed) REQUIRE(desk.guard.held(feed).empty());
    return desk;
}

}  // namespace

TEST_CASE("a single wild print of a lone feed is dropped when the price is back") {
    Desk desk = calm_desk(1);
    CHECK(desk.print(0, 0, 0.03) == GuardVerdict::held);
    CHECK(desk.guard.held(0).size() == 1);
    CHECK(desk.print(0, 20, 100.1) == GuardVerdict::accepted);
    REQUIRE(desk.dropped.size() == 1);
    CHECK(desk.dropped[0].value == 0.03);
    CHECK_FALSE(desk.believed(0, 0.03));

    SECTION("however long nothing else prints") {
        CHECK(desk.print(0, 100, 0.03) == GuardVerdict::held);
        desk.advance(20'000);
        CHECK(desk.call_released == 0);
        CHECK(desk.print(0, 30'000, 99) == GuardVerdict::accepted);
        CHECK_FALSE(desk.believed(0, 0.03));
    }
}

TEST_CASE("a burst of wild prints within 5 ms is not a run") {
    Desk desk = calm_desk(1);
    for (const std::int64_t ms : {0, 1, 2, 5}) CHECK(desk.print(0, ms, 0.03) == GuardVerdict::held);
    SECTION("and is dropped when the price is back") {
        CHECK(desk.print(0, 30, 100) == GuardVerdict::accepted);
        CHECK(desk.dropped.size() == 4);
    }
    SECTION("nor does silence after it make it true") {
        desk.advance(5'000);
        CHECK(desk.call_released == 0);
        CHECK(desk.print(0, 30'000, 97) == GuardVerdict::accepted);
        CHECK(desk.dropped.size() == 4);
    }
}

TEST_CASE("a crash on one feed is believed with the third print after 100 ms") {
    Desk desk = calm_desk(1);
    CHECK(desk.print(0, 0, 65) == GuardVerdict::held);
    CHECK(desk.print(0, 60, 65.1) == GuardVerdict::held);
    CHECK(desk.print(0, 99, 64.9) == GuardVerdict::held);
    CHECK(desk.print(0, 100, 65) == GuardVerdict::accepted);
    CHECK(desk.call_released == 4);
    CHECK(desk.dropped.empty());
    CHECK(desk.print(0, 110, 65.2) == GuardVerdict::accepted);
}

TEST_CASE("a run longer than what is kept still spans its time") {
    Desk desk = calm_desk(1);
    for (std::int64_t ms = 0; ms < 100; ++ms) CHECK(desk.print(0, ms, 65) == GuardVerdict::held);
    CHECK(desk.print(0, 100, 65) == GuardVerdict::accepted);
    CHECK(desk.dropped.size() == 101 - PriceGuard::held_max);
}

TEST_CASE("a quote confirms a trade of the same feed, and the other way round") {
    for (const bool quote_first : {false, true}) {
        Desk desk = calm_desk(1);
        CHECK(desk.print(0, 0, 65, quote_first) == GuardVerdict::held);
        CHECK(desk.print(0, 3, 65.2, !quote_first) == GuardVerdict::accepted);
        CHECK(desk.call_released == 2);
    }
    Desk desk = calm_desk(1);
    CHECK(desk.print(0, 0, 65, quote) == GuardVerdict::held);
    CHECK(desk.print(0, 3, 70) == GuardVerdict::held);         // somewhere else
    CHECK(desk.print(0, 6, 65, quote) == GuardVerdict::held);  // two quotes are one stream
}

TEST_CASE("a crash on all venues is believed with the second venue") {
    Desk desk = calm_desk(3);
    CHECK(desk.print(1, 0, 65) == GuardVerdict::held);
    CHECK(desk.print(0, 50, 100) == GuardVerdict::accepted);  // has not seen it yet
    CHECK(desk.print(1, 120, 65.1) == GuardVerdict::held);
    CHECK(desk.print(2, 150, 64.8) == GuardVerdict::accepted);
    REQUIRE(desk.call_released == 3);
    const auto released = std::vector<GuardedPrint>(desk.released.end() - 3, desk.released.end());
    CHECK(released[0].value == 65);
    CHECK(released[1].value == 65.1);
    CHECK(released[2].feed == 2);
    CHECK(desk.print(0, 300, 65) == GuardVerdict::accepted);
    CHECK(desk.dropped.empty());
}

TEST_CASE("a crash is believed within a second however many venues are left") {
    // Feed 0 falls and prints every 40 ms; the others print until a moment and never again.
    struct Case {
        std::size_t feeds;
        std::int64_t others_until;
        std::int64_t believed_at;
    };
    for (const Case& c :
         {Case{1, 0, 120}, Case{3, -1500, 120}, Case{2, 0, 1000}, Case{3, 0, 1000}}) {
        CAPTURE(c.feeds, c.others_until);
        Desk desk(c.feeds);
        for (std::int64_t ms = -5000; ms < 0; ms += 50) {
            desk.print(0, ms, 100);
            for (std::size_t f = 1; f < c.feeds; ++f)
                if (ms < c.others_until) desk.print(f, ms, 100.2);
        }
        std::int64_t ms = 0;
        while (desk.print(0, ms, 65) != GuardVerdict::accepted && ms < 5000) ms += 40;
        CHECK(ms == c.believed_at);
    }
}

TEST_CASE("a venue that fell silent just after a jump contradicts it for five seconds at most") {
    Desk desk = calm_desk(2);
    desk.print(0, 0, 65);
    desk.print(1, 10, 100);
    std::int64_t ms = 40;
    while (desk.print(0, ms, 65) != GuardVerdict::accepted && ms < 20'000) ms += 40;
    CHECK(ms > 4'900);
    CHECK(ms < 5'100);
}

TEST_CASE("a crash with wild prints is believed after a second") {
    const double wild[] = {68, 61, 66, 63, 70, 62};
    SECTION("on one feed: the latest three, and what does not fit them is dropped") {
        Desk desk = calm_desk(1);
        std::int64_t ms = 0;
        std::size_t i = 0;
        while (desk.print(0, ms, wild[i++ % 6]) != GuardVerdict::accepted && ms < 5000) ms += 125;
        CHECK(ms == 1000);
        CHECK(desk.call_released == 3);
        CHECK(desk.dropped.size() == 6);
        CHECK(desk.lowest(0) >= 61);
    }
    SECTION("time alone is enough") {
        Desk desk = calm_desk(1);
        desk.print(0, 0, 68);
        desk.print(0, 300, 61);
        desk.advance(999);
        CHECK(desk.call_released == 0);
        desk.advance(1000);
        CHECK(desk.call_released == 2);
    }
    SECTION("an absurd one among them stays out") {
        Desk desk = calm_desk(1);
        desk.print(0, 0, 68);
        desk.print(0, 300, 0.03);
        CHECK(desk.print(0, 1000, 63) == GuardVerdict::accepted);
        CHECK(desk.believed(0, 68));
        CHECK_FALSE(desk.believed(0, 0.03));

        Desk other = calm_desk(1);
        other.print(0, 0, 68);
        other.print(0, 300, 65);
        CHECK(other.print(0, 1000, 0.03) == GuardVerdict::dropped);
        CHECK(other.believed(0, 68));
    }
    SECTION("one against one is left open until the third") {
        Desk desk = calm_desk(1);
        desk.print(0, 0, 0.03);
        desk.print(0, 1200, 95);
        desk.advance(20'000);
        CHECK(desk.guard.held(0).size() == 2);
        CHECK(desk.print(0, 20'100, 80) == GuardVerdict::accepted);
        CHECK_FALSE(desk.believed(0, 0.03));
    }
    SECTION("while another venue falls in disorder too") {
        Desk desk = calm_desk(2);
        std::int64_t ms = 0;
        std::size_t i = 0;
        // Never within 1 % of each other at the same time.
        while (ms < 5000) {
            const bool here = desk.print(0, ms, wild[i % 6]) == GuardVerdict::accepted;
            if (here) break;
            desk.print(1, ms + 60, wild[i++ % 6] * 0.90);
            ms += 125;
        }
        CHECK(ms <= 1000);
    }
}

TEST_CASE("one venue of three at 0.65 is dislocated and never believed") {
    Desk desk = calm_desk(3);
    for (std::int64_t ms = 0; ms < 60'000; ms += 50) {
        CHECK(desk.print(0, ms, 0.65) == GuardVerdict::held);
        CHECK(desk.print(0, ms + 1, 0.65, quote) == GuardVerdict::held);
        CHECK(desk.print(1, ms + 10, 100.1) == GuardVerdict::accepted);
        // A lone bad print at a second venue does not make the first one true.
        if (ms == 30'000) CHECK(desk.print(2, ms + 15, 0.50) == GuardVerdict::held);
        CHECK(desk.print(2, ms + 20, 99.9) == GuardVerdict::accepted);
        if (ms >= 200) CHECK(desk.guard.dislocated(0));
        CHECK_FALSE(desk.guard.dislocated(1));
    }
    CHECK(desk.lowest(0) == 100);
    CHECK(desk.guard.held(0).size() == PriceGuard::held_max);

    SECTION("until it recovers") {
        CHECK(desk.print(0, 60'100, 100.3) == GuardVerdict::accepted);
        CHECK_FALSE(desk.guard.dislocated(0));
        CHECK(desk.guard.held(0).empty());
        CHECK(desk.lowest(0) == 100);
    }
    SECTION("or the others follow") {
        CHECK(desk.print(1, 60'100, 0.651) == GuardVerdict::accepted);
        CHECK(desk.last(0) == 0.65);
        CHECK_FALSE(desk.guard.dislocated(0));
        CHECK(desk.print(2, 60'110, 0.65) == GuardVerdict::accepted);
    }
}

TEST_CASE("a dislocation that lasts a quarter of an hour is the venue's own price") {
    Desk desk = calm_desk(2);
    std::int64_t ms = 0;
    for (; ms < 30 * minute; ms += 500) {
        const bool believed = desk.print(0, ms, 50) == GuardVerdict::accepted;
        desk.print(1, ms + 10, 100);
        if (believed) break;
    }
    CHECK(ms == 15 * minute);
    CHECK_FALSE(desk.guard.dislocated(0));
    // From here on the two are no judges of each other: a crash of the second is its own word.
    for (std::int64_t t = ms; t < ms + 5000; t += 50) {
        CHECK(desk.print(0, t + 100, 50) == GuardVerdict::accepted);
        CHECK(desk.print(1, t + 100, 100) == GuardVerdict::accepted);
    }
    ms += 5100;
    std::int64_t t = ms;
    while (desk.print(1, t, 70) != GuardVerdict::accepted && t < ms + 5000) {
        desk.print(0, t, 50);
        t += 50;
    }
    CHECK(t == ms + 100);
}

TEST_CASE("a dislocation without a steady price is never believed") {
    // It changes with each print, or every five minutes.
    for (const std::int64_t steady : {std::int64_t{500}, 5 * minute}) {
        CAPTURE(steady);
        Desk desk = calm_desk(2);
        for (std::int64_t ms = 0; ms < 40 * minute; ms += 500) {
            REQUIRE(desk.print(0, ms, ms / steady % 2 == 0 ? 40 : 50) != GuardVerdict::accepted);
            desk.print(1, ms + 10, 100);
        }
        CHECK(desk.lowest(0) == 100);
    }
}

TEST_CASE("a dislocated venue is not believed for a bad print of the only other one") {
    Desk desk = calm_desk(2);
    for (std::int64_t ms = 0; ms < minute; ms += 50) {
        REQUIRE(desk.print(0, ms, 50) == GuardVerdict::held);
        if (ms % 5000 == 4000) REQUIRE(desk.print(1, ms + 5, 80) == GuardVerdict::held);
        REQUIRE(desk.print(1, ms + 10, 100) == GuardVerdict::accepted);
    }
    CHECK(desk.lowest(0) == 100);
}

TEST_CASE("a dislocated venue is contradicted by one that speaks now and then") {
    Desk desk = calm_desk(2);
    desk.print(0, 0, 50);
    desk.print(1, 10, 100);
    for (std::int64_t ms = 50; ms < 3 * minute; ms += 50) {
        REQUIRE(desk.print(0, ms, 50) == GuardVerdict::held);
        if (ms % 4000 == 2000 && ms < 5000) desk.print(1, ms, 100);
        if (ms % 20'000 == 6000) desk.print(1, ms, 100);
    }
    CHECK(desk.guard.dislocated(0));
}

TEST_CASE("venues that fall together in disorder do not contradict each other") {
    SECTION("one that prints the old price once more and then falls elsewhere") {
        Desk desk = calm_desk(2);
        desk.print(0, 0, 65);
        CHECK(desk.print(1, 10, 100) == GuardVerdict::accepted);
        desk.print(0, 60, 65);
        desk.print(1, 90, 58);
        CHECK(desk.print(0, 120, 65) == GuardVerdict::accepted);
    }
    SECTION("one that is believed a few percent away") {
        Desk desk = calm_desk(2);
        desk.print(0, 0, 65);
        desk.bar(1, 20, 68);
        CHECK(desk.print(0, 60, 65) == GuardVerdict::held);
        CHECK(desk.print(0, 120, 65) == GuardVerdict::accepted);
    }
    SECTION("one that stays half way does") {
        Desk desk = calm_desk(2);
        desk.print(0, 0, 65);
        desk.bar(1, 20, 85);
        for (std::int64_t ms = 60; ms < 2000; ms += 60) {
            CHECK(desk.print(0, ms, 65) == GuardVerdict::held);
            desk.print(1, ms + 1, 85);
        }
        CHECK(desk.guard.dislocated(0));
    }
}

TEST_CASE("the first print of a feed is measured by the others") {
    Desk desk = calm_desk(2);
    Desk three(3);
    three.calm(0, 1000, {1, 2});
    SECTION("near them it is believed") {
        CHECK(three.print(0, 1000, 104) == GuardVerdict::accepted);
    }
    SECTION("far from them it is held while they speak") {
        for (std::int64_t ms = 1000; ms < 20'000; ms += 100) {
            CHECK(three.print(0, ms, 0.65) == GuardVerdict::held);
            three.calm(ms, ms + 100, {1, 2});
        }
        CHECK(three.guard.dislocated(0));
        CHECK(three.print(0, 20'000, 100.2) == GuardVerdict::accepted);
        CHECK(three.lowest(0) == 100.2);
    }
    SECTION("an old price is no measure") {
        CHECK(three.print(0, 70'000, 101) == GuardVerdict::held);
        CHECK(three.print(0, 70'100, 101.1) == GuardVerdict::accepted);
        CHECK(three.call_released == 2);
    }
}

TEST_CASE("the first print of a lone feed needs a second") {
    Desk desk(1);
    CHECK(desk.print(0, 0, 100) == GuardVerdict::held);
    SECTION("that agrees") {
        CHECK(desk.print(0, 10, 100.2) == GuardVerdict::accepted);
        CHECK(desk.call_released == 2);
    }
    SECTION("or, when it was bad itself, two others") {
        CHECK(desk.print(0, 10, 4000) == GuardVerdict::held);
        desk.advance(10'000);
        CHECK(desk.guard.held(0).size() == 2);
        CHECK(desk.print(0, 10'100, 4001) == GuardVerdict::accepted);
        CHECK(desk.call_released == 2);
        CHECK(desk.believed(0, 4000));
        REQUIRE(desk.dropped.size() == 1);
        CHECK(desk.dropped[0].value == 100);
    }
    SECTION("also when they are not far apart") {
        CHECK(desk.print(0, 2'000, 90) == GuardVerdict::held);
        desk.advance(4'000);
        CHECK(desk.call_released == 0);
        CHECK(desk.print(0, 4'100, 90.1) == GuardVerdict::accepted);
        CHECK_FALSE(desk.believed(0, 100));
    }
    SECTION("and a bad second one does not matter") {
        desk.print(0, 10, 0.03);
        CHECK(desk.print(0, 20, 100.1) == GuardVerdict::accepted);
        CHECK(desk.believed(0, 100));
        CHECK_FALSE(desk.believed(0, 0.03));
    }
}

TEST_CASE("an outage forgets the reference") {
    Desk desk = calm_desk(1);
    desk.print(0, 0, 0.03);
    desk.guard.restart(0);
    REQUIRE(desk.guard.dropped().size() == 1);
    CHECK(desk.guard.held(0).empty());
    CHECK(desk.print(0, 10, 70) == GuardVerdict::held);
    CHECK(desk.print(0, 20, 70.1) == GuardVerdict::accepted);
}

TEST_CASE("a bar's close is its own confirmation") {
    Desk desk = calm_desk(1);
    desk.print(0, 0, 0.03);
    desk.print(0, 10, 66);
    desk.bar(0, 20, 65.8);
    CHECK(desk.call_released == 2);
    CHECK(desk.believed(0, 66));
    CHECK(desk.believed(0, 65.8));
    CHECK(desk.dropped.size() == 1);
    CHECK(desk.print(0, 30, 65.5) == GuardVerdict::accepted);

    Desk first(1);
    first.bar(0, 0, 100);
    CHECK(first.call_released == 1);
}

TEST_CASE("ordinary prices are never held") {
    SECTION("a slow drift by half") {
        Desk desk = calm_desk(1);
        double value = 100;
        for (std::int64_t ms = 0; value > 50; ms += 1000, value *= 0.991)
            REQUIRE(desk.print(0, ms, value) == GuardVerdict::accepted);
    }
    SECTION("an opening gap") {
        Desk desk = calm_desk(1);
        CHECK(desk.print(0, 17 * ns_per_hour / ns_per_ms, 85) == GuardVerdict::accepted);
        CHECK(desk.print(0, 34 * ns_per_hour / ns_per_ms, 50) == GuardVerdict::held);
    }
    SECTION("a thin name's prints 30 s apart") {
        Desk desk = calm_desk(1);
        CHECK(desk.print(0, 30'000, 95) == GuardVerdict::accepted);
        CHECK(desk.print(0, 60'000, 99.9) == GuardVerdict::accepted);
        // A jump beyond is believed with the next print, which has gone along.
        CHECK(desk.print(0, 90'000, 88) == GuardVerdict::held);
        CHECK(desk.print(0, 120'000, 87.5) == GuardVerdict::accepted);
        CHECK(desk.call_released == 2);
        // So is one that the bound has grown over meanwhile, when the next is nearer to it.
        CHECK(desk.print(0, 150'000, 82.3) == GuardVerdict::held);
        CHECK(desk.print(0, 180'000, 82) == GuardVerdict::accepted);
        CHECK(desk.call_released == 2);
        // One that has come back most of the way shows the other to be bad.
        CHECK(desk.print(0, 210'000, 75) == GuardVerdict::held);
        CHECK(desk.print(0, 240'000, 79) == GuardVerdict::accepted);
        CHECK_FALSE(desk.believed(0, 75));
    }
}

TEST_CASE("an old price just below a jump is no witness of it") {
    Desk desk = calm_desk(2);
    desk.print(1, 0, 100.9);
    CHECK(desk.print(0, 5, 101.2) == GuardVerdict::held);
    CHECK(desk.print(1, 10, 100.9) == GuardVerdict::accepted);
    CHECK(desk.believed(0, 101.2));  // this one came after it
}

TEST_CASE("a price from long before a jump is no witness of it") {
    Desk desk(2);
    desk.bar(1, -5000, 65);
    desk.bar(0, -10, 100);
    CHECK(desk.print(0, 0, 65) == GuardVerdict::held);
    CHECK(desk.print(1, 10, 65) == GuardVerdict::accepted);
    CHECK(desk.last(0) == 65);
}

TEST_CASE("what a witness confirms in the middle leaves the rest to be judged by it") {
    Desk desk = calm_desk(2);
    CHECK(desk.print(0, 0, 65) == GuardVerdict::held);
    CHECK(desk.print(0, 10, 0.03) == GuardVerdict::held);
    CHECK(desk.print(1, 20, 65.1) == GuardVerdict::accepted);
    CHECK(desk.believed(0, 65));
    REQUIRE(desk.guard.held(0).size() == 1);
    CHECK(desk.print(0, 30, 65.2) == GuardVerdict::accepted);
    REQUIRE(desk.dropped.size() == 1);
    CHECK(desk.dropped[0].value == 0.03);

    Desk other = calm_desk(2);
    other.print(0, 0, 65);
    other.print(0, 10, 0.03);
    other.print(0, 20, 65.5);
    CHECK(other.print(1, 30, 64.6) == GuardVerdict::accepted);
    CHECK(other.last(0) == 65.5);
    CHECK(other.guard.held(0).empty());
    CHECK(other.dropped.size() == 1);
}

TEST_CASE("the bound is on the logarithm of the move, up, down and whatever the rules") {
    const auto verdict = [](double from, double to, const core::GuardRules& rules) {
        PriceGuard guard(1, rules);
        guard.take({0, start, {}, from, false});
        guard.take({0, start + ns_per_ms, {}, from, false});
        return guard.take({0, start + 2 * ns_per_ms, {}, to, false});
    };
    const double jump_max = GENERATE(0.5, 0.01, 0.004);
    const core::GuardRules rules{.jump_max = jump_max};
    const double bound = std::min(rules.jump, jump_max);
    for (const double move :
         {0.1, 0.5, 0.9, 0.98, 0.985, 0.99, 0.995, 0.9999, 1.0001, 1.005, 2.0}) {
        CAPTURE(jump_max, move);
        const auto expected = move < 1 ? GuardVerdict::accepted : GuardVerdict::held;
        for (const double price : {1e-6, 137.0, 1e7}) {
            CHECK(verdict(price, price * std::exp(move * bound), rules) == expected);
            CHECK(verdict(price, price * std::exp(-move * bound), rules) == expected);
        }
    }
}
