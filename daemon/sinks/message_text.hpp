// What an alert says to people: a headline that a phone shows whole, a few facts, how good the data
// is, when. Plain text without markup, one line each; a format escapes it and lays it out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "daemon/sinks/alert_message.hpp"

namespace contagiond::sinks {

/// A headline has at most so many code points.
inline constexpr std::size_t headline_code_points = 80;

struct Fact {
    std::string name;
    std::string value;
};

struct MessageText {
    std::string word;         ///< CRITICAL, WARNING, INFO, RESOLVED, TEST: beside every colour
    std::uint32_t color = 0;  ///< 0xRRGGBB
    /// Severity, who → whom, move, relation against usual, delay; of one that resolved severity,
    /// who → whom, duration, peak score.
    std::string headline;
    std::string title;        ///< who → whom
    std::vector<Fact> facts;  ///< three to five; of a digest one an episode, at most ten
    std::string caveat;       ///< what is doubtful about the data, empty if nothing is
    std::string when;         ///< UTC and New York
    std::string reference;    ///< the episode's id, and which message of it this is
    std::string link;         ///< to its page, empty if there is none
};

/// Pure, as all here.
MessageText message_text(const AlertMessage& message);

/// One message of several, oldest first: the latest of each episode is told.
MessageText digest_text(std::span<const AlertMessage> messages);

/// Everything but the headline, a line each: for receivers that know no layout.
std::string body_text(const MessageText& text);

/// "2025-01-27 14:42:07 UTC (09:42:07 New York)"; New York's date too where it is another.
std::string spoken_time(core::TimeNs t);

}  // namespace contagiond::sinks
