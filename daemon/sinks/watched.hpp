// What the doors show of the engine's config: which series are measured and which pairs correlated.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/engine.hpp"

namespace contagiond::sinks {

struct WatchedPair {
    core::SeriesId source;
    core::SeriesId target;
    std::uint8_t window;  ///< position in EngineConfig::correlation_windows
    friend auto operator<=>(const WatchedPair&, const WatchedPair&) = default;
};

/// The source group first, then its members in the order of configuration. Empty without a group.
std::vector<core::SeriesId> watched_sources(const core::EngineConfig& engine);

/// Every source with every target in every window; never the full matrix.
std::vector<WatchedPair> watched_pairs(const core::EngineConfig& engine);

/// Sources, then targets: the series whose fall is measured.
std::vector<core::SeriesId> watched_series(const core::EngineConfig& engine);

/// "5m", "1h", "90s": the label of a window or horizon. Pure.
std::string window_label(core::DurationNs window);

}  // namespace contagiond::sinks
