#include "core/series_habits.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr DurationNs bar = 10 * ns_per_s;
constexpr TimeNs midnight = 1'737'936'000 * ns_per_s;  // 2025-01-27T00:00:00Z

/// A series in bars of ten seconds whose usual move is 1e-4.
struct Series {
    bool push(std::optional<double> log_return, ReturnKind kind = ReturnKind::bar,
              double elapsed = 1) {
        ts += bar;
        if (log_return) path += *log_return;
        Evidence::Move move;
        move.log_return = log_return;
        move.elapsed = elapsed;
        move.kind = kind;
        move.synchronous = kind == ReturnKind::bar;
        const bool told = habits.push(ts, move, path);
        CHECK(told == (ts % ns_per_min == 0));
        return told;
    }
    double usual() { return 1e-4 * random.normal(); }
    void run(int bars, double drift = 0) {
        for (int b = 0; b < bars; ++b) push(usual() + drift);
    }

    test::Random random{21};
    SeriesHabits habits{bar};
    TimeNs ts = midnight;
    double path = 0;
};

}  // namespace

TEST_CASE("a planted fall stands out in its own sigma, and a planted jump as a jump", "[habits]") {
    Series series;
    series.run(6 * 400);
    REQUIRE(series.habits.selloff_z());
    REQUIRE(series.habits.jump());
    CHECK(std::abs(*series.habits.selloff_z()) < 4);
    const double drift_before = series.habits.drift_log();
    CHECK(drift_before < 6);

    SECTION("a fall of a quarter of an hour at eight of its sigma") {
        const double sigma_of_fall = 1e-4 * std::sqrt(90.0);
        series.run(90, -8 * sigma_of_fall / 90);
        CHECK(*series.habits.selloff_z() == Approx(-8).margin(2.5));
        CHECK(series.habits.drift_log() > drift_before + 5);
        CHECK(*series.habits.jump_p() > 0.01);  // no single minute of it is one
        // A rise of the same size ends the bet and turns the sign.
        series.run(90, 8 * sigma_of_fall / 90);
        CHECK(*series.habits.selloff_z() > 2);
    }
    SECTION("one minute at fifteen sigma") {
        series.run(5);
        series.push(-15 * 1e-4 * std::sqrt(6.0));
        CHECK(*series.habits.jump() == Approx(-15).margin(4));
        CHECK(*series.habits.jump_p() < 1e-6);
        series.run(6);
        CHECK(*series.habits.jump_p() > 1e-3);
    }
}

TEST_CASE("minutes without a print are none, and a gap is no move", "[habits]") {
    Series series;
    series.run(6 * 400);
    const double drift = series.habits.drift_log();
    for (int b = 0; b < 6; ++b) series.push(std::nullopt);
    CHECK_FALSE(series.habits.jump());
    CHECK_FALSE(series.habits.selloff_z());
    CHECK(series.habits.drift_log() == drift);
    // An opening gap of ten percent: told by the day, by nothing else.
    series.push(-0.1, ReturnKind::gap, 3000);
    CHECK(series.habits.drift_log() == drift);
    for (int b = 0; b < 5; ++b) series.push(series.usual());
    CHECK_FALSE(series.habits.jump());
    CHECK_FALSE(series.habits.selloff_z());
    series.run(6 * 15);
    REQUIRE(series.habits.selloff_z());
    CHECK(std::abs(*series.habits.selloff_z()) < 4);
    CHECK(series.habits.drift_log() < drift + 4);
}

TEST_CASE("the change of a day needs a day, and begins anew with the path", "[habits]") {
    Series series;
    for (int b = 0; b < 24 * 360; ++b) {
        series.push(-1e-6);
        if (b < 24 * 360 - 1) CHECK_FALSE(series.habits.change_24h());
    }
    series.push(-1e-6);
    REQUIRE(series.habits.change_24h());
    CHECK(*series.habits.change_24h() == Approx(-1e-6 * 24 * 360).epsilon(1e-3));

    SECTION("no path, no change") {
        series.habits.push(series.ts += bar, {}, std::nullopt);
        CHECK_FALSE(series.habits.change_24h());
    }
    SECTION("a restart forgets the past") {
        series.habits.restart();
        series.push(0.01);
        CHECK_FALSE(series.habits.change_24h());
    }
}
