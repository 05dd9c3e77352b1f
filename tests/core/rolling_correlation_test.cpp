#include "core/estimators/rolling_correlation.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <deque>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/estimators/ewma_correlation.hpp"
#include "tests/support/random.hpp"
#include "tests/support/shared_data.hpp"

using namespace contagiond;
using core::RollingCorrelation;

namespace {

using Pair = std::pair<std::optional<double>, std::optional<double>>;

/// The slow, obvious twin: two passes over the window in long double.
std::optional<double> two_pass(const std::deque<Pair>& window, std::size_t min_rows) {
    long double n = 0, mx = 0, my = 0;
    bool constant_x = true, constant_y = true;
    std::optional<double> first_x, first_y;
    for (const auto& [x, y] : window) {
        if (!x || !y) continue;
        if (!first_x) {
            first_x = x;
            first_y = y;
        }
        constant_x = constant_x && *x == *first_x;
        constant_y = constant_y && *y == *first_y;
        n += 1;
        mx += *x;
        my += *y;
    }
    if (n < min_rows || constant_x || constant_y) return std::nullopt;
    mx /= n;
    my /= n;
    long double sxx = 0, syy = 0, sxy = 0;
    for (const auto& [x, y] : window) {
        if (!x || !y) continue;
        sxx += (*x - mx) * (*x - mx);
        syy += (*y - my) * (*y - my);
        sxy += (*x - mx) * (*y - my);
    }
    return static_cast<double>(sxy / std::sqrt(sxx * syy));
}

class Twin {
  public:
    Twin(std::uint32_t window, std::uint32_t min_rows)
        : fast_(window, min_rows), window_(window), min_rows_(min_rows) {}

    void push(std::optional<double> x, std::optional<double> y) {
        if (x && y)
            fast_.push(*x, *y);
        else
            fast_.push_absent();
        rows_.emplace_back(x, y);
        if (rows_.size() > window_) rows_.pop_front();
    }
    /// Distance of the two answers; infinite when one is absent and the other is not.
    double distance() const {
        const auto fast = fast_.value();
        const auto slow = two_pass(rows_, min_rows_);
        if (fast.has_value() != slow.has_value()) return INFINITY;
        return fast ? std::abs(*fast - *slow) : 0.0;
    }

  private:
    RollingCorrelation fast_;
    std::deque<Pair> rows_;
    std::size_t window_;
    std::size_t min_rows_;
};

}  // namespace

TEST_CASE("rolling correlation agrees with two passes at every row, with and without gaps") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    test::Random random(seed);
    Twin twin(37, 5);
    for (int i = 0; i < 2000; ++i) {
        const double common = random.normal();
        std::optional<double> x = common + random.normal();
        std::optional<double> y = common + random.normal();
        if (random.uniform() < 0.2) x.reset();
        if (random.uniform() < 0.1) y.reset();
        twin.push(x, y);
        REQUIRE(twin.distance() < 1e-12);
    }
}

TEST_CASE("a large value leaves no trace in a correlation, whichever row it came in") {
    const std::uint32_t window = 12;
    for (int place = 0; place < 3 * 12; ++place) {
        CAPTURE(place);
        test::Random random(8);
        RollingCorrelation correlation(window, 4), clean(window, 4);
        for (int i = 0; i < 70; ++i) {
            const double x = random.normal(), y = x + random.normal();
            // Half of the rows around it are absent.
            const bool absent = i != place && random.uniform() < 0.5;
            if (absent) {
                correlation.push_absent();
                clean.push_absent();
            } else {
                correlation.push(i == place ? 1e12 : x, i == place ? -1e12 : y);
                clean.push(x, y);
            }
            if (i < place + 12) continue;
            REQUIRE(correlation.value().has_value() == clean.value().has_value());
            if (clean.value())
                REQUIRE(*correlation.value() == Approx(*clean.value()).margin(1e-14));
        }
    }
}

TEST_CASE(
    "rolling correlation of prices near 1e5 that move by 1e-8 of themselves is exact to 1e-9") {
    test::Random random(7);
    Twin twin(120, 30);
    double worst = 0, x = 1e5, y = 1.2e5;
    for (int i = 0; i < 200'000; ++i) {
        const double common = random.normal();
        x += 1e-3 * (common + random.normal());
        y += 1e-3 * (common + random.normal());
        twin.push(x, y);
        if (i % 101 == 0) worst = std::max(worst, twin.distance());
    }
    CAPTURE(worst);
    CHECK(worst < 1e-9);
}

TEST_CASE("an undefined correlation is absent") {
    RollingCorrelation correlation(10, 4);
    CHECK_FALSE(correlation.value());
    for (int i = 0; i < 3; ++i) correlation.push(i, 2.0 * i);
    CHECK_FALSE(correlation.value());  // too few
    for (int i = 0; i < 20; ++i) correlation.push(0.1, i);
    CHECK_FALSE(
        correlation.value());  // one side constant: 0.1 is not representable, its mean is not 0.1
    for (int i = 0; i < 10; ++i) correlation.push_absent();
    CHECK_FALSE(correlation.value());
    CHECK(correlation.rows() == 0);
}

TEST_CASE("correlation is symmetric, scale-free and exactly one for a line") {
    test::Random random(11);
    RollingCorrelation xy(50, 5), yx(50, 5), scaled(50, 5), line(50, 5), falling(50, 5);
    for (int i = 0; i < 300; ++i) {
        const double x = random.normal(), y = x + random.normal();
        xy.push(x, y);
        yx.push(y, x);
        scaled.push(x * 1024, y / 4096);  // powers of two scale without rounding
        line.push(x, 8 * x);
        falling.push(x, -x / 2);
        if (i < 5) continue;
        REQUIRE(*xy.value() == *yx.value());
        REQUIRE(*xy.value() == *scaled.value());
        REQUIRE(*line.value() == Approx(1).epsilon(1e-14));
        REQUIRE(*falling.value() == Approx(-1).epsilon(1e-14));
    }
}

TEST_CASE("rolling correlation meets the reference vectors") {
    if (!test::have_shared("method/vectors/rolling_pearson")) return;
    std::size_t cases = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(test::shared_path("method/vectors/rolling_pearson"))) {
        const auto vector = nlohmann::json::parse(std::ifstream(entry.path()));
        const auto& inputs = vector["inputs"];
        if (!inputs.contains("x")) continue;  // generated cases have a test of their own below
        CAPTURE(entry.path().filename().string());
        RollingCorrelation correlation(vector["params"]["window"].get<std::uint32_t>(),
                                       vector["params"]["min_n"].get<std::uint32_t>());
        const double tolerance = vector["tolerance"]["abs"];
        const auto& expected = vector["expected"]["rho"];
        REQUIRE(expected.size() == inputs["x"].size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const auto &x = inputs["x"][i], &y = inputs["y"][i];
            if (x.is_number() && y.is_number())
                correlation.push(x, y);
            else
                correlation.push_absent();
            const auto value = correlation.value();
            CAPTURE(i);
            REQUIRE(value.has_value() == expected[i].is_number());
            if (value) REQUIRE(std::abs(*value - expected[i].get<double>()) <= tolerance);
        }
        ++cases;
    }
    CHECK(cases >= 5);
}

TEST_CASE("rolling correlation meets the million-row reference vector") {
    const std::string path = "method/vectors/rolling_pearson/million_steps.json";
    if (!test::have_shared(path)) return;
    const auto vector = nlohmann::json::parse(std::ifstream(test::shared_path(path)));
    const auto& inputs = vector["inputs"];
    const auto seed = inputs["seed"].get<std::uint64_t>();
    std::uint64_t taken = 0;
    const auto uniform = [&] { return test::splitmix_uniform(seed, ++taken); };
    const auto sum_of_four = [&] {
        double sum = uniform();
        for (int i = 1; i < 4; ++i) sum += uniform();
        return sum - 2;
    };
    RollingCorrelation correlation(vector["params"]["window"].get<std::uint32_t>(),
                                   vector["params"]["min_n"].get<std::uint32_t>());
    const double tolerance = vector["tolerance"]["abs"];
    std::size_t next = 0;
    const auto& at = vector["expected"]["row"];
    for (std::size_t k = 0; k < inputs["rows"].get<std::size_t>(); ++k) {
        const double g1 = sum_of_four(), g2 = sum_of_four();
        sum_of_four();  // the third belongs to the controls of other cases
        const double scale = (k / 4096) % 8 == 3 ? 1048576.0 : 1.0;
        const double x = g1 * scale, y = (0.5 * g1 + 0.75 * g2) * scale;
        if (k < inputs["first_x"].size()) {
            REQUIRE(x == inputs["first_x"][k].get<double>());
            REQUIRE(y == inputs["first_y"][k].get<double>());
        }
        correlation.push(x, y);
        if (next < at.size() && at[next].get<std::size_t>() == k) {
            CAPTURE(k);
            REQUIRE(correlation.value());
            REQUIRE(std::abs(*correlation.value() -
                             vector["expected"]["rho"][next].get<double>()) <= tolerance);
            ++next;
        }
    }
    CHECK(next == at.size());
}

TEST_CASE("exponentially weighted correlation agrees with explicit weights") {
    test::Random random(5);
    const double half_life = 20;
    core::EwmaCorrelation fast(half_life);
    std::vector<Pair> rows;
    for (int i = 0; i < 400; ++i) {
        const double common = random.normal();
        const bool present = random.uniform() < 0.8;
        if (present) {
            rows.emplace_back(common + random.normal(), common + random.normal());
            fast.push(*rows.back().first, *rows.back().second);
        } else {
            rows.emplace_back();
            fast.push_absent();
        }
        double sxx = 0, syy = 0, sxy = 0;
        std::size_t valid = 0;
        for (std::size_t k = 0; k < rows.size(); ++k) {
            if (!rows[k].first) continue;
            ++valid;
            const double w = std::exp2(-static_cast<double>(rows.size() - 1 - k) / half_life);
            sxx += w * *rows[k].first * *rows[k].first;
            syy += w * *rows[k].second * *rows[k].second;
            sxy += w * *rows[k].first * *rows[k].second;
        }
        REQUIRE(fast.value().has_value() == (valid >= 2));
        if (fast.value())
            REQUIRE(*fast.value() == Approx(sxy / std::sqrt(sxx * syy)).epsilon(1e-12));
    }
}
