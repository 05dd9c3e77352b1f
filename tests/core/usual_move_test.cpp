#include "core/usual_move.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

TEST_CASE("a path that is known twice an hour moves as much as one known every minute") {
    test::Random random(21);
    INFO("seed 21");
    UsualMove fine(1920, 30), coarse(1920, 30);
    double level = 0, known = 0;
    for (int minute = 0; minute < 30'000; ++minute) {
        level += 0.0005 * random.normal();
        fine.push(level);
        if (minute % 30 == 15) known = level;
        coarse.push(known);
    }
    REQUIRE(fine.variance());
    REQUIRE(coarse.variance());
    CHECK(std::sqrt(*fine.variance()) == Approx(0.0005).epsilon(0.03));
    CHECK(std::sqrt(*coarse.variance()) == Approx(0.0005).epsilon(0.15));
}

TEST_CASE("a closed market teaches nothing, and a crash little") {
    UsualMove usual(1920, 30);
    double level = 0;
    for (int minute = 0; minute < 600; ++minute) usual.push(level += minute % 2 ? 0.0004 : -0.0004);
    const double before = *usual.variance();
    CHECK(std::sqrt(before) == Approx(0.0004).epsilon(0.01));  // the first row has no move
    for (int minute = 0; minute < 3000; ++minute) usual.push(level);
    CHECK(*usual.variance() == before);
    for (int minute = 0; minute < 30; ++minute) usual.push(level -= 0.01);
    // As if it had moved by 3.5 times the usual.
    CHECK(*usual.variance() < 2 * before);
    CHECK(*usual.variance() > before);
}

TEST_CASE("there is no usual before half an hour of it") {
    UsualMove usual(1920, 30);
    double level = 0;
    for (int row = 0; row < 29; ++row) {
        usual.push(level += 0.001);
        CHECK_FALSE(usual.variance());
    }
    usual.push(level += 0.001);
    CHECK(*usual.variance() == Approx(29 * 1e-6 / 30));
    UsualMove still(1920, 30);
    for (int row = 0; row < 100; ++row) still.push(1);
    CHECK_FALSE(still.variance());
}
