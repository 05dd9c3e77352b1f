#include "feeds/utf8_check.hpp"

#include <cstddef>
#include <cstring>

namespace contagiond::feeds {
namespace {

/// So many bytes at the front are ASCII, or a few less. Most feeds send nothing else, so these
/// loops are all that most messages cost.
std::size_t ascii_bytes(const char* text, std::size_t size) {
    constexpr std::uint64_t high_bits = 0x8080808080808080u;
    std::size_t n = 0;
    for (; size - n >= 32; n += 32) {
        std::uint64_t words[4];
        std::memcpy(words, text + n, sizeof words);
        if (((words[0] | words[1] | words[2] | words[3]) & high_bits) != 0) return n;
    }
    for (; size - n >= 8; n += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text + n, sizeof word);
        if ((word & high_bits) != 0) return n;
    }
    return n;
}

}  // namespace

bool Utf8Check::add(std::string_view piece) {
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
