// Utf8Check: is a text that comes in pieces UTF-8? RFC 3629: no surrogates, no overlong forms,
// nothing beyond U+10FFFF.
#pragma once

#include <cstdint>
#include <string_view>

namespace contagiond::feeds {

/// A value; never allocates.
class Utf8Check {
  public:
    /// False as soon as no continuation can make the text UTF-8; then it is of no more use. After a
    /// text that is complete the next one may follow.
    bool add(std::string_view piece);
    /// The text may end here: it does not stop within a character.
    bool complete() const { return left_ == 0; }

  private:
    std::uint8_t left_ = 0;  ///< bytes that the character still has
    // What the next of them may be. Only the one behind the lead is bounded more narrowly.
    std::uint8_t low_ = 0x80;
    std::uint8_t high_ = 0xbf;
};

/// Whether the whole of `text` is.
bool is_utf8(std::string_view text);

}  // namespace contagiond::feeds
