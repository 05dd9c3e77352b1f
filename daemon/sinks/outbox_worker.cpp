#include "daemon/sinks/outbox_worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "daemon/sinks/alert_message.hpp"
#include "daemon/sinks/webhook/format.hpp"

namespace contagiond::sinks {
namespace {

constexpr core::DurationNs attempt_timeout = 10 * core::ns_per_s;
/// More than so many that wait for a chat become one message.
constexpr std::size_t digest_above = 5;
/// Episodes a receiver that forgets is reminded of.
constexpr std::size_t reminders_max = 256;
constexpr std::chrono::milliseconds idle_wait{100};
/// How old what is known of a receiver's certificate may be, and how soon a failed look is
/// repeated.
constexpr core::DurationNs look_every = core::ns_per_day;
constexpr core::DurationNs look_again = core::ns_per_hour;

const Format& checked_format(const WebhookSettings& settings) {
    const std::string wrong = check_settings(settings);
    if (!wrong.empty())
        throw std::runtime_error(fmt::format("webhook {}: {}", settings.name, wrong));
    return *find_format(settings.format);
}

DeliveryLimits limits_of(const Format& format) {
    DeliveryLimits limits;
    limits.rate = format.rate;
    limits.burst = format.burst;
    limits.spacing = format.spacing;
    if (format.chat && format.digest != nullptr) limits.digest_above = digest_above;
    return limits;
}

/// What a receiver that forgets is told again.
struct Reminder {
    std::shared_ptr<const std::string> document;
    AlertMessage message;
    core::DurationNs told = 0;  ///< monotonic
    std::optional<core::DurationNs> resolved;
    bool failed = false;  ///< the last time
    bool watched = true;  ///< else it is not said again while it is open: nobody knows that it is
};

}  // namespace

struct OutboxWorker::Impl {
    Impl(WebhookSettings s, std::string v, const DeliveryDoors& d, std::uint64_t jitter_seed)
        : name(s.name),
          version(std::move(v)),
          doors(d),
          settings(std::move(s)),
          format(&checked_format(settings)),
          queue(limits_of(*format), jitter_seed) {}

    const std::string name;
    const std::string version;
    const DeliveryDoors& doors;
    DeliveryCounters counters;

    // The worker's own.
    WebhookSettings settings;
    const Format* format;
    DeliveryQueue queue;
    std::map<std::string, Reminder> reminders;  ///< by episode
    std::string moved_to;                       ///< Change::chat_id, once an answer named one
    std::set<std::uint64_t> plain;              ///< notifications that go without markup
    std::optional<core::DurationNs> next_look;  ///< at the receiver's certificate; absent: now
    bool look_failed = false;

    mutable std::mutex mutex;
    std::condition_variable wake;
    std::condition_variable ended_now;
    // Under the mutex.
    std::vector<Notification> inbox;
    std::vector<std::uint64_t> withdrawn;
    std::optional<WebhookSettings> next;  ///< to be taken before the next attempt
    std::vector<DeliveryResult> done;
    std::string format_name = std::string(format->name);
    std::string trouble;
    DeliveryTrouble last_trouble;
    bool stopping = false;
    bool ended = false;
    core::DurationNs stop_end = 0;
    bool stop_hurry = false;

    std::atomic<bool> given_up{false};
    std::atomic<bool> busy{false};  ///< there is something better to do than to look
    std::thread thread;

    void report(ReportLevel level, std::string_view what) const { doors.report(level, name, what); }

    void report_of(ReportLevel level, const Notification& notification,
                   std::string_view what) const {
        report(level, fmt::format("{} ({}, {}): {}",
                                  attempt_id(notification.episode, notification.revision),
                                  core::to_string(notification.phase),
                                  core::to_string(notification.severity), what));
    }

    void say(const Notification& notification, DeliveryState state, std::string_view reason) {
        if (state != DeliveryState::pending) plain.erase(notification.seq);
        const std::lock_guard lock(mutex);
        done.push_back({notification.seq, state, notification.attempts, std::string(reason)});
    }

    void bury(const Notification& notification, std::string_view why) {
        report_of(ReportLevel::error, notification, fmt::format("given up: {}", why));
        say(notification, DeliveryState::dead, why);
    }

    void take_inbox() {
        std::vector<Notification> arrived;
        std::vector<std::uint64_t> gone;
        std::optional<WebhookSettings> changed;
        {
            const std::lock_guard lock(mutex);
            arrived.swap(inbox);
            busy = stopping;
            gone.swap(withdrawn);
            changed.swap(next);
        }
        for (const std::uint64_t seq : gone) queue.withdraw(seq);
        for (Notification& notification : arrived) queue.push(std::move(notification));
        if (!changed) return;
        if (changed->format != settings.format) reminders.clear();
        settings = *std::move(changed);
        format = find_format(settings.format);
        queue.limit(limits_of(*format));
        queue.mend();
        moved_to.clear();
        counters.ts_certificate_end.set(0);
        next_look.reset();
        look_failed = false;
        show_broken({});
    }

    void show_broken(std::string why) {
        counters.broken.set(why.empty() ? 0 : 1);
        const std::lock_guard lock(mutex);
        format_name = format->name;
        trouble = std::move(why);
        if (trouble.empty()) last_trouble = {};
    }

    /// What an attempt came to, for who looks. `delay`: until what failed is tried again.
    void note_trouble(const Outcome& outcome, core::DurationNs delay) {
        DeliveryTrouble trouble_now;
        if (outcome.verdict != Verdict::accepted) {
            trouble_now.error = outcome.reason;
            trouble_now.ts_error = doors.wall_now();
            if (outcome.failure == NotifyFailure::rate_limited)
                trouble_now.ts_throttled_until = trouble_now.ts_error + delay;
        }
        const std::lock_guard lock(mutex);
        last_trouble = std::move(trouble_now);
    }

    void break_off(const std::string& why) {
        queue.break_off();
        show_broken(why);
        report(ReportLevel::error,
               fmt::format("broken ({}); nothing more is sent until it is configured anew", why));
    }

    /// The message a notification or a digest is; absent where the document is none.
    std::optional<PostRequest> request_of(std::span<const Notification* const> what,
                                          const Attempt& attempt) const {
        std::vector<AlertMessage> messages;
        std::set<std::string_view> episodes;
        std::string_view document;
        for (const Notification* each : what)
            if (auto message = parse_alert(*each->document)) {
                messages.push_back(*std::move(message));
                episodes.insert(each->episode);
                document = *each->document;
            }
        if (messages.empty()) return std::nullopt;
        if (episodes.size() > 1) return format->digest(settings, messages, attempt);
        // Of several revisions of an episode the newest says it all.
        return format->request(
            settings, {document, messages.back(), open_there(std::string(*episodes.begin()))},
            attempt);
    }

    const AlertMessage* open_there(const std::string& episode) const {
        const auto it = reminders.find(episode);
        return it == reminders.end() || it->second.resolved ? nullptr : &it->second.message;
    }

    /// One post, counted. Absent is a request that cannot be made.
    Outcome post(std::optional<PostRequest> request, const Attempt& attempt,
                 core::DurationNs longest) {
        if (!request)
            return failed_outcome(Verdict::dead, NotifyFailure::client_error,
                                  "its document cannot be read");
        request->timeout =
            std::min(request->timeout, std::chrono::milliseconds(longest / core::ns_per_ms));
        request->given_up = &given_up;
        counters.attempts.add();
        const PostReply reply = doors.post(*request);
        note_certificate(reply);
        return format->outcome(reply, attempt);
    }

    void note_certificate(const PostReply& reply) {
        if (reply.ts_certificate_end <= 0) return;
        counters.ts_certificate_end.set(reply.ts_certificate_end);
        next_look = doors.monotonic_now() + look_every;
        look_failed = false;
    }

    /// So that an end that comes near is known before an alert fails on it.
    void look_at_certificate() {
        const auto now = doors.monotonic_now();
        if (!doors.shake_hands || queue.size() > 0 || queue.broken() ||
            (next_look && now < *next_look))
            return;
        next_look = now + look_every;
        PostRequest request;
        request.url = settings.url.empty() ? std::string(format->default_url) : settings.url;
        if (!request.url.starts_with("https://")) return;
        request.allow_private = settings.allow_private;
        request.ca_file = settings.ca_file;
        request.only_handshake = true;
        request.given_up = &busy;
        const PostReply reply = doors.shake_hands(request);
        note_certificate(reply);
        if (reply.failure == PostFailure::none) return;
        if (busy.load()) {  // an alert goes first
            next_look.reset();
            return;
        }
        next_look = now + look_again;
        if (!std::exchange(look_failed, true))
            report(ReportLevel::warning,
                   fmt::format(
                       "the receiver could not be looked at, an alert would not arrive now: {}",
                       reply.reason));
    }

    /// As `make_and_post` says; one that throws is a failure like another, and ends no thread.
    template <typename MakeAndPost>
    Outcome counted(MakeAndPost&& make_and_post) {
        Outcome outcome;
        try {
            outcome = make_and_post();
        } catch (const std::exception&) {
            outcome = failed_outcome(Verdict::retry, NotifyFailure::client_error,
                                     "the message could not be made");
        }
        if (outcome.failure) counters.failed[static_cast<std::size_t>(*outcome.failure)].add();
        return outcome;
    }

    Outcome attempt(std::span<const Notification* const> what, core::DurationNs longest) {
        Attempt attempt;
        attempt.version = version;
        attempt.now = doors.wall_now();
        attempt.change.chat_id = moved_to;
        attempt.change.plain = plain.count(what.front()->seq) > 0;
        Outcome outcome =
            counted([&] { return post(request_of(what, attempt), attempt, longest); });
        if (outcome.change) {
            moved_to = outcome.change->chat_id;
            if (outcome.change->plain) plain.insert(what.front()->seq);
        }
        return outcome;
    }

    /// Attempts what next() gave, and settles it. Whether it was accepted.
    bool attempt_and_settle(std::span<const Notification* const> what, core::DurationNs longest) {
        const Outcome outcome = attempt(what, longest);
        std::vector<Notification> told;  // copies: settling moves them
        for (const Notification* each : what) told.push_back(*each);
        const auto now = doors.monotonic_now();
        const std::vector<Notification> gone = queue.settle(outcome, now);
        note_trouble(outcome, gone.empty() ? queue.last_delay() : 0);
        if (outcome.verdict == Verdict::accepted) {
            for (const Notification& each : gone) {
                counters.accepted.add();
                counters.latency.observe(core::to_seconds(now - each.enqueued));
                say(each, DeliveryState::accepted, {});
            }
            if (!gone.empty()) remember(gone.back(), now);
            return true;
        }
        for (const Notification& each : gone) bury(each, outcome.reason);
        if (gone.empty()) {
            const std::string what_failed =
                told.size() == 1 ? fmt::format("attempt {}", told.front().attempts + 1)
                                 : fmt::format("a digest of {}", told.size());
            report_of(ReportLevel::warning, told.front(),
                      fmt::format("{} failed: {}; next in {:.1f} s", what_failed, outcome.reason,
                                  core::to_seconds(queue.last_delay())));
            for (Notification& each : told) {
                ++each.attempts;
                say(each, DeliveryState::pending, outcome.reason);
            }
        }
        if (outcome.verdict == Verdict::broken) break_off(outcome.reason);
        return false;
    }

    // ------------------------------------------------------------------ reminders

    void remember(const Notification& accepted, core::DurationNs now) {
        if (format->resend_every <= 0) return;
        auto message = parse_alert(*accepted.document);
        if (!message || message->kind == AlertKind::test) return;
        // Sent again by an operator: the later word stands.
        const auto known = reminders.find(accepted.episode);
        if (known != reminders.end() && known->second.message.revision > message->revision) return;
        const bool resolved = message->kind == AlertKind::resolved;
        if (!resolved)
            // It stands for the same trouble as an older episode: that one's end is not repeated.
            std::erase_if(reminders, [&](const auto& other) {
                return other.first != accepted.episode &&
                       other.second.message.fingerprint == message->fingerprint;
            });
        if (reminders.size() >= reminders_max && known == reminders.end())
            reminders.erase(reminders.begin());
        Reminder& reminder = reminders[accepted.episode];
        reminder.document = accepted.document;
        reminder.message = *std::move(message);
        reminder.told = now;
        reminder.watched = accepted.watched;
        reminder.resolved.reset();
        if (resolved) reminder.resolved = now;
    }

    void remind() {
        if (queue.broken()) return;
        for (auto it = reminders.begin(); it != reminders.end();) {
            Reminder& reminder = it->second;
            const auto now = doors.monotonic_now();
            // What nobody watches has ended there by itself meanwhile.
            const bool open = !reminder.resolved && reminder.watched;
            const core::DurationNs last = reminder.resolved.value_or(reminder.told);
            if (!open && now - last > format->resend_after_resolve) {
                it = reminders.erase(it);
                continue;
            }
            const bool says = open || reminder.resolved;
            if (says && now - reminder.told >= format->resend_every && !remind_of(reminder)) return;
            ++it;
        }
    }

    bool remind_of(Reminder& reminder) {
        Attempt attempt;
        attempt.version = version;
        attempt.now = doors.wall_now();
        const Outcome outcome = counted([&] {
            return post(format->request(settings, {*reminder.document, reminder.message}, attempt),
                        attempt, attempt_timeout);
        });
        reminder.told = doors.monotonic_now();
        note_trouble(outcome, 0);
        const bool well = outcome.verdict == Verdict::accepted;
        if (!well && !reminder.failed)
            report(ReportLevel::warning,
                   fmt::format("{} could not be repeated: {}",
                               attempt_id(reminder.message.id, reminder.message.revision),
                               outcome.reason));
        reminder.failed = !well;
        if (outcome.verdict == Verdict::broken) break_off(outcome.reason);
        return well;
    }

    // ------------------------------------------------------------------ life

    void step() {
        take_inbox();
        for (const Notification& old : queue.expire(doors.monotonic_now()))
            bury(old, "not delivered within its time");
        // Until something fails: what was asked of this thread meanwhile is looked at then.
        for (;;) {
            const auto due = queue.next(doors.monotonic_now());
            if (due.empty() || !attempt_and_settle(due, attempt_timeout)) break;
            take_inbox();
        }
        if (format->resend_every > 0) remind();
        look_at_certificate();
    }

    void finish(core::DurationNs end, bool hurry) {
        take_inbox();
        if (hurry && !queue.broken()) {
            DeliveryLimits limits = limits_of(*format);
            limits.rate = limits.burst = 1e9;
            limits.spacing = 0;
            // Nobody comes back to what fails now.
            limits.backoff_first = limits.backoff_max = core::ns_per_hour;
            queue.limit(limits);
            queue.mend();
        }
        for (;;) {
            const core::DurationNs left = end - doors.monotonic_now();
            if (left <= 0) return;
            const auto due = queue.next(doors.monotonic_now());
            if (due.empty()) return;
            attempt_and_settle(due, std::min(left, attempt_timeout));
        }
    }

    void run() {
        std::unique_lock lock(mutex);
        while (!stopping) {
            lock.unlock();
            step();
            lock.lock();
            wake.wait_for(lock, idle_wait,
                          [this] { return stopping || !inbox.empty() || next.has_value(); });
        }
        lock.unlock();
        finish(stop_end, stop_hurry);
        lock.lock();
        ended = true;
        ended_now.notify_all();
    }
};

OutboxWorker::OutboxWorker(WebhookSettings settings, std::string version,
                           const DeliveryDoors& doors, std::uint64_t jitter_seed)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(version), doors, jitter_seed)) {}

OutboxWorker::~OutboxWorker() {
    begin_stop(0, false);
    join();
}

const std::string& OutboxWorker::name() const {
    return impl_->name;
}

std::string OutboxWorker::format() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->format_name;
}

bool OutboxWorker::repeats() const {
    return impl_->format->resend_every > 0;
}

void OutboxWorker::recall(const Notification& notification, core::DurationNs accepted) {
    Notification unwatched = notification;
    unwatched.watched = false;
    impl_->remember(unwatched, accepted);
}

void OutboxWorker::take(Notification notification) {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->inbox.push_back(std::move(notification));
        impl_->busy = true;
    }
    impl_->wake.notify_one();
}

void OutboxWorker::withdraw(std::uint64_t seq) {
    const std::lock_guard lock(impl_->mutex);
    std::erase_if(impl_->inbox, [seq](const Notification& n) { return n.seq == seq; });
    impl_->withdrawn.push_back(seq);
}

void OutboxWorker::reconfigure(WebhookSettings settings) {
    checked_format(settings);  // throws before anything is changed
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->next = std::move(settings);
        impl_->busy = true;
    }
    impl_->wake.notify_one();
}

void OutboxWorker::results(std::vector<DeliveryResult>& out) {
    const std::lock_guard lock(impl_->mutex);
    out.insert(out.end(), std::make_move_iterator(impl_->done.begin()),
               std::make_move_iterator(impl_->done.end()));
    impl_->done.clear();
}

DeliveryTrouble OutboxWorker::last_trouble() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->last_trouble;
}

std::string OutboxWorker::trouble() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->trouble;
}

const DeliveryCounters& OutboxWorker::counters() const {
    return impl_->counters;
}

void OutboxWorker::step() {
    impl_->step();
}

void OutboxWorker::finish(core::DurationNs end, bool hurry) {
    impl_->finish(end, hurry);
}

void OutboxWorker::start() {
    impl_->thread = std::thread([this] { impl_->run(); });
}

void OutboxWorker::begin_stop(core::DurationNs end, bool hurry) {
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->stopping) return;
        impl_->stopping = true;
        impl_->busy = true;
        impl_->stop_end = end;
        impl_->stop_hurry = hurry;
    }
    impl_->wake.notify_one();
}

bool OutboxWorker::await(double seconds) {
    if (!impl_->thread.joinable()) return true;
    std::unique_lock lock(impl_->mutex);
    return impl_->ended_now.wait_for(lock, std::chrono::duration<double>(std::max(seconds, 0.0)),
                                     [this] { return impl_->ended; });
}

void OutboxWorker::join() {
    impl_->given_up = true;
    impl_->busy = true;
    if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace contagiond::sinks
