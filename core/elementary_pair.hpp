// Numbers of about 106 bits as unevaluated sums of two doubles, for the inside of the elementary
// functions and for their tables, which the compiler computes from the definitions.
//
// fast_sum and sum: Dekker (1971) and Knuth (The Art of Computer Programming, 4.2.2); the two
// doubles together are exactly the sum. product: the same up to 2^-105 of the product.
#pragma once

#include <cstdint>

#include "core/elementary.hpp"

namespace contagiond::core::elementary {

/// hi + lo; |lo| is small against hi.
struct Pair {
    double hi = 0;
    double lo = 0;
};

/// a + b where |a| >= |b| or a is 0.
constexpr Pair fast_sum(double a, double b) {
    const double hi = a + b;
    return {hi, b - (hi - a)};
}

constexpr Pair sum(double a, double b) {
    const double hi = a + b;
    const double b_part = hi - a;
    return {hi, (a - (hi - b_part)) + (b - b_part)};
}

constexpr Pair product(double a, double b) {
    const double a_upper = upper_half(a), b_upper = upper_half(b);
    const double a_lower = a - a_upper, b_lower = b - b_upper;
    const double hi = a * b;
    return {hi,
            ((a_upper * b_upper - hi) + a_upper * b_lower + a_lower * b_upper) + a_lower * b_lower};
}

constexpr Pair operator+(Pair a, Pair b) {
    const Pair s = sum(a.hi, b.hi);
    return fast_sum(s.hi, s.lo + (a.lo + b.lo));
}

constexpr Pair operator*(Pair a, Pair b) {
    const Pair p = product(a.hi, b.hi);
    return fast_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

constexpr Pair operator/(Pair a, Pair b) {
    const double q = a.hi / b.hi;
    const Pair p = product(q, b.hi);
    return fast_sum(q, (((a.hi - p.hi) - p.lo) + (a.lo - q * b.lo)) / b.hi);
}

/// 2·atanh(y) by its series, |y| < 0.4: log((1 + y)/(1 - y)). For tables: it takes 60 terms.
constexpr Pair twice_atanh_series(Pair y) {
    const Pair y2 = y * y;
    Pair power = y, total = y;
    for (int n = 3; n < 120; n += 2) {
        power = power * y2;
        total = total + power / Pair{static_cast<double>(n), 0};
    }
    return {2 * total.hi, 2 * total.lo};
}

/// log 2 = 2·atanh(1/3)
constexpr Pair log_2 = twice_atanh_series(Pair{1, 0} / Pair{3, 0});

/// 2^exponent for a normal result.
constexpr double power_of_two(std::int64_t exponent) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// value·2^exponent.
struct ScaledPair {
    Pair value;
    std::int64_t exponent = 0;
};

/// e^(x.hi + x.lo) for |x.hi| < 2000, with value from 1 to 2; about 2^-61 of it lost.
ScaledPair exp_parts(Pair x);

/// The double next to a scaled pair with value from 1 to 2: rounded once, also where it is
/// subnormal, +inf where it is too large.
double rounded(const ScaledPair& x);

}  // namespace contagiond::core::elementary
