#include "daemon/sinks/dashboard.hpp"

#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "daemon/sinks/alert_list.hpp"
#include "daemon/sinks/dashboard_state.hpp"
#include "daemon/sinks/dashboard_stream.hpp"
#include "daemon/sinks/explanation.hpp"

namespace contagiond::sinks {
namespace {

constexpr core::DurationNs delta_interval = 100 * core::ns_per_ms;
/// Longest silence of the stream.
constexpr core::DurationNs beat_interval = core::ns_per_s;

}  // namespace

struct Dashboard::Impl {
    Impl(DashboardSettings s, DocumentContext c)
        : settings(std::move(s)),
          context(std::move(c)),
          state(context, settings.notice),
          history(*context.engine, settings.history_rows),
          alerts(settings.alerts_kept),
          hub({settings.epoch, settings.client_queue_bytes}, [this] {
              const std::lock_guard lock(mutex);
              return state.snapshot(wall());
          }) {}

    const DashboardSettings settings;
    const DocumentContext context;

    // The hub asks for snapshots under its own lock: nothing may call the hub under this one.
    mutable std::mutex mutex;
    DashboardState state;
    DashboardHistory history;
    AlertList alerts;

    // Sink's thread.
    core::DurationNs looked_at = -delta_interval;  ///< for changes
    core::DurationNs delta_at = -beat_interval;    ///< the last delta left
    StreamHub hub;                                 ///< last: its streams end before what they show

    core::TimeNs wall() const { return settings.wall_now ? settings.wall_now() : core::no_time; }

    /// Under the lock.
    std::shared_ptr<const std::string> explanation_of(const core::Episode& episode) const {
        if (auto known = alerts.explanation(episode.id.view())) return known;
        return std::make_shared<const std::string>(explanation_document(episode, context));
    }

    void take_clock() {
        if (!settings.clock_now) return;
        const core::TimeNs now = settings.clock_now();
        const std::lock_guard lock(mutex);
        state.take_clock(now);
    }

    void take_desk() {
        if (!settings.desk) return;
        const std::optional<std::string> desk = settings.desk();
        if (!desk) return;
        const std::lock_guard lock(mutex);
        state.take_desk(*desk);
    }

    /// `always`: also when nothing changed.
    void send_delta(core::DurationNs now, bool always) {
        std::string delta;
        {
            const std::lock_guard lock(mutex);
            if (!always && !state.changed()) return;
            delta = state.take_delta(wall());
        }
        delta_at = now;
        hub.publish("delta", delta);
    }
    void send_delta_if_due() {
        const core::DurationNs now = settings.monotonic_now();
        if (now - looked_at < delta_interval) return;
        looked_at = now;
        take_clock();
        take_desk();
        send_delta(now, now - delta_at >= beat_interval);
    }
};

Dashboard::Dashboard(DashboardSettings settings, DocumentContext context) {
    if (!settings.monotonic_now) throw std::invalid_argument("dashboard: no clock given");
    if (!context.engine) throw std::invalid_argument("dashboard: no configuration given");
    impl_ = std::make_unique<Impl>(std::move(settings), std::move(context));
    impl_->take_clock();  // sessions are known before anything happens
}
Dashboard::~Dashboard() = default;

bool Dashboard::wants(const core::Event& event) const {
    return !std::holds_alternative<core::TickRejected>(event) &&
           !std::holds_alternative<core::TickLate>(event) &&
           !std::holds_alternative<core::AlertSuppressed>(event);
}

void Dashboard::consume(std::span<const Item> items) {
    std::vector<std::string> alerts;
    if (impl_->settings.on_episode)
        for (const Item& item : items) {
            const auto* event = std::get_if<core::Event>(&item);
            const auto* change = event ? std::get_if<core::EpisodeChanged>(event) : nullptr;
            if (change) impl_->settings.on_episode(*change->episode);
        }
    {
        const std::lock_guard lock(impl_->mutex);
        for (const Item& item : items) {
            const auto* event = std::get_if<core::Event>(&item);
            if (!event) continue;
            impl_->state.take(*event);
            impl_->history.take(*event);
            const auto* change = std::get_if<core::EpisodeChanged>(event);
            if (!change) continue;
            alerts.push_back(alert_document(*change->episode, impl_->context));
            impl_->alerts.add(change->episode->id.view(), change->ts, alerts.back(),
                              impl_->explanation_of(*change->episode));
        }
    }
    for (const std::string& document : alerts) impl_->hub.publish("alert", document);
    impl_->send_delta_if_due();
}

void Dashboard::idle() {
    impl_->send_delta_if_due();
}

void Dashboard::finish(double seconds) {
    static_cast<void>(seconds);  // nothing here waits for anybody
    impl_->send_delta(impl_->settings.monotonic_now(), false);
    impl_->hub.end();
}

std::string Dashboard::state_json() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->state.snapshot(impl_->wall());
}

std::string Dashboard::history_json(core::TimeNs from, core::TimeNs to, core::DurationNs step,
                                    const HistoryParts& parts) const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->history.json(from, to, step, parts);
}

std::string Dashboard::alerts_json(core::TimeNs since, std::size_t limit) const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->alerts.json(since, limit, impl_->settings.alert_marks);
}

std::optional<std::string> Dashboard::alert_json(std::string_view id) const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->alerts.revisions(id, impl_->settings.alert_marks);
}

std::vector<std::string> Dashboard::alert_ids() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->alerts.ids();
}

std::optional<std::string> Dashboard::explanation_json(std::string_view id) const {
    const std::lock_guard lock(impl_->mutex);
    const auto explanation = impl_->alerts.explanation(id);
    return explanation ? std::optional(*explanation) : std::nullopt;
}

std::shared_ptr<StreamClient> Dashboard::open_stream(std::string_view last_event_id) {
    return impl_->hub.open(last_event_id);
}

std::uint64_t Dashboard::stream_dropped() const {
    return impl_->hub.dropped();
}

}  // namespace contagiond::sinks
