#include "daemon/sinks/delivery_queue.hpp"

#include <algorithm>

namespace contagiond::sinks {
namespace {

/// A server that fails on this digest may still take the messages one by one.
constexpr std::uint32_t digest_failures_max = 3;

}  // namespace

DeliveryQueue::DeliveryQueue(DeliveryLimits limits, std::uint64_t jitter_seed)
    : limits_(limits), random_(jitter_seed), tokens_(limits.burst) {}

void DeliveryQueue::push(Notification notification) {
    pending_.push_back(std::move(notification));
}

std::optional<Notification> DeliveryQueue::withdraw(std::uint64_t seq) {
    const auto it = std::find_if(pending_.begin(), pending_.end(),
                                 [seq](const Notification& n) { return n.seq == seq; });
    if (it == pending_.end()) return std::nullopt;
    Notification gone = std::move(*it);
    pending_.erase(it);
    // What follows is not to wait for what has gone.
    not_before_.erase(gone.episode);
    return gone;
}

void DeliveryQueue::refill(core::DurationNs now) {
    if (refilled_)
        tokens_ =
            std::min(limits_.burst, tokens_ + core::to_seconds(now - *refilled_) * limits_.rate);
    refilled_ = now;
}

bool DeliveryQueue::digest_is_due(core::DurationNs now) const {
    return limits_.digest_above > 0 && pending_.size() > limits_.digest_above &&
           !(no_digest_before_ && now < *no_digest_before_);
}

std::span<const Notification* const> DeliveryQueue::next(core::DurationNs now) {
    attempting_.clear();
    refill(now);
    // Not 1: a sum of small refills may miss it by a rounding error.
    if (broken_ || tokens_ < 1 - 1e-9) return attempting_;
    if (attempted_ && now - *attempted_ < limits_.spacing) return attempting_;
    if (all_not_before_ && now < *all_not_before_) return attempting_;
    if (digest_is_due(now)) {
        for (const Notification& each : pending_) attempting_.push_back(&each);
    } else {
        for (const Notification& candidate : pending_) {
            // Backing off is the episode's: what follows the one that failed waits behind it.
            const auto wait = not_before_.find(candidate.episode);
            if (wait != not_before_.end() && now < wait->second) continue;
            attempting_.push_back(&candidate);
            break;
        }
    }
    if (attempting_.empty()) return attempting_;
    tokens_ -= 1;
    attempted_ = now;
    return attempting_;
}

core::DurationNs DeliveryQueue::delay(std::optional<core::DurationNs> retry_after,
                                      std::uint32_t attempts) {
    if (retry_after) {
        // At least a second, so that "0" is no invitation to a storm.
        last_delay_ = std::clamp(*retry_after, core::ns_per_s, limits_.retry_after_max);
    } else {
        // Full jitter: receivers that come back are not met by everyone at once.
        const unsigned doublings = std::min(attempts, 20u);
        const core::DurationNs limit =
            std::min(limits_.backoff_max, limits_.backoff_first << doublings);
        // By hand, since the library's distributions differ from one to the next.
        last_delay_ =
            static_cast<core::DurationNs>(random_() % static_cast<std::uint64_t>(limit + 1));
    }
    return last_delay_;
}

void DeliveryQueue::all_wait_until(core::DurationNs until) {
    all_not_before_ = std::max(all_not_before_.value_or(until), until);
}

void DeliveryQueue::settle_digest(const Outcome& outcome, core::DurationNs now,
                                  std::vector<Notification>& gone) {
    switch (outcome.verdict) {
        case Verdict::accepted:
            gone.assign(std::make_move_iterator(pending_.begin()),
                        std::make_move_iterator(pending_.end()));
            pending_.clear();
            not_before_.clear();
            digest_failures_ = 0;
            return;
        case Verdict::retry: {
            for (Notification& each : pending_) ++each.attempts;
            all_wait_until(now + delay(outcome.retry_after, digest_failures_));
            const bool of_the_message = outcome.failure == NotifyFailure::server_error;
            ++digest_failures_;
            if (of_the_message && digest_failures_ >= digest_failures_max) {
                no_digest_before_ = now + limits_.digest_pause;
                digest_failures_ = 0;
            }
            return;
        }
        case Verdict::dead:
            // Not one alert dies of a digest.
            no_digest_before_ = now + limits_.digest_pause;
            return;
        case Verdict::broken:
            return;
    }
}

void DeliveryQueue::settle_one(const Outcome& outcome, core::DurationNs now,
                               std::vector<Notification>& gone) {
    const auto it = std::find_if(pending_.begin(), pending_.end(),
                                 [this](const Notification& n) { return &n == attempting_[0]; });
    not_before_.erase(it->episode);
    if (outcome.verdict == Verdict::retry && now - it->enqueued < limits_.expiry) {
        const core::DurationNs until = now + delay(outcome.retry_after, it->attempts);
        ++it->attempts;
        not_before_[it->episode] = until;
        // Too many messages is said of all of them.
        if (outcome.failure == NotifyFailure::rate_limited) all_wait_until(until);
        return;
    }
    gone.push_back(std::move(*it));
    pending_.erase(it);
}

std::vector<Notification> DeliveryQueue::settle(const Outcome& outcome, core::DurationNs now) {
    std::vector<Notification> gone;
    if (attempting_.empty()) return gone;
    if (outcome.verdict == Verdict::broken) broken_ = true;
    if (outcome.pause)
        all_wait_until(now +
                       std::clamp<core::DurationNs>(*outcome.pause, 0, limits_.retry_after_max));
    if (attempting_.size() > 1)
        settle_digest(outcome, now, gone);
    else
        settle_one(outcome, now, gone);
    attempting_.clear();
    return gone;
}

std::vector<Notification> DeliveryQueue::expire(core::DurationNs now) {
    std::vector<Notification> gone;
    // Not only at the front: what an operator sent again is younger than what came after it.
    for (auto it = pending_.begin(); it != pending_.end();) {
        if (now - it->enqueued < limits_.expiry) {
            ++it;
            continue;
        }
        not_before_.erase(it->episode);
        gone.push_back(std::move(*it));
        it = pending_.erase(it);
    }
    return gone;
}

void DeliveryQueue::mend() {
    broken_ = false;
    not_before_.clear();
    all_not_before_.reset();
    no_digest_before_.reset();
    digest_failures_ = 0;
}

void DeliveryQueue::limit(const DeliveryLimits& limits) {
    limits_ = limits;
    tokens_ = std::min(tokens_, limits_.burst);
}

}  // namespace contagiond::sinks
