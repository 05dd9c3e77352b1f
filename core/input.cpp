#include "core/input.hpp"

#include <cstring>

namespace contagiond::core {
namespace {

Input blank(InputKind kind, TimeNs ts_exchange, TimeNs ts_receive) {
    Input input;
    std::memset(static_cast<void*>(&input), 0, sizeof input);
    input.ts_exchange = ts_exchange;
    input.ts_receive = ts_receive;
    input.instrument = no_id;
    input.feed = no_id;
    input.kind = kind;
    return input;
}

}  // namespace

std::string_view to_string(GapReason reason) {
    switch (reason) {
        case GapReason::ring_full:
            return "ring_full";
        case GapReason::sequence:
            return "sequence";
        case GapReason::reconnect:
            return "reconnect";
        case GapReason::taken_back:
            return "taken_back";
    }
    return "unknown";
}

Input Input::make_trade(InstrumentId instrument, FeedId feed, TimeNs ts_exchange, TimeNs ts_receive,
                        Decimal price, Decimal size, std::uint64_t trade_id, std::uint8_t flags) {
    Input input = blank(InputKind::trade, ts_exchange, ts_receive);
    input.trade.price = price.mantissa;
    input.trade.size = size.mantissa;
    input.trade.trade_id = trade_id;
    input.instrument = instrument;
    input.feed = feed;
    input.price_exponent = price.exponent;
    input.size_exponent = size.exponent;
    input.flags = flags;
    return input;
}

Input Input::make_quote(InstrumentId instrument, FeedId feed, TimeNs ts_exchange, TimeNs ts_receive,
                        QuoteBody body, std::int8_t price_exponent, std::int8_t size_exponent,
                        std::uint8_t flags) {
    Input input = blank(InputKind::quote, ts_exchange, ts_receive);
    input.quote = body;
    input.instrument = instrument;
    input.feed = feed;
    input.price_exponent = price_exponent;
    input.size_exponent = size_exponent;
    input.flags = flags;
    return input;
}

Input Input::make_clock(TimeNs ts_receive) {
    return blank(InputKind::clock, no_time, ts_receive);
}

Input Input::make_feed_status(FeedId feed, TimeNs ts_receive, FeedState state) {
    Input input = blank(InputKind::feed_status, no_time, ts_receive);
    input.feed = feed;
    input.feed_status.state = state;
    return input;
}

Input Input::make_gap(FeedId feed, InstrumentId instrument, TimeNs ts_receive, GapBody body) {
    Input input = blank(InputKind::gap, no_time, ts_receive);
    input.feed = feed;
    input.instrument = instrument;
    input.gap.ts_receive_first = body.ts_receive_first;
    input.gap.ts_receive_last = body.ts_receive_last;
    input.gap.count = body.count;
    input.gap.reason = body.reason;
    return input;
}

Input Input::make_clock_step(TimeNs ts_receive, DurationNs step_ns) {
    Input input = blank(InputKind::clock_step, no_time, ts_receive);
    input.clock_step.step_ns = step_ns;
    return input;
}

}  // namespace contagiond::core
