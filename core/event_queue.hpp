// EventQueue: ticks of several feeds in the order in which they happened, as far as that is known.
//
// Event time is told on our own clock:
//
//     ts_event = ts_exchange + offset(feed),   offset = least (ts_receive - ts_exchange) seen
//     lately
//
// The least delay of a feed is the skew of its venue's clock plus the shortest way to us; what a
// tick took beyond it is jitter of the network, and leaves the order of things. An offset beyond
// `offset_max` is no skew but a delayed feed (or a clock that is wrong): then the venue's stamp
// stands as it is, so that the price is seen to be old. Event time is never later than ts_receive,
// and is ts_receive where the venue gives no stamp.
//
// Ticks are held until the watermark passes them: the present less a stated lateness. A tick that
// comes behind the watermark is handed on at once, with its own event time; what was said of the
// time before the watermark is never rewritten.
//
// Cost: O(log ticks held). Memory: 84 bytes a tick of capacity. What goes out early when it is full
// is the caller's choice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/input.hpp"
#include "core/instrument.hpp"
#include "core/units.hpp"

namespace contagiond::core {

/// How far a feed's venue clock, and the way from there, is behind our clock.
class FeedOffset {
  public:
    /// Beyond it a feed is delayed, not skewed.
    static constexpr DurationNs offset_max = 5 * ns_per_s;
    /// The least delay of the last one to two stretches of this length counts: long enough to meet
    /// a quick message, short enough to follow a drifting clock.
    static constexpr DurationNs stretch = 5 * ns_per_min;

    /// Event time of a tick; learns from it.
    TimeNs event_time(TimeNs ts_exchange, TimeNs ts_receive);

    /// Absent (no_time) before the first stamp.
    DurationNs offset() const { return least_before_ < least_now_ ? least_before_ : least_now_; }
    bool known() const { return stretch_begin_ != no_time; }

  private:
    static constexpr DurationNs none = std::numeric_limits<DurationNs>::max();
    DurationNs least_now_ = none;
    DurationNs least_before_ = none;
    TimeNs stretch_begin_ = no_time;
};

/// One thread. Never allocates after construction.
class EventQueue {
  public:
    struct Tick {
        TimeNs ts_event = no_time;
        Input input;
    };

    EventQueue(std::size_t feeds, std::size_t capacity);

    /// Event time of a tick, which its feed learns from. Ticks marked as history are told at their
    /// receive time: they move nothing.
    TimeNs event_time(const Input& tick);

    bool full() const { return free_.empty(); }
    bool empty() const { return heap_.empty(); }
    std::size_t size() const { return heap_.size(); }
    /// Must not be full.
    void push(TimeNs ts_event, const Input& tick);
    /// Event time of the oldest tick. Must not be empty.
    TimeNs front() const { return heap_.front().ts_event; }
    /// The oldest tick. Of one event time the lower feed and instrument first, whichever came
    /// first, so that the network has no say in it; of one stream the one pushed first. Must not be
    /// empty.
    Tick pop();

    const FeedOffset& offset(FeedId feed) const { return offsets_[feed]; }
    /// Our own clock was set: what was learned against it is void. Ticks held stay as they are.
    void forget_offsets();

  private:
    struct Key {
        TimeNs ts_event;
        std::uint64_t order;
        std::uint32_t stream;  ///< feed and instrument
        std::uint32_t slot;
    };
    static bool later(const Key& a, const Key& b) {
        if (a.ts_event != b.ts_event) return a.ts_event > b.ts_event;
        if (a.stream != b.stream) return a.stream > b.stream;
        return a.order > b.order;
    }

    std::vector<FeedOffset> offsets_;
    std::vector<Key> heap_;
    std::vector<Input> slots_;
    std::vector<std::uint32_t> free_;
    std::uint64_t pushed_ = 0;
};

}  // namespace contagiond::core
