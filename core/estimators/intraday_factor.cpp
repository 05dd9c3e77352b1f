#include "core/estimators/intraday_factor.hpp"

#include <algorithm>
#include <cmath>

#include "core/calendar.hpp"
#include "core/elementary.hpp"

namespace contagiond::core {
namespace {

/// Bars are left-open and right-closed: one that ends with a quarter belongs to it.
std::int64_t quarter_of(TimeNs bar_end) {
    const TimeNs t = bar_end - 1;
    const std::int64_t quarter = t / IntradayFactor::slot_length;
    return t % IntradayFactor::slot_length < 0 ? quarter - 1 : quarter;
}

}  // namespace

std::size_t IntradayFactor::slot_of(TimeNs bar_end) {
    const NewYorkTime local = new_york_time(bar_end - 1);
    const auto slot = static_cast<std::size_t>(local.of_day / slot_length);
    return local.weekday == 0 || local.weekday == 6 ? slots_a_day + slot : slot;
}

IntradayFactor::IntradayFactor(const IntradayRules& rules)
    : rules_(rules),
      decay_(elementary::exp2(-1 / rules.half_life_visits)),
      level_half_life_(static_cast<double>(rules.level_half_life) /
                       static_cast<double>(slot_length)) {
    slots_.fill({rules.prior_visits, rules.prior_visits});
}

double IntradayFactor::factor(TimeNs bar_end) {
    enter(bar_end);
    return quarter_of(bar_end) == quarter_ ? factor_ : slot_factor(slot_of(bar_end));
}

void IntradayFactor::push(TimeNs bar_end, double log_return, double elapsed_bars) {
    enter(bar_end);
    if (quarter_of(bar_end) != quarter_ || !(elapsed_bars > 0)) return;
    double square = log_return * log_return / elapsed_bars;
    if (!std::isfinite(square)) return;
    // Without a level there is no usual size to cut at.
    if (level_ > 0)
        square = std::min(square, rules_.clip * rules_.clip * level_ * factor_ * factor_);
    sum_ += square;
    bars_ += 1;
}

double IntradayFactor::slot_factor(std::size_t slot) const {
    const Slot& s = slots_[slot];
    if (!visited_[slot] || !(mean_ > 0)) return 1;
    return std::clamp(std::sqrt(s.sum / s.weight / mean_), rules_.factor_min, rules_.factor_max);
}

void IntradayFactor::enter(TimeNs bar_end) {
    const std::int64_t quarter = quarter_of(bar_end);
    if (quarter <= quarter_) return;
    end_visit();
    quarter_ = quarter;
    slot_ = slot_of(bar_end);
    factor_ = slot_factor(slot_);
}

void IntradayFactor::end_visit() {
    if (bars_ == 0) return;
    const double square = sum_ / bars_;
    sum_ = 0;
    bars_ = 0;

    if (level_ > 0 && level_visits_ >= rules_.level_visits_min) {
        Slot& slot = slots_[slot_];
        slot.sum = decay_ * slot.sum + square / level_;
        slot.weight = decay_ * slot.weight + 1;
        visited_[slot_] = true;
        double sum = 0, visited = 0;
        for (std::size_t i = 0; i < slot_count; ++i) {
            if (!visited_[i]) continue;
            sum += slots_[i].sum / slots_[i].weight;
            visited += 1;
        }
        mean_ = sum / visited;
    }
    if (level_visits_ > 0) {
        const double decay =
            elementary::exp2(-static_cast<double>(quarter_ - level_quarter_) / level_half_life_);
        level_sum_ *= decay;
        level_weight_ *= decay;
    }
    level_sum_ += square / (factor_ * factor_);
    level_weight_ += 1;
    level_ = level_sum_ / level_weight_;
    level_quarter_ = quarter_;
    level_visits_ = std::min(level_visits_ + 1, std::max(rules_.level_visits_min, 1U));
}

}  // namespace contagiond::core
