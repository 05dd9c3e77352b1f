// Dashboard: the latest state, a bounded history and the alerts, for the page and the API, and the
// event stream that carries their changes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sinks/dashboard_history.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/sink.hpp"
#include "daemon/sinks/stream_client.hpp"

namespace contagiond::sinks {

struct DashboardSettings {
    std::size_t history_rows = 8640;  ///< grid rows kept: a day of 10 s bars
    std::size_t alerts_kept = 1000;   ///< documents kept
    std::size_t client_queue_bytes = 1u << 20;
    std::string notice;       ///< shown as a stripe: what is synthetic or replayed; empty: none
    std::string epoch = "0";  ///< first part of stream ids; must differ between runs of the process
    std::function<core::DurationNs()> monotonic_now;  ///< paces the deltas; required
    /// The machine's wall clock, also where the market's time is scripted; any thread. Absent: the
    /// state's `wall` is null.
    std::function<core::TimeNs()> wall_now;
    /// The daemon's clock, which a demo sets: sessions go by it. Sink's thread. Absent: none is
    /// told.
    std::function<core::TimeNs()> clock_now;

    // What people say beside the market, and what it means for alerts. Each may be absent.
    /// An object of lists, where it is another than the last time: they become part of the state.
    /// Sink's thread, at most ten times a second.
    std::function<std::optional<std::string>()> desk;
    /// JSON members that an alert's documents show beside their own. Any thread; must not call the
    /// dashboard.
    std::function<std::string(std::string_view id)> alert_marks;
    /// An episode has changed. Sink's thread, before anybody is shown it.
    std::function<void(const core::Episode&)> on_episode;
};

/// The state and the deltas are described in dashboard_state.hpp, history rows in
/// dashboard_history.hpp.
/// consume/idle on the sink's thread; everything else from any thread, briefly locked. Deltas leave
/// at most ten a second, and one a second also when nothing changed, so that whoever listens can
/// tell a quiet market from a broken stream.
class Dashboard final : public Sink {
  public:
    /// Throws std::invalid_argument when a required setting is missing.
    Dashboard(DashboardSettings settings, DocumentContext context);
    ~Dashboard() override;

    std::string_view name() const override { return "dashboard"; }
    bool wants(const core::Event& event) const override;
    void consume(std::span<const Item> items) override;
    void idle() override;
    void finish(double seconds) override;

    /// JSON texts, the `data` of the API's answers.
    std::string state_json() const;
    /// Rows in (from, to], thinned to at least `step` apart and to a bounded number.
    std::string history_json(core::TimeNs from, core::TimeNs to, core::DurationNs step,
                             const HistoryParts& parts = {}) const;
    /// Newest first; those whose last revision is later than `since`.
    std::string alerts_json(core::TimeNs since, std::size_t limit) const;
    /// All revisions of one episode, oldest first.
    std::optional<std::string> alert_json(std::string_view id) const;
    /// Of all alerts that are listed, the one that changed last first.
    std::vector<std::string> alert_ids() const;
    /// Why it opened: the document of explanation.hpp.
    std::optional<std::string> explanation_json(std::string_view id) const;

    /// A new event stream (may outlive the dashboard, then ended): resumes behind `last_event_id`
    /// ("<epoch>-<seq>") where that is still possible, else begins with a snapshot.
    std::shared_ptr<StreamClient> open_stream(std::string_view last_event_id);
    std::uint64_t stream_dropped() const;  ///< messages given up because a client was slow

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::sinks
