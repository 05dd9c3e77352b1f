// contagiond silence, ack and annotate: what a person tells the running daemon from a shell, at
// three in the morning if need be.
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/commands/commands.hpp"
#include "daemon/daemon_client.hpp"
#include "daemon/text_escape.hpp"

namespace contagiond::daemon {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t id_length = 26;
constexpr std::size_t id_part_least = 4;

struct Options {
    DaemonPlace place;
    std::string by;
    std::string rule, target, length, until, from, comment;
    bool everything = false, all = false, undo = false;
    std::string id, text, at;
    std::vector<std::string> symbols, tags;
};

std::string login_name() {
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
        return found->pw_name;
    return {};
}

void add_place(CLI::App& command, Options& options) {
    command.add_option("--config.file", options.place.config_file,
                       "The daemon's configuration: where it listens and keeps its state");
    command.add_option("--web.url", options.place.url,
                       "Where the daemon listens, http://127.0.0.1:9464");
    command.add_option("--storage.path", options.place.storage_path,
                       "The daemon's state folder, which holds the token");
    command.add_option("--web.ca-file", options.place.ca_file,
                       "Certificates to trust where it listens with TLS");
    command.add_option("--by", options.by, "Who says so; default: your login name");
}

/// Asks, and tells what is wrong; false then, with the exit code in `code`.
bool ask(const DaemonAddress& daemon, std::string_view method, std::string_view path,
         const Json& body, Json& data, int& code) {
    const DaemonReply reply =
        ask_daemon(daemon, method, path, body.is_null() ? std::string() : body.dump());
    const Json answer = Json::parse(reply.body, nullptr, false);
    if (reply.well() && answer.is_object() && answer.contains("data")) {
        data = answer["data"];
        return true;
    }
    std::string hint;
    if (reply.status == 0) hint = "; is it running, and is this its address?";
    if (reply.status == 401 || reply.status == 403)
        hint = "; the token in the state folder must be that of the daemon that listens there";
    fmt::print(stderr, "contagiond: {}{}\n",
               reply.well() ? "what answers there is no contagiond" : reply.problem, hint);
    // What was typed is wrong, or the world is.
    code = reply.status == 400 ? exit_usage : exit_failed;
    return false;
}

std::string word(const Json& row, const char* name, const char* otherwise = "") {
    const auto it = row.find(name);
    return it != row.end() && it->is_string() ? printable(it->get<std::string>(), 2000) : otherwise;
}

/// "2025-01-27T14:00:00Z" of a time to the microsecond.
std::string to_second(std::string time) {
    if (time.size() > 20 && time[19] == '.') time.erase(19, time.size() - 20);
    return time;
}

std::string what_is_silenced(const Json& silence) {
    const std::string rule = word(silence, "rule"), target = word(silence, "target");
    if (rule.empty() && target.empty()) return "everything";
    if (rule.empty()) return "alerts on " + target;
    if (target.empty()) return "rule " + rule;
    return fmt::format("rule {} on {}", rule, target);
}

void print_silence(const Json& s) {
    const std::string ended_by = word(s, "ended_by");
    fmt::print(
        "{:<6} {:<8} {} until {}  {}: {}{}\n", word(s, "id"), word(s, "state"),
        to_second(word(s, "starts_at")), to_second(word(s, "ends_at")), what_is_silenced(s),
        word(s, "comment"),
        fmt::format(" ({}{})", word(s, "by"), ended_by.empty() ? "" : ", ended by " + ended_by));
}

template <typename Text>
void put(Json& body, const char* name, const Text& value) {
    if (!value.empty()) body[name] = value;
}

Json signed_body(const Options& options) {
    Json body = Json::object();
    put(body, "by", options.by.empty() ? login_name() : options.by);
    return body;
}

int add_silence(const Options& options) {
    const DaemonAddress daemon = find_daemon(options.place);
    Json body = signed_body(options);
    put(body, "rule", options.rule);
    put(body, "target", options.target);
    put(body, "for", options.length);
    put(body, "until", options.until);
    put(body, "starts_at", options.from);
    put(body, "comment", options.comment);
    if (options.everything) body["everything"] = true;
    Json made;
    int code = exit_well;
    if (!ask(daemon, "POST", "/api/v1/silences", body, made, code)) return code;
    print_silence(made);
    fmt::print(
        "Alerts it holds back are stored and shown, and those still open are sent when it "
        "ends.\nTo end it: contagiond silence end {}\n",
        word(made, "id"));
    return exit_well;
}

int list_silences(const Options& options) {
    const DaemonAddress daemon = find_daemon(options.place);
    Json list;
    int code = exit_well;
    if (!ask(daemon, "GET", "/api/v1/silences", nullptr, list, code)) return code;
    std::size_t shown = 0;
    for (const Json& silence : list) {
        if (!options.all && word(silence, "state") == "expired") continue;
        print_silence(silence);
        ++shown;
    }
    if (shown == 0) fmt::print("No silence: every alert is sent.\n");
    return exit_well;
}

int end_silence(const Options& options) {
    const DaemonAddress daemon = find_daemon(options.place);
    Json ended;
    int code = exit_well;
    if (!ask(daemon, "DELETE", "/api/v1/silences/" + options.id, signed_body(options), ended, code))
        return code;
    print_silence(ended);
    return exit_well;
}

/// The whole id of an alert that was named by its end or beginning, or as the latest; as it was
/// given where that is not certain, so that the daemon says what is wrong. False: no daemon.
bool find_alert(const DaemonAddress& daemon, std::string& id, int& code) {
    if (id.size() == id_length) return true;
    Json list;
    if (!ask(daemon, "GET", "/api/v1/alerts?limit=500", nullptr, list, code)) return false;
    for (char& c : id)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    std::vector<std::string> found;
    for (const Json& row : list) {
        const std::string known = word(row.value("data", Json::object()), "id");
        if (id == "LATEST" && found.empty()) found.push_back(known);
        if (id.size() >= id_part_least && (known.ends_with(id) || known.starts_with(id)))
            found.push_back(known);
    }
    if (found.size() > 1) {
        fmt::print(stderr, "contagiond: {} could be {}; say more of it\n", printable(id),
                   fmt::join(found, " or "));
        code = exit_usage;
        return false;
    }
    if (found.size() == 1) id = found.front();
    return true;
}

int acknowledge(const Options& options) {
    const DaemonAddress daemon = find_daemon(options.place);
    Json body = signed_body(options), answer;
    put(body, "comment", options.comment);
    std::string id = options.id;
    int code = exit_well;
    if (!find_alert(daemon, id, code)) return code;
    const std::string path = "/api/v1/alerts/" + id + "/ack";
    if (!ask(daemon, options.undo ? "DELETE" : "POST", path, body, answer, code)) return code;
    fmt::print(
        "{} {}\n", word(answer, "id"),
        options.undo ? "is not acknowledged any more" : "acknowledged by " + word(answer, "by"));
    return exit_well;
}

int annotate(const Options& options) {
    const DaemonAddress daemon = find_daemon(options.place);
    Json body = signed_body(options), made;
    body["text"] = options.text;
    put(body, "time", options.at);
    put(body, "symbols", options.symbols);
    put(body, "tags", options.tags);
    int code = exit_well;
    if (!ask(daemon, "POST", "/api/v1/annotations", body, made, code)) return code;
    fmt::print("{} at {}: {}\n", word(made, "id"), to_second(word(made, "time")),
               word(made, "text"));
    return exit_well;
}

}  // namespace

void add_silence_command(CLI::App& app, int& result) {
    auto options = std::make_shared<Options>();
    CLI::App* const command = app.add_subcommand(
        "silence", "Keeps alerts of the running daemon from being sent; they are stored and shown");
    command->require_subcommand(1);
    CLI::App* const add = command->add_subcommand("add", "Silences a rule, a target or everything");
    add->add_option("--rule", options->rule,
                    "Alerts of this rule: tech_to_crypto, crypto_to_tech or common_macro");
    add->add_option("--target", options->target, "Alerts on this target; with --rule: of both");
    add->add_flag("--everything", options->everything, "All alerts");
    add->add_option("--for", options->length, "How long: 90m, 2h, 1d; at most 30d");
    add->add_option("--until", options->until, "Or until when, in UTC: 2025-01-27T20:00:00Z");
    add->add_option("--from", options->from, "From when, in UTC; default: now");
    add->add_option("--comment", options->comment, "Why")->required();
    CLI::App* const list = command->add_subcommand("list", "Those in force and to come");
    list->add_flag("--all", options->all, "Those that are over too");
    CLI::App* const end = command->add_subcommand("end", "Ends one now");
    end->add_option("ID", options->id, "As `silence list` shows it")->required();
    for (CLI::App* sub : {add, list, end}) add_place(*sub, *options);
    add->callback([options, &result] { result = add_silence(*options); });
    list->callback([options, &result] { result = list_silences(*options); });
    end->callback([options, &result] { result = end_silence(*options); });
}

void add_ack_command(CLI::App& app, int& result) {
    auto options = std::make_shared<Options>();
    CLI::App* const command = app.add_subcommand(
        "ack", "Tells the running daemon, and all who look, that somebody looks after an alert");
    command
        ->add_option("ID", options->id, "The alert's id, its first or last characters, or: latest")
        ->required();
    command->add_option("--comment", options->comment, "What is being done");
    command->add_flag("--undo", options->undo, "Takes it back");
    add_place(*command, *options);
    command->callback([options, &result] { result = acknowledge(*options); });
}

void add_annotate_command(CLI::App& app, int& result) {
    auto options = std::make_shared<Options>();
    CLI::App* const command = app.add_subcommand(
        "annotate", "Puts a note on the time line of the running daemon and into its recording");
    command->add_option("TEXT", options->text, "What happened")->required();
    command->add_option("--at", options->at, "When, in UTC; default: now");
    command->add_option("--symbol", options->symbols, "An instrument or group it is about");
    command->add_option("--tag", options->tags, "A word to find it by");
    add_place(*command, *options);
    command->callback([options, &result] { result = annotate(*options); });
}

}  // namespace contagiond::daemon
