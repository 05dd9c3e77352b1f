// DashboardEvidence: the part of the dashboard's state that tells why: who leads, what ties source
// and target beyond a common fall, each series against its own habits, and what the fall has cost.
//
// Sections of the state:
//
//   {"tick_correlations":[{"source","target","value","standard_error","samples","tainted",
//                          "ts":time}],
//    "leads":[{"source","target",
//              "verdict":"led|too_few_ticks|no_variance|not_significant|spans_zero|at_the_edge",
//              "seconds",               positive: the source moves first. Only with the verdict
//              "low","high",            `led` a lead is claimed
//              "correlation","correlation_standard_error",
//              "ratio",                 null also where the target leads at no lag
//              "ticks_source","ticks_target","tainted","ts":time}],
//    "links":[{"source","target",
//              "partial","partial_standard_error","partial_p","partial_samples","controls_kept",
//              "rho_before","rho_now","rho_adjusted","change_z","change_p","samples_before",
//              "samples_now","asymmetry","asymmetry_samples",
//              "spillover_received","spillover_given","tainted","ts":time}],
//    "series":[{"series","selloff_z","jump","jump_p","drift_log","change_24h":ratio,
//               "intraday_factor","tainted","ts":time}],
//    "impact":[{"source","value_lost_usd","share","covered","as_of":"2025-01-24","ts":time}]}
//
// Numbers mean what core/event.hpp says of them. Every row is there from the start: tick
// correlations and leads of each source with each target, a link of the source group with each
// target, series of sources and targets, one impact of the source group. `ts` is when the row was
// measured, null before the first time. `as_of` is a day.
#pragma once

#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "core/engine.hpp"
#include "core/event.hpp"
#include "daemon/sinks/dashboard_rows.hpp"

namespace contagiond::sinks {

/// One thread at a time. Never blocks.
class DashboardEvidence {
  public:
    using Json = nlohmann::ordered_json;

    /// `engine` must outlive this object.
    explicit DashboardEvidence(const core::EngineConfig& engine);

    void take(const core::TickCorrelationMeasured& event);
    void take(const core::LeadMeasured& event);
    void take(const core::LinkMeasured& event);
    void take(const core::SeriesMeasured& event);
    void take(const core::ImpactMeasured& event);

    /// Name and list of every section, in the order of the state.
    std::array<std::pair<std::string_view, DashboardSection*>, 5> sections();
    std::array<std::pair<std::string_view, const DashboardSection*>, 5> sections() const;

  private:
    using Pair = std::pair<core::SeriesId, core::SeriesId>;

    bool is_series(core::SeriesId id) const { return id < engine_.universe.series_count(); }
    Json names(const Pair& pair) const;
    Json& tick_correlation_row(const Pair& pair);
    Json& lead_row(const Pair& pair);
    Json& link_row(const Pair& pair);
    Json& series_row(core::SeriesId series);

    const core::EngineConfig& engine_;
    DashboardSection tick_correlations_, leads_, links_, series_, impact_;
    std::map<Pair, std::size_t> tick_correlation_places_, lead_places_, link_places_;
    std::map<core::SeriesId, std::size_t> series_places_;
};

}  // namespace contagiond::sinks
