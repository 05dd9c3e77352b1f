#include "core/estimators/day_change.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>

#include "tests/support/allocations.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr TimeNs midnight = 1'737'936'000 * ns_per_s;  // 2025-01-27T00:00:00Z

/// The slow, obvious twin: all that was ever said.
struct Twin {
    std::map<TimeNs, double> first_of_minute;  ///< by the sample's own time
    TimeNs ts_last = 0;
    double last = 0;

    void push(TimeNs ts, double path) {
        bool first = true;
        for (auto it = first_of_minute.lower_bound(ts / ns_per_min * ns_per_min);
             it != first_of_minute.end(); ++it)
            first = false;
        if (first) first_of_minute[ts] = path;
        ts_last = ts;
        last = path;
    }
    std::optional<double> value(TimeNs now) const {
        const auto after = first_of_minute.upper_bound(now - ns_per_day);
        if (after == first_of_minute.begin()) return std::nullopt;
        return last - std::prev(after)->second;
    }
};

}  // namespace

TEST_CASE("the change of a day agrees with its slow twin") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const DurationNs bar = GENERATE(10 * ns_per_s, 7 * ns_per_s, ns_per_min, 15 * ns_per_min);
    CAPTURE(seed, bar);
    test::Random random(seed);
    DayChange fast;
    Twin slow;
    double path = 0;
    TimeNs t = midnight;
    while (t < midnight + 4 * ns_per_day) {
        // Now and then bars are missing, once for more than a day.
        t += bar * static_cast<DurationNs>(1 + (random.below(50) == 0 ? random.below(40) : 0));
        if (random.below(static_cast<std::uint64_t>(2 * ns_per_day / bar)) == 0)
            t += 26 * ns_per_hour;
        path += 1e-4 * random.normal();
        fast.push(t, path);
        slow.push(t, path);
        const TimeNs now = t + static_cast<DurationNs>(random.below(3)) * ns_per_min;
        REQUIRE(fast.value(now) == slow.value(now));
    }
    // Long after the last sample there is still the last price.
    for (const DurationNs later : {ns_per_hour, 23 * ns_per_hour, 24 * ns_per_hour, ns_per_day * 9})
        REQUIRE(fast.value(t + later) == slow.value(t + later));
    REQUIRE(fast.value(t + ns_per_day) == 0.0);
}

TEST_CASE("there is no change before a day has passed, and it covers a day then") {
    DayChange change;
    CHECK_FALSE(change.value(midnight));
    // A path that grows by one a second tells how long it was measured over.
    double seconds = 0;
    for (TimeNs t = midnight; t <= midnight + 3 * ns_per_day; t += 10 * ns_per_s) {
        change.push(t, seconds);
        seconds += 10;
        const auto value = change.value(t);
        REQUIRE(value.has_value() == (t >= midnight + ns_per_day));
        if (value) {
            REQUIRE(*value >= 86400);
            REQUIRE(*value < 86400 + 60);
        }
        if (value && t % ns_per_min == 0) REQUIRE(*value == 86400);
    }
}

TEST_CASE("over a weekend the change of a closed market goes to zero") {
    DayChange change;
    const TimeNs close = midnight + 21 * ns_per_hour;
    for (TimeNs t = midnight; t <= close + 2 * ns_per_day; t += ns_per_min)
        change.push(t,
                    -0.17 * std::min(1.0, to_seconds(t - midnight) / to_seconds(close - midnight)));
    CHECK(change.value(close + 2 * ns_per_day) == 0.0);
}

TEST_CASE("a path that begins anew has no change for a day") {
    DayChange change;
    TimeNs t = midnight;
    for (; t <= midnight + 30 * ns_per_hour; t += ns_per_min) change.push(t, 5);
    REQUIRE(change.value(t) == 0.0);
    change.restart();
    CHECK_FALSE(change.value(t));
    const TimeNs again = t;
    for (; t < again + ns_per_day; t += ns_per_min) {
        change.push(t, 0.25);
        REQUIRE_FALSE(change.value(t));
    }
    change.push(t, 0.5);
    CHECK(change.value(t) == 0.25);
    // Time may begin anew too.
    change.restart();
    change.push(midnight, 1);
    change.push(midnight + ns_per_day, 4);
    CHECK(change.value(midnight + ns_per_day) == 3.0);
}

TEST_CASE("a path out of order or without a value is not taken") {
    DayChange change;
    change.push(midnight, 1);
    change.push(midnight, 7);
    change.push(midnight - ns_per_hour, 7);
    change.push(midnight + ns_per_hour, std::numeric_limits<double>::quiet_NaN());
    change.push(midnight + ns_per_day, 3);
    CHECK(change.value(midnight + ns_per_day) == 2.0);
    change.push(midnight + ns_per_day, 9);
    CHECK(change.value(midnight + ns_per_day) == 2.0);
    CHECK(change.value(midnight + 25 * ns_per_hour) == 2.0);
    change.push(midnight + 26 * ns_per_hour, 4);
    CHECK(change.value(midnight + 26 * ns_per_hour) == 3.0);
    // The past is not kept whole.
    CHECK_FALSE(change.value(midnight + 25 * ns_per_hour));
}

TEST_CASE("the change of a day holds what its header says, from the start") {
    const test::AllocationCount made;
    DayChange change;
    CHECK(made.bytes() == std::size_t{16} * 1442);
    const test::AllocationCount used;
    for (TimeNs t = midnight; t < midnight + 3 * ns_per_day; t += 10 * ns_per_s) change.push(t, 1);
    CHECK(change.value(midnight + 3 * ns_per_day) == 0.0);
    CHECK(used.count() == 0);
}
