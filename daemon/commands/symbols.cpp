// contagiond symbols [--venue=V] [NAME...]: what the venues call what.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/symbol.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"
#include "daemon/did_you_mean.hpp"
#include "feeds/adapter.hpp"

namespace contagiond::daemon {
namespace {

struct Line {
    std::string symbol, underlying, venue, own, address;
};

void add(const feeds::Venue& venue, const feeds::SymbolEntry& entry, std::vector<Line>& lines) {
    lines.push_back({entry.canonical, std::string(core::underlying_of(entry.canonical)),
                     std::string(venue.id), entry.venue,
                     entry.url_has.empty() ? "" : "with " + std::string(entry.url_has)});
}

/// What of a venue's table is `name`, differs from it in the quote, or stands for it.
void add_named(const feeds::Venue& venue, std::string_view name, std::vector<Line>& lines) {
    std::vector<std::string> found;
    if (feeds::venue_symbol(venue, name)) found.emplace_back(name);
    std::string_view underlying = name;
    if (name.ends_with(core::proxy_ending)) underlying = core::underlying_of(name);
    for (auto& more : {feeds::other_quotes(venue, name), feeds::proxies_of(venue, underlying)})
        for (const std::string& other : more)
            if (std::ranges::find(found, other) == found.end()) found.push_back(other);
    const std::vector<feeds::SymbolEntry> entries = feeds::symbol_entries(venue);
    for (const std::string& canonical : found) {
        const auto known = std::ranges::find(entries, canonical, &feeds::SymbolEntry::canonical);
        if (known != entries.end()) {
            add(venue, *known, lines);
        } else {
            add(venue, {canonical, *feeds::venue_symbol(venue, canonical), {}}, lines);
        }
    }
}

std::vector<Line> lines_of(const std::string& venue_id, const std::vector<std::string>& names) {
    std::vector<std::string_view> ids;
    std::vector<Line> lines;
    for (const feeds::Venue& venue : feeds::venues()) {
        ids.push_back(venue.id);
        if (!venue_id.empty() && venue_id != venue.id) continue;
        if (names.empty()) {
            for (const feeds::SymbolEntry& entry : feeds::symbol_entries(venue))
                add(venue, entry, lines);
        }
        for (const std::string& name : names) add_named(venue, name, lines);
    }
    if (!venue_id.empty() && std::ranges::find(ids, venue_id) == ids.end()) {
        throw ConfigError("symbols: there is no venue " + venue_id + did_you_mean(venue_id, ids));
    }
    return lines;
}

std::string table_of(const std::vector<Line>& lines) {
    const Line head{"SYMBOL", "STANDS FOR", "VENUE", "ITS SYMBOL", "ADDRESS"};
    constexpr std::string Line::*columns[] = {&Line::symbol, &Line::underlying, &Line::venue,
                                              &Line::own, &Line::address};
    std::string out;
    std::vector<std::size_t> widths;
    for (const auto column : columns) {
        widths.push_back((head.*column).size());
        for (const Line& line : lines)
            widths.back() = std::max(widths.back(), (line.*column).size());
    }
    const auto write = [&](const Line& line) {
        std::string row;
        for (std::size_t i = 0; i < widths.size(); ++i)
            row += fmt::format("{:<{}}  ", line.*columns[i], widths[i]);
        row.erase(row.find_last_not_of(' ') + 1);
        out += row + '\n';
    };
    write(head);
    for (const Line& line : lines) write(line);
    return out;
}

int show(const std::string& venue, const std::vector<std::string>& names) {
    const std::vector<Line> lines = lines_of(venue, names);
    if (lines.empty()) {
        std::fputs("contagiond: symbols: no venue's table has that name\n", stderr);
        return exit_failed;
    }
    const std::string text = table_of(lines);
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
        std::fflush(stdout) != 0) {
        throw std::runtime_error("symbols: the table cannot be written to standard output");
    }
    return exit_well;
}

}  // namespace

void add_symbols_command(CLI::App& app, int& result) {
    struct Arguments {
        std::string venue;
        std::vector<std::string> names;
    };
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command = app.add_subcommand(
        "symbols", "Prints what each venue calls what: the names that a feed's `symbols` take");
    command->add_option("--venue", arguments->venue, "One venue alone: kraken_v2, ...");
    command->add_option(
        "NAME", arguments->names,
        "Only these, in any currency, and what stands for them: BTC-USD, NVDA, ...");
    command->callback([arguments, &result] { result = show(arguments->venue, arguments->names); });
}

}  // namespace contagiond::daemon
