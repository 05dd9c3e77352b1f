// SelloffZ: how large the move of the last h bars is, in the sigma known before it began.
//
//     V   = EWMA of (r/f)², lambda = 1 - 2/(span + 1), weights normalised from the start
//     z_i = Σ_{last h} (r/f) / sqrt(h·V_{i-h})
//
// f is the intraday factor of the bar (mean square 1), so that the open and the close are not
// selloffs every day. The variance is the exponentially weighted one of the RiskMetrics Technical
// Document (1996), taken h bars back: a fall must not widen the yardstick it is held against. A
// negative z is a fall.
//
// Cost: O(1) amortised a bar. Memory: 28·h bytes. Error: V is a ratio of two sums of positive
// terms, each within eps/(1 - lambda) of its value, forever; the window's sum is within h·eps of
// its sum of absolute values. No subtraction, so an outlier that has left the window leaves no
// trace in it.
//
// Reference cases `selloff_z`. Params h = horizon, span, warmup. Inputs r, season: one push() a
// row, push_absent() where either is null. Expected z, sigma2: value(), variance() after each push.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/estimators/window_sum.hpp"

namespace contagiond::core {

struct SelloffRules {
    std::uint32_t horizon = 15;  ///< h, in bars, at least 1
    double span = 120;           ///< of the EWMA, in bars, at least 1
    std::uint32_t warmup = 60;   ///< bars with a return that the scale must rest on
};

/// One thread. Never allocates after construction.
class SelloffZ {
  public:
    explicit SelloffZ(const SelloffRules& rules);

    /// A bar: log return and intraday factor. When (r/f)² is not finite or the factor not above
    /// zero, it is an absent bar.
    void push(double log_return, double intraday_factor);
    /// A bar without a return: the scale stays as it is, and no sum over this bar is known.
    void push_absent();

    /// In sigma, negative for a fall. Absent while the scale of h bars ago rests on fewer than
    /// `warmup` bars or is zero, and while the last h bars have an absent one.
    std::optional<double> value() const { return value_; }
    /// V after the last bar, in squared r/f; absent before the first return.
    std::optional<double> variance() const;

  private:
    struct Scale {
        double variance = 0;
        bool warm = false;
    };
    void advance(std::optional<double> standardised);

    SelloffRules rules_;
    double decay_;
    double weighted_ = 0;  ///< Σ of weight·(r/f)²
    double weight_ = 0;
    std::uint32_t returns_ = 0;  ///< counted up to warmup
    WindowSum move_;
    std::vector<Scale> scales_;  ///< of the last h bars; the oldest is the next to be replaced
    std::size_t oldest_ = 0;
    std::optional<double> value_;
};

}  // namespace contagiond::core
