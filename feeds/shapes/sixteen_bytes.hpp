// What sixteen bytes are, all at once: bit n of an answer is about byte n. Pure; the same bits on
// every machine, with SSE2 (which every x86-64 has) or without.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace contagiond::feeds {

/// Digits, and those of them that are no zero.
struct DigitMasks {
    std::uint32_t digit;
    std::uint32_t not_zero;
};

/// As below, byte by byte: for machines without SSE2, and for the test that compares the two.
inline DigitMasks digit_masks_plainly(const char* p) {
    DigitMasks masks{0, 0};
    for (unsigned n = 0; n < 16; ++n) {
        if (p[n] >= '0' && p[n] <= '9') masks.digit |= 1U << n;
        if (p[n] >= '1' && p[n] <= '9') masks.not_zero |= 1U << n;
    }
    return masks;
}

inline std::uint32_t plain_mask_plainly(const char* p) {
    std::uint32_t mask = 0;
    for (unsigned n = 0; n < 16; ++n)
        if (p[n] >= ' ' && p[n] <= '~' && p[n] != '"' && p[n] != '\\') mask |= 1U << n;
    return mask;
}

#ifdef __SSE2__

inline DigitMasks digit_masks(const char* p) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // Above a zero's code, as unsigned numbers, only the digits are at most nine.
    const __m128i value = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    const __m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
    const __m128i zero = _mm_cmpeq_epi8(value, _mm_setzero_si128());
    const auto digits = static_cast<std::uint32_t>(_mm_movemask_epi8(digit));
    return {digits, digits & ~static_cast<std::uint32_t>(_mm_movemask_epi8(zero))};
}

/// Bytes that stand for themselves in a JSON string and are ASCII: neither control characters nor
/// quote, backslash, DEL or a part of a longer character.
inline std::uint32_t plain_mask(const char* p) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // As signed numbers all from 0x80 up lie below the space too.
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\x7f'));
    const __m128i other = _mm_or_si128(_mm_or_si128(low, quote), _mm_or_si128(backslash, del));
    return ~static_cast<std::uint32_t>(_mm_movemask_epi8(other)) & 0xffffU;
}

#else

inline DigitMasks digit_masks(const char* p) {
    return digit_masks_plainly(p);
}

inline std::uint32_t plain_mask(const char* p) {
    return plain_mask_plainly(p);
}

#endif

/// Eight bytes as a number whose lowest byte is the first.
inline std::uint64_t eight_bytes(const char* p) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    return word;
}

/// The number that eight decimal digits make, each a byte from 0 to 9, the first one lowest.
constexpr std::uint64_t number_of_digits(std::uint64_t digits) {
    // Neighbours are joined: to pairs, then to fours and to all eight by one multiplication each.
    digits = digits * 10 + (digits >> 8);
    constexpr std::uint64_t pairs = 0x000000ff000000ff;
    return ((digits & pairs) * (100 + (std::uint64_t{1'000'000} << 32)) +
            ((digits >> 16) & pairs) * (1 + (std::uint64_t{10'000} << 32))) >>
           32;
}

/// Of eight bytes that are digits.
inline std::uint64_t eight_digits_at(const char* p) {
    constexpr std::uint64_t zeros = 0x3030303030303030;
    return number_of_digits(eight_bytes(p) - zeros);
}

}  // namespace contagiond::feeds
