// contagiond explain: replays to an alert and tells why it fired.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/commands/commands.hpp"
#include "daemon/commands/replay_inputs.hpp"
#include "daemon/sinks/explanation.hpp"

namespace contagiond::daemon {
namespace {

struct Arguments {
    ReplayInputs inputs;
    std::string alert;  ///< an id, or its beginning; empty: list the alerts
    bool json = false;
};

/// An alert of the recordings.
struct Found {
    std::string id;
    std::string line;  ///< id, time and title
    std::string told;  ///< its explanation; empty where it is not the one that was asked for
};

constexpr std::size_t id_characters = std::tuple_size_v<decltype(core::EpisodeId::text)>;

std::string lines_of(const std::vector<Found>& alerts) {
    std::string out;
    for (const Found& alert : alerts) out += "  " + alert.line + "\n";
    return out;
}

int list(const std::vector<Found>& alerts) {
    if (alerts.empty()) fmt::print(stderr, "no alert in these recordings\n");
    for (const Found& alert : alerts) fmt::print("{}\n", alert.line);
    return exit_well;
}

int run_explain(const Arguments& arguments) {
    const ReplayOptions options = arguments.inputs.options();
    std::string wanted = arguments.alert;
    for (char& c : wanted) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));

    std::vector<Found> alerts;
    bool found_whole = false;
    ReplayListener listener;
    listener.episode = [&](const core::Episode& episode, const sinks::DocumentContext& context) {
        if (episode.phase != core::EpisodePhase::opened || found_whole) return;
        Found found;
        found.id = episode.id.view();
        found.line = fmt::format("{}  {}  {}", found.id, sinks::rfc3339(episode.detected_at),
                                 sinks::title(episode, context));
        if (!wanted.empty() && found.id.starts_with(wanted))
            found.told = arguments.json ? sinks::explanation_document(episode, context) + "\n"
                                        : sinks::explanation_text(episode, context);
        found_whole = found.id == wanted;
        alerts.push_back(std::move(found));
    };
    listener.enough = [&] { return found_whole; };
    const ReplayResult result = run_replay(options, listener);
    if (wanted.empty()) return list(alerts);

    std::vector<Found> matching;
    for (const Found& alert : alerts)
        if (!alert.told.empty()) matching.push_back(alert);
    if (matching.size() == 1) {
        fmt::print("{}", matching.front().told);
        if (std::fflush(stdout) == 0) return exit_well;
        fmt::print(stderr, "contagiond: standard output cannot be written\n");
        return exit_failed;
    }
    if (matching.size() > 1)
        fmt::print(stderr, "contagiond: {} is the beginning of several alerts:\n{}",
                   arguments.alert, lines_of(matching));
    else if (alerts.empty())
        fmt::print(stderr, "contagiond: with {} there is no alert at all in these recordings\n",
                   result.config_name);
    else
        fmt::print(stderr, "contagiond: with {} there is no alert {}; there are:\n{}",
                   result.config_name, arguments.alert, lines_of(alerts));
    return exit_failed;
}

}  // namespace

void add_explain_command(CLI::App& app, int& result) {
    CLI::App* command = app.add_subcommand(
        "explain",
        "Replays recordings to an alert and tells why it fired, and what would have prevented it");
    auto arguments = std::make_shared<Arguments>();
    arguments->inputs.add_to(*command);
    command
        ->add_option("--alert", arguments->alert,
                     "Id of the alert, or a beginning that no other has; without it the alerts "
                     "are listed")
        ->check([](const std::string& text) {
            const bool well = !text.empty() && text.size() <= id_characters &&
                              std::all_of(text.begin(), text.end(),
                                          [](unsigned char c) { return std::isalnum(c) != 0; });
            return well ? std::string() : text + " is no id of an alert, nor its beginning";
        });
    command->add_flag("--json", arguments->json, "As a document, for programs");
    command->callback([arguments, &result] { result = run_explain(*arguments); });
}

}  // namespace contagiond::daemon
