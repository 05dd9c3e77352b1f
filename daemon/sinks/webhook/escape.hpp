// Text made harmless for a chat: each kind of receiver reads other characters as markup. Nobody is
// ever called by name: a mention is broken everywhere. Pure; input and output are valid UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace contagiond::sinks {

using Escape = std::string (*)(std::string_view);

/// `& < >` as entities: Slack's mrkdwn and Telegram's HTML.
std::string as_entities(std::string_view text);

/// Backslashes before what Markdown knows: Discord and Mattermost.
std::string as_markdown(std::string_view text);

/// Other characters that look alike, for receivers that read markup and know no escape: Teams and
/// Google Chat.
std::string as_lookalikes(std::string_view text);

/// Mentions broken and nothing else: plain text.
std::string as_plain(std::string_view text);

/// `text` escaped, and shortened before that so that the result has at most `limit` code points.
std::string escaped(std::string_view text, std::size_t limit, Escape escape);

}  // namespace contagiond::sinks
