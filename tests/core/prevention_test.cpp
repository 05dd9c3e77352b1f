#include "core/prevention.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

/// Two legs' minutes, and what the channel says when the last stood so much higher.
struct Minutes {
    explicit Minutes(DetectorConfig d) : config(d) {}
    void push(double s, double t) {
        source.push_back(s);
        target.push_back(t);
    }
    LevelChannel channel(double source_higher = 0, double target_higher = 0) const {
        LevelChannel made(config, ns_per_min, 1);
        for (std::size_t i = 0; i < source.size(); ++i) {
            const bool last = i + 1 == source.size();
            const std::optional<double> b = target[i] + (last ? std::log1p(target_higher) : 0);
            made.push(static_cast<TimeNs>(i + 1) * ns_per_min,
                      source[i] + (last ? std::log1p(source_higher) : 0), {&b, 1});
        }
        return made;
    }
    LevelScore score(double source_higher = 0, double target_higher = 0) const {
        return score_levels(config, *channel(source_higher, target_higher).read(0));
    }

    /// Each leg's loss is all it has lost since the first minute, in a sigma of half a per cent.
    DirectionReading direction(LevelShift shift) const {
        DirectionReading r;
        const auto lost = [](const std::vector<double>& path, double higher) {
            return (path.front() - path.back() - std::log1p(higher)) / 0.005;
        };
        r.source_loss = lost(source, shift.source_higher);
        r.target_loss = lost(target, shift.target_higher);
        r.level_ratio = std::log(std::max(0.1, *r.target_loss) / std::max(0.1, *r.source_loss));
        return r;
    }
    std::vector<CauseCondition> prevention() const {
        const LevelChannel made = channel();
        return find_prevention(made.read(0).value(), [&](LevelShift shift) {
            const LevelReading reading = made.read(0, shift).value();
            return all_conditions(score_levels(config, reading),
                                  reverse_conditions(config, reading, direction(shift)));
        });
    }

    DetectorConfig config;
    std::vector<double> source, target;
};

}  // namespace

TEST_CASE("a leg moved in the last row reads like one that had stood there") {
    test::Random random(3);
    INFO("seed 3");
    Minutes minutes{DetectorConfig{}};
    for (int m = 0; m < 400; ++m) {
        minutes.push((m ? minutes.source.back() : 0) + 0.001 * random.normal(),
                     (m ? minutes.target.back() : 0) + 0.001 * random.normal());
        if (m % 20 != 19) continue;
        const double s = 0.02 * random.uniform(), t = 0.02 * random.uniform();
        const auto asked =
            minutes.channel().read(0, {.source_higher = s, .target_higher = t}).value();
        const auto stood = minutes.channel(s, t).read(0).value();
        CHECK(asked.source_fall == Approx(stood.source_fall).margin(1e-14));
        CHECK(asked.target_fall == Approx(stood.target_fall).margin(1e-14));
        CHECK(asked.before == Approx(stood.before).margin(1e-14));
        CHECK(asked.recent == Approx(stood.recent).margin(1e-14));
        CHECK(asked.regained == Approx(stood.regained).margin(1e-12));
        CHECK(asked.slide_age == stood.slide_age);
    }
}

TEST_CASE("what would have prevented an alert would have, and a little less would not") {
    std::size_t by_source = 0, by_target = 0, by_target_own = 0, neither = 0, alerts = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        test::Random random(seed);
        Minutes minutes{DetectorConfig{}};
        double s = 0, t = 0;
        for (int m = 0; m < 200; ++m)
            minutes.push(s += 0.0003 * random.normal(), t += 0.0005 * random.normal());
        const double slide = 0.0003 + 0.0003 * random.uniform();
        for (int m = 0; m < 100 && minutes.score().value < minutes.config.enter_score; ++m)
            minutes.push(s += 0.0003 * random.normal() - slide,
                         t += 0.0005 * random.normal() - 1.3 * slide);
        if (minutes.score().value < minutes.config.enter_score) continue;
        ++alerts;
        const auto found = minutes.prevention();
        REQUIRE(found.size() == condition_count);
        for (std::size_t c = 0; c < level_condition_count; ++c) {
            CAPTURE(to_string(found[c].reading.condition));
            CHECK(found[c].reading == minutes.score().conditions[c]);
            const auto holds = [&](double source_higher, double target_higher) {
                return minutes.score(source_higher, target_higher).conditions[c].holds();
            };
            if (const Maybe x = found[c].source_higher) {
                ++by_source;
                CHECK_FALSE(holds(*x * (1 + 1e-4) + 1e-8, 0));
                CHECK(holds(*x * (1 - 1e-4) - 1e-8, 0));
            }
            if (const Maybe x = found[c].target_higher) {
                ++by_target;
                CHECK_FALSE(holds(0, *x * (1 + 1e-4) + 1e-8));
                CHECK(holds(0, *x * (1 - 1e-4) - 1e-8));
            }
            neither += !found[c].source_higher && !found[c].target_higher;
        }
        for (std::size_t c = level_condition_count; c < condition_count; ++c) {
            CAPTURE(to_string(found[c].reading.condition));
            const auto holds = [&](double source_higher, double target_higher) {
                const LevelShift shift{source_higher, target_higher};
                const LevelReading reading = minutes.channel().read(0, shift).value();
                const auto own =
                    reverse_conditions(minutes.config, reading, minutes.direction(shift));
                return own[c - level_condition_count].holds();
            };
            CHECK(found[c].reading.holds() == holds(0, 0));
            if (const Maybe x = found[c].target_higher) {
                ++by_target_own;
                CHECK_FALSE(holds(0, *x * (1 + 1e-4) + 1e-8));
                CHECK(holds(0, *x * (1 - 1e-4) - 1e-8));
            }
        }
        // A fall that did not happen breaks these, whatever the rest.
        CHECK(found[0].source_higher);
        CHECK_FALSE(found[0].target_higher);
        CHECK(found[1].target_higher);
        CHECK(found[3].target_higher);
        CHECK(found[4].target_higher);
        // And the whole score is below the threshold then.
        CHECK(minutes.score(*found[0].source_higher * 1.001, 0).value < minutes.config.enter_score);
    }
    CHECK(alerts > 20);
    CHECK(by_source > 40);
    CHECK(by_target_own > 20);
    CHECK(by_target > 80);
    CHECK(neither > 0);
}

TEST_CASE("what does not hold asks for nothing") {
    Minutes calm{DetectorConfig{}};
    for (int m = 0; m < 10; ++m) calm.push(-0.001 * m, -0.001 * m);
    for (const CauseCondition& condition : calm.prevention()) {
        if (condition.reading.holds()) continue;
        CHECK_FALSE(condition.source_higher);
        CHECK_FALSE(condition.target_higher);
    }
}
