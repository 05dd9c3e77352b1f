#include "daemon/app.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "core/calendar.hpp"
#include "daemon/api.hpp"
#include "daemon/api_token.hpp"
#include "daemon/app_desk.hpp"
#include "daemon/app_metrics.hpp"
#include "daemon/calendar_warning.hpp"
#include "daemon/clock.hpp"
#include "daemon/config_diff.hpp"
#include "daemon/embedded_files.hpp"
#include "daemon/engine_difference.hpp"
#include "daemon/engine_loop.hpp"
#include "daemon/engine_status.hpp"
#include "daemon/feed_thread.hpp"
#include "daemon/feeds_status.hpp"
#include "daemon/frame_recorder.hpp"
#include "daemon/http_access.hpp"
#include "daemon/http_client.hpp"
#include "daemon/http_server.hpp"
#include "daemon/listener_warning.hpp"
#include "daemon/log.hpp"
#include "daemon/log_secrets.hpp"
#include "daemon/random_token.hpp"
#include "daemon/silence_gate.hpp"
#include "daemon/sinks/dashboard.hpp"
#include "daemon/sinks/fan_out.hpp"
#include "daemon/sinks/journal.hpp"
#include "daemon/sinks/metrics.hpp"
#include "daemon/sinks/outbox.hpp"
#include "daemon/sinks/shadow.hpp"
#include "daemon/sinks_status.hpp"
#include "daemon/storage_lock.hpp"

namespace contagiond::daemon {
namespace {

/// Lengths of the queues of sinks.
constexpr std::size_t journal_queue = 1u << 15;
constexpr std::size_t alert_queue = 1u << 10;
/// Inputs that may wait for the shadow: it has one engine to run, and nothing else to wait for.
constexpr std::size_t shadow_queue = 1u << 14;
/// An engine loop older than this is not healthy.
constexpr double loop_age_max_s = 10;

/// Of a sink of events alone, which come in bursts: all of a bar in one step. Room for eight bars
/// that sixteen thousand do not hold.
std::size_t event_queue(const core::EngineConfig& engine) {
    const std::size_t series = engine.universe.series_count();
    const std::size_t sources = engine.universe.groups[engine.source_group].members.size() + 1;
    const std::size_t bar =
        series * (engine.selloff_horizons.size() + 2) +
        sources * engine.targets.size() * (engine.correlation_windows.size() + 2);
    return std::max<std::size_t>(1u << 14, 8 * bar);
}

std::uint64_t random_seed() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
}

sinks::DocumentContext document_context(const AppSettings& settings) {
    sinks::DocumentContext context;
    context.engine = &settings.config.engine;
    context.mode = settings.mode;
    context.version = CONTAGIOND_VERSION;
    context.config_sha256 = settings.config.sha256;
    context.instance = settings.config.instance;
    context.external_url = settings.config.web_external_url;
    return context;
}

sinks::DashboardSettings dashboard_settings(const AppSettings& settings, AppDesk& desk,
                                            const core::Clock& clock, std::uint64_t epoch) {
    sinks::DashboardSettings dashboard;
    dashboard.notice = settings.notice;
    dashboard.epoch = fmt::format("{:x}", epoch);
    dashboard.monotonic_now = monotonic_now;
    dashboard.wall_now = wall_now;
    dashboard.clock_now = [&clock] { return clock.now(); };
    desk.show_on(dashboard);
    return dashboard;
}

HttpAccessSettings access_settings(const AppSettings& settings, const std::string& api_token) {
    HttpAccessSettings access;
    access.config_file = settings.web_config_file;
    access.api_token = api_token;
    access.report = [](bool well, std::string_view sentence) {
        if (well)
            log(LogLevel::info, sentence);
        else
            log(LogLevel::error, "the listener's new users or certificates are not taken",
                {{"error", sentence}});
    };
    return access;
}

FrameRecorderSettings recorder_settings(const AppSettings& settings) {
    FrameRecorderSettings recorder;
    recorder.samples_folder = settings.config.storage_path + "/undecodable";
    if (!settings.raw_folder.empty()) recorder.raw.emplace().folder = settings.raw_folder;
    recorder.report = [](std::string_view trouble) { log(LogLevel::error, trouble); };
    return recorder;
}

feeds::SessionSettings prepared(feeds::SessionSettings feed, FrameRecorder& recorder) {
    feed.jitter_seed = random_seed();
    feed.make_tap = recorder.taps_of(feed);
    return feed;
}

std::vector<feeds::SessionSettings> prepared(std::vector<feeds::SessionSettings> feeds,
                                             FrameRecorder& recorder) {
    for (feeds::SessionSettings& feed : feeds) feed = prepared(std::move(feed), recorder);
    return feeds;
}

bool any_market_open(const core::Universe& universe, const core::Feed& feed, core::TimeNs now) {
    return std::any_of(feed.instruments.begin(), feed.instruments.end(), [&](auto id) {
        return core::is_open(universe.instruments[id].market, now);
    });
}

std::optional<sinks::ShadowSettings> shadow_settings(const Config& config) {
    if (!config.shadow) return {};
    return sinks::ShadowSettings{config.shadow->name, config.shadow->engine,
                                 engine_differences(config.engine, config.shadow->engine),
                                 config.sha256};
}

void log_shadow(std::string_view name, const core::Episode* episode, std::string_view sentence) {
    if (episode == nullptr) {
        log(LogLevel::error, "the shadow was stopped, the live engine runs on",
            {{"shadow", name}, {"error", sentence}});
        return;
    }
    log(LogLevel::info, "shadow alert, sent to nobody",
        {{"shadow", name},
         {"id", episode->id.view()},
         {"phase", core::to_string(episode->phase)},
         {"severity", core::to_string(episode->severity)},
         {"summary", sentence}});
}

/// Before anything can be logged of them.
void hide_secrets(const Config& config) {
    for (const feeds::SessionSettings& feed : config.feeds) {
        hide_in_log(feed.credentials.key);
        hide_in_log(feed.credentials.secret);
    }
    for (const sinks::WebhookSettings& webhook : config.webhooks) {
        hide_in_log(webhook.url);
        hide_in_log(webhook.secret);
        hide_in_log(webhook.hub_secret);
        hide_in_log(webhook.token);
        hide_in_log(webhook.routing_key);
    }
}

void log_delivery(sinks::ReportLevel level, std::string_view sink, std::string_view message) {
    const LogLevel levels[] = {LogLevel::info, LogLevel::warn, LogLevel::error};
    log(levels[static_cast<std::size_t>(level)], message, {{"sink", sink}});
}

/// The folder is made if it is not there.
std::unique_ptr<StorageLock> locked_storage(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error)
        throw std::runtime_error("the state folder " + path +
                                 " cannot be made: " + error.message());
    return std::make_unique<StorageLock>(path);
}

}  // namespace

struct App::Impl {
    explicit Impl(AppSettings s)
        : settings(std::move(s)),
          clock(settings.clock ? *settings.clock : system_clock),
          storage_lock(locked_storage(settings.config.storage_path)),
          metrics(settings.config.engine),
          desk(settings.config.storage_path, settings.config.engine, clock),
          dashboard(dashboard_settings(settings, desk, clock, random_seed()),
                    document_context(settings)),
          ring(settings.config.ring_slots),
          counters(settings.config.engine.universe.instruments.size()),
          loop(core::Engine(settings.config.engine), ring, clock, fan_out, counters,
               {settings.clock_rate, settings.waiting, settings.clock ? nullptr : &system_clock,
                [this](const core::EpisodeId& id, core::TimeNs ts, double seconds) {
                    metrics.mark_decision(id, ts, seconds);
                }}),
          recorder(recorder_settings(settings)),
          feeds(
              prepared(settings.config.feeds, recorder), ring, clock, [this] { loop.wake(); },
              settings.waiting),
          access(std::make_shared<HttpAccess>(access_settings(settings, api_token))),
          http(settings.config.web, access) {
        hide_secrets(settings.config);
        hide_in_log(api_token);
        config_status.loaded_at = wall_now();
        sinks::ShadowDoors doors;
        doors.inputs_lost = [this] { return fan_out.dropped(shadow_lane).value(); };
        doors.report = log_shadow;
        shadow = std::make_unique<sinks::Shadow>(shadow_settings(settings.config),
                                                 document_context(settings), std::move(doors));
        if (settings.config.journal_enabled)
            journal = std::make_unique<sinks::Journal>(settings.config.journal, system_clock);
        if (settings.notify) outbox = make_outbox();
        add_sinks();
        wire_metrics();
        wire_api();
    }

    std::unique_ptr<sinks::Outbox> make_outbox() {
        sinks::OutboxSettings outbox_settings;
        outbox_settings.folder =
            settings.outbox_folder.empty() ? settings.config.storage_path : settings.outbox_folder;
        outbox_settings.webhooks = settings.config.webhooks;
        sinks::OutboxDoors doors;
        doors.delivery = {http_post, monotonic_now, wall_now, log_delivery, http_post};
        doors.jitter_seed = random_seed();
        doors.silenced = [this](const core::Episode& episode, core::TimeNs) {
            return desk.silences().decide(episode);
        };
        return std::make_unique<sinks::Outbox>(std::move(outbox_settings),
                                               document_context(settings), std::move(doors));
    }

    void add_sinks() {
        // The journal first: what is told to the world has then been handed to it before.
        if (journal) fan_out.add(*journal, journal_queue);
        const std::size_t events = event_queue(settings.config.engine);
        fan_out.add(metrics, events);
        fan_out.add(dashboard, events);
        shadow_lane = fan_out.size();
        fan_out.add(*shadow, shadow_queue);
        if (outbox) {
            gate.emplace(*outbox, desk.silences());
            fan_out.add(*gate, alert_queue);
        }
        for (sinks::Sink* watcher : settings.watchers) fan_out.add(*watcher, events);
    }

    void wire_metrics();
    void wire_api();
    void change_shadow(const Config& next);
    std::string feeds_json() const;
    std::string engine_json() const;
    void note_reload(bool well);

    bool healthy() const {
        const double age = core::to_seconds(monotonic_now()) - counters.monotonic_last_loop.value();
        return started && age < loop_age_max_s;
    }

    AppSettings settings;
    mutable std::mutex config_mutex;  ///< a reload changes settings.config while the API shows it
    SystemClock system_clock;
    const core::Clock& clock;
    std::unique_ptr<StorageLock> storage_lock;  ///< before whoever writes there
    sinks::Metrics metrics;
    AppDesk desk;
    sinks::Dashboard dashboard;
    std::unique_ptr<sinks::Shadow>
        shadow;                   ///< also where none is configured: a reload may bring one
    std::size_t shadow_lane = 0;  ///< of fan_out
    std::unique_ptr<sinks::Journal> journal;
    std::unique_ptr<sinks::Outbox> outbox;  ///< null: nobody is notified
    std::optional<SilenceGate> gate;        ///< before it
    sinks::FanOut fan_out;
    feeds::InputRing ring;
    EngineCounters counters;
    EngineLoop loop;
    FrameRecorder recorder;
    FeedThread feeds;
    const std::string api_token = random_token();
    std::shared_ptr<HttpAccess> access;
    HttpServer http;
    std::atomic<bool> started{false};
    std::atomic<bool> ready{false};
    ConfigStatus config_status;  ///< under config_mutex; what stands in settings.config is left out
    core::Gauge reload_successful;
    core::Gauge ts_reload_success;
};

void App::Impl::wire_metrics() {
    AppMetricSources sources{
        settings.config, settings.mode, clock,    counters,
        feeds,           fan_out,       ring,     journal.get(),
        outbox.get(),    *shadow,       recorder, [this] { return access->ts_certificate_end(); }};
    register_app_metrics(metrics, sources);
    desk.count_in(metrics);
    metrics.add(sinks::Metric::config_last_reload_successful, {}, reload_successful);
    metrics.add(sinks::Metric::config_last_reload_success_timestamp_seconds, {}, ts_reload_success);
    metrics.add(sinks::Metric::http_stream_clients, {},
                [this] { return static_cast<double>(http.stream_clients()); });
    metrics.add(sinks::Metric::http_stream_dropped_total, {},
                [this] { return static_cast<double>(dashboard.stream_dropped()); });
    for (std::size_t r = 0; r < http_rejection_count; ++r) {
        const auto why = static_cast<HttpRejection>(r);
        metrics.add(sinks::Metric::http_connections_rejected_total,
                    {{"reason", std::string(to_string(why))}},
                    [this, why] { return static_cast<double>(http.rejected(why)); });
    }
}

std::string App::Impl::feeds_json() const {
    const core::TimeNs now = clock.now();
    const core::Universe& universe = settings.config.engine.universe;
    std::vector<FeedStatus> list;
    const std::lock_guard lock(config_mutex);
    for (std::size_t i = 0; i < feeds.size(); ++i) {
        const feeds::SessionSettings& feed = settings.config.feeds[i];
        list.push_back({feed.name, std::string(feed.venue->id), feed.venue->rules.silence_data,
                        any_market_open(universe, universe.feeds[i], now), &feeds.counters(i)});
    }
    return feeds_status_json(list, now, settings.clock_rate);
}

std::string App::Impl::engine_json() const {
    EngineStatus status;
    status.counters = &counters;
    status.ring_slots = ring.capacity();
    status.ring_dropped = feeds.ring_dropped().value();
    for (std::size_t i = 0; i < feeds.size(); ++i)
        status.skewed_ticks += feeds.counters(i).clock_skew_ticks.value();
    status.now = clock.now();
    status.wall = wall_now();
    status.monotonic_now = monotonic_now();
    {
        const std::lock_guard lock(config_mutex);
        status.config = config_status;
        status.config.sha256 = settings.config.sha256;
        status.config.warnings = settings.config.warnings;
    }
    return engine_status_json(status);
}

void App::Impl::wire_api() {
    ApiHooks hooks;
    hooks.healthy = [this] { return healthy(); };
    hooks.ready = [this] { return ready.load(); };
    hooks.feeds = [this] { return feeds_json(); };
    hooks.engine = [this] { return engine_json(); };
    hooks.sinks = [this] { return sinks_status_json(fan_out, outbox.get()); };
    hooks.shadow = [this] { return shadow->status_json(); };
    hooks.shadow_alerts = [this](core::TimeNs since, std::size_t limit) {
        return shadow->alerts_json(since, limit);
    };
    hooks.config = [this] {
        const std::lock_guard lock(config_mutex);
        return settings.config.resolved;
    };
    hooks.flags = settings.flags;
    hooks.build = build_info();
    if (settings.lifecycle) hooks.reload = settings.request_reload;
    hooks.files.assign(web_files().begin(), web_files().end());
    serve_api(http, dashboard, metrics, hooks);
    desk.serve_on(http, dashboard, metrics, journal.get());
}

App::App(AppSettings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
App::~App() {
    stop(1);
}

void App::start() {
    Impl& i = *impl_;
    const std::string unknown_days =
        calendar_warning(i.settings.config.engine.universe, i.clock.now());
    if (!unknown_days.empty()) log(LogLevel::warn, unknown_days);
    i.http.start();
    // Behind the listener: who could not have its port must not leave its token there.
    write_api_token(i.settings.config.storage_path, i.api_token);
    const std::string exposed =
        listener_warning(i.settings.config.web.listen_address, i.access->keeps_strangers_out());
    if (!exposed.empty()) log(LogLevel::warn, exposed);
    if (i.outbox) i.outbox->start();
    i.fan_out.start();
    i.loop.start();
    i.recorder.start();
    i.feeds.start();
    i.started = true;
    i.ready = true;
    i.reload_successful.set(1);
    i.ts_reload_success.set(core::to_seconds(wall_now()));
    log(LogLevel::info, "listening",
        {{"address", i.settings.config.web.listen_address},
         {"port", std::to_string(i.http.port())}});
}

void App::stop(double seconds) {
    Impl& i = *impl_;
    if (!i.started.exchange(false)) return;
    i.ready = false;
    i.feeds.stop(seconds / 3);
    i.recorder.stop();
    i.loop.stop();
    i.fan_out.stop(seconds / 3);
    i.http.stop(seconds / 3);
}

/// The shadow and the journal's header change between the same two inputs, so that a replay gives
/// the same shadow. Throws std::runtime_error when the sinks are too far behind for that.
void App::Impl::change_shadow(const Config& next) {
    constexpr int tries = 100;
    constexpr std::chrono::milliseconds pause{10};
    for (int i = 0; i < tries; ++i) {
        bool marked = false;
        loop.run_between_batches([&] {
            marked = fan_out.mark([&] {
                shadow->replace_at_mark(shadow_settings(next));
                if (journal) journal->change_config_at_mark(next.resolved);
            });
        });
        if (marked) return;
        std::this_thread::sleep_for(pause);
    }
    throw std::runtime_error(
        "the shadow cannot be changed: the journal or another sink has fallen "
        "behind and takes nothing");
}

void App::Impl::note_reload(bool well) {
    const core::TimeNs wall = wall_now();
    reload_successful.set(well ? 1 : 0);
    if (well) ts_reload_success.set(core::to_seconds(wall));
    const std::lock_guard lock(config_mutex);
    config_status.last_reload_ok = well;
    config_status.last_reload_at = wall;
    if (well) config_status.loaded_at = wall;
}

ReloadOutcome App::reload(const Config& next) {
    Impl& i = *impl_;
    Config& now = i.settings.config;
    i.access->reload();
    if (!same_but_connections(now, next)) return ReloadOutcome::needs_restart;
    hide_secrets(next);
    ReloadOutcome outcome = ReloadOutcome::unchanged;
    // First what may fail, so that nothing is half done.
    if (!same_shadow(now, next)) {
        i.change_shadow(next);
        outcome = ReloadOutcome::applied;
    }
    for (std::size_t f = 0; f < next.feeds.size(); ++f) {
        if (same_connection(now.feeds[f], next.feeds[f])) continue;
        i.feeds.replace(f, prepared(next.feeds[f], i.recorder));
        outcome = ReloadOutcome::applied;
    }
    for (std::size_t w = 0; i.outbox && w < i.outbox->size(); ++w) {
        if (same_delivery(now.webhooks[w], next.webhooks[w])) continue;
        i.outbox->worker(w).reconfigure(next.webhooks[w]);
        outcome = ReloadOutcome::applied;
    }
    i.note_reload(true);
    const std::lock_guard lock(i.config_mutex);
    now.shadow = next.shadow;
    now.feeds = next.feeds;
    now.webhooks = next.webhooks;
    now.resolved = next.resolved;
    now.sha256 = next.sha256;
    now.warnings = next.warnings;
    return outcome;
}

void App::reload_failed() {
    impl_->note_reload(false);
}

std::uint16_t App::port() const {
    return impl_->http.port();
}
const Config& App::config() const {
    return impl_->settings.config;
}
std::string App::metrics_page() const {
    return impl_->metrics.render(false);
}

}  // namespace contagiond::daemon
