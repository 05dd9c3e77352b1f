// Paths through engines, several at a time. What comes out does not depend on how many.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/engine.hpp"
#include "core/input.hpp"
#include "daemon/demo/scenario.hpp"
#include "daemon/evaluate_paths.hpp"

namespace contagiond::daemon {

/// One path's inputs and what is true of it.
struct LabelledPath {
    PathTruth truth;
    std::vector<core::Input> inputs;  ///< ts_receive never falls
};

/// Makes path number `index`. Called from several threads at once.
using MakePath = std::function<LabelledPath(std::size_t index)>;

/// Each of `paths` through an engine of each of `configs`, on up to `jobs` threads; blocks until
/// all are done. Scores by config, then by path. A path is made once, and its inputs are gone
/// before the next one is made. Rethrows the first exception of a thread. Configs must pass
/// check().
std::vector<std::vector<PathScore>> run_paths(std::size_t paths, const MakePath& make,
                                              std::span<const core::EngineConfig> configs,
                                              unsigned jobs);

/// The engine's episodes on one path: time is told every second of the recording, as a live loop
/// would.
std::vector<LoggedEpisode> run_path(const LabelledPath& path, const core::EngineConfig& config);

/// Paths 0 .. paths-1 of each scenario, one scenario after the other.
MakePath simulated_paths(std::vector<demo::Scenario> scenarios, std::uint64_t paths,
                         std::uint64_t seed, demo::TickRate rate);

/// Calls `work(i)` for 0 .. n-1 on up to `jobs` threads; blocks. Rethrows the first exception.
void in_parallel(std::size_t n, unsigned jobs, const std::function<void(std::size_t)>& work);

}  // namespace contagiond::daemon
