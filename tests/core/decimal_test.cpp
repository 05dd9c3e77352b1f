#include "core/decimal.hpp"
#include "core/digits.hpp"

#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "core/decimal_double.hpp"

namespace contagiond::test {
namespace {

using core::Decimal;
using core::DecimalError;
using core::parse_decimal;
using core::read_short_whole;
using core::rescale;
using core::to_double;

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t int64_min = std::numeric_limits<std::int64_t>::min();

double reference(const std::string& text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// A number in JSON's grammar, of the shapes venues send and beyond.
std::string random_number(std::mt19937_64& random) {
    const auto below = [&random](std::uint64_t n) { return random() % n; };
    std::string text;
    if (below(3) == 0) text += '-';
    const auto whole_digits = below(11);
    if (whole_digits == 0) {
        text += '0';
    } else {
        text += static_cast<char>('1' + below(9));
        for (std::uint64_t i = 1; i < whole_digits; ++i) {
            text += static_cast<char>('0' + below(10));
        }
    }
    if (below(4) != 0) {
        text += '.';
        const auto digits = 1 + below(8);
        for (std::uint64_t i = 0; i < digits; ++i) text += static_cast<char>('0' + below(10));
        for (std::uint64_t i = below(6); i > 0; --i) text += '0';
    }
    if (below(4) == 0) {
        text += below(2) == 0 ? 'e' : 'E';
        if (const auto sign = below(3); sign != 0) text += sign == 1 ? '-' : '+';
        text += std::to_string(below(60));
    }
    return text;
}

}  // namespace

TEST_CASE("decimals keep the digits they were written with") {
    struct Row {
        const char* text;
        Decimal value;
    };
    const Row rows[] = {
        {"61837.63000000", {6183763000000, -8}},
        {"0", {0, 0}},
        {"-0", {0, 0}},
        {"0.00000000", {0, -8}},
        {"1E-8", {1, -8}},
        {"1e-8", {1, -8}},
        {"1.50e3", {150, 1}},
        {"2e+5", {2, 5}},
        {"-12.5", {-125, -1}},
        {"126.55", {12655, -2}},
        {"0.017615", {17615, -6}},
        {"9223372036854775807", {int64_max, 0}},
        {"-9223372036854775808", {int64_min, 0}},
        {"0.9223372036854775807", {int64_max, -19}},
        // Zeros are given up only as far as they do not fit.
        {"1000000000000000000", {1000000000000000000, 0}},
        {"10000000000000000000", {1000000000000000000, 1}},
        {"9300000000000000000", {930000000000000000, 1}},
        {"1.00000000000000000000", {1000000000000000000, -18}},
        {"0.000000000000000000000000000001", {1, -30}},
        {"1e127", {1, 127}},
        {"1e130", {1000, 127}},
        {"1000e-130", {10, -128}},
        {"0e99999999999999999999", {0, 127}},
        {"0e-99999999999999999999", {0, -128}},
    };
    for (const Row& row : rows) {
        INFO(row.text);
        const auto result = parse_decimal(row.text);
        CHECK(result.error == DecimalError::none);
        CHECK(result.value.mantissa == row.value.mantissa);
        CHECK(int{result.value.exponent} == int{row.value.exponent});
    }
}

TEST_CASE("what is no decimal is refused by name") {
    struct Row {
        std::string_view text;
        DecimalError error;
    };
    const Row rows[] = {
        {"", DecimalError::empty},
        {"-", DecimalError::malformed},
        {"+1", DecimalError::malformed},
        {".5", DecimalError::malformed},
        {"5.", DecimalError::malformed},
        {"-.5", DecimalError::malformed},
        {"01", DecimalError::malformed},
        {"00.1", DecimalError::malformed},
        {"-01", DecimalError::malformed},
        {"1e", DecimalError::malformed},
        {"1e+", DecimalError::malformed},
        {"1.e5", DecimalError::malformed},
        {"1.5.2", DecimalError::malformed},
        {" 1", DecimalError::malformed},
        {"1 ", DecimalError::malformed},
        {"1,5", DecimalError::malformed},
        {"0x10", DecimalError::malformed},
        {"--1", DecimalError::malformed},
        {"1_000", DecimalError::malformed},
        {"null", DecimalError::malformed},
        {std::string_view("1\0", 2), DecimalError::malformed},
        {std::string_view("\0", 1), DecimalError::malformed},
        {"\xd9\xa1", DecimalError::malformed},
        {"NaN", DecimalError::not_finite},
        {"nan", DecimalError::not_finite},
        {"-NaN", DecimalError::not_finite},
        {"Infinity", DecimalError::not_finite},
        {"-Infinity", DecimalError::not_finite},
        {"inf", DecimalError::not_finite},
        {"+INF", DecimalError::not_finite},
        {"nanny", DecimalError::malformed},
        {"9223372036854775808", DecimalError::overflow},
        {"9223372036854775808.0", DecimalError::overflow},
        {"-9223372036854775809", DecimalError::overflow},
        {"12345678901234567891", DecimalError::overflow},
        {"1.0000000000000000000000001", DecimalError::overflow},
        {"1e200", DecimalError::overflow},
        {"1e-200", DecimalError::overflow},
        {"1e99999999999999999999", DecimalError::overflow},
        {"1e-99999999999999999999", DecimalError::overflow},
    };
    for (const Row& row : rows) {
        INFO(row.text);
        CHECK(parse_decimal(row.text).error == row.error);
    }
    // A fraction longer than anything sane is an answer too, not a wrapped count.
    CHECK(parse_decimal("0." + std::string(300'000, '0') + "1").error == DecimalError::overflow);
    CHECK(parse_decimal(std::string(300'000, '9')).error == DecimalError::overflow);
}

TEST_CASE("a decimal's double is the one the text itself would give") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    int compared = 0;
    for (int i = 0; i < 200'000; ++i) {
        const std::string text = random_number(random);
        const auto result = parse_decimal(text);
        if (!result) {
            REQUIRE(result.error == DecimalError::overflow);
            continue;
        }
        ++compared;
        const double ours = to_double(result.value);
        const double theirs = reference(text) + 0.0;  // a decimal zero has no sign
        if (std::memcmp(&ours, &theirs, sizeof ours) != 0) {
            INFO(text);
            REQUIRE(ours == theirs);
        }
    }
    CHECK(compared > 150'000);
}

TEST_CASE("doubles of any mantissa and exponent are correctly rounded") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 100'000; ++i) {
        const Decimal value{static_cast<std::int64_t>(random() >> (random() % 64)),
                            static_cast<std::int8_t>(random())};
        const std::string text =
            std::to_string(value.mantissa) + "e" + std::to_string(int{value.exponent});
        REQUIRE(to_double(value) == reference(text));
        REQUIRE(std::isfinite(to_double(value)));
        REQUIRE(to_double(value.mantissa, value.exponent) == to_double(value));
    }
    CHECK(to_double({int64_min, 127}) == reference("-9223372036854775808e127"));
    CHECK(to_double({std::int64_t{1} << 53, -22}) == reference("9007199254740992e-22"));
}

TEST_CASE("rescaling keeps the value or refuses") {
    CHECK(rescale({125, -1}, -3).value == Decimal{12500, -3});
    CHECK(rescale({12500, -3}, -1).value == Decimal{125, -1});
    CHECK(rescale({125, -1}, 0).error == DecimalError::overflow);  // would lose the 5
    CHECK(rescale({int64_max, 0}, -1).error == DecimalError::overflow);
    CHECK(rescale({int64_min, 0}, -1).error == DecimalError::overflow);
    CHECK(rescale({1, 127}, -128).error == DecimalError::overflow);
    CHECK(rescale({0, 127}, -128).value == Decimal{0, -128});
    CHECK(rescale({-7, 3}, 3).value == Decimal{-7, 3});

    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 50'000; ++i) {
        const Decimal value{static_cast<std::int64_t>(random() >> (random() % 64)),
                            static_cast<std::int8_t>(static_cast<int>(random() % 40) - 20)};
        const auto target = static_cast<std::int8_t>(static_cast<int>(random() % 40) - 20);
        const auto there = rescale(value, target);
        if (!there) continue;
        const auto back = rescale(there.value, value.exponent);
        REQUIRE(back);
        REQUIRE(back.value == value);
        REQUIRE(to_double(there.value) == to_double(value));
    }
}

TEST_CASE("an exponent of nought changes nothing") {
    // With it the number is read digit by digit, without it eight digits at a time.
    const auto both = [](const std::string& text) {
        INFO('"' << text << '"');
        const auto plain = parse_decimal(text);
        const auto twin = parse_decimal(text + "e0");
        REQUIRE(plain.error == twin.error);
        REQUIRE(plain.value == twin.value);
    };
    for (const std::string digits : {"1234567890123456789012", "9999999999999999999999",
                                     "1000000000000000000000", "5070605040302010908071"})
        for (std::size_t size = 1; size <= digits.size(); ++size) {
            both(digits.substr(0, size));
            both("0." + digits.substr(0, size));
            both("-" + digits.substr(0, size));
            for (std::size_t point = 0; point <= size; ++point)
                both(digits.substr(0, point) + "." + digits.substr(point, size - point));
        }
    // Each place of each length holds something that is no digit.
    for (std::size_t size = 1; size <= 18; ++size)
        for (std::size_t place = 0; place < size; ++place)
            for (int byte = 0; byte < 256; ++byte) {
                if (byte == 'e' || byte == 'E') continue;
                std::string text(size, '7');
                text[place] = static_cast<char>(byte);
                both(text);
            }
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    constexpr std::string_view letters = "0123456789012345678901234567890.-+ /:\xb0";
    for (int i = 0; i < 200'000; ++i) {
        std::string text(1 + random() % 20, ' ');
        for (char& c : text) c = letters[random() % (i % 2 == 0 ? 31 : letters.size())];
        if (i % 4 == 0) text[random() % text.size()] = '.';
        both(text);
    }
}

TEST_CASE("a short whole number is read as a long one, or not at all") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 50'000; ++i) {
        const std::uint64_t number = random() >> (random() % 64);
        std::uint64_t read = 0;
        const std::string text = std::to_string(number);
        REQUIRE(read_short_whole(text, read) == (text.size() <= 16));
        if (text.size() <= 16) REQUIRE(read == number);
    }
    std::uint64_t untouched = 5;
    for (const char* text : {"", "-1", "1.0", "12345678x", "1234567/", ":", "12345678901234567"})
        CHECK_FALSE(read_short_whole(text, untouched));
    CHECK(untouched == 5);
    CHECK(read_short_whole("007", untouched));
    CHECK(untouched == 7);
}

}  // namespace contagiond::test
