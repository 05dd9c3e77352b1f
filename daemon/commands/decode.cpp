// contagiond decode --venue=V [FILE]: what an adapter makes of recorded messages.
#include <fmt/format.h>

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
#include "daemon/frame_explanation.hpp"
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

void flush_out() {
    if (std::fflush(stdout) != 0) {
        throw std::runtime_error(std::string("decode: cannot write the rows: ") +
                                 std::strerror(errno));
    }
}

/// Each line, or one of them: the lines before it are told to the decoder all the same, since what
/// they bound may be needed.
int explain(const feeds::Venue& venue, const std::string& file, std::uint64_t only) {
    MessageReader lines(file);
    FrameExplainer explainer(venue);
    std::string_view line;
    std::uint64_t number = 0;
    while ((only == 0 || number < only) && lines.next(line)) {
        ++number;
        if (line.size() > MessageReader::line_bytes_max)
            throw std::runtime_error(
                fmt::format("decode: line {} is longer than a session accepts", number));
        const FrameExplanation explanation = explainer.explain(line);
        if (only == 0 || number == only) write_out(describe(explanation, number));
    }
    if (number < only)
        throw std::runtime_error(fmt::format("decode: {} has no line {}", file, only));
    flush_out();
    return exit_well;
}

int decode(const feeds::Venue& venue, const std::string& file) {
    MessageReader lines(file);
    const DecodeSummary summary = decode_lines(lines, venue, write_out);
    flush_out();
    std::fputs(describe(summary).c_str(), stderr);
    return exit_well;
}

}  // namespace

void add_decode_command(CLI::App& app, int& result) {
    struct Arguments {
        std::string venue;
        std::string file = "-";
        bool explain = false;
        std::uint64_t line = 0;
    };
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command = app.add_subcommand(
        "decode",
        "Read raw messages, one a line (plain, gzip or zstd), and print the rows they mean");
    command->add_option("--venue", arguments->venue, "Whose messages: binance_spot, ...")
        ->required();
    command->add_option("FILE", arguments->file, "Recorded messages; standard input if left out");
    CLI::Option* const explain_flag = command->add_flag(
        "--explain", arguments->explain, "Show for each message what was read from where");
    command->add_option("--line", arguments->line, "Explain this line alone")
        ->check(CLI::PositiveNumber)
        ->needs(explain_flag);
    command->callback([arguments, &result] {
        const feeds::Venue& venue = venue_named(arguments->venue);
        result = arguments->explain ? explain(venue, arguments->file, arguments->line)
                                    : decode(venue, arguments->file);
    });
}

}  // namespace contagiond::daemon
