// What a session counts. Written by the feed thread, read by anyone.
#pragma once

#include <array>
#include <cstdint>

#include "core/counters.hpp"
#include "core/event.hpp"
#include "feeds/adapter.hpp"

namespace contagiond::feeds {

/// Why a connection ended or was not made. Names are metric labels.
enum class ReconnectReason : std::uint8_t {
    stale,   ///< silent for too long
    closed,  ///< the peer closed in order
    error,   ///< broken connection
    dns,
    tls,
    handshake,  ///< WebSocket upgrade, authentication or subscription refused or not answered in
                ///< time
    rate_limited,
    scheduled,  ///< our own roll-over
};
inline constexpr std::size_t reconnect_reason_count = 8;
std::string_view to_string(ReconnectReason reason);

/// Bucket bounds of feed_latency_seconds.
inline constexpr std::array<double, 14> feed_latency_bounds = {
    .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30};

struct FeedCounters {
    core::Gauge connected;        ///< 0 or 1
    core::Gauge ts_last_message;  ///< seconds since the epoch, 0 before the first
    core::Gauge refused;          ///< instruments that the venue will not have
    /// Seconds since the epoch when the certificate ends that the venue showed at its last good
    /// handshake; 0 before the first, and without TLS.
    core::Gauge ts_certificate_end;
    core::Counter messages;
    core::Counter bytes;
    core::Counter ticks;       ///< handed to the ring
    core::Counter backfilled;  ///< of these, from before the connection: sent on subscribing
    core::Counter ignored;     ///< messages understood to be none of ours
    core::Counter taken_back;  ///< trades that the venue cancelled or corrected after it told them
    core::Counter sequence_gaps;
    core::Counter duplicates;
    core::Counter clock_skew_ticks;  ///< exchange stamp ahead of our clock
    std::array<core::Counter, decode_error_count> decode_errors;  ///< by DecodeError
    std::array<core::Counter, core::reject_reason_count>
        rows_rejected;  ///< decoded, but no input was made of them; by core::RejectReason
    std::array<core::Counter, reconnect_reason_count> reconnects;  ///< by ReconnectReason
    core::Histogram<feed_latency_bounds.size()> latency{
        feed_latency_bounds};  ///< seconds, exchange stamp to receive
};

}  // namespace contagiond::feeds
