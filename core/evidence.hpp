// Evidence: every statistic the engine keeps, fed one row of samples a bar. It decides nothing; it
// measures, and marks what it measured where the data behind it are doubtful.
//
// A return over a closure of more than two days counts as one over two days. A group's return is
// synchronous when members of half its alive weight printed and none of them late or after a
// silence.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/detector.hpp"
#include "core/engine.hpp"
#include "core/estimators/correlation_lanes.hpp"
#include "core/estimators/ewma_correlation.hpp"
#include "core/estimators/loss_windows.hpp"
#include "core/group_return.hpp"
#include "core/sampler.hpp"

namespace contagiond::core {

/// One thread. Never allocates after construction.
class Evidence {
  public:
    /// `config` must outlive this object.
    explicit Evidence(const EngineConfig& config);

    /// One bar; `samples` in order of instruments.
    void push(TimeNs ts, std::span<const Sample> samples);

    /// The data of this instrument (no_id: of all) are doubtful from `ts` back.
    void taint(InstrumentId instrument, TaintCause cause, TimeNs ts);

    LegMeasure leg(SeriesId series, std::size_t horizon) const;
    LegMeasure macro_leg(std::size_t horizon) const;
    /// Whether at least one control has a fresh price.
    bool controls_fresh() const { return controls_fresh_; }
    /// Loss of one control in its hawkish direction, in its own sigma.
    std::optional<double> control_loss_sigma(std::size_t control, std::size_t horizon) const;

    std::optional<double> drawdown(SeriesId series, std::size_t horizon) const;
    /// Alive weight of a series, 0-1.
    double coverage(SeriesId series) const { return coverage_[series]; }
    /// Whether the series printed in this bar (a group: by half its alive weight).
    bool printed(SeriesId series) const { return printed_[series]; }
    /// The move of the series in this bar, of whatever length and kind.
    struct Move {
        std::optional<double> log_return;
        double elapsed = 0;  ///< bars it covers
        ReturnKind kind = ReturnKind::bar;
        /// It is of this very bar, on time: it may be held against another series' return.
        bool synchronous = false;
    };
    const Move& move(SeriesId series) const { return moves_[series]; }
    std::optional<double> scale(SeriesId series) const { return series_[series].scale(); }
    /// Whether anything makes the data behind the last `window` doubtful; of a group when it does
    /// so for over a quarter of its weight.
    bool tainted(SeriesId series, DurationNs window) const { return touched(series, window, true); }
    bool pair_tainted(SeriesId source, SeriesId target, DurationNs window) const {
        return tainted(source, window) || tainted(target, window);
    }
    /// As tainted(), but for stale prices, which the alive weight of a group answers for: what may
    /// open no episode.
    bool untrustworthy(SeriesId series, DurationNs window) const {
        return touched(series, window, false);
    }
    TaintCauses taint_causes(InstrumentId instrument, DurationNs window) const;

    /// Pairs: every member of the source group and the group itself, against every target, in this
    /// order: target by target, and within it source by source.
    std::size_t pair_count() const { return pairs_.size(); }
    SeriesId pair_source(std::size_t pair) const { return pairs_[pair].source; }
    SeriesId pair_target(std::size_t pair) const { return pairs_[pair].target; }
    /// The members of the source group in the order of configuration, then the group.
    std::span<const SeriesId> sources() const { return sources_; }
    /// A window's value needs a quarter of its rows, and ten at least.
    CorrelationMeasured correlation(std::size_t pair, std::size_t window) const;
    /// The pair of the whole source group with the target at this position.
    std::size_t group_pair(std::size_t target_position) const {
        return (target_position + 1) * sources_.size() - 1;
    }

  private:
    struct Usual {
        Maybe value;
        double effective_rows = 0;
    };
    struct Pair {
        SeriesId source;
        SeriesId target;
        EwmaCorrelation usual;
        std::vector<Usual> usual_before;  ///< ring of `usual` after each row
    };

    bool touched(SeriesId series, DurationNs window, bool stale_counts) const;
    void push_instruments(std::span<const Sample> samples);
    void push_groups(std::span<const Sample> samples);
    void push_macro(std::span<const Sample> samples);
    void push_pairs();

    const EngineConfig& config_;
    TimeNs ts_ = 0;
    std::uint64_t rows_ = 0;
    std::vector<LossWindows> series_;  ///< instruments, then groups
    LossWindows macro_;
    bool controls_fresh_ = false;
    std::vector<SeriesId> sources_;
    std::vector<Pair> pairs_;
    CorrelationLanes correlations_;  ///< of the pairs, over the windows
    std::vector<double> row_;        ///< for them: returns of this bar by series, NaN for none
    double elapsed_rows_max_;
    std::vector<std::uint32_t> window_rows_;
    std::vector<Move> moves_;  ///< of this bar, by series
    std::vector<double> coverage_;
    std::vector<bool> printed_;
    /// When each cause last touched an instrument, and any, and any but stale.
    struct Taint {
        std::array<TimeNs, taint_cause_count> at;
        TimeNs any = no_time;
        TimeNs but_stale = no_time;
    };
    std::vector<Taint> taints_;  ///< by instrument
};

}  // namespace contagiond::core
