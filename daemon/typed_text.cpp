#include "daemon/typed_text.hpp"

#include <fmt/format.h>

#include "daemon/text_escape.hpp"

namespace contagiond::daemon {
namespace {

bool breaks_line(char32_t c) {
    return c == U'\n' || c == U'\r' || c == U'\t' || c == 0x2028 || c == 0x2029 || c == 0x85;
}

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

}  // namespace

TypedText typed_text(std::string_view typed, std::size_t limit) {
    TypedText out;
    std::size_t characters = 0, end = 0;  // `end`: behind the last character that is no blank
    bool blank = false;
    while (!typed.empty()) {
        const CodePoint c = first_code_point(typed);
        if (!c.valid) return {{}, "is not valid UTF-8"};
        const std::string_view bytes = typed.substr(0, c.length);
        typed.remove_prefix(c.length);
        const bool is_blank = breaks_line(c.value) || c.value == U' ';
        if (!is_blank && is_control(c.value))
            return {{},
                    fmt::format("holds a control character (U+{:04X})",
                                static_cast<std::uint32_t>(c.value))};
        if (is_blank) {
            blank = !out.text.empty();
            continue;
        }
        if (!is_visible(c.value)) continue;
        if (blank) {
            out.text += ' ';
            ++characters;
        }
        blank = false;
        out.text.append(bytes);
        if (++characters > limit) return {{}, fmt::format("is longer than {} characters", limit)};
        end = out.text.size();
    }
    out.text.resize(end);
    return out;
}

}  // namespace contagiond::daemon
