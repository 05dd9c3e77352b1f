// contagiond demo: 27 January 2025 re-enacted offline. Loopback exchanges play a scripted market,
// and the daemon connects to them as it would to the world; the only thing handed to it is the
// script's clock.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "daemon/app.hpp"
#include "daemon/clock.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/demo/dialect.hpp"
#include "daemon/demo/exchanges.hpp"
#include "daemon/demo/market.hpp"
#include "daemon/demo_watcher.hpp"
#include "daemon/embedded_files.hpp"
#include "daemon/http_client.hpp"
#include "daemon/log.hpp"
#include "daemon/secret_file.hpp"
#include "daemon/signals.hpp"

namespace contagiond::daemon {
namespace {

constexpr double stop_seconds = 5;
constexpr unsigned stop_deadline_seconds = 10;

struct DemoOptions {
    double speed = 60;
    std::uint64_t seed = 20250127;
    bool once = false;
    std::string venues = "usual";
    std::string webhook_url;
    std::string webhook_secret_file;
    std::string listen_address = "127.0.0.1:9464";
    std::string web_config_file;
    std::string storage_path;
    std::string log_level = "warn";
};

/// A folder of its own that goes when the demo goes.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "contagiond-demo-XXXXXX").string();
        if (!::mkdtemp(pattern.data()))
            throw std::runtime_error("no temporary folder can be made in " +
                                     std::filesystem::temp_directory_path().string());
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

void write_private(const std::string& path, std::string_view text) {
    std::ofstream file(path);
    file << text << '\n';
    file.close();
    std::filesystem::permissions(
        path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    if (!file) throw std::runtime_error(path + " cannot be written");
}

std::string scenario_text(std::string_view name) {
    for (const EmbeddedFile& file : scenario_files())
        if (file.name == name) return std::string(file.contents);
    throw std::runtime_error("the scenario " + std::string(name) + " is not in this binary");
}

/// A feed of what the venue lists. `left_out`: a stream that another feed brings, or nothing.
std::string feed_text(const demo::Dialect& dialect, std::string_view name,
                      std::string_view left_out) {
    std::string text = fmt::format("  - name: {}\n    venue: {}\n", name, dialect.venue);
    if (feeds::find_venue(dialect.venue)->keys != feeds::Keys::none)
        text += "    key_file: alpaca-key\n";
    text += "    instruments:\n";
    for (const demo::Listing& listing : dialect.listings)
        text += left_out.empty()
                    ? fmt::format("      {}: '{}'\n", listing.symbol, listing.venue_symbol)
                    : fmt::format("      {}: {{symbol: '{}', {}: false}}\n", listing.symbol,
                                  listing.venue_symbol, left_out);
    return text;
}

/// The scenario with a feed more for each venue that lists something beside the usual market.
std::string with_all_venues(std::string scenario) {
    std::string more;
    for (const demo::Dialect& dialect : demo::dialects()) {
        if (dialect.listings.empty()) continue;
        // Whoever names an address gets one connection, so quotes from elsewhere are a second feed.
        const bool two_places = !feeds::find_venue(dialect.venue)->quotes_url.empty();
        more += feed_text(dialect, dialect.venue, two_places ? "quotes" : "");
        if (two_places)
            more += feed_text(dialect, fmt::format("{}_quotes", dialect.venue), "trades");
    }
    const std::size_t behind_feeds = scenario.find("\nengine:");
    return scenario.insert(behind_feeds, more);
}

/// The scenario's feeds are named by venue; where they listen is known only now.
void point_feeds_at(const demo::Endpoints& endpoints, Config& config) {
    for (feeds::SessionSettings& feed : config.feeds) {
        feed.url = endpoints.at(std::string(feed.venue->id));
        const std::string_view quotes_url = feed.venue->quotes_url;
        if (quotes_url.empty() || std::ranges::any_of(feed.listings, &feeds::Listing::trades))
            continue;
        const auto path_at = [](std::string_view url) { return url.find('/', url.find("//") + 2); };
        feed.url = feed.url.substr(0, path_at(feed.url));
        feed.url += quotes_url.substr(path_at(quotes_url));
    }
}

/// Alerts of the demo go where its caller says, loopback included; their titles say [DEMO].
sinks::WebhookSettings demo_webhook(const DemoOptions& options) {
    if (const auto wrong = check_post_url(options.webhook_url); !wrong.empty())
        throw ConfigError("--webhook.url: " + wrong);
    sinks::WebhookSettings webhook;
    webhook.name = "demo";
    webhook.url = options.webhook_url;
    webhook.allow_private = true;
    if (!options.webhook_secret_file.empty()) {
        SecretRead secret = read_secret(options.webhook_secret_file, ".");
        if (!secret.problem.empty()) throw ConfigError("--webhook.secret-file: " + secret.problem);
        webhook.secret = std::move(secret.value);
    }
    return webhook;
}

int run_demo(const DemoOptions& options) {
    Signals signals;
    const bool all_venues = options.venues == "all";
    demo::Market market(options.seed,
                        all_venues ? demo::all_listings() : std::vector<demo::Listing>{});
    const demo::Script& script = market.script();
    const ScaledClock clock(script.start, options.speed);
    demo::Exchanges exchanges(market, clock);
    const demo::Endpoints endpoints = exchanges.start();

    // The scenario's configuration asks for a key as a real one would; the exchange lets any in.
    const TemporaryFolder temporary;
    for (const char* name : {"alpaca-key", "alpaca-secret"})
        write_private(temporary.path() + "/" + name, "demo");
    Overrides overrides;
    overrides.listen_address = options.listen_address;
    overrides.storage_path =
        options.storage_path.empty() ? temporary.path() + "/state" : options.storage_path;

    AppSettings settings;
    const std::string scenario = scenario_text("demo.yml");
    settings.config = parse_config(all_venues ? with_all_venues(scenario) : scenario, "demo.yml",
                                   temporary.path(), overrides);
    point_feeds_at(endpoints, settings.config);
    if (!options.webhook_url.empty()) settings.config.webhooks = {demo_webhook(options)};
    settings.mode = "demo";
    settings.web_config_file = options.web_config_file;
    settings.notice = demo::demo_notice();
    settings.clock = &clock;
    settings.clock_rate = options.speed;
    settings.notify = !options.webhook_url.empty();
    settings.outbox_folder = temporary.path();
    const core::EngineConfig engine = settings.config.engine;
    DemoWatcher watcher(engine, script, options.speed);
    settings.watchers = {&watcher};

    App app(std::move(settings));
    app.start();
    watcher.greet("http://127.0.0.1:" + std::to_string(app.port()) + "/");

    // One real second after the script's end the last bar is closed and told.
    const core::TimeNs end = script.end + static_cast<core::DurationNs>(options.speed * 1e9);
    bool interrupted = false;
    for (;;) {
        const auto event = signals.wait_for(std::chrono::milliseconds(100));
        if (event == SignalEvent::stop) {
            interrupted = true;
            break;
        }
        if (options.once && clock.now() >= end) break;
    }
    signals.begin_stop(stop_deadline_seconds);
    app.stop(stop_seconds);
    exchanges.stop();
    if (!options.once) return exit_well;
    if (interrupted) {
        std::fprintf(stderr, "contagiond: the demo was interrupted before its end\n");
        return exit_failed;
    }
    return watcher.summarise() ? exit_well : exit_failed;
}

}  // namespace

void add_demo_command(CLI::App& app, int& result) {
    auto options = std::make_shared<DemoOptions>();
    CLI::App* const command = app.add_subcommand(
        "demo", "Re-enact 27 January 2025 offline, with the whole daemon running");
    command->add_option("--speed", options->speed, "Market seconds in one real second")
        ->check(CLI::Range(1.0, 600.0))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Of the synthetic prices")->capture_default_str();
    command->add_flag("--once", options->once,
                      "End after the script; exit 0 only if the spillover was flagged rightly");
    command->add_option("--venues", options->venues, "Who tells the market: usual (three) or all")
        ->check(CLI::IsMember({"usual", "all"}))
        ->capture_default_str();
    command->add_option("--webhook.url", options->webhook_url,
                        "Send the demo's alerts there too, marked [DEMO]");
    CLI::Option* const secret =
        command->add_option("--webhook.secret-file", options->webhook_secret_file,
                            "File with the whsec_ secret to sign them with");
    secret->needs("--webhook.url");
    command->add_option("--web.listen-address", options->listen_address, "host:port to listen on")
        ->capture_default_str();
    command->add_option("--web.config.file", options->web_config_file,
                        "TLS and users of the listener, YAML in Prometheus' form");
    command->add_option("--storage.path", options->storage_path,
                        "Folder for the journal; default: a temporary one");
    command->add_option("--log.level", options->log_level, "Least level to log")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
        ->capture_default_str();
    command->callback([options, &result] {
        set_log(options->log_level, "logfmt");
        result = run_demo(*options);
    });
}

}  // namespace contagiond::daemon
