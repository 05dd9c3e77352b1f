// Hostile text made fit for one line of a terminal, a log or an error message. Whatever could end
// the line, move the cursor, hide or reorder what follows is written as an escape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace contagiond::daemon {

/// One code point at the front of `text`. `length` is 0 only for empty text; bytes that are not
/// UTF-8 (stray, overlong, surrogate, cut off) come one at a time with `valid` false.
struct CodePoint {
    char32_t value = 0;
    std::size_t length = 0;
    bool valid = false;
};
CodePoint first_code_point(std::string_view text);

/// Where the first byte stands that is not UTF-8; npos if all is.
std::size_t find_invalid_utf8(std::string_view text);

/// Whether a code point may be shown as it is: no control, line or paragraph separator, bidi mark,
/// zero-width or other invisible format character.
bool is_visible(char32_t c);

enum class Escape : std::uint8_t {
    plain,  ///< \n \t \u202e \U000e0001, an invalid byte as \xff
    json,   ///< the same by JSON's rules, an invalid byte as \ufffd
};

/// Appends `text`, escaping what is not visible, quotation marks and backslashes. Pure.
void append_escaped(std::string& out, std::string_view text, Escape style);

/// `text` as it is, but for what is not visible, which is escaped: for text that people copy. Pure.
std::string one_line(std::string_view text);

/// As append_escaped, as a value, cut to about `longest` bytes, for quoting a stranger's words in a
/// message.
std::string printable(std::string_view text, std::size_t longest = 60);

}  // namespace contagiond::daemon
