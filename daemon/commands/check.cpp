// contagiond check: is this configuration well, and what does it come to?
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "daemon/calendar_warning.hpp"
#include "daemon/clock.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"
#include "daemon/http_access.hpp"
#include "daemon/listener_warning.hpp"

namespace contagiond::daemon {
namespace {

void check(const std::string& file, const std::string& web_config_file, core::TimeNs now) {
    const Config config = load_config(file);
    // Made as the daemon makes it, so that certificates and keys are read as well.
    const HttpAccess access({web_config_file, {}, std::chrono::hours(1), {}});
    std::vector<std::string> warnings = config.warnings;
    const std::string unknown_days = calendar_warning(config.engine.universe, now);
    if (!unknown_days.empty()) warnings.push_back(unknown_days);
    const std::string exposed =
        listener_warning(config.web.listen_address, access.keeps_strangers_out());
    if (!exposed.empty()) warnings.push_back(exposed);
    for (const std::string& warning : warnings) {
        std::fprintf(stderr, "contagiond: warning: %s\n", warning.c_str());
    }
    const std::string& text = config.resolved;
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
        std::fflush(stdout) != 0) {
        throw std::runtime_error("the resolved configuration cannot be written to standard output");
    }
}

}  // namespace

void add_check_command(CLI::App& app, int& result) {
    add_check_command(app, result, wall_now);
}

void add_check_command(CLI::App& app, int& result, std::function<core::TimeNs()> now) {
    CLI::App* command = app.add_subcommand(
        "check", "Validates a configuration and prints it with every default, secrets redacted");
    const auto file = std::make_shared<std::string>();
    command->add_option("--config.file,FILE", *file, "Configuration file (YAML)")->required();
    const auto web_config_file = std::make_shared<std::string>();
    command->add_option("--web.config.file", *web_config_file,
                        "TLS and users of the listener, to be checked as well");
    command->callback([file, web_config_file, &result, now = std::move(now)] {
        check(*file, *web_config_file, now());
        result = exit_well;
    });
}

}  // namespace contagiond::daemon
