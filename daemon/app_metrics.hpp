// Which counter of which room stands behind which metric.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/config.hpp"
#include "daemon/engine_loop.hpp"
#include "daemon/feed_thread.hpp"
#include "daemon/frame_recorder.hpp"
#include "daemon/sinks/fan_out.hpp"
#include "daemon/sinks/journal.hpp"
#include "daemon/sinks/metrics.hpp"
#include "daemon/sinks/outbox.hpp"
#include "daemon/sinks/shadow.hpp"

namespace contagiond::daemon {

/// Everything must outlive the metrics.
struct AppMetricSources {
    const Config& config;
    const std::string& mode;
    const core::Clock& clock;
    const EngineCounters& engine;
    const FeedThread& feeds;
    const sinks::FanOut& fan_out;
    const feeds::InputRing& ring;
    const sinks::Journal* journal;  ///< null: not recording
    const sinks::Outbox* outbox;    ///< null: nobody is notified
    const sinks::Shadow& shadow;
    const FrameRecorder& recorder;
    std::function<double()> ts_listener_certificate_end;  ///< NaN without TLS
};

/// Version, revision and compiler of this binary, by name.
std::vector<std::pair<std::string, std::string>> build_info();

void register_app_metrics(sinks::Metrics& metrics, const AppMetricSources& sources);

}  // namespace contagiond::daemon
