#include "core/condition_watch.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

TEST_CASE("a condition has held since the first row of the unbroken stretch that ends now") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    CAPTURE(seed);
    test::Random random(seed);
    const DetectorConfig d;
    LevelChannel channel(d, ns_per_min, 2);
    ConditionWatch watch(2);
    struct Row {
        TimeNs ts;
        std::array<bool, condition_count> holds;
    };
    std::vector<std::vector<Row>> rows(2);
    double source = 0;
    std::vector<double> targets = {1, 2};
    std::array<std::size_t, condition_count> held{}, broken{};
    for (int minute = 1; minute <= 3000; ++minute) {
        const TimeNs ts = 1'737'988'200 * ns_per_s + minute * ns_per_min;
        source += 0.0008 * random.normal();
        std::vector<std::optional<double>> paths;
        for (double& target : targets) paths.emplace_back(target += 0.0012 * random.normal());
        // The second loses its price now and then.
        if (minute % 97 == 0) paths[1].reset();
        channel.push(ts, source, paths);
        for (std::size_t t = 0; t < 2; ++t) {
            const auto reading = channel.read(t);
            std::optional<LevelScore> score;
            if (reading) score = score_levels(d, *reading);
            DirectionReading direction;
            direction.source_loss = 3 * random.uniform();
            direction.target_loss = 3 * random.uniform();
            if (minute % 10 > 0) direction.level_ratio = random.normal();
            const ReverseConditions reverse =
                reverse_conditions(d, reading.value_or(LevelReading{}), direction);
            watch.take_levels(t, ts, score ? &*score : nullptr, reverse);
            std::vector<ConditionReading> all;
            if (score) all.assign(score->conditions.begin(), score->conditions.end());
            if (score) all.insert(all.end(), reverse.begin(), reverse.end());
            rows[t].push_back({ts, {}});
            for (std::size_t c = 0; c < condition_count; ++c) {
                const bool holds = score && all[c].ratio >= 1;
                rows[t].back().holds[c] = holds;
                ++(holds ? held : broken)[c];
                // The slow way: back from now until it did not hold.
                TimeNs since = no_time;
                for (std::size_t i = rows[t].size(); i-- > 0 && rows[t][i].holds[c];)
                    since = rows[t][i].ts;
                if (watch.held_since(t, c) != since) FAIL("condition " << c << " of target " << t);
            }
        }
    }
    for (std::size_t c = 0; c < condition_count; ++c) {
        CHECK(held[c] > 0);
        CHECK(broken[c] > 0);
    }
}

TEST_CASE("the state of a target is held since its own bar, and trust needs a judgement") {
    ConditionWatch watch(2);
    watch.take_state(0, 10, false, true, true);
    watch.take_state(0, 20, true, true, false);
    watch.take_state(0, 30, true, true, true);
    CHECK(watch.warm_since(0) == 20);
    CHECK(watch.judged_since(0) == 10);
    CHECK(watch.trusted_since(0) == 30);
    watch.take_state(0, 40, true, false, true);
    CHECK(watch.warm_since(0) == 20);
    CHECK(watch.judged_since(0) == no_time);
    CHECK(watch.trusted_since(0) == no_time);
    watch.take_state(0, 50, true, true, true);
    CHECK(watch.judged_since(0) == 50);
    CHECK(watch.trusted_since(0) == 50);
    CHECK(watch.warm_since(1) == no_time);
}
