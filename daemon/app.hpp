// App: the whole daemon behind one object, wired by hand. The order of its members is the order of
// life.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "daemon/busy_poll.hpp"
#include "daemon/config.hpp"
#include "daemon/sinks/sink.hpp"

namespace contagiond::daemon {

struct AppSettings {
    Config config;
    std::string mode = "live";           ///< live or demo
    std::string notice;                  ///< what is synthetic; empty: nothing
    const core::Clock* clock = nullptr;  ///< null: the system's
    double clock_rate = 1;               ///< seconds of that clock in one real second
    bool notify = true;                  ///< whether webhooks are sent
    std::string outbox_folder;           ///< of the alerts that wait; empty: config's storage_path
    Waiting waiting = Waiting::sleep;    ///< of the feed and the engine thread
    bool lifecycle = false;              ///< whether POST /-/reload is served
    std::string web_config_file;         ///< of --web.config.file; empty: plain, no users
    std::string raw_folder;              ///< where all received frames go; empty: nowhere
    /// For /-/reload: takes the configuration anew; why not, or empty. Absent: not served.
    std::function<std::string()> request_reload;
    std::vector<std::pair<std::string, std::string>> flags;  ///< as given, for /api/v1/status/flags
    std::vector<sinks::Sink*> watchers;                      ///< more sinks, owned by the caller
};

/// What a new configuration asks of a running daemon.
enum class ReloadOutcome {
    unchanged,
    applied,        ///< feeds, webhooks or the shadow were changed in place
    needs_restart,  ///< something the engine or the storage is built from changed
};

class App {
  public:
    /// Builds every part; throws std::runtime_error with one sentence when one cannot be built.
    explicit App(AppSettings settings);
    ~App();
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    /// Binds, then runs. Throws std::runtime_error with one sentence when the address cannot be
    /// bound.
    void start();
    /// Not ready → feeds closed → ring drained → sinks finished → listener closed; within about
    /// `seconds`.
    void stop(double seconds);

    /// Takes what can be changed while running. One thread at a time, not the app's own.
    ReloadOutcome reload(const Config& next);

    /// Shows in metrics that a configuration was refused.
    void reload_failed();

    /// Bound port of the listener, after start.
    std::uint16_t port() const;
    const Config& config() const;
    /// The metrics page, as a scrape would see it.
    std::string metrics_page() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::daemon
