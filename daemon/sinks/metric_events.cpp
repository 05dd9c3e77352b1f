#include "daemon/sinks/metric_events.hpp"

#include <optional>
#include <variant>

#include "core/elementary.hpp"

namespace contagiond::sinks {
namespace {

double known(const std::optional<double>& value) {
    return value.value_or(not_computable);
}
/// A log return as the ratio people speak of.
double ratio(const std::optional<double>& log_return) {
    return log_return ? core::elementary::expm1(*log_return) : not_computable;
}

}  // namespace

MetricEvents::MetricEvents(const core::EngineConfig& engine, MetricSeries& series)
    : engine_(engine),
      out_(series),
      value_lost_usd_(series.gauge(Metric::source_value_lost_usd, {}, not_computable)),
      value_lost_ratio_(series.gauge(Metric::source_value_lost_ratio, {}, not_computable)) {
    make_symbols();
    make_measures();
    make_alerts();
}

std::array<core::Gauge*, core::taint_cause_count> MetricEvents::make_taints(
    const std::string& symbol) {
    std::array<core::Gauge*, core::taint_cause_count> gauges{};
    for (std::size_t c = 0; c < gauges.size(); ++c)
        gauges[c] =
            &out_.gauge(Metric::symbol_tainted,
                        {{"symbol", symbol},
                         {"cause", std::string(to_string(static_cast<core::TaintCause>(c)))}});
    return gauges;
}

void MetricEvents::make_symbols() {
    const core::Universe& universe = engine_.universe;
    symbols_.reserve(universe.instruments.size());
    for (const core::Instrument& instrument : universe.instruments) {
        const std::string& symbol = instrument.symbol;
        const Labels labels = {{"symbol", symbol}};
        Symbol made{out_.gauge(Metric::symbol_stale, labels),
                    make_taints(symbol),
                    out_.gauge(Metric::symbol_price_timestamp_seconds, labels),
                    out_.gauge(Metric::symbol_feeds_fresh, labels),
                    out_.gauge(Metric::symbol_feeds_agreeing, labels),
                    out_.counter(Metric::ticks_late_total, labels),
                    {},
                    {}};
        for (std::size_t r = 0; r < made.rejected.size(); ++r)
            made.rejected[r] = &out_.counter(
                Metric::ticks_rejected_total,
                {{"symbol", symbol},
                 {"reason", std::string(to_string(static_cast<core::RejectReason>(r)))}});
        symbols_.push_back(std::move(made));
    }
    // Ticks of what nobody configured: an empty value is the same as no symbol, and never a
    // configured one.
    rejected_unknown_ =
        &out_.counter(Metric::ticks_rejected_total,
                      {{"symbol", ""},
                       {"reason", std::string(to_string(core::RejectReason::unknown_instrument))}});
    for (std::size_t f = 0; f < universe.feeds.size(); ++f)
        for (const core::InstrumentId id : universe.feeds[f].instruments)
            symbols_[id].diverged.emplace_back(
                static_cast<core::FeedId>(f),
                &out_.gauge(Metric::symbol_price_diverged,
                            {{"symbol", universe.instruments[id].symbol},
                             {"feed", universe.feeds[f].name}}));
}

void MetricEvents::make_measures() {
    // Everything that has a price is measured by itself, whether a pair watches it or not.
    series_.reserve(engine_.universe.series_count());
    for (std::size_t i = 0; i < engine_.universe.series_count(); ++i) {
        const auto id = static_cast<core::SeriesId>(i);
        for (const core::DurationNs horizon : engine_.selloff_horizons)
            returns_.push_back(
                &out_.gauge(Metric::return_ratio,
                            {{"symbol", name_of(id)}, {"window", window_label(horizon)}}));
        series_.push_back(make_series(id));
    }
    const std::vector<core::SeriesId> sources = number(watched_sources(engine_), source_position_);
    const std::vector<core::SeriesId> targets =
        number({engine_.targets.begin(), engine_.targets.end()}, target_position_);
    for (const core::SeriesId source : sources)
        for (const core::SeriesId target : targets)
            for (const core::DurationNs window : engine_.correlation_windows)
                correlations_.push_back(make_correlation(source, target, window));
    for (const core::SeriesId target : targets) {
        for (const core::SeriesId source : sources) pairs_.push_back(make_pair(source, target));
        if (!sources.empty()) links_.push_back(make_link(sources.front(), target));
        make_target(target);
    }
    sources_ = sources.size();
}

std::vector<core::SeriesId> MetricEvents::number(const std::vector<core::SeriesId>& ids,
                                                 Positions& positions) const {
    positions.assign(engine_.universe.series_count(), none);
    std::vector<core::SeriesId> once;
    for (const core::SeriesId id : ids)
        if (positions[id] == none) {
            positions[id] = static_cast<std::uint32_t>(once.size());
            once.push_back(id);
        }
    return once;
}

void MetricEvents::make_target(core::SeriesId target) {
    const std::string& symbol = name_of(target);
    Target made{
        out_.gauge(Metric::score, {{"target", symbol}}),
        out_.gauge(Metric::suspended, {{"target", symbol}}),
        out_.gauge(Metric::regime_since_timestamp_seconds, {{"target", symbol}}, not_computable),
        {},
        {}};
    for (std::size_t s = 0; s < exported_states.size(); ++s)
        made.states[s] = &out_.gauge(
            Metric::regime,
            {{"target", symbol}, {"state", std::string(to_string(exported_states[s]))}});
    for (std::size_t d = 0; d < core::direction_count; ++d)
        made.directions[d] =
            &out_.gauge(Metric::direction,
                        {{"target", symbol},
                         {"direction", std::string(to_string(static_cast<core::Direction>(d)))}});
    targets_.push_back(made);
}

void MetricEvents::make_alerts() {
    for (std::size_t r = 0; r < core::rule_count; ++r) {
        const std::string rule(to_string(static_cast<core::Rule>(r)));
        for (std::size_t s = 0; s < core::severity_count; ++s) {
            const Labels labels = {
                {"rule", rule},
                {"severity", std::string(to_string(static_cast<core::Severity>(s)))}};
            Alerts& alerts = alerts_[r][s];
            alerts.opened = &out_.counter(Metric::alerts_total, labels, &alerts.latest);
            alerts.active = &out_.gauge(Metric::alerts_active, labels);
        }
        for (std::size_t s = 0; s < core::suppress_reason_count; ++s)
            suppressed_[r][s] = &out_.counter(
                Metric::alerts_suppressed_total,
                {{"rule", rule},
                 {"reason", std::string(to_string(static_cast<core::SuppressReason>(s)))}});
    }
}

MetricEvents::Correlation MetricEvents::make_correlation(core::SeriesId source,
                                                         core::SeriesId target,
                                                         core::DurationNs window) {
    const Labels labels = {
        {"source", name_of(source)}, {"target", name_of(target)}, {"window", window_label(window)}};
    return {out_.gauge(Metric::correlation, labels, not_computable),
            out_.gauge(Metric::correlation_baseline, labels, not_computable),
            out_.gauge(Metric::correlation_standard_error, labels, not_computable),
            out_.gauge(Metric::correlation_effective_samples, labels)};
}

MetricEvents::Pair MetricEvents::make_pair(core::SeriesId source, core::SeriesId target) {
    const Labels labels = {{"source", name_of(source)}, {"target", name_of(target)}};
    const auto gauge = [&](Metric m) -> core::Gauge& {
        return out_.gauge(m, labels, not_computable);
    };
    return {gauge(Metric::lead_lag_seconds), gauge(Metric::lead_lag_low_seconds),
            gauge(Metric::lead_lag_high_seconds), gauge(Metric::hayashi_yoshida_correlation),
            gauge(Metric::hayashi_yoshida_correlation_standard_error)};
}

MetricEvents::Link MetricEvents::make_link(core::SeriesId source, core::SeriesId target) {
    const Labels forth = {{"source", name_of(source)}, {"target", name_of(target)}};
    const Labels back = {{"source", name_of(target)}, {"target", name_of(source)}};
    return {out_.gauge(Metric::partial_correlation, forth, not_computable),
            out_.gauge(Metric::contagion_z, forth, not_computable),
            out_.gauge(Metric::spillover_ratio, forth, not_computable),
            out_.gauge(Metric::spillover_ratio, back, not_computable)};
}

MetricEvents::Series MetricEvents::make_series(core::SeriesId id) {
    const Labels labels = {{"symbol", name_of(id)}};
    return {out_.gauge(Metric::selloff_z, labels, not_computable),
            out_.gauge(Metric::drift_log_e_value, labels, not_computable),
            out_.gauge(Metric::change_24h_ratio, labels, not_computable)};
}

std::optional<MetricEvents::Place> MetricEvents::place_of(core::SeriesId source,
                                                          core::SeriesId target) const {
    if (!is_series(source) || !is_series(target)) return std::nullopt;
    const Place place{source_position_[source], target_position_[target]};
    if (place.source == none || place.target == none) return std::nullopt;
    return place;
}

MetricEvents::Symbol* MetricEvents::symbol_of(core::InstrumentId id) {
    return id < symbols_.size() ? &symbols_[id] : nullptr;
}

MetricEvents::Alerts& MetricEvents::alerts_of(core::Rule rule, core::Severity severity) {
    return alerts_[static_cast<std::size_t>(rule)][static_cast<std::size_t>(severity)];
}

void MetricEvents::shift_active(core::Rule rule, core::Severity severity, double by) {
    core::Gauge& active = *alerts_of(rule, severity).active;
    active.set(active.value() + by);
}

void MetricEvents::take(const core::Event& event) {
    std::visit([this](const auto& e) { on(e); }, event);
}

void MetricEvents::on(const core::PriceSampled& e) {
    if (!symbol_of(e.instrument)) return;
    const Symbol& symbol = *symbol_of(e.instrument);
    symbol.stale.set(e.stale ? 1 : 0);
    for (std::size_t c = 0; c < symbol.taints.size(); ++c)
        symbol.taints[c]->set((e.taint & core::taint_bit(static_cast<core::TaintCause>(c))) ? 1
                                                                                            : 0);
    if (e.ts_price != core::no_time) symbol.price_timestamp.set(core::to_seconds(e.ts_price));
    symbol.feeds_fresh.set(e.feeds_fresh);
    symbol.feeds_agreeing.set(e.feeds_agreeing);
    series_[e.instrument].change_24h.set(ratio(e.change_24h));
}

void MetricEvents::on(const core::PriceDiverged& e) {
    if (!symbol_of(e.instrument)) return;
    for (const auto& [feed, gauge] : symbol_of(e.instrument)->diverged)
        if (feed == e.feed) return gauge->set(e.diverged ? 1 : 0);
}

void MetricEvents::on(const core::TickLate& e) {
    if (const Symbol* symbol = symbol_of(e.instrument)) symbol->ticks_late.add();
}

void MetricEvents::on(const core::SelloffMeasured& e) {
    if (!is_series(e.series) || e.horizon >= engine_.selloff_horizons.size() || !e.log_return)
        return;
    returns_[e.series * engine_.selloff_horizons.size() + e.horizon]->set(
        core::elementary::expm1(*e.log_return));
}

void MetricEvents::on(const core::CorrelationMeasured& e) {
    const std::size_t windows = engine_.correlation_windows.size();
    const auto place = place_of(e.source, e.target);
    if (!place || e.window >= windows) return;
    const Correlation& c =
        correlations_[(place->source * targets_.size() + place->target) * windows + e.window];
    c.value.set(known(e.value));
    c.baseline.set(known(e.baseline));
    c.standard_error.set(known(e.standard_error));
    c.effective_samples.set(e.effective_samples);
}

void MetricEvents::on(const core::TickCorrelationMeasured& e) {
    const auto place = place_of(e.source, e.target);
    if (!place) return;
    const Pair& p = pairs_[place->target * sources_ + place->source];
    p.tick_correlation.set(known(e.value));
    p.tick_standard_error.set(known(e.standard_error));
}

void MetricEvents::on(const core::LeadMeasured& e) {
    const auto place = place_of(e.source, e.target);
    if (!place) return;
    // A best lag that is not told from chance is no lead: a rule must not meet it.
    const bool led = e.verdict == core::LeadVerdict::led;
    const Pair& p = pairs_[place->target * sources_ + place->source];
    p.lead.set(led ? known(e.seconds) : not_computable);
    p.lead_low.set(led ? known(e.seconds_low) : not_computable);
    p.lead_high.set(led ? known(e.seconds_high) : not_computable);
}

void MetricEvents::on(const core::LinkMeasured& e) {
    const auto place = place_of(e.source, e.target);
    // The group is the first of the sources.
    if (!place || place->source != 0) return;
    const Link& l = links_[place->target];
    l.partial.set(known(e.partial));
    l.contagion_z.set(known(e.change_z));
    l.received.set(known(e.spillover_received));
    l.given.set(known(e.spillover_given));
}

void MetricEvents::on(const core::SeriesMeasured& e) {
    if (!is_series(e.series)) return;
    const Series& s = series_[e.series];
    s.selloff_z.set(known(e.selloff_z));
    s.drift.set(known(e.drift_log));
    // An instrument's own change comes with every price, which is more often.
    if (e.series >= engine_.universe.instruments.size()) s.change_24h.set(ratio(e.change_24h));
}

void MetricEvents::on(const core::ImpactMeasured& e) {
    value_lost_usd_.set(known(e.value_lost_usd));
    value_lost_ratio_.set(known(e.share));
}

void MetricEvents::on(const core::TargetAssessed& e) {
    if (!is_series(e.target) || target_position_[e.target] == none) return;
    const Target& target = targets_[target_position_[e.target]];
    if (e.score) target.score.set(*e.score);
    target.suspended.set(e.suspended ? 1 : 0);
    if (e.regime_since != core::no_time) target.since.set(core::to_seconds(e.regime_since));
    // Cooldown is calm to a rule on a dashboard; warming is none of the states.
    const core::Regime shown = e.regime == core::Regime::over ? core::Regime::calm : e.regime;
    for (std::size_t s = 0; s < exported_states.size(); ++s)
        target.states[s]->set(exported_states[s] == shown ? 1 : 0);
    for (std::size_t d = 0; d < core::direction_count; ++d)
        target.directions[d]->set(static_cast<core::Direction>(d) == e.direction ? 1 : 0);
}

void MetricEvents::on(const core::TickRejected& e) {
    const Symbol* symbol = symbol_of(e.instrument);
    (symbol ? symbol->rejected[static_cast<std::size_t>(e.reason)] : rejected_unknown_)->add();
}

void MetricEvents::on(const core::AlertSuppressed& e) {
    suppressed_[static_cast<std::size_t>(e.rule)][static_cast<std::size_t>(e.reason)]->add();
}

void MetricEvents::on(const core::EpisodeChanged& e) {
    const core::Episode& episode = *e.episode;
    const auto before = open_.find(episode.id.view());
    if (before != open_.end()) shift_active(before->second.first, before->second.second, -1);
    if (episode.phase == core::EpisodePhase::resolved) {
        if (before != open_.end()) open_.erase(before);
        return;
    }
    shift_active(episode.rule, episode.severity, +1);
    open_.insert_or_assign(std::string(episode.id.view()),
                           std::pair(episode.rule, episode.severity));
    if (episode.phase == core::EpisodePhase::opened) {
        Alerts& alerts = alerts_of(episode.rule, episode.severity);
        alerts.opened->add();
        alerts.latest.store({episode.id, 1, core::to_seconds(episode.ts)});
    }
}

}  // namespace contagiond::sinks
