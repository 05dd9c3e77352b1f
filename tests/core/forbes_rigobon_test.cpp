#include "core/estimators/forbes_rigobon.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/core/reference_case.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::forbes_rigobon;
using core::ForbesRigobon;
using core::SourceWindow;

namespace {

std::optional<double> member(const nlohmann::json& list, std::size_t i) {
    if (!list[i].is_number()) return std::nullopt;
    return list[i].get<double>();
}

/// The result's members by the names of the reference cases.
std::optional<double> named(const ForbesRigobon& result, const std::string& name) {
    if (name == "delta") return result.delta;
    if (name == "rho_adj") return result.rho_adjusted;
    if (name == "z") return result.z;
    if (name == "p") return result.p;
    if (name == "z_unadjusted") return result.z_unadjusted;
    if (name == "p_unadjusted") return result.p_unadjusted;
    FAIL("no member is called " << name);
    return std::nullopt;
}

/// Source with deviation `sigma`, target = slope·source + noise.
SourceWindow constant_slope(test::Random& random, std::size_t rows, double sigma, double slope) {
    std::vector<double> x, y;
    for (std::size_t i = 0; i < rows; ++i) {
        x.push_back(sigma * random.normal());
        y.push_back(slope * x.back() + random.normal());
    }
    return core::source_window(x, y);
}

const SourceWindow calm = {0.3, 1e-6, 240.0};
const SourceWindow stress = {0.6, 8e-6, 30.0};

}  // namespace

TEST_CASE("Forbes-Rigobon meets the reference vectors") {
    const auto cases = test::reference_cases("forbes_rigobon");
    if (cases.empty()) return;
    for (const auto& reference : cases) {
        CAPTURE(reference.name);
        const auto& in = reference.inputs;
        if (in.contains("x_low")) {
            const auto low =
                core::source_window(test::column_of(in["x_low"]), test::column_of(in["y_low"]));
            const auto high =
                core::source_window(test::column_of(in["x_high"]), test::column_of(in["y_high"]));
            const auto result = forbes_rigobon(low, high);
            for (const auto& [name, wanted] : reference.expected.items()) {
                CAPTURE(name);
                const auto value = name == "rho_low"    ? low.rho
                                   : name == "rho_high" ? high.rho
                                                        : named(result, name);
                CHECK(reference.met_by(value, wanted));
            }
            continue;
        }
        for (std::size_t i = 0; i < in["rho_low"].size(); ++i) {
            CAPTURE(i);
            const auto result = forbes_rigobon(
                {member(in["rho_low"], i), member(in["var_low"], i), member(in["n_low"], i)},
                {member(in["rho_high"], i), member(in["var_high"], i), member(in["n_high"], i)});
            for (const auto& [name, wanted] : reference.expected.items()) {
                CAPTURE(name);
                CHECK(reference.met_by(named(result, name), wanted[i]));
            }
        }
    }
    CHECK(cases.size() >= 3);
}

TEST_CASE("a constant slope is interdependence however large the shock, a new slope is contagion") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u, 4u);
    CAPTURE(seed);
    test::Random random(seed);
    const SourceWindow low = constant_slope(random, 4000, 1, 0.4);
    const SourceWindow same = constant_slope(random, 400, 5, 0.4);
    const SourceWindow steeper = constant_slope(random, 400, 5, 1.5);
    const auto interdependence = forbes_rigobon(low, same);
    CHECK(*interdependence.z_unadjusted > 5);
    // Adjusted, the correlation is the calm one again: rho² = b²/(b² + 1) with b = 0.4.
    CHECK(*interdependence.rho_adjusted == Approx(0.4 / std::sqrt(1.16)).margin(0.05));
    CHECK(*interdependence.z < 1.64);
    CHECK(*forbes_rigobon(low, steeper).z > 1.64);
}

TEST_CASE("the adjustment undoes what a constant slope does to a correlation, in closed form") {
    // With slope b, noise 1 and source variance v: rho² = b²v/(b²v + 1).
    for (const double b : {-2.0, -0.3, 0.1, 0.5, 3.0}) {
        for (const double v : {0.25, 1.0, 4.0, 400.0}) {
            CAPTURE(b, v);
            const auto rho = [&](double variance) {
                return b * std::sqrt(variance / (b * b * variance + 1));
            };
            const auto result = forbes_rigobon({rho(1), 1.0, 50.0}, {rho(v), v, 50.0});
            CHECK(*result.rho_adjusted == Approx(rho(1)).epsilon(1e-12));
            CHECK(std::abs(*result.z) < 1e-10);
            CHECK(*result.p == Approx(0.5).epsilon(1e-10));
        }
    }
}

TEST_CASE("the sign of the link mirrors the statistic and units do not matter") {
    const auto result = forbes_rigobon(calm, stress);
    const auto mirrored = forbes_rigobon({-0.3, 1e-6, 240.0}, {-0.6, 8e-6, 30.0});
    CHECK(*mirrored.z == -*result.z);
    CHECK(*mirrored.p + *result.p == Approx(1).epsilon(1e-15));
    const auto scaled = forbes_rigobon({0.3, 1e-6 * 1024, 240.0}, {0.6, 8e-6 * 1024, 30.0});
    CHECK(*scaled.z == *result.z);
}

TEST_CASE("a test that cannot be made is absent, in all four numbers") {
    REQUIRE(forbes_rigobon(calm, stress).z);
    const auto absent = [](SourceWindow low, SourceWindow high) {
        const auto result = forbes_rigobon(low, high);
        return !result.z && !result.p && !result.z_unadjusted && !result.p_unadjusted;
    };
    for (const bool in_low : {true, false}) {
        CAPTURE(in_low);
        const auto with = [&](auto change) {
            SourceWindow low = calm, high = stress;
            change(in_low ? low : high);
            return absent(low, high);
        };
        CHECK(with([](SourceWindow& w) { w.variance = 0.0; }));
        CHECK(with([](SourceWindow& w) { w.variance = -1e-6; }));
        CHECK(with([](SourceWindow& w) { w.variance = std::nan(""); }));
        CHECK(with([](SourceWindow& w) { w.variance = INFINITY; }));
        CHECK(with([](SourceWindow& w) { w.variance.reset(); }));
        CHECK(with([](SourceWindow& w) { w.rho = 1.0; }));
        CHECK(with([](SourceWindow& w) { w.rho = -1.0; }));
        CHECK(with([](SourceWindow& w) { w.rho = 1.5; }));
        CHECK(with([](SourceWindow& w) { w.rho = std::nan(""); }));
        CHECK(with([](SourceWindow& w) { w.rho.reset(); }));
        CHECK(with([](SourceWindow& w) { w.n = 3.0; }));
        CHECK(with([](SourceWindow& w) { w.n = std::nan(""); }));
        CHECK(with([](SourceWindow& w) { w.n.reset(); }));
    }
}

TEST_CASE("a window of returns leaves out rows without both sides and says when it is constant") {
    const double none = std::nan("");
    const std::vector<double> x = {1, none, 2, 3, 5, INFINITY}, y = {2, 7, none, 1, 4, 1};
    const auto window = core::source_window(x, y);
    // Rows (1, 2), (3, 1), (5, 4): means 3 and 7/3, Sxx = 8, Syy = 14/3, Sxy = 4.
    CHECK(*window.n == 3);
    CHECK(*window.variance == Approx(4).epsilon(1e-14));
    CHECK(*window.rho == Approx(4 / std::sqrt(8 * 14.0 / 3)).epsilon(1e-14));

    const std::vector<double> flat(20, 0.1),
        moving = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    CHECK_FALSE(core::source_window(flat, moving).rho);
    CHECK_FALSE(core::source_window(moving, flat).rho);
    CHECK(*core::source_window(flat, moving).variance == 0);
    CHECK_FALSE(core::source_window(std::vector<double>{}, std::vector<double>{}).variance);
}
