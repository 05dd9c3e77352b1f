// contagiond check: is this configuration well, and what does it come to?
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"

namespace contagiond::daemon {
namespace {

void check(const std::string& file) {
    const Config config = load_config(file);
    for (const std::string& warning : config.warnings) {
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
    CLI::App* command = app.add_subcommand(
        "check", "Validates a configuration and prints it with every default, secrets redacted");
    const auto file = std::make_shared<std::string>();
    command->add_option("--config.file", *file, "Configuration file (YAML)")->required();
    command->callback([file, &result] {
        check(*file);
        result = exit_well;
    });
}

}  // namespace contagiond::daemon
