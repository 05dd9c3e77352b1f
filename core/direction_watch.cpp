#include "core/direction_watch.hpp"

#include <algorithm>
#include <cmath>

namespace contagiond::core {
namespace {

/// Losses over longer horizons say less about whose fall it is than about the day.
constexpr DurationNs size_horizon_max = ns_per_hour;

PathScale scale_of(const EngineConfig& config) {
    return PathScale(static_cast<double>(config.baseline_half_life) /
                     static_cast<double>(std::max(config.bar, ns_per_min)));
}

/// Of a fall as a fraction, against the usual size of a row's move.
std::optional<double> in_sigma(double fall, const PathScale& scale) {
    const auto sigma = scale.value();
    if (!sigma || !(fall > 0)) return std::nullopt;
    return -std::log1p(-fall) / *sigma;
}

}  // namespace

DirectionWatch::DirectionWatch(const EngineConfig& config)
    : config_(config),
      source_(scale_of(config)),
      targets_(config.targets.size(), scale_of(config)) {}

void DirectionWatch::push(double source, std::span<const std::optional<double>> targets) {
    source_.push(source);
    for (std::size_t i = 0; i < targets_.size(); ++i)
        if (targets[i]) targets_[i].push(*targets[i]);
}

DirectionReading DirectionWatch::read(std::size_t target, const LevelReading& levels,
                                      Measurements& measurements) const {
    const Evidence& evidence = measurements.evidence();
    const SeriesId source_series = config_.universe.group_series(config_.source_group);
    DirectionReading r;
    const std::vector<DurationNs>& horizons = config_.selloff_horizons;
    for (std::size_t h = 0; h < horizons.size(); ++h) {
        if (h > 0 && horizons[h] > size_horizon_max) break;
        const auto s = evidence.leg(source_series, h).loss_sigma;
        const auto t = evidence.leg(config_.targets[target], h).loss_sigma;
        if (!s || !t) continue;
        r.source_loss = std::max(*s, r.source_loss.value_or(*s));
        r.target_loss = std::max(*t, r.target_loss.value_or(*t));
    }
    const auto source_below = in_sigma(levels.source_fall, source_);
    const auto target_below = in_sigma(levels.target_below, targets_[target]);
    if (source_below && target_below) r.level_ratio = std::log(*target_below / *source_below);

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
