#include "daemon/commands/replay_inputs.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

core::TimeNs time_argument(const std::string& text, const char* name, core::TimeNs absent) {
    if (text.empty()) return absent;
    const auto t = parse_utc(text);
    if (!t)
        throw CLI::ValidationError(
            name, fmt::format("{} is no time such as 2025-01-27 or 2025-01-27T14:30:00Z", text));
    return *t;
}

}  // namespace

void ReplayInputs::add_to(CLI::App& command) {
    command.add_option("FILE", replay.files,
                       "Journals, tick files (ts_ns,symbol,price,size), or bar files as "
                       "SYMBOL=FILE; plain or .gz");
    command.add_option("--bars", replay.bars_directory,
                       "Folder of bar files named symbol_venue_1m_first_last.csv.gz");
    command.add_option("--from", from, "First moment, UTC: a date or RFC 3339");
    command.add_option("--to", to, "End, not included: a date or RFC 3339");
    command.add_option("--config.file,--config", replay.config_file,
                       "Configuration; without it the recorded or the built-in one");
}

ReplayOptions ReplayInputs::options() const {
    if (replay.files.empty() && replay.bars_directory.empty())
        throw CLI::ValidationError("FILE", "name a FILE, or a folder with --bars");
    ReplayOptions given = replay;
    given.range.from = time_argument(from, "--from", given.range.from);
    given.range.to = time_argument(to, "--to", given.range.to);
    return given;
}

}  // namespace contagiond::daemon
