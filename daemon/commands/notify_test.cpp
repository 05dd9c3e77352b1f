// contagiond notify-test: whether a sink takes an alert, tried with one that says it is a test.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/clock.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"
#include "daemon/did_you_mean.hpp"
#include "daemon/http_client.hpp"
#include "daemon/notify_exchange.hpp"

namespace contagiond::daemon {
namespace {

int notify(const std::string& config_file, const std::string& sink) {
    const Config config = load_config(config_file, {});
    sinks::DocumentContext context;
    context.engine = &config.engine;
    context.version = CONTAGIOND_VERSION;
    context.config_sha256 = config.sha256;
    context.instance = config.instance;
    context.external_url = config.web_external_url;
    std::string known;
    std::vector<std::string_view> names;
    for (const sinks::WebhookSettings& webhook : config.webhooks) {
        known += (known.empty() ? "" : ", ") + webhook.name;
        names.push_back(webhook.name);
        if (webhook.name != sink) continue;
        const NotifyExchange exchange =
            exchange_test_alert(webhook, context, http_post, wall_now());
        std::fputs(exchange.text.c_str(), stdout);
        return exchange.accepted ? exit_well : exit_failed;
    }
    throw ConfigError(
        known.empty() ? "--sink: the configuration has no webhooks"
                      : fmt::format("--sink: there are the webhooks {}, and none of this name{}",
                                    known, did_you_mean(sink, names)));
}

}  // namespace

void add_notify_test_command(CLI::App& app, int& result) {
    struct Options {
        std::string config_file, sink;
    };
    auto options = std::make_shared<Options>();
    CLI::App* const command = app.add_subcommand(
        "notify-test", "Sends one test alert and shows the exchange; exit 0 if it is accepted");
    command->add_option("--sink", options->sink, "Name of the webhook")->required();
    command->add_option("--config.file", options->config_file, "Configuration, YAML")->required();
    command->callback([options, &result] { result = notify(options->config_file, options->sink); });
}

}  // namespace contagiond::daemon
