#include "core/estimators/tick_tape.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "tests/core/tick_twins.hpp"
#include "tests/support/allocations.hpp"

using namespace contagiond;
using core::DurationNs;
using core::TickTape;
using core::TickVerdict;
using core::TimeNs;
using test::Ticks;

namespace {

Ticks copied(core::TickSpan span) {
    return {{span.ts.begin(), span.ts.end()}, {span.price.begin(), span.price.end()}};
}

/// Everything ever accepted, one tick a slot.
struct SlowTape {
    DurationNs window, resolution;
    std::map<TimeNs, std::pair<TimeNs, double>> slots;

    void push(TimeNs ts, double price) {
        if (!(price > 0) || std::isinf(price)) return;
        if (!slots.empty() && ts < slots.rbegin()->second.first) return;
        TimeNs slot = ts / resolution;
        while (slot * resolution > ts) --slot;
        slots[slot] = {ts, price};
    }
    Ticks view(TimeNs now) const {
        Ticks all;
        for (const auto& [slot, tick] : slots) {
            if (tick.first > now) break;
            if (tick.first <= now - window) all = {};
            all.add(tick.first, tick.second);
        }
        return all;
    }
};

bool same(const Ticks& a, const Ticks& b) {
    return a.ts == b.ts && a.price == b.price;
}

}  // namespace

TEST_CASE("a tape shows the same ticks as a memory that forgets nothing") {
    const DurationNs resolution = GENERATE(1, 7, 10);
    const DurationNs window = GENERATE(1, 50, 100);
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed, window, resolution);
    test::Random random(seed);
    TickTape tape({.window = window, .resolution = resolution});
    SlowTape slow{window, resolution, {}};
    std::uint64_t late = 0, bad = 0;
    TimeNs t = -2'000;  // slots before the epoch, too
    for (int k = 0; k < 3'000; ++k) {
        // Bursts, then silences longer than the window.
        t += static_cast<TimeNs>(random.below(random.below(50) == 0 ? 300 : 5));
        const double price = 100 + random.uniform();
        if (k > 0 && random.uniform() < 0.05) {
            CHECK(tape.push(t - 1'000, price) == TickVerdict::late);
            slow.push(t - 1'000, price);
            ++late;
        }
        if (random.uniform() < 0.05) {
            CHECK(tape.push(t, -price) == TickVerdict::bad_price);
            ++bad;
        }
        CHECK(core::accepted(tape.push(t, price)));
        slow.push(t, price);
        const TimeNs now = t + static_cast<TimeNs>(random.below(4) == 0 ? random.below(250) : 0);
        REQUIRE(same(copied(tape.view(now)), slow.view(now)));
        REQUIRE(tape.size() <= tape.capacity());
    }
    CHECK(tape.dropped().late == late);
    CHECK(tape.dropped().bad_price == bad);
}

TEST_CASE("of one slot the latest tick stays, with its own stamp") {
    TickTape tape({.window = 1'000, .resolution = 100});
    CHECK(tape.push(205, 1) == TickVerdict::next);
    CHECK(tape.push(290, 2) == TickVerdict::replaces);
    CHECK(tape.push(290, 3) == TickVerdict::replaces);
    CHECK(tape.push(289, 4) == TickVerdict::late);
    CHECK(tape.push(300, 5) == TickVerdict::next);
    CHECK(same(copied(tape.view(300)), {{290, 300}, {3, 5}}));
    CHECK(same(copied(tape.view(299)), {{290}, {3}}));
    CHECK(tape.view(289).size() == 0);
    // The last one before the window is there, the one before that is not.
    CHECK(same(copied(tape.view(1'299)), {{290, 300}, {3, 5}}));
    CHECK(same(copied(tape.view(1'300)), {{300}, {5}}));
    CHECK(same(copied(tape.view(99'999)), {{300}, {5}}));
}

TEST_CASE("a full window of a tick a slot has room, and the tick before it") {
    TickTape tape({.window = 1'000, .resolution = 100});
    CHECK(tape.capacity() == 12);
    // Stamps that drift through their slots, so that eleven slots are touched.
    for (TimeNs t = 99; t < 20'000; t += 100) {
        tape.push(t, 1);
        const auto view = tape.view(t);
        if (t < 2'000) continue;
        REQUIRE(view.size() == 11);
        REQUIRE(view.ts.front() == t - 1'000);
        REQUIRE(view.ts.back() == t);
    }
    TickTape common;
    CHECK(common.capacity() == 9'002);
    CHECK(TickTape({.window = 1'050, .resolution = 100}).capacity() == 13);
}

TEST_CASE("a restart forgets every tick and how far time had come") {
    TickTape tape({.window = 1'000, .resolution = 10});
    for (TimeNs t = 5'000; t < 5'500; t += 3) tape.push(t, 1);
    tape.push(1, 1);
    tape.restart();
    CHECK(tape.view(5'500).size() == 0);
    CHECK(tape.push(4'000, 7) == TickVerdict::next);
    CHECK(same(copied(tape.view(4'000)), {{4'000}, {7}}));
    CHECK(tape.dropped().late == 1);
}

TEST_CASE("a tape takes stamps and windows at the ends of their type") {
    constexpr TimeNs least = std::numeric_limits<TimeNs>::min();
    constexpr TimeNs most = std::numeric_limits<TimeNs>::max();
    TickTape tape({.window = 1'000, .resolution = 0});
    CHECK(tape.push(least, 1) == TickVerdict::next);
    CHECK(tape.view(least).size() == 1);
    CHECK(tape.push(most, 2) == TickVerdict::next);
    CHECK(tape.view(most).size() == 2);
    CHECK(tape.view(0).size() == 1);
}

TEST_CASE("a tape allocates nothing after construction, and holds what its header says") {
    const test::AllocationCount made;
    TickTape tape({.window = 1'000, .resolution = 1});
    CHECK(made.bytes() == (1'002 + 1'002 / 8 + 1) * 16);
    const test::AllocationCount count;
    std::size_t seen = 0;
    for (TimeNs t = 0; t < 5'000; ++t) {
        tape.push(t, 1);
        seen += tape.view(t).size();
        if (t % 3'000 == 2'999) tape.restart();
    }
    const auto taken = count.count();
    CHECK(taken == 0);
    CHECK(seen > 3'000'000);
}
