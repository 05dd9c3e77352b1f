#include "core/estimators/selloff_z.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/core/reference_case.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::SelloffRules;
using core::SelloffZ;

namespace {

using Bar = std::optional<double>;  // r/f

/// Explicit weights over all bars up to i, in long double.
std::optional<double> slow_variance(const std::vector<Bar>& bars, std::size_t i, double span,
                                    std::uint32_t warmup) {
    const long double decay = 1 - 2 / (static_cast<long double>(span) + 1);
    long double sum = 0, weights = 0, weight = 1;
    std::uint32_t count = 0;
    for (std::size_t j = i + 1; j-- > 0;) {
        if (!bars[j]) continue;
        sum += weight * *bars[j] * *bars[j];
        weights += weight;
        weight *= decay;
        ++count;
    }
    if (count < warmup) return std::nullopt;
    return static_cast<double>(sum / weights);
}

std::optional<double> slow_z(const std::vector<Bar>& bars, std::size_t i,
                             const SelloffRules& rules) {
    if (i < rules.horizon) return std::nullopt;
    const auto variance = slow_variance(bars, i - rules.horizon, rules.span, rules.warmup);
    if (!variance || *variance == 0) return std::nullopt;
    long double sum = 0;
    for (std::size_t j = i + 1 - rules.horizon; j <= i; ++j) {
        if (!bars[j]) return std::nullopt;
        sum += *bars[j];
    }
    return static_cast<double>(sum /
                               std::sqrt(static_cast<long double>(rules.horizon) * *variance));
}

}  // namespace

TEST_CASE("the selloff z-score meets the reference vectors") {
    const auto cases = test::reference_cases("selloff_z");
    if (cases.empty()) return;
    for (const auto& reference : cases) {
        CAPTURE(reference.name);
        SelloffZ selloff({reference.params["h"].get<std::uint32_t>(),
                          reference.params["span"].get<double>(),
                          reference.params["warmup"].get<std::uint32_t>()});
        const auto r = test::column_of(reference.inputs["r"]);
        const auto season = test::column_of(reference.inputs["season"]);
        for (std::size_t i = 0; i < r.size(); ++i) {
            selloff.push(r[i], season[i]);
            CAPTURE(i);
            REQUIRE(reference.met_by(selloff.value(), reference.expected["z"][i]));
            // Squared returns are far below the absolute tolerance: the relative one must hold.
            REQUIRE(*selloff.variance() ==
                    Approx(reference.expected["sigma2"][i].get<double>()).epsilon(1e-9));
        }
    }
    CHECK(cases.size() >= 1);
}

TEST_CASE("the selloff z-score agrees with explicit weights, with and without gaps") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const std::uint32_t horizon = GENERATE(1u, 2u, 15u);
    CAPTURE(seed, horizon);
    test::Random random(seed);
    const SelloffRules rules = {horizon, 40, 30};
    SelloffZ selloff(rules);
    std::vector<Bar> bars;
    std::size_t answers = 0;
    for (std::size_t i = 0; i < 600; ++i) {
        Bar bar = 1e-3 * random.normal();
        if (i == 200) bar = 0.5;
        if (random.uniform() < 0.03) bar.reset();
        bars.push_back(bar);
        if (bar)
            selloff.push(2 * *bar, 2);
        else
            selloff.push_absent();
        CAPTURE(i);
        const auto wanted = slow_z(bars, i, rules);
        REQUIRE(selloff.value().has_value() == wanted.has_value());
        // The sum of a few hundredths carries the rounding of its largest member.
        if (wanted) REQUIRE(*selloff.value() == Approx(*wanted).epsilon(1e-11).margin(1e-11));
        answers += wanted.has_value();
    }
    CHECK(answers > 200);
}

TEST_CASE("a fall is negative and does not widen its own yardstick") {
    test::Random random(41);
    SelloffZ selloff({15, 120, 60}), mirrored({15, 120, 60});
    for (int i = 0; i < 300; ++i) {
        const double r = 1e-3 * random.normal();
        selloff.push(r, 1);
        mirrored.push(-1024 * r, 1);
        if (i >= 74) REQUIRE(*mirrored.value() == -*selloff.value());
        if (i < 74) REQUIRE_FALSE(selloff.value());
    }
    const double calm = std::sqrt(*selloff.variance());
    for (int i = 0; i < 15; ++i) selloff.push(-0.005, 1);
    CHECK(*selloff.value() == Approx(-0.075 / (calm * std::sqrt(15.0))).epsilon(1e-12));
    CHECK(*selloff.variance() > 2 * calm * calm);
}

TEST_CASE("a selloff z-score without a scale or with a hole in its window is absent") {
    const SelloffRules rules = {3, 10, 5};
    SelloffZ flat(rules);
    CHECK_FALSE(flat.variance());
    for (int i = 0; i < 30; ++i) {
        flat.push(0, 1);
        CHECK_FALSE(flat.value());
    }
    CHECK(*flat.variance() == 0);

    SelloffZ selloff(rules);
    for (int i = 0; i < 7; ++i) {
        selloff.push(1, 1);
        CHECK_FALSE(selloff.value());  // 5 bars of warm-up, then 3 of the move
    }
    selloff.push(1, 1);
    CHECK(*selloff.value() == Approx(std::sqrt(3.0)).epsilon(1e-15));
    for (const auto& [r, f] : std::vector<std::pair<double, double>>{
             {std::nan(""), 1}, {-INFINITY, 1}, {1e200, 1}, {1, 0}, {1, -2}, {1, std::nan("")}}) {
        CAPTURE(r, f);
        const double variance = *selloff.variance();
        selloff.push(r, f);
        CHECK(*selloff.variance() == variance);
        CHECK_FALSE(selloff.value());
        selloff.push(1, 1);
        selloff.push(1, 1);
        CHECK_FALSE(selloff.value());
        selloff.push(1, 1);
        CHECK(*selloff.value() == Approx(std::sqrt(3.0)).epsilon(1e-15));
    }
}
