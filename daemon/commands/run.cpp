// contagiond run: the daemon itself.
#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "daemon/app.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/log.hpp"
#include "daemon/signals.hpp"

namespace contagiond::daemon {
namespace {

/// A stop has this long in all; systemd's own patience is longer.
constexpr double stop_seconds = 9;
constexpr unsigned stop_deadline_seconds = 10;
/// With fewer, two threads that never sleep make each other, the sinks and the kernel wait.
constexpr unsigned busy_poll_cores = 4;

struct RunOptions {
    std::string config_file;
    Overrides overrides;
    std::string log_level = "info";
    std::string log_format = "logfmt";
    bool lifecycle = false;
    bool busy_poll = false;
    std::string web_config_file;
    std::string raw_folder;
};

/// Where a request for a reload waits for its outcome, which the main thread brings. One at a time.
class ReloadGate {
  public:
    /// Asks, and waits for at most 10 s. The reason why not, or empty.
    std::string ask(Signals& signals) {
        std::unique_lock lock(mutex_);
        const std::uint64_t mine = ++asked_;
        signals.raise(SignalEvent::reload);
        if (!answered_now_.wait_for(lock, std::chrono::seconds(10),
                                    [&] { return answered_ >= mine; }))
            return "the reload is still under way";
        return error_;
    }
    void answer(std::string error) {
        const std::lock_guard lock(mutex_);
        answered_ = asked_;
        error_ = std::move(error);
        answered_now_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable answered_now_;
    std::uint64_t asked_ = 0;
    std::uint64_t answered_ = 0;
    std::string error_;
};

/// Runs one App after another until a signal ends it: a reload that the running one cannot take in
/// place starts the next.
class Runner {
  public:
    explicit Runner(const RunOptions& options) : options_(options) {}

    int run() {
        Signals signals;
        Config config = load_config(options_.config_file, options_.overrides);
        auto app = start(config, signals);
        for (;;) {
            switch (signals.wait()) {
                case SignalEvent::stop:
                    log(LogLevel::info, "stopping");
                    gate_.answer("the daemon stops");
                    signals.begin_stop(stop_deadline_seconds);
                    app->stop(stop_seconds);
                    log(LogLevel::info, "stopped");
                    return exit_well;
                case SignalEvent::reload:
                    app = reload(std::move(app), signals);
                    break;
            }
        }
    }

  private:
    std::unique_ptr<App> start(const Config& config, Signals& signals) {
        AppSettings settings;
        settings.config = config;
        settings.lifecycle = options_.lifecycle;
        settings.waiting = options_.busy_poll ? Waiting::busy_poll : Waiting::sleep;
        settings.web_config_file = options_.web_config_file;
        settings.raw_folder = options_.raw_folder;
        settings.request_reload = [this, &signals] { return gate_.ask(signals); };
        settings.flags = {{"busy-poll", options_.busy_poll ? "true" : "false"},
                          {"config.file", options_.config_file},
                          {"log.level", options_.log_level},
                          {"log.format", options_.log_format},
                          {"record.raw", options_.raw_folder},
                          {"web.config.file", options_.web_config_file},
                          {"web.enable-lifecycle", options_.lifecycle ? "true" : "false"}};
        const unsigned cores = std::thread::hardware_concurrency();
        if (options_.busy_poll && cores < busy_poll_cores)
            log(LogLevel::warn,
                "busy polling takes two cores for itself, and everything else now shares what is "
                "left",
                {{"cores", std::to_string(cores)}});
        for (const std::string& warning : config.warnings) log(LogLevel::warn, warning);
        auto app = std::make_unique<App>(std::move(settings));
        app->start();
        return app;
    }

    std::unique_ptr<App> reload(std::unique_ptr<App> app, Signals& signals) {
        const Config before = app->config();
        try {
            const Config next = load_config(options_.config_file, options_.overrides);
            const ReloadOutcome outcome = app->reload(next);
            if (outcome != ReloadOutcome::needs_restart) {
                log(LogLevel::info, "configuration reloaded",
                    {{"changed", outcome == ReloadOutcome::applied ? "true" : "false"}});
                gate_.answer({});
                return app;
            }
            log(LogLevel::warn,
                "configuration reloaded: the engine starts afresh and its windows fill anew");
            gate_.answer({});
            app->stop(stop_seconds);
            app.reset();
            return start(next, signals);
        } catch (const std::exception& error) {
            log(LogLevel::error, "configuration not reloaded, the old one runs on",
                {{"error", error.what()}});
            if (!app) app = start(before, signals);
            app->reload_failed();
            gate_.answer(error.what());
            return app;
        }
    }

    ReloadGate gate_;
    const RunOptions& options_;
};

}  // namespace

void add_run_command(CLI::App& app, int& result) {
    auto options = std::make_shared<RunOptions>();
    CLI::App* const command = app.add_subcommand("run", "Run the daemon");
    command->add_option("--config.file", options->config_file, "Configuration, YAML")->required();
    command->add_option("--web.listen-address", options->overrides.listen_address,
                        "host:port to listen on");
    command->add_option("--web.config.file", options->web_config_file,
                        "TLS and users of the listener, YAML in Prometheus' form");
    command->add_option("--web.external-url", options->overrides.external_url,
                        "URL under which people reach the page; base of links");
    command->add_flag("--web.enable-lifecycle", options->lifecycle, "Serve POST /-/reload");
    command->add_option("--storage.path", options->overrides.storage_path,
                        "Folder for journal and state");
    command->add_option("--record.raw", options->raw_folder,
                        "Folder for all that the venues send, as `record` writes it");
    command->add_flag("--busy-poll", options->busy_poll,
                      "Feed and engine thread never sleep: answers sooner, takes two cores");
    command->add_option("--log.level", options->log_level, "Least level to log")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
        ->capture_default_str();
    command->add_option("--log.format", options->log_format, "Form of log lines")
        ->check(CLI::IsMember({"logfmt", "json"}))
        ->capture_default_str();
    command->callback([options, &result] {
        set_log(options->log_level, options->log_format);
        result = Runner(*options).run();
    });
}

}  // namespace contagiond::daemon
