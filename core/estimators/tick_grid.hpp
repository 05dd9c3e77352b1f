// TickGrid: irregular ticks of several series on one clock, without a look ahead.
//
// previous tick:  the value at t is the price of the last accepted tick with a stamp <= t; absent
//                 if there is none, or when it is older than a bound.
// refresh time:   τ_1 = the first instant at which every series has ticked; τ_{k+1} = the first
//                 instant at which every series has ticked strictly after τ_k. Values are previous
//                 ticks at τ_k. Source: Barndorff-Nielsen, Hansen, Lunde and Shephard,
//                 "Multivariate realised kernels", Journal of Econometrics 162 (2011).
//
// Both only choose among prices, so there is no error. Cost: O(1) a tick, and for refresh time
// O(series) once a stamp. Memory: 72 bytes for a previous tick; 64 a series for refresh time.
//
// Where the parts of a case file go: estimator "grid". Case with params.step_ns and
// params.max_staleness_ns: span_grid() gives expected grid_ts, and sample_previous_tick() fills one
// array a series. Without them: refresh_times() gives expected ts and one array a series. Inputs
// x_ts, x_px, y_ts, y_px, ... are the TickSpans (null price: NaN).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/estimators/tick_series.hpp"

namespace contagiond::core {

/// One thread. Never allocates.
class PreviousTick {
  public:
    /// A price older than `staleness_max` is no value; one exactly as old still is.
    explicit PreviousTick(DurationNs staleness_max) : staleness_max_(staleness_max) {}

    TickVerdict tick(TimeNs ts, double price);
    /// Absent too for a time before the last accepted tick: what stood then is not kept.
    std::optional<double> at(TimeNs ts) const;

    const DroppedTicks& dropped() const { return policy_.dropped(); }

  private:
    DurationNs staleness_max_;
    TickPolicy policy_;
    bool any_ = false;
    TimeNs ts_ = 0;
    double price_ = 0;
};

/// One thread. Never allocates after construction.
class RefreshTime {
  public:
    explicit RefreshTime(std::size_t series);

    struct Tick {
        TickVerdict verdict;
        bool row;  ///< a refresh time is complete: see ts() and prices()
    };
    /// Ticks come in the order of time over all series, those of one stamp in any order; one below
    /// a stamp that another series has reached is dropped as behind. A refresh time is complete
    /// when a later stamp appears, since prices of its own stamp may still be replaced.
    Tick tick(std::size_t series, TimeNs ts, double price);
    /// No more ticks: whether the last stamp was a refresh time.
    bool finish();

    /// Of the refresh time completed last, until the next tick.
    TimeNs ts() const { return ts_row_; }
    std::span<const double> prices() const { return row_; }
    const DroppedTicks& dropped(std::size_t series) const {
        return series_[series].policy.dropped();
    }

  private:
    struct Series {
        double price = 0;
        bool fresh = false;  ///< has ticked since the last refresh time
        TickPolicy policy;
    };
    bool settle();

    std::vector<Series> series_;
    std::size_t fresh_count_ = 0;
    TimeNs ts_open_ = no_time;
    TimeNs ts_row_ = no_time;
    std::vector<double> row_;
};

/// All multiples of `step` from the last one not after the first accepted tick of any series to the
/// last one not after the last. Empty without ticks or a positive step. Allocates.
std::vector<TimeNs> span_grid(std::span<const TickSpan> series, DurationNs step);

/// The value at every time of `grid` (ascending) into `out` (as long).
DroppedTicks sample_previous_tick(TickSpan ticks, std::span<const TimeNs> grid,
                                  DurationNs staleness_max, std::span<std::optional<double>> out);

struct RefreshRows {
    std::vector<TimeNs> ts;
    std::vector<std::vector<double>> prices;  ///< one array a series
    std::vector<DroppedTicks> dropped;        ///< one a series
};

/// Of whole series, merged by time. Allocates.
RefreshRows refresh_times(std::span<const TickSpan> series);

}  // namespace contagiond::core
