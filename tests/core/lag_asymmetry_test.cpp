#include "core/estimators/lag_asymmetry.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/core/vector_file.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::LagAsymmetry;
using test::MaybeSeries;

namespace {

/// The slow, obvious twin, in long double and by the definition's own words.
double by_definition(const MaybeSeries& x, const MaybeSeries& y, int m, long double clip) {
    const auto size = static_cast<int>(x.size());
    std::vector<long double> a(x.size(), 0), b(x.size(), 0);
    long double n = 0, mean_a = 0, mean_b = 0;
    const auto both = [&](std::size_t t) { return x[t] && y[t]; };
    for (std::size_t t = 0; t < x.size(); ++t) {
        if (!both(t)) continue;
        a[t] = std::min(clip, std::max(-clip, static_cast<long double>(*x[t])));
        b[t] = std::min(clip, std::max(-clip, static_cast<long double>(*y[t])));
        n += 1;
        mean_a += a[t];
        mean_b += b[t];
    }
    long double aa = 0, bb = 0;
    for (std::size_t t = 0; t < x.size(); ++t) {
        if (!both(t)) continue;
        a[t] -= mean_a / n;
        b[t] -= mean_b / n;
        aa += a[t] * a[t];
        bb += b[t] * b[t];
    }
    long double total = 0;
    for (int t = 0; t < size; ++t)
        for (int s = 0; s < size; ++s) {
            if (s == t || std::abs(s - t) > m) continue;
            const long double product = a[static_cast<std::size_t>(t)] *
                                        b[static_cast<std::size_t>(s)] / std::sqrt(aa * bb);
            total += s > t ? product : -product;
        }
    return static_cast<double>(total * std::sqrt(n / (2 * m)));
}

/// y follows x `delay` rows later; some rows lack a side, some are wild.
std::pair<MaybeSeries, MaybeSeries> delayed(std::uint64_t seed, std::size_t size,
                                            std::size_t delay) {
    test::Random random(seed);
    std::vector<double> move(size + delay);
    for (double& v : move) v = random.normal();
    MaybeSeries x(size), y(size);
    for (std::size_t t = 0; t < size; ++t) {
        if (random.uniform() < 0.95) x[t] = move[t + delay] * (t % 50 == 7 ? 30 : 1);
        if (random.uniform() < 0.9) y[t] = move[t] + random.normal();
    }
    return {x, y};
}

}  // namespace

TEST_CASE("lag asymmetry agrees with the double sum") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const std::uint32_t lags = GENERATE(1u, 5u, 24u);
    CAPTURE(seed, lags);
    const auto [x, y] = delayed(seed, 200, 3);
    LagAsymmetry asymmetry({lags, 4}, 200);
    asymmetry.measure(x, y);
    REQUIRE(asymmetry.asymmetry());
    CHECK(*asymmetry.asymmetry() ==
          Approx(by_definition(x, y, static_cast<int>(lags), 4)).epsilon(1e-12).margin(1e-13));
}

TEST_CASE("the leader has the sign, and the delay the highest lag") {
    const auto [x, y] = delayed(4, 400, 3);
    LagAsymmetry forward({5, 4}, 400), backward({5, 4}, 400), self({5, 4}, 400);
    forward.measure(x, y);
    backward.measure(y, x);
    self.measure(x, x);
    REQUIRE(forward.asymmetry());
    CHECK(*forward.asymmetry() > 2);
    CHECK(*backward.asymmetry() == -*forward.asymmetry());
    CHECK(*self.asymmetry() == 0);
    REQUIRE(forward.x_first().size() == 5);
    for (std::size_t j = 0; j < 5; ++j) {
        CHECK(forward.x_first()[j] == backward.y_first()[j]);
        if (j != 2) CHECK(forward.x_first()[2] > forward.x_first()[j]);
    }
}

TEST_CASE("when neither leads the asymmetry is about N(0,1)") {
    double sum = 0, square = 0;
    const int paths = 400;
    LagAsymmetry asymmetry({24, 4}, 260);
    test::Random random(12);
    for (int path = 0; path < paths; ++path) {
        MaybeSeries x(260), y(260);
        for (std::size_t t = 0; t < x.size(); ++t) {
            const double common = random.normal();
            x[t] = common + random.normal();
            y[t] = common + random.normal();
        }
        asymmetry.measure(x, y);
        sum += *asymmetry.asymmetry();
        square += *asymmetry.asymmetry() * *asymmetry.asymmetry();
    }
    CHECK(std::abs(sum / paths) < 0.2);
    // A common part makes the two sides of 0 move together, and the ends of the lags are short.
    CHECK(square / paths > 0.5);
    CHECK(square / paths < 1.3);
}

TEST_CASE("an undefined lag asymmetry is absent") {
    LagAsymmetry asymmetry({4, 4}, 10);
    CHECK_FALSE(asymmetry.asymmetry());
    asymmetry.measure({}, {});
    CHECK_FALSE(asymmetry.asymmetry());
    const MaybeSeries still(10, 0.1), high = {5, 6, 7, 8, 9, 5, 6, 7, 8, 9};
    MaybeSeries moving;
    for (int i = 0; i < 10; ++i) moving.emplace_back(0.1 * i);
    asymmetry.measure(still, moving);
    CHECK_FALSE(asymmetry.asymmetry());
    CHECK(asymmetry.x_first().empty());
    CHECK(asymmetry.rows() == 10);
    asymmetry.measure(moving, high);  // all clipped to 4
    CHECK_FALSE(asymmetry.asymmetry());
    MaybeSeries apart(10), holes = moving;
    apart[3] = 1;
    asymmetry.measure(apart, moving);
    CHECK_FALSE(asymmetry.asymmetry());
    CHECK(asymmetry.rows() == 1);
    holes[4] = NAN;
    asymmetry.measure(holes, moving);
    CHECK(asymmetry.rows() == 9);
    CHECK(asymmetry.asymmetry());
}

TEST_CASE("lag asymmetry meets the reference vectors") {
    const std::string name = GENERATE("lag_asymmetry_x_leads", "lag_asymmetry_y_leads");
    const std::string path = "method/vectors/move_channel/" + name + ".json";
    if (!test::have_shared(path)) return;
    const auto vector = test::read_vector(path);
    const auto x = test::maybe_series(vector["inputs"]["x"]);
    const auto y = test::maybe_series(vector["inputs"]["y"]);
    LagAsymmetry asymmetry({vector["params"]["max_lag_rows"], vector["params"]["clip"]}, x.size());
    asymmetry.measure(x, y);
    const auto& expected = vector["expected"];
    CHECK(asymmetry.rows() == expected["n"].get<std::size_t>());
    CHECK(test::meets(asymmetry.asymmetry(), expected["asym"], vector["tolerance"]));
    REQUIRE(asymmetry.x_first().size() == expected["pos"].size());
    for (std::size_t j = 0; j < expected["pos"].size(); ++j) {
        CHECK(test::meets(asymmetry.x_first()[j], expected["pos"][j], vector["tolerance"]));
        CHECK(test::meets(asymmetry.y_first()[j], expected["neg"][j], vector["tolerance"]));
    }
}
