// What a person typed, made fit to be kept and shown: one line of valid UTF-8 in which nothing is
// hidden and nothing is obeyed by a terminal or a browser.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace contagiond::daemon {

struct TypedText {
    std::string text;
    std::string problem;  ///< half a sentence on why it is refused; empty: `text` is good
};

/// Line breaks and tabs become blanks, blanks at the ends and invisible format characters (bidi
/// marks, zero-width ones) are left out: they come along when people paste. What nobody types is
/// refused: bytes that are not UTF-8, NUL and other control characters; and what is longer than
/// `limit` characters. Pure.
TypedText typed_text(std::string_view typed, std::size_t limit);

}  // namespace contagiond::daemon
