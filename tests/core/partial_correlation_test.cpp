#include "core/estimators/partial_correlation.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/core/reference_case.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::partial_correlation;
using Columns = std::vector<std::vector<double>>;

namespace {

/// The slow, independent formula: -P_xy/sqrt(P_xx·P_yy), P the inverse of the matrix of centred
/// cross products of (x, y, z…), by Gauss-Jordan in long double.
double from_precision_matrix(Columns columns) {
    const std::size_t m = columns.size(), n = columns[0].size();
    std::vector<std::vector<long double>> a(m, std::vector<long double>(2 * m, 0.0L));
    std::vector<long double> means(m, 0.0L);
    for (std::size_t i = 0; i < m; ++i) {
        for (const double v : columns[i]) means[i] += v;
        means[i] /= static_cast<long double>(n);
    }
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < m; ++j)
            for (std::size_t row = 0; row < n; ++row)
                a[i][j] += (columns[i][row] - means[i]) * (columns[j][row] - means[j]);
        a[i][m + i] = 1;
    }
    for (std::size_t k = 0; k < m; ++k) {
        const long double pivot = a[k][k];
        for (auto& v : a[k]) v /= pivot;
        for (std::size_t i = 0; i < m; ++i) {
            if (i == k) continue;
            const long double factor = a[i][k];
            for (std::size_t j = 0; j < 2 * m; ++j) a[i][j] -= factor * a[k][j];
        }
    }
    return static_cast<double>(-a[0][m + 1] / std::sqrt(a[0][m] * a[1][m + 1]));
}

struct Market {
    std::vector<double> x, y;
    Columns z;
};

Market random_market(std::uint64_t seed, std::size_t rows, std::size_t controls) {
    test::Random random(seed);
    Market market;
    market.z.resize(controls);
    for (std::size_t row = 0; row < rows; ++row) {
        double macro = 0;
        for (auto& z : market.z) {
            z.push_back(random.normal());
            macro += z.back();
        }
        const double common = 0.5 * random.normal();
        market.x.push_back(macro + common + random.normal());
        market.y.push_back(2 * macro + common + random.normal());
    }
    return market;
}

}  // namespace

TEST_CASE("partial correlation meets the reference vectors") {
    const auto cases = test::reference_cases("partial_corr");
    if (cases.empty()) return;
    for (const auto& reference : cases) {
        CAPTURE(reference.name);
        const auto result = partial_correlation(test::column_of(reference.inputs["x"]),
                                                test::column_of(reference.inputs["y"]),
                                                test::columns_of(reference.inputs["z"]));
        for (const auto& [name, wanted] : reference.expected.items()) {
            CAPTURE(name);
            std::optional<double> value;
            if (name == "n") value = static_cast<double>(result.n);
            if (name == "k_eff") value = static_cast<double>(result.k_eff);
            if (name == "df" && result.df) value = static_cast<double>(*result.df);
            if (name == "rho_raw") value = result.rho_raw;
            if (name == "rho") value = result.rho;
            if (name == "t") value = result.t;
            if (name == "p") value = result.p;
            CHECK(reference.met_by(value, wanted));
            // Relative precision of small probabilities, which the file does not ask for.
            if (name == "p" && value) CHECK(*value == Approx(wanted.get<double>()).epsilon(1e-8));
        }
    }
    CHECK(cases.size() >= 7);
}

TEST_CASE("partial correlation agrees with the precision matrix") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u, 4u, 5u);
    const std::size_t controls = GENERATE(0u, 1u, 2u, 6u);
    CAPTURE(seed, controls);
    const Market m = random_market(seed, 40, controls);
    Columns all = {m.x, m.y};
    all.insert(all.end(), m.z.begin(), m.z.end());
    const auto result = partial_correlation(m.x, m.y, m.z);
    REQUIRE(result.rho);
    CHECK(result.k_eff == controls);
    CHECK(*result.df == 40 - 2 - controls);
    CHECK(*result.rho == Approx(from_precision_matrix(all)).margin(1e-13));
}

TEST_CASE("partial correlation does not mind the pair's order, units, levels or control order") {
    const Market m = random_market(9, 60, 3);
    const auto result = partial_correlation(m.x, m.y, m.z);
    CHECK(*partial_correlation(m.y, m.x, m.z).rho == *result.rho);

    Columns turned = {m.z[2], m.z[0], m.z[1]};
    CHECK(*partial_correlation(m.x, m.y, turned).rho == Approx(*result.rho).margin(1e-13));

    Market other = m;
    for (double& v : other.x) v = 1e5 + 1e-3 * v;
    for (double& v : other.y) v = -v;
    for (double& v : other.z[0]) v = 1e5 + v;
    const auto moved = partial_correlation(other.x, other.y, other.z);
    CHECK(moved.k_eff == 3);
    CHECK(*moved.rho == Approx(-*result.rho).margin(1e-7));  // the level cost x nine digits
    CHECK(*moved.t == Approx(-*result.t).margin(1e-6));

    // Adding to x and y what the controls explain changes nothing.
    Market shifted = m;
    for (std::size_t i = 0; i < shifted.x.size(); ++i) {
        shifted.x[i] += 7 * m.z[0][i] - 2 * m.z[2][i] + 4;
        shifted.y[i] -= 3 * m.z[1][i];
    }
    CHECK(*partial_correlation(shifted.x, shifted.y, shifted.z).rho ==
          Approx(*result.rho).margin(1e-13));
}

TEST_CASE("controls that add nothing are dropped in their order") {
    Market m = random_market(3, 50, 2);
    const auto wanted = partial_correlation(m.x, m.y, m.z);

    Columns with = {m.z[0], std::vector<double>(50, 0.1), m.z[0], m.z[1]};
    for (double& v : with[2]) v = 5 - 3 * v;
    auto result = partial_correlation(m.x, m.y, with);
    CHECK(result.k_eff == 2);
    CHECK(*result.rho == Approx(*wanted.rho).margin(1e-13));
    CHECK(*result.p == Approx(*wanted.p).epsilon(1e-10));

    // The limit is 1e-10 of the control's own sum of squares: just above it the control stays.
    test::Random random(4);
    for (const bool stays : {true, false}) {
        CAPTURE(stays);
        Columns near = {m.z[0], m.z[0]};
        for (double& v : near[1]) v += (stays ? 1.5e-5 : 7e-6) * random.normal();
        CHECK(partial_correlation(m.x, m.y, near).k_eff == (stays ? 2 : 1));
    }
}

TEST_CASE("a control near the limit costs few digits") {
    const Market m = random_market(8, 80, 2);
    test::Random random(88);
    // The span of (z0, z0 + small·w) is that of (z0, w), whatever `small` is.
    Columns plain = {m.z[0], {}}, near = {m.z[0], m.z[0]};
    for (double& v : near[1]) {
        const double w = random.normal();
        const double sum = v + 3e-5 * w;
        plain[1].push_back(sum - v);  // exact: what was really added
        v = sum;
    }
    CHECK(partial_correlation(m.x, m.y, near).k_eff == 2);
    CHECK(*partial_correlation(m.x, m.y, near).rho ==
          Approx(*partial_correlation(m.x, m.y, plain).rho).margin(1e-10));
}

TEST_CASE("a partial correlation that cannot be computed is absent") {
    const Market m = random_market(5, 30, 1);
    const auto absent = [](const core::PartialCorrelationValue& r) {
        return !r.rho && !r.t && !r.p && !r.df;
    };
    const std::vector<double> flat(30, 0.1);
    const auto constant = partial_correlation(flat, m.y, m.z);
    CHECK(absent(constant));
    CHECK_FALSE(constant.rho_raw);
    CHECK(absent(partial_correlation(m.x, flat, m.z)));

    // x is a linear function of the control: only round-off is left of it.
    std::vector<double> owed;
    for (const double z : m.z[0]) owed.push_back(0.3 * z + 0.7);
    const auto explained = partial_correlation(owed, m.y, m.z);
    CHECK(absent(explained));
    CHECK(explained.rho_raw);
    CHECK(absent(partial_correlation(m.x, owed, m.z)));

    // Four rows and one control: n < k_eff + 4; five are enough.
    const auto first = [](const std::vector<double>& v, std::ptrdiff_t n) {
        return std::vector<double>(v.begin(), v.begin() + n);
    };
    for (const std::ptrdiff_t rows : {0, 1, 2, 4, 5}) {
        CAPTURE(rows);
        const Columns z = {first(m.z[0], rows)};
        CHECK(absent(partial_correlation(first(m.x, rows), first(m.y, rows), z)) == (rows < 5));
    }

    // A row with a value that is no number counts for nothing.
    Market holes = m, without = m;
    holes.x[3] = std::nan("");
    holes.z[0][7] = INFINITY;
    for (auto* column : {&without.x, &without.y, &without.z[0]}) {
        column->erase(column->begin() + 7);
        column->erase(column->begin() + 3);
    }
    const auto result = partial_correlation(holes.x, holes.y, holes.z);
    CHECK(result.n == 28);
    CHECK(*result.rho == *partial_correlation(without.x, without.y, without.z).rho);
}

TEST_CASE("a pair that is one line has a correlation and no finite t") {
    const Market m = random_market(6, 30, 0);
    const auto result = partial_correlation(m.x, m.x, m.z);
    CHECK(*result.rho == Approx(1).epsilon(1e-14));
    CHECK(*result.p < 1e-100);
    if (result.t) CHECK(std::isfinite(*result.t));
}

TEST_CASE("a partial correlation's workspace remembers nothing and refuses what does not fit") {
    core::PartialCorrelation workspace(60, 4);
    const auto measure = [&](const Market& m) {
        const std::vector<std::span<const double>> views(m.z.begin(), m.z.end());
        return workspace.measure(m.x, m.y, views);
    };
    test::Random random(11);
    for (int i = 0; i < 50; ++i) {
        CAPTURE(i);
        Market m = random_market(random.below(1000), random.below(61), random.below(5));
        for (double& v : m.x)
            if (random.uniform() < 0.05) v = std::nan("");
        const auto once = partial_correlation(m.x, m.y, m.z);
        const auto again = measure(m);
        CHECK(again.n == once.n);
        CHECK(again.k_eff == once.k_eff);
        CHECK(again.df == once.df);
        CHECK(again.rho_raw == once.rho_raw);
        CHECK(again.rho == once.rho);
        CHECK(again.t == once.t);
        CHECK(again.p == once.p);
    }
    const auto refused = [&](const Market& m) {
        const auto value = measure(m);
        return value.n == 0 && !value.rho_raw && !value.rho;
    };
    CHECK_FALSE(refused(random_market(1, 60, 4)));
    CHECK(refused(random_market(1, 61, 4)));
    CHECK(refused(random_market(1, 60, 5)));
    for (const int column : {0, 1, 2}) {
        CAPTURE(column);
        Market m = random_market(1, 40, 2);
        (column == 0 ? m.x : column == 1 ? m.y : m.z[1]).pop_back();
        CHECK(refused(m));
    }
}
