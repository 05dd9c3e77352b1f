// Which way it runs, whose shock it was and who leads, from prices to episodes.
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "core/engine.hpp"
#include "core/leader.hpp"
#include "tests/core/engine_events.hpp"
#include "tests/core/market_builder.hpp"

using namespace contagiond;
using namespace contagiond::core;
using test::all;
using test::episodes;
using test::run;

namespace {

/// Calm, then the falls over five minutes, then calm.
std::vector<Input> story(std::uint64_t seed, const std::vector<double>& before,
                         const std::vector<double>& falls) {
    test::MarketBuilder market(seed);
    std::vector<Input> inputs;
    market.run(1800, {}, inputs);
    market.run(60, before, inputs);
    market.run(300, falls, inputs);
    market.run(900, {}, inputs);
    return inputs;
}

}  // namespace

TEST_CASE("a crash of the coins that tech follows a little runs from crypto to tech") {
    const std::uint64_t seed = GENERATE(range(1u, 9u));
    CAPTURE(seed);
    Engine engine(test::small_config());
    const auto events = run(
        engine,
        story(seed, {0, 0, 0, 0, -0.015, -0.018}, {-0.018, -0.018, -0.016, -0.013, -0.05, -0.055}),
        64);
    const auto told = episodes(events);
    REQUIRE_FALSE(told.empty());
    const Episode& opened = *told.front();
    CHECK(opened.rule == Rule::crypto_to_tech);
    CHECK(opened.attribution == Attribution::crypto);
    REQUIRE(opened.direction_balance);
    CHECK(*opened.direction_balance < 0);
    REQUIRE_FALSE(opened.targets.empty());
    // Why: what was asked of a fall of the coins' own, and each of it held.
    REQUIRE(opened.cause);
    std::set<Condition> asked;
    for (const CauseCondition& condition : opened.cause->conditions) {
        CAPTURE(to_string(condition.reading.condition));
        CHECK(condition.reading.holds());
        CHECK(condition.held_since > test::market_open);
        CHECK(condition.held_since <= opened.detected_at);
        asked.insert(condition.reading.condition);
        if (condition.reading.condition != Condition::reverse_balance) continue;
        if (opened.targets.front().instrument == opened.cause->target)
            CHECK(*condition.reading.value == -*opened.direction_balance);
        // Had the coin not fallen, it would not have been its fall.
        CHECK(condition.target_higher);
    }
    for (const Condition condition : {Condition::reverse_balance, Condition::reverse_level,
                                      Condition::reverse_order, Condition::regained})
        CHECK(asked.contains(condition));
    CHECK(asked.contains(Condition::reverse_fall) != asked.contains(Condition::target_fall));
    // The onset is that of the coins.
    CHECK(opened.started_at >= test::market_open + 900 * ns_per_s);
    CHECK(opened.started_at <= test::market_open + 1920 * ns_per_s);
    bool shown = false;
    for (const TargetAssessed& assessed : all<TargetAssessed>(events)) {
        CHECK(assessed.regime != Regime::contagion);
        shown = shown || assessed.direction == Direction::crypto_to_tech;
    }
    CHECK(shown);
    for (const auto& episode : told) CHECK(episode->rule == Rule::crypto_to_tech);
}

TEST_CASE("tech that falls alone is told of every coin that does not follow, without an alert") {
    const std::uint64_t seed = GENERATE(range(1u, 5u));
    CAPTURE(seed);
    Engine engine(test::small_config());
    const auto events = run(engine, story(seed, {}, {-0.05, -0.05, -0.04, -0.02}), 64);
    CHECK(episodes(events).empty());
    std::size_t decoupled = 0;
    for (const TargetAssessed& assessed : all<TargetAssessed>(events)) {
        if (assessed.direction != Direction::decoupled) continue;
        ++decoupled;
        CHECK(assessed.ts > test::market_open + 1860 * ns_per_s);
    }
    CHECK(decoupled > 20);
}

TEST_CASE("a spillover is told as the direction of its targets while it is open") {
    Engine engine(test::small_config());
    const auto events = run(engine, test::spillover_story(3), 64);
    const auto told = episodes(events);
    REQUIRE(told.size() >= 2);
    REQUIRE(told.back()->phase == EpisodePhase::resolved);
    for (const TargetAssessed& assessed : all<TargetAssessed>(events))
        if (assessed.direction == Direction::tech_to_crypto)
            CHECK((assessed.ts >= told.front()->ts && assessed.ts < told.back()->ts));
        else
            CHECK(assessed.direction != Direction::crypto_to_tech);
}

TEST_CASE("a placebo that falls with tech takes the certainty away, and is told") {
    const std::uint64_t seed = GENERATE(range(1u, 5u));
    CAPTURE(seed);
    auto config = test::small_config();
    auto& members = config.universe.groups[0].members;
    const InstrumentId pg = members[2].instrument;
    members.erase(members.begin() + 2);
    config.placebos = {pg};
    const double fall = GENERATE(0.0, -0.03);
    Engine engine(config);
    const auto told = episodes(
        run(engine, story(seed, {}, {-0.04, -0.042, fall, -0.02, -0.035, -0.032, 0.0005, 0}), 64));
    REQUIRE_FALSE(told.empty());
    const Episode& opened = *told.front();
    REQUIRE(opened.placebos.size() == 1);
    CHECK(opened.placebos[0].instrument == pg);
    REQUIRE(opened.placebos[0].loss_sigma);
    CAPTURE(*opened.placebos[0].loss_sigma);
    if (fall < 0)
        CHECK(opened.attribution == Attribution::undecided);
    else
        CHECK(opened.attribution == Attribution::tech);
}

TEST_CASE("who carries most of the fall leads, surely; of equals nobody does") {
    const std::uint64_t seed = GENERATE(range(1u, 5u));
    CAPTURE(seed);
    auto config = test::small_config();
    const bool apart = GENERATE(true, false);
    const double other = apart ? -0.01 : -0.04;
    Engine engine(config);
    const auto told = episodes(run(
        engine, story(seed, {}, {-0.08, other, apart ? -0.01 : -0.04, -0.02, -0.035, -0.032}), 64));
    REQUIRE_FALSE(told.empty());
    for (const auto& episode : told) {
        CHECK(episode->leader.has_value() == episode->leader_confidence.has_value());
        if (!episode->leader) continue;
        CHECK(*episode->leader_confidence >= LeaderWatch::confidence_min);
        // Never the index: it is everyone.
        CHECK(*episode->leader != 3);
        if (apart) CHECK(*episode->leader == 0);
    }
    if (apart) CHECK(told.back()->leader == InstrumentId{0});
}
