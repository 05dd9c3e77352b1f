#include "daemon/sinks/webhook_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "daemon/sinks/alert_message.hpp"
#include "daemon/sinks/delivery_queue.hpp"
#include "daemon/sinks/webhook/format.hpp"

namespace contagiond::sinks {

namespace {

/// The settings' format. Throws where no sink can be built of them.
const Format& format_of(const WebhookSettings& settings) {
    if (const std::string problem = check_settings(settings); !problem.empty())
        throw std::runtime_error(fmt::format("webhook {}: {}", settings.name, problem));
    return *find_format(settings.format);
}

DeliveryLimits limits_of(const Format& format) {
    DeliveryLimits limits;
    limits.rate = format.rate;
    limits.burst = format.burst;
    return limits;
}

}  // namespace

struct WebhookSink::Impl {
    const std::string name;
    WebhookSettings settings;
    DocumentContext context;
    PostFn post;
    std::function<core::DurationNs()> monotonic_now;
    std::function<void(std::string_view)> log_warning;
    std::function<core::TimeNs()> wall_now;
    const Format* format;
    Change change;
    DeliveryQueue queue;
    WebhookCounters counters;
    std::mutex next_mutex;
    std::optional<WebhookSettings> next;  ///< to be taken before the next attempt

    void warn(const Notification& notification, std::string_view what) {
        log_warning(fmt::format("webhook {}: {}_{} ({}, {}): {}", settings.name,
                                notification.episode, notification.revision,
                                core::to_string(notification.phase),
                                core::to_string(notification.severity), what));
    }

    void take_next_settings() {
        const std::lock_guard lock(next_mutex);
        if (!next) return;
        settings = *std::exchange(next, std::nullopt);
        format = &format_of(settings);
        change = {};
        queue.mend();
    }

    void bury(const Notification& notification, std::string_view why) {
        counters.dead.add();
        warn(notification, fmt::format("given up: {}", why));
    }

    /// One attempt, counted.
    Outcome attempt(const Notification& notification, core::DurationNs timeout) {
        const auto message = parse_alert(notification.body);
        if (!message)
            return failed_outcome(Verdict::dead, NotifyFailure::client_error,
                                  "the document cannot be read");
        const Attempt made{context.version, wall_now(), change};
        PostRequest request = format->request(settings, {notification.body, *message}, made);
        request.timeout =
            std::min(request.timeout, std::chrono::milliseconds(timeout / core::ns_per_ms));
        counters.attempts.add();
        const PostReply reply = post(request);
        Outcome outcome = format->outcome(reply, {context.version, wall_now(), change});
        if (outcome.change) change = *outcome.change;
        if (outcome.verdict != Verdict::retry) change.plain = false;
        if (outcome.failure) {
            counters.failed[static_cast<std::size_t>(*outcome.failure)].add();
        } else {
            counters.accepted.add();
            counters.latency.observe(core::to_seconds(monotonic_now() - notification.enqueued));
        }
        return outcome;
    }

    /// Attempts what is due, until something fails: one slow receiver must not keep the thread from
    /// its queue for longer than one attempt.
    void pump() {
        take_next_settings();
        for (const Notification& old : queue.expire(monotonic_now()))
            bury(old, "not delivered within its time");
        while (const Notification* due = queue.next(monotonic_now())) {
            const Outcome outcome = attempt(*due, 10 * core::ns_per_s);
            const Notification told = *due;
            const auto gone = queue.settle(outcome.verdict, outcome.retry_after, monotonic_now());
            if (outcome.verdict == Verdict::accepted) continue;
            if (gone)
                bury(*gone, outcome.reason);
            else
                warn(told, fmt::format("attempt {} failed: {}; next in {:.1f} s", told.attempts + 1,
                                       outcome.reason, core::to_seconds(queue.last_delay())));
            if (outcome.verdict == Verdict::broken)
                log_warning(
                    fmt::format("webhook {}: broken ({}); nothing more is sent until it is "
                                "configured anew",
                                settings.name, outcome.reason));
            break;
        }
        show();
    }

    void show() {
        counters.pending.set(static_cast<double>(queue.size()));
        const Notification* oldest = queue.oldest();
        counters.ts_oldest.set(oldest ? core::to_seconds(oldest->ts_enqueued) : 0);
    }
};

WebhookSink::WebhookSink(WebhookSettings settings, DocumentContext context, PostFn post,
                         std::function<core::DurationNs()> monotonic_now, std::uint64_t jitter_seed,
                         std::function<void(std::string_view)> log_warning,
                         std::function<core::TimeNs()> wall_now) {
    std::string name = settings.name;
    const Format& format = format_of(settings);
    impl_ = std::unique_ptr<Impl>(new Impl{std::move(name),
                                           std::move(settings),
                                           std::move(context),
                                           std::move(post),
                                           std::move(monotonic_now),
                                           std::move(log_warning),
                                           std::move(wall_now),
                                           &format,
                                           {},
                                           DeliveryQueue(limits_of(format), jitter_seed),
                                           {},
                                           {},
                                           {}});
}

WebhookSink::~WebhookSink() = default;

std::string_view WebhookSink::name() const {
    return impl_->name;
}

bool WebhookSink::wants(const core::Event& event) const {
    return std::holds_alternative<core::EpisodeChanged>(event);
}

void WebhookSink::consume(std::span<const Item> items) {
    for (const Item& item : items) {
        const auto* event = std::get_if<core::Event>(&item);
        const auto* changed = event ? std::get_if<core::EpisodeChanged>(event) : nullptr;
        if (changed == nullptr || !changed->episode) continue;
        const core::Episode& episode = *changed->episode;
        Notification notification;
        notification.episode = episode.id.view();
        notification.revision = episode.revision;
        notification.phase = episode.phase;
        notification.severity = episode.severity;
        notification.body = alert_document(episode, impl_->context);
        notification.enqueued = impl_->monotonic_now();
        notification.ts_enqueued = impl_->wall_now();
        if (const auto evicted = impl_->queue.push(std::move(notification)))
            impl_->bury(*evicted, "the queue is full");
    }
    impl_->pump();
}

void WebhookSink::idle() {
    impl_->pump();
}

void WebhookSink::finish(double seconds) {
    const core::DurationNs end =
        impl_->monotonic_now() +
        static_cast<core::DurationNs>(std::clamp(seconds, 0.0, 3600.0) * 1e9);
    const bool broken = impl_->queue.broken();
    // Backoff and rate do not matter any more; the order within an episode does.
    std::set<std::string> failed;
    std::size_t lost = 0;
    for (const Notification& notification : impl_->queue.drain()) {
        const core::DurationNs left = end - impl_->monotonic_now();
        const bool try_it = !broken && left > 0 && failed.count(notification.episode) == 0;
        if (try_it && impl_->attempt(notification, left).verdict == Verdict::accepted) continue;
        failed.insert(notification.episode);
        ++lost;
        impl_->bury(notification, "not delivered before the stop");
    }
    if (lost > 0)
        impl_->log_warning(fmt::format("webhook {}: {} notifications were lost at the stop",
                                       impl_->settings.name, lost));
    impl_->show();
}

void WebhookSink::reconfigure(WebhookSettings settings) {
    format_of(settings);  // throws before anything is changed
    const std::lock_guard lock(impl_->next_mutex);
    impl_->next = std::move(settings);
}

const WebhookCounters& WebhookSink::counters() const {
    return impl_->counters;
}

}  // namespace contagiond::sinks
