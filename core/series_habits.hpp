// SeriesHabits: one series held against its own habits, from one-minute rows: the fall of the last
// quarter of an hour in its sigma, jumps, sequential evidence of a fall, the change over a day.
//
//     selloff_z   the last 15 rows against a variance of span 120 that rests on 60 rows at least
//     jump        one row against the 270 before it, of which 100 products of neighbours must be
//                 known; jump_p is for a session of 390 rows
//     drift_log   betting with 0.2, 0.45 and 0.8 on bars in units of the root of an average of
//                 their squares with a half-life of 45 minutes, as it was before the bar; silent
//                 until that average has a weight over 20 bars. Bars that are catch-ups are absent
//
// Rows are of one minute, or of one bar where bars are longer (row_length). One that covers several
// minutes (CoarseRow::caught_up) is no one-minute move: jump and intraday factor take it for
// absent. It is part of a fall all the same, so selloff_z adds it up, and its scale takes it for
// one row.
#pragma once

#include <cstdint>
#include <optional>

#include "core/estimators/bar_rollup.hpp"
#include "core/estimators/betting.hpp"
#include "core/estimators/day_change.hpp"
#include "core/estimators/intraday_factor.hpp"
#include "core/estimators/jump_statistic.hpp"
#include "core/estimators/selloff_z.hpp"
#include "core/evidence.hpp"

namespace contagiond::core {

/// One thread. Never allocates after construction.
class SeriesHabits {
  public:
    /// `bar`: length of the rows that come in.
    explicit SeriesHabits(DurationNs bar);

    /// Rows that selloff_z adds up.
    static constexpr std::uint32_t selloff_rows = 15;
    static constexpr DurationNs row_length(DurationNs bar) {
        return BarRollup::bar_of(bar, ns_per_min);
    }

    /// One bar. `path`: sum of all returns of the series so far; absent while it has no price.
    /// True when a one-minute row was completed, that is when there is something new to tell.
    bool push(TimeNs ts, const Evidence::Move& move, std::optional<double> path);
    /// The series has no link to its past: no change is taken over this moment.
    void restart() { day_.restart(); }

    std::optional<double> selloff_z() const { return selloff_.value(); }
    std::optional<double> jump() const;
    std::optional<double> jump_p() const;
    /// Log e-value of a fall, in nats.
    double drift_log() const { return drift_.log_e(); }
    double intraday_factor() const { return factor_now_; }
    std::optional<double> change_24h() const { return change_24h_; }

  private:
    void push_drift(const Evidence::Move& move);

    IntradayFactor factor_;
    BarRollup rollup_;
    SelloffZ selloff_;
    JumpTest jump_;
    Betting drift_;
    DayChange day_;
    double drift_decay_;
    double drift_weighted_ = 0;  ///< of squared moves, as they were before this bar
    double drift_weight_ = 0;
    double factor_now_ = 1;
    std::optional<double> change_24h_;
};

}  // namespace contagiond::core
