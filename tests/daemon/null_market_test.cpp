// The null market against what it promises: hours, levels, clusters, and no link.
#include "daemon/demo/null_market.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <optional>
#include <vector>

#include "core/calendar.hpp"
#include "core/decimal.hpp"
#include "tests/daemon/null_market.hpp"

using namespace contagiond;

namespace {

/// The last log prices at the ends of steps of half an hour, where all of `instruments` printed.
struct Series {
    std::vector<std::vector<double>> prices;  ///< by instrument; NaN where it did not print
    std::uint64_t prints_closed = 0;
    std::uint64_t prints = 0;
};

Series half_hours(const core::EngineConfig& wanted, const demo::NullSettings& settings) {
    const core::EngineConfig config = demo::null_config(wanted);
    demo::NullMarket market(config, settings);
    Series series;
    const std::size_t count = config.universe.instruments.size();
    series.prices.resize(count);
    std::vector<core::Input> prints;
    while (market.next(prints)) {
        const bool is_end = market.ts() % (30 * core::ns_per_min) == 0;
        if (is_end)
            for (auto& line : series.prices) line.push_back(std::nan(""));
        for (const core::Input& print : prints) {
            ++series.prints;
            const core::Market hours = config.universe.instruments[print.instrument].market;
            if (!core::is_open(hours, print.ts_receive - 1)) ++series.prints_closed;
            if (is_end)
                series.prices[print.instrument].back() =
                    std::log(core::to_double({print.trade.price, print.price_exponent}));
        }
    }
    return series;
}

/// Half-hour returns of two instruments where both have them.
std::vector<std::array<double, 2>> returns(const Series& s, std::size_t a, std::size_t b) {
    std::vector<std::array<double, 2>> out;
    for (std::size_t i = 1; i < s.prices[a].size(); ++i) {
        const std::array r = {s.prices[a][i] - s.prices[a][i - 1],
                              s.prices[b][i] - s.prices[b][i - 1]};
        if (!std::isnan(r[0] + r[1])) out.push_back(r);
    }
    return out;
}

double correlation(const std::vector<std::array<double, 2>>& rows) {
    double xx = 0, yy = 0, xy = 0, x = 0, y = 0;
    for (const auto& [a, b] : rows) {
        x += a;
        y += b;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    const double n = static_cast<double>(rows.size());
    return (xy - x * y / n) / std::sqrt((xx - x * x / n) * (yy - y * y / n));
}

}  // namespace

TEST_CASE("equal seeds give equal months, and every month is another") {
    const core::EngineConfig config = demo::null_config(test::null_universe(true, 1));
    const auto first_day = [&](const demo::NullSettings& settings) {
        demo::NullMarket market(config, settings);
        std::vector<std::int64_t> prices;
        std::vector<core::Input> prints;
        for (int i = 0; i < 1440 && market.next(prints); ++i)
            for (const core::Input& print : prints) prices.push_back(print.trade.price);
        return prices;
    };
    const auto first = first_day({7, 0, 0});
    CHECK(first.size() > 1440);
    CHECK(first == first_day({7, 0, 0}));
    CHECK(first != first_day({7, 1, 0}));
    CHECK(first != first_day({8, 0, 0}));
}

TEST_CASE("markets of the null keep their hours, and coins never close") {
    // Index, name, coin.
    const Series s = half_hours(test::null_universe(true, 1), {3, 2, 0});
    CHECK(s.prints > 0);
    CHECK(s.prints_closed == 0);
    std::array<std::size_t, 3> printed{};
    for (std::size_t i = 0; i < 3; ++i)
        for (const double p : s.prices[i])
            if (!std::isnan(p)) ++printed[i];
    constexpr double rows = 31 * 48;
    CHECK(static_cast<double>(printed[2]) == rows);
    CHECK(static_cast<double>(printed[0]) > 0.6 * rows);
    CHECK(static_cast<double>(printed[0]) < 0.72 * rows);
    // Outside regular hours a name prints about once a minute: not at every end of a half hour.
    CHECK(static_cast<double>(printed[1]) > 0.25 * rows);
    CHECK(static_cast<double>(printed[1]) < 0.48 * rows);
}

TEST_CASE("volatility of the null is heavy-tailed, clusters, and does so in both legs together") {
    double index_squares = 0, coin_squares = 0, coin_fourths = 0, n = 0;
    std::vector<std::array<double, 2>> sizes, rows;
    for (std::uint64_t month = 0; month < 8; ++month) {
        const Series s = half_hours(test::null_universe(true, 0), {11, month, 0});
        for (const auto& r : returns(s, 0, 1)) {
            rows.push_back(r);
            sizes.push_back({std::abs(r[0]), std::abs(r[1])});
            index_squares += r[0] * r[0];
            coin_squares += r[1] * r[1];
            coin_fourths += r[1] * r[1] * r[1] * r[1];
            ++n;
        }
    }
    // Of the hours in which the future trades: 46 half hours a day.
    CHECK(std::sqrt(46 * index_squares / n) == Approx(0.0132).epsilon(0.2));
    CHECK(std::sqrt(48 * coin_squares / n) == Approx(0.0245).epsilon(0.2));
    CHECK(coin_fourths / n / std::pow(coin_squares / n, 2) > 6);
    CHECK(correlation(sizes) > 0.15);
    // Standard error 0.02 where volatility clusters so.
    CHECK(std::abs(correlation(rows)) < 0.06);
}

TEST_CASE("a constant link is as strong as asked for") {
    std::vector<std::array<double, 2>> rows;
    for (std::uint64_t month = 0; month < 4; ++month) {
        const Series s = half_hours(test::null_universe(true, 0), {5, month, 0.5});
        for (const auto& r : returns(s, 0, 1)) rows.push_back(r);
    }
    // Jumps are each leg's own and take a little of it.
    CHECK(correlation(rows) == Approx(0.46).margin(0.08));
}

TEST_CASE("a month is as wide in bars of ten seconds as in bars of a minute") {
    const auto spread = [](core::DurationNs bar) {
        double sum = 0, n = 0;
        for (std::uint64_t month = 0; month < 6; ++month) {
            const Series s =
                half_hours(test::null_universe(true, 0, {"BTC-USD"}, bar), {17, month, 0});
            for (const auto& r : returns(s, 1, 1)) {
                sum += r[0] * r[0];
                ++n;
            }
        }
        return std::sqrt(sum / n);
    };
    CHECK(spread(10 * core::ns_per_s) == Approx(spread(core::ns_per_min)).epsilon(0.2));
}
