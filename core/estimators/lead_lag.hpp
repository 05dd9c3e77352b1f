// LeadLag: which of two series moves first, and by how long, from their raw ticks.
//
//     rho(θ) = HY(x, y shifted by -θ) / sqrt(rv_x·rv_y)    for every θ of a grid of lags
//     theta  = the θ with the largest |rho(θ)|; of equals the smaller |θ|, then the positive one
//     llr    = Σ_{θ>0} rho² / Σ_{θ<0} rho²
//
// with HY the sum of Hayashi and Yoshida (see hayashi_yoshida.hpp). θ > 0: x leads, what it does
// now y does θ later; llr > 1 says so too. Sources: Hoffmann, Rosenbaum and Yoshida, "Estimation of
// the lead-lag parameter from non-synchronous data", Bernoulli 19 (2013); Huth and Abergel, "High
// frequency lead/lag relationships", Journal of Empirical Finance 26 (2014), whose ratio is one of
// squares.
//
// Cost: at most n + m steps a lag for n + m ticks, one to two nanoseconds each (see
// lagged_products.hpp): work for a slower clock than the ticks'. Memory: 16 bytes a tick of
// capacity and side, 32 a lag. Error: one plain summation, at most (n + m)·eps·Σ|dx_i·dy_j|.
//
// Where the parts of a case file go: estimator "lead_lag"; params.lags_ns is the constructor's
// grid, inputs x_ts, x_px, y_ts, y_px the two TickSpans (null price: NaN); expected rho, theta_ns
// and llr are the fields of LeadLagValue, an infinite llr being the text "inf".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/estimators/lagged_products.hpp"
#include "core/estimators/tick_series.hpp"

namespace contagiond::core {

struct LeadLagValue {
    /// One a lag, in the order of the grid; not clipped. All absent with fewer than two ticks or a
    /// zero variance on a side. Valid until the next measurement.
    std::span<const std::optional<double>> rho;
    std::optional<DurationNs> theta;
    /// Above 1: x leads. Infinite when nothing at all speaks for y; absent without rho, or when
    /// nothing speaks for either.
    std::optional<double> llr;
    DroppedTicks dropped_x, dropped_y;
    /// Oldest ticks that found no room in the workspace and so did not count.
    std::size_t left_out_x = 0, left_out_y = 0;
};

/// One thread. Never allocates after construction.
class LeadLag {
  public:
    /// The grid is meant to be symmetric, since llr compares its halves; in any order. The newest
    /// `ticks_max` ticks of each side count.
    LeadLag(std::span<const DurationNs> lags, std::size_t ticks_max);

    /// Of all given ticks, each side in the order it came.
    LeadLagValue measure(TickSpan x, TickSpan y);

    std::span<const DurationNs> lags() const { return lags_; }

  private:
    void conclude(LeadLagValue& value) const;

    std::vector<DurationNs> lags_;
    ReturnIntervals x_;
    ReturnIntervals y_;
    std::vector<double> covariances_;  ///< one a lag
    std::vector<std::optional<double>> rho_;
};

/// ±{0, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120} s, ascending.
std::span<const DurationNs> lead_lag_default_grid();

}  // namespace contagiond::core
