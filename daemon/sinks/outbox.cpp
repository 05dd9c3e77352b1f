#include "daemon/sinks/outbox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

namespace contagiond::sinks {
namespace {

constexpr core::DurationNs command_every = core::ns_per_s;
constexpr core::DurationNs history_every = 10 * core::ns_per_min;
/// Episodes remembered as told; the engine has a handful open at a time.
constexpr std::size_t told_max = 1024;
/// Longer than any receiver is told of an end, or holds what it is not told again.
constexpr core::DurationNs recall_age = 10 * core::ns_per_min;

/// A document that tells of the outbox itself: there was nobody to say it to when it happened.
std::string damage_document(core::TimeNs now, const DocumentContext& context, std::size_t saved) {
    auto document = nlohmann::ordered_json::parse(test_document(now, context));
    auto& data = document["data"];
    data["severity"] = core::to_string(core::Severity::warning);
    data["title"] = "contagiond: the file of waiting alerts was damaged";
    data["summary"] = fmt::format(
        "The outbox was moved aside and begun anew; {} alerts in it could be read. An alert of the "
        "last day may have been lost, or may come twice. No market moved.",
        saved);
    return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

struct Outbox::Impl {
    Impl(OutboxSettings s, DocumentContext c, OutboxDoors d)
        : settings(std::move(s)),
          context(std::move(c)),
          doors(std::move(d)),
          sink_counters(settings.webhooks.size()),
          book(book_settings(), counters,
               [this](ReportLevel level, std::string_view what) { report(level, what); }) {
        std::uint64_t seed = doors.jitter_seed;
        for (const WebhookSettings& webhook : settings.webhooks)
            workers.push_back(
                std::make_unique<OutboxWorker>(webhook, context.version, doors.delivery, seed++));
        book.open(doors.delivery.monotonic_now());
        recall_told();
        take_commands();
        take_up();
        count_working();
        show();
    }

    OutboxBookSettings book_settings() const {
        OutboxBookSettings out;
        out.store.path = settings.folder + "/outbox.db";
        out.store.vfs = settings.vfs;
        out.store.busy_ms = settings.busy_ms;
        out.reserve_path = settings.folder + "/outbox.reserve";
        out.reserve_bytes = settings.reserve_bytes;
        out.waiting_rows = settings.waiting_rows;
        out.waiting_bytes = settings.waiting_bytes;
        return out;
    }

    void report(ReportLevel level, std::string_view what) const {
        doors.delivery.report(level, "outbox", what);
    }

    // ------------------------------------------------------------------ alerts

    std::optional<std::size_t> position(std::string_view sink) const {
        for (std::size_t i = 0; i < workers.size(); ++i)
            if (workers[i]->name() == sink) return i;
        return std::nullopt;
    }

    void accept(const core::Episode& episode) {
        const core::TimeNs now = doors.delivery.wall_now();
        StoredAlert alert;
        alert.episode = episode.id.view();
        alert.revision = episode.revision;
        alert.phase = episode.phase;
        alert.severity = episode.severity;
        alert.ts = now;
        alert.document = std::make_shared<const std::string>(alert_document(episode, context));
        if (episode.phase == core::EpisodePhase::resolved)
            watched.erase(alert.episode);
        else if (watched.size() < told_max)
            watched.insert(alert.episode);
        std::string silence = doors.silenced ? doors.silenced(episode, now) : std::string();
        // The end of what people were told is told them too, or it never ends for them.
        if (episode.phase == core::EpisodePhase::resolved && told.count(alert.episode) > 0)
            silence.clear();
        if (silence.empty()) remember_told(alert.episode);
        for (std::size_t i = 0; i < workers.size(); ++i) {
            StoredDelivery delivery;
            delivery.sink = workers[i]->name();
            delivery.ts_queued = delivery.ts_changed = now;
            if (!silence.empty()) {
                delivery.state = DeliveryState::silenced;
                delivery.reason = silence;
                sink_counters[i].silenced.add();
            }
            alert.deliveries.push_back(std::move(delivery));
        }
        book.add(std::move(alert), now);
    }

    /// What receivers that forget were told by an earlier process and may still hold: an end to be
    /// repeated, and what is open of episodes whose next word waits.
    void recall_told() {
        if (std::none_of(workers.begin(), workers.end(),
                         [](const auto& worker) { return worker->repeats(); }))
            return;
        const core::DurationNs monotonic = doors.delivery.monotonic_now();
        const core::TimeNs now = doors.delivery.wall_now();
        for (const StoredAlert& alert : book.told_since(now - recall_age))
            for (const StoredDelivery& delivery : alert.deliveries) {
                const auto i = position(delivery.sink);
                if (!i || delivery.state != DeliveryState::accepted || !workers[*i]->repeats())
                    continue;
                workers[*i]->recall(
                    notification_of(alert, delivery, monotonic, now),
                    monotonic - std::clamp<core::DurationNs>(now - delivery.ts_changed, 0,
                                                             core::ns_per_day));
            }
    }

    void remember_told(const std::string& episode) {
        if (!told.insert(episode).second) return;
        told_order.push_back(episode);
        if (told_order.size() <= told_max) return;
        told.erase(told_order.front());
        told_order.pop_front();
    }

    /// Hands what is new in the book, and on disk if the disk takes it, to the workers.
    void take_up() {
        const core::DurationNs monotonic = doors.delivery.monotonic_now();
        const core::TimeNs now = doors.delivery.wall_now();
        if (const auto readable = book.take_damage()) tell_damage(now, *readable);
        book.flush(monotonic);
        for (const StoredAlert* alert : book.not_handed_out())
            for (const StoredDelivery& delivery : alert->deliveries) {
                const auto i = position(delivery.sink);
                if (delivery.state != DeliveryState::pending || !i) continue;
                hand_out(*alert, delivery, *i, monotonic, now);
            }
        for (const auto& [seq, sink] : book.evicted()) {
            const auto i = position(sink);
            if (!i) continue;
            workers[*i]->withdraw(seq);
            sink_counters[*i].dead.add();
        }
    }

    void hand_out(const StoredAlert& alert, const StoredDelivery& delivery, std::size_t i,
                  core::DurationNs monotonic, core::TimeNs now) {
        workers[i]->withdraw(alert.seq);  // it may be there, if an operator sent it again
        workers[i]->take(notification_of(alert, delivery, monotonic, now));
    }

    Notification notification_of(const StoredAlert& alert, const StoredDelivery& delivery,
                                 core::DurationNs monotonic, core::TimeNs now) const {
        Notification notification;
        notification.seq = alert.seq;
        notification.episode = alert.episode;
        notification.revision = alert.revision;
        notification.phase = alert.phase;
        notification.severity = alert.severity;
        notification.document = alert.document;
        notification.attempts = delivery.attempts;
        // The wall clock may have been set since; nobody waits for longer than patience because of
        // it.
        notification.enqueued =
            monotonic - std::clamp<core::DurationNs>(now - delivery.ts_queued, 0, core::ns_per_day);
        // The engine of an earlier process knew it, this one does not.
        notification.watched = watched.count(alert.episode) > 0;
        return notification;
    }

    void tell_damage(core::TimeNs now, std::size_t readable) {
        StoredAlert alert;
        alert.document =
            std::make_shared<const std::string>(damage_document(now, context, readable));
        alert.episode = nlohmann::json::parse(*alert.document)["data"]["id"].get<std::string>();
        alert.severity = core::Severity::warning;
        alert.ts = now;
        for (const auto& worker : workers)
            alert.deliveries.push_back(
                {worker->name(), DeliveryState::pending, 0, now, now, std::string()});
        // Of these nobody knows whether they were delivered: twice is better than not at all.
        book.send_unknown(alert.deliveries, now - core::ns_per_day);
        book.add(std::move(alert), now);
    }

    // ------------------------------------------------------------------ results

    void take_results() {
        std::vector<DeliveryResult> results;
        for (std::size_t i = 0; i < workers.size(); ++i) {
            results.clear();
            workers[i]->results(results);
            for (DeliveryResult& result : results) {
                StoredDelivery* delivery = book.find(result.seq, workers[i]->name());
                if (delivery == nullptr) continue;
                // What an operator or the bounds took back meanwhile is only changed by the truth.
                if (delivery->state != DeliveryState::pending &&
                    result.state != DeliveryState::accepted)
                    continue;
                if (result.state == DeliveryState::dead) sink_counters[i].dead.add();
                delivery->state = result.state;
                delivery->attempts = result.attempts;
                delivery->reason = std::move(result.reason);
                delivery->ts_changed = doors.delivery.wall_now();
                book.changed(result.seq);
            }
        }
    }

    void take_commands() {
        for (const OutboxCommand& command : book.take_commands()) {
            StoredDelivery* delivery = book.find(command.seq, command.sink);
            const auto i = position(command.sink);
            // Accepted meanwhile is accepted.
            if (delivery == nullptr || delivery->state == DeliveryState::accepted) continue;
            if (i) workers[*i]->withdraw(command.seq);
            const core::TimeNs now = doors.delivery.wall_now();
            delivery->state = command.retry ? DeliveryState::pending : DeliveryState::dropped;
            delivery->reason = command.retry ? "" : "by an operator";
            delivery->attempts = 0;
            delivery->ts_changed = now;
            if (command.retry) delivery->ts_queued = now;
            const StoredAlert& alert = book.changed(command.seq);
            report(ReportLevel::info,
                   fmt::format("{} for {}: {} by an operator",
                               attempt_id(alert.episode, alert.revision), command.sink,
                               command.retry ? "sent again" : "dropped"));
            if (command.retry && i)
                hand_out(alert, *delivery, *i, doors.delivery.monotonic_now(), now);
        }
    }

    /// What waits for a sink that is not configured any more waits for a day.
    void expire_orphans() {
        const core::TimeNs now = doors.delivery.wall_now();
        std::size_t expired = 0;
        book.each_waiting([&](StoredAlert& alert) {
            bool changed = false;
            for (StoredDelivery& delivery : alert.deliveries) {
                if (delivery.state != DeliveryState::pending || position(delivery.sink) ||
                    now - delivery.ts_queued < settings.patience)
                    continue;
                delivery.state = DeliveryState::dead;
                delivery.reason = "no sink of this name is configured";
                delivery.ts_changed = now;
                changed = true;
                ++expired;
            }
            return changed;
        });
        if (expired > 0)
            report(ReportLevel::error,
                   fmt::format("{} notifications given up: their sinks are not configured any more",
                               expired));
    }

    // ------------------------------------------------------------------ what is shown

    void show() {
        std::vector<double> pending(workers.size(), 0), oldest(workers.size(), 0);
        book.each_waiting([&](const StoredAlert& alert) {
            for (const StoredDelivery& delivery : alert.deliveries) {
                const auto i = position(delivery.sink);
                if (delivery.state != DeliveryState::pending || !i) continue;
                const double queued = core::to_seconds(delivery.ts_queued);
                if (pending[*i]++ == 0 || queued < oldest[*i]) oldest[*i] = queued;
            }
            return false;
        });
        for (std::size_t i = 0; i < workers.size(); ++i) {
            sink_counters[i].pending.set(pending[i]);
            sink_counters[i].ts_oldest.set(oldest[i]);
        }
    }

    void count_working() {
        std::size_t working = 0;
        for (const auto& worker : workers)
            if (worker->counters().broken.value() == 0) ++working;
        counters.sinks_working.set(static_cast<double>(working));
        if (working == last_working) return;
        if (working == 0)
            report(ReportLevel::error, workers.empty()
                                           ? "alerts reach nobody: no webhook is configured"
                                           : "alerts reach nobody: every webhook is broken");
        else if (last_working == 0)
            report(ReportLevel::info, "alerts are sent again");
        last_working = working;
    }

    void look_after() {
        take_results();
        const core::DurationNs now = doors.delivery.monotonic_now();
        if (now >= next_command) {
            next_command = now + command_every;
            take_commands();
            expire_orphans();
            count_working();
        }
        if (now >= next_history) {
            next_history = now + history_every;
            book.forget_history(doors.delivery.wall_now());
        }
        take_up();
        if (book.take_touched()) show();
    }

    OutboxSettings settings;
    DocumentContext context;
    OutboxDoors doors;
    OutboxCounters counters;
    std::deque<OutboxSinkCounters> sink_counters;
    OutboxBook book;
    std::set<std::string> watched;  ///< episodes that this process' engine has open
    std::set<std::string> told;
    std::deque<std::string> told_order;
    core::DurationNs next_command = 0;
    core::DurationNs next_history = 0;
    std::optional<std::size_t> last_working;
    bool threads = false;
    bool finished = false;
    std::vector<std::unique_ptr<OutboxWorker>> workers;  ///< last: the first to go
};

Outbox::Outbox(OutboxSettings settings, DocumentContext context, OutboxDoors doors)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(context), std::move(doors))) {}

Outbox::~Outbox() = default;

void Outbox::start() {
    impl_->threads = true;
    for (const auto& worker : impl_->workers) worker->start();
}

bool Outbox::wants(const core::Event& event) const {
    return std::holds_alternative<core::EpisodeChanged>(event);
}

void Outbox::consume(std::span<const Item> items) {
    for (const Item& item : items) {
        const auto* event = std::get_if<core::Event>(&item);
        const auto* changed = event ? std::get_if<core::EpisodeChanged>(event) : nullptr;
        if (changed != nullptr && changed->episode) impl_->accept(*changed->episode);
    }
    impl_->take_up();
    if (impl_->book.take_touched()) impl_->show();
}

void Outbox::idle() {
    impl_->look_after();
}

void Outbox::finish(double seconds) {
    Impl& i = *impl_;
    if (std::exchange(i.finished, true)) return;
    const double share = std::clamp(seconds, 0.0, 3600.0);
    const core::DurationNs end =
        i.doors.delivery.monotonic_now() + static_cast<core::DurationNs>(share * 1e9);
    i.look_after();
    // What is not on disk has no other day.
    const bool hurry = i.counters.durable.value() == 0;
    for (const auto& worker : i.workers) {
        if (i.threads)
            worker->begin_stop(end, hurry);
        else
            worker->finish(end, hurry);
    }
    for (const auto& worker : i.workers) {
        worker->await(core::to_seconds(end - i.doors.delivery.monotonic_now()));
        worker->join();
    }
    i.take_results();
    const bool saved = i.book.flush_now(i.doors.delivery.monotonic_now());
    i.show();
    std::size_t left = 0;
    for (std::size_t w = 0; w < i.workers.size(); ++w)
        left += static_cast<std::size_t>(i.sink_counters[w].pending.value());
    if (left > 0 && saved)
        i.report(ReportLevel::info,
                 fmt::format("{} notifications wait on disk for the next start", left));
    else if (left > 0)
        i.report(ReportLevel::error,
                 fmt::format("{} notifications are lost at the stop: the disk does not take them",
                             left));
    i.book.close();
}

std::size_t Outbox::size() const {
    return impl_->workers.size();
}
OutboxWorker& Outbox::worker(std::size_t i) {
    return *impl_->workers[i];
}
const OutboxWorker& Outbox::worker(std::size_t i) const {
    return *impl_->workers[i];
}
const OutboxSinkCounters& Outbox::counters(std::size_t i) const {
    return impl_->sink_counters[i];
}
const OutboxCounters& Outbox::counters() const {
    return impl_->counters;
}

}  // namespace contagiond::sinks
