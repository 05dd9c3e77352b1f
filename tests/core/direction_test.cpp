#include "core/direction.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

/// Both fell, crypto three times as far in its sigma and below its high alike.
DirectionReading own_fall() {
    DirectionReading r;
    r.source_loss = 2.0;
    r.target_loss = 6.0;
    r.level_ratio = 0.5;
    return r;
}

LevelReading levels_of_own_fall() {
    LevelReading r;
    r.source_fall = 0.012;
    r.target_below = 0.04;
    r.recent = 0.04;
    return r;
}

bool led(const DetectorConfig& config, const LevelReading& levels, const DirectionReading& r) {
    return target_led(reverse_conditions(config, levels, r));
}

/// As the definition says it, over all rows at once.
std::optional<double> slow_scale(const std::vector<double>& path, double half_life) {
    const double decay = std::exp2(-1.0 / half_life);
    double sum = 0, weight = 0;
    std::size_t last = 0;
    for (std::size_t i = 1; i < path.size(); ++i) {
        if (path[i] == path[last]) continue;
        const auto rows = static_cast<double>(i - last);
        if (i - last <= 35) {
            double size = std::abs(path[i] - path[last]) / std::sqrt(rows);
            if (weight > 20) size = std::min(size, 3.5 * 1.2533 * sum / weight);
            sum = decay * sum + size;
            weight = decay * weight + 1;
        }
        last = i;
    }
    if (weight <= 20) return std::nullopt;
    return 1.2533 * sum / weight;
}

}  // namespace

TEST_CASE("the balance is size and order, and a lead from ticks outvotes the order of bars") {
    DirectionReading r;
    CHECK_FALSE(direction_balance(r));
    r.source_loss = 4;
    CHECK_FALSE(direction_balance(r));
    r.target_loss = 4;
    CHECK(*direction_balance(r) == 0);
    r.target_loss = 4 * std::exp(1.0);
    CHECK(*direction_balance(r) == Approx(-2.5));
    r.asymmetry = 2;  // the source moves first
    CHECK(*direction_balance(r) == Approx(-2.5 + 1.2));
    r.asymmetry = -9;
    CHECK(*direction_balance(r) == Approx(-2.5 - 2.4));
    r.lead_low = -3;
    r.lead_high = 5;  // spans 0: says nothing
    CHECK(*direction_balance(r) == Approx(-2.5 - 2.4));
    r.lead_low = 1;
    CHECK(*direction_balance(r) == Approx(-2.5 + 2.4));
    r.lead_low = -8;
    r.lead_high = -1;
    r.asymmetry = 9;
    CHECK(*direction_balance(r) == Approx(-2.5 - 2.4));
    // No loss, or next to none, is as little as half a sigma.
    r = {};
    r.source_loss = -2;
    r.target_loss = 0.5;
    CHECK(*direction_balance(r) == 0);
}

TEST_CASE("a fall is the target's own where size and level agree") {
    const DetectorConfig config;
    CHECK(led(config, levels_of_own_fall(), own_fall()));
    DirectionReading r = own_fall();
    r.level_ratio = -0.1;  // against its usual size it has fallen less than the source
    CHECK_FALSE(led(config, levels_of_own_fall(), r));
    r.level_ratio.reset();
    CHECK_FALSE(led(config, levels_of_own_fall(), r));
    r = own_fall();
    r.target_loss = 3;
    CHECK_FALSE(led(config, levels_of_own_fall(), r));
    r.asymmetry = -4;  // but it went first
    CHECK(led(config, levels_of_own_fall(), r));
    LevelReading levels = levels_of_own_fall();
    levels.slide_age = levels.target_age + config.slide_lead;
    CHECK(led(config, levels, r));
    levels.slide_age += ns_per_min;  // the source has been sliding for longer
    CHECK_FALSE(led(config, levels, r));
}

TEST_CASE("the other direction has a score of its own, held down by what is furthest behind") {
    const DetectorConfig config;
    const auto score = [&](const LevelReading& levels, const DirectionReading& direction) {
        return score_reverse(
            config, reverse_conditions(config, levels, direction),
            score_levels(config, levels).conditions[place_of(Condition::regained)]);
    };
    CHECK(score(levels_of_own_fall(), own_fall()) >= config.enter_score);
    LevelReading levels = levels_of_own_fall();
    levels.target_below = config.reverse_fall;
    CHECK(score(levels, own_fall()) == Approx(config.enter_score));
    levels.target_below = 0.5 * config.reverse_fall;
    CHECK(score(levels, own_fall()) == Approx(0.5 * config.enter_score));
    levels = levels_of_own_fall();
    levels.source_fall = 0.003;
    CHECK(score(levels, own_fall()) < config.enter_score);
    levels = levels_of_own_fall();
    levels.recent = 0.01;
    CHECK(score(levels, own_fall()) < config.enter_score);
    levels = levels_of_own_fall();
    levels.regained = 2 * config.regained_share;
    CHECK(score(levels, own_fall()) == Approx(0.5 * config.enter_score));
    levels = levels_of_own_fall();
    levels.slide_age = 2 * (levels.target_age + config.slide_lead);
    CHECK(score(levels, own_fall()) == Approx(0.5 * config.enter_score));
    DirectionReading direction = own_fall();
    direction.target_loss = 2;
    CHECK(score(levels_of_own_fall(), direction) == 0);
    direction = own_fall();
    direction.level_ratio = -1;
    CHECK(score(levels_of_own_fall(), direction) == 0);
}

TEST_CASE("the score of the other direction holds just where its conditions do") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    CAPTURE(seed);
    test::Random random(seed);
    const DetectorConfig config;
    std::size_t high = 0, led_count = 0;
    for (int i = 0; i < 20'000; ++i) {
        LevelReading levels;
        levels.source_fall = 0.03 * random.uniform();
        levels.target_below = 0.1 * random.uniform();
        levels.recent = 0.1 * random.uniform();
        levels.regained = random.uniform() - 0.5;
        levels.slide_age = static_cast<DurationNs>(random.below(300)) * ns_per_min;
        levels.target_age = static_cast<DurationNs>(random.below(300)) * ns_per_min;
        DirectionReading r;
        if (random.below(10) > 0) r.source_loss = 4 * random.uniform();
        if (random.below(10) > 0) r.target_loss = 12 * random.uniform();
        if (random.below(10) > 0) r.level_ratio = 0.5 + random.normal();
        if (random.below(2) > 0) r.asymmetry = 2 * random.normal();
        const ReverseConditions conditions = reverse_conditions(config, levels, r);
        const ConditionReading regained =
            score_levels(config, levels).conditions[place_of(Condition::regained)];
        for (std::size_t c = 0; c < conditions.size(); ++c)
            CHECK(place_of(conditions[c].condition) == level_condition_count + c);

        // Said again, in words of its own.
        const Maybe balance = direction_balance(r);
        const bool whose = balance && *balance <= -config.reverse_balance && r.level_ratio &&
                           *r.level_ratio >= 0 &&
                           levels.target_age + config.slide_lead >= levels.slide_age;
        CHECK(target_led(conditions) == whose);
        const bool enough = whose && levels.target_below >= config.reverse_fall &&
                            levels.recent >= 0.8 * config.reverse_fall &&
                            levels.source_fall >= config.reverse_source_fall &&
                            levels.regained <= config.regained_share;
        CHECK((score_reverse(config, conditions, regained) >= config.enter_score) == enough);
        high += enough;
        led_count += whose;
    }
    CHECK(high > 100);
    CHECK(led_count > high);
}

TEST_CASE("a target is decoupled while the source slides and it does not follow") {
    const DetectorConfig config;
    LevelReading levels;
    CHECK_FALSE(decoupled(config, levels));
    levels.source_fall = 0.02;
    levels.slide_age = ns_per_hour;
    CHECK(decoupled(config, levels));
    levels.target_fall = 0.015;  // its threshold, but less than its part of such a fall
    CHECK(decoupled(config, levels));
    levels.target_fall = 0.017;
    CHECK_FALSE(decoupled(config, levels));
    levels.target_fall = 0;
    levels.regained = 0.5;
    CHECK_FALSE(decoupled(config, levels));
    levels.regained = 0;
    levels.slide_age = config.slide_age + ns_per_min;
    CHECK_FALSE(decoupled(config, levels));
}

TEST_CASE("the scale of a path is its slow twin's, prints at every row or now and then") {
    test::Random random(31);
    INFO("seed 31");
    for (const int every : {1, 3, 30, 50}) {
        PathScale scale(200);
        std::vector<double> path;
        double level = 0;
        for (int i = 0; i < 3000; ++i) {
            level += 5e-4 * random.normal() + (i == 1500 ? -0.1 : 0);
            if (i % every == 0 || path.empty())
                path.push_back(level);
            else
                path.push_back(path.back());
            scale.push(path.back());
        }
        const auto twin = slow_scale(path, 200);
        CAPTURE(every);
        REQUIRE(scale.value().has_value() == twin.has_value());
        if (!twin) continue;
        CHECK(*scale.value() == Approx(*twin).epsilon(1e-12));
        // By the row, however rarely it prints; the crash counts for little.
        CHECK(*scale.value() > 4e-4);
        CHECK(*scale.value() < 7e-4);
    }
}
