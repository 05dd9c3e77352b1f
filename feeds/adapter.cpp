#include "feeds/adapter.hpp"

#include "feeds/feed_counters.hpp"

namespace contagiond::feeds {

std::string_view to_string(DecodeError error) {
    switch (error) {
        case DecodeError::none:
            return "none";
        case DecodeError::malformed_json:
            return "malformed_json";
        case DecodeError::wrong_type:
            return "wrong_type";
        case DecodeError::missing_field:
            return "missing_field";
        case DecodeError::bad_time:
            return "bad_time";
        case DecodeError::too_large:
            return "too_large";
        case DecodeError::unexpected_binary:
            return "unexpected_binary";
        case DecodeError::bad_number:
            return "bad_number";
    }
    return "unknown";
}

std::string_view to_string(ReconnectReason reason) {
    switch (reason) {
        case ReconnectReason::stale:
            return "stale";
        case ReconnectReason::closed:
            return "closed";
        case ReconnectReason::error:
            return "error";
        case ReconnectReason::dns:
            return "dns";
        case ReconnectReason::tls:
            return "tls";
        case ReconnectReason::handshake:
            return "handshake";
        case ReconnectReason::rate_limited:
            return "rate_limited";
        case ReconnectReason::scheduled:
            return "scheduled";
    }
    return "unknown";
}

}  // namespace contagiond::feeds
