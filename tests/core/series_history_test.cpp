#include "core/estimators/series_history.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/allocations.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::SeriesHistory;

TEST_CASE("a history agrees with a plain list at every row") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    const std::size_t rows = GENERATE(1u, 2u, 7u, 64u);
    CAPTURE(seed, rows);
    test::Random random(seed);
    SeriesHistory history(rows);
    REQUIRE(history.rows_max() == rows);
    REQUIRE(history.last(rows).empty());
    std::vector<std::optional<double>> all;
    const double* const storage_begin = history.last(0).data() - rows;
    for (int i = 0; i < 400; ++i) {
        std::optional<double> value;
        if (random.uniform() < 0.8) value = random.normal();
        history.push(value);
        all.push_back(value);
        REQUIRE(history.size() == std::min(all.size(), rows));
        for (std::size_t n = 0; n <= rows + 3; ++n) {
            CAPTURE(i, n);
            const auto last = history.last(n);
            REQUIRE(last.size() == std::min({n, all.size(), rows}));
            // It never moves: what is handed out lies in the storage it was made with.
            REQUIRE(last.data() >= storage_begin);
            REQUIRE(last.data() + last.size() <= storage_begin + 2 * rows);
            for (std::size_t k = 0; k < last.size(); ++k) {
                const auto& expected = all[all.size() - last.size() + k];
                REQUIRE(std::isnan(last[k]) == !expected.has_value());
                if (expected) REQUIRE(last[k] == *expected);
            }
        }
    }
}

TEST_CASE("what is not finite is kept as absent") {
    SeriesHistory history(4);
    history.push(std::numeric_limits<double>::infinity());
    history.push(-std::numeric_limits<double>::infinity());
    history.push(std::numeric_limits<double>::quiet_NaN());
    history.push(0.0);
    const auto last = history.last(4);
    REQUIRE(last.size() == 4);
    CHECK(std::isnan(last[0]));
    CHECK(std::isnan(last[1]));
    CHECK(std::isnan(last[2]));
    CHECK(last[3] == 0.0);
}

TEST_CASE("a history holds 16 bytes a row, from the start") {
    const test::AllocationCount made;
    SeriesHistory history(1440);
    CHECK(made.bytes() == std::size_t{16} * 1440);
    const test::AllocationCount used;
    for (int i = 0; i < 5000; ++i) history.push(i);
    CHECK(history.last(1440).front() == 3560);
    CHECK(used.count() == 0);
}
