// Pieces of the frames that venue files send. Pure; see list_frames in json_fields.hpp for a list
// of symbols in a frame.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/adapter.hpp"

namespace contagiond::feeds {

/// As a JSON string with its quotes.
std::string json_string(std::string_view text);

/// The frames of the first, then those of the second.
std::vector<std::string> joined(std::vector<std::string> first, std::vector<std::string> second);

/// For venues that want one frame a stream: `trades` or `quotes`, the symbol as a JSON string, and
/// `after`; those of one symbol next to each other.
std::vector<std::string> frame_a_stream(std::span<const Subscription> wanted,
                                        std::string_view trades, std::string_view quotes,
                                        std::string_view after);

/// For venues that want several topics in one text: at most `most` of them in each, with commas
/// between.
std::vector<std::string> comma_lists(std::span<const std::string> topics, std::size_t most);

}  // namespace contagiond::feeds
