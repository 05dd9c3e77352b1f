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

/// Of a well-formed sequence.
char32_t code_point(std::string_view sequence) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    if (sequence.size() == 1) return byte(0);
    char32_t value = byte(0) & (0xFFu >> (sequence.size() + 1));
    for (std::size_t i = 1; i < sequence.size(); ++i) value = (value << 6) | (byte(i) & 0x3Fu);
    return value;
}

/// Characters that break a line, turn the reading direction or hide between others: harmless as
/// data, not in a sentence.
bool disturbs_sentence(std::string_view sequence) {
    const char32_t c = code_point(sequence);
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
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

std::string one_line(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t n = sequence_length(text);
        const std::string_view sequence = n == 0 ? replacement : text.substr(0, n);
        const bool is_space = sequence == "\n" || sequence == "\r" || sequence == "\t";
        out.append(is_space ? " " : disturbs_sentence(sequence) ? replacement : sequence);
        text.remove_prefix(n == 0 ? 1 : n);
    }
    return out;
}

std::size_t code_points(std::string_view text) {
    std::size_t n = 0;
    for (const char c : text) n += (static_cast<unsigned char>(c) & 0xC0u) != 0x80 ? 1 : 0;
    return n;
}

std::string shortened(std::string_view text, std::size_t limit) {
    std::size_t seen = 0, kept = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0u) == 0x80) continue;
        if (seen + 1 == limit) kept = i;  // where the ellipsis would stand
        if (++seen > limit)
            return limit == 0 ? "" : std::string(text.substr(0, kept)).append(ellipsis);
    }
    return std::string(text);
}

}  // namespace contagiond::sinks
