// MetricEvents: the series that the engine's events fill. All of them stand from the start:
// counters and states at 0, statistics at not computable. An event finds its series by position:
// with many pairs a bar brings thousands.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/engine.hpp"
#include "core/event.hpp"
#include "daemon/sinks/metric_series.hpp"
#include "daemon/sinks/watched.hpp"

namespace contagiond::sinks {

/// No locks of its own. Both arguments must outlive this object.
class MetricEvents {
  public:
    MetricEvents(const core::EngineConfig& engine, MetricSeries& series);

    /// What the configuration does not watch makes no series.
    void take(const core::Event& event);

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
        core::Gauge& change_24h;
    };
    struct Symbol {
        core::Gauge& stale;
        std::array<core::Gauge*, core::taint_cause_count> taints;
        core::Gauge& price_timestamp;
        core::Gauge& feeds_fresh;
        core::Gauge& feeds_agreeing;
        core::Counter& ticks_late;
        std::array<core::Counter*, core::reject_reason_count> rejected;
        std::vector<std::pair<core::FeedId, core::Gauge*>> diverged;  ///< by feed; a few
    };
    struct Target {
        core::Gauge& score;
        core::Gauge& suspended;
        core::Gauge& since;
        std::array<core::Gauge*, exported_states.size()> states;
        std::array<core::Gauge*, core::direction_count> directions;
    };

    /// The alerts of one rule and severity.
    struct Alerts {
        core::Counter* opened;
        core::Gauge* active;
        ExemplarSource latest;  ///< opening
    };

    /// By SeriesId, where it stands among the watched; `none` where it does not.
    using Positions = std::vector<std::uint32_t>;
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    /// A pair by the positions of its sides.
    struct Place {
        std::size_t source, target;
    };

    std::array<core::Gauge*, core::taint_cause_count> make_taints(const std::string& symbol);
    void make_symbols();
    void make_measures();
    void make_target(core::SeriesId target);
    void make_alerts();
    Correlation make_correlation(core::SeriesId source, core::SeriesId target,
                                 core::DurationNs window);
    Pair make_pair(core::SeriesId source, core::SeriesId target);
    Link make_link(core::SeriesId source, core::SeriesId target);
    Series make_series(core::SeriesId id);

    /// Gives each of `ids` its position, one named twice once, and returns them in that order.
    std::vector<core::SeriesId> number(const std::vector<core::SeriesId>& ids,
                                       Positions& positions) const;
    /// Absent where the pair is not watched.
    std::optional<Place> place_of(core::SeriesId source, core::SeriesId target) const;
    Symbol* symbol_of(core::InstrumentId id);
    Alerts& alerts_of(core::Rule rule, core::Severity severity);
    void shift_active(core::Rule rule, core::Severity severity, double by);

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
    Positions source_position_, target_position_;
    std::size_t sources_ = 0;
    std::vector<Correlation> correlations_;  ///< by source, then target, then window
    std::vector<Pair> pairs_;                ///< by target, then source
    std::vector<Link> links_;                ///< by target; of the group alone
    std::vector<Target> targets_;            ///< by target
    std::vector<Series> series_;             ///< by SeriesId
    std::vector<core::Gauge*> returns_;      ///< by SeriesId, then by horizon
    std::vector<Symbol> symbols_;            ///< by InstrumentId
    core::Counter* rejected_unknown_ = nullptr;
    std::array<std::array<Alerts, core::severity_count>, core::rule_count> alerts_{};
    std::array<std::array<core::Counter*, core::suppress_reason_count>, core::rule_count>
        suppressed_{};
    /// What is open, by episode id, and as what it was counted.
    std::map<std::string, std::pair<core::Rule, core::Severity>, std::less<>> open_;
    core::Gauge& value_lost_usd_;
    core::Gauge& value_lost_ratio_;
};

}  // namespace contagiond::sinks
