// Decimal digits read eight at a time, for numbers as short as venues write them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace contagiond::core {

/// Up to sixteen characters as one number, the first in the lowest byte, zeros behind the last.
/// Reads nothing behind the text. Little-endian machines only.
__extension__ using SixteenBytes = unsigned __int128;
inline constexpr std::size_t sixteen = 16;

inline SixteenBytes load_sixteen(const char* text, std::size_t size) {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    if (size >= 8) {
        std::memcpy(&first, text, 8);
        std::memcpy(&last, text + size - 8, 8);
        // In a short text the last eight overlap the first eight.
        return first | static_cast<SixteenBytes>(last) << (8 * (size - 8));
    }
    if (size >= 4) {
        std::uint32_t four = 0;
        std::memcpy(&four, text, 4);
        first = four;
        std::memcpy(&four, text + size - 4, 4);
        return first | std::uint64_t{four} << (8 * (size - 4));
    }
    for (std::size_t i = 0; i < size; ++i)
        first |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    return first;
}

/// Whether all eight bytes are '0' to '9'.
constexpr bool are_digits(std::uint64_t eight) {
    // A digit's upper half is 3, and adding 6 to its lower half must not carry into the upper.
    return ((eight & 0xf0f0f0f0f0f0f0f0) |
            (((eight + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) == 0x3333333333333333;
}

/// Of eight digits, the first in the lowest byte.
constexpr std::uint64_t value_of_digits(std::uint64_t eight) {
    eight = (eight & 0x0f0f0f0f0f0f0f0f) * ((10 << 8) + 1) >> 8;     // pairs
    eight = (eight & 0x00ff00ff00ff00ff) * ((100 << 16) + 1) >> 16;  // fours
    return (eight & 0x0000ffff0000ffff) * ((10'000ull << 32) + 1) >> 32;
}

/// `bytes` holds `size` characters, at most sixteen. False, and nothing said, if one is no digit.
inline bool read_digits(SixteenBytes bytes, std::size_t size, std::uint64_t& value) {
    constexpr std::uint64_t zeros = 0x3030303030303030;
    constexpr SixteenBytes all_zeros = zeros | static_cast<SixteenBytes>(zeros) << 64;
    if (size == 0) return false;
    if (size < sixteen) {
        const unsigned bits = static_cast<unsigned>(8 * (sixteen - size));
        bytes = bytes << bits | (all_zeros & ((static_cast<SixteenBytes>(1) << bits) - 1));
    }
    const auto first = static_cast<std::uint64_t>(bytes);
    const auto last = static_cast<std::uint64_t>(bytes >> 64);
    if (!are_digits(first) || !are_digits(last)) return false;
    value = value_of_digits(first) * 100'000'000 + value_of_digits(last);
    return true;
}

/// A whole number of up to sixteen digits. False for anything else.
inline bool read_short_whole(std::string_view text, std::uint64_t& value) {
    if constexpr (std::endian::native != std::endian::little) return false;
    return text.size() <= sixteen &&
           read_digits(load_sixteen(text.data(), text.size()), text.size(), value);
}

}  // namespace contagiond::core
