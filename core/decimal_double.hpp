// to_double() of a decimal number for the hot path: inline, and its two parts apart, since the pair
// goes through memory where it is handed on as one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/decimal.hpp"

namespace contagiond::core {

/// Powers of ten that are exact as doubles.
inline constexpr std::array<double, 23> exact_powers_of_ten = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Whether mantissa * 10^exponent has two factors that are exact as doubles: then the one
/// multiplication or division rounds once.
constexpr bool has_exact_factors(std::int64_t mantissa, int exponent) {
    constexpr std::int64_t exact_max = std::int64_t{1} << 53;
    constexpr int power_max = static_cast<int>(exact_powers_of_ten.size()) - 1;
    return mantissa >= -exact_max && mantissa <= exact_max && exponent >= -power_max &&
           exponent <= power_max;
}

/// Of a number that has_exact_factors().
constexpr double exact_double(std::int64_t mantissa, int exponent) {
    const auto whole = static_cast<double>(mantissa);
    return exponent < 0 ? whole / exact_powers_of_ten[static_cast<std::size_t>(-exponent)]
                        : whole * exact_powers_of_ten[static_cast<std::size_t>(exponent)];
}

/// The double nearest to mantissa * 10^exponent: correctly rounded. Pure.
inline double to_double(std::int64_t mantissa, std::int8_t exponent) {
    return has_exact_factors(mantissa, exponent) ? exact_double(mantissa, exponent)
                                                 : to_double(Decimal{mantissa, exponent});
}

}  // namespace contagiond::core
