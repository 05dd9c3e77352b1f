// ConnectBudget: how often a feed may try to connect. Venues count the tries of an address, so all
// connections of a feed draw on one budget: some at once, then one each so often.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/units.hpp"

namespace contagiond::feeds {

/// One thread. Times are monotonic, in nanoseconds.
class ConnectBudget {
  public:
    ConnectBudget(std::uint32_t burst, core::DurationNs refill)
        : whole_(refill * burst), refill_(refill) {}

    /// Of a feed of so many connections, each of which alone would have `burst` and `refill`, where
    /// the venue allows an address `per_minute` tries (0: not known): never more than these within
    /// a minute, if `burst` is below.
    static ConnectBudget of_feed(std::uint32_t burst, core::DurationNs refill,
                                 std::size_t connections, std::uint32_t per_minute) {
        core::DurationNs shared =
            refill / static_cast<core::DurationNs>(std::max<std::size_t>(1, connections));
        if (per_minute > burst) shared = std::max(shared, core::ns_per_min / (per_minute - burst));
        return {burst, std::max<core::DurationNs>(1, shared)};
    }

    /// When the next try may be made: `now` or later.
    std::int64_t allows(std::int64_t now) const {
        return std::max(now, full_at_ + refill_ - whole_);
    }
    void spend(std::int64_t now) { full_at_ = std::max(now, full_at_) + refill_; }

  private:
    core::DurationNs whole_;
    core::DurationNs refill_;
    std::int64_t full_at_ = 0;  ///< when the budget will be whole again
};

}  // namespace contagiond::feeds
