#include "core/estimators/correlation_lanes.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "core/estimators/rolling_correlation.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::CorrelationLanes;
using core::LaneWidth;
using core::RollingCorrelation;

namespace {

constexpr double absent = std::numeric_limits<double>::quiet_NaN();

/// One RollingCorrelation a pair and window: what every lane must equal to the bit.
class Twins {
  public:
    Twins(const std::vector<CorrelationLanes::Pair>& pairs,
          const std::vector<CorrelationLanes::Window>& windows)
        : pairs_(pairs), windows_(windows.size()) {
        for (std::size_t p = 0; p < pairs.size(); ++p)
            for (const auto& window : windows) twins_.emplace_back(window.rows, window.rows_min);
    }
    void push(const std::vector<double>& row) {
        for (std::size_t i = 0; i < twins_.size(); ++i) {
            const auto& pair = pairs_[i / windows_];
            const double x = row[pair.x], y = row[pair.y];
            if (std::isnan(x) || std::isnan(y))
                twins_[i].push_absent();
            else
                twins_[i].push(x, y);
        }
    }
    const RollingCorrelation& at(std::size_t pair, std::size_t window) const {
        return twins_[pair * windows_ + window];
    }
    /// First pair and window that differ, as text; empty when none does.
    std::string difference(const CorrelationLanes& lanes) const {
        for (std::size_t p = 0; p < pairs_.size(); ++p) {
            for (std::size_t w = 0; w < windows_; ++w) {
                const auto ours = lanes.value(p, w), theirs = at(p, w).value();
                const bool same = ours.has_value() == theirs.has_value() &&
                                  (!ours || std::bit_cast<std::uint64_t>(*ours) ==
                                                std::bit_cast<std::uint64_t>(*theirs)) &&
                                  lanes.rows(p, w) == at(p, w).rows();
                if (!same)
                    return "pair " + std::to_string(p) + " window " + std::to_string(w) + ": " +
                           (ours ? std::to_string(*ours) : "absent") + " for " +
                           (theirs ? std::to_string(*theirs) : "absent");
            }
        }
        return {};
    }

  private:
    std::vector<CorrelationLanes::Pair> pairs_;
    std::size_t windows_;
    std::vector<RollingCorrelation> twins_;
};

/// A day that has everything: series that print seldom, stand still, sleep, jump by 12 orders, move
/// by 1e-8 of a level of 1e5, by 1e-160 or by 1e150.
class HostileMarket {
  public:
    HostileMarket(std::uint64_t seed, std::size_t series) : random_(seed), row_(series) {}

    const std::vector<double>& next() {
        const double common = random_.normal();
        // Now and then everybody sleeps, for up to longer than any window.
        if (random_.uniform() < 0.002) asleep_ = static_cast<int>(random_.uniform() * 150);
        for (std::size_t s = 0; s < row_.size(); ++s) {
            const double move = common + random_.normal();
            double value = move;
            switch (s % 9) {
                case 1:
                    value = 1e5 + 1e-3 * move;
                    break;
                case 2:
                    value = random_.uniform() < 0.02 ? 1e12 * move : move;
                    break;
                case 3:
                    value = random_.uniform() < 0.5 ? 0.1 : (rows_ / 70) % 2 == 0 ? 0.1 : move;
                    break;
                case 4:
                    value = 1e-160 * move;
                    break;
                case 5:
                    value = 1e150 * move;
                    break;
                case 6:
                    value = random_.uniform() < 0.5 ? 0.0 : -0.0;
                    break;
                case 7:
                    value = std::round(move);
                    break;
                default:
                    break;
            }
            const double silent = s % 9 == 8 ? 0.8 : s % 2 == 0 ? 0.0 : 0.15;
            row_[s] = asleep_ > 0 || random_.uniform() < silent ? absent : value;
        }
        if (asleep_ > 0) --asleep_;
        ++rows_;
        return row_;
    }

  private:
    test::Random random_;
    std::vector<double> row_;
    int asleep_ = 0;
    std::size_t rows_ = 0;
};

std::vector<CorrelationLanes::Pair> every_pair(std::size_t series) {
    std::vector<CorrelationLanes::Pair> pairs;
    for (std::size_t x = 0; x < series; ++x)
        for (std::size_t y = 0; y < series; ++y)
            if (x != y) pairs.push_back({x, y});
    return pairs;
}

}  // namespace

TEST_CASE("lanes of every width equal one object a pair and window, bit for bit") {
    const LaneWidth width = GENERATE(LaneWidth::two, LaneWidth::four, LaneWidth::eight);
    if (!core::has_lanes(width)) {
        WARN("this machine has no registers for lanes of width " << static_cast<int>(width));
        return;
    }
    const std::uint64_t seed = GENERATE(1u, 2u);
    // 90 pairs and 7, so that the last group is full once and not the other time; one alone.
    const std::size_t pair_count = GENERATE(97u, 16u, 1u);
    CAPTURE(static_cast<int>(width), seed, pair_count);
    std::vector<CorrelationLanes::Pair> pairs = every_pair(10);
    for (std::size_t s = 0; s < 7; ++s) pairs.push_back({s, s});
    pairs.resize(pair_count);
    // Smallest ones, squares, one less and one more than a square, primes.
    const std::vector<CorrelationLanes::Window> windows = {{2, 2},  {3, 2},  {4, 3},  {10, 10},
                                                           {16, 4}, {35, 5}, {96, 0}, {97, 25}};
    CorrelationLanes lanes(pairs, windows, width);
    Twins twins(pairs, windows);
    HostileMarket market(seed, 10);
    for (int i = 0; i < 1500; ++i) {
        CAPTURE(i);
        const std::vector<double>& row = market.next();
        lanes.push(row);
        twins.push(row);
        REQUIRE(twins.difference(lanes) == "");
    }
}

TEST_CASE("a window may be longer or shorter than all others, in any order") {
    const std::vector<CorrelationLanes::Pair> pairs = {{0, 1}, {2, 1}};
    const std::vector<CorrelationLanes::Window> windows = {{180, 45}, {7, 2}, {100, 25}, {144, 2}};
    CorrelationLanes lanes(pairs, windows);
    Twins twins(pairs, windows);
    HostileMarket market(5, 3);
    for (int i = 0; i < 2000; ++i) {
        CAPTURE(i);
        const std::vector<double>& row = market.next();
        lanes.push(row);
        twins.push(row);
        REQUIRE(twins.difference(lanes) == "");
    }
}

TEST_CASE("before the first row, and without pairs or windows, there is nothing") {
    const std::vector<CorrelationLanes::Pair> pairs = {{0, 1}};
    const std::vector<CorrelationLanes::Window> windows = {{5, 2}};
    CorrelationLanes lanes(pairs, windows);
    CHECK_FALSE(lanes.value(0, 0));
    CHECK(lanes.rows(0, 0) == 0);
    CorrelationLanes no_pairs({}, windows), no_windows(pairs, {});
    const std::vector<double> row = {1, 2};
    no_pairs.push(row);
    no_windows.push(row);
    CHECK(no_pairs.pair_count() == 0);
    CHECK(no_windows.pair_count() == 1);
}

TEST_CASE("memory is 16 bytes a row and pair, and about 100 a root of each window's rows") {
    const std::vector<CorrelationLanes::Pair> pairs(64);
    const auto bytes = [&](std::vector<CorrelationLanes::Window> windows) {
        const test::AllocationCount count;
        const CorrelationLanes lanes(pairs, windows);
        return static_cast<double>(count.live_bytes());
    };
    const double small = bytes({{100, 10}}), large = bytes({{10'000, 10}});
    // 24 bytes a row are for all pairs together.
    const double expected = 64.0 * (16 * 9900 + 96 * 90) + 24 * 9900;
    CHECK(large - small > 0.99 * expected);
    CHECK(large - small < 1.01 * expected);
    // A second window looks back at the same rows.
    CHECK(bytes({{10'000, 10}, {10'000, 10}}) - large < 64 * (96 * 100 + 600) + 8 * 10'001);
}
