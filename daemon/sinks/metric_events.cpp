#include "daemon/sinks/metric_events.hpp"

#include <cmath>
#include <optional>
#include <variant>

namespace contagiond::sinks {
namespace {

double known(const std::optional<double>& value) {
    return value.value_or(not_computable);
}
/// A log return as the ratio people speak of.
double ratio(const std::optional<double>& log_return) {
    return log_return ? std::expm1(*log_return) : not_computable;
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
    for (std::size_t i = 0; i < universe.instruments.size(); ++i) {
        const auto id = static_cast<core::InstrumentId>(i);
        const std::string& symbol = universe.instruments[i].symbol;
        const Labels labels = {{"symbol", symbol}};
        symbols_.emplace(id, Symbol{out_.gauge(Metric::symbol_stale, labels), make_taints(symbol),
                                    out_.gauge(Metric::symbol_price_timestamp_seconds, labels),
                                    out_.gauge(Metric::symbol_feeds_fresh, labels),
                                    out_.gauge(Metric::symbol_feeds_agreeing, labels),
                                    out_.counter(Metric::ticks_late_total, labels)});
        for (std::size_t r = 0; r < core::reject_reason_count; ++r) {
            const auto reason = static_cast<core::RejectReason>(r);
            rejected_[{id, reason}] =
                &out_.counter(Metric::ticks_rejected_total,
                              {{"symbol", symbol}, {"reason", std::string(to_string(reason))}});
        }
    }
    // Ticks of what nobody configured: an empty value is the same as no symbol, and never a
    // configured one.
    const auto unknown = core::RejectReason::unknown_instrument;
    rejected_[{core::no_id, unknown}] =
        &out_.counter(Metric::ticks_rejected_total,
                      {{"symbol", ""}, {"reason", std::string(to_string(unknown))}});
    for (std::size_t f = 0; f < universe.feeds.size(); ++f)
        for (const core::InstrumentId id : universe.feeds[f].instruments)
            diverged_[{id, static_cast<core::FeedId>(f)}] = &out_.gauge(
                Metric::symbol_price_diverged,
                {{"symbol", universe.instruments[id].symbol}, {"feed", universe.feeds[f].name}});
}

void MetricEvents::make_measures() {
    const std::vector<core::SeriesId> sources = watched_sources(engine_);
    // Everything that has a price is measured by itself, whether a pair watches it or not.
    for (std::size_t i = 0; i < engine_.universe.series_count(); ++i) {
        const auto id = static_cast<core::SeriesId>(i);
        for (std::size_t h = 0; h < engine_.selloff_horizons.size(); ++h)
            return_of(id, static_cast<std::uint8_t>(h));
        series(id);
        change(id);
    }
    for (const WatchedPair& watched : watched_pairs(engine_)) correlation(watched);
    for (const core::InstrumentId target : engine_.targets) {
        for (const core::SeriesId source : sources) pair(source, target);
        if (!sources.empty()) link(sources.front(), target);

        const std::string& symbol = engine_.universe.instruments[target].symbol;
        Target made{out_.gauge(Metric::score, {{"target", symbol}}),
                    out_.gauge(Metric::suspended, {{"target", symbol}}),
                    out_.gauge(Metric::regime_since_timestamp_seconds, {{"target", symbol}},
                               not_computable),
                    {},
                    {}};
        for (std::size_t s = 0; s < exported_states.size(); ++s)
            made.states[s] = &out_.gauge(
                Metric::regime,
                {{"target", symbol}, {"state", std::string(to_string(exported_states[s]))}});
        for (std::size_t d = 0; d < core::direction_count; ++d)
            made.directions[d] = &out_.gauge(
                Metric::direction,
                {{"target", symbol},
                 {"direction", std::string(to_string(static_cast<core::Direction>(d)))}});
        targets_.emplace(target, made);
    }
}

void MetricEvents::make_alerts() {
    for (std::size_t r = 0; r < core::rule_count; ++r) {
        const auto rule = static_cast<core::Rule>(r);
        const std::string rule_name(to_string(rule));
        for (std::size_t s = 0; s < core::severity_count; ++s) {
            const auto severity = static_cast<core::Severity>(s);
            const Labels labels = {{"rule", rule_name},
                                   {"severity", std::string(to_string(severity))}};
            alerts_[{rule, severity}] = &out_.counter(Metric::alerts_total, labels);
            active_[{rule, severity}] = &out_.gauge(Metric::alerts_active, labels);
        }
        for (std::size_t s = 0; s < core::suppress_reason_count; ++s) {
            const auto reason = static_cast<core::SuppressReason>(s);
            suppressed_[{rule, reason}] =
                &out_.counter(Metric::alerts_suppressed_total,
                              {{"rule", rule_name}, {"reason", std::string(to_string(reason))}});
        }
    }
}

MetricEvents::Correlation& MetricEvents::correlation(const WatchedPair& key) {
    if (const auto it = correlations_.find(key); it != correlations_.end()) return it->second;
    const Labels labels = {{"source", name_of(key.source)},
                           {"target", name_of(key.target)},
                           {"window", window_label(engine_.correlation_windows[key.window])}};
    const Correlation made{out_.gauge(Metric::correlation, labels, not_computable),
                           out_.gauge(Metric::correlation_baseline, labels, not_computable),
                           out_.gauge(Metric::correlation_standard_error, labels, not_computable),
                           out_.gauge(Metric::correlation_effective_samples, labels)};
    return correlations_.emplace(key, made).first->second;
}

MetricEvents::Pair& MetricEvents::pair(core::SeriesId source, core::SeriesId target) {
    if (const auto it = pairs_.find({source, target}); it != pairs_.end()) return it->second;
    const Labels labels = {{"source", name_of(source)}, {"target", name_of(target)}};
    const auto gauge = [&](Metric m) -> core::Gauge& {
        return out_.gauge(m, labels, not_computable);
    };
    const Pair made{gauge(Metric::lead_lag_seconds), gauge(Metric::lead_lag_low_seconds),
                    gauge(Metric::lead_lag_high_seconds),
                    gauge(Metric::hayashi_yoshida_correlation),
                    gauge(Metric::hayashi_yoshida_correlation_standard_error)};
    return pairs_.emplace(std::pair{source, target}, made).first->second;
}

MetricEvents::Link& MetricEvents::link(core::SeriesId source, core::SeriesId target) {
    if (const auto it = links_.find({source, target}); it != links_.end()) return it->second;
    const Labels forth = {{"source", name_of(source)}, {"target", name_of(target)}};
    const Labels back = {{"source", name_of(target)}, {"target", name_of(source)}};
    const Link made{out_.gauge(Metric::partial_correlation, forth, not_computable),
                    out_.gauge(Metric::contagion_z, forth, not_computable),
                    out_.gauge(Metric::spillover_ratio, forth, not_computable),
                    out_.gauge(Metric::spillover_ratio, back, not_computable)};
    return links_.emplace(std::pair{source, target}, made).first->second;
}

MetricEvents::Series& MetricEvents::series(core::SeriesId id) {
    if (const auto it = series_.find(id); it != series_.end()) return it->second;
    const Labels labels = {{"symbol", name_of(id)}};
    const Series made{out_.gauge(Metric::selloff_z, labels, not_computable),
                      out_.gauge(Metric::drift_log_e_value, labels, not_computable)};
    return series_.emplace(id, made).first->second;
}

core::Gauge& MetricEvents::change(core::SeriesId id) {
    core::Gauge*& slot = changes_[id];
    if (!slot)
        slot = &out_.gauge(Metric::change_24h_ratio, {{"symbol", name_of(id)}}, not_computable);
    return *slot;
}

core::Gauge& MetricEvents::return_of(core::SeriesId id, std::uint8_t horizon) {
    core::Gauge*& slot = returns_[{id, horizon}];
    if (!slot)
        slot = &out_.gauge(
            Metric::return_ratio,
            {{"symbol", name_of(id)}, {"window", window_label(engine_.selloff_horizons[horizon])}});
    return *slot;
}

void MetricEvents::take(const core::Event& event) {
    std::visit([this](const auto& e) { on(e); }, event);
}

void MetricEvents::on(const core::PriceSampled& e) {
    const auto it = symbols_.find(e.instrument);
    if (it == symbols_.end()) return;
    const Symbol& symbol = it->second;
    symbol.stale.set(e.stale ? 1 : 0);
    for (std::size_t c = 0; c < symbol.taints.size(); ++c)
        symbol.taints[c]->set((e.taint & core::taint_bit(static_cast<core::TaintCause>(c))) ? 1
                                                                                            : 0);
    if (e.ts_price != core::no_time) symbol.price_timestamp.set(core::to_seconds(e.ts_price));
    symbol.feeds_fresh.set(e.feeds_fresh);
    symbol.feeds_agreeing.set(e.feeds_agreeing);
    change(e.instrument).set(ratio(e.change_24h));
}

void MetricEvents::on(const core::PriceDiverged& e) {
    if (const auto it = diverged_.find({e.instrument, e.feed}); it != diverged_.end())
        it->second->set(e.diverged ? 1 : 0);
}

void MetricEvents::on(const core::TickLate& e) {
    if (const auto it = symbols_.find(e.instrument); it != symbols_.end())
        it->second.ticks_late.add();
}

void MetricEvents::on(const core::SelloffMeasured& e) {
    if (!is_series(e.series) || e.horizon >= engine_.selloff_horizons.size() || !e.log_return)
        return;
    return_of(e.series, e.horizon).set(std::expm1(*e.log_return));
}

void MetricEvents::on(const core::CorrelationMeasured& e) {
    if (!is_series(e.source) || !is_series(e.target) ||
        e.window >= engine_.correlation_windows.size())
        return;
    const Correlation& c = correlation({e.source, e.target, e.window});
    c.value.set(known(e.value));
    c.baseline.set(known(e.baseline));
    c.standard_error.set(known(e.standard_error));
    c.effective_samples.set(e.effective_samples);
}

void MetricEvents::on(const core::TickCorrelationMeasured& e) {
    if (!is_series(e.source) || !is_series(e.target)) return;
    const Pair& p = pair(e.source, e.target);
    p.tick_correlation.set(known(e.value));
    p.tick_standard_error.set(known(e.standard_error));
}

void MetricEvents::on(const core::LeadMeasured& e) {
    if (!is_series(e.source) || !is_series(e.target)) return;
    // A best lag that is not told from chance is no lead: a rule must not meet it.
    const bool led = e.verdict == core::LeadVerdict::led;
    const Pair& p = pair(e.source, e.target);
    p.lead.set(led ? known(e.seconds) : not_computable);
    p.lead_low.set(led ? known(e.seconds_low) : not_computable);
    p.lead_high.set(led ? known(e.seconds_high) : not_computable);
}

void MetricEvents::on(const core::LinkMeasured& e) {
    if (!is_series(e.source) || !is_series(e.target)) return;
    const Link& l = link(e.source, e.target);
    l.partial.set(known(e.partial));
    l.contagion_z.set(known(e.change_z));
    l.received.set(known(e.spillover_received));
    l.given.set(known(e.spillover_given));
}

void MetricEvents::on(const core::SeriesMeasured& e) {
    if (!is_series(e.series)) return;
    const Series& s = series(e.series);
    s.selloff_z.set(known(e.selloff_z));
    s.drift.set(known(e.drift_log));
    // An instrument's own change comes with every price, which is more often.
    if (e.series >= engine_.universe.instruments.size()) change(e.series).set(ratio(e.change_24h));
}

void MetricEvents::on(const core::ImpactMeasured& e) {
    value_lost_usd_.set(known(e.value_lost_usd));
    value_lost_ratio_.set(known(e.share));
}

void MetricEvents::on(const core::TargetAssessed& e) {
    const auto it = targets_.find(e.target);
    if (it == targets_.end()) return;
    if (e.score) it->second.score.set(*e.score);
    it->second.suspended.set(e.suspended ? 1 : 0);
    if (e.regime_since != core::no_time) it->second.since.set(core::to_seconds(e.regime_since));
    // Cooldown is calm to a rule on a dashboard; warming is none of the states.
    const core::Regime shown = e.regime == core::Regime::over ? core::Regime::calm : e.regime;
    for (std::size_t s = 0; s < exported_states.size(); ++s)
        it->second.states[s]->set(exported_states[s] == shown ? 1 : 0);
    for (std::size_t d = 0; d < core::direction_count; ++d)
        it->second.directions[d]->set(static_cast<core::Direction>(d) == e.direction ? 1 : 0);
}

void MetricEvents::on(const core::TickRejected& e) {
    auto it = rejected_.find({e.instrument, e.reason});
    if (it == rejected_.end())
        it = rejected_.find({core::no_id, core::RejectReason::unknown_instrument});
    it->second->add();
}

void MetricEvents::on(const core::AlertSuppressed& e) {
    suppressed_[{e.rule, e.reason}]->add();
}

void MetricEvents::on(const core::EpisodeChanged& e) {
    const core::Episode& episode = *e.episode;
    const RuleSeverity now{episode.rule, episode.severity};
    const auto shift = [&](const RuleSeverity& key, double by) {
        active_[key]->set(active_[key]->value() + by);
    };
    const auto before = open_.find(episode.id.view());
    if (before != open_.end()) shift(before->second, -1);
    if (episode.phase == core::EpisodePhase::resolved) {
        if (before != open_.end()) open_.erase(before);
        return;
    }
    shift(now, +1);
    open_.insert_or_assign(std::string(episode.id.view()), now);
    if (episode.phase == core::EpisodePhase::opened) {
        alerts_[now]->add();
        alert_exemplars_[now] = {std::string(episode.id.view()), 1, core::to_seconds(episode.ts)};
    }
}

}  // namespace contagiond::sinks
