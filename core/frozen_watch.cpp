#include "core/frozen_watch.hpp"

#include <algorithm>
#include <limits>

#include "core/elementary.hpp"

namespace contagiond::core {

void FrozenWatch::take(TimeNs ts, double price, const FrozenRules& rules) {
    if (ts_run_ == no_time || price != price_) {
        if (ts_run_ != no_time) learn(ts, rules);
        price_ = price;
        ts_run_ = ts;
        prints_ = 1;
        frozen_ = false;
        return;
    }
    if (prints_ < std::numeric_limits<std::uint32_t>::max()) ++prints_;
    const DurationNs time = ts - ts_run_;
    if (prints_ < rules.prints_min || time < rules.time_min || runs_ < rules.runs_min ||
        habit_age_ < rules.habit_age_min)
        return;
    frozen_ = static_cast<double>(prints_) > rules.far * usual_prints_ &&
              static_cast<double>(time) > rules.far * usual_time_;
}

void FrozenWatch::learn(TimeNs ts, const FrozenRules& rules) {
    auto prints = static_cast<double>(prints_);
    auto time = static_cast<double>(ts - ts_run_);
    if (ts_habit_ != no_time) {
        const double fade = elementary::exp2(-static_cast<double>(ts - ts_habit_) /
                                             static_cast<double>(rules.half_life));
        usual_prints_ *= fade;
        usual_time_ *= fade;
    }
    if (frozen_) {
        prints = std::min(prints, 2 * usual_prints_);
        time = std::min(time, 2 * usual_time_);
    }
    usual_prints_ = std::max(usual_prints_, prints);
    usual_time_ = std::max(usual_time_, time);
    ts_habit_ = ts;
    if (runs_ < rules.runs_min) ++runs_;
    if (habit_age_ < rules.habit_age_min) habit_age_ += ts - ts_run_;
}

void FrozenWatch::pause() {
    ts_run_ = no_time;
    frozen_ = false;
}

}  // namespace contagiond::core
