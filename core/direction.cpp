#include "core/direction.hpp"

#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"

namespace contagiond::core {
namespace {

/// A loss below half a sigma is none; its logarithm would say anything.
constexpr double loss_min = 0.5;
/// Of reverse_fall, what must have been lost within the last hour.
constexpr double recent_share = 0.8;

constexpr double mean_absolute_to_sigma = 1.2533;
constexpr double cap = 3.5;
constexpr double moves_min = 20;
/// Rows; a move over a longer silence is a gap and teaches nothing.
constexpr std::uint64_t gap_rows = 35;

Maybe order(const DirectionReading& r) {
    if (r.lead_low && r.lead_high) {
        if (*r.lead_low > 0) return order_max;
        if (*r.lead_high < 0) return -order_max;
    }
    if (!r.asymmetry) return std::nullopt;
    return std::clamp(*r.asymmetry, -order_max, order_max);
}

}  // namespace

PathScale::PathScale(double half_life_rows) : decay_(elementary::exp2(-1.0 / half_life_rows)) {}

void PathScale::push(double path) {
    ++rows_since_move_;
    if (started_ && path == path_) return;
    if (started_ && rows_since_move_ <= gap_rows) {
        double size = std::abs(path - path_) / std::sqrt(static_cast<double>(rows_since_move_));
        if (weight_ > moves_min)
            size = std::min(size, cap * mean_absolute_to_sigma * weighted_ / weight_);
        weighted_ = decay_ * weighted_ + size;
        weight_ = decay_ * weight_ + 1;
    }
    started_ = true;
    path_ = path;
    rows_since_move_ = 0;
}

std::optional<double> PathScale::value() const {
    if (!(weight_ > moves_min) || !(weighted_ > 0)) return std::nullopt;
    return mean_absolute_to_sigma * weighted_ / weight_;
}

Maybe direction_balance(const DirectionReading& r) {
    if (!r.source_loss || !r.target_loss) return std::nullopt;
    const double size =
        elementary::log(std::max(*r.target_loss, loss_min) / std::max(*r.source_loss, loss_min));
    const Maybe first = order(r);
    return (first ? order_weight * *first : 0.0) - size_weight * size;
}

ReverseConditions reverse_conditions(const DetectorConfig& config, const LevelReading& levels,
                                     const DirectionReading& reading) {
    using enum Condition;
    using enum ConditionUnit;
    const Maybe balance = direction_balance(reading);
    const Maybe level =
        reading.level_ratio ? Maybe(elementary::exp(*reading.level_ratio)) : Maybe();
    return {
        at_least(reverse_fall, fraction, levels.target_below, config.reverse_fall),
        at_least(reverse_recent_fall, fraction, levels.recent, recent_share * config.reverse_fall),
        at_least(reverse_source_fall, fraction, levels.source_fall, config.reverse_source_fall),
        known_at_least(reverse_balance, number, balance ? Maybe(-*balance) : Maybe(),
                       config.reverse_balance),
        known_at_least(reverse_level, number, level, 1),
        // The start of a slide is known only roughly: the same grace is given in both directions.
        at_least(reverse_order, seconds, to_seconds(levels.target_age + config.slide_lead),
                 to_seconds(levels.slide_age)),
    };
}

bool tells_whose(Condition condition) {
    return condition == Condition::reverse_balance || condition == Condition::reverse_level ||
           condition == Condition::reverse_order;
}

bool target_led(const ReverseConditions& conditions) {
    return std::all_of(conditions.begin(), conditions.end(), [](const ConditionReading& c) {
        return !tells_whose(c.condition) || c.holds();
    });
}

double score_reverse(const DetectorConfig& config, const ReverseConditions& conditions,
                     const ConditionReading& regained) {
    double least = regained.ratio;
    for (const ConditionReading& c : conditions) {
        if (c.condition != Condition::reverse_level)
            least = std::min(least, c.ratio);
        else if (!c.holds())
            return 0;
    }
    return std::clamp(config.enter_score * least, 0.0, 1.0);
}

bool decoupled(const DetectorConfig& config, const LevelReading& levels) {
    const double factor = config.threshold_factor;
    const bool falls = levels.source_fall >= factor * config.source_fall &&
                       levels.slide_age <= config.slide_age &&
                       levels.regained <= config.regained_share;
    const bool follows =
        levels.target_fall >= factor * config.target_fall &&
        levels.target_fall >= config.follow_share * std::min(levels.source_fall, config.follow_cap);
    return falls && !follows;
}

}  // namespace contagiond::core
