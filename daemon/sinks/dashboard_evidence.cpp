#include "daemon/sinks/dashboard_evidence.hpp"

#include <cmath>
#include <string>

#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/watched.hpp"

namespace contagiond::sinks {
namespace {

using Json = nlohmann::ordered_json;

/// The day of a number that changes once a quarter.
Json json_day(core::TimeNs t) {
    return t == core::no_time ? Json(nullptr) : Json(rfc3339(t).substr(0, 10));
}

/// Whole dollars.
Json json_dollars(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? Json(std::round(*value)) : Json(nullptr);
}

}  // namespace

DashboardEvidence::DashboardEvidence(const core::EngineConfig& engine) : engine_(engine) {
    const std::vector<core::SeriesId> sources = watched_sources(engine);
    for (const core::SeriesId source : sources)
        for (const core::InstrumentId target : engine.targets) {
            tick_correlation_row({source, target});
            lead_row({source, target});
        }
    for (const core::InstrumentId target : engine.targets)
        if (!sources.empty()) link_row({sources.front(), target});
    for (const core::SeriesId series : watched_series(engine)) series_row(series);
    if (!sources.empty())
        impact_.rows.push_back({{"source", engine.universe.series_name(sources.front())},
                                {"value_lost_usd", nullptr},
                                {"share", nullptr},
                                {"covered", 0.0},
                                {"as_of", nullptr},
                                {"ts", nullptr}});
    for (const auto& [name, section] : sections()) section->changed.clear();
}

std::array<std::pair<std::string_view, DashboardSection*>, 5> DashboardEvidence::sections() {
    return {{{"tick_correlations", &tick_correlations_},
             {"leads", &leads_},
             {"links", &links_},
             {"series", &series_},
             {"impact", &impact_}}};
}

std::array<std::pair<std::string_view, const DashboardSection*>, 5> DashboardEvidence::sections()
    const {
    return {{{"tick_correlations", &tick_correlations_},
             {"leads", &leads_},
             {"links", &links_},
             {"series", &series_},
             {"impact", &impact_}}};
}

Json DashboardEvidence::names(const Pair& pair) const {
    return {{"source", engine_.universe.series_name(pair.first)},
            {"target", engine_.universe.series_name(pair.second)}};
}

Json& DashboardEvidence::tick_correlation_row(const Pair& pair) {
    const auto [it, is_new] =
        tick_correlation_places_.try_emplace(pair, tick_correlations_.rows.size());
    if (is_new) {
        Json row = names(pair);
        row.update({{"value", nullptr},
                    {"standard_error", nullptr},
                    {"samples", 0},
                    {"tainted", false},
                    {"ts", nullptr}});
        tick_correlations_.rows.push_back(std::move(row));
    }
    return tick_correlations_.edit(it->second);
}

Json& DashboardEvidence::lead_row(const Pair& pair) {
    const auto [it, is_new] = lead_places_.try_emplace(pair, leads_.rows.size());
    if (is_new) {
        Json row = names(pair);
        row.update({{"verdict", nullptr},
                    {"seconds", nullptr},
                    {"low", nullptr},
                    {"high", nullptr},
                    {"correlation", nullptr},
                    {"correlation_standard_error", nullptr},
                    {"ratio", nullptr},
                    {"ticks_source", 0},
                    {"ticks_target", 0},
                    {"tainted", false},
                    {"ts", nullptr}});
        leads_.rows.push_back(std::move(row));
    }
    return leads_.edit(it->second);
}

Json& DashboardEvidence::link_row(const Pair& pair) {
    const auto [it, is_new] = link_places_.try_emplace(pair, links_.rows.size());
    if (is_new) {
        Json row = names(pair);
        row.update({{"partial", nullptr},
                    {"partial_standard_error", nullptr},
                    {"partial_p", nullptr},
                    {"partial_samples", 0},
                    {"controls_kept", 0},
                    {"rho_before", nullptr},
                    {"rho_now", nullptr},
                    {"rho_adjusted", nullptr},
                    {"change_z", nullptr},
                    {"change_p", nullptr},
                    {"samples_before", 0},
                    {"samples_now", 0},
                    {"asymmetry", nullptr},
                    {"asymmetry_samples", 0},
                    {"spillover_received", nullptr},
                    {"spillover_given", nullptr},
                    {"tainted", false},
                    {"ts", nullptr}});
        links_.rows.push_back(std::move(row));
    }
    return links_.edit(it->second);
}

Json& DashboardEvidence::series_row(core::SeriesId series) {
    const auto [it, is_new] = series_places_.try_emplace(series, series_.rows.size());
    if (is_new)
        series_.rows.push_back({{"series", engine_.universe.series_name(series)},
                                {"selloff_z", nullptr},
                                {"jump", nullptr},
                                {"jump_p", nullptr},
                                {"drift_log", nullptr},
                                {"change_24h", nullptr},
                                {"intraday_factor", 1.0},
                                {"tainted", false},
                                {"ts", nullptr}});
    return series_.edit(it->second);
}

void DashboardEvidence::take(const core::TickCorrelationMeasured& event) {
    if (!is_series(event.source) || !is_series(event.target)) return;
    Json& row = tick_correlation_row({event.source, event.target});
    row["value"] = json_number(event.value);
    row["standard_error"] = json_number(event.standard_error);
    row["samples"] = event.effective_samples;
    row["tainted"] = event.tainted;
    row["ts"] = json_time(event.ts);
}

void DashboardEvidence::take(const core::LeadMeasured& event) {
    if (!is_series(event.source) || !is_series(event.target)) return;
    Json& row = lead_row({event.source, event.target});
    row["verdict"] = to_string(event.verdict);
    row["seconds"] = json_number(event.seconds);
    row["low"] = json_number(event.seconds_low);
    row["high"] = json_number(event.seconds_high);
    row["correlation"] = json_number(event.correlation);
    row["correlation_standard_error"] = json_number(event.correlation_standard_error);
    row["ratio"] = json_number(event.ratio);
    row["ticks_source"] = event.ticks_source;
    row["ticks_target"] = event.ticks_target;
    row["tainted"] = event.tainted;
    row["ts"] = json_time(event.ts);
}

void DashboardEvidence::take(const core::LinkMeasured& event) {
    if (!is_series(event.source) || !is_series(event.target)) return;
    Json& row = link_row({event.source, event.target});
    row["partial"] = json_number(event.partial);
    row["partial_standard_error"] = json_number(event.partial_standard_error);
    row["partial_p"] = json_chance(event.partial_p);
    row["partial_samples"] = event.partial_samples;
    row["controls_kept"] = event.controls_kept;
    row["rho_before"] = json_number(event.rho_before);
    row["rho_now"] = json_number(event.rho_now);
    row["rho_adjusted"] = json_number(event.rho_adjusted);
    row["change_z"] = json_number(event.change_z);
    row["change_p"] = json_chance(event.change_p);
    row["samples_before"] = event.samples_before;
    row["samples_now"] = event.samples_now;
    row["asymmetry"] = json_number(event.asymmetry);
    row["asymmetry_samples"] = event.asymmetry_samples;
    row["spillover_received"] = json_number(event.spillover_received);
    row["spillover_given"] = json_number(event.spillover_given);
    row["tainted"] = event.tainted;
    row["ts"] = json_time(event.ts);
}

void DashboardEvidence::take(const core::SeriesMeasured& event) {
    if (!is_series(event.series)) return;
    Json& row = series_row(event.series);
    row["selloff_z"] = json_number(event.selloff_z);
    row["jump"] = json_number(event.jump);
    row["jump_p"] = json_chance(event.jump_p);
    row["drift_log"] = json_number(event.drift_log);
    row["change_24h"] = json_ratio(event.change_24h);
    row["intraday_factor"] = json_number(event.intraday_factor);
    row["tainted"] = event.tainted;
    row["ts"] = json_time(event.ts);
}

void DashboardEvidence::take(const core::ImpactMeasured& event) {
    if (impact_.rows.empty()) return;
    Json& row = impact_.edit(0);
    row["value_lost_usd"] = json_dollars(event.value_lost_usd);
    row["share"] = json_number(event.share);
    row["covered"] = json_number(event.covered);
    row["as_of"] = json_day(event.as_of);
    row["ts"] = json_time(event.ts);
}

}  // namespace contagiond::sinks
