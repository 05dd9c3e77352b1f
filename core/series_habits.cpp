#include "core/series_habits.hpp"

#include <array>
#include <cmath>

#include "core/elementary.hpp"

namespace contagiond::core {
namespace {

/// One-minute rows: a fall of 15 minutes against the volatility of the last two hours.
constexpr SelloffRules selloff_rules{SeriesHabits::selloff_rows, 120, 60};
/// 270 one-minute rows and a session of 390. A thin name misses rows; a hundred products make a
/// scale that is known to some 10 %.
constexpr JumpRules jump_rules{270, 390, 100};
constexpr std::array drift_bets = {0.2, 0.45, 0.8};
/// The scale of the drift channel follows the last three quarters of an hour ...
constexpr DurationNs drift_half_life = 45 * ns_per_min;
/// ... and exists when that many rows are behind it.
constexpr double drift_weight_min = 20;

}  // namespace

SeriesHabits::SeriesHabits(DurationNs bar)
    : rollup_(bar, ns_per_min),
      selloff_(selloff_rules),
      jump_(jump_rules),
      drift_(BettingForm::source, drift_bets),
      drift_decay_(
          elementary::exp2(-static_cast<double>(bar) / static_cast<double>(drift_half_life))) {}

void SeriesHabits::push_drift(const Evidence::Move& move) {
    if (!move.log_return || move.kind != ReturnKind::bar) {
        drift_.push_absent();
        return;
    }
    const double r = *move.log_return;
    if (drift_weight_ > drift_weight_min && drift_weighted_ > 0)
        drift_.push(r / std::sqrt(drift_weighted_ / drift_weight_));
    else
        drift_.push_absent();
    drift_weighted_ = drift_decay_ * drift_weighted_ + r * r;
    drift_weight_ = drift_decay_ * drift_weight_ + 1;
}

bool SeriesHabits::push(TimeNs ts, const Evidence::Move& move, std::optional<double> path) {
    push_drift(move);
    if (path) day_.push(ts, *path);
    change_24h_ = path ? day_.value(ts) : std::nullopt;
    const auto row = rollup_.push(ts, move.log_return, move.elapsed, move.kind == ReturnKind::gap);
    if (!row) return false;
    factor_now_ = factor_.factor(row->ts);
    if (row->log_return)
        selloff_.push(*row->log_return, factor_now_);
    else
        selloff_.push_absent();
    if (const auto own = row->own_return()) {
        jump_.push(*own, factor_now_);
        factor_.push(row->ts, *own, 1);
    } else {
        jump_.push_absent();
    }
    return true;
}

std::optional<double> SeriesHabits::jump() const {
    const auto value = jump_.value();
    return value ? std::optional<double>(value->l) : std::nullopt;
}

std::optional<double> SeriesHabits::jump_p() const {
    const auto value = jump_.value();
    return value ? value->p : std::nullopt;
}

}  // namespace contagiond::core
