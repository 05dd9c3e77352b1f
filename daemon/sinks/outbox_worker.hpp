// OutboxWorker: one sink's deliveries, on a thread of its own, so that no sink slows another and
// none waits for the disk. A format (webhook/format.hpp) says how a message looks and what an
// answer means, the queue says when; this does it, and says what came of it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/counters.hpp"
#include "daemon/sinks/delivery_queue.hpp"
#include "daemon/sinks/http_post.hpp"
#include "daemon/sinks/outbox_alert.hpp"
#include "daemon/sinks/webhook/settings.hpp"

namespace contagiond::sinks {

/// Time and world. All must outlive who was given them; any thread.
struct DeliveryDoors {
    PostFn post;
    std::function<core::DurationNs()> monotonic_now;
    std::function<core::TimeNs()> wall_now;
    /// `sink` is a sink's name, or "outbox". Neither address nor secret is ever in it.
    std::function<void(ReportLevel, std::string_view sink, std::string_view message)> report;
    /// Shakes hands with a receiver that nothing was sent to for a day (only_handshake), so that
    /// one knows its certificate before it is needed. Null: not done.
    PostFn shake_hands = nullptr;
};

inline constexpr std::array<double, 11> notification_latency_bounds = {.05, .1, .25, .5, 1,  2.5,
                                                                       5,   10, 30,  60, 300};

/// Written by the worker, read by anyone.
struct DeliveryCounters {
    core::Counter accepted;
    core::Counter attempts;
    std::array<core::Counter, notify_failure_count> failed;
    core::Histogram<notification_latency_bounds.size()> latency{notification_latency_bounds};
    core::Gauge broken;  ///< 1: nothing is sent until it is configured anew
    /// Seconds since the epoch when the certificate ends that the receiver showed at its last good
    /// handshake; 0 before the first, and without TLS.
    core::Gauge ts_certificate_end;
};

/// What an attempt came to, for the outbox' books.
struct DeliveryResult {
    std::uint64_t seq = 0;
    DeliveryState state = DeliveryState::pending;  ///< pending: it failed, and waits for the next
    std::uint32_t attempts = 0;
    std::string reason;
};

/// How the latest attempt failed; all empty again once one is accepted.
struct DeliveryTrouble {
    std::string error;
    core::TimeNs ts_error = 0;
    core::TimeNs ts_throttled_until = 0;  ///< the receiver asked to be left alone until then, or 0
};

class OutboxWorker {
  public:
    /// Throws std::runtime_error with one sentence where the settings make no sink.
    OutboxWorker(WebhookSettings settings, std::string version, const DeliveryDoors& doors,
                 std::uint64_t jitter_seed);
    ~OutboxWorker();
    OutboxWorker(const OutboxWorker&) = delete;
    OutboxWorker& operator=(const OutboxWorker&) = delete;

    const std::string& name() const;
    /// Format's name.
    std::string format() const;

    /// Whether the receiver forgets what it is not told again.
    bool repeats() const;
    /// A notification that it took `accepted` (monotonic) in an earlier life. Before start(); of an
    /// episode the newest last.
    void recall(const Notification& notification, core::DurationNs accepted);

    // Any thread, briefly locked; seen by the worker before its next attempt.
    void take(Notification notification);
    void withdraw(std::uint64_t seq);
    /// Delivers by these settings (same name) from the next attempt on, also if it was broken.
    /// Throws as the constructor does, and then changes nothing.
    void reconfigure(WebhookSettings settings);
    /// Moves what came of attempts since the last call behind `out`.
    void results(std::vector<DeliveryResult>& out);
    /// Why it is broken, empty if it is not.
    std::string trouble() const;
    DeliveryTrouble last_trouble() const;
    const DeliveryCounters& counters() const;

    /// Attempts what is due until something fails. What the thread does; a test without one may.
    void step();
    /// Attempts what is due once, until the monotonic time `end`; with `hurry` also what backs off.
    void finish(core::DurationNs end, bool hurry);

    /// Starts the thread. Not after a stop.
    void start();
    /// The thread finishes as finish() does and ends; await() says whether it has within `seconds`.
    /// The destructor breaks off an attempt that is under way, and waits for the thread.
    void begin_stop(core::DurationNs end, bool hurry);
    bool await(double seconds);
    void join();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::sinks
