// TickEvidence: statistics on raw ticks, for every pair of a source and a target: the correlation
// of Hayashi and Yoshida, tick by tick, and who moves first by how many seconds, on a slower clock.
//
// The source group is a series of its own: an index that ticks whenever a member does, by the
// member's weight times its return.
//
// A correlation is told when either side has ten returns within the window at least, of ticks half
// a second apart (TickTape): on fewer it is one move against another. Its standard error is that of
// the last study of the pair, told until it is two rounds of studies old.
//
// Only the stream an instrument's price comes from counts (one feed's trades, or its quotes while
// it does not trade), so that neither the distance between two venues nor the order of a venue's
// two streams looks like a move. Between two venues a lead below their difference in way and clock
// means nothing; nothing below half a second is told.
//
// Cost: O(1) a tick and pair it touches; the tick's own return is taken once for all of them. A
// lead costs up to two milliseconds where both sides tick all the time; see lead_lag_study.hpp.
// Memory for a window of 15 minutes: 40 kB a pair, 33 kB a series, and 1 MB for the study in all.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/engine.hpp"
#include "core/estimators/hayashi_yoshida.hpp"
#include "core/estimators/lead_lag_study.hpp"
#include "core/estimators/tick_tape.hpp"
#include "core/event.hpp"
#include "core/sampler.hpp"

namespace contagiond::core {

/// One thread. Never allocates after construction.
class TickEvidence {
  public:
    /// Of either side, for a correlation.
    static constexpr std::size_t returns_min = 10;

    /// `sources`: members of the source group, then the group. `config` must outlive this object.
    /// Where nobody asks for correlations (`correlates`), ticks cost no pair anything.
    TickEvidence(const EngineConfig& config, std::span<const SeriesId> sources,
                 bool correlates = true);

    void tick(const StreamTick& tick);

    /// Pairs: target by target, within it source by source (as Evidence's).
    std::size_t pair_count() const { return pairs_.size(); }
    /// Over the tick window that ends at `ts`; no value on fewer than returns_min, nor where nobody
    /// was to ask; taint is the caller's.
    TickCorrelationMeasured correlation(std::size_t pair, TimeNs ts);
    /// Measures anew; taint is the caller's.
    const LeadMeasured& measure_lead(std::size_t pair, TimeNs ts);
    /// The same, but for the interval of what is no lead.
    const LeadMeasured& measure_verdict(std::size_t pair, TimeNs ts);
    /// As last measured; absent before.
    const std::optional<LeadMeasured>& lead(std::size_t pair) const { return pairs_[pair].lead; }

  private:
    /// What a pair is made of: tapes by place.
    struct Pair {
        std::size_t source;
        std::size_t target;
        HayashiYoshida correlation;
        std::optional<LeadMeasured> lead;
        std::optional<double> standard_error;  ///< of the correlation, at the last study
        TimeNs ts_study = no_time;
    };
    struct Series {
        SeriesId series = no_id;
        TickTape tape;
        std::vector<std::size_t> pairs;  ///< it is part of
        bool is_source = false;
        TimeNs ts = no_time;      ///< of its newest tick
        double price = 0;         ///< likewise
        double price_before = 0;  ///< of the stamp before; 0: there is none
        KnownReturn last = {};    ///< from there to the newest tick
    };
    struct MemberState {
        double weight = 0;  ///< over all weight of the group
        double price = 0;   ///< 0: none yet, or no link to the next
    };

    bool enough_returns(const Series& series, TimeNs ts) const;
    const LeadMeasured& keep_lead(std::size_t pair, TimeNs ts, const LeadLagStudyValue& value);
    /// Answers with the return that ends with the tick, where there is one.
    const KnownReturn& push(std::size_t place, TimeNs ts, double price, bool restarts);
    void move_index(InstrumentId instrument, const StreamTick& tick, const KnownReturn& known);

    const EngineConfig& config_;
    std::vector<Series> series_;          ///< sources, the group the last of them, then targets
    std::vector<std::size_t> place_of_;   ///< by instrument; no_place: not watched
    std::vector<MemberState> member_of_;  ///< by instrument; weight 0: no member
    std::size_t group_place_;
    double index_path_ = 0;
    TimeNs ts_index_ = no_time;
    std::vector<Pair> pairs_;
    LeadLagStudy study_;
};

}  // namespace contagiond::core
