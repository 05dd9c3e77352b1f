// TickTape: the recent ticks of one series, in the order of time and without gaps in memory, for
// estimators that walk over raw ticks on a slower clock (LeadLagStudy).
//
// Ticks are conflated: of all that fall into one slot of `resolution`, aligned to the epoch, only
// the latest stays, with its own stamp. So a burst of ticks costs no more room than a slow minute.
// view(now) holds the ticks of (now - window, now] and the last one before them, without which the
// first return in the window would have no beginning.
//
// Any run of ticks stands in one piece: the tape has an eighth more places than it holds ticks, and
// when it has reached the last one, all that it holds is moved to the beginning. Cost: O(1) a tick,
// counting the moves, of which a tick takes part in eight; O(log ticks) a view. Memory: 18 bytes a
// tick of capacity, which is window/resolution + 2: 162 kB for 15 minutes of 100 ms. Nothing is
// calculated, so there is no error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/estimators/tick_series.hpp"

namespace contagiond::core {

struct TickTapeOptions {
    DurationNs window = 15 * ns_per_min;
    DurationNs resolution = 100 * ns_per_ms;
};

/// One thread. Never allocates after construction.
class TickTape {
  public:
    explicit TickTape(const TickTapeOptions& options = {});

    /// A stamp below the last one is late: dropped and counted, as is a price that is none. One of
    /// the same stamp or slot replaces the last tick.
    TickVerdict push(TimeNs ts, double price);

    /// Oldest first. Valid until the next push or restart. A `now` before the last stamp leaves out
    /// what came after it; of the oldest ticks then some may be gone already.
    TickSpan view(TimeNs now) const;

    /// After a gap: forgets all ticks, and how far time had come. A return over a gap is no return
    /// of ticks. What was dropped stays counted.
    void restart();

    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }
    DurationNs window() const { return window_; }
    const DroppedTicks& dropped() const { return dropped_; }

  private:
    std::size_t newest() const { return head_ + size_ - 1; }
    /// Whether a stamp not below the newest falls into its slot.
    bool in_newest_slot(TimeNs ts) const {
        // Without a sign, for the difference of two stamps from outside may be anything.
        return static_cast<std::uint64_t>(ts) - slot_begin_ <
               static_cast<std::uint64_t>(resolution_);
    }

    DurationNs window_;
    DurationNs resolution_;
    std::size_t capacity_;
    std::vector<TimeNs> ts_;     ///< a place a tick, and an eighth more
    std::vector<double> price_;  ///< likewise
    std::size_t head_ = 0;       ///< place of the oldest
    std::size_t size_ = 0;
    std::uint64_t slot_begin_ = 0;  ///< of the newest's slot
    TickPolicy policy_;
    DroppedTicks dropped_;
};

}  // namespace contagiond::core
