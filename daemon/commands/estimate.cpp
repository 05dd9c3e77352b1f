// contagiond estimate: one estimator, on a reference case or on a desk's own series.
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
#include "daemon/config_units.hpp"
#include "daemon/estimate_case.hpp"
#include "daemon/estimate_desk.hpp"
#include "daemon/estimate_input.hpp"
#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

struct EstimateArguments {
    std::string case_file;
    std::string step;
    std::string staleness_max;
    std::string split;
    DeskRequest desk;
};

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

core::DurationNs duration_of(const std::string& option, const std::string& text) {
    if (text.empty()) return 0;
    const Parsed<core::DurationNs> parsed = parse_duration(text);
    if (!parsed.value) throw CaseError(option + ": " + parsed.problem);
    if (*parsed.value <= 0) throw CaseError(option + ": must be above 0");
    return *parsed.value;
}

void estimate_files(EstimateArguments& arguments) {
    DeskRequest& request = arguments.desk;
    request.step = duration_of("--step", arguments.step);
    request.staleness_max = duration_of("--max-staleness", arguments.staleness_max);
    if (!arguments.split.empty()) {
        request.split = parse_utc(arguments.split);
        if (!request.split)
            throw CaseError("--split: " + arguments.split + " is not a time in UTC");
    }
    const DeskResult result = estimate_desk(request);
    for (const std::string& note : result.notes)
        std::fprintf(stderr, "contagiond: estimate: %s\n", note.c_str());
    print_line(result.text);
}

int estimate(EstimateArguments& arguments) {
    const bool on_case = !arguments.case_file.empty();
    if (on_case == !arguments.desk.method.empty())
        throw ConfigError("estimate: say either --case=FILE.json or --method=NAME with files");
    try {
        if (on_case)
            print_line(estimate_case(read_whole(arguments.case_file)));
        else
            estimate_files(arguments);
    } catch (const CaseError& error) {
        const std::string where = on_case ? arguments.case_file + ": " : "";
        throw ConfigError("estimate: " + where + error.what());
    }
    return exit_well;
}

}  // namespace

void add_estimate_command(CLI::App& app, int& result) {
    const auto arguments = std::make_shared<EstimateArguments>();
    CLI::App* const command = app.add_subcommand(
        "estimate", "Compute one estimator on a reference case, or on a desk's own series");
    command->add_option("--case", arguments->case_file,
                        "A case: estimator, params and inputs as JSON");
    command->add_option("--method", arguments->desk.method, "An estimator for the files");
    command->add_option("FILES", arguments->desk.files,
                        "CSV (or .gz) with a time, in nanoseconds or UTC text, and a value a line");
    command
        ->add_option("--param", arguments->desk.params,
                     "NAME=VALUE, a parameter as in a case; may be repeated")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all();
    command->add_option("--values", arguments->desk.values,
                        "returns (rows joined by time) or prices (sampled with --step); estimators "
                        "of ticks take prices");
    command->add_option("--step", arguments->step, "Common clock of prices: 10s, 1m");
    command->add_option("--max-staleness", arguments->staleness_max,
                        "A price older than that is none");
    command->add_option("--split", arguments->split,
                        "UTC time from which forbes_rigobon takes rows as stressed");
    command->footer("Methods:\n" + desk_methods() +
                    "\nThe result is JSON in the shape of a case's expected; null is no value.\n"
                    "  contagiond estimate --method=rolling_pearson --values=prices --step=10s "
                    "--param=window=180 NVDA.csv BTC.csv\n"
                    "  contagiond estimate --method=lead_lag_study NVDA.csv BTC.csv");
    command->callback([arguments, &result] { result = estimate(*arguments); });
}

}  // namespace contagiond::daemon
