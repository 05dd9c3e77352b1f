#include "core/level_path.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "core/swing_window.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("The highest of any stretch and the last row at a level are what a walk finds") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const std::size_t kept = GENERATE(1u, 2u, 7u, 64u, 241u);
    CAPTURE(seed, kept);
    test::Random random(seed);
    LevelPath path(kept);
    std::vector<double> rows;
    double level = 0;
    for (int i = 0; i < 1500; ++i) {
        // Equal neighbours, rows without a price, and levels below zero.
        if (random.below(4) > 0) level += std::round(4 * random.cheap()) / 4;
        rows.push_back(random.below(10) == 0 ? none : level);
        path.push(rows.back());
        REQUIRE(path.rows() == rows.size());
        const std::size_t oldest = rows.size() - std::min(rows.size(), kept);
        const std::size_t from = oldest + random.below(rows.size() - oldest);
        const std::size_t to = from + random.below(rows.size() - from);
        CAPTURE(i, from, to);

        double high = -std::numeric_limits<double>::infinity();
        for (std::size_t row = from; row <= to; ++row)
            if (rows[row] > high) high = rows[row];
        REQUIRE(path.highest(from, to) == high);
        const double wanted = level + 2 * random.cheap();
        std::optional<std::uint64_t> last;
        for (std::size_t row = from; row <= to; ++row)
            if (rows[row] >= wanted) last = row;
        REQUIRE(path.last_at_least(wanted, from, to) == last);
        const double got = path.at(from);
        REQUIRE((got == rows[from] || (std::isnan(got) && std::isnan(rows[from]))));
    }
}

TEST_CASE("Sums of swings are those of the rows in the window, and a huge one leaves no trace") {
    const std::size_t window = GENERATE(0u, 1u, 2u, 59u);
    CAPTURE(window);
    test::Random random(window + 1);
    SwingWindow swings(window);
    std::vector<std::pair<double, double>> rows;
    for (int i = 0; i < 600; ++i) {
        const bool is_huge = i == 100;
        rows.emplace_back(is_huge                ? 1e150
                          : random.below(3) == 0 ? 0.0
                                                 : random.normal(),
                          random.below(5) == 0 ? none : random.normal());
        swings.push(rows.back().first, rows.back().second);
        SwingSums slow;
        for (std::size_t row = rows.size() - std::min(rows.size(), window); row < rows.size();
             ++row)
            slow.add(rows[row].first, rows[row].second);
        const SwingSums got = swings.sums();
        REQUIRE(got.rows == slow.rows);
        REQUIRE(got.moves == slow.moves);
        for (const auto& [a, b] :
             {std::pair{got.x, slow.x}, std::pair{got.y, slow.y}, std::pair{got.xx, slow.xx},
              std::pair{got.yy, slow.yy}, std::pair{got.xy, slow.xy}})
            REQUIRE(a == Approx(b).epsilon(1e-12).margin(1e-12));
    }
}
