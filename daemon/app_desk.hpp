// AppDesk: what people tell the running daemon, wired to those who want to know: page and API,
// metrics, journal, and the sinks that send alerts.
#pragma once

#include <string>

#include "core/clock.hpp"
#include "core/engine.hpp"
#include "daemon/desk_book.hpp"
#include "daemon/desk_view.hpp"
#include "daemon/episode_silences.hpp"
#include "daemon/http_server.hpp"
#include "daemon/sinks/dashboard.hpp"
#include "daemon/sinks/journal.hpp"
#include "daemon/sinks/metrics.hpp"

namespace contagiond::daemon {

class AppDesk {
  public:
    /// The state folder must be there, and ours (StorageLock). `clock` must outlive this. Throws as
    /// DeskBook.
    AppDesk(const std::string& storage_path, const core::EngineConfig& engine,
            const core::Clock& clock);

    // All of these before start; this must outlive what is handed in.
    void show_on(sinks::DashboardSettings& dashboard);
    void count_in(sinks::Metrics& metrics);
    /// `journal` may be null: then annotations are in no recording.
    void serve_on(HttpServer& server, const sinks::Dashboard& dashboard, sinks::Metrics& metrics,
                  sinks::Journal* journal);

    EpisodeSilences& silences() { return silences_; }

  private:
    const core::Clock& clock_;
    const core::EngineConfig& engine_;
    DeskBook book_;
    EpisodeSilences silences_;
    DeskView view_;
};

}  // namespace contagiond::daemon
