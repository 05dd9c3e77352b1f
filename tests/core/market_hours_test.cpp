#include "core/market_hours.hpp"

#include <catch2/catch.hpp>

#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr TimeNs start = 1'735'689'600 * ns_per_s;  // 2025-01-01T00:00Z

/// What the calendar says of the age, asked anew.
DurationNs slow_age(Market market, TimeNs from, TimeNs ts) {
    return ts - from > 7 * ns_per_day ? ts - from : open_time(market, from, ts);
}

}  // namespace

TEST_CASE("Ages in open hours are the calendar's, whatever the steps and pauses of the grid") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    CAPTURE(seed);
    test::Random random(seed);
    for (const Market market : {Market::always, Market::us_equities, Market::cme_globex}) {
        CAPTURE(calendar_name(market));
        MarketHours hours(market);
        TimeNs now = start;
        for (int step = 0; step < 20'000; ++step) {
            const std::uint64_t kind = random.below(1000);
            now += kind == 0  ? static_cast<TimeNs>(random.below(20)) * ns_per_day + 1
                   : kind < 3 ? static_cast<TimeNs>(random.below(70)) * ns_per_hour + 1
                              : static_cast<TimeNs>(1 + random.below(120)) * ns_per_min;
            hours.move_to(now - 1);
            const SessionSpan span = session_span(market, now - 1);
            REQUIRE(hours.open() == (span.session != Session::closed));
            REQUIRE(hours.open_at(now - 1) == hours.open());
            const DurationNs reach = random.below(2) == 0 ? 9 * ns_per_day : 20 * ns_per_hour;
            const TimeNs from =
                now -
                static_cast<TimeNs>(random.below(static_cast<std::uint64_t>(reach / ns_per_s))) *
                    ns_per_s;
            // Within the present stretch the age is told without a look at the clock.
            const DurationNs expected =
                from >= span.begin ? (hours.open() ? now - from : 0) : slow_age(market, from, now);
            REQUIRE(hours.open_age(from, now) == expected);
        }
    }
}

TEST_CASE("A market's hours tell when a stretch has changed, also when time steps back") {
    MarketHours hours(Market::us_equities);
    const TimeNs open =
        start + ns_per_day + 14 * ns_per_hour + 30 * ns_per_min;  // 09:30 of the 2nd
    hours.move_to(open - 1);
    CHECK(hours.changed());
    hours.move_to(open);
    CHECK(hours.changed());
    hours.move_to(open + ns_per_hour);
    CHECK_FALSE(hours.changed());
    hours.move_to(open - 1);
    CHECK(hours.changed());
    CHECK(hours.open_age(open - 10 * ns_per_min, open) == 10 * ns_per_min);
    CHECK_FALSE(hours.open_at(open));
    // A moment after the stretch is the calendar's to answer.
    CHECK(hours.open_age(start, open + 7 * ns_per_hour) ==
          open_time(Market::us_equities, start, open + 7 * ns_per_hour));
}
