// DeliveryQueue: which notification may be attempted when, and what becomes of one that failed.
// Decides apart from doing: no clock, no socket, no thread; time comes in as an argument.
//
// In memory only: what is pending when the process is killed is lost. A durable outbox in front of
// the attempts is a later step.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/units.hpp"
#include "daemon/sinks/webhook/outcome.hpp"

namespace contagiond::sinks {

/// One revision of one episode, written out.
struct Notification {
    std::string episode;
    std::uint32_t revision = 1;
    core::EpisodePhase phase = core::EpisodePhase::opened;
    core::Severity severity = core::Severity::warning;
    std::string body;
    core::DurationNs enqueued = 0;  ///< monotonic
    core::TimeNs ts_enqueued = 0;   ///< wall clock; shown, never ordered by
    std::uint32_t attempts = 0;     ///< that failed
};

struct DeliveryLimits {
    std::size_t capacity = 1000;  ///< notifications
    core::DurationNs expiry = 24 * core::ns_per_hour;
    core::DurationNs backoff_first = core::ns_per_s;
    core::DurationNs backoff_max = 5 * core::ns_per_min;
    core::DurationNs retry_after_max = core::ns_per_hour;
    double rate = 10;   ///< attempts a second, in the long run
    double burst = 20;  ///< attempts at once
};

/// One thread. Never blocks. Notifications of one episode leave in the order they came: a later one
/// waits until the earlier is accepted or dead.
class DeliveryQueue {
  public:
    DeliveryQueue(DeliveryLimits limits, std::uint64_t jitter_seed);

    /// Takes one more. When full something must go, and is returned: the oldest resolved, else the
    /// oldest update, else the oldest opened that is not critical (the new one counts as the
    /// youngest of its kind). A critical opened goes only where there is nothing else.
    std::optional<Notification> push(Notification notification);

    /// The one to attempt now, null where none is due. Valid until the next call that is not const.
    const Notification* next(core::DurationNs now);
    /// What the attempt of the one next() gave came to. Returns the notification where it has left
    /// the queue: accepted, or dead (also by age). `retry_after`, if the receiver named a time,
    /// goes before our own backoff.
    std::optional<Notification> settle(Verdict verdict, std::optional<core::DurationNs> retry_after,
                                       core::DurationNs now);
    /// Those that are too old, removed; they were not delivered.
    std::vector<Notification> expire(core::DurationNs now);

    /// The receiver was configured anew: forgets that it was broken, and all waiting.
    void mend();
    /// After a verdict `broken` next() gives nothing until mend().
    bool broken() const { return broken_; }
    std::size_t size() const { return pending_.size(); }
    const Notification* oldest() const { return pending_.empty() ? nullptr : &pending_.front(); }
    /// How long the last one that failed has to wait.
    core::DurationNs last_delay() const { return last_delay_; }

    /// Everything pending, in order; the queue is empty afterwards.
    std::vector<Notification> drain();

  private:
    void refill(core::DurationNs now);

    DeliveryLimits limits_;
    std::mt19937_64 random_;
    std::deque<Notification> pending_;                    ///< oldest first
    std::map<std::string, core::DurationNs> not_before_;  ///< by episode, while backing off
    std::size_t attempting_ = 0;                          ///< position next() gave
    double tokens_;
    std::optional<core::DurationNs> refilled_;
    bool broken_ = false;
    core::DurationNs last_delay_ = 0;
};

}  // namespace contagiond::sinks
