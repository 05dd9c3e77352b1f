// Decimal numbers as venues write them, kept exactly: an integer and a power of ten.
#pragma once

#include <cstdint>
#include <string_view>

namespace contagiond::core {

/// mantissa * 10^exponent. "61837.63000000" is {6183763000000, -8}: the text's own digits.
struct Decimal {
    std::int64_t mantissa = 0;
    std::int8_t exponent = 0;

    friend bool operator==(const Decimal&,
                           const Decimal&) = default;  ///< same digits, not same value
};

enum class DecimalError : std::uint8_t {
    none,
    empty,       ///< no characters
    malformed,   ///< not a number by JSON's grammar (a sign is allowed, white space is not)
    overflow,    ///< more digits than 64 bits hold, after trailing zeros were given up
    not_finite,  ///< NaN, Infinity or one of their spellings
};

struct DecimalResult {
    Decimal value;
    DecimalError error = DecimalError::none;
    explicit operator bool() const { return error == DecimalError::none; }
};

/// Reads the whole of `text`, in JSON's number grammar, without passing through floating point.
/// Exponents
/// ("1E-8") are folded into the result. Pure; never allocates.
DecimalResult parse_decimal(std::string_view text);

/// The double nearest to the value: correctly rounded. Pure.
double to_double(Decimal value);

/// The same value with the given exponent, or overflow if digits would be lost or do not fit.
DecimalResult rescale(Decimal value, std::int8_t exponent);

}  // namespace contagiond::core
