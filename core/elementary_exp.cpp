// exp, exp2, expm1 and tanh. x = (128·m + j)·log 2/128 + r with |r| at most 2^-8.5:
//
//     e^x = 2^m·2^(j/128)·(1 + r + r²/2 + … + r⁵/120)
//
// 2^(j/128) stands in a table as two doubles, and r is found in two parts.
#include <array>
#include <limits>

#include "core/elementary.hpp"
#include "core/elementary_pair.hpp"

namespace contagiond::core::elementary {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

constexpr std::int64_t steps = 128;
constexpr int step_bits = 7;

struct ExpRow {
    double hi = 0;     ///< 2^(j/128)
    double ratio = 0;  ///< what hi misses, as a part of it
};

constexpr std::array<ExpRow, steps> make_rows() {
    std::array<ExpRow, steps> rows;
    for (std::size_t j = 0; j < rows.size(); ++j) {
        const double part = static_cast<double>(j) / static_cast<double>(steps);
        const Pair x = log_2 * Pair{part, 0};
        Pair term{1, 0}, total{1, 0};
        for (int n = 1; n < 40; ++n) {
            term = term * x / Pair{static_cast<double>(n), 0};
            total = total + term;
        }
        rows[j] = {total.hi, total.lo / total.hi};
    }
    return rows;
}
constexpr std::array<ExpRow, steps> exp_rows = make_rows();

/// log 2/128; the first part in whole multiples of 2^-42, so that times a step number it is exact.
constexpr double step_hi = (log_2.hi / steps + 0x1.8p10) - 0x1.8p10;
constexpr double step_lo = (log_2.hi / steps - step_hi) + log_2.lo / steps;
constexpr double steps_per_one = steps / log_2.hi;

/// The nearest whole number, halves to even; |x| < 2^51.
double nearest_whole(double x) {
    constexpr double shift = 0x1.8p52;  // a double of this size has no digits behind the point
    return (x + shift) - shift;
}

/// (e^r - 1 - r)/r², |r| < 2^-8.4
double series(double r) {
    return (1.0 / 2 + r * (1.0 / 6)) + r * r * (1.0 / 24 + r * (1.0 / 120));
}

/// The step below x, and what is left: x = whole·log 2/128 + upper - lower.
struct Reduced {
    std::int64_t whole;
    double upper;
    double lower;
};

Reduced reduce(double x) {
    const double whole = nearest_whole(x * steps_per_one);
    return {static_cast<std::int64_t>(whole), x - whole * step_hi, whole * step_lo};
}

/// 2^(whole/128)·e^r
ScaledPair at_step(std::int64_t whole, double r) {
    const ExpRow& row = exp_rows[static_cast<std::size_t>(whole & (steps - 1))];
    return {{row.hi, row.hi * (row.ratio + (r + r * r * series(r)))}, whole >> step_bits};
}

/// e^x - 1 for x from -44 to 44, in two parts.
Pair expm1_parts(double x) {
    // Near 0 the table would lose what cancels. The square is exact in two parts.
    if (x > -0.1 && x < 0.1) {
        const double x2 = x * x, x4 = x2 * x2;
        const double low = (1.0 / 6 + x * (1.0 / 24)) + x2 * (1.0 / 120 + x * (1.0 / 720));
        const double high =
            (1.0 / 5040 + x * (1.0 / 40320)) + x2 * (1.0 / 362880 + x * (1.0 / 3628800));
        const double upper = upper_half(x);
        const Pair two = fast_sum(x, 0.5 * upper * upper);
        return {two.hi, two.lo + (0.5 * (x - upper) * (x + upper) + x * x2 * (low + x4 * high))};
    }
    const Reduced reduced = reduce(x);
    const double r = reduced.upper - reduced.lower;
    const ExpRow& row = exp_rows[static_cast<std::size_t>(reduced.whole & (steps - 1))];
    const double power = row.hi * power_of_two(reduced.whole >> step_bits);
    const Pair less_one = sum(power, -1);
    const double growth = reduced.upper + ((row.ratio - reduced.lower) + r * r * series(r));
    return {less_one.hi, less_one.lo + power * growth};
}

}  // namespace

ScaledPair exp_parts(Pair x) {
    const Reduced reduced = reduce(x.hi);
    return at_step(reduced.whole, reduced.upper - (reduced.lower - x.lo));
}

double rounded(const ScaledPair& x) {
    const double value = x.value.hi + x.value.lo;
    if (x.exponent >= -1021 && x.exponent <= 1023) return value * power_of_two(x.exponent);
    if (x.exponent > 1024) return infinity;
    if (x.exponent == 1024) return value * 0x1p1023 * 2;
    if (x.exponent < -1100) return 0;
    if (x.exponent == -1022 && value >= 1) return value * 0x1p-1022;
    // Added to this number, what counts of the value is rounded where the smallest double's unit
    // will be: rounding first to 53 bits and then again could go wrong by one.
    const double aside = power_of_two(-1022 - x.exponent);
    const Pair s = sum(aside, x.value.hi);
    const double kept = (s.hi + (s.lo + x.value.lo)) - aside;
    return kept * 0x1p-1022 * power_of_two(x.exponent + 1022);
}

double exp(double x) {
    if (x > -708 && x < 709) {
        const Reduced reduced = reduce(x);
        const ScaledPair parts = at_step(reduced.whole, reduced.upper - reduced.lower);
        return (parts.value.hi + parts.value.lo) * power_of_two(parts.exponent);
    }
    if (x >= 710) return infinity;
    if (x <= -746) return 0;
    return x != x ? no_number : rounded(exp_parts({x, 0}));
}

double exp2(double x) {
    if (x >= 1024) return infinity;
    if (x <= -1076) return 0;
    if (x != x) return no_number;
    const double whole = nearest_whole(x * steps);
    const double r = (x - whole / steps) * log_2.hi;
    return rounded(at_step(static_cast<std::int64_t>(whole), r));
}

double expm1(double x) {
    if (x > -44 && x < 44) {
        const Pair parts = expm1_parts(x);
        // -0 and numbers too small for their square are themselves.
        return x > -0x1p-54 && x < 0x1p-54 ? x : parts.hi + parts.lo;
    }
    return x < 0 ? -1 : exp(x);
}

double tanh(double x) {
    const double size = x < 0 ? -x : x;
    if (size < 0x1p-27) return x;
    if (size > 20) return x < 0 ? -1 : 1;
    if (x != x) return no_number;
    // (e^2x - 1)/(e^2x + 1)
    const Pair parts = expm1_parts(2 * size);
    const Pair less_one = fast_sum(parts.hi, parts.lo);
    const Pair plus_one = sum(less_one.hi, 2);
    const Pair value = less_one / Pair{plus_one.hi, plus_one.lo + less_one.lo};
    return x < 0 ? -value.hi : value.hi;
}

}  // namespace contagiond::core::elementary
