// What LeadLag and LeadLagStudy share: the return intervals of a series, and the walk that adds up
// the products of two series' overlapping intervals at a lag.
//
//     HY(θ) = Σ dx_i·dy_j over all i, j whose intervals overlap after x was shifted forward by θ
//
// For one lag the intervals of both sides are walked once, in time: of the two at hand the one that
// ends first gives way to its successor, both when they end together. That meets every overlapping
// pair exactly once. Four lags are walked side by side, because a walk is a chain of dependent
// steps that leaves the processor idle.
//
// The time can be cut into parts. A product belongs to the part in which the later of its two
// intervals ends, by the clock, not by the shifted one: then exchanging the series changes nothing.
// In the order of the walk neither end ever goes back, so the parts come one after the other.
//
// Cost: at most n + m steps a lag for n + m ticks, half a nanosecond to one each. Error: one plain
// summation a part, at most (n + m)·eps·Σ|dx_i·dy_j|; nothing is subtracted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "core/estimators/tick_series.hpp"

namespace contagiond::core {

/// Stamps and lags beyond some decades are drawn in to this, so that their sum cannot overflow.
inline constexpr std::int64_t lag_reach = std::int64_t{1} << 61;

/// Lags above 0, ascending, with 0 and the same below it: a grid that is symmetric.
template <std::size_t n>
constexpr std::array<DurationNs, 2 * n + 1> both_ways(const std::array<DurationNs, n>& lags) {
    std::array<DurationNs, 2 * n + 1> grid{};
    for (std::size_t k = 0; k < n; ++k) {
        grid[n + 1 + k] = lags[k];
        grid[n - 1 - k] = -lags[k];
    }
    return grid;
}

/// Return intervals that follow each other without a gap. One thread; allocates only when made.
class ReturnIntervals {
  public:
    explicit ReturnIntervals(std::size_t ticks_max);

    /// The returns that end in (after, until], of the newest `ticks_max` ticks given; the first one
    /// begins at the last tick not after `after`, if there is one. Later ticks are not looked at.
    void load(TickSpan ticks, TimeNs origin, TimeNs after = std::numeric_limits<TimeNs>::min(),
              TimeNs until = std::numeric_limits<TimeNs>::max());

    std::size_t size() const { return returns_.size(); }
    /// Where each interval ends, relative to the origin; and the first one begins.
    std::span<const std::int64_t> ends() const { return ends_; }
    std::int64_t begin() const { return begin_; }
    std::span<const double> returns() const { return returns_; }
    double rv() const { return rv_; }
    /// How many intervals end at or before `t`, relative to the origin.
    std::size_t ended_by(std::int64_t t) const;
    const DroppedTicks& dropped() const { return dropped_; }
    /// Oldest ticks that found no room and would have counted.
    std::size_t left_out() const { return left_out_; }

  private:
    std::size_t ticks_max_;
    std::vector<std::int64_t> ends_;
    std::vector<double> returns_;
    std::int64_t begin_ = 0;
    double rv_ = 0;
    DroppedTicks dropped_;
    std::size_t left_out_ = 0;
};

/// How many intervals of each side end in a part of time or before it.
struct PartEnd {
    std::size_t x = 0, y = 0;
};

/// HY at every lag, apart by part: out[p·stride + k] of part p at lags[k]. The parts rise and the
/// last one holds all intervals; stride is at least the number of lags.
void lagged_products(const ReturnIntervals& x, const ReturnIntervals& y,
                     std::span<const DurationNs> lags, std::span<const PartEnd> parts, double* out,
                     std::size_t stride);

/// The lag with the largest strength; of equals the smaller |lag|, then the positive one.
class StrongestLag {
  public:
    void offer(DurationNs lag, double strength) {
        if (lag_ && strength < strength_) return;
        if (!lag_ || strength > strength_ || nearer(lag, *lag_)) {
            strength_ = strength;
            lag_ = lag;
        }
    }
    std::optional<DurationNs> lag() const { return lag_; }

  private:
    static bool nearer(DurationNs a, DurationNs b) {
        // -lag of the most negative lag does not exist, so sizes are compared below zero.
        const auto size = [](DurationNs t) { return t < 0 ? t : -t; };
        return size(a) > size(b) || (size(a) == size(b) && a > b);
    }

    std::optional<DurationNs> lag_;
    double strength_ = 0;
};

}  // namespace contagiond::core
