#include "daemon/sinks/webhook/escape.hpp"

#include <algorithm>

#include "daemon/sinks/clipped_text.hpp"

namespace contagiond::sinks {
namespace {

// Looks like an at sign and calls nobody.
constexpr std::string_view harmless_at = "＠";

bool is_word(char c) {
    // Letters beyond ASCII count too: every byte of theirs does.
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (static_cast<unsigned char>(c) & 0x80u) != 0;
}

/// An underscore inside a word, as in us_tech, which no Markdown of a chat takes for emphasis.
bool is_inside_word(std::string_view text, std::size_t i) {
    return i > 0 && i + 1 < text.size() && is_word(text[i - 1]) && is_word(text[i + 1]);
}

std::string_view entity(char c) {
    if (c == '&') return "&amp;";
    if (c == '<') return "&lt;";
    return c == '>' ? "&gt;" : std::string_view{};
}

std::string_view lookalike(char c) {
    switch (c) {
        case '<':
            return "‹";
        case '>':
            return "›";
        case '&':
            return "＆";
        case '*':
            return "∗";
        case '~':
            return "∼";
        case '`':
            return "ˋ";
        case '[':
            return "［";
        case ']':
            return "］";
        case '{':
            return "｛";
        case '}':
            return "｝";
        case '\\':
            return "＼";
        case '_':
            return "＿";
        default:
            return {};
    }
}

}  // namespace

std::string as_entities(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (const auto name = entity(c); !name.empty())
            out += name;
        else if (c == '@')
            out += harmless_at;
        else
            out += c;
    }
    return out;
}

std::string as_markdown(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '@') {
            out += harmless_at;
            continue;
        }
        const bool is_markup = std::string_view("\\*_~`|<>[]#").find(c) != std::string_view::npos;
        if (is_markup && !(c == '_' && is_inside_word(text, i))) out += '\\';
        out += c;
    }
    return out;
}

std::string as_lookalikes(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const std::string_view other = lookalike(c);
        if (c == '@')
            out += harmless_at;
        else if (!other.empty() && !(c == '_' && is_inside_word(text, i)))
            out += other;
        else
            out += c;
    }
    return out;
}

std::string as_plain(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '@')
            out += harmless_at;
        else
            out += c;
    }
    return out;
}

std::string escaped(std::string_view text, std::size_t limit, Escape escape) {
    std::size_t plain = std::min(limit, code_points(text));
    for (;;) {
        std::string out = escape(shortened(text, plain));
        const std::size_t length = code_points(out);
        if (length <= limit || plain == 0) return out;
        // No escape is longer than five: so many less never cuts more than needed, but for
        // rounding.
        plain -= std::clamp<std::size_t>((length - limit) / 5, 1, plain);
    }
}

}  // namespace contagiond::sinks
