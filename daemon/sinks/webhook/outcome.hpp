// What an attempt to deliver came to. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/units.hpp"
#include "daemon/sinks/http_post.hpp"

namespace contagiond::sinks {

/// What becomes of a notification after an attempt.
enum class Verdict : std::uint8_t {
    accepted,
    retry,   ///< may heal
    dead,    ///< this notification will never be taken
    broken,  ///< nor will any other: wrong address or no permission
};

/// Why a notification failed. Names are metric labels.
enum class NotifyFailure : std::uint8_t {
    client_error,
    server_error,
    auth_error,
    rate_limited,
    timeout,
    network
};
inline constexpr std::size_t notify_failure_count = 6;
std::string_view to_string(NotifyFailure failure);

/// What an attempt does otherwise than the settings say, because an answer asked for it.
struct Change {
    bool plain = false;   ///< this notification goes without markup: it was not understood
    std::string chat_id;  ///< not empty: the conversation has moved there, for all that follow
    friend bool operator==(const Change&, const Change&) = default;
};

struct Outcome {
    Verdict verdict = Verdict::accepted;
    std::optional<NotifyFailure> failure;  ///< absent when accepted
    std::optional<core::DurationNs> retry_after;
    /// Whatever came of this attempt, no other may follow sooner. Absent: by our own pace.
    std::optional<core::DurationNs> pause;
    std::string reason;  ///< for a log line: neither address nor secret, nor a word of the receiver
    /// Set: what the attempts from now on are made under. Absent: as before.
    std::optional<Change> change;
};

/// What the status of an answer means wherever the body has no say: 2xx is success. `now` is the
/// wall clock.
Outcome status_outcome(const PostReply& reply, core::TimeNs now);

/// The same where success is also told in the body: `ok` and nothing else.
Outcome ok_outcome(const PostReply& reply, core::TimeNs now);

/// An answer whose body says that it failed, whatever its status.
Outcome failed_outcome(Verdict verdict, NotifyFailure failure, std::string reason);

/// A Retry-After value: seconds (also with a fraction), or an HTTP date. Absent where it is neither
/// or negative; huge values are cut to a day. A date in the past is 0.
std::optional<core::DurationNs> parse_retry_after(std::string_view value, core::TimeNs now);

/// Seconds as a duration of at most a day; absent where they are negative or no number.
std::optional<core::DurationNs> retry_seconds(double seconds);

}  // namespace contagiond::sinks
