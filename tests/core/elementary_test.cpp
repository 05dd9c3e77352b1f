// The elementary functions against the C library's in 64 bits of mantissa, whose own errors are
// some thousandths of a unit in the last place here; and against bits written down once, which
// every compiler and machine must give again. After a change that is meant:
// CONTAGIOND_WRITE_GOLDEN=1 build/dev/tests/core_test "[golden]"
#include "core/elementary.hpp"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include "tests/core/elementary_inputs.hpp"

namespace {

namespace elementary = contagiond::core::elementary;
namespace test = contagiond::test;
using test::ElementaryFunction;
using Limits = std::numeric_limits<double>;

constexpr double infinity = Limits::infinity();
constexpr std::uint64_t seed = 7;
constexpr std::uint64_t random_points = 60'000;

std::uint64_t bits(double x) {
    return std::bit_cast<std::uint64_t>(x);
}

/// How far a result is from the truth, in units of the last place that a double of the truth's size
/// has. Results that no error may touch (infinite, zero, no number) count as wholly wrong or right.
double error_in_ulp(double result, long double truth) {
    constexpr double wrong = 1e9;
    const auto nearest = static_cast<double>(truth);
    if (std::isnan(truth)) return bits(result) == bits(Limits::quiet_NaN()) ? 0 : wrong;
    if (std::isinf(nearest) || std::isinf(result)) return result == nearest ? 0 : wrong;
    if (truth == 0) return bits(result) == bits(nearest) ? 0 : wrong;
    int exponent = 0;
    (void)std::frexp(truth, &exponent);
    const long double unit = std::ldexp(1.0L, std::max(exponent - 53, -1074));
    return static_cast<double>(std::abs((static_cast<long double>(result) - truth) / unit));
}

double next_up(double x) {
    return std::nextafter(x, infinity);
}

/// Arguments of one function: the hard ones, then random ones.
template <typename Take>
void for_arguments(const ElementaryFunction& f, std::uint64_t count, Take&& take) {
    for (const double x : test::elementary_hard_points(f)) take(x);
    for (std::uint64_t i = 1; i <= count; ++i) take(test::elementary_input(f, seed, i));
}

const ElementaryFunction& function_named(const std::string& name) {
    const auto& all = test::elementary_functions();
    return *std::find_if(all.begin(), all.end(), [&](const auto& f) { return f.name == name; });
}

std::string hexadecimal(std::uint64_t value) {
    std::ostringstream out;
    out << std::hex << value;
    return out.str();
}

}  // namespace

TEST_CASE("elementary functions are within their bound of the truth") {
    if constexpr (std::numeric_limits<long double>::digits < 64) {
        std::printf("no wider type to compare with on this machine\n");
        return;
    }
    for (const ElementaryFunction& f : test::elementary_functions()) {
        double worst = 0, worst_at = 0;
        for_arguments(f, random_points, [&](double x) {
            const double error = error_in_ulp(f.ours(x), f.truth(x));
            if (error <= worst) return;
            worst = error;
            worst_at = x;
        });
        std::printf("%-9s at most %.4f ulp, at %a\n", f.name, worst, worst_at);
        INFO(f.name << " at " << worst_at << ", seed " << seed);
        CHECK(worst <= f.ulp_max);
        CHECK(worst >= 0.49);  // nothing rounds better: the measure works
    }
}

TEST_CASE("log ratios are within half a unit of the truth however far the prices are apart") {
    double worst = 0;
    for (std::uint64_t i = 1; i <= 400'000; ++i) {
        const double u = static_cast<double>(test::splitmix(seed, 2 * i) >> 11) * 0x1p-53;
        const double v = static_cast<double>(test::splitmix(seed, 2 * i + 1) >> 11) * 0x1p-53;
        // Prices of any size, moves from one part in 2^53 to a factor of 16.
        const double from = std::exp2(40 * u - 20);
        const double to = from * std::exp2((i % 2 ? 4 : -4) * std::exp2(-56 * v));
        const long double move = (static_cast<long double>(to) - from) / from;
        const double error = error_in_ulp(elementary::log_ratio(from, to), std::log1p(move));
        if (error > worst) worst = error;
        REQUIRE(bits(elementary::log_ratio(to, from)) ==
                (to == from ? 0 : bits(-elementary::log_ratio(from, to))));
    }
    std::printf("log_ratio of two prices: at most %.4f ulp\n", worst);
    if (std::numeric_limits<long double>::digits >= 64) CHECK(worst <= 0.52);

    CHECK(elementary::log_ratio(0x1p-1074, Limits::max()) == Approx(1454.2227848).epsilon(1e-10));
    CHECK(elementary::log_ratio(Limits::max(), 0x1p-1074) == Approx(-1454.2227848).epsilon(1e-10));
    CHECK(elementary::log_ratio(Limits::max(), Limits::max()) == 0);
    CHECK(elementary::log_ratio(0x1p-1074, 0x1p-1074) == 0);
    CHECK(elementary::log_ratio(0x1p-1074, 0x1p-1073) == elementary::log(2));
    CHECK(elementary::log_ratio(0, 1) == infinity);
    CHECK(elementary::log_ratio(1, 0) == -infinity);
    CHECK(elementary::log_ratio(1, infinity) == infinity);
    for (const auto& [a, b] : {std::pair{0.0, 0.0},
                               {-1.0, -1.0},
                               {-1.0, -1.001},
                               {-1.0, 1.0},
                               {infinity, infinity},
                               {1.0, Limits::quiet_NaN()},
                               {Limits::quiet_NaN(), 1.0}})
        CHECK(bits(elementary::log_ratio(a, b)) == bits(Limits::quiet_NaN()));
}

TEST_CASE("special values of elementary functions are exact") {
    using namespace contagiond::core::elementary;
    CHECK(bits(elementary::log(1)) == bits(0.0));
    CHECK(elementary::log(0.0) == -infinity);
    CHECK(elementary::log(-0.0) == -infinity);
    CHECK(elementary::log(infinity) == infinity);
    CHECK(std::isnan(elementary::log(-1)));
    CHECK(elementary::log1p(-1) == -infinity);
    CHECK(elementary::exp(0) == 1);
    CHECK(elementary::exp(-0.0) == 1);
    CHECK(elementary::exp(infinity) == infinity);
    CHECK(bits(elementary::exp(-infinity)) == bits(0.0));
    CHECK(elementary::exp(709.782712893384) < infinity);
    CHECK(elementary::exp(709.7827128933841) == infinity);
    CHECK(elementary::exp(-745.1332191019411) == 0x1p-1074);
    CHECK(elementary::exp(-745.1332191019412) == 0);
    CHECK(elementary::expm1(-infinity) == -1);
    CHECK(elementary::tanh(infinity) == 1);
    CHECK(elementary::tanh(-infinity) == -1);
    CHECK(elementary::atanh(1) == infinity);
    CHECK(elementary::atanh(-1) == -infinity);
    CHECK(elementary::erfc(0.0) == 1);
    CHECK(elementary::erfc(-infinity) == 2);
    CHECK(bits(elementary::erfc(infinity)) == bits(0.0));
    for (const double zero : {0.0, -0.0})
        for (const auto& f :
             {elementary::log1p, elementary::expm1, elementary::tanh, elementary::atanh})
            CHECK(bits(f(zero)) == bits(zero));
    for (const ElementaryFunction& f : test::elementary_functions()) {
        INFO(f.name);
        for (const double nan : {Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::signaling_NaN(),
                                 std::bit_cast<double>(0xfff8'0000'dead'beefULL)})
            CHECK(bits(f.ours(nan)) == bits(Limits::quiet_NaN()));
    }
    for (int e = -1074; e < 1024; ++e) REQUIRE(elementary::exp2(e) == std::ldexp(1.0, e));
    CHECK(elementary::exp2(1024) == infinity);
    CHECK(elementary::exp2(-1075) == 0);
    CHECK(elementary::exp2(next_up(-1075.0)) == 0x1p-1074);
}

TEST_CASE("elementary functions rise where they should") {
    for (const ElementaryFunction& f : test::elementary_functions()) {
        const double sign = std::string(f.name) == "erfc" ? -1 : 1;
        INFO(f.name << ", seed " << seed);
        std::uint64_t fallen = 0;
        for_arguments(f, random_points, [&](double x) {
            double before = f.ours(x);
            for (int i = 0; i < 4 && !std::isnan(before); ++i) {
                x = next_up(x);
                const double after = f.ours(x);
                if (std::isnan(after)) break;
                fallen += sign * after < sign * before;
                before = after;
            }
        });
        CHECK(fallen == 0);
    }
}

TEST_CASE("elementary functions keep their identities") {
    const double eps = Limits::epsilon();
    INFO("seed " << seed);
    for (std::uint64_t i = 1; i <= random_points; ++i) {
        const double u = static_cast<double>(test::splitmix(seed, i) >> 11) * 0x1p-53;
        const double x = 40 * u - 20;
        REQUIRE(bits(elementary::tanh(-x)) == bits(-elementary::tanh(x)));
        REQUIRE(bits(elementary::atanh(-u)) == bits(-elementary::atanh(u)));
        REQUIRE(bits(elementary::log_ratio(1, 1 + u)) == bits(-elementary::log_ratio(1 + u, 1)));
        REQUIRE(elementary::log(elementary::exp(x)) == Approx(x).epsilon(eps).margin(eps));
        REQUIRE(elementary::log1p(elementary::expm1(x / 20)) == Approx(x / 20).epsilon(3 * eps));
        REQUIRE(elementary::tanh(elementary::atanh(u)) == Approx(u).epsilon(3 * eps));
        REQUIRE(elementary::erfc(x / 4) + elementary::erfc(-x / 4) == Approx(2).epsilon(eps));
        REQUIRE(elementary::exp2(x) ==
                Approx(elementary::exp(x * 0x1.62e42fefa39efp-1)).epsilon(40 * eps));
    }
}

TEST_CASE("elementary functions give the bits written down", "[golden]") {
    const auto path = std::filesystem::path(CONTAGIOND_SOURCE_DIR) / "tests/golden/elementary.csv";
    if (std::getenv("CONTAGIOND_WRITE_GOLDEN") != nullptr) {
        std::ofstream out(path, std::ios::binary);
        out << "# function,bits of the argument,bits of the result; as the argument `all`, the "
               "digest of many results\n";
        for (const ElementaryFunction& f : test::elementary_functions()) {
            for (std::uint64_t i = 1, kept = 0; kept < 200; ++i) {
                const double x = test::elementary_input(f, 2, i), y = f.ours(x);
                // Few of those that anything would get right.
                if (kept >= 20 && (!std::isfinite(y) || y == x || y == std::floor(y))) continue;
                out << f.name << ',' << hexadecimal(bits(x)) << ',' << hexadecimal(bits(y)) << '\n';
                ++kept;
            }
            out << f.name << ",all," << hexadecimal(test::elementary_digest(f, 50'000)) << '\n';
        }
    }
    std::ifstream file(path, std::ios::binary);
    std::string line;
    REQUIRE(std::getline(file, line));
    std::size_t lines = 0;
    while (std::getline(file, line)) {
        INFO(line);
        std::istringstream row(line);
        std::string name, argument, result;
        std::getline(row, name, ',');
        std::getline(row, argument, ',');
        std::getline(row, result);
        const ElementaryFunction& f = function_named(name);
        const std::uint64_t now =
            argument == "all"
                ? test::elementary_digest(f, 50'000)
                : bits(f.ours(std::bit_cast<double>(std::stoull(argument, nullptr, 16))));
        REQUIRE(hexadecimal(now) == result);
        ++lines;
    }
    CHECK(lines == 201 * test::elementary_functions().size());
}
