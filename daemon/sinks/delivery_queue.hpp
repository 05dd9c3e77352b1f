// DeliveryQueue: which notification may be attempted when, and what becomes of one that failed.
// Decides apart from doing: no clock, no socket, no thread; time comes in as an argument. In memory
// only: what is durable is the outbox' business, and so is how many there may be.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/units.hpp"
#include "daemon/sinks/webhook/outcome.hpp"

namespace contagiond::sinks {

/// One revision of one episode, on its way to one sink.
struct Notification {
    std::uint64_t seq = 0;  ///< the outbox' number of it
    std::string episode;
    std::uint32_t revision = 1;
    core::EpisodePhase phase = core::EpisodePhase::opened;
    core::Severity severity = core::Severity::warning;
    std::shared_ptr<const std::string> document;
    core::DurationNs enqueued = 0;  ///< monotonic
    std::uint32_t attempts = 0;     ///< that failed
    /// Whether somebody still watches the episode, and will say when it is over.
    bool watched = true;
};

struct DeliveryLimits {
    core::DurationNs expiry = 24 * core::ns_per_hour;
    core::DurationNs backoff_first = core::ns_per_s;
    core::DurationNs backoff_max = 5 * core::ns_per_min;
    core::DurationNs retry_after_max = core::ns_per_hour;
    double rate = 10;              ///< attempts a second, in the long run
    double burst = 20;             ///< attempts at once
    core::DurationNs spacing = 0;  ///< at least, from one attempt to the next
    /// More than so many that wait become one digest; 0: never.
    std::size_t digest_above = 0;
    /// A receiver that takes no digest gets single messages for so long.
    core::DurationNs digest_pause = 10 * core::ns_per_min;
};

/// One thread. Never blocks. Notifications of one episode leave in the order they came: a later one
/// waits until the earlier is accepted or dead.
class DeliveryQueue {
  public:
    DeliveryQueue(DeliveryLimits limits, std::uint64_t jitter_seed);

    void push(Notification notification);
    /// Takes one out, if it is there.
    std::optional<Notification> withdraw(std::uint64_t seq);

    /// What to attempt now: nothing, one, or several as one digest, oldest first. Valid until the
    /// next call that is not const.
    std::span<const Notification* const> next(core::DurationNs now);
    /// What the attempt of what next() gave came to. Returns those that have left the queue:
    /// accepted, or dead (also by age). `retry_after`, if the receiver named a time, goes before
    /// our own backoff; `pause` holds everything back. A refused digest leaves all of its
    /// notifications here.
    std::vector<Notification> settle(const Outcome& outcome, core::DurationNs now);
    /// Those that are too old, removed; they were not delivered.
    std::vector<Notification> expire(core::DurationNs now);

    /// The receiver was configured anew: forgets that it was broken, and all waiting.
    void mend();
    /// Every further attempt is by these limits.
    void limit(const DeliveryLimits& limits);
    /// Nothing is attempted until mend().
    void break_off() { broken_ = true; }
    /// After a verdict `broken` next() gives nothing until mend().
    bool broken() const { return broken_; }
    std::size_t size() const { return pending_.size(); }
    const Notification* oldest() const { return pending_.empty() ? nullptr : &pending_.front(); }
    /// How long what failed last has to wait.
    core::DurationNs last_delay() const { return last_delay_; }
    /// Everything that waits, in order.
    const std::deque<Notification>& waiting() const { return pending_; }

  private:
    void refill(core::DurationNs now);
    bool digest_is_due(core::DurationNs now) const;
    void all_wait_until(core::DurationNs until);
    core::DurationNs delay(std::optional<core::DurationNs> retry_after, std::uint32_t attempts);
    void settle_digest(const Outcome& outcome, core::DurationNs now,
                       std::vector<Notification>& gone);
    void settle_one(const Outcome& outcome, core::DurationNs now, std::vector<Notification>& gone);

    DeliveryLimits limits_;
    std::mt19937_64 random_;
    std::deque<Notification> pending_;                    ///< oldest first
    std::map<std::string, core::DurationNs> not_before_;  ///< by episode, while backing off
    std::optional<core::DurationNs> all_not_before_;      ///< while everyone waits
    std::optional<core::DurationNs> no_digest_before_;
    std::uint32_t digest_failures_ = 0;
    std::vector<const Notification*> attempting_;  ///< what next() gave
    double tokens_;
    std::optional<core::DurationNs> refilled_;
    std::optional<core::DurationNs> attempted_;
    bool broken_ = false;
    core::DurationNs last_delay_ = 0;
};

}  // namespace contagiond::sinks
