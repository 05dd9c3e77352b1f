// contagiond decode --venue=V [FILE]: what an adapter makes of recorded messages.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"
#include "daemon/decode_lines.hpp"
#include "daemon/did_you_mean.hpp"
#include "feeds/adapter.hpp"

namespace contagiond::daemon {
namespace {

const feeds::Venue& venue_named(const std::string& id) {
    if (const feeds::Venue* const venue = feeds::find_venue(id)) return *venue;
    std::vector<std::string_view> ids;
    std::string all;
    for (const feeds::Venue& venue : feeds::venues()) {
        ids.push_back(venue.id);
        all += all.empty() ? "" : ", ";
        all += venue.id;
    }
    const std::string likely = did_you_mean(id, ids);
    throw ConfigError("decode: unknown venue " + id +
                      (likely.empty() ? "; known: " + all : likely));
}

void write_out(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
        throw std::runtime_error(std::string("decode: cannot write the rows: ") +
                                 std::strerror(errno));
    }
}

int decode(const std::string& venue_id, const std::string& file) {
    const feeds::Venue& venue = venue_named(venue_id);
    MessageReader lines(file);
    const DecodeSummary summary = decode_lines(lines, venue, write_out);
    if (std::fflush(stdout) != 0) {
        throw std::runtime_error(std::string("decode: cannot write the rows: ") +
                                 std::strerror(errno));
    }
    std::fputs(describe(summary).c_str(), stderr);
    return exit_well;
}

}  // namespace

void add_decode_command(CLI::App& app, int& result) {
    struct Arguments {
        std::string venue;
        std::string file = "-";
    };
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command = app.add_subcommand(
        "decode", "Read raw messages, one a line (plain or .gz), and print the rows they mean");
    command->add_option("--venue", arguments->venue, "Whose messages: binance_spot, ...")
        ->required();
    command->add_option("FILE", arguments->file, "Recorded messages; standard input if left out");
    command->callback([arguments, &result] { result = decode(arguments->venue, arguments->file); });
}

}  // namespace contagiond::daemon
