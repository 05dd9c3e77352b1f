// Format: how one kind of receiver wants an alert written, and what its answers mean. A value of
// pure functions; the sink says when they are asked, and does the posting.
//
// A new format is a file <name>.cpp with its Format, a declaration and a line of the table in
// format.cpp, and a test.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/units.hpp"
#include "daemon/sinks/alert_message.hpp"
#include "daemon/sinks/http_post.hpp"
#include "daemon/sinks/webhook/outcome.hpp"
#include "daemon/sinks/webhook/settings.hpp"

namespace contagiond::sinks {

/// What an attempt is made under.
struct Attempt {
    std::string_view version;  ///< of this daemon
    core::TimeNs now = 0;      ///< wall clock
    Change change;             ///< what earlier answers asked for; see Outcome
};

/// One notification as it is stored, and as it was read.
struct Alert {
    std::string_view document;  ///< JSON of schema contagiond.alert/1
    const AlertMessage& message;
    /// What the receiver took last of this episode, if it stands for something open there. Known
    /// for receivers that forget (resend_every), else null.
    const AlertMessage* told = nullptr;
};

/// The settings beside the address that a format may be given; one bit each.
enum class Setting : std::uint8_t {
    secret = 1,
    hub_secret = 2,
    token = 4,
    chat_id = 8,
    routing_key = 16
};
constexpr unsigned operator|(Setting a, Setting b) {
    return static_cast<unsigned>(a) | static_cast<unsigned>(b);
}

struct Format {
    std::string_view name;  ///< in the configuration
    /// People read it as it comes: more than a handful pending become one digest.
    bool chat = false;
    double rate = 10;              ///< attempts a second in the long run
    double burst = 20;             ///< attempts at once
    core::DurationNs spacing = 0;  ///< at least, from one attempt to the next, within a burst too
    unsigned needs = 0;            ///< Setting bits that must be there
    unsigned takes = 0;            ///< those that may be there beside them
    std::string_view default_url;  ///< empty: the settings must have one
    /// Why no sink can be built of these settings, half a sentence that repeats no value; empty if
    /// one can. Asked after `needs` and `takes` hold. Null: nothing more to check.
    std::string (*check)(const WebhookSettings&) = nullptr;
    PostRequest (*request)(const WebhookSettings&, const Alert&, const Attempt&) = nullptr;
    /// One message of several notifications, oldest first; null where `chat` is false.
    PostRequest (*digest)(const WebhookSettings&, std::span<const AlertMessage>,
                          const Attempt&) = nullptr;
    /// `attempt` is the one that was made; `now` in it may be a moment old.
    Outcome (*outcome)(const PostReply&, const Attempt& attempt) = nullptr;
    /// A receiver that forgets: the latest notification of every episode that is watched is
    /// requested anew this often, also when accepted, until so long after it resolved, across a
    /// restart too. A firing notification with the same fingerprint ends the repetition of an older
    /// episode's. 0: never.
    core::DurationNs resend_every = 0;
    core::DurationNs resend_after_resolve = 0;
};

/// All, sorted by name. Each stays where it is until the process ends.
std::span<const Format* const> formats();
/// Null where there is none of that name.
const Format* find_format(std::string_view name);

/// Why no sink can be built of these settings, one clause that repeats no value of them; empty if
/// one can. Says so also of a setting that the format would not use. The address itself is for
/// whoever posts to check.
std::string check_settings(const WebhookSettings& settings);

/// A post of JSON to the settings' address, or the format's own, with the headers that all share.
PostRequest json_post(const WebhookSettings& settings, std::string body, const Attempt& attempt);

}  // namespace contagiond::sinks
