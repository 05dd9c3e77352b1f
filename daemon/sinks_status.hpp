// What /api/v1/status/sinks says.
#pragma once

#include <string>

#include "daemon/sinks/fan_out.hpp"
#include "daemon/sinks/outbox.hpp"

namespace contagiond::daemon {

/// A JSON array: each lane of the fan-out, then each webhook with what waits for it and whether it
/// works. `outbox` is null where nobody is notified. Any thread.
std::string sinks_status_json(const sinks::FanOut& fan_out, const sinks::Outbox* outbox);

}  // namespace contagiond::daemon
