// The generic webhook: the alert document itself as the body, signed as Standard Webhooks has it.
// Pure: what to send, and what an answer means.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/units.hpp"
#include "daemon/sinks/delivery_queue.hpp"
#include "daemon/sinks/http_post.hpp"
#include "daemon/sinks/webhook_sink.hpp"

namespace contagiond::sinks {

/// `key` is the decoded secret, empty for an unsigned hook; `now` is the wall clock at the attempt.
/// The id of every attempt is `<episode>_<revision>`, so that a receiver can tell a repetition.
PostRequest generic_request(const WebhookSettings& settings, std::string_view key,
                            std::string_view version, const Notification& notification,
                            core::TimeNs now);

struct Outcome {
    Verdict verdict = Verdict::accepted;
    std::optional<NotifyFailure> failure;  ///< absent when accepted
    std::optional<core::DurationNs> retry_after;
    std::string reason;  ///< for a log line: neither address nor secret
};

/// What an answer of a generic receiver means: 2xx is success whatever the body says.
Outcome generic_outcome(const PostReply& reply, core::TimeNs now);

/// A Retry-After value: seconds (also with a fraction), or an HTTP date. Absent where it is neither
/// or negative; huge values are cut to a day. A date in the past is 0.
std::optional<core::DurationNs> parse_retry_after(std::string_view value, core::TimeNs now);

}  // namespace contagiond::sinks
