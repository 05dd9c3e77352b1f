#include "daemon/text_escape.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace contagiond::daemon {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

// What terminals and browsers obey instead of showing.
constexpr std::array<Range, 13> invisible = {{
    {0x0000, 0x001f},    // controls: newline, escape, NUL
    {0x007f, 0x009f},    // delete, and the controls of the upper half
    {0x00ad, 0x00ad},    // soft hyphen
    {0x061c, 0x061c},    // Arabic letter mark
    {0x180e, 0x180e},    // Mongolian vowel separator
    {0x200b, 0x200f},    // zero-width characters, left-to-right and right-to-left marks
    {0x2028, 0x202e},    // line and paragraph separator, embeddings and overrides
    {0x2060, 0x206f},    // word joiner, isolates, deprecated format characters
    {0xd800, 0xdfff},    // surrogates are no characters
    {0xfeff, 0xfeff},    // byte order mark
    {0xfff0, 0xfffb},    // unassigned specials, interlinear annotation
    {0xfffe, 0xffff},    // no characters
    {0xe0000, 0xe0fff},  // tags and variation selectors
}};

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u;
}

void append_code_point(std::string& out, char32_t c, Escape style) {
    const auto to = std::back_inserter(out);
    const auto value = static_cast<std::uint32_t>(c);
    switch (c) {
        case U'\n':
            out += "\\n";
            return;
        case U'\r':
            out += "\\r";
            return;
        case U'\t':
            out += "\\t";
            return;
        default:
            break;
    }
    if (value < 0x10000) {
        fmt::format_to(to, "\\u{:04x}", value);
    } else if (style == Escape::plain) {
        fmt::format_to(to, "\\U{:08x}", value);
    } else {
        const std::uint32_t offset = value - 0x10000;
        fmt::format_to(to, "\\u{:04x}\\u{:04x}", 0xd800 + (offset >> 10),
                       0xdc00 + (offset & 0x3ff));
    }
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
    if (text.empty()) return {};
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {lead, 1, false};
    char32_t value = lead & (0xffu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(text[i])) return {lead, 1, false};
        value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3fu);
    }
    const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (overlong || surrogate || value > 0x10ffff) return {lead, 1, false};
    return {value, length, true};
}

std::size_t find_invalid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const CodePoint c = first_code_point(text.substr(at));
        if (!c.valid) return at;
        at += c.length;
    }
    return std::string_view::npos;
}

bool is_visible(char32_t c) {
    for (const Range& range : invisible) {
        if (c >= range.first && c <= range.last) return false;
    }
    return true;
}

void append_escaped(std::string& out, std::string_view text, Escape style) {
    while (!text.empty()) {
        const CodePoint c = first_code_point(text);
        if (!c.valid) {
            if (style == Escape::json) {
                out += "\\ufffd";
            } else {
                fmt::format_to(std::back_inserter(out), "\\x{:02x}",
                               static_cast<unsigned>(c.value));
            }
        } else if (c.value == U'"' || c.value == U'\\') {
            out += '\\';
            out += static_cast<char>(c.value);
        } else if (is_visible(c.value)) {
            out.append(text.substr(0, c.length));
        } else {
            append_code_point(out, c.value, style);
        }
        text.remove_prefix(c.length);
    }
}

std::string one_line(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const CodePoint c = first_code_point(text);
        const std::string_view bytes = text.substr(0, c.length);
        if (c.valid && is_visible(c.value))
            out.append(bytes);
        else
            append_escaped(out, bytes, Escape::plain);
        text.remove_prefix(c.length);
    }
    return out;
}

std::string printable(std::string_view text, std::size_t longest) {
    std::size_t end = 0;
    while (end < text.size() && end < longest) end += first_code_point(text.substr(end)).length;
    std::string out;
    append_escaped(out, text.substr(0, end), Escape::plain);
    if (end < text.size()) out += "...";
    return out;
}

}  // namespace contagiond::daemon
