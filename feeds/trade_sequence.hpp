// TradeSequence: what a trade's number says where a venue numbers the trades of a symbol without
// holes: the next one, one seen before, or that some are missing.
#pragma once

#include <cstdint>

#include "core/units.hpp"

namespace contagiond::feeds {

/// One symbol's trades at one venue, over all connections. One thread; pure; never allocates.
class TradeSequence {
  public:
    enum class Kind : std::uint8_t {
        next,       ///< as expected, or the first, or late after a gap that was told
        duplicate,  ///< seen before: to be dropped
        gap,        ///< `missing` trades before this one did not come; this one is to be kept
        restarted,  ///< the venue began to count anew: what came in between is unknown
    };
    struct Verdict {
        Kind kind = Kind::next;
        std::uint64_t missing = 0;
    };

    /// `id` 0 means the trade has no number and is always `next`.
    Verdict see(std::uint64_t id, core::TimeNs ts_exchange) {
        if (id == 0) return {};
        if (newest_ == 0) return begin(id, ts_exchange, {});
        if (id > newest_) {
            const std::uint64_t step = id - newest_;
            seen_ = step < window ? (seen_ << step) | 1 : 1;
            newest_ = id;
            ts_newest_ = ts_exchange;
            if (step == 1) return {};
            return {Kind::gap, step - 1};
        }
        const std::uint64_t age = newest_ - id;
        if (age < window && (seen_ >> age & 1) == 0) {
            seen_ |= std::uint64_t{1} << age;
            return {};
        }
        // A repeated trade keeps its time. A lower number with a later time is a new trade of a
        // venue that restarted its count; taking it for a repeat would drop all that follow.
        if (ts_exchange > ts_newest_) return begin(id, ts_exchange, {Kind::restarted, 0});
        return {Kind::duplicate, 0};
    }

  private:
    static constexpr std::uint64_t window = 64;

    Verdict begin(std::uint64_t id, core::TimeNs ts_exchange, Verdict verdict) {
        newest_ = id;
        ts_newest_ = ts_exchange;
        seen_ = 1;
        return verdict;
    }

    std::uint64_t newest_ = 0;
    core::TimeNs ts_newest_ = core::no_time;
    std::uint64_t seen_ = 0;  ///< bit n: newest_ - n was seen
};

}  // namespace contagiond::feeds
