// The universe a replay uses when nobody gives it one.
#pragma once

#include <string>
#include <vector>

#include "core/engine.hpp"

namespace contagiond::daemon {

/// Big tech names and the Nasdaq-100 (us_tech) as the source, BTC-USD and ETH-USD as targets, no
/// controls, no feeds. Names carry 70 % of the group, the index instruments 30 %. The future
/// carries nearly all of those, because at night it is alone and must keep the group alive.
core::EngineConfig default_engine_config();

/// The same without those members whose symbols are not among `present`; names and index still
/// share 70 to 30 where both are there. Everything if no member is.
core::EngineConfig default_engine_config(const std::vector<std::string>& present);

}  // namespace contagiond::daemon
