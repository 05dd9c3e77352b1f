#include "core/estimators/distributions.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace contagiond::core;

namespace {

double relative(double value, double wanted) {
    return std::abs(value - wanted) / std::abs(wanted);
}

}  // namespace

TEST_CASE("the incomplete beta function has its known values") {
    struct Row {
        double a, b, x, value;
    };
    // Computed with sixty digits from the doubles written here.
    for (const Row& row : {Row{0.5, 0.5, 0.25, 1.0 / 3}, Row{2, 3, 0.4, 0.52480000000000003837},
                           Row{10, 10, 0.5, 0.5}, Row{5, 0.5, 0.1, 2.5705896992293734871e-6},
                           Row{58, 0.5, 0.9, 0.00048571700371347656412},
                           Row{5000, 0.5, 0.99, 1.184963648894923125e-23},
                           Row{0.001, 2, 0.3, 0.99949590940632457545},
                           Row{300, 700, 0.25, 0.00017989197772738935208},
                           Row{100, 100, 0.7, 0.99999999815888588842},
                           Row{0.5, 5000, 1e-05, 0.24816496584106967002}}) {
        CAPTURE(row.a, row.b, row.x);
        const auto value = incomplete_beta(row.a, row.b, row.x);
        REQUIRE(value);
        CHECK(relative(*value, row.value) < 5e-14);
    }
}

TEST_CASE("the incomplete beta function is symmetric and meets its polynomial for whole numbers") {
    for (double a = 1; a <= 6; ++a) {
        for (double b = 1; b <= 6; ++b) {
            for (double x = 0.0625; x < 1; x += 0.0625) {
                CAPTURE(a, b, x);
                // P(at least a successes in a + b - 1 trials).
                const double trials = a + b - 1;
                double sum = 0, term = std::pow(1 - x, trials);  // of 0 successes
                for (double k = 0; k <= trials; ++k) {
                    if (k >= a) sum += term;
                    term *= (trials - k) / (k + 1) * x / (1 - x);
                }
                REQUIRE(relative(*incomplete_beta(a, b, x), sum) < 1e-13);
                REQUIRE(*incomplete_beta(a, b, x) + *incomplete_beta(b, a, 1 - x) ==
                        Approx(1).epsilon(1e-14));
            }
        }
    }
}

TEST_CASE("Student's t keeps its relative precision in the far tail") {
    struct Row {
        double t, df, p;
    };
    for (const Row& row :
         {Row{0.5, 1, 0.70483276469913345165}, Row{2, 1, 0.29516723530086654835},
          Row{1, 2, 0.42264973081037423549}, Row{12.706204736432095, 1, 0.049999999998991305639},
          Row{2.228138851964939, 10, 0.050000000001808631294}, Row{3, 5, 0.030099247897462573847},
          Row{7.422316313859489, 117, 2.0131409107891554475e-11},
          Row{40, 30, 1.3726045194406402787e-27}, Row{0.001, 4, 0.99925000015624995897},
          Row{3, 10000, 0.0027064481899976662858}, Row{35, 1000, 7.3462836037486932972e-176},
          Row{5, 1e6, 5.733997870890741569e-7}, Row{1e10, 3, 2.205315581687168198e-30},
          Row{1.5, 0.5, 0.50790179064810844745}, Row{30, 1e8, 9.8333642858832649873e-198}}) {
        CAPTURE(row.t, row.df);
        const auto p = student_t_two_sided(row.t, row.df);
        REQUIRE(p);
        // The bound of the header, with |w| = t²/2.
        const double bound =
            (100 + row.t * row.t / 2 * std::min(1.0, row.df / (row.t * row.t)) - std::log(row.p)) *
            2.3e-16;
        CHECK(relative(*p, row.p) < bound);
        CHECK(*student_t_two_sided(-row.t, row.df) == *p);
    }
}

TEST_CASE("Student's t with one and two degrees of freedom is elementary") {
    for (double t = 0.125; t < 40; t *= 1.25) {
        CAPTURE(t);
        CHECK(relative(*student_t_two_sided(t, 1), 1 - 2 * std::atan(t) / M_PI) < 1e-13);
        const double root = std::sqrt(2 + t * t);
        CHECK(relative(*student_t_two_sided(t, 2), 2 / (root * (root + t))) < 1e-13);
    }
}

TEST_CASE("tail probabilities have an answer at the ends and none outside") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double inf = std::numeric_limits<double>::infinity();
    CHECK(*student_t_two_sided(0, 5) == 1);
    CHECK(*student_t_two_sided(inf, 5) == 0);
    CHECK(*student_t_two_sided(-inf, 5) == 0);
    CHECK_FALSE(student_t_two_sided(nan, 5));
    CHECK_FALSE(student_t_two_sided(1, 0));
    CHECK_FALSE(student_t_two_sided(1, -1));
    CHECK_FALSE(student_t_two_sided(1, inf));
    CHECK(*incomplete_beta(2, 3, 0) == 0);
    CHECK(*incomplete_beta(2, 3, 1) == 1);
    CHECK_FALSE(incomplete_beta(2, 3, 1.1));
    CHECK_FALSE(incomplete_beta(2, 3, -0.1));
    CHECK_FALSE(incomplete_beta(0, 3, 0.5));
    CHECK_FALSE(incomplete_beta(2, nan, 0.5));
}

TEST_CASE("the normal tail keeps its relative precision") {
    CHECK(normal_upper_tail(0) == 0.5);
    CHECK(relative(normal_upper_tail(1), 0.15865525393145705141) < 1e-15);
    CHECK(relative(normal_upper_tail(-2), 0.9772498680518207928) < 1e-15);
    CHECK(relative(normal_upper_tail(5), 2.8665157187919391167e-7) < 1e-14);
    CHECK(relative(normal_upper_tail(10), 7.619853024160526066e-24) < 3e-14);
    CHECK(relative(normal_upper_tail(37), 5.7255712225245768227e-300) < 4e-13);
}
