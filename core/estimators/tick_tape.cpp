#include "core/estimators/tick_tape.hpp"

#include <algorithm>

namespace contagiond::core {
namespace {

/// First stamp of the slot a stamp falls into; floor, also before the epoch.
std::uint64_t slot_begin(TimeNs ts, DurationNs resolution) {
    const DurationNs past = ts % resolution;
    return static_cast<std::uint64_t>(ts) -
           static_cast<std::uint64_t>(past < 0 ? past + resolution : past);
}

}  // namespace

TickTape::TickTape(const TickTapeOptions& options)
    : window_(std::max<DurationNs>(options.window, 1)),
      resolution_(std::max<DurationNs>(options.resolution, 1)),
      // A window that begins within a slot touches one slot more than its length; and the last
      // tick before it.
      capacity_(static_cast<std::size_t>(window_ / resolution_) + (window_ % resolution_ != 0) + 2),
      ts_(capacity_ + capacity_ / 8 + 1),
      price_(ts_.size()) {}

TickVerdict TickTape::push(TimeNs ts, double price) {
    const TickVerdict verdict = policy_.admit(ts, price);
    if (!accepted(verdict)) {
        dropped_.late += verdict == TickVerdict::late;
        dropped_.bad_price += verdict == TickVerdict::bad_price;
        return verdict;
    }
    if (size_ > 0 && in_newest_slot(ts)) {
        ts_[newest()] = ts;
        price_[newest()] = price;
        return TickVerdict::replaces;
    }
    slot_begin_ = slot_begin(ts, resolution_);
    if (size_ == capacity_)
        ++head_;
    else
        ++size_;
    if (head_ + size_ > ts_.size()) {
        // All but the new one, whose place is behind the last.
        const auto move = [&](auto& column) {
            const auto begin = column.begin() + static_cast<std::ptrdiff_t>(head_);
            std::copy(begin, column.end(), column.begin());
        };
        move(ts_);
        move(price_);
        head_ = 0;
    }
    ts_[newest()] = ts;
    price_[newest()] = price;
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
