#include "daemon/sinks/clipped_text.hpp"

namespace contagiond::sinks {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view ellipsis = "…";

/// Length in bytes of the well-formed UTF-8 sequence at the front, 0 if there is none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t n = first >= 0xC2 && first <= 0xDF   ? 2
                          : first >= 0xE0 && first <= 0xEF ? 3
                          : first >= 0xF0 && first <= 0xF4 ? 4
                                                           : 0;
    if (n == 0 || text.size() < n) return 0;
    for (std::size_t i = 1; i < n; ++i)
        if ((byte(i) & 0xC0u) != 0x80) return 0;
    // Overlong forms, surrogates, beyond U+10FFFF.
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
        (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F))
        return 0;
    return n;
}

/// Bytes the sequence takes inside a JSON string.
std::size_t escaped_length(std::string_view sequence) {
    const auto c = static_cast<unsigned char>(sequence[0]);
    if (c < 0x20 || c == 0x7F) return 6;
    return c == '"' || c == '\\' ? 2 : sequence.size();
}

/// Characters that break a line or turn the reading direction: harmless as data, not in a sentence.
bool disturbs_sentence(std::string_view sequence) {
    const auto c = static_cast<unsigned char>(sequence[0]);
    if (sequence.size() == 1) return c < 0x20 || c == 0x7F;
    if (sequence.size() == 2) return c == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
    if (sequence.size() == 3 && sequence.substr(0, 2) == "\xE2\x80") {
        const auto last = static_cast<unsigned char>(sequence[2]);  // U+200E-F, U+2028-E
        return last == 0x8E || last == 0x8F || (last >= 0xA8 && last <= 0xAE);
    }
    if (sequence.size() == 3 && sequence.substr(0, 2) == "\xE2\x81") {
        const auto last = static_cast<unsigned char>(sequence[2]);  // U+2066-9
        return last >= 0xA6 && last <= 0xA9;
    }
    return false;
}

}  // namespace

std::string clip(std::string_view text, std::size_t limit, bool sentence) {
    std::string out;
    std::size_t used = 0;
    std::size_t kept = 0;  // size of `out` that still leaves room for the ellipsis
    while (!text.empty()) {
        const std::size_t n = sequence_length(text);
        std::string_view sequence = n == 0 ? replacement : text.substr(0, n);
        if (sentence && disturbs_sentence(sequence)) sequence = replacement;
        if (used + escaped_length(sequence) > limit) {
            out.resize(kept);
            return out.append(ellipsis);
        }
        used += escaped_length(sequence);
        out.append(sequence);
        if (used + ellipsis.size() <= limit) kept = out.size();
        text.remove_prefix(n == 0 ? 1 : n);
    }
    return out;
}

}  // namespace contagiond::sinks
