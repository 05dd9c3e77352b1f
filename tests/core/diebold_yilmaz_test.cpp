#include "core/estimators/diebold_yilmaz.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "tests/core/reference_case.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::diebold_yilmaz;
using core::Spillover;
using core::SpilloverRules;
using Columns = std::vector<std::vector<double>>;
using Wide = std::vector<std::vector<long double>>;

namespace {

Wide zeros(std::size_t rows, std::size_t columns) {
    return Wide(rows, std::vector<long double>(columns, 0.0L));
}

Wide times(const Wide& a, const Wide& b) {
    Wide c = zeros(a.size(), b[0].size());
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t k = 0; k < b.size(); ++k)
            for (std::size_t j = 0; j < b[0].size(); ++j) c[i][j] += a[i][k] * b[k][j];
    return c;
}

Wide turned(const Wide& a) {
    Wide t = zeros(a[0].size(), a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < a[0].size(); ++j) t[j][i] = a[i][j];
    return t;
}

/// Gauss-Jordan without pivoting: enough for positive definite matrices.
Wide solve(Wide a, Wide b) {
    for (std::size_t k = 0; k < a.size(); ++k) {
        const long double pivot = a[k][k];
        for (auto& v : a[k]) v /= pivot;
        for (auto& v : b[k]) v /= pivot;
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (i == k) continue;
            const long double factor = a[i][k];
            for (std::size_t j = 0; j < a.size(); ++j) a[i][j] -= factor * a[k][j];
            for (std::size_t j = 0; j < b[0].size(); ++j) b[i][j] -= factor * b[k][j];
        }
    }
    return b;
}

/// The slow twin: normal equations with an intercept column, powers of the companion matrix in
/// place of the recursion, and every quadratic form written out, in long double.
Wide slow_shares(const Columns& series, std::size_t p, std::size_t horizon) {
    const std::size_t n = series.size(), rows = series[0].size() - p, m = n * p;
    Wide x = zeros(rows, m + 1), y = zeros(rows, n);
    for (std::size_t t = 0; t < rows; ++t) {
        x[t][0] = 1;
        for (std::size_t j = 0; j < n; ++j) {
            y[t][j] = series[j][t + p];
            for (std::size_t l = 0; l < p; ++l) x[t][1 + l * n + j] = series[j][t + p - 1 - l];
        }
    }
    const Wide b = solve(times(turned(x), x), times(turned(x), y));
    Wide residual = times(x, b);
    for (std::size_t t = 0; t < rows; ++t)
        for (std::size_t j = 0; j < n; ++j) residual[t][j] = y[t][j] - residual[t][j];
    const Wide sigma = times(turned(residual), residual);

    Wide companion = zeros(m, m), power = zeros(m, m);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < m; ++k) companion[i][k] = b[1 + k][i];
    for (std::size_t i = n; i < m; ++i) companion[i][i - n] = 1;
    for (std::size_t i = 0; i < m; ++i) power[i][i] = 1;
    Wide numerator = zeros(n, n), theta = zeros(n, n);
    std::vector<long double> denominator(n, 0.0L);
    for (std::size_t h = 0; h < horizon; ++h) {
        Wide a = zeros(n, n);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j) a[i][j] = power[i][j];
        const Wide response = times(a, sigma), covariance = times(response, turned(a));
        for (std::size_t i = 0; i < n; ++i) {
            denominator[i] += covariance[i][i];
            for (std::size_t j = 0; j < n; ++j) numerator[i][j] += response[i][j] * response[i][j];
        }
        power = times(power, companion);
    }
    for (std::size_t i = 0; i < n; ++i) {
        long double sum = 0;
        for (std::size_t j = 0; j < n; ++j)
            sum += theta[i][j] = numerator[i][j] / sigma[j][j] / denominator[i];
        for (auto& v : theta[i]) v /= sum;
    }
    return theta;
}

/// Correlated noise in which series 0 drives the others one row later.
Columns driven(std::uint64_t seed, std::size_t n, std::size_t rows, double drive = 0.6) {
    test::Random random(seed);
    Columns series(n);
    double before = 0;
    for (std::size_t t = 0; t < rows; ++t) {
        const double common = 0.3 * random.normal();
        for (std::size_t j = 0; j < n; ++j)
            series[j].push_back((j > 0 ? drive * before : 0) + common + random.normal());
        before = series[0].back();
    }
    return series;
}

double distance(const Spillover& a, const Wide& b) {
    double worst = 0;
    for (std::size_t i = 0; i < b.size(); ++i)
        for (std::size_t j = 0; j < b.size(); ++j)
            worst = std::max(worst, std::abs(a.share(i, j) - static_cast<double>(b[i][j])));
    return worst;
}

}  // namespace

TEST_CASE("Diebold-Yilmaz spillover meets the reference vectors") {
    const auto cases = test::reference_cases("diebold_yilmaz");
    if (cases.empty()) return;
    for (const auto& reference : cases) {
        CAPTURE(reference.name);
        const auto result = diebold_yilmaz(test::columns_of(reference.inputs["columns"]),
                                           {reference.params["lags"].get<std::size_t>(),
                                            reference.params["horizon"].get<std::size_t>()});
        const auto& wanted = reference.expected;
        REQUIRE(result.has_value() == !wanted["theta_norm"].is_null());
        if (!result) continue;
        const auto meets = [&](const core::SmallMatrix& matrix, const nlohmann::json& rows) {
            REQUIRE(matrix.rows() == rows.size());
            for (std::size_t i = 0; i < rows.size(); ++i) {
                REQUIRE(matrix.columns() == rows[i].size());
                for (std::size_t j = 0; j < rows[i].size(); ++j) {
                    CAPTURE(i, j);
                    CHECK(reference.met_by(matrix(i, j), rows[i][j]));
                }
            }
        };
        meets(result->share, wanted["theta_norm"]);
        meets(result->coefficients, wanted["coef"]);
        CHECK(reference.met_by(result->total, wanted["total"]));
        for (std::size_t i = 0; i < result->net.size(); ++i) {
            CAPTURE(i);
            CHECK(reference.met_by(result->from_others[i], wanted["from_others"][i]));
            CHECK(reference.met_by(result->to_others[i], wanted["to_others"][i]));
            CHECK(reference.met_by(result->net[i], wanted["net"][i]));
        }
        if (!wanted.contains("groups")) continue;
        const auto tech = wanted["groups"]["tech"].get<std::vector<std::size_t>>();
        const auto crypto = wanted["groups"]["crypto"].get<std::vector<std::size_t>>();
        CHECK(reference.met_by(core::group_spillover(*result, tech, crypto),
                               wanted["groups"]["tech_to_crypto"]));
        CHECK(reference.met_by(core::group_spillover(*result, crypto, tech),
                               wanted["groups"]["crypto_to_tech"]));
    }
    CHECK(cases.size() >= 5);
}

TEST_CASE("spillover agrees with normal equations and the companion matrix") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const std::size_t n = GENERATE(1u, 2u, 5u);
    const std::size_t p = GENERATE(1u, 2u, 3u);
    const std::size_t horizon = GENERATE(1u, 2u, 10u);
    CAPTURE(seed, n, p, horizon);
    const Columns series = driven(seed, n, 150);
    const auto result = diebold_yilmaz(series, {p, horizon});
    REQUIRE(result);
    CHECK(distance(*result, slow_shares(series, p, horizon)) < 1e-12);
}

TEST_CASE("spillover shows the direction that was put in") {
    const auto result = diebold_yilmaz(driven(7, 3, 2000), {1, 10});
    REQUIRE(result);
    CHECK(result->net[0] > 15);
    CHECK(result->net[1] < 0);
    CHECK(result->net[2] < 0);
    const std::vector<std::size_t> source = {0}, targets = {1, 2};
    CHECK(*core::group_spillover(*result, source, targets) >
          *core::group_spillover(*result, targets, source) + 10);
}

TEST_CASE("shares of a row sum to one, and what is given is received") {
    const auto result = diebold_yilmaz(driven(11, 4, 300), {2, 10});
    REQUIRE(result);
    for (std::size_t i = 0; i < 4; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            CHECK(result->share(i, j) >= 0);
            sum += result->share(i, j);
        }
        CHECK(sum == Approx(1).epsilon(1e-14));
    }
    CHECK(std::accumulate(result->net.begin(), result->net.end(), 0.0) == Approx(0).margin(1e-11));
    CHECK(std::accumulate(result->from_others.begin(), result->from_others.end(), 0.0) ==
          Approx(4 * result->total).epsilon(1e-13));
}

TEST_CASE("the order and the units of the series do not matter") {
    const Columns series = driven(13, 3, 200);
    const auto result = diebold_yilmaz(series, {2, 10});
    const std::vector<std::size_t> order = {2, 0, 1};
    Columns other;
    for (const std::size_t place : order) other.push_back(series[place]);
    for (double& v : other[0]) v = 1e5 + 1e-3 * v;
    for (double& v : other[1]) v *= -1e-9;
    const auto moved = diebold_yilmaz(other, {2, 10});
    REQUIRE(moved);
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            CHECK(moved->share(i, j) == Approx(result->share(order[i], order[j])).margin(1e-6));
    CHECK(moved->total == Approx(result->total).margin(1e-4));
}

TEST_CASE("one step ahead, shares are squared correlations of the residuals") {
    // Without lags the residuals are the series themselves, centred.
    const Columns series = {{1, 2, 4, 7, 1, 0}, {3, 1, 2, 8, 2, 2}};
    const auto result = diebold_yilmaz(series, {0, 1});
    REQUIRE(result);
    // Means 2.5 and 3: S11 = 33.5, S22 = 32, S12 = 26.
    const double squared = 26.0 * 26.0 / (33.5 * 32);
    CHECK(result->share(0, 1) == Approx(squared / (1 + squared)).epsilon(1e-13));
    CHECK(result->coefficients(0, 0) == Approx(2.5));
    CHECK(result->coefficients(0, 1) == Approx(3));
}

TEST_CASE("a spillover that cannot be computed is absent") {
    const SpilloverRules rules = {1, 10};
    const Columns good = driven(17, 2, 60);
    REQUIRE(diebold_yilmaz(good, rules));
    CHECK_FALSE(diebold_yilmaz(Columns{}, rules));
    CHECK_FALSE(diebold_yilmaz(Columns{{}, {}}, rules));
    CHECK_FALSE(diebold_yilmaz(good, {1, 0}));

    const auto changed = [&](auto change) {
        Columns series = good;
        change(series);
        return diebold_yilmaz(series, rules).has_value();
    };
    CHECK_FALSE(changed([](Columns& s) { s[1].assign(60, 0.1); }));
    CHECK_FALSE(changed([](Columns& s) { s[1] = s[0]; }));
    CHECK_FALSE(changed([](Columns& s) {  // a sum of two others
        s.push_back(s[0]);
        for (std::size_t i = 0; i < 60; ++i) s[2][i] += 0.1 * s[1][i];
    }));
    CHECK_FALSE(changed([](Columns& s) {  // follows from the other's past without error
        for (std::size_t i = 1; i < 60; ++i) s[1][i] = 3 * s[0][i - 1] + 1;
    }));
    // The limit is 1e-12 in the normal matrix: 1e-6 in the columns.
    const auto near = [](double size) {
        return [size](Columns& s) {
            test::Random random(1);
            s[1] = s[0];
            for (double& v : s[1]) v += size * random.normal();
        };
    };
    CHECK(changed(near(1e-4)));
    CHECK_FALSE(changed(near(1e-7)));

    // T - p >= 2·(N·p + 1): seven rows for two series and one lag.
    for (const std::ptrdiff_t rows : {1, 6, 7}) {
        CAPTURE(rows);
        Columns few;
        for (const auto& s : good) few.emplace_back(s.begin(), s.begin() + rows);
        CHECK(diebold_yilmaz(few, rules).has_value() == (rows >= 7));
    }
}

TEST_CASE("a row that is no number takes the rows that need it along") {
    // Two stretches with a hole between them are the same as the hole alone makes them: no pair of
    // rows reaches across.
    Columns holes = driven(19, 2, 80), filled = holes;
    holes[1][30] = std::nan("");
    const auto with = diebold_yilmaz(holes, {1, 5});
    REQUIRE(with);
    // What stands beside the hole in the other series cannot matter.
    holes[0][30] = 1e6;
    const auto same = diebold_yilmaz(holes, {1, 5});
    REQUIRE(same);
    CHECK(same->total == with->total);
    CHECK(diebold_yilmaz(filled, {1, 5})->total != with->total);
}

TEST_CASE("groups outside the series have no spillover") {
    const auto result = diebold_yilmaz(driven(23, 2, 60), {1, 5});
    REQUIRE(result);
    const std::vector<std::size_t> none, first = {0}, second = {1}, third = {2};
    CHECK(*core::group_spillover(*result, first, second) ==
          Approx(100 * result->share(1, 0)).epsilon(1e-15));
    CHECK_FALSE(core::group_spillover(*result, none, first));
    CHECK_FALSE(core::group_spillover(*result, first, none));
    CHECK_FALSE(core::group_spillover(*result, third, first));
}

TEST_CASE("a spillover's workspace remembers nothing and refuses what does not fit") {
    const std::size_t n = GENERATE(1u, 3u);
    const std::size_t p = GENERATE(0u, 1u, 3u);
    CAPTURE(n, p);
    core::DieboldYilmaz workspace(n, 90, {p, 7});
    const auto measure = [&](const Columns& series) {
        const std::vector<std::span<const double>> views(series.begin(), series.end());
        return workspace.measure(views);
    };
    test::Random random(29);
    int measured = 0;
    for (int i = 0; i < 40; ++i) {
        CAPTURE(i);
        Columns series = driven(random.below(1000), n, 2 + random.below(89));
        if (i % 4 == 0) series[0][series[0].size() / 2] = std::nan("");
        if (i % 7 == 0) series[0].assign(series[0].size(), 3.0);
        const auto once = diebold_yilmaz(series, {p, 7});
        const Spillover* again = measure(series);
        REQUIRE((again != nullptr) == once.has_value());
        if (!again) continue;
        ++measured;
        CHECK(again->total == once->total);
        CHECK(again->net == once->net);
        CHECK(again->from_others == once->from_others);
        CHECK(again->to_others == once->to_others);
        for (std::size_t a = 0; a < n; ++a) {
            for (std::size_t b = 0; b < n; ++b) CHECK(again->share(a, b) == once->share(a, b));
            for (std::size_t b = 0; b <= n * p; ++b)
                CHECK(again->coefficients(b, a) == once->coefficients(b, a));
        }
    }
    CHECK(measured > 10);

    CHECK(measure(driven(1, n, 90)));
    CHECK_FALSE(measure(driven(1, n, 91)));
    CHECK_FALSE(measure(driven(1, n + 1, 90)));
    CHECK_FALSE(measure({}));
    Columns uneven = driven(1, n, 80);
    uneven.back().pop_back();
    CHECK((measure(uneven) != nullptr) == (n == 1));
}
