#include "feeds/utf8_check.hpp"

#include <cstddef>
#include <cstring>

namespace contagiond::feeds {
namespace {

constexpr std::uint64_t high_bits = 0x8080808080808080u;

/// All words of the block laid over each other.
template <std::size_t words>
std::uint64_t overlay(const char* text) {
    std::uint64_t word[words];
    std::memcpy(word, text, sizeof word);
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < words; ++i) all |= word[i];
    return all;
}

/// Most feeds send nothing else, so this is all that most messages cost. The last block overlaps
/// the one before it.
bool is_ascii(const char* text, std::size_t size) {
    const auto blocks = [&]<std::size_t words>() {
        constexpr std::size_t block = words * sizeof(std::uint64_t);
        for (std::size_t n = 0; n + block < size; n += block)
            if ((overlay<words>(text + n) & high_bits) != 0) return false;
        return (overlay<words>(text + size - block) & high_bits) == 0;
    };
    if (size >= 64) return blocks.template operator()<8>();
    if (size >= 8) return blocks.template operator()<1>();
    for (std::size_t n = 0; n < size; ++n)
        if ((static_cast<std::uint8_t>(text[n]) & 0x80u) != 0) return false;
    return true;
}

/// So many bytes at the front are ASCII, or a few less.
std::size_t ascii_bytes(const char* text, std::size_t size) {
    std::size_t n = 0;
    for (; size - n >= 8; n += 8)
        if ((overlay<1>(text + n) & high_bits) != 0) return n;
    return n;
}

}  // namespace

bool Utf8Check::add(std::string_view piece) {
    if (left_ == 0 && is_ascii(piece.data(), piece.size())) return true;
    for (std::size_t i = 0; i < piece.size();) {
        if (left_ == 0) {
            i += ascii_bytes(piece.data() + i, piece.size() - i);
            if (i == piece.size()) break;
        }
        const auto byte = static_cast<std::uint8_t>(piece[i++]);
        if (left_ > 0) {
            if (byte < low_ || byte > high_) return false;
            low_ = 0x80;
            high_ = 0xbf;
            --left_;
        } else if (byte >= 0x80) {
            if (byte < 0xc2 || byte > 0xf4) return false;  // a continuation, overlong, or too far
            left_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
            if (byte == 0xe0) low_ = 0xa0;   // below: overlong
            if (byte == 0xed) high_ = 0x9f;  // above: surrogates
            if (byte == 0xf0) low_ = 0x90;   // below: overlong
            if (byte == 0xf4) high_ = 0x8f;  // above: beyond U+10FFFF
        }
    }
    return true;
}

bool is_utf8(std::string_view text) {
    Utf8Check check;
    return check.add(text) && check.complete();
}

}  // namespace contagiond::feeds
