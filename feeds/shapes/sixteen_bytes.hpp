// What sixteen bytes are, all at once: bit n of an answer is about byte n. Pure; the same bits on
// every machine, with SSE2 (which every x86-64 has) or without.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace contagiond::feeds {

/// Digits, those of them that are no zero, and decimal points.
struct NumberMasks {
    std::uint32_t digit;
    std::uint32_t not_zero;
    std::uint32_t point;
};

/// As below, byte by byte: for machines without SSE2, and for the test that compares the two.
inline NumberMasks number_masks_plainly(const char* p) {
    NumberMasks masks{0, 0, 0};
    for (unsigned n = 0; n < 16; ++n) {
        if (p[n] >= '0' && p[n] <= '9') masks.digit |= 1U << n;
        if (p[n] >= '1' && p[n] <= '9') masks.not_zero |= 1U << n;
        if (p[n] == '.') masks.point |= 1U << n;
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

inline NumberMasks number_masks(const char* p) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // Above a zero's code, as unsigned numbers, only the digits are at most nine.
    const __m128i value = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    const __m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
    const __m128i zero = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('0'));
    const __m128i point = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('.'));
    const auto mask = [](__m128i of) { return static_cast<std::uint32_t>(_mm_movemask_epi8(of)); };
    return {mask(digit), mask(_mm_andnot_si128(zero, digit)), mask(point)};
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

inline NumberMasks number_masks(const char* p) {
    return number_masks_plainly(p);
}

inline std::uint32_t plain_mask(const char* p) {
    return plain_mask_plainly(p);
}

#endif

/// How many bytes from the first on have their bit set: 0 to 16.
inline unsigned leading_ones(std::uint32_t mask) {
    return static_cast<unsigned>(__builtin_ctz(~mask | 0x10000));
}

/// Eight bytes as a number whose lowest byte is the first.
inline std::uint64_t eight_bytes(const char* p) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    return word;
}

/// Whether these bytes are the literal's. Written out, as compilers call a function for it wherever
/// they think that the code is seldom run.
template <std::size_t Size>
[[gnu::always_inline]] inline bool same_bytes(const char* p, const char (&literal)[Size]) {
    constexpr std::size_t length = Size - 1;
    const auto differ = [&]<class Word>(std::size_t at, Word) {
        Word ours;
        Word theirs;
        std::memcpy(&ours, p + at, sizeof(Word));
        std::memcpy(&theirs, literal + at, sizeof(Word));
        return static_cast<std::uint64_t>(ours ^ theirs);
    };
    // Whole words, and one more that ends with the last byte.
    const auto differ_in_words = [&]<class Word, std::size_t... n>(Word word,
                                                                   std::index_sequence<n...>) {
        return (differ(length - sizeof(Word), word) | ... | differ(n * sizeof(Word), word));
    };
    const auto differ_by = [&]<class Word>(Word word) {
        return differ_in_words(word, std::make_index_sequence<length / sizeof(Word)>());
    };
    if constexpr (length >= 8) return differ_by(std::uint64_t{}) == 0;
    if constexpr (length >= 4 && length < 8) return differ_by(std::uint32_t{}) == 0;
    if constexpr (length >= 2 && length < 4) return differ_by(std::uint16_t{}) == 0;
    return *p == *literal;
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
