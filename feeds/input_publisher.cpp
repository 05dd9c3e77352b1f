#include "feeds/input_publisher.hpp"

#include <algorithm>
#include <utility>

namespace contagiond::feeds {

InputPublisher::InputPublisher(InputRing& ring, std::size_t feed_count, std::function<void()> wake,
                               Pause pause)
    : ring_(ring), losses_(feed_count + 1), wake_(std::move(wake)), pause_(std::move(pause)) {}

void InputPublisher::publish(const core::Input& input) {
    ts_last_ = input.ts_receive;
    // What was lost comes before what follows it; while that does not fit, nothing else does.
    if (pending_ == 0 || push_pending_gaps(input.ts_receive)) {
        if (ring_.try_push(input) || push_late(input)) {
            pushed_ = true;
            return;
        }
    }
    remember(input);
}

/// The ring is full. An engine that was kept from its core for a moment makes room soon.
bool InputPublisher::push_late(const core::Input& input) {
    if (!pause_) return false;
    tell_pushed();
    if (ring_.try_push(input)) return true;
    for (std::size_t tries = 0; pause_(tries); ++tries)
        if (ring_.try_push(input)) return true;
    return false;
}

void InputPublisher::flush() {
    if (pending_ != 0) push_pending_gaps(ts_last_);
    tell_pushed();
}

void InputPublisher::tell_pushed() {
    if (!std::exchange(pushed_, false)) return;
    if (wake_) wake_();
}

InputPublisher::Loss& InputPublisher::loss_of(core::FeedId feed) {
    return losses_[std::min<std::size_t>(feed, losses_.size() - 1)];
}

void InputPublisher::remember(const core::Input& input) {
    Loss& loss = loss_of(input.feed);
    if (loss.empty()) ++pending_;
    if (input.kind == core::InputKind::feed_status) {
        // Only the state that an even newer one replaces is lost.
        if (!std::exchange(loss.status, input)) return;
    }
    dropped_.add();
    // A lost gap input hands on the time span it told of.
    const bool is_gap = input.kind == core::InputKind::gap;
    const core::TimeNs first =
        is_gap ? std::min(input.gap.ts_receive_first, input.ts_receive) : input.ts_receive;
    loss.first = loss.count == 0 ? first : std::min(loss.first, first);
    loss.last = input.ts_receive;
    ++loss.count;
}

bool InputPublisher::push_pending_gaps(core::TimeNs ts_receive) {
    for (std::size_t feed = 0; feed < losses_.size() && pending_ != 0; ++feed) {
        Loss& loss = losses_[feed];
        if (loss.empty()) continue;
        if (loss.count != 0) {
            const core::FeedId id =
                feed + 1 < losses_.size() ? static_cast<core::FeedId>(feed) : core::no_id;
            const core::GapBody body{.ts_receive_first = loss.first,
                                     .ts_receive_last = loss.last,
                                     .count = loss.count,
                                     .reason = core::GapReason::ring_full,
                                     .padding = {}};
            if (!ring_.try_push(core::Input::make_gap(id, core::no_id, ts_receive, body)))
                return false;
            pushed_ = true;
            loss.count = 0;
        }
        if (loss.status) {
            loss.status->ts_receive = ts_receive;
            if (!ring_.try_push(*loss.status)) return false;
            pushed_ = true;
            loss.status.reset();
        }
        --pending_;
    }
    return true;
}

}  // namespace contagiond::feeds
