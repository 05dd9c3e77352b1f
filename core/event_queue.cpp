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

EventQueue::EventQueue(std::size_t feeds, std::size_t capacity)
    : offsets_(feeds), slots_(std::max<std::size_t>(capacity, 1)) {
    heap_.reserve(slots_.size());
    free_.reserve(slots_.size());
    for (std::size_t slot = slots_.size(); slot-- > 0;)
        free_.push_back(static_cast<std::uint32_t>(slot));
}

TimeNs EventQueue::event_time(const Input& tick) {
    if (tick.feed >= offsets_.size() || (tick.flags & history) != 0) return tick.ts_receive;
    return offsets_[tick.feed].event_time(tick.ts_exchange, tick.ts_receive);
}

void EventQueue::forget_offsets() {
    std::fill(offsets_.begin(), offsets_.end(), FeedOffset{});
}

void EventQueue::push(TimeNs ts_event, const Input& tick) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slots_[slot] = tick;
    const std::uint32_t stream = (std::uint32_t{tick.feed} << 16) | tick.instrument;
    heap_.push_back({ts_event, pushed_++, stream, slot});
    std::push_heap(heap_.begin(), heap_.end(), later);
}

EventQueue::Tick EventQueue::pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Key key = heap_.back();
    heap_.pop_back();
    free_.push_back(key.slot);
    return {key.ts_event, slots_[key.slot]};
}

}  // namespace contagiond::core
