// MetricEvents: the series that the engine's events fill. All of them stand from the start:
// counters and states at 0, statistics at not computable.
#pragma once

#include <array>
#include <map>
#include <string>
#include <utility>

#include "core/engine.hpp"
#include "core/event.hpp"
#include "daemon/sinks/metric_series.hpp"
#include "daemon/sinks/watched.hpp"

namespace contagiond::sinks {

/// No locks of its own. Both arguments must outlive this object.
class MetricEvents {
  public:
    MetricEvents(const core::EngineConfig& engine, MetricSeries& series);

    void take(const core::Event& event);

    using RuleSeverity = std::pair<core::Rule, core::Severity>;
    /// The latest opening of each kind.
    const std::map<RuleSeverity, Exemplar>& alert_exemplars() const { return alert_exemplars_; }

  private:
    /// Regimes that are exported as states, in this order.
    static constexpr std::array exported_states = {core::Regime::calm, core::Regime::elevated,
                                                   core::Regime::contagion};

    /// One pair in one window, from bars.
    struct Correlation {
        core::Gauge& value;
        core::Gauge& baseline;
        core::Gauge& standard_error;
        core::Gauge& effective_samples;
    };
    /// One source with one target, beyond the windows.
    struct Pair {
        core::Gauge& lead;
        core::Gauge& lead_low;
        core::Gauge& lead_high;
        core::Gauge& tick_correlation;
        core::Gauge& tick_standard_error;
    };
    /// The source group with one target.
    struct Link {
        core::Gauge& partial;
        core::Gauge& contagion_z;
        core::Gauge& received;
        core::Gauge& given;
    };
    struct Series {
        core::Gauge& selloff_z;
        core::Gauge& drift;
    };
    struct Symbol {
        core::Gauge& stale;
        std::array<core::Gauge*, core::taint_cause_count> taints;
        core::Gauge& price_timestamp;
        core::Gauge& feeds_fresh;
        core::Gauge& feeds_agreeing;
        core::Counter& ticks_late;
    };
    struct Target {
        core::Gauge& score;
        core::Gauge& suspended;
        core::Gauge& since;
        std::array<core::Gauge*, exported_states.size()> states;
        std::array<core::Gauge*, core::direction_count> directions;
    };

    std::array<core::Gauge*, core::taint_cause_count> make_taints(const std::string& symbol);
    void make_symbols();
    void make_measures();
    void make_alerts();
    Correlation& correlation(const WatchedPair& key);
    Pair& pair(core::SeriesId source, core::SeriesId target);
    Link& link(core::SeriesId source, core::SeriesId target);
    Series& series(core::SeriesId id);
    core::Gauge& change(core::SeriesId id);
    core::Gauge& return_of(core::SeriesId id, std::uint8_t horizon);
    void on(const core::PriceSampled& event);
    void on(const core::PriceDiverged& event);
    void on(const core::TickLate& event);
    void on(const core::SelloffMeasured& event);
    void on(const core::CorrelationMeasured& event);
    void on(const core::TickCorrelationMeasured& event);
    void on(const core::LeadMeasured& event);
    void on(const core::LinkMeasured& event);
    void on(const core::SeriesMeasured& event);
    void on(const core::ImpactMeasured& event);
    void on(const core::TargetAssessed& event);
    void on(const core::TickRejected& event);
    void on(const core::AlertSuppressed& event);
    void on(const core::EpisodeChanged& event);
    void on(const core::BarClosed&) {}
    void on(const core::FeedChanged&) {}

    const std::string& name_of(core::SeriesId id) const { return engine_.universe.series_name(id); }
    bool is_series(core::SeriesId id) const { return id < engine_.universe.series_count(); }

    const core::EngineConfig& engine_;
    MetricSeries& out_;
    std::map<WatchedPair, Correlation> correlations_;
    std::map<std::pair<core::SeriesId, core::SeriesId>, Pair> pairs_;
    std::map<std::pair<core::SeriesId, core::SeriesId>, Link> links_;
    std::map<core::SeriesId, Series> series_;
    std::map<core::SeriesId, core::Gauge*> changes_;
    std::map<std::pair<core::SeriesId, std::uint8_t>, core::Gauge*> returns_;
    std::map<core::InstrumentId, Symbol> symbols_;
    std::map<std::pair<core::InstrumentId, core::FeedId>, core::Gauge*> diverged_;
    std::map<std::pair<core::InstrumentId, core::RejectReason>, core::Counter*> rejected_;
    std::map<core::InstrumentId, Target> targets_;
    std::map<RuleSeverity, core::Counter*> alerts_;
    std::map<RuleSeverity, core::Gauge*> active_;
    std::map<std::pair<core::Rule, core::SuppressReason>, core::Counter*> suppressed_;
    std::map<std::string, RuleSeverity, std::less<>> open_;  ///< by episode id
    std::map<RuleSeverity, Exemplar> alert_exemplars_;
    core::Gauge& value_lost_usd_;
    core::Gauge& value_lost_ratio_;
};

}  // namespace contagiond::sinks
