// Text of strangers made fit for a document: valid UTF-8, of bounded size, and harmless in a
// sentence.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace contagiond::sinks {

/// `text` as valid UTF-8 of at most `limit` bytes once escaped for JSON, cut between code points
/// with an ellipsis. In a `sentence` characters that break a line or turn the reading direction are
/// replaced too. Pure.
std::string clip(std::string_view text, std::size_t limit, bool sentence = false);

/// One line of valid UTF-8 without control characters and marks that turn the reading direction or
/// are not seen: white space becomes a space, the rest U+FFFD. Pure.
std::string one_line(std::string_view text);

/// `text`, valid UTF-8, of at most `limit` code points, the last of them an ellipsis where more was
/// there. Pure.
std::string shortened(std::string_view text, std::size_t limit);

/// Of valid UTF-8. Pure.
std::size_t code_points(std::string_view text);

}  // namespace contagiond::sinks
