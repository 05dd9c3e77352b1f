// WebhookSink: delivers alert documents by HTTP, in order per episode, retrying what can be
// retried. A format (webhook/<format>.cpp) says how the body looks and what an answer means; this
// says when. What is pending lives in memory only: a killed process loses it; an outbox on disk is
// a later step.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/counters.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/http_post.hpp"
#include "daemon/sinks/sink.hpp"
#include "daemon/sinks/webhook/outcome.hpp"
#include "daemon/sinks/webhook/settings.hpp"

namespace contagiond::sinks {

inline constexpr std::array<double, 11> notification_latency_bounds = {.05, .1, .25, .5, 1,  2.5,
                                                                       5,   10, 30,  60, 300};

struct WebhookCounters {
    core::Counter accepted;
    core::Counter attempts;
    core::Counter dead;
    std::array<core::Counter, notify_failure_count> failed;
    core::Gauge pending;
    core::Gauge
        ts_oldest;  ///< seconds since the epoch of the oldest pending notification, 0 if none
    core::Histogram<notification_latency_bounds.size()> latency{notification_latency_bounds};
};

/// The functions and what they refer to must outlive the sink; they are called on the sink's thread
/// only. Counters from any thread. The constructor throws std::runtime_error with one sentence
/// where no sink can be built of the settings. Neither address nor secret ever reaches the log.
class WebhookSink final : public Sink {
  public:
    WebhookSink(WebhookSettings settings, DocumentContext context, PostFn post,
                std::function<core::DurationNs()> monotonic_now, std::uint64_t jitter_seed,
                std::function<void(std::string_view)> log_warning,
                std::function<core::TimeNs()> wall_now);
    ~WebhookSink() override;

    std::string_view name() const override;
    bool wants(const core::Event& event) const override;
    void consume(std::span<const Item> items) override;
    void idle() override;
    void finish(double seconds) override;

    /// From the next attempt on, delivers by these settings (same name), also if it was broken. Any
    /// thread, briefly locked. Throws std::runtime_error as the constructor does, and then changes
    /// nothing.
    void reconfigure(WebhookSettings settings);

    const WebhookCounters& counters() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::sinks
