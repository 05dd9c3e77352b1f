// Which key of the detector is swept, over which values.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/engine.hpp"

namespace contagiond::daemon {

struct SweepValue {
    std::string text;  ///< as the configuration would write it
    std::function<void(core::DetectorConfig&)> set;
};

/// `steps` values of the detector key from `from` to `to`, evenly spaced, both ends included.
/// Throws ConfigError with one sentence: a key that does not exist, ends that are none or lie
/// outside what the key may be, too few or too many steps.
std::vector<SweepValue> sweep_values(const std::string& key, const std::string& from,
                                     const std::string& to, std::uint64_t steps);

}  // namespace contagiond::daemon
