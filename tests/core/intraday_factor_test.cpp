#include "core/estimators/intraday_factor.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "core/calendar.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr TimeNs monday = 1'736'121'600 * ns_per_s;  // 2025-01-06T00:00:00Z

DurationNs clock(int hour, int minute) {
    return hour * ns_per_hour + minute * ns_per_min;
}

bool is_regular(TimeNs bar_end) {
    return session_span(Market::us_equities, bar_end - 1).session == Session::regular;
}

/// Volatility of a weekday against its mean: high at the open, low at noon, higher at the close.
double u_shape(TimeNs bar_end) {
    const DurationNs of_slot = new_york_time(bar_end - 1).of_day / (15 * ns_per_min);
    const double x = (static_cast<double>(of_slot) - 38) / 25;  // 0 at 09:30, 1 at 15:45
    return 0.6 + 1.6 * (1 - x) * (1 - x) * (1 - x) * (1 - x) + 0.7 * x * x * x * x;
}

/// The slow, obvious twin: explicit weights over all visits that have ended.
class Twin {
  public:
    explicit Twin(IntradayRules rules) : rules_(rules) {}

    double factor(TimeNs bar_end) {
        begin(bar_end);
        return factor_of(IntradayFactor::slot_of(bar_end));
    }
    void push(TimeNs bar_end, double r, double elapsed) {
        begin(bar_end);
        const double f = factor_of(slot_);
        double square = r * r / elapsed;
        if (!visits_.empty())
            square = std::min(square, rules_.clip * rules_.clip * level() * f * f);
        open_.push_back(square);
    }

  private:
    struct Visit {
        std::int64_t quarter;
        std::size_t slot;
        std::optional<double> u;
        double level;
    };

    void begin(TimeNs bar_end) {
        const std::int64_t quarter = (bar_end - 1) / (15 * ns_per_min);
        if (quarter == quarter_) return;
        if (!open_.empty()) {
            double mean = 0;
            for (const double square : open_) mean += square / static_cast<double>(open_.size());
            Visit visit{quarter_, slot_, std::nullopt, mean / std::pow(factor_of(slot_), 2)};
            if (visits_.size() >= rules_.level_visits_min) visit.u = mean / level();
            visits_.push_back(visit);
            open_.clear();
        }
        quarter_ = quarter;
        slot_ = IntradayFactor::slot_of(bar_end);
    }
    double level() const {
        double sum = 0, weights = 0;
        for (const Visit& visit : visits_) {
            const auto age =
                static_cast<double>((visits_.back().quarter - visit.quarter) * 15 * ns_per_min);
            const double weight = std::exp2(-age / static_cast<double>(rules_.level_half_life));
            sum += weight * visit.level;
            weights += weight;
        }
        return sum / weights;
    }
    double factor_of(std::size_t wanted) const {
        std::map<std::size_t, std::vector<double>> slots;
        for (const Visit& visit : visits_)
            if (visit.u) slots[visit.slot].push_back(*visit.u);
        if (slots.find(wanted) == slots.end()) return 1;
        double squares = 0, own = 0;
        for (const auto& [slot, visits] : slots) {
            double sum = 0, weights = 0, weight = 1;
            for (auto u = visits.rbegin(); u != visits.rend(); ++u) {
                sum += weight * *u;
                weights += weight;
                weight *= std::exp2(-1 / rules_.half_life_visits);
            }
            const double g =
                (sum + weight * rules_.prior_visits) / (weights + weight * rules_.prior_visits);
            squares += g / static_cast<double>(slots.size());
            if (slot == wanted) own = g;
        }
        return std::min(std::max(std::sqrt(own / squares), rules_.factor_min), rules_.factor_max);
    }

    IntradayRules rules_;
    std::vector<Visit> visits_;
    std::vector<double> open_;
    std::int64_t quarter_ = -1;
    std::size_t slot_ = 0;
};

/// Days of one-minute bars of an equity in regular hours, with the shape of a U.
void learn_equity(IntradayFactor& factor, test::Random& random, int days, double scale = 1e-4,
                  TimeNs begin = monday) {
    for (TimeNs t = begin; t < begin + days * ns_per_day; t += ns_per_min)
        if (is_regular(t)) factor.push(t, scale * u_shape(t) * random.normal(), 1);
}

double mean_square(const IntradayFactor& factor) {
    double sum = 0, learned = 0;
    for (std::size_t slot = 0; slot < IntradayFactor::slot_count; ++slot) {
        if (!factor.is_learned(slot)) continue;
        sum += factor.slot_factor(slot) * factor.slot_factor(slot);
        learned += 1;
    }
    REQUIRE(learned > 0);
    return sum / learned;
}

}  // namespace

TEST_CASE("intraday factors agree with their slow twin at every bar") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    test::Random random(seed);
    IntradayRules rules;
    rules.half_life_visits = 3;
    rules.prior_visits = 2;
    rules.level_half_life = 10 * ns_per_hour;
    rules.level_visits_min = 5;
    rules.factor_min = 0.6;
    rules.factor_max = 1.5;
    IntradayFactor fast(rules);
    Twin slow(rules);
    int cut = 0;
    // Weekdays, a weekend, and the change of clocks of 2025-03-09.
    TimeNs t = monday + 60 * ns_per_day;
    for (int bar = 0; bar < 2000; ++bar) {
        t += 5 * ns_per_min *
             static_cast<DurationNs>(1 + random.below(random.below(9) == 0 ? 9 : 1));
        CAPTURE(bar, t);
        const double expected = slow.factor(t);
        REQUIRE(fast.factor(t) == Approx(expected).epsilon(1e-11));
        if (random.uniform() < 0.2) continue;
        double r = 1e-4 * random.normal();
        if (random.below(3) == 0 && new_york_time(t).of_day < clock(6, 0)) r *= 40;
        if (random.below(100) == 0) r *= 1000;
        const double elapsed = random.uniform() < 0.2 ? 3 : 1;
        fast.push(t, r, elapsed);
        slow.push(t, r, elapsed);
        cut += expected == rules.factor_min || expected == rules.factor_max ? 1 : 0;
    }
    CHECK(cut > 0);
}

TEST_CASE("a constant volatility has no shape") {
    const std::uint64_t seed = GENERATE(11u, 12u, 13u);
    CAPTURE(seed);
    test::Random random(seed);
    IntradayFactor factor;
    for (TimeNs t = monday; t < monday + 28 * ns_per_day; t += ns_per_min)
        factor.push(t, 1e-4 * random.normal(), 1);
    // 15 bars in some 19 visits of weight: 4 % of noise on a weekday, 6 % at weekends.
    double worst = 0;
    for (std::size_t slot = 0; slot < IntradayFactor::slot_count; ++slot) {
        REQUIRE(factor.is_learned(slot));
        worst = std::max(worst, std::abs(factor.slot_factor(slot) - 1));
    }
    CHECK(worst < 0.25);
    CHECK(worst > 0.005);
}

TEST_CASE("the shape of a U is learned within a fifth in twenty days of trading") {
    const std::uint64_t seed = GENERATE(21u, 22u, 23u);
    CAPTURE(seed);
    test::Random random(seed);
    IntradayFactor factor;
    learn_equity(factor, random, 30);

    double squares = 0, slots = 0;
    const TimeNs day = monday + 30 * ns_per_day;  // Wednesday
    for (TimeNs t = day; t < day + ns_per_day; t += 15 * ns_per_min) {
        if (!is_regular(t)) continue;
        squares += u_shape(t) * u_shape(t);
        slots += 1;
    }
    REQUIRE(slots == 26);
    for (TimeNs t = day; t < day + ns_per_day; t += 15 * ns_per_min) {
        if (!is_regular(t)) continue;
        CAPTURE(t, u_shape(t));
        CHECK(factor.factor(t) == Approx(u_shape(t) / std::sqrt(squares / slots)).epsilon(0.2));
    }
    // Outside the hours nothing is known, and nothing is claimed.
    CHECK(factor.factor(day + clock(30, 0)) == 1);
}

TEST_CASE("the first day moves factors a little only") {
    const std::uint64_t seed = GENERATE(31u, 32u);
    CAPTURE(seed);
    test::Random random(seed);
    IntradayFactor factor;
    learn_equity(factor, random, 1);
    for (std::size_t slot = 0; slot < IntradayFactor::slot_count; ++slot) {
        CAPTURE(slot);
        CHECK(factor.slot_factor(slot) > 0.75);
        CHECK(factor.slot_factor(slot) < 1.5);
    }
    CHECK(mean_square(factor) == Approx(1).epsilon(1e-12));
}

TEST_CASE("learned factors have mean square one") {
    const std::uint64_t seed = GENERATE(41u, 42u);
    CAPTURE(seed);
    test::Random random(seed);
    IntradayFactor factor;
    for (int day = 0; day < 12; ++day) {
        learn_equity(factor, random, 1, 1e-4, monday + day * ns_per_day);
        CHECK(mean_square(factor) == Approx(1).epsilon(1e-12));
    }
}

TEST_CASE("returns ten times as large have the same shape, and so has a market that grows wilder") {
    const std::uint64_t seed = GENERATE(51u, 52u);
    CAPTURE(seed);
    test::Random random(seed), same(seed), again(seed);
    IntradayFactor small, large, wilder;
    learn_equity(small, random, 21);
    learn_equity(large, same, 21, 1e-3);
    learn_equity(wilder, again, 11);
    learn_equity(wilder, again, 10, 3e-4, monday + 11 * ns_per_day);
    for (std::size_t slot = 0; slot < IntradayFactor::slot_count; ++slot) {
        CAPTURE(slot);
        CHECK(large.slot_factor(slot) == Approx(small.slot_factor(slot)).epsilon(1e-9));
        CHECK(wilder.slot_factor(slot) == Approx(small.slot_factor(slot)).epsilon(0.15));
    }
}

TEST_CASE("weekends are another kind of day") {
    const std::uint64_t seed = GENERATE(61u, 62u);
    CAPTURE(seed);
    test::Random random(seed);
    IntradayFactor factor;
    const auto is_weekend = [](TimeNs t) {
        const int weekday = new_york_time(t - 1).weekday;
        return weekday == 0 || weekday == 6;
    };
    const TimeNs end = monday + 84 * ns_per_day;
    for (TimeNs t = monday; t < end; t += 5 * ns_per_min)
        factor.push(t, 1e-3 * (is_weekend(t) ? 0.5 : 1) * random.normal(), 1);
    double weekdays = 0, weekends = 0;
    for (std::size_t slot = 0; slot < IntradayFactor::slots_a_day; ++slot) {
        weekdays += factor.slot_factor(slot);
        weekends += factor.slot_factor(IntradayFactor::slots_a_day + slot);
    }
    CHECK(weekends / weekdays == Approx(0.5).epsilon(0.2));
}

TEST_CASE("the shape follows the clocks of New York") {
    const auto slot = [](int hour, int minute) {
        return static_cast<std::size_t>(clock(hour, minute) / IntradayFactor::slot_length);
    };
    const TimeNs friday = monday + 60 * ns_per_day;  // 2025-03-07
    const TimeNs sunday = friday + 2 * ns_per_day;   // clocks go forward at 07:00 UTC
    CHECK(IntradayFactor::slot_of(friday + clock(14, 30)) == slot(9, 15));
    CHECK(IntradayFactor::slot_of(friday + clock(14, 30) + 1) == slot(9, 30));
    CHECK(IntradayFactor::slot_of(friday + clock(14, 45)) == slot(9, 30));
    CHECK(IntradayFactor::slot_of(sunday + clock(7, 0)) == 96 + slot(1, 45));
    CHECK(IntradayFactor::slot_of(sunday + clock(7, 15)) == 96 + slot(3, 0));
    CHECK(IntradayFactor::slot_of(sunday + ns_per_day + clock(13, 45)) == slot(9, 30));
    // The weekend ends at midnight in New York.
    CHECK(IntradayFactor::slot_of(sunday + clock(28, 0)) == 96 + slot(23, 45));
    CHECK(IntradayFactor::slot_of(sunday + clock(28, 15)) == slot(0, 0));

    const std::uint64_t seed = 71;
    CAPTURE(seed);
    test::Random random(seed);
    IntradayFactor factor;
    for (TimeNs t = friday - 31 * ns_per_day; t < sunday + ns_per_day; t += ns_per_min) {
        const bool opening = IntradayFactor::slot_of(t) == slot(9, 30);
        factor.push(t, 1e-4 * (opening ? 3 : 1) * random.normal(), 1);
    }
    const TimeNs next = sunday + ns_per_day;  // Monday, in summer time
    CHECK(factor.factor(next + clock(13, 30)) < 1.3);
    CHECK(factor.factor(next + clock(13, 45)) > 2);
    CHECK(factor.factor(next + clock(14, 45)) < 1.3);
}

TEST_CASE("one return of twenty sigma moves its slot by less than three per cent") {
    const std::uint64_t seed = GENERATE(81u, 82u, 83u);
    CAPTURE(seed);
    test::Random random(seed), same(seed);
    IntradayFactor calm, jumped;
    learn_equity(calm, random, 28);
    learn_equity(jumped, same, 28);
    const TimeNs day = monday + 28 * ns_per_day;
    const TimeNs jump = day + clock(17, 7);
    for (TimeNs t = day; t < day + ns_per_day; t += ns_per_min) {
        if (!is_regular(t)) continue;
        const double r = 1e-4 * u_shape(t) * random.normal();
        calm.push(t, r, 1);
        jumped.push(t, t == jump ? 20e-4 * u_shape(t) : r, 1);
    }
    const std::size_t slot = IntradayFactor::slot_of(jump);
    const double moved = jumped.slot_factor(slot) / calm.slot_factor(slot) - 1;
    CHECK(moved > 0.002);
    CHECK(moved < 0.03);
    for (std::size_t other = 0; other < IntradayFactor::slot_count; ++other)
        if (other != slot)
            CHECK(jumped.slot_factor(other) == Approx(calm.slot_factor(other)).epsilon(0.002));
}

TEST_CASE("a factor does not depend on the visit it is used in") {
    const std::uint64_t seed = 91;
    CAPTURE(seed);
    test::Random random(seed), same(seed);
    IntradayFactor calm, wild;
    learn_equity(calm, random, 9);
    learn_equity(wild, same, 9);
    const TimeNs open = monday + 9 * ns_per_day + clock(14, 30);
    const double before = calm.factor(open + ns_per_min);
    for (int minute = 1; minute <= 15; ++minute) {
        const TimeNs t = open + minute * ns_per_min;
        calm.push(t, 1e-5, 1);
        // Pushed before it is asked: the answer is the same.
        wild.push(t, 1e-2, 1);
        CHECK(calm.factor(t) == before);
        CHECK(wild.factor(t) == before);
    }
    const TimeNs next = open + 15 * ns_per_min + 1;
    CHECK(wild.factor(next) < calm.factor(next));
    const std::size_t slot = IntradayFactor::slot_of(open + 1);
    CHECK(wild.slot_factor(slot) > 1.1 * calm.slot_factor(slot));
}

TEST_CASE("what is no return leaves the shape alone") {
    const std::uint64_t seed = 101;
    CAPTURE(seed);
    test::Random random(seed), same(seed);
    IntradayFactor clean, dirty;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double huge = std::numeric_limits<double>::max();
    for (TimeNs t = monday; t < monday + 3 * ns_per_day; t += ns_per_min) {
        clean.push(t, 1e-4 * random.normal(), 1);
        dirty.push(t, nan, 1);
        dirty.push(t, huge, 1);
        dirty.push(t, 1, 0);
        dirty.push(t, 1, nan);
        dirty.push(t, 1, -1);
        dirty.push(t - ns_per_day, 1, 1);
        dirty.push(t, 1e-4 * same.normal(), 1);
        CHECK(dirty.factor(t - ns_per_day) ==
              dirty.slot_factor(IntradayFactor::slot_of(t - ns_per_day)));
    }
    for (std::size_t slot = 0; slot < IntradayFactor::slot_count; ++slot)
        CHECK(dirty.slot_factor(slot) == clean.slot_factor(slot));
}

TEST_CASE("a series that stands still has no shape, and finds one when it moves") {
    const std::uint64_t seed = 111;
    CAPTURE(seed);
    test::Random random(seed);
    IntradayFactor factor;
    for (TimeNs t = monday; t < monday + 3 * ns_per_day; t += ns_per_min) factor.push(t, 0, 1);
    for (std::size_t slot = 0; slot < IntradayFactor::slot_count; ++slot)
        CHECK(factor.slot_factor(slot) == 1);
    learn_equity(factor, random, 28, 1e-4, monday + 7 * ns_per_day);
    CHECK(factor.slot_factor(38) > 1.5);
    CHECK(factor.slot_factor(52) < 1);
}

TEST_CASE("where all that was learned is stillness, every slot is like any other") {
    IntradayRules rules;
    rules.prior_visits = 0;
    IntradayFactor factor(rules);
    // It moves for as many visits as the level needs, and never again.
    for (TimeNs t = monday + ns_per_min; t < monday + ns_per_day; t += ns_per_min)
        factor.push(t, t <= monday + 8 * IntradayFactor::slot_length ? 1e-4 : 0, 1);
    CHECK(factor.is_learned(IntradayFactor::slot_of(monday + clock(12, 0))));
    for (std::size_t slot = 0; slot < IntradayFactor::slot_count; ++slot)
        CHECK(factor.slot_factor(slot) == 1);
}

TEST_CASE("intraday factors hold what their header says and allocate nothing") {
    CHECK(sizeof(IntradayFactor) > 3300);
    CHECK(sizeof(IntradayFactor) < 3500);
    const test::AllocationCount used;
    test::Random random(1);
    IntradayFactor factor;
    learn_equity(factor, random, 3);
    CHECK(factor.is_learned(38));
    CHECK(used.count() == 0);
}
