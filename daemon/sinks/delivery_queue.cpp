#include "daemon/sinks/delivery_queue.hpp"

#include <algorithm>

namespace contagiond::sinks {
namespace {

/// What is given up first has the smallest number.
int worth(const Notification& notification) {
    switch (notification.phase) {
        case core::EpisodePhase::resolved:
            return 0;
        case core::EpisodePhase::updated:
            return 1;
        case core::EpisodePhase::opened:
            return notification.severity == core::Severity::critical ? 3 : 2;
    }
    return 0;
}

}  // namespace

DeliveryQueue::DeliveryQueue(DeliveryLimits limits, std::uint64_t jitter_seed)
    : limits_(limits), random_(jitter_seed), tokens_(limits.burst) {}

std::optional<Notification> DeliveryQueue::push(Notification notification) {
    pending_.push_back(std::move(notification));
    if (pending_.size() <= limits_.capacity) return std::nullopt;
    // min_element gives the first of equals: the oldest.
    const auto victim =
        std::min_element(pending_.begin(), pending_.end(),
                         [](const auto& a, const auto& b) { return worth(a) < worth(b); });
    Notification gone = std::move(*victim);
    pending_.erase(victim);
    if (std::none_of(pending_.begin(), pending_.end(),
                     [&](const auto& other) { return other.episode == gone.episode; }))
        not_before_.erase(gone.episode);
    return gone;
}

void DeliveryQueue::refill(core::DurationNs now) {
    if (refilled_)
        tokens_ =
            std::min(limits_.burst, tokens_ + core::to_seconds(now - *refilled_) * limits_.rate);
    refilled_ = now;
}

const Notification* DeliveryQueue::next(core::DurationNs now) {
    refill(now);
    // Not 1: a sum of small refills may miss it by a rounding error.
    if (broken_ || tokens_ < 1 - 1e-9) return nullptr;
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        const Notification& candidate = pending_[i];
        // Backing off is the episode's: what follows the one that failed waits behind it.
        const auto wait = not_before_.find(candidate.episode);
        if (wait != not_before_.end() && now < wait->second) continue;
        tokens_ -= 1;
        attempting_ = i;
        return &candidate;
    }
    return nullptr;
}

std::optional<Notification> DeliveryQueue::settle(Verdict verdict,
                                                  std::optional<core::DurationNs> retry_after,
                                                  core::DurationNs now) {
    const auto it = pending_.begin() + static_cast<std::ptrdiff_t>(attempting_);
    not_before_.erase(it->episode);
    if (verdict == Verdict::broken) broken_ = true;
    if (verdict == Verdict::retry && now - it->enqueued < limits_.expiry) {
        if (retry_after) {
            // At least a second, so that "0" is no invitation to a storm.
            last_delay_ = std::clamp(*retry_after, core::ns_per_s, limits_.retry_after_max);
        } else {
            // Full jitter: receivers that come back are not met by everyone at once.
            const unsigned doublings = std::min(it->attempts, 20u);
            const core::DurationNs limit =
                std::min(limits_.backoff_max, limits_.backoff_first << doublings);
            // By hand, since the library's distributions differ from one to the next.
            last_delay_ =
                static_cast<core::DurationNs>(random_() % static_cast<std::uint64_t>(limit + 1));
        }
        ++it->attempts;
        not_before_[it->episode] = now + last_delay_;
        return std::nullopt;
    }
    Notification gone = std::move(*it);
    pending_.erase(it);
    return gone;
}

std::vector<Notification> DeliveryQueue::expire(core::DurationNs now) {
    std::vector<Notification> gone;
    while (!pending_.empty() && now - pending_.front().enqueued >= limits_.expiry) {
        not_before_.erase(pending_.front().episode);
        gone.push_back(std::move(pending_.front()));
        pending_.pop_front();
    }
    return gone;
}

void DeliveryQueue::mend() {
    broken_ = false;
    not_before_.clear();
}

std::vector<Notification> DeliveryQueue::drain() {
    std::vector<Notification> all(std::make_move_iterator(pending_.begin()),
                                  std::make_move_iterator(pending_.end()));
    pending_.clear();
    not_before_.clear();
    return all;
}

}  // namespace contagiond::sinks
