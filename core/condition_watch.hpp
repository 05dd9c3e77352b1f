// ConditionWatch: since when each condition of each target has held without interruption, and since
// when the target could be judged at all.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "core/direction.hpp"
#include "core/level_channel.hpp"
#include "core/units.hpp"

namespace contagiond::core {

/// Since when something has held; no_time while it does not.
class HeldSince {
  public:
    void step(bool holds, TimeNs ts) {
        if (!holds)
            since_ = no_time;
        else if (since_ == no_time)
            since_ = ts;
    }
    TimeNs since() const { return since_; }

  private:
    TimeNs since_ = no_time;
};

/// One thread. Never allocates after construction.
class ConditionWatch {
  public:
    explicit ConditionWatch(std::size_t targets) : targets_(targets) {}

    /// A row of the level channel; no score: none of the target's conditions holds.
    void take_levels(std::size_t target, TimeNs ts, const LevelScore* score,
                     const ReverseConditions& reverse) {
        auto since = targets_[target].conditions.begin();
        for (std::size_t i = 0; i < level_condition_count; ++i)
            (since++)->step(score && score->conditions[i].holds(), ts);
        for (const ConditionReading& condition : reverse)
            (since++)->step(score && condition.holds(), ts);
    }
    /// A bar.
    void take_state(std::size_t target, TimeNs ts, bool warm, bool judged, bool trusted) {
        targets_[target].warm.step(warm, ts);
        targets_[target].judged.step(judged, ts);
        targets_[target].trusted.step(judged && trusted, ts);
    }

    /// By place_of() a condition.
    TimeNs held_since(std::size_t target, std::size_t condition) const {
        return targets_[target].conditions[condition].since();
    }
    TimeNs warm_since(std::size_t target) const { return targets_[target].warm.since(); }
    TimeNs judged_since(std::size_t target) const { return targets_[target].judged.since(); }
    TimeNs trusted_since(std::size_t target) const { return targets_[target].trusted.since(); }

  private:
    struct Target {
        std::array<HeldSince, condition_count> conditions;
        HeldSince warm, judged, trusted;
    };
    std::vector<Target> targets_;
};

}  // namespace contagiond::core
