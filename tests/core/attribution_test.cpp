#include "core/attribution.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "core/evidence.hpp"
#include "core/sampler.hpp"
#include "tests/core/market_builder.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

const LegMeasure source{-0.03, 8.0, 3.0};

Attribution say(double sigma, double one_way, const ShockWitness& witness = {}) {
    return attribute(DetectorConfig{}, source, LegMeasure{-1.0, sigma, one_way}, true, witness);
}

}  // namespace

TEST_CASE("macro is what carries the fall and moves one way; without controls nobody can tell") {
    CHECK(say(4.0, 2.5) == Attribution::macro);
    CHECK(say(4.0, 1.0) == Attribution::macro);  // not one-way, but large
    CHECK(say(2.4, 2.4) == Attribution::macro);  // not large, but one-way
    CHECK(say(2.4, 2.0) == Attribution::undecided);
    CHECK(say(1.0, 3.0) == Attribution::tech);
    CHECK(say(-5.0, -3.0) == Attribution::tech);  // Treasuries up: flight to quality
    const LegMeasure macro{-1.0, 4.0, 2.5};
    CHECK(attribute(DetectorConfig{}, source, macro, false) == Attribution::unattributed);
    CHECK(attribute(DetectorConfig{}, source, {}, true) == Attribution::unattributed);
    CHECK(attribute(DetectorConfig{}, {}, macro, true) == Attribution::unattributed);
    // The controls fell while the source did not: that carries nothing.
    CHECK(attribute(DetectorConfig{}, {0.01, -2.0, -1.0}, macro, true) == Attribution::tech);
}

TEST_CASE("a placebo that falls too is evidence for macro, and none by itself") {
    ShockWitness fell, stood;
    fell.placebo_sigma = 3;
    stood.placebo_sigma = 0.5;
    CHECK(say(2.4, 2.0, fell) == Attribution::macro);
    CHECK(say(2.4, 2.0, stood) == Attribution::undecided);
    CHECK(say(0.5, 0.5, fell) == Attribution::undecided);
    CHECK(say(0.5, 0.5, stood) == Attribution::tech);
    CHECK(attribute(DetectorConfig{}, source, {-1.0, 4.0, 2.5}, false, fell) ==
          Attribution::unattributed);
}

TEST_CASE("in doubt, a link that stands beyond the controls speaks for tech") {
    ShockWitness tied, loose;
    tied.partial_p = 0.01;
    loose.partial_p = 0.3;
    CHECK(say(2.4, 2.0, tied) == Attribution::tech);
    CHECK(say(2.4, 2.0, loose) == Attribution::undecided);
    CHECK(say(4.0, 2.5, tied) == Attribution::macro);
    CHECK(say(0.5, 0.5, loose) == Attribution::tech);
    tied.placebo_sigma = 3;
    CHECK(say(2.4, 2.0, tied) == Attribution::macro);
}

TEST_CASE("a shock is judged over the horizon in which the controls fell most") {
    EngineConfig config = test::small_config();
    Evidence evidence(config);
    std::vector<Sample> samples(config.universe.instruments.size());
    test::Random random(5);
    INFO("seed 5");
    const InstrumentId zn = config.controls[0].instrument, dxy = config.controls[1].instrument;
    CHECK_FALSE(shock_horizon(evidence, 2));
    const auto push = [&](int bars, double zn_move, double dxy_move) {
        static TimeNs ts = test::market_open;
        for (int i = 0; i < bars; ++i) {
            for (Sample& sample : samples) {
                sample.has_price = sample.alive = sample.open = sample.synchronous = true;
                sample.elapsed = 1;
                sample.bar_return = 1e-5 * random.normal();
            }
            *samples[zn].bar_return += zn_move;
            *samples[dxy].bar_return += dxy_move;
            evidence.push(ts += config.bar, samples);
        }
    };
    push(200, 0, 0);
    push(12, -5e-5, 5e-5);  // both press, over the shortest horizon: two minutes
    REQUIRE(shock_horizon(evidence, 2));
    CHECK(*shock_horizon(evidence, 2) == 0);
    push(18, -3e-5, 3e-5);
    CHECK(*shock_horizon(evidence, 2) == 1);  // five minutes
    CHECK(*shock_horizon(evidence, 0) == 0);
    push(30, 0, 0);
    CHECK(*shock_horizon(evidence, 2) == 2);  // it is over, and ten minutes hold it
}
