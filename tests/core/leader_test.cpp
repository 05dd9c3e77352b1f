#include "core/leader.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <vector>

#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

using Columns = std::vector<std::vector<double>>;

std::optional<Leader> find(const Columns& columns) {
    std::vector<std::span<const double>> views(columns.begin(), columns.end());
    return find_leader(views);
}

/// Keeps half of the blocks in every way there is, by choosing one after the other.
std::optional<Leader> slow_twin(const Columns& columns) {
    const std::size_t rows = columns[0].size();
    const std::size_t blocks = rows >= 8 ? 8 : rows >= 6 ? 6 : rows >= 4 ? 4 : 0;
    if (blocks == 0) return std::nullopt;
    const auto leader_of = [&](const std::vector<bool>& kept) -> std::optional<std::size_t> {
        std::optional<std::size_t> best;
        double lowest = 0;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            double sum = 0;
            for (std::size_t row = 0; row < rows; ++row)
                if (kept[row * blocks / rows]) sum += columns[i][row];
            if (sum < lowest) {
                lowest = sum;
                best = i;
            }
        }
        return best;
    };
    const auto leader = leader_of(std::vector<bool>(blocks, true));
    if (!leader) return std::nullopt;
    double led = 0, halves = 0;
    std::vector<bool> kept(blocks, false);
    const std::function<void(std::size_t, std::size_t)> choose = [&](std::size_t from,
                                                                     std::size_t left) {
        if (left == 0) {
            ++halves;
            led += leader_of(kept) == leader ? 1 : 0;
            return;
        }
        for (std::size_t b = from; b < blocks; ++b) {
            kept[b] = true;
            choose(b + 1, left - 1);
            kept[b] = false;
        }
    };
    choose(0, blocks / 2);
    return Leader{*leader, led / halves};
}

}  // namespace

TEST_CASE("who falls most throughout leads for sure, who fell once leads in half") {
    const auto steady = find({std::vector<double>(40, -1), std::vector<double>(40, -2)});
    REQUIRE(steady);
    CHECK(steady->place == 1);
    CHECK(steady->confidence == 1);

    std::vector<double> once(40, 0.0);
    once[17] = -100;
    const auto print = find({std::vector<double>(40, -1), once});
    REQUIRE(print);
    CHECK(print->place == 1);
    CHECK(print->confidence == 0.5);
}

TEST_CASE("nobody leads over three rows, or where nothing fell") {
    CHECK_FALSE(find({{-1, -1, -1}, {-2, -2, -2}}));
    CHECK(find({{-1, -1, -1, -1}, {-2, -2, -2, -2}}));
    CHECK_FALSE(find({{1, 1, 1, 1}, {0, 0, 0, 0}}));
    CHECK_FALSE(find_leader({}));
}

TEST_CASE("confidence is its slow twin's, and grows with what sets the leader apart") {
    test::Random random(9);
    INFO("seed 9");
    double close = 0, apart = 0;
    for (int round = 0; round < 300; ++round) {
        const std::size_t rows = 4 + static_cast<std::size_t>(round) % 60;
        Columns columns(3, std::vector<double>(rows));
        const double drift = round % 2 == 0 ? 0.05 : 1.0;
        for (std::size_t i = 0; i < 3; ++i)
            for (double& value : columns[i]) value = random.normal() - (i == 1 ? drift : 0.0);
        const auto fast = find(columns), slow = slow_twin(columns);
        REQUIRE(fast.has_value() == slow.has_value());
        if (!fast) continue;
        CHECK(fast->place == slow->place);
        CHECK(fast->confidence == Approx(slow->confidence).margin(1e-12));
        (round % 2 == 0 ? close : apart) += fast->confidence;
    }
    CHECK(apart > 1.2 * close);
}
