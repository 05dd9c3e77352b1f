#include "core/direction_watch.hpp"

#include <algorithm>

#include "core/elementary.hpp"

namespace contagiond::core {
namespace {

/// Losses over longer horizons say less about whose fall it is than about the day.
constexpr DurationNs size_horizon_max = ns_per_hour;

PathScale scale_of(const EngineConfig& config) {
    return PathScale(static_cast<double>(config.baseline_half_life) /
                     static_cast<double>(std::max(config.bar, ns_per_min)));
}

/// How many horizons a size is asked over: those up to size_horizon_max, and the shortest.
std::size_t size_horizons(const EngineConfig& config) {
    const auto& horizons = config.selloff_horizons;
    const auto longer = std::upper_bound(horizons.begin(), horizons.end(), size_horizon_max);
    return std::max<std::size_t>(1,
                                 static_cast<std::size_t>(std::distance(horizons.begin(), longer)));
}

/// Of a fall as a fraction, against the usual size of a row's move.
std::optional<double> in_sigma(double fall, const PathScale& scale) {
    const auto sigma = scale.value();
    if (!sigma || !(fall > 0)) return std::nullopt;
    return -elementary::log1p(-fall) / *sigma;
}

/// The loss of a leg that ends `higher` by this fraction of its price.
std::optional<double> loss_sigma(const LegMeasure& leg, double higher) {
    if (!leg.loss_sigma || !leg.log_return || *leg.log_return == 0) return leg.loss_sigma;
    return *leg.loss_sigma * (1 + elementary::log1p(higher) / *leg.log_return);
}

}  // namespace

DirectionWatch::DirectionWatch(const EngineConfig& config)
    : config_(config),
      source_(scale_of(config)),
      targets_(config.targets.size(), scale_of(config)),
      legs_(config.targets.size(), std::vector<Legs>(size_horizons(config))) {}

void DirectionWatch::push(double source, std::span<const std::optional<double>> targets) {
    source_.push(source);
    for (std::size_t i = 0; i < targets_.size(); ++i)
        if (targets[i]) targets_[i].push(*targets[i]);
}

DirectionReading DirectionWatch::shifted(DirectionReading now, std::size_t target,
                                         const LevelReading& levels, LevelShift shift) const {
    now.source_loss = now.target_loss = now.level_ratio = std::nullopt;
    for (const Legs& legs : legs_[target]) {
        const auto s = loss_sigma(legs.source, shift.source_higher);
        const auto t = loss_sigma(legs.target, shift.target_higher);
        if (!s || !t) continue;
        now.source_loss = std::max(*s, now.source_loss.value_or(*s));
        now.target_loss = std::max(*t, now.target_loss.value_or(*t));
    }
    const auto source_below = in_sigma(levels.source_fall, source_);
    const auto target_below = in_sigma(levels.target_below, targets_[target]);
    if (source_below && target_below)
        now.level_ratio = elementary::log(*target_below / *source_below);
    return now;
}

DirectionReading DirectionWatch::read(std::size_t target, const LevelReading& levels,
                                      Measurements& measurements) {
    const Evidence& evidence = measurements.evidence();
    const SeriesId source_series = config_.universe.group_series(config_.source_group);
    for (std::size_t h = 0; h < legs_[target].size(); ++h)
        legs_[target][h] = {evidence.leg(source_series, h),
                            evidence.leg(config_.targets[target], h)};
    DirectionReading r = shifted({}, target, levels, {});

    if (levels.source_fall < config_.detector.reverse_source_fall ||
        levels.target_below < config_.detector.target_fall)
        return r;
    r.asymmetry = measurements.measure_link(target).asymmetry;
    const std::size_t pair = evidence.group_pair(target);
    const std::optional<LeadMeasured>& lead = measurements.lead(pair);
    const bool usable = lead && lead->verdict == LeadVerdict::led &&
                        !evidence.pair_tainted(lead->source, lead->target, config_.tick_window);
    if (usable) {
        r.lead_low = lead->seconds_low;
        r.lead_high = lead->seconds_high;
    }
    return r;
}

}  // namespace contagiond::core
