// How often episodes open on the null market: months of it through the detector, for many threshold
// factors at once.
//
// A factor scales thresholds, not what is measured against them. So prices become levels once
// (sampler, index path, level channel: the costly part), and each factor has a detector of its own
// that judges them. Everything a spillover opens on is there. What an engine also measures decides
// of which class an episode is, and may open others: that is left out here. A test holds the rest
// against the engine, opening by opening.
#pragma once

#include <cstdint>
#include <vector>

#include "core/engine.hpp"
#include "daemon/demo/null_market.hpp"

namespace contagiond::daemon {

struct NullRun {
    core::EngineConfig market;  ///< whose source, targets and controls have prices
    /// What is judged: of the market's instruments and bar, each with members and targets of its
    /// own.
    std::vector<core::EngineConfig> configs;
    std::vector<double> factors;  ///< mildest first
    std::uint64_t months = 1;
    std::uint64_t first_month = 0;
    std::uint64_t seed = 1;
    double link = 0;
    unsigned jobs = 1;
};

/// Openings of every class in all months: [config][factor]. Blocks, on up to `jobs` threads; what
/// comes out does not depend on how many. Configs must pass check().
std::vector<std::vector<std::uint64_t>> count_null_episodes(const NullRun& run);

/// When episodes opened in one month, by factor: of one config. For tests and for a look.
std::vector<std::vector<core::TimeNs>> null_openings(const core::EngineConfig& config,
                                                     const std::vector<double>& factors,
                                                     const demo::NullSettings& settings);

}  // namespace contagiond::daemon
