#include "core/measurements.hpp"

#include <algorithm>

namespace contagiond::core {
namespace {

std::uint32_t study_bars(const EngineConfig& config) {
    return static_cast<std::uint32_t>(std::max<DurationNs>(1, config.study_interval / config.bar));
}

DurationNs longest_window(const EngineConfig& config) {
    return std::max(
        *std::max_element(config.correlation_windows.begin(), config.correlation_windows.end()),
        config.selloff_horizons.back());
}

}  // namespace

TimeNs time_of(std::optional<DayNumber> day) {
    return day && *day != no_day ? *day * ns_per_day : no_time;
}

DayNumber day_of(TimeNs ts) {
    return ts == no_time ? no_day : static_cast<DayNumber>(ts / ns_per_day);
}

Measurements::Measurements(const EngineConfig& config, Telling telling)
    : config_(config),
      telling_(telling),
      longest_window_(longest_window(config)),
      evidence_(config),
      ticks_(config, evidence_.sources(), telling == Telling::everything),
      links_(config),
      habits_new_(config.universe.series_count(), false),
      group_paths_(config.universe.groups.size()),
      day_changes_(config.universe.instruments.size()),
      lead_clock_(evidence_.pair_count(), study_bars(config)),
      link_clock_(config.targets.size() + 1, study_bars(config)) {
    const Universe& universe = config.universe;
    habits_.reserve(universe.series_count());
    for (std::size_t i = 0; i < universe.series_count(); ++i) habits_.emplace_back(config.bar);
    const std::vector<Member>& members = universe.groups[config.source_group].members;
    for (const Member& member : members)
        if (universe.instruments[member.instrument].units_outstanding > 0) any_units_ = true;
    impact_members_.reserve(members.size());
    impact_assets_.reserve(universe.instruments.size());
}

void Measurements::push(TimeNs ts, std::span<const Sample> samples, std::vector<Event>& events) {
    ts_ = ts;
    evidence_.push(ts, samples);
    links_.push(ts, evidence_);
    if (telling_ == Telling::decisions) {
        study_untold();
        return;
    }
    push_habits(samples);
    tell_prices(samples, events);
    tell_falls(events);
    tell_habits(events);
    // First the study: the standard errors it finds belong to the correlations told after it.
    study(events);
    tell_pairs(events);
    tell_impact(samples, events);
}

void Measurements::push_habits(std::span<const Sample> samples) {
    const Universe& universe = config_.universe;
    for (std::size_t i = 0; i < habits_.size(); ++i) {
        const auto series = static_cast<SeriesId>(i);
        const Evidence::Move& move = evidence_.move(series);
        std::optional<double> path;
        if (universe.is_group(series)) {
            std::optional<double>& sum = group_paths_[i - universe.instruments.size()];
            if (move.log_return) sum = sum.value_or(0) + *move.log_return;
            path = sum;
        } else if (samples[i].has_price) {
            path = samples[i].return_since_open;
            if (!samples[i].linked) habits_[i].restart();
        }
        habits_new_[i] = habits_[i].push(ts_, move, path);
        if (i < day_changes_.size()) day_changes_[i] = habits_[i].change_24h();
    }
}

void Measurements::tell_prices(std::span<const Sample> samples, std::vector<Event>& events) const {
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const Sample& s = samples[i];
        if (!s.has_price && !s.only_old) continue;
        const auto instrument = static_cast<InstrumentId>(i);
        events.emplace_back(PriceSampled{ts_, instrument, s.feed, s.ts_price, s.price,
                                         s.return_since_open, s.bar_return, s.kind, day_changes_[i],
                                         s.feeds_fresh, s.feeds_agreeing, s.stale,
                                         evidence_.taint_causes(instrument, longest_window_)});
    }
}

void Measurements::tell_falls(std::vector<Event>& events) const {
    for (std::size_t i = 0; i < config_.universe.series_count(); ++i) {
        const auto series = static_cast<SeriesId>(i);
        for (std::size_t h = 0; h < config_.selloff_horizons.size(); ++h) {
            const LegMeasure leg = evidence_.leg(series, h);
            events.emplace_back(
                SelloffMeasured{ts_, series, static_cast<std::uint8_t>(h), leg.log_return,
                                evidence_.drawdown(series, h), leg.loss_sigma, leg.loss_one_way,
                                evidence_.coverage(series),
                                evidence_.tainted(series, config_.selloff_horizons[h])});
        }
    }
}

void Measurements::tell_habits(std::vector<Event>& events) const {
    for (std::size_t i = 0; i < habits_.size(); ++i) {
        if (!habits_new_[i]) continue;
        const auto series = static_cast<SeriesId>(i);
        const SeriesHabits& habits = habits_[i];
        events.emplace_back(SeriesMeasured{ts_, series, habits.selloff_z(), habits.jump(),
                                           habits.jump_p(), habits.drift_log(), habits.change_24h(),
                                           habits.intraday_factor(),
                                           evidence_.tainted(series, longest_window_)});
    }
}

void Measurements::tell_pairs(std::vector<Event>& events) {
    for (std::size_t pair = 0; pair < evidence_.pair_count(); ++pair) {
        for (std::size_t w = 0; w < config_.correlation_windows.size(); ++w)
            events.emplace_back(evidence_.correlation(pair, w));
        TickCorrelationMeasured measured = ticks_.correlation(pair, ts_);
        measured.tainted =
            evidence_.pair_tainted(measured.source, measured.target, config_.tick_window);
        events.emplace_back(measured);
    }
}

void Measurements::study(std::vector<Event>& events) {
    lead_clock_.tick(pace_, [&](std::size_t pair) { events.emplace_back(measure_lead(pair)); });
    link_clock_.tick(Pace::attentive, [&](std::size_t task) {
        if (task == 0)
            links_.measure_spillover();
        else
            events.emplace_back(measure_link(task - 1));
    });
}

/// Leads weigh in on the direction, and a spillover is part of an episode's link.
void Measurements::study_untold() {
    lead_clock_.tick(pace_, [&](std::size_t pair) { ticks_.measure_verdict(pair, ts_); });
    link_clock_.tick(Pace::attentive, [&](std::size_t task) {
        if (task == 0) links_.measure_spillover();
    });
}

LinkMeasured Measurements::measure_link(std::size_t target_position) {
    return links_.measure(target_position, evidence_);
}

LeadMeasured Measurements::measure_lead(std::size_t pair) {
    LeadMeasured measured = ticks_.measure_lead(pair, ts_);
    measured.tainted =
        evidence_.pair_tainted(measured.source, measured.target, config_.tick_window);
    return measured;
}

Impact Measurements::impact_of(std::span<const Sample> samples,
                               std::span<const std::optional<double>> log_returns) {
    const Universe& universe = config_.universe;
    const auto known = [](const Instrument& instrument) {
        return instrument.units_outstanding > 0
                   ? std::optional<double>(instrument.units_outstanding)
                   : std::nullopt;
    };
    const auto price = [&](InstrumentId id) {
        return samples[id].has_price ? std::optional<double>(to_double(samples[id].price))
                                     : std::nullopt;
    };
    impact_members_.clear();
    for (const Member& member : universe.groups[config_.source_group].members) {
        const InstrumentId id = member.instrument;
        const Instrument& instrument = universe.instruments[id];
        impact_members_.push_back({known(instrument), day_of(instrument.units_as_of), price(id),
                                   log_returns[id], member.weight});
    }
    impact_assets_.clear();
    for (std::size_t i = 0; i < universe.instruments.size(); ++i) {
        const Instrument& instrument = universe.instruments[i];
        if (instrument.asset_class != AssetClass::crypto) continue;
        impact_assets_.push_back({known(instrument), day_of(instrument.units_as_of),
                                  price(static_cast<InstrumentId>(i))});
    }
    return impact(impact_members_, impact_assets_);
}

void Measurements::tell_impact(std::span<const Sample> samples, std::vector<Event>& events) {
    // Nothing but silence can be told where nobody's shares are known.
    if (!any_units_) return;
    const Impact gone = impact_of(samples, day_changes_);
    events.emplace_back(
        ImpactMeasured{ts_, gone.lost_usd, gone.share, gone.weight_covered, time_of(gone.as_of)});
}

}  // namespace contagiond::core
