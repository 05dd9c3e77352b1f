// In which settings two engines differ, in words that stand in the configuration.
#pragma once

#include <string>
#include <vector>

#include "core/engine.hpp"

namespace contagiond::daemon {

/// One text a setting, such as "detector.target_fall 0.015 → 0.012" or "groups"; empty where the
/// two are the same but for their identity. Pure.
std::vector<std::string> engine_differences(const core::EngineConfig& from,
                                            const core::EngineConfig& to);

/// The same in one line: the first few, and how many more there are.
std::string spoken_differences(const std::vector<std::string>& differences);

}  // namespace contagiond::daemon
