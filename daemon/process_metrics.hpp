// What the kernel knows of this process, under the names every Prometheus client gives it.
#pragma once

#include "daemon/sinks/metrics.hpp"

namespace contagiond::daemon {

// Each reads /proc or asks the kernel; any thread, never blocks for long. Throws std::runtime_error
// when the kernel will not tell.
double process_cpu_seconds();
double process_resident_bytes();
double process_open_fds();
double process_max_fds();        ///< +Inf without a limit
double process_start_seconds();  ///< since the epoch

/// Registers the five as process_*; they are read at scrape.
void add_process_metrics(sinks::Metrics& metrics);

}  // namespace contagiond::daemon
