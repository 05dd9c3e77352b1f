// The messages of the decode benchmark: trades and best quotes of six venues, in the form in which
// our own subscriptions get them, with digits that differ from frame to frame.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace contagiond::bench {

enum class BenchVenue : unsigned char { alpaca, binance, bybit, coinbase, kraken, okx };
inline constexpr std::size_t bench_venue_count = 6;
/// As the daemon calls them, in the order above.
inline constexpr std::array<const char*, bench_venue_count> bench_venue_ids = {
    "alpaca", "binance_spot", "bybit_v5", "coinbase_exchange", "kraken_v2", "okx_v5"};

struct BenchFrame {
    BenchVenue venue;
    std::string_view text;  ///< frame_padding bytes behind it may be read
};

/// Frames that lie one behind the other in one block, as in a receive buffer.
struct BenchFrames {
    std::vector<char> block;
    std::vector<BenchFrame> frames;
};

/// So many frames of these venues, in a pseudo-random order that is always the same: a cycle of
/// venues would teach the branch predictor what no market does.
BenchFrames make_frames(const std::vector<BenchVenue>& venues, std::size_t count);

}  // namespace contagiond::bench
