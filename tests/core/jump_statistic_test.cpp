#include "core/estimators/jump_statistic.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/core/reference_case.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::JumpRules;
using core::JumpTest;

namespace {

using Bar = std::optional<double>;  // r/f

/// The definition, summed anew for every bar in long double.
std::optional<double> slow_sigma(const std::vector<Bar>& bars, std::size_t i, std::size_t window,
                                 std::size_t min_products) {
    if (i + 1 < window) return std::nullopt;
    long double sum = 0;
    std::size_t count = 0;
    for (std::size_t j = i - window + 2; j < i; ++j) {
        if (!bars[j] || !bars[j - 1]) continue;
        sum += std::abs(static_cast<long double>(*bars[j]) * *bars[j - 1]);
        ++count;
    }
    if (count < min_products || sum == 0) return std::nullopt;
    return static_cast<double>(
        std::sqrt(3.14159265358979323846L / 2 * sum / static_cast<long double>(count)));
}

void push(JumpTest& test, const Bar& bar, double factor = 1) {
    if (bar)
        test.push(*bar * factor, factor);
    else
        test.push_absent();
}

}  // namespace

TEST_CASE("the jump test meets the reference vectors") {
    const auto cases = test::reference_cases("jump_lm");
    if (cases.empty()) return;
    for (const auto& reference : cases) {
        CAPTURE(reference.name);
        JumpTest test({reference.params["K"].get<std::uint32_t>(),
                       reference.params["n_obs"].get<std::uint32_t>()});
        const auto r = test::column_of(reference.inputs["r"]);
        const auto season = test::column_of(reference.inputs["season"]);
        for (std::size_t i = 0; i < r.size(); ++i) {
            test.push(r[i], season[i]);
            CAPTURE(i);
            const auto value = test.value();
            std::optional<double> l, xi, p;
            if (value) {
                l = value->l;
                xi = value->xi;
                p = value->p;
            }
            const auto& wanted = reference.expected;
            REQUIRE(reference.met_by(test.sigma(), wanted["sigma"][i]));
            REQUIRE(reference.met_by(l, wanted["L"][i]));
            if (wanted.contains("xi")) REQUIRE(reference.met_by(xi, wanted["xi"][i]));
            if (wanted.contains("p")) REQUIRE(reference.met_by(p, wanted["p"][i]));
        }
        if (reference.expected.contains("Cn")) {
            CHECK(reference.met_by(test.centre(), reference.expected["Cn"]));
            CHECK(reference.met_by(test.scale(), reference.expected["Sn"]));
        }
    }
    CHECK(cases.size() >= 2);
}

TEST_CASE("the jump test agrees with its definition at every bar, with and without gaps") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const std::uint32_t min_products = GENERATE(0u, 8u);
    CAPTURE(seed, min_products);
    test::Random random(seed);
    const std::uint32_t window = 22;
    JumpTest test({window, 390, min_products});
    std::vector<Bar> bars;
    for (std::size_t i = 0; i < 1500; ++i) {
        Bar bar = 1e-3 * random.normal();
        if (i % 200 == 150) bar = 1e9;  // must leave no trace once it has left
        if (i > 400 && i < 430) bar = 0;
        if (random.uniform() < 0.02) bar.reset();
        bars.push_back(bar);
        push(test, bar);
        CAPTURE(i);
        const auto wanted = slow_sigma(bars, i, window, min_products == 0 ? 20 : min_products);
        REQUIRE(test.sigma().has_value() == wanted.has_value());
        if (wanted) REQUIRE(*test.sigma() == Approx(*wanted).epsilon(1e-13));
        REQUIRE(test.value().has_value() == (wanted && bar));
        if (test.value()) REQUIRE(test.value()->l == Approx(*bar / *wanted).epsilon(1e-13));
    }
}

TEST_CASE("a jump stands out, and neither it nor the bar after it is its own yardstick") {
    test::Random random(31);
    JumpTest test({60, 390});
    double largest = 0;
    for (int i = 0; i < 300; ++i) {
        test.push(5e-4 * random.normal(), 1);
        if (test.value()) largest = std::max(largest, std::abs(test.value()->l));
    }
    CHECK(largest < 5.5);
    const double before = *test.sigma();
    test.push(-0.01, 1);
    CHECK(test.value()->l < -12);
    CHECK(*test.value()->p < 1e-6);
    CHECK(*test.value()->p > 0);
    CHECK(*test.sigma() < 1.5 * before);
}

TEST_CASE("a jump test mirrors, scales and takes the intraday factor out") {
    test::Random random(37);
    JumpTest plain({20, 100}), mirrored({20, 100}), seasonal({20, 100});
    for (int i = 0; i < 200; ++i) {
        const double r = random.normal(), factor = std::exp2(static_cast<double>(i % 3) - 1);
        plain.push(r, 1);
        mirrored.push(-1024 * r, 1);
        seasonal.push(r * factor, factor);
        if (i < 19) continue;
        REQUIRE(mirrored.value()->l == -plain.value()->l);
        REQUIRE(mirrored.value()->p == plain.value()->p);
        REQUIRE(seasonal.value()->l == plain.value()->l);
    }
}

TEST_CASE("p is the chance that the largest of a session's bars is as large") {
    // Gumbel's limit at its centre: xi = 0 is p = 1 - 1/e.
    JumpTest test({3, 390});
    test.push(1, 1);
    test.push(1, 1);
    const double sigma = std::sqrt(M_PI / 2);
    test.push(*test.centre() * sigma, 1);
    CHECK(*test.sigma() == Approx(sigma).epsilon(1e-15));
    CHECK(*test.value()->xi == Approx(0).margin(1e-13));
    CHECK(*test.value()->p == Approx(1 - std::exp(-1)).epsilon(1e-12));
}

TEST_CASE("a jump test without a scale or a usable bar is absent") {
    JumpTest test({5, 390});
    for (int i = 0; i < 4; ++i) {
        test.push(1, 1);
        CHECK_FALSE(test.value());
    }
    test.push(1, 1);
    CHECK(test.value());
    for (const auto& [r, f] : std::vector<std::pair<double, double>>{
             {std::nan(""), 1}, {INFINITY, 1}, {1, 0}, {1, -1}, {1, std::nan("")}, {1, INFINITY}}) {
        CAPTURE(r, f);
        for (int i = 0; i < 5; ++i) test.push(1, 1);
        REQUIRE(test.sigma());
        test.push(r, f);
        CHECK(test.sigma());
        CHECK_FALSE(test.value());
        for (int i = 0; i < 4; ++i) {  // its two products are missing until they have left
            test.push(1, 1);
            CHECK_FALSE(test.value());
        }
        test.push(1, 1);
        CHECK(test.value());
    }
    for (const std::uint32_t window : {0u, 1u, 2u}) {
        JumpTest none({window, 390});
        for (int i = 0; i < 10; ++i) none.push(1, 1);
        CHECK_FALSE(none.sigma());
    }
    JumpTest no_session({3, 1});
    for (int i = 0; i < 3; ++i) no_session.push(1, 1);
    CHECK(no_session.value());
    CHECK_FALSE(no_session.value()->p);
    CHECK_FALSE(no_session.centre());
}
