// contagiond estimate --case=FILE.json: one estimator on a reference case.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"
#include "daemon/estimate_case.hpp"
#include "daemon/estimate_input.hpp"

namespace contagiond::daemon {
namespace {

std::string read_whole(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad())
        throw ConfigError("estimate: cannot read " + path + ": " + std::strerror(errno));
    return text;
}

void print_line(const std::string& line) {
    if (std::printf("%s\n", line.c_str()) < 0 || std::fflush(stdout) != 0)
        throw std::runtime_error(std::string("estimate: cannot write the result: ") +
                                 std::strerror(errno));
}

int estimate_file(const std::string& path) {
    try {
        print_line(estimate_case(read_whole(path)));
    } catch (const CaseError& error) {
        throw ConfigError("estimate: " + path + ": " + error.what());
    }
    return exit_well;
}

}  // namespace

void add_estimate_command(CLI::App& app, int& result) {
    const auto path = std::make_shared<std::string>();
    CLI::App* const command =
        app.add_subcommand("estimate", "Compute one estimator on a reference case");
    command->add_option("--case", *path, "A case: estimator, params and inputs as JSON")
        ->required();
    command->callback([path, &result] { result = estimate_file(*path); });
}

}  // namespace contagiond::daemon
