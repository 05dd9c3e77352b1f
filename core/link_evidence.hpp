// LinkEvidence: what ties the source group to each target beyond a common fall, from rows of bar
// returns: correlation after the macro controls are taken out, whether the link has strengthened,
// which side moves first, and how much of the target's surprise comes from the source.
//
//     partial     over the link window, with those controls taken out that have enough rows
//     change      Forbes and Rigobon: the link window against link_before, the stretch before it
//     asymmetry   of lagged correlations up to four minutes (at least 2 rows, at most a quarter of
//                 the link window) either side of 0, over the link window; absent with no more rows
//                 than lags on both sides
//     spillover   Diebold and Yilmaz, 10 steps ahead by one lag, over 240 rows of a minute (or of
//                 a longer bar), without rows that cover several (CoarseRow::caught_up)
//
// A link is tainted when the data of its source or target are doubtful anywhere in the longest of
// these stretches, those of a control that was taken out within the link window, or, where a
// spillover is told, those of another target in it within the spillover's.
//
// A control or target that has fewer than half of the source's rows (its market is closed, its feed
// is gone) is left out of what several series are needed for, since a row counts only where all of
// them have one.
//
// Measured on demand (a slower clock, and when an episode changes): tens of microseconds a target.
// Memory: 16 bytes a row of both link windows for the source, each target and each control, and
// 4 kB a series for the spillover, whose workspaces take 15 kB a target more for each target there
// is.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/engine.hpp"
#include "core/estimators/bar_rollup.hpp"
#include "core/estimators/diebold_yilmaz.hpp"
#include "core/estimators/forbes_rigobon.hpp"
#include "core/estimators/lag_asymmetry.hpp"
#include "core/estimators/partial_correlation.hpp"
#include "core/estimators/series_history.hpp"
#include "core/event.hpp"
#include "core/evidence.hpp"

namespace contagiond::core {

/// One thread. Never allocates after construction.
class LinkEvidence {
  public:
    /// Rows that the spillover looks back on, and the time they take.
    static constexpr std::size_t spillover_rows = 240;
    static constexpr DurationNs spillover_window(DurationNs bar) {
        return static_cast<DurationNs>(spillover_rows) * BarRollup::bar_of(bar, ns_per_min);
    }

    /// `config` must outlive this object.
    explicit LinkEvidence(const EngineConfig& config);

    /// One bar, after `evidence` has taken it.
    void push(TimeNs ts, const Evidence& evidence);

    /// Everything of one target but the spillover, which is the one measured last; absent when that
    /// is more than two rounds of studies ago.
    LinkMeasured measure(std::size_t target_position, const Evidence& evidence);
    /// The spillover among the source group and the targets that have enough rows.
    void measure_spillover();

  private:
    struct Watched {
        Watched(SeriesId id, std::size_t row_count, DurationNs bar);
        void push(TimeNs ts, const Evidence& evidence);

        SeriesId series;
        SeriesHistory rows;
        BarRollup rollup;
        SeriesHistory minutes;  ///< the same in rows of one minute
    };
    void measure_partial(const Watched& target, LinkMeasured& link);
    void measure_change(const Watched& target, LinkMeasured& link) const;
    bool tainted(const LinkMeasured& link, const Evidence& evidence) const;
    void measure_asymmetry(const Watched& target, const Evidence& evidence, LinkMeasured& link);

    const EngineConfig& config_;
    std::size_t rows_now_;
    std::size_t rows_before_;
    TimeNs ts_ = 0;
    Watched source_;
    std::vector<Watched> targets_;
    std::vector<Watched> controls_;
    PartialCorrelation partial_;
    std::vector<std::span<const double>> kept_controls_;
    std::vector<SeriesId> kept_series_;  ///< whose these are
    LagAsymmetry asymmetry_;
    std::vector<std::optional<double>> asymmetry_x_, asymmetry_y_;
    std::vector<DieboldYilmaz> spillovers_;  ///< for one target, two, ...
    std::vector<std::span<const double>> spillover_columns_;
    std::vector<std::size_t> spillover_targets_;           ///< behind the source's column
    std::vector<std::optional<double>> received_, given_;  ///< by target, 0-1
    TimeNs ts_spillover_ = no_time;
};

}  // namespace contagiond::core
