#include "core/estimators/window_sum.hpp"

#include <catch2/catch.hpp>

#include "tests/support/random.hpp"

using namespace contagiond;

TEST_CASE("a window sum is the sum of its rows and forgets completely") {
    test::Random random(43);
    for (const std::uint32_t window : {1u, 2u, 7u, 64u}) {
        CAPTURE(window);
        core::WindowSum sum(window);
        std::vector<std::optional<double>> rows;
        for (std::size_t i = 0; i < 500; ++i) {
            std::optional<double> value =
                static_cast<double>(random.below(1000));  // whole: every order sums alike
            if (random.uniform() < 0.2) value.reset();
            if (random.uniform() < 0.05) value = 0x1.0p60;
            rows.push_back(value);
            sum.push(value);
            double wanted = 0;
            std::uint32_t count = 0;
            bool huge = false;
            for (std::size_t j = i + 1 > window ? i + 1 - window : 0; j <= i; ++j) {
                if (!rows[j]) continue;
                wanted += *rows[j];
                ++count;
                huge = huge || *rows[j] > 1000;
            }
            REQUIRE(sum.count() == count);
            if (!huge) REQUIRE(sum.sum() == wanted);
            if (huge) REQUIRE(sum.sum() == Approx(wanted));
        }
    }
}
