#include "core/decimal.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <limits>

#include "core/decimal_double.hpp"
#include "core/digits.hpp"

namespace contagiond::core {
namespace {

constexpr std::uint64_t mantissa_max = std::numeric_limits<std::int64_t>::max();
constexpr int exponent_min = std::numeric_limits<std::int8_t>::min();
constexpr int exponent_max = std::numeric_limits<std::int8_t>::max();
/// Exponents written out in text are counted up to here; further out nothing fits anyway.
constexpr int text_exponent_limit = 100'000;

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr DecimalResult failed(DecimalError error) {
    return {.value = {}, .error = error};
}

/// Told apart from mere nonsense, because a venue that sends it means something by it.
bool names_no_number(std::string_view text) {
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    const auto is = [text](std::string_view word) {
        if (text.size() != word.size()) return false;
        for (std::size_t i = 0; i < word.size(); ++i) {
            const char c = text[i];
            if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != word[i]) {
                return false;
            }
        }
        return true;
    };
    return is("nan") || is("inf") || is("infinity");
}

DecimalResult not_a_number(std::string_view text) {
    if (text.empty()) return failed(DecimalError::empty);
    return failed(names_no_number(text) ? DecimalError::not_finite : DecimalError::malformed);
}

/// Digits collected from left to right. Nineteen always fit an unsigned 64-bit integer; of what
/// follows only zeros can be given up.
struct Digits {
    std::uint64_t value = 0;
    int count = 0;          ///< significant digits in value
    int given_up = 0;       ///< zeros that followed them and are left out
    bool too_many = false;  ///< something other than zeros was left out

    void add(char digit) {
        const auto d = static_cast<unsigned>(digit - '0');
        if (count < 19) {
            value = value * 10 + d;
            count += value != 0;
        } else {
            ++given_up;
            too_many |= d != 0;
        }
    }
};

/// Brings magnitude and exponent into range, losing no digit.
DecimalResult fit(std::uint64_t magnitude, int exponent, bool negative) {
    if (magnitude == 0) {
        if (exponent < exponent_min) exponent = exponent_min;
        if (exponent > exponent_max) exponent = exponent_max;
        return {.value = {0, static_cast<std::int8_t>(exponent)}, .error = DecimalError::none};
    }
    const std::uint64_t limit = mantissa_max + (negative ? 1 : 0);
    while (magnitude > limit || exponent < exponent_min) {
        if (magnitude % 10 != 0) return failed(DecimalError::overflow);
        magnitude /= 10;
        ++exponent;
    }
    while (exponent > exponent_max) {
        if (magnitude > limit / 10) return failed(DecimalError::overflow);
        magnitude *= 10;
        --exponent;
    }
    const std::uint64_t bits = negative ? 0 - magnitude : magnitude;
    return {.value = {static_cast<std::int64_t>(bits), static_cast<std::int8_t>(exponent)},
            .error = DecimalError::none};
}

/// Where the first '.' is; `size` if there is none.
std::size_t find_point(SixteenBytes bytes, std::size_t size) {
    constexpr std::uint64_t points = 0x2e2e2e2e2e2e2e2e;
    constexpr std::uint64_t ones = 0x0101010101010101;
    // The lowest bit that is left marks the lowest byte that is zero.
    const auto zeros = [](std::uint64_t word) { return (word - ones) & ~word & ones << 7; };
    const std::uint64_t first = zeros(static_cast<std::uint64_t>(bytes) ^ points);
    if (first != 0) return static_cast<std::size_t>(std::countr_zero(first)) / 8;
    const std::uint64_t last = zeros(static_cast<std::uint64_t>(bytes >> 64) ^ points);
    return last != 0 ? 8 + static_cast<std::size_t>(std::countr_zero(last)) / 8 : size;
}

/// How venues write nearly all numbers: at most sixteen characters, no sign, no exponent. False,
/// and nothing said, where it is anything else or anything is wrong with it. Sixteen digits always
/// fit.
bool parse_usual(std::string_view text, Decimal& out) {
    const std::size_t size = text.size();
    if constexpr (std::endian::native != std::endian::little) return false;
    if (size == 0 || size > sixteen) return false;
    if (text[0] == '0' && size > 1 && text[1] != '.') return false;
    SixteenBytes bytes = load_sixteen(text.data(), size);
    const std::size_t point = find_point(bytes, size);
    std::size_t digits = size;
    if (point < size) {
        if (point == 0 || point + 1 == size) return false;
        const SixteenBytes before = (static_cast<SixteenBytes>(1) << (8 * point)) - 1;
        bytes = (bytes & before) | (bytes >> 8 & ~before);
        --digits;
    }
    std::uint64_t value = 0;
    if (!read_digits(bytes, digits, value)) return false;
    out.mantissa = static_cast<std::int64_t>(value);
    out.exponent = static_cast<std::int8_t>(point < size ? -static_cast<int>(size - point - 1) : 0);
    return true;
}

}  // namespace

DecimalResult parse_decimal(std::string_view text) {
    DecimalResult usual;
    if (parse_usual(text, usual.value)) return usual;
    const char* p = text.data();
    const char* const end = p + text.size();
    const bool negative = p != end && *p == '-';
    if (negative) ++p;
    if (p == end || !is_digit(*p)) return not_a_number(text);

    Digits digits;
    if (*p == '0') {
        ++p;  // JSON knows no leading zeros: "0" stands alone before the point
        if (p != end && is_digit(*p)) return failed(DecimalError::malformed);
    } else {
        for (; p != end && is_digit(*p); ++p) digits.add(*p);
    }
    int exponent = 0;
    if (p != end && *p == '.') {
        const char* const first = ++p;
        for (; p != end && is_digit(*p); ++p) digits.add(*p);
        if (p == first) return failed(DecimalError::malformed);
        if (p - first > text_exponent_limit) return failed(DecimalError::overflow);
        exponent = -static_cast<int>(p - first);
    }
    if (p != end && (*p == 'e' || *p == 'E')) {
        ++p;
        const bool down = p != end && *p == '-';
        if (p != end && (*p == '-' || *p == '+')) ++p;
        if (p == end || !is_digit(*p)) return failed(DecimalError::malformed);
        int written = 0;
        for (; p != end && is_digit(*p); ++p) {
            if (written < text_exponent_limit) written = written * 10 + (*p - '0');
        }
        exponent += down ? -written : written;
    }
    if (p != end) return failed(DecimalError::malformed);
    if (digits.too_many) return failed(DecimalError::overflow);
    return fit(digits.value, exponent + digits.given_up, negative);
}

double to_double(Decimal value) {
    if (has_exact_factors(value.mantissa, value.exponent))
        return exact_double(value.mantissa, value.exponent);
    std::array<char, 32> text{};  // 20 characters, "e", 4 more
    char* const last = text.data() + text.size();
    // The limit leaves room for the exponent, in the compiler's eyes too.
    char* p = std::to_chars(text.data(), last - 5, value.mantissa).ptr;
    *p++ = 'e';
    p = std::to_chars(p, last, static_cast<int>(value.exponent)).ptr;
    double result = 0;
    std::from_chars(text.data(), p, result);
    return result;
}

DecimalResult rescale(Decimal value, std::int8_t exponent) {
    if (value.mantissa == 0) return {.value = {0, exponent}, .error = DecimalError::none};
    int steps = int{value.exponent} - int{exponent};
    for (; steps > 0; --steps) {
        if (__builtin_mul_overflow(value.mantissa, std::int64_t{10}, &value.mantissa)) {
            return failed(DecimalError::overflow);
        }
    }
    for (; steps < 0; ++steps) {
        if (value.mantissa % 10 != 0) return failed(DecimalError::overflow);
        value.mantissa /= 10;
    }
    return {.value = {value.mantissa, exponent}, .error = DecimalError::none};
}

}  // namespace contagiond::core
