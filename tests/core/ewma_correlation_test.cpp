#include "core/estimators/ewma_correlation.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/core/vector_file.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::EwmaCorrelation;
using Mean = core::EwmaCorrelation::Mean;

namespace {

struct Row {
    std::optional<double> x, y;
    double age_after = 0;  ///< log2 of the weight it loses until the next row
};

/// The slow, obvious twin: explicit weights, two passes in long double.
std::optional<double> explicit_weights(const std::vector<Row>& rows, Mean mean) {
    long double w = 1, total = 0, mx = 0, my = 0;
    std::vector<long double> weights(rows.size());
    for (std::size_t i = rows.size(); i-- > 0;) {
        if (i + 1 < rows.size()) w *= std::exp2(-static_cast<long double>(rows[i + 1].age_after));
        weights[i] = rows[i].x && rows[i].y ? w : 0;
        total += weights[i];
    }
    bool constant_x = true, constant_y = true, zero_x = true, zero_y = true;
    std::size_t valid = 0;
    const Row* first = nullptr;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!rows[i].x || !rows[i].y) continue;
        if (!first) first = &rows[i];
        ++valid;
        constant_x = constant_x && *rows[i].x == *first->x;
        constant_y = constant_y && *rows[i].y == *first->y;
        zero_x = zero_x && *rows[i].x == 0;
        zero_y = zero_y && *rows[i].y == 0;
        mx += weights[i] / total * *rows[i].x;
        my += weights[i] / total * *rows[i].y;
    }
    const bool undefined = mean == Mean::zero ? zero_x || zero_y : constant_x || constant_y;
    if (valid < 2 || undefined) return std::nullopt;
    if (mean == Mean::zero) mx = my = 0;
    long double sxx = 0, syy = 0, sxy = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!rows[i].x || !rows[i].y) continue;
        sxx += weights[i] * (*rows[i].x - mx) * (*rows[i].x - mx);
        syy += weights[i] * (*rows[i].y - my) * (*rows[i].y - my);
        sxy += weights[i] * (*rows[i].x - mx) * (*rows[i].y - my);
    }
    return static_cast<double>(sxy / (std::sqrt(sxx) * std::sqrt(syy)));
}

double distance(std::optional<double> a, std::optional<double> b) {
    if (a.has_value() != b.has_value()) return INFINITY;
    return a ? std::abs(*a - *b) : 0;
}

}  // namespace

TEST_CASE("exponentially weighted correlation agrees with explicit weights, times and gaps") {
    const Mean mean = GENERATE(Mean::zero, Mean::weighted);
    const std::uint64_t seed = GENERATE(1u, 2u);
    CAPTURE(static_cast<int>(mean), seed);
    test::Random random(seed);
    EwmaCorrelation fast(30, mean);
    std::vector<Row> rows;
    for (int i = 0; i < 400; ++i) {
        // Equal times, ordinary steps, and now and then a gap of 120 half-lives.
        const double elapsed = i % 97 == 50 ? 3600 : i % 5 == 0 ? 0 : random.uniform() * 4;
        const double common = random.normal();
        Row row{2 + common + random.normal(), common + random.normal(), elapsed / 30};
        if (random.uniform() < 0.1) row.x.reset();
        rows.push_back(row);
        if (row.x)
            fast.push_after(elapsed, *row.x, *row.y);
        else
            fast.push_absent_after(elapsed);
        CAPTURE(i);
        // Right behind a gap the long double twin itself keeps few digits of the means.
        const double bound = elapsed == 3600 && mean == Mean::weighted ? 1e-7 : 1e-10;
        REQUIRE(distance(fast.value(), explicit_weights(rows, mean)) < bound);
    }
}

TEST_CASE("a lambda a row is a half-life in rows") {
    test::Random random(3);
    const double half_life = 20;
    EwmaCorrelation rows(half_life, Mean::weighted);
    EwmaCorrelation lambda =
        EwmaCorrelation::with_lambda(std::exp2(-1 / half_life), Mean::weighted);
    EwmaCorrelation timed(half_life, Mean::weighted);
    for (int i = 0; i < 100; ++i) {
        const double x = random.normal(), y = x + random.normal();
        rows.push(x, y);
        lambda.push(x, y);
        timed.push_after(1, x, y);
        REQUIRE(rows.value() == lambda.value());
        REQUIRE(rows.value() == timed.value());
    }
}

TEST_CASE("levels near 1e5 that move by 1e-8 of themselves keep their digits") {
    test::Random random(7);
    EwmaCorrelation levels = EwmaCorrelation::with_lambda(0.99, Mean::weighted);
    EwmaCorrelation moves = EwmaCorrelation::with_lambda(0.99, Mean::weighted);
    double x = 0, y = 0;
    for (int i = 0; i < 100'000; ++i) {
        // Multiples of 2^-30 are exact at both places.
        const double common = random.normal();
        x = std::round((0.9 * x + common + random.normal()) * 1e6) * 0x1p-30;
        y = std::round((0.9 * y + common + random.normal()) * 1e6) * 0x1p-30;
        levels.push(1e5 + x, 1.2e5 + y);
        moves.push(x, y);
        REQUIRE(distance(levels.value(), moves.value()) < 1e-11);
        x *= 0x1p10;
        y *= 0x1p10;
    }
}

TEST_CASE("a side that stands still after it moved is measured by its move, not by round-off") {
    EwmaCorrelation correlation = EwmaCorrelation::with_lambda(0.9, Mean::weighted);
    correlation.push(0.1, 1);
    correlation.push(0.3, 2);
    for (int i = 0; i < 2000; ++i) correlation.push(0.7, 3);
    // Both sides fell asleep together: the old rows are all that is left, at whatever weight.
    const auto asleep = correlation.value();
    REQUIRE(asleep);
    EwmaCorrelation early = EwmaCorrelation::with_lambda(0.9, Mean::weighted);
    early.push(0.1, 1);
    early.push(0.3, 2);
    for (int i = 0; i < 300; ++i) early.push(0.7, 3);
    CHECK(*asleep == Approx(*early.value()).epsilon(1e-9));
}

TEST_CASE("rows without values leave the answer exactly, for however long") {
    test::Random random(4);
    const Mean mean = GENERATE(Mean::zero, Mean::weighted);
    EwmaCorrelation correlation = EwmaCorrelation::with_lambda(0.94, mean);
    for (int i = 0; i < 50; ++i) {
        const double x = random.normal();
        correlation.push(x, x + random.normal());
    }
    const auto before = correlation.value();
    REQUIRE(before);
    // Weights of 1e-54 count for nothing beside a new row, and 1e-2687 must not count otherwise.
    EwmaCorrelation shorter = correlation;
    for (int i = 0; i < 2000; ++i) shorter.push_absent();
    for (int i = 0; i < 100'000; ++i) correlation.push_absent();
    CHECK(correlation.value() == before);
    correlation.push(1, 0.5);
    shorter.push(1, 0.5);
    REQUIRE(shorter.value());
    CHECK(distance(correlation.value(), shorter.value()) < 1e-12);
}

TEST_CASE("an undefined weighted correlation is absent") {
    EwmaCorrelation zero = EwmaCorrelation::with_lambda(0.94);
    EwmaCorrelation demeaned = EwmaCorrelation::with_lambda(0.94, Mean::weighted);
    for (int i = 0; i < 100; ++i) {
        zero.push(0, i);
        demeaned.push(0.1, i);
        REQUIRE_FALSE(zero.value());
        REQUIRE_FALSE(demeaned.value());
    }
    zero.push(1, 1);
    demeaned.push(0.2, 1);
    CHECK(zero.value());
    CHECK(demeaned.value());
    EwmaCorrelation one(10);
    one.push(1, 2);
    CHECK_FALSE(one.value());
}

TEST_CASE("what the weights are worth grows from two rows to that of a long history") {
    const Mean mean = GENERATE(Mean::zero, Mean::weighted);
    test::Random random(13);
    EwmaCorrelation correlation(20, mean);
    CHECK(correlation.effective_rows() == 0);
    const double d = std::exp2(-1 / 20.0);
    std::vector<double> ages;
    for (int i = 0; i < 400; ++i) {
        for (double& age : ages) age += 1;
        if (random.uniform() < 0.3) {
            const double before = correlation.effective_rows();
            correlation.push_absent();
            REQUIRE(correlation.effective_rows() == before);
            continue;
        }
        correlation.push(random.normal(), random.normal());
        ages.push_back(0);
        double sum = 0, squares = 0;
        for (const double age : ages) {
            sum += std::pow(d, age);
            squares += std::pow(d, 2 * age);
        }
        REQUIRE(correlation.effective_rows() == Approx(sum * sum / squares).epsilon(1e-12));
        if (ages.size() == 2) REQUIRE(correlation.effective_rows() == Approx(2).epsilon(0.01));
    }
    EwmaCorrelation steady(20, mean);
    for (int i = 0; i < 2000; ++i) steady.push(1, i);
    CHECK(steady.effective_rows() == Approx((1 + d) / (1 - d)));
}

TEST_CASE("weighted correlation is symmetric, scale-free and one for a line") {
    test::Random random(11);
    const Mean mean = GENERATE(Mean::zero, Mean::weighted);
    EwmaCorrelation xy(20, mean), yx(20, mean), scaled(20, mean), line(20, mean);
    for (int i = 0; i < 300; ++i) {
        const double x = random.normal(), y = x + random.normal();
        xy.push(x, y);
        yx.push(y, x);
        scaled.push(x * 1024, y / 4096);
        line.push(x, -8 * x);
        if (i == 0) continue;
        REQUIRE(*xy.value() == *yx.value());
        REQUIRE(*xy.value() == *scaled.value());
        REQUIRE(*line.value() == Approx(-1).epsilon(1e-14));
    }
}

TEST_CASE("weighted correlation meets the reference vectors") {
    const std::string folder = "method/vectors/ewma_corr";
    if (!test::have_shared(folder)) return;
    std::size_t cases = 0;
    for (const auto& entry : std::filesystem::directory_iterator(test::shared_path(folder))) {
        const auto vector = test::read_vector(folder + "/" + entry.path().filename().string());
        const auto& inputs = vector["inputs"];
        if (!inputs.contains("x")) continue;  // made rows: with the other cases, in the daemon
        CAPTURE(entry.path().filename().string());
        const auto& params = vector["params"];
        const Mean mean = params["demean"].get<bool>() ? Mean::weighted : Mean::zero;
        const bool timed = inputs.contains("ts_ns");
        auto correlation = timed ? EwmaCorrelation(params["half_life_s"].get<double>() * 1e9, mean)
                                 : EwmaCorrelation::with_lambda(params["lam"].get<double>(), mean);
        for (std::size_t i = 0; i < inputs["x"].size(); ++i) {
            const auto x = test::maybe_number(inputs["x"][i]);
            const auto y = test::maybe_number(inputs["y"][i]);
            if (timed)
                correlation.push_after(
                    i == 0 ? 0.0
                           : static_cast<double>(inputs["ts_ns"][i].get<std::int64_t>() -
                                                 inputs["ts_ns"][i - 1].get<std::int64_t>()),
                    *x, *y);
            else if (x && y)
                correlation.push(*x, *y);
            else
                correlation.push_absent();
            CAPTURE(i);
            REQUIRE(test::meets(correlation.value(), vector["expected"]["rho"][i],
                                vector["tolerance"]));
        }
        ++cases;
    }
    CHECK(cases >= 6);
}
