#include "core/estimators/tick_grid.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/core/tick_twins.hpp"
#include "tests/support/shared_data.hpp"

using namespace contagiond;
using core::DurationNs;
using core::TickVerdict;
using core::TimeNs;
using test::Ticks;

namespace {

/// The last price with a stamp not after t.
std::optional<double> slow_previous_tick(const Ticks& clean, TimeNs t, DurationNs staleness_max) {
    std::optional<double> price;
    for (std::size_t k = 0; k < clean.size(); ++k) {
        if (clean.ts[k] > t) continue;
        price.reset();
        if (t - clean.ts[k] <= staleness_max) price = clean.price[k];
    }
    return price;
}

/// Every stamp there is, in turn: has every series a tick in (last refresh time, stamp]?
core::RefreshRows slow_refresh_times(const std::vector<Ticks>& clean) {
    std::set<TimeNs> stamps;
    for (const Ticks& ticks : clean) stamps.insert(ticks.ts.begin(), ticks.ts.end());
    core::RefreshRows rows;
    rows.prices.resize(clean.size());
    for (const TimeNs t : stamps) {
        const bool all = std::all_of(clean.begin(), clean.end(), [&](const Ticks& ticks) {
            return std::any_of(ticks.ts.begin(), ticks.ts.end(), [&](TimeNs ts) {
                return ts <= t && (rows.ts.empty() || ts > rows.ts.back());
            });
        });
        if (!all) continue;
        rows.ts.push_back(t);
        for (std::size_t k = 0; k < clean.size(); ++k)
            rows.prices[k].push_back(
                *slow_previous_tick(clean[k], t, std::numeric_limits<DurationNs>::max()));
    }
    return rows;
}

}  // namespace

TEST_CASE("grids of ticks meet the reference vectors") {
    if (!test::have_shared("method/vectors/grid")) return;
    std::size_t cases = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(test::shared_path("method/vectors/grid"))) {
        const auto vector = nlohmann::json::parse(std::ifstream(entry.path()));
        CAPTURE(entry.path().filename().string());
        const auto &params = vector["params"], &expected = vector["expected"];
        const Ticks x = test::ticks_of(vector["inputs"], "x");
        const Ticks y = test::ticks_of(vector["inputs"], "y");
        const std::array series{x.span(), y.span()};
        const std::array names{"x", "y"};
        if (params.contains("step_ns")) {
            const auto grid = core::span_grid(series, params["step_ns"].get<DurationNs>());
            REQUIRE(grid == expected["grid_ts"].get<std::vector<TimeNs>>());
            for (std::size_t k = 0; k < 2; ++k) {
                std::vector<std::optional<double>> values(grid.size());
                core::sample_previous_tick(series[k], grid,
                                           params["max_staleness_ns"].get<DurationNs>(), values);
                for (std::size_t i = 0; i < grid.size(); ++i)
                    REQUIRE(values[i] == test::number_or_null(expected[names[k]][i]));
            }
        } else {
            const auto rows = core::refresh_times(series);
            CHECK(rows.ts == expected["ts"].get<std::vector<TimeNs>>());
            CHECK(rows.prices[0] == expected["x"].get<std::vector<double>>());
            CHECK(rows.prices[1] == expected["y"].get<std::vector<double>>());
        }
        ++cases;
    }
    CHECK(cases >= 2);
}

TEST_CASE("the previous tick is the one a search finds, on a grid that spans the ticks") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    test::Random random(seed);
    const auto pair = test::random_pair(random, 400, true);
    const std::array series{pair.x.span(), pair.y.span()};
    const Ticks x = test::cleaned(pair.x), y = test::cleaned(pair.y);
    const auto grid = core::span_grid(series, 3);
    CHECK(grid.front() <= std::min(x.ts.front(), y.ts.front()));
    CHECK(grid.front() > std::min(x.ts.front(), y.ts.front()) - 3);
    CHECK(grid.back() <= std::max(x.ts.back(), y.ts.back()));
    CHECK(grid.back() > std::max(x.ts.back(), y.ts.back()) - 3);
    std::vector<std::optional<double>> values(grid.size());
    for (const DurationNs staleness_max : {0, 2, 5, 1000}) {
        const auto dropped = core::sample_previous_tick(pair.x.span(), grid, staleness_max, values);
        CHECK(dropped.total() > 0);
        for (std::size_t i = 0; i < grid.size(); ++i) {
            REQUIRE(grid[i] % 3 == 0);
            REQUIRE(values[i] == slow_previous_tick(x, grid[i], staleness_max));
        }
    }
}

TEST_CASE("a previous tick is exactly as old as it may be, and never from the future") {
    core::PreviousTick sampler(10);
    CHECK_FALSE(sampler.at(100));
    CHECK(sampler.tick(100, 5) == TickVerdict::next);
    CHECK(sampler.tick(100, 6) == TickVerdict::replaces);
    CHECK(sampler.tick(99, 7) == TickVerdict::late);
    CHECK(sampler.tick(105, -7) == TickVerdict::bad_price);
    CHECK_FALSE(sampler.at(99));
    CHECK(*sampler.at(100) == 6);
    CHECK(*sampler.at(110) == 6);
    CHECK_FALSE(sampler.at(111));
    CHECK_FALSE(sampler.at(std::numeric_limits<TimeNs>::max()));
    CHECK(sampler.dropped() == core::DroppedTicks{.late = 1, .bad_price = 1});
}

TEST_CASE(
    "a grid of impossible steps or without ticks is empty, and one before 1970 is on its step") {
    const Ticks none, some = [] {
        Ticks ticks;
        ticks.add(-7, 1);
        ticks.add(6, 1);
        return ticks;
    }();
    CHECK(core::span_grid(std::array{none.span()}, 5).empty());
    CHECK(core::span_grid(std::array{some.span()}, 0).empty());
    CHECK(core::span_grid(std::array{some.span()}, 5) == std::vector<TimeNs>{-10, -5, 0, 5});
}

TEST_CASE(
    "refresh times are those a search over all stamps finds, for any number and order of series") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    test::Random random(seed);
    const auto one = test::random_pair(random, 300, true);
    const auto two = test::random_pair(random, 300, true);
    const std::vector<Ticks> raw{one.x, one.y, two.y};
    std::vector<Ticks> clean;
    std::vector<core::TickSpan> series;
    for (const Ticks& ticks : raw) {
        clean.push_back(test::cleaned(ticks));
        series.push_back(ticks.span());
    }
    for (std::size_t count = 1; count <= raw.size(); ++count) {
        CAPTURE(count);
        const auto fast = core::refresh_times(std::span(series).first(count));
        const auto slow = slow_refresh_times({clean.begin(), clean.begin() + long(count)});
        CHECK(fast.ts.size() > 20);
        CHECK(fast.ts == slow.ts);
        CHECK(fast.prices == slow.prices);
        CHECK(fast.dropped[0].total() > 0);
    }
    auto backwards = series;
    std::reverse(backwards.begin(), backwards.end());
    auto rows = core::refresh_times(backwards);
    std::reverse(rows.prices.begin(), rows.prices.end());
    CHECK(rows.ts == core::refresh_times(series).ts);
    CHECK(rows.prices == core::refresh_times(series).prices);
}

TEST_CASE(
    "a refresh time waits for the last price of its stamp, and for a silent series for ever") {
    core::RefreshTime refresh(2);
    CHECK_FALSE(refresh.tick(0, 1, 10).row);
    CHECK_FALSE(refresh.tick(1, 2, 20).row);
    CHECK_FALSE(refresh.tick(1, 2, 21).row);
    CHECK(refresh.tick(0, 3, 11).row);
    CHECK(refresh.ts() == 2);
    CHECK(refresh.prices()[0] == 10);
    CHECK(refresh.prices()[1] == 21);
    CHECK(refresh.tick(1, 2, 22).verdict == TickVerdict::behind);
    CHECK(refresh.dropped(1).behind == 1);
    for (TimeNs t = 4; t < 20; ++t) CHECK_FALSE(refresh.tick(0, t, 12).row);
    CHECK_FALSE(refresh.finish());
    CHECK_FALSE(refresh.tick(1, 20, 23).row);
    CHECK(refresh.finish());
    CHECK(refresh.ts() == 20);
    CHECK(refresh.prices()[0] == 12);
    CHECK(core::refresh_times({}).ts.empty());
}
