#include "daemon/daemon_client.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "daemon/api_token.hpp"
#include "daemon/config.hpp"
#include "daemon/http_client.hpp"
#include "daemon/text_escape.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::chrono::seconds patience{30};
constexpr std::size_t reply_bytes_most = 16u << 20;
constexpr std::size_t problem_bytes_most = 500;

/// The daemon's own words, which are JSON below /api/ and a line of text elsewhere.
std::string words_of(int status, const std::string& body) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (json.is_object() && json.contains("error") && json["error"].is_string())
        return printable(json["error"].get<std::string>(), problem_bytes_most);
    const std::string line = body.substr(0, body.find('\n'));
    if (line.empty()) return fmt::format("the daemon answered {}", status);
    return printable(line, problem_bytes_most);
}

}  // namespace

DaemonReply ask_daemon(const DaemonAddress& daemon, std::string_view method, std::string_view path,
                       std::string_view json) {
    sinks::PostRequest request;
    request.method = method;
    request.url = daemon.url + std::string(path);
    request.headers = {{"Authorization", "Bearer " + daemon.token}, {"Accept", "application/json"}};
    if (!json.empty()) request.headers.emplace_back("Content-Type", "application/json");
    request.body = json;
    request.timeout = patience;
    request.allow_private = true;
    request.ca_file = daemon.ca_file;
    request.reply_bytes_most = reply_bytes_most;
    sinks::PostReply answer = http_post(request);
    DaemonReply reply;
    reply.status = answer.status;
    reply.body = std::move(answer.body);
    if (reply.status == 0)
        reply.problem = fmt::format("no daemon answers at {}: {}", daemon.url, answer.reason);
    else if (!reply.well())
        reply.problem = words_of(reply.status, reply.body);
    return reply;
}

std::string local_url(const std::string& listen_address) {
    const std::size_t colon = listen_address.rfind(':');
    const std::string host = listen_address.substr(0, colon);
    const bool everywhere = host.empty() || host == "0.0.0.0" || host == "[::]";
    return "http://" + (everywhere ? "127.0.0.1" : host) + listen_address.substr(colon);
}

DaemonAddress find_daemon(const DaemonPlace& place) {
    DaemonAddress daemon;
    daemon.url = place.url;
    daemon.ca_file = place.ca_file;
    std::string storage_path = place.storage_path;
    if (daemon.url.empty() || storage_path.empty()) {
        if (place.config_file.empty())
            throw ConfigError(
                "which daemon? wanted --config.file, or --web.url and --storage.path");
        const Config config = load_config(place.config_file);
        if (storage_path.empty()) storage_path = config.storage_path;
        if (daemon.url.empty()) daemon.url = local_url(config.web.listen_address);
    }
    while (daemon.url.ends_with('/')) daemon.url.pop_back();
    if (const std::string problem = check_post_url(daemon.url); !problem.empty())
        throw ConfigError("--web.url: " + problem);
    daemon.token = read_api_token(storage_path);
    return daemon;
}

}  // namespace contagiond::daemon
