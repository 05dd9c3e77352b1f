// contagiond outbox: what waits, what was given up and what was held back; and what an operator
// wants done about it. Beside the running daemon, or without one.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "daemon/clock.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/outbox_operator.hpp"
#include "daemon/text_escape.hpp"

namespace contagiond::daemon {
namespace {

struct OutboxOptions {
    std::string config_file;
    std::string storage_path;
    std::string id;
    std::string sink;
    bool all = false;
};

std::string outbox_path(const OutboxOptions& options) {
    if (!options.storage_path.empty()) return options.storage_path + "/outbox.db";
    if (options.config_file.empty())
        throw ConfigError("the outbox is named by --storage.path or --config.file");
    return load_config(options.config_file, {}).storage_path + "/outbox.db";
}

/// From a stored document; it may be damaged.
std::string title_of(const sinks::StoredAlert& alert) {
    const auto document = nlohmann::json::parse(*alert.document, nullptr, false);
    const nlohmann::json::json_pointer title("/data/title");
    if (document.is_discarded() || !document.contains(title) || !document[title].is_string())
        return "?";
    return one_line(document[title].get<std::string>());
}

int list(const OutboxOptions& options) {
    std::size_t shown = 0;
    for (const sinks::StoredAlert& alert : sinks::read_outbox(outbox_path(options))) {
        for (const sinks::StoredDelivery& delivery : alert.deliveries) {
            if (delivery.state == sinks::DeliveryState::accepted && !options.all) continue;
            if (!options.sink.empty() && delivery.sink != options.sink) continue;
            ++shown;
            fmt::print("{:<8}  {}  {:<12}  {:<8} {:<8}  {}  {}{}\n", to_string(delivery.state),
                       sinks::rfc3339(alert.ts), delivery.sink, core::to_string(alert.phase),
                       core::to_string(alert.severity),
                       one_line(sinks::attempt_id(alert.episode, alert.revision)), title_of(alert),
                       delivery.reason.empty() ? ""
                                               : fmt::format("  [{} failed; {}]", delivery.attempts,
                                                             one_line(delivery.reason)));
        }
    }
    if (shown == 0)
        fmt::print(stderr, "contagiond: nothing {}\n",
                   options.all ? "is in the outbox" : "waits, and nothing was given up");
    return exit_well;
}

int show(const OutboxOptions& options) {
    bool found = false;
    for (const sinks::StoredAlert& alert : sinks::read_outbox(outbox_path(options))) {
        if (!sinks::is_meant(alert, options.id)) continue;
        found = true;
        fmt::print("{} {} {}\n", one_line(sinks::attempt_id(alert.episode, alert.revision)),
                   core::to_string(alert.phase), sinks::rfc3339(alert.ts));
        for (const sinks::StoredDelivery& delivery : alert.deliveries)
            fmt::print("  {} {} since {}, queued {}, {} attempts failed{}\n", delivery.sink,
                       to_string(delivery.state), sinks::rfc3339(delivery.ts_changed),
                       sinks::rfc3339(delivery.ts_queued), delivery.attempts,
                       delivery.reason.empty() ? "" : ": " + one_line(delivery.reason));
        fmt::print("{}\n", one_line(*alert.document));
    }
    if (!found) throw std::runtime_error("no alert of this id is in the outbox");
    return exit_well;
}

int change(const OutboxOptions& options, bool retry) {
    const sinks::OutboxChange change =
        sinks::change_outbox(outbox_path(options), options.id, options.sink, retry, wall_now());
    if (change.alerts == 0) throw std::runtime_error("no alert of this id is in the outbox");
    fmt::print("{} notifications {}\n", change.deliveries,
               retry ? "are sent again" : "are dropped");
    return change.deliveries > 0 ? exit_well : exit_failed;
}

}  // namespace

void add_outbox_command(CLI::App& app, int& result) {
    CLI::App* const command =
        app.add_subcommand("outbox", "Alerts that wait, were given up or held back");
    command->require_subcommand(1);
    auto options = std::make_shared<OutboxOptions>();
    const auto add = [&](const char* name, const char* description) {
        CLI::App* const sub = command->add_subcommand(name, description);
        sub->add_option("--storage.path", options->storage_path, "The daemon's state folder");
        sub->add_option("--config.file", options->config_file, "Configuration that names it");
        sub->add_option("--sink", options->sink, "Only at this sink");
        return sub;
    };
    const auto with_id = [&](CLI::App* sub) {
        sub->add_option("ID", options->id,
                        "<episode>_<revision>, or <episode> for all of its revisions")
            ->required();
        return sub;
    };
    CLI::App* const listing = add("list", "One line a notification");
    listing->add_flag("--all", options->all, "Also what was delivered");
    listing->callback([options, &result] { result = list(*options); });
    with_id(add("show", "All that is known of one"))->callback([options, &result] {
        result = show(*options);
    });
    with_id(add("retry", "Sends again what was given up, dropped or held back"))
        ->callback([options, &result] { result = change(*options, true); });
    with_id(add("drop", "Gives up what waits"))->callback([options, &result] {
        result = change(*options, false);
    });
}

}  // namespace contagiond::daemon
