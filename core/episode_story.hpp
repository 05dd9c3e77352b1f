// What an episode tells at one moment: who fell, by how much, who led, and how well it is known.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/detector.hpp"
#include "core/engine.hpp"
#include "core/event.hpp"
#include "core/leader.hpp"
#include "core/level_channel.hpp"
#include "core/measurements.hpp"

namespace contagiond::core {

/// What is known when an episode changes. All of it outlives the call.
struct StoryMaterial {
    const EngineConfig& config;
    Measurements& measurements;
    const Detector& detector;
    std::span<const Sample> samples;
    std::span<const TargetReading> readings;  ///< by target
    const std::vector<bool>& has_diverged;    ///< by instrument
    const LeaderWatch& leaders;
    std::span<const std::optional<LevelScore>> levels;  ///< by target
    std::uint8_t horizon;                               ///< over which falls are told
};

/// The pair whose lead is told of the target at this position: the leader's, else the whole
/// group's.
std::size_t told_pair(const Evidence& evidence, std::size_t target,
                      std::optional<InstrumentId> leader);

/// Everything but the id, the phase, the onset and the gaps, which the caller knows. Allocates.
Episode tell_episode(const StoryMaterial& material, TimeNs ts);

}  // namespace contagiond::core
