// Elementary functions with the same bits on every machine.
//
// A C library's log and exp may take another way on a processor with fused multiply-add than on one
// without, and another again after an update; the last bit then differs, and with it the evidence's
// digest. These use nothing but IEEE 754 additions, multiplications, divisions and integer
// operations on 64-bit doubles, each rounded once and in the order written (the build sets
// -ffp-contract=off), so that compiler, optimisation and machine cannot be told from a result.
//
// Error bounds in units in the last place (ulp), held by tests/core/elementary_test.cpp:
//
//     log_ratio log log1p atanh exp exp2     0.52
//     expm1 tanh                             0.6
//     erfc                                   0.65
//
// so that all but a few results in a thousand are the correctly rounded ones. Special values are
// exact, as in C's Annex F, but a result that is no number is always the same quiet NaN. errno and
// the floating-point flags mean nothing. They assume the default rounding, to nearest, which the
// project never changes. Any thread; no state; nothing blocks.
//
// Methods (coefficients and tables are computed here, from series):
//   log, exp, expm1   table and short polynomial: Tang, ACM TOMS 15 (1989), 16 (1990), 18 (1992)
//   log_ratio, atanh  2·atanh((b - a)/(b + a)), its quotient carried to about 80 bits
//   erfc              one polynomial in (x - K)/(x + K) for (1 + 2x)·exp(x²)·erfc(x), the form of
//                     Shepherd and Laframboise, Math. Comp. 36 (1981)
//   sums and products of two doubles   Knuth; Dekker, Numer. Math. 18 (1971)
#pragma once

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <limits>

namespace contagiond::core::elementary {

static_assert(std::numeric_limits<double>::is_iec559 && std::numeric_limits<double>::digits == 53);
static_assert(FLT_EVAL_METHOD == 0, "an intermediate result must be a double, not something wider");

/// Natural logarithm. log(±0) is -inf, below zero NaN.
double log(double x);
/// log(1 + x), with its digits where x is small. log1p(±0) is ±0, log1p(-1) is -inf.
double log1p(double x);
/// e^x: 0 below about -745.13, +inf above about 709.78; subnormal results are rounded once.
double exp(double x);
/// 2^x: exact where x is whole.
double exp2(double x);
/// e^x - 1, with its digits where x is small.
double expm1(double x);
/// Hyperbolic tangent, -1 to 1; odd to the bit.
double tanh(double x);
/// Inverse of it: ±inf at ±1, NaN beyond; odd to the bit.
double atanh(double x);
/// Complementary error function 2/sqrt(pi)·∫_x^∞ exp(-t²) dt, 2 to 0, relative precision to the
/// end.
double erfc(double x);

/// log(to/from) for any two, however far apart: the part of log_ratio outside its short way.
double log_ratio_far(double from, double to);

/// The upper 26 bits of a double: such a part of one times such a part of another is exact.
constexpr double upper_half(double x) {
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) & ~0x7ff'ffffULL);
}

/// log(to/from) of two positive numbers, finite even where the quotient is not.
/// log_ratio(a, b) == -log_ratio(b, a) to the bit. NaN when one is negative or no number.
///
///     s = 2·(to - from)/(to + from),   log(to/from) = s + s³/12 + s⁵/80 + s⁷/448 + …
///
/// Within 1.5 % of each other, as successive prices are: their difference is exact, their sum is
/// taken in two parts, and one division gives the quotient in two parts; one rounding is left.
inline double log_ratio(double from, double to) {
    const double high = std::max(from, to), low = std::min(from, to);
    const double whole = high + low, twice_rise = 2 * (to - from);
    const double inverse = 1 / whole;
    const double s = twice_rise * inverse;
    // A sum between 2^-900 and 2^1000, as one comparison: no product below leaves the normal range.
    // Zero, negative numbers and NaN fail it, or the next.
    constexpr std::uint64_t least = 123ULL << 52, most = 2023ULL << 52;
    const bool ordinary = std::bit_cast<std::uint64_t>(whole) - least < most - least;
    if (!(std::abs(s) <= 0x1p-6) || !ordinary) return log_ratio_far(from, to);
    const double s_upper = upper_half(s), whole_upper = upper_half(whole);
    const double whole_lower = (high - whole_upper) + low;
    const double rest = (twice_rise - s_upper * whole_upper) - s_upper * whole_lower;
    const double s2 = s * s;
    const double series = 1.0 / 12 + s2 * (1.0 / 80 + s2 * (1.0 / 448));
    return s_upper + (rest * inverse + s * s2 * series);
}

}  // namespace contagiond::core::elementary
