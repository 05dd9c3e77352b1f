#include "core/event_queue.hpp"

#include <algorithm>

namespace contagiond::core {

TimeNs FeedOffset::event_time(TimeNs ts_exchange, TimeNs ts_receive) {
    if (ts_exchange == no_time || !is_plausible_time(ts_exchange)) return ts_receive;
    const DurationNs delay = ts_receive - ts_exchange;
    if (stretch_begin_ == no_time) {
        stretch_begin_ = ts_receive;
    } else if (ts_receive - stretch_begin_ >= stretch) {
        // After a silence of more than a stretch nothing of what was known is recent.
        least_before_ = ts_receive - stretch_begin_ >= 2 * stretch ? none : least_now_;
        least_now_ = none;
        stretch_begin_ = ts_receive;
    }
    least_now_ = std::min(least_now_, delay);
    const DurationNs least = offset();
    if (least > offset_max) return ts_exchange;
    if (least < -offset_max) return ts_receive;
    return ts_exchange + least;
}

EventQueue::EventQueue(std::size_t feeds, std::size_t capacity, std::size_t instruments)
    : offsets_(feeds), slots_(std::max<std::size_t>(capacity, 1)), lines_(feeds) {
    for (Line& line : lines_) line.newest.resize(instruments);
    heap_.reserve(slots_.size());
    for (std::size_t place = slots_.size(); place-- > 0;) {
        slots_[place].behind = free_;
        free_ = static_cast<Place>(place);
    }
}

TimeNs EventQueue::event_time(const Input& tick) {
    if (tick.feed >= offsets_.size() || (tick.flags & history) != 0) return tick.ts_receive;
    return offsets_[tick.feed].event_time(tick.ts_exchange, tick.ts_receive);
}

void EventQueue::forget_offsets() {
    std::fill(offsets_.begin(), offsets_.end(), FeedOffset{});
}

bool EventQueue::earlier(Place a, Place b) const {
    const Slot &left = slots_[a], &right = slots_[b];
    if (left.tick.ts_event != right.tick.ts_event) return left.tick.ts_event < right.tick.ts_event;
    const auto stream = [](const Input& tick) {
        return (std::uint32_t{tick.feed} << 16) | tick.instrument;
    };
    const std::uint32_t stream_a = stream(left.tick.input), stream_b = stream(right.tick.input);
    return stream_a != stream_b ? stream_a < stream_b : left.order < right.order;
}

bool EventQueue::shares_newest(const Mark& mark, TimeNs ts_event) const {
    return mark.order != 0 && slots_[mark.place].order == mark.order &&
           slots_[mark.place].tick.ts_event == ts_event;
}

/// Of the ticks that share the line's newest time, the one that `tick`, which shares it too, goes
/// behind; none: ahead of all of them. Absent where that is not known at once.
std::optional<EventQueue::Place> EventQueue::newest_ahead(const Line& line,
                                                          const Tick& tick) const {
    const int instrument = tick.input.instrument;
    if (static_cast<std::size_t>(instrument) >= line.newest.size()) return std::nullopt;
    for (int i = instrument; i >= 0; --i) {
        if (instrument - i > walk_max) return std::nullopt;
        const Mark& mark = line.newest[static_cast<std::size_t>(i)];
        if (shares_newest(mark, tick.ts_event)) return mark.place;
    }
    if (!shares_newest(line.newest_first, tick.ts_event)) return std::nullopt;
    return slots_[line.newest_first.place].ahead;
}

/// A tick that is in the line now, and shares its newest time, is its instrument's last.
void EventQueue::note_newest(Line& line, Place place) {
    const Slot& slot = slots_[place];
    const Mark mark{place, slot.order};
    if (slot.ahead == none || slots_[slot.ahead].tick.ts_event != slot.tick.ts_event)
        line.newest_first = mark;
    if (slot.tick.input.instrument < line.newest.size())
        line.newest[slot.tick.input.instrument] = mark;
}

/// Puts the tick where it belongs in its feed's line, unless that is too far from the end.
bool EventQueue::line_up(Line& line, Place place) {
    Place ahead = line.last;
    if (ahead != none && earlier(place, ahead)) {
        const Tick& tick = slots_[place].tick;
        std::optional<Place> known;
        if (tick.ts_event == slots_[ahead].tick.ts_event) known = newest_ahead(line, tick);
        if (known) ahead = *known;
        for (int steps = 0; !known && ahead != none && earlier(place, ahead); ++steps) {
            if (steps == walk_max) return false;
            ahead = slots_[ahead].ahead;
        }
    }
    const Place behind = ahead == none ? line.first : slots_[ahead].behind;
    slots_[place].ahead = ahead;
    slots_[place].behind = behind;
    (ahead == none ? line.first : slots_[ahead].behind) = place;
    (behind == none ? line.last : slots_[behind].ahead) = place;
    if (slots_[place].tick.ts_event == slots_[line.last].tick.ts_event) note_newest(line, place);
    return true;
}

void EventQueue::find_oldest() {
    oldest_ = heap_.empty() ? none : heap_.front();
    for (const Line& line : lines_)
        if (line.first != none && (oldest_ == none || earlier(line.first, oldest_)))
            oldest_ = line.first;
}

void EventQueue::push(TimeNs ts_event, const Input& tick) {
    const Place place = free_;
    Slot& slot = slots_[place];
    free_ = slot.behind;
    slot.tick = {ts_event, tick};
    slot.order = ++pushed_;
    ++size_;
    if (tick.feed >= lines_.size() || !line_up(lines_[tick.feed], place)) {
        heap_.push_back(place);
        std::push_heap(heap_.begin(), heap_.end(),
                       [this](Place a, Place b) { return earlier(b, a); });
    }
    if (oldest_ == none || earlier(place, oldest_)) oldest_ = place;
}

EventQueue::Tick EventQueue::pop() {
    const Place place = oldest_;
    Slot& slot = slots_[place];
    if (!heap_.empty() && heap_.front() == place) {
        std::pop_heap(heap_.begin(), heap_.end(),
                      [this](Place a, Place b) { return earlier(b, a); });
        heap_.pop_back();
    } else {
        Line& line = lines_[slot.tick.input.feed];
        line.first = slot.behind;
        if (line.first == none) {
            line.last = none;
        } else {
            Slot& next = slots_[line.first];
            next.ahead = none;
            // It was written up to `lateness` ago, and is taken next.
            __builtin_prefetch(&next.tick);
        }
    }
    slot.behind = free_;
    slot.order = 0;
    free_ = place;
    --size_;
    find_oldest();
    return slot.tick;
}

}  // namespace contagiond::core
