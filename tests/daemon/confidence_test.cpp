// Intervals against values known from tables.
#include "daemon/confidence.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace contagiond::daemon;

TEST_CASE("Wilson's interval has the published values") {
    // Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    struct Known {
        std::uint64_t k, n;
        double low, high;
    };
    for (const Known& known : {Known{81, 263, 0.2553, 0.3662}, Known{15, 148, 0.0624, 0.1605},
                               Known{0, 20, 0.0, 0.1611}, Known{1, 29, 0.0061, 0.1718}}) {
        const auto interval = wilson_interval(known.k, known.n);
        REQUIRE(interval);
        CHECK(interval->low == Approx(known.low).margin(5e-5));
        CHECK(interval->high == Approx(known.high).margin(5e-5));
    }
    CHECK_FALSE(wilson_interval(0, 0));
    CHECK(wilson_interval(7, 7)->high == 1);
}

TEST_CASE("the exact Poisson interval has the values of the tables") {
    // Garwood (1936): half of the chi-squared quantiles with 2k and 2k + 2 degrees of freedom.
    struct Known {
        std::uint64_t k;
        double low, high;
    };
    for (const Known& known :
         {Known{0, 0, 3.68888}, Known{1, 0.0253178, 5.57164}, Known{5, 1.62349, 11.66833},
          Known{10, 4.79539, 18.39036}, Known{100, 81.36397, 121.62726}}) {
        const auto interval = poisson_interval(known.k, 1);
        REQUIRE(interval);
        INFO(known.k);
        CHECK(interval->low == Approx(known.low).epsilon(1e-5));
        CHECK(interval->high == Approx(known.high).epsilon(1e-5));
    }
    CHECK(poisson_interval(5, 2)->high == Approx(11.66833 / 2).epsilon(1e-5));
    CHECK_FALSE(poisson_interval(3, 0));
    // Far out it is the normal one.
    const auto large = poisson_interval(1'000'000, 1);
    CHECK(large->low == Approx(1e6 - 1.96e3).epsilon(1e-5));
    CHECK(large->high == Approx(1e6 + 1.96e3).epsilon(1e-5));
}
