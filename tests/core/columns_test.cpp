#include "core/estimators/columns.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "tests/support/random.hpp"

using namespace contagiond;

TEST_CASE("a centred column sums to nothing, whatever its level") {
    test::Random random(1);
    for (const double level : {0.0, 1.0, 1e5, -1e12}) {
        CAPTURE(level);
        std::vector<double> column;
        for (int i = 0; i < 1000; ++i) column.push_back(level + random.normal());
        const std::vector<double> before = column;
        const double mean = core::centre(column);
        CHECK(mean == Approx(level).margin(0.2));
        CHECK(std::abs(std::accumulate(column.begin(), column.end(), 0.0)) < 1e-12);
        for (std::size_t i = 0; i < column.size(); ++i)
            REQUIRE(column[i] + mean == Approx(before[i]).margin(4e-16 * std::abs(level) + 1e-14));
    }
    // The first value is no guide to the level here: one mean leaves its own rounding behind.
    std::vector<double> odd = {0};
    for (int i = 0; i < 10'000; ++i) odd.push_back(1e8 + random.normal());
    core::centre(odd);
    double sizes = 0;
    for (const double v : odd) sizes += std::abs(v);
    CHECK(std::abs(std::accumulate(odd.begin(), odd.end(), 0.0)) < 2e-13 * sizes);
    std::vector<double> none;
    CHECK(core::centre(none) == 0);
}

TEST_CASE("what a basis leaves of a column is orthogonal to it, even when little is left") {
    test::Random random(2);
    const std::size_t rows = 200;
    core::OrthogonalBasis basis(rows, 6);
    std::vector<std::vector<double>> kept;
    std::vector<double> column(rows);
    for (int k = 0; k < 6; ++k) {
        // Each column is the sum of those before it and a millionth of something new.
        for (double& v : column) v = 1e-6 * random.normal();
        for (const auto& earlier : kept)
            for (std::size_t i = 0; i < rows; ++i) column[i] += earlier[i];
        if (k == 0)
            for (double& v : column) v *= 1e6;
        const std::vector<double> whole = column;
        const auto shares = basis.remove_from(column);
        REQUIRE(shares.size() == kept.size());
        const double length = std::sqrt(core::dot(column, column));
        for (std::size_t j = 0; j < kept.size(); ++j) {
            CAPTURE(k, j);
            REQUIRE(std::abs(core::dot(column, kept[j])) < 1e-13 * length);
        }
        for (std::size_t i = 0; i < rows; ++i) {
            double sum = column[i];
            for (std::size_t j = 0; j < kept.size(); ++j) sum += shares[j] * kept[j][i];
            REQUIRE(sum == Approx(whole[i]).margin(1e-12));
        }
        CHECK(basis.add(column) == Approx(length).epsilon(1e-14));
        kept.push_back(column);
        for (double& v : kept.back()) v /= length;
    }
}

TEST_CASE("moments of a pair are those of copied, centred columns, digit for digit") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const double level = GENERATE(0.0, 1e5);
    CAPTURE(seed, level);
    test::Random random(seed);
    std::vector<double> x, y, kept_x, kept_y;
    for (int i = 0; i < 300; ++i) {
        x.push_back(random.uniform() < 0.1 ? std::nan("") : level + random.normal());
        y.push_back(random.uniform() < 0.1 ? INFINITY : level - random.normal());
        if (!std::isfinite(x.back()) || !std::isfinite(y.back())) continue;
        kept_x.push_back(x.back());
        kept_y.push_back(y.back());
    }
    x.push_back(1);  // without a partner
    const core::PairMoments moments = core::pair_moments(x, y);
    core::centre(kept_x);
    core::centre(kept_y);
    CHECK(moments.n == kept_x.size());
    CHECK(moments.sxx == core::dot(kept_x, kept_x));
    CHECK(moments.syy == core::dot(kept_y, kept_y));
    CHECK(moments.sxy == core::dot(kept_x, kept_y));
    CHECK_FALSE(moments.constant_x);
    CHECK(*moments.correlation() ==
          moments.sxy / (std::sqrt(moments.sxx) * std::sqrt(moments.syy)));
}

TEST_CASE("a cleared basis explains nothing") {
    core::OrthogonalBasis basis(8, 2);
    basis.add(std::vector<double>{3, 0, 4});
    basis.clear();
    std::vector<double> column = {1, 2};
    CHECK(basis.remove_from(column).empty());
    CHECK(column == std::vector<double>{1, 2});
    CHECK(basis.add(std::vector<double>{0, 2}) == 2);
    CHECK(basis.remove_from(column)[0] == 2);
    CHECK(column == std::vector<double>{1, 0});
}

TEST_CASE("constancy is judged by value and a constant side has no correlation") {
    const std::vector<double> flat(30, 0.1), none, one = {2}, two = {1, 2};
    CHECK(core::is_constant(flat));
    CHECK(core::is_constant(none));
    CHECK(core::is_constant(one));
    CHECK_FALSE(core::is_constant(two));
    const auto correlation = [](const auto& x, const auto& y) {
        return core::pair_moments(x, y).correlation();
    };
    CHECK_FALSE(correlation(none, none));
    CHECK_FALSE(correlation(one, one));
    CHECK_FALSE(correlation(flat, flat));
    CHECK(*correlation(two, two) == Approx(1));
}
