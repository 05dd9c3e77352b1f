// What would have prevented an alert: how much higher one leg would have had to stand in the last
// minute, everything before being as it was, for a condition not to hold.
//
// Found by asking the conditions themselves: in equal steps up to the leg's own high, and between
// the last step at which the condition holds and the first at which it does not by halving, to 1e-7
// of that distance. A condition that fails and holds again between two steps is passed over. Cost:
// a few hundred readings of the channel, a fraction of a millisecond.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <vector>

#include "core/direction.hpp"
#include "core/episode_cause.hpp"
#include "core/level_channel.hpp"

namespace contagiond::core {

/// All conditions, each at place_of() itself.
using AllConditions = std::array<ConditionReading, condition_count>;
AllConditions all_conditions(const LevelScore& score, const ReverseConditions& reverse);

/// Every condition of a target whose last row is `now`, with source_higher and target_higher;
/// held_since is left to the caller. `conditions_at` says how they would stand with a leg higher.
/// Pure. Allocates.
std::vector<CauseCondition> find_prevention(
    const LevelReading& now, const std::function<AllConditions(LevelShift)>& conditions_at);

}  // namespace contagiond::core
