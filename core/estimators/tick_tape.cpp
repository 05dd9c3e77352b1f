#include "core/estimators/tick_tape.hpp"

#include <algorithm>

namespace contagiond::core {
namespace {

/// Number of the slot a stamp falls into; floor, also before the epoch.
std::int64_t slot_of(TimeNs ts, DurationNs resolution) {
    return ts / resolution - (ts % resolution < 0);
}

}  // namespace

TickTape::TickTape(const TickTapeOptions& options)
    : window_(std::max<DurationNs>(options.window, 1)),
      resolution_(std::max<DurationNs>(options.resolution, 1)),
      // A window that begins within a slot touches one slot more than its length; and the last
      // tick before it.
      capacity_(static_cast<std::size_t>(window_ / resolution_) + (window_ % resolution_ != 0) + 2),
      ts_(2 * capacity_),
      price_(2 * capacity_) {}

void TickTape::write(std::size_t place, TimeNs ts, double price) {
    for (const std::size_t copy : {place, place + capacity_}) {
        ts_[copy] = ts;
        price_[copy] = price;
    }
}

TickVerdict TickTape::push(TimeNs ts, double price) {
    const TickVerdict verdict = policy_.admit(ts, price);
    if (!accepted(verdict)) {
        dropped_.late += verdict == TickVerdict::late;
        dropped_.bad_price += verdict == TickVerdict::bad_price;
        return verdict;
    }
    if (size_ > 0 && slot_of(ts, resolution_) == slot_of(ts_[newest()], resolution_)) {
        write(newest(), ts, price);
        return TickVerdict::replaces;
    }
    if (size_ == capacity_)
        head_ = (head_ + 1) % capacity_;
    else
        ++size_;
    write(newest(), ts, price);
    return TickVerdict::next;
}

TickSpan TickTape::view(TimeNs now) const {
    const auto begin = ts_.begin() + static_cast<std::ptrdiff_t>(head_);
    const auto end = begin + static_cast<std::ptrdiff_t>(size_);
    const auto last = std::upper_bound(begin, end, now);
    auto first = std::upper_bound(begin, last, add_saturated(now, -window_));
    if (first != begin) --first;
    const auto place = static_cast<std::size_t>(first - ts_.begin());
    const auto count = static_cast<std::size_t>(last - first);
    return {std::span(ts_).subspan(place, count), std::span(price_).subspan(place, count)};
}

void TickTape::restart() {
    head_ = size_ = 0;
    policy_ = {};
}

}  // namespace contagiond::core
