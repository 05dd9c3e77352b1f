// The one thing a notifying sink asks of the network: post this, tell me what came back.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace contagiond::sinks {

struct PostRequest {
    std::string url;  ///< often a secret itself: never logged
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds timeout{10'000};
    bool allow_private =
        false;            ///< whether loopback, link-local and private addresses may be reached
    std::string ca_file;  ///< empty: the system's
    std::string method = "POST";
    std::size_t reply_bytes_most = 64 * 1024;  ///< what is beyond is not read
    /// Names of the answer's fields that are wanted beside Retry-After; letter case does not count.
    std::vector<std::string> wanted_headers;
    /// Nothing is sent: whether the receiver can be reached, and proves who it is. The answer has
    /// status 0 and, if all is well, no failure.
    bool only_handshake = false;
    /// Once it is true nobody waits for the answer any more. Null: somebody always does.
    const std::atomic<bool>* given_up = nullptr;
};

/// Why no answer came. Names are metric labels where OUTPUTS has them.
enum class PostFailure { none, timeout, network, tls, forbidden_address };

struct PostReply {
    PostFailure failure = PostFailure::none;
    std::string reason;       ///< one sentence without the URL, for logs
    int status = 0;           ///< HTTP status, 0 without an answer
    std::string retry_after;  ///< header value, empty if absent
    /// The wanted ones that are there, each once, named as they were asked for; no value is longer
    /// than reply_header_bytes_most.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;  ///< at most reply_bytes_most of it
    /// Seconds since the epoch when the receiver's certificate ends; also where no answer came,
    /// once the handshake went well. 0: no such handshake.
    double ts_certificate_end = 0;
};

inline constexpr std::size_t reply_header_bytes_most = 256;

/// Value of a wanted field of the answer, empty if it is not there.
std::string_view reply_header(const PostReply& reply, std::string_view name);

/// Blocks for at most the timeout; called on the sink's thread.
using PostFn = std::function<PostReply(const PostRequest&)>;

}  // namespace contagiond::sinks
