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
// Each feed's ticks come nearly in order, so they stand in a line of their own: a new one goes to
// the line's end, or before at most walk_max ticks that go out later. In a flood thousands of ticks
// of many instruments have one stamp, in milliseconds; so of the newest time each instrument's last
// tick is known, and the next one goes behind it at once. What belongs further ahead, and what is
// of no feed we know, goes into a heap beside the lines. The oldest is the least of the lines'
// heads and the heap's: the order is exact wherever a tick stands.
//
// Cost: O(feeds) a tick. A feed whose stamps run backwards costs walk_max steps and O(log ticks
// held) a tick, whatever it sends. Memory: 84 bytes a tick of capacity, 72 a feed and 16 an
// instrument of each, all at construction. What goes out early when it is full is the caller's
// choice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
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

    /// Of instruments from `instruments` on order costs more.
    EventQueue(std::size_t feeds, std::size_t capacity, std::size_t instruments = 0);

    /// Event time of a tick, which its feed learns from. Ticks marked as history are told at their
    /// receive time: they move nothing.
    TimeNs event_time(const Input& tick);

    bool full() const { return free_ == none; }
    bool empty() const { return oldest_ == none; }
    std::size_t size() const { return size_; }
    /// Must not be full.
    void push(TimeNs ts_event, const Input& tick);
    /// Event time of the oldest tick. Must not be empty.
    TimeNs front() const { return slots_[oldest_].tick.ts_event; }
    /// The oldest tick. Of one event time the lower feed and instrument first, whichever came
    /// first, so that the network has no say in it; of one stream the one pushed first. Must not be
    /// empty.
    Tick pop();

    const FeedOffset& offset(FeedId feed) const { return offsets_[feed]; }
    /// Our own clock was set: what was learned against it is void. Ticks held stay as they are.
    void forget_offsets();

    /// Later ticks of its feed that a tick may step before; one further behind goes to the heap.
    static constexpr int walk_max = 16;

  private:
    using Place = std::uint32_t;  ///< in slots_
    static constexpr Place none = std::numeric_limits<Place>::max();

    struct Slot {
        Tick tick;
        std::uint64_t order = 0;  ///< of pushing, from 1; 0 while it is free
        Place ahead = none;       ///< neighbours in its line: the one to go out before it ...
        Place behind = none;      ///< ... and after it; of a free slot the next free one
    };
    static_assert(sizeof(Slot) == 80);
    /// A tick that was in the line; it may have gone out since.
    struct Mark {
        Place place = none;
        std::uint64_t order = 0;
    };
    struct Line {
        Place first = none;
        Place last = none;
        Mark newest_first;  ///< the first of those that share the last one's time
        std::vector<Mark>
            newest;  ///< by instrument: its last tick, if that is of the last one's time
    };

    bool earlier(Place a, Place b) const;
    bool line_up(Line& line, Place place);
    bool shares_newest(const Mark& mark, TimeNs ts_event) const;
    std::optional<Place> newest_ahead(const Line& line, const Tick& tick) const;
    void note_newest(Line& line, Place place);
    void find_oldest();

    std::vector<FeedOffset> offsets_;
    std::vector<Slot> slots_;
    std::vector<Line> lines_;  ///< by feed
    std::vector<Place> heap_;  ///< the oldest on top
    Place free_ = none;
    Place oldest_ = none;
    std::size_t size_ = 0;
    std::uint64_t pushed_ = 0;
};

}  // namespace contagiond::core
