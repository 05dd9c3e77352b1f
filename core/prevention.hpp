// What would have prevented an alert: how much higher one leg would have had to stand in the last
// minute, everything before being as it was, for a condition not to hold.
//
// Found by asking the level channel itself: in equal steps up to the leg's own high, and between
// the last step at which the condition holds and the first at which it does not by halving, to 1e-7
// of that distance. A condition that fails and holds again between two steps is passed over. Cost:
// a few hundred readings of the channel, a fraction of a millisecond.
#pragma once

#include <cstddef>
#include <vector>

#include "core/episode_cause.hpp"
#include "core/level_channel.hpp"

namespace contagiond::core {

/// The conditions of `target`'s last row, with source_higher and target_higher; held_since is left
/// to the caller. Empty where there is no reading. Pure. Allocates.
std::vector<CauseCondition> find_prevention(const DetectorConfig& config,
                                            const LevelChannel& levels, std::size_t target);

}  // namespace contagiond::core
