// LinkEvidence: what ties the source group to each target beyond a common fall, from rows of bar
// returns: correlation after the macro controls are taken out, whether the link has strengthened,
// which side moves first, and how much of the target's surprise comes from the source.
//
// A control or target that lacks most of the source's rows (its market is closed, its feed is gone)
// is left out of what several series are needed for, since a row counts only where all of them have
// one.
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
    /// What the spillover looks back on, in rows of one minute.
    static constexpr DurationNs spillover_window = 240 * ns_per_min;

    /// `config` must outlive this object.
    explicit LinkEvidence(const EngineConfig& config);

    /// One bar, after `evidence` has taken it.
    void push(TimeNs ts, const Evidence& evidence);

    /// Everything of one target but the spillover, which is the one measured last.
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
    LagAsymmetry asymmetry_;
    std::vector<std::optional<double>> asymmetry_x_, asymmetry_y_;
    std::vector<DieboldYilmaz> spillovers_;  ///< for one target, two, ...
    std::vector<std::span<const double>> spillover_columns_;
    std::vector<std::size_t> spillover_targets_;           ///< behind the source's column
    std::vector<std::optional<double>> received_, given_;  ///< by target, 0-1
};

}  // namespace contagiond::core
