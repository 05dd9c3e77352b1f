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

}  // namespace contagiond::sinks
