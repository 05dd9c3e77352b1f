#include "core/estimators/bar_rollup.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <vector>

#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr DurationNs fine = 10 * ns_per_s;
constexpr TimeNs start = 1'737'988'200 * ns_per_s;  // 2025-01-27T14:30:00Z

struct FineBar {
    TimeNs ts;
    std::optional<double> r;
    double elapsed = 1;
    bool closure_gap = false;
};

/// The slow, obvious twin: the fine bars of each minute by their place.
std::optional<CoarseRow> slow_row(const std::vector<FineBar>& bars, TimeNs end) {
    CoarseRow row;
    row.ts = end;
    bool last_there = false, closure = false;
    int there = 0;
    double sum = 0, elapsed = 0;
    for (const FineBar& bar : bars) {
        if (bar.ts <= end - ns_per_min || bar.ts > end) continue;
        ++there;
        last_there = last_there || bar.ts == end;
        if (!bar.r) continue;
        row.printed = true;
        closure = closure || bar.closure_gap;
        sum += *bar.r;
        elapsed += bar.elapsed / 6;
    }
    if (!last_there) return std::nullopt;
    if (row.printed && there == 6 && !closure) {
        row.log_return = sum;
        row.elapsed = elapsed;
    }
    return row;
}

std::optional<CoarseRow> push(BarRollup& rollup, const FineBar& bar) {
    return rollup.push(bar.ts, bar.r, bar.elapsed, bar.closure_gap);
}

/// The six bars of one minute that begins at `begin`, the last of which makes the row.
CoarseRow minute(BarRollup& rollup, TimeNs begin, const std::vector<FineBar>& bars) {
    std::optional<CoarseRow> row;
    REQUIRE(bars.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
        FineBar bar = bars[i];
        bar.ts = begin + static_cast<DurationNs>(i + 1) * fine;
        row = push(rollup, bar);
        REQUIRE(row.has_value() == (i == 5));
    }
    REQUIRE(row->ts == begin + ns_per_min);
    return *row;
}

}  // namespace

TEST_CASE("coarse rows agree with their slow twin, with holes, silences and closures") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    test::Random random(seed);
    BarRollup rollup(fine, ns_per_min);
    std::vector<FineBar> bars;
    TimeNs t = start + 30 * ns_per_s;
    int rows = 0, returns = 0, silent = 0;
    for (int i = 0; i < 3000; ++i) {
        t += fine;
        if (random.below(60) == 0) t += fine * static_cast<DurationNs>(1 + random.below(9));
        FineBar bar{t, std::nullopt};
        if (random.uniform() < 0.3) {
            bar.r = 1e-4 * random.normal();
            bar.elapsed = 1 + static_cast<double>(random.below(8));
            bar.closure_gap = random.below(20) == 0;
        }
        bars.push_back(bar);
        const auto row = push(rollup, bar);
        CAPTURE(i, t);
        REQUIRE(row.has_value() == (t % ns_per_min == 0));
        if (!row) continue;
        const auto expected = slow_row(bars, t);
        REQUIRE(expected);
        REQUIRE(row->ts == t);
        REQUIRE(row->printed == expected->printed);
        REQUIRE(row->log_return.has_value() == expected->log_return.has_value());
        REQUIRE(row->elapsed == Approx(expected->elapsed));
        if (row->log_return) REQUIRE(*row->log_return == Approx(*expected->log_return));
        ++rows;
        returns += row->log_return ? 1 : 0;
        silent += row->printed ? 0 : 1;
    }
    CHECK(rows > 300);
    CHECK(returns > 100);
    CHECK(silent > 10);
    CHECK(returns + silent < rows);
}

TEST_CASE("a minute has the sum of its returns, and covers the bars these cover") {
    BarRollup rollup(fine, ns_per_min);
    const auto none = std::nullopt;
    const CoarseRow full = minute(
        rollup, start, {{0, 0.01}, {0, 0.02}, {0, -0.005}, {0, 0.0}, {0, 0.001}, {0, 0.004}});
    CHECK(full.printed);
    CHECK(full.log_return.value() == Approx(0.03));
    CHECK(full.elapsed == Approx(1));

    // The print in the fourth bar covers all four, and what is silent after it is not covered yet.
    const CoarseRow late =
        minute(rollup, start + ns_per_min,
               {{0, none}, {0, none}, {0, none}, {0, 0.02, 4}, {0, none}, {0, none}});
    CHECK(late.log_return.value() == 0.02);
    CHECK(late.elapsed == Approx(4.0 / 6));

    const CoarseRow silent =
        minute(rollup, start + 2 * ns_per_min,
               {{0, none}, {0, none}, {0, none}, {0, none}, {0, none}, {0, none}});
    CHECK_FALSE(silent.printed);
    CHECK_FALSE(silent.log_return);
    CHECK(silent.elapsed == 0);

    const CoarseRow after =
        minute(rollup, start + 3 * ns_per_min,
               {{0, 0.03, 9}, {0, none}, {0, none}, {0, none}, {0, none}, {0, none}});
    CHECK(after.elapsed == Approx(1.5));
}

TEST_CASE("a return over a closure leaves its minute without one, and only its minute") {
    BarRollup rollup(fine, ns_per_min);
    const CoarseRow open =
        minute(rollup, start,
               {{0, -0.12, 6300, true}, {0, 0.01}, {0, 0.01}, {0, 0.01}, {0, 0.01}, {0, 0.01}});
    CHECK(open.printed);
    CHECK_FALSE(open.log_return);
    CHECK(open.elapsed == 0);
    const CoarseRow next =
        minute(rollup, start + ns_per_min,
               {{0, 0.01}, {0, 0.01}, {0, 0.01}, {0, 0.01}, {0, 0.01}, {0, 0.01}});
    CHECK(next.log_return.value() == Approx(0.06));
}

TEST_CASE("a minute that did not begin under our eyes has no return") {
    BarRollup rollup(fine, ns_per_min);
    CHECK_FALSE(push(rollup, {start + 50 * ns_per_s, 0.01}));
    const auto partial = push(rollup, {start + 60 * ns_per_s, 0.01});
    REQUIRE(partial);
    CHECK(partial->printed);
    CHECK_FALSE(partial->log_return);
    // A hole over the end of a minute: that minute is never told.
    CHECK_FALSE(push(rollup, {start + 70 * ns_per_s, 0.01}));
    const auto after_hole = push(rollup, {start + 180 * ns_per_s, 0.01});
    REQUIRE(after_hole);
    CHECK(after_hole->ts == start + 3 * ns_per_min);
    CHECK_FALSE(after_hole->log_return);
    // Bars of the past change nothing.
    CHECK_FALSE(push(rollup, {start + 180 * ns_per_s, 0.5}));
    CHECK_FALSE(push(rollup, {start + 120 * ns_per_s, 0.5}));
    const CoarseRow whole =
        minute(rollup, start + 3 * ns_per_min,
               {{0, 0.01}, {0, 0.01}, {0, 0.01}, {0, 0.01}, {0, 0.01}, {0, 0.01}});
    CHECK(whole.log_return.value() == Approx(0.06));
}

TEST_CASE("bars that are coarse already pass through") {
    for (const DurationNs target : {ns_per_min, 10 * ns_per_s}) {
        BarRollup rollup(ns_per_min, target);
        CHECK(rollup.bar() == ns_per_min);
        const auto row = push(rollup, {start, 0.01, 3});
        REQUIRE(row);
        CHECK(row->ts == start);
        CHECK(row->log_return == 0.01);
        CHECK(row->elapsed == 3);
        const auto gap = push(rollup, {start + ns_per_min, 0.01, 900, true});
        REQUIRE(gap);
        CHECK_FALSE(gap->log_return);
        const auto absent = push(rollup, {start + 2 * ns_per_min, std::nullopt});
        REQUIRE(absent);
        CHECK_FALSE(absent->printed);
        const auto nan =
            push(rollup, {start + 5 * ns_per_min, std::numeric_limits<double>::quiet_NaN()});
        REQUIRE(nan);
        CHECK_FALSE(nan->printed);
    }
}

TEST_CASE("a length that does not divide is rounded up") {
    BarRollup rollup(7 * ns_per_s, ns_per_min);
    CHECK(rollup.bar() == 63 * ns_per_s);
    int rows = 0;
    const TimeNs begin = start / (63 * ns_per_s) * (63 * ns_per_s);
    for (TimeNs t = begin + 7 * ns_per_s; t <= begin + 6300 * ns_per_s; t += 7 * ns_per_s) {
        const auto row = push(rollup, {t, 0.001});
        if (!row) continue;
        ++rows;
        REQUIRE(row->ts % (63 * ns_per_s) == 0);
        REQUIRE(row->log_return.value() == Approx(0.009));
    }
    CHECK(rows == 100);
}
