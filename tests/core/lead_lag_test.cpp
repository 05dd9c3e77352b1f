#include "core/estimators/lead_lag.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/core/tick_twins.hpp"
#include "tests/support/shared_data.hpp"

using namespace contagiond;
using core::DurationNs;
using core::LeadLag;
using core::TimeNs;
using test::Ticks;

namespace {

std::vector<DurationNs> symmetric_grid(DurationNs step, DurationNs last) {
    std::vector<DurationNs> lags;
    for (DurationNs lag = -last; lag <= last; lag += step) lags.push_back(lag);
    return lags;
}

std::vector<std::optional<double>> copied(const core::LeadLagValue& value) {
    return {value.rho.begin(), value.rho.end()};
}

/// Synchronous ticks with these log returns, a second apart.
Ticks path(std::initializer_list<double> returns) {
    Ticks ticks;
    ticks.add(0, 100);
    for (const double r : returns)
        ticks.add(ticks.ts.back() + core::ns_per_s, ticks.price.back() * std::exp(r));
    return ticks;
}

}  // namespace

TEST_CASE("lead-lag meets the reference vectors") {
    if (!test::have_shared("method/vectors/lead_lag")) return;
    std::size_t cases = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(test::shared_path("method/vectors/lead_lag"))) {
        const auto vector = nlohmann::json::parse(std::ifstream(entry.path()));
        CAPTURE(entry.path().filename().string());
        const auto& expected = vector["expected"];
        const auto& tolerance = vector["tolerance"];
        const Ticks x = test::ticks_of(vector["inputs"], "x");
        const Ticks y = test::ticks_of(vector["inputs"], "y");
        const auto lags = vector["params"]["lags_ns"].get<std::vector<DurationNs>>();
        LeadLag lead_lag(lags, std::max(x.size(), y.size()));
        const auto value = lead_lag.measure(x.span(), y.span());
        REQUIRE(value.rho.size() == expected["rho"].size());
        for (std::size_t k = 0; k < value.rho.size(); ++k) {
            CAPTURE(k);
            CHECK(test::meets(value.rho[k], expected["rho"][k], tolerance));
        }
        CHECK(test::meets(value.llr, expected["llr"], tolerance));
        REQUIRE(value.theta.has_value() == expected["theta_ns"].is_number());
        if (value.theta) CHECK(*value.theta == expected["theta_ns"].get<DurationNs>());
        ++cases;
    }
    CHECK(cases >= 4);
}

TEST_CASE(
    "lead-lag agrees with all pairs of intervals at every lag, and uses its workspace again") {
    // Grids that fill the four lanes, and grids that do not.
    const DurationNs last = GENERATE(0, 1, 2, 7, 40, 400);
    const auto lags = symmetric_grid(1, last);
    LeadLag lead_lag(lags, 1000);
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        CAPTURE(seed, last);
        test::Random random(seed);
        const auto pair = test::random_pair(random, 250, true);
        const Ticks x = test::cleaned(pair.x), y = test::cleaned(pair.y);
        const auto value = lead_lag.measure(pair.x.span(), pair.y.span());
        for (std::size_t k = 0; k < lags.size(); ++k) {
            const auto slow = test::slow_hayashi_yoshida(x, y, lags[k]);
            REQUIRE(value.rho[k].has_value() == slow.rho().has_value());
            REQUIRE(std::abs(*value.rho[k] - *slow.rho()) < 1e-13);
        }
        CHECK(value.dropped_x.total() > 0);
        CHECK(value.left_out_x == 0);
    }
}

TEST_CASE("exchanging the two series turns lead-lag around") {
    test::Random random(3);
    const auto pair = test::random_pair(random, 1500, true);
    const auto lags = symmetric_grid(2, 30);
    LeadLag lead_lag(lags, 4000);
    const auto xy = lead_lag.measure(pair.x.span(), pair.y.span());
    const auto rho_xy = copied(xy);
    const auto yx = lead_lag.measure(pair.y.span(), pair.x.span());
    auto rho_yx = copied(yx);
    std::reverse(rho_yx.begin(), rho_yx.end());
    CHECK(rho_xy == rho_yx);
    CHECK(*xy.theta == -*yx.theta);
    CHECK(*xy.llr == Approx(1 / *yx.llr).epsilon(1e-12));
}

TEST_CASE(
    "lead-lag does not care about the unit of a price nor about a common shift of the clocks") {
    test::Random random(4);
    auto pair = test::random_pair(random, 800, false);
    LeadLag lead_lag(symmetric_grid(3, 30), 2000);
    const auto before = copied(lead_lag.measure(pair.x.span(), pair.y.span()));
    for (double& price : pair.x.price) price /= 1024;
    for (Ticks* ticks : {&pair.x, &pair.y})
        for (TimeNs& ts : ticks->ts) ts -= 1'000'000'007;
    CHECK(before == copied(lead_lag.measure(pair.x.span(), pair.y.span())));
}

TEST_CASE("the leader and its lead are found on stamps that never coincide") {
    const DurationNs lead = GENERATE(-300, 0, 300);
    test::Random random(77);
    Ticks x, y;
    double level = 0;
    std::vector<double> levels;
    for (int t = 0; t < 20'000; ++t) levels.push_back(level += 1e-5 * random.normal());
    for (TimeNs t = 0; t < 20'000; t += 1 + static_cast<TimeNs>(random.below(20)))
        x.add(t * 10, 100 * std::exp(levels[static_cast<std::size_t>(t)]));
    for (TimeNs t = 0; t < 20'000; t += 1 + static_cast<TimeNs>(random.below(30)))
        y.add(t * 10 + 5 + lead * 10, 2000 * std::exp(levels[static_cast<std::size_t>(t)]));
    LeadLag lead_lag(symmetric_grid(500, 10'000), 30'000);
    const auto value = lead_lag.measure(x.span(), y.span());
    CHECK(*value.theta == lead * 10);
    if (lead > 0) CHECK(*value.llr > 1.5);
    if (lead < 0) CHECK(*value.llr < 1 / 1.5);
}

TEST_CASE("the contrast of lead-lag is infinite or absent where a half of the grid is silent") {
    const std::array<DurationNs, 3> lags{-core::ns_per_s, 0, core::ns_per_s};
    LeadLag lead_lag(lags, 10);
    const auto x_first = lead_lag.measure(path({0.1, 0, 0}).span(), path({0, 0.1, 0}).span());
    CHECK(*x_first.theta == core::ns_per_s);
    CHECK(std::isinf(*x_first.llr));
    const auto y_first = lead_lag.measure(path({0, 0.1, 0}).span(), path({0.1, 0, 0}).span());
    CHECK(*y_first.theta == -core::ns_per_s);
    CHECK(*y_first.llr == 0);
    const auto together = lead_lag.measure(path({0, 0.1, 0}).span(), path({0, 0.1, 0}).span());
    CHECK(*together.theta == 0);
    CHECK(*together.rho[0] == 0);
    CHECK_FALSE(together.llr);
    // Nothing at any lag: the rule of ties leaves the smallest.
    const auto apart = lead_lag.measure(path({0.1, 0, 0, 0}).span(), path({0, 0, 0, 0.1}).span());
    CHECK(*apart.theta == 0);
    CHECK_FALSE(apart.llr);

    for (const Ticks& silent : {Ticks{}, path({}), path({0, 0, 0})}) {
        const auto none = lead_lag.measure(silent.span(), path({0.1, 0.2}).span());
        CHECK(none.rho.size() == 3);
        CHECK(none.rho[1] == std::nullopt);
        CHECK_FALSE(none.theta);
        CHECK_FALSE(none.llr);
        CHECK_FALSE(lead_lag.measure(path({0.1, 0.2}).span(), silent.span()).theta);
    }
    LeadLag no_lags({}, 10);
    CHECK_FALSE(no_lags.measure(path({0.1}).span(), path({0.1}).span()).theta);
}

TEST_CASE("of equal correlations the smaller lag wins, then the positive one") {
    // Written in an order of its own: the rule is about lags, not about places.
    const std::array<DurationNs, 4> lags{-2 * core::ns_per_s, -core::ns_per_s, 2 * core::ns_per_s,
                                         core::ns_per_s};
    LeadLag lead_lag(lags, 10);
    const Ticks x = path({0, 0, 0.125, 0, 0});
    Ticks y;  // equal returns one and two seconds before and after that of x
    for (const double price : {64.0, 96.0, 144.0, 144.0, 216.0, 324.0})
        y.add(static_cast<TimeNs>(y.size()) * core::ns_per_s, price);
    const auto value = lead_lag.measure(x.span(), y.span());
    for (const auto& rho : value.rho) REQUIRE(*rho == *value.rho[0]);
    CHECK(*value.theta == core::ns_per_s);
    CHECK(*value.llr == 1);
}

TEST_CASE("a workspace too small keeps the newest ticks and says how many it left out") {
    test::Random random(6);
    const auto pair = test::random_pair(random, 1000, false);
    LeadLag small(symmetric_grid(5, 20), 100), large(symmetric_grid(5, 20), 1000);
    const auto value = small.measure(pair.x.span(), pair.y.span());
    CHECK(value.left_out_x == pair.x.size() - 100);
    CHECK(value.left_out_y == pair.y.size() - 100);
    const auto newest = [](const Ticks& ticks) {
        return core::TickSpan{std::span(ticks.ts).last(100), std::span(ticks.price).last(100)};
    };
    CHECK(copied(value) == copied(large.measure(newest(pair.x), newest(pair.y))));
}

TEST_CASE("lags and stamps at the ends of their type do no harm") {
    constexpr TimeNs least = std::numeric_limits<TimeNs>::min();
    constexpr TimeNs most = std::numeric_limits<TimeNs>::max();
    const std::array<DurationNs, 3> lags{least, 0, most};
    LeadLag lead_lag(lags, 10);
    Ticks x = path({0.1, 0.2}), y = path({0.2, 0.1});
    x.ts[2] = most;
    y.ts[0] = least;
    const auto value = lead_lag.measure(x.span(), y.span());
    // Shifted to the beginning of time, both returns of x fall into the first interval of y.
    CHECK(*value.theta == least);
    CHECK(*value.rho[0] == Approx(0.3 * 0.2 / 0.05));
    CHECK(*value.rho[1] == Approx(0.2 * 0.2 / 0.05));
    CHECK(*value.rho[2] == 0);
}

TEST_CASE("the default grid of lags is symmetric") {
    const auto grid = core::lead_lag_default_grid();
    REQUIRE(grid.size() == 25);
    for (std::size_t k = 0; k < grid.size(); ++k) CHECK(grid[k] == -grid[grid.size() - 1 - k]);
    CHECK(grid[13] == 50 * core::ns_per_ms);
    CHECK(grid[24] == 120 * core::ns_per_s);
    CHECK(std::is_sorted(grid.begin(), grid.end()));
}
