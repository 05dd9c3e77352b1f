// Input: everything the engine is a function of. One plain value of 56 bytes, so that a ring slot
// with its stamp fills a cache line and a journal record is its bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "core/decimal.hpp"
#include "core/instrument.hpp"
#include "core/units.hpp"

namespace contagiond::core {

enum class InputKind : std::uint8_t {
    trade = 1,
    quote = 2,
    clock = 3,        ///< time passes although nothing arrives
    feed_status = 4,  ///< a feed came up or went down
    gap = 5,          ///< messages are known to be missing
    clock_step = 6,   ///< our wall clock jumped against the monotonic one
};

/// Facts about a tick that its numbers do not tell. Bits of Input::flags.
enum TickFlag : std::uint8_t {
    aggressor_buy = 1,
    aggressor_sell = 2,
    history = 4,      ///< sent on subscribing: not fresh, never in a return series
    not_last = 8,     ///< sale condition that must not move the last price
    aggregated = 16,  ///< a bar's close: it stands for many trades and needs no confirmation
};

enum class FeedState : std::uint8_t { down, up };

/// Why messages are missing, or are not what they seemed.
enum class GapReason : std::uint8_t {
    ring_full,   ///< we could not keep up
    sequence,    ///< the venue's numbering jumps
    reconnect,   ///< the connection was lost in between
    taken_back,  ///< nothing is missing: the venue declares a trade void that it told before
};

std::string_view to_string(GapReason reason);

struct TradeBody {
    std::int64_t price;      ///< mantissa; times 10^price_exponent
    std::int64_t size;       ///< mantissa; times 10^size_exponent
    std::uint64_t trade_id;  ///< the venue's number, 0 where it has none
    std::int64_t reserved;
};

struct QuoteBody {
    std::int64_t bid;  ///< mantissa; 0: no market on that side
    std::int64_t ask;
    std::int64_t bid_size;
    std::int64_t ask_size;
};

struct FeedStatusBody {
    FeedState state;
    std::uint8_t padding[7];
    std::int64_t reserved[3];
};

struct GapBody {
    TimeNs ts_receive_first;  ///< receive times of the first and last message lost, as far as known
    TimeNs ts_receive_last;
    std::uint64_t count;  ///< messages lost, 0: unknown
    GapReason reason;
    std::uint8_t padding[7];
};

struct ClockStepBody {
    DurationNs step_ns;  ///< new minus old wall clock
    std::int64_t reserved[3];
};

/// One tick, or one fact about the feeds or the clock. Which member of the union is alive is told
/// by `kind`. Unused bytes are zero, so that equal inputs are equal as bytes.
struct Input {
    TimeNs ts_exchange;  ///< the venue's time, no_time where the message holds none
    TimeNs ts_receive;   ///< our clock when the frame came off the socket
    union {
        TradeBody trade;
        QuoteBody quote;
        FeedStatusBody feed_status;
        GapBody gap;
        ClockStepBody clock_step;
        std::int64_t words[4];
    };
    InstrumentId instrument;  ///< no_id where the input is about no instrument, or all of a feed
    FeedId feed;
    InputKind kind;
    std::int8_t price_exponent;
    std::int8_t size_exponent;
    std::uint8_t flags;  ///< TickFlag bits

    static Input make_trade(InstrumentId instrument, FeedId feed, TimeNs ts_exchange,
                            TimeNs ts_receive, Decimal price, Decimal size,
                            std::uint64_t trade_id = 0, std::uint8_t flags = 0);
    /// Both sides must have been brought to one exponent (core::rescale).
    static Input make_quote(InstrumentId instrument, FeedId feed, TimeNs ts_exchange,
                            TimeNs ts_receive, QuoteBody body, std::int8_t price_exponent,
                            std::int8_t size_exponent, std::uint8_t flags = 0);
    static Input make_clock(TimeNs ts_receive);
    static Input make_feed_status(FeedId feed, TimeNs ts_receive, FeedState state);
    /// `instrument` may be no_id: the whole feed.
    static Input make_gap(FeedId feed, InstrumentId instrument, TimeNs ts_receive, GapBody body);
    static Input make_clock_step(TimeNs ts_receive, DurationNs step_ns);
};

static_assert(sizeof(Input) == 56);
static_assert(std::is_trivially_copyable_v<Input>);

}  // namespace contagiond::core
