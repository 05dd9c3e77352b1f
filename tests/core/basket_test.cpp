#include "core/estimators/basket.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/core/vector_file.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::Basket;
using Returns = std::vector<std::optional<double>>;

namespace {

/// The slow, obvious twin: everything again from the first row.
struct Twin {
    std::vector<double> weights;
    double min_coverage;
    std::size_t window;
    std::vector<double> index;
    long double level = 1;

    std::optional<double> push(const Returns& returns) {
        long double alive = 0, all = 0, sum = 0;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            all += weights[i];
            if (!returns[i]) continue;
            alive += weights[i];
            sum += weights[i] * *returns[i];
        }
        std::optional<double> result;
        if (alive > 0 && alive >= min_coverage * all - 1e-12L) {
            result = static_cast<double>(sum / alive);
            level *= std::exp(sum / alive);
        }
        index.push_back(static_cast<double>(level));
        return result;
    }
    double drawdown() const {
        const auto rows = static_cast<std::ptrdiff_t>(std::min(window, index.size()));
        return index.back() / *std::max_element(index.end() - rows, index.end()) - 1;
    }
};

}  // namespace

TEST_CASE("basket agrees with the plain sums at every row") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const std::uint32_t window = GENERATE(1u, 7u, 30u);
    CAPTURE(seed, window);
    test::Random random(seed);
    Twin twin{{3, 2, 2, 1.5, 0}, 0.6, window, {}, 1};
    Basket basket(twin.weights, {0.6, window});
    CHECK(basket.index() == 1);
    CHECK(basket.drawdown() == 0);
    std::size_t absent = 0;
    for (int i = 0; i < 1000; ++i) {
        Returns returns(5);
        for (auto& r : returns)
            if (random.uniform() < 0.75) r = 0.01 * random.normal();
        basket.push(returns);
        const auto expected = twin.push(returns);
        CAPTURE(i);
        REQUIRE(basket.log_return().has_value() == expected.has_value());
        if (expected)
            REQUIRE(*basket.log_return() == Approx(*expected).epsilon(1e-12).margin(1e-17));
        else
            ++absent;
        REQUIRE(basket.index() == Approx(twin.index.back()).epsilon(1e-12));
        REQUIRE(basket.drawdown() == Approx(twin.drawdown()).margin(1e-12));
    }
    CHECK(absent > 50);
}

TEST_CASE("coverage on the bound counts, below it the index stands still") {
    const std::array<double, 5> weights = {0.4, 0.2, 0.2, 0.1, 0.1};
    Basket basket(weights, {0.6, 10});
    basket.push(Returns{0.01, 0.01, {}, {}, {}});
    CHECK(*basket.log_return() == Approx(0.01));
    basket.push(Returns{{}, 0.01, 0.01, 0.01, 0.01});
    CHECK(*basket.log_return() == Approx(0.01));
    const double before = basket.index();
    basket.push(Returns{0.5, {}, {}, 0.5, NAN});
    CHECK_FALSE(basket.log_return());
    CHECK(basket.coverage() == Approx(0.5));
    CHECK(basket.index() == before);
    CHECK(basket.drawdown() == 0);
    basket.push(Returns{{}, {}, {}, {}, {}});
    CHECK(basket.coverage() == 0);
    Basket lax(weights, {0, 10});
    lax.push(Returns{{}, {}, {}, {}, {}});
    CHECK_FALSE(lax.log_return());
}

TEST_CASE("a basket knows neither the order of its legs nor the size of its weights") {
    test::Random random(8);
    const std::array<double, 3> weights = {4, 2, 1}, turned = {1, 4, 2}, doubled = {8, 4, 2};
    Basket a(weights, {0.5, 20}), b(turned, {0.5, 20}), c(doubled, {0.5, 20});
    for (int i = 0; i < 300; ++i) {
        Returns r(3);
        for (auto& leg : r)
            if (random.uniform() < 0.7) leg = 0.01 * random.normal();
        a.push(r);
        b.push(Returns{r[2], r[0], r[1]});
        c.push(r);
        REQUIRE(a.log_return().has_value() == b.log_return().has_value());
        if (a.log_return())
            REQUIRE(*a.log_return() == Approx(*b.log_return()).epsilon(1e-13).margin(1e-17));
        REQUIRE(a.log_return() == c.log_return());
        REQUIRE(a.drawdown() == c.drawdown());
    }
}

TEST_CASE("basket meets the reference vectors") {
    const std::string path = "method/vectors/basket/weighted_with_stale.json";
    if (!test::have_shared(path)) return;
    const auto vector = test::read_vector(path);
    const auto weights = vector["params"]["weights"].get<std::vector<double>>();
    Basket basket(weights, {vector["params"]["min_coverage"], vector["params"]["dd_window"]});
    const auto& legs = vector["inputs"]["r"];
    for (std::size_t row = 0; row < legs[0].size(); ++row) {
        Returns r;
        for (const auto& leg : legs) r.push_back(test::maybe_number(leg[row]));
        basket.push(r);
        CAPTURE(row);
        const auto& expected = vector["expected"];
        REQUIRE(test::meets(basket.log_return(), expected["ret"][row], vector["tolerance"]));
        REQUIRE(test::meets(basket.index(), expected["index"][row], vector["tolerance"]));
        REQUIRE(test::meets(basket.drawdown(), expected["drawdown"][row], vector["tolerance"]));
    }
}
