// Api: what the listener serves (page, API, metrics, probes), as a table of routes. Each handler is
// a function of the request, so that it can be tested without a socket.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/embedded_files.hpp"
#include "daemon/http_server.hpp"
#include "daemon/sinks/dashboard.hpp"
#include "daemon/sinks/metrics.hpp"

namespace contagiond::daemon {

/// What only the app knows. All are called on the listener's thread and must not block for long; an
/// absent one is answered as in its line.
struct ApiHooks {
    std::function<bool()> healthy;  ///< the engine loop came round lately; absent: yes
    std::function<bool()> ready;    ///< everything is up and nothing is shutting down; absent: yes
    /// Takes the configuration anew; the reason why not, empty when taken. Absent: the path does
    /// not exist (--web.enable-lifecycle was not given).
    std::function<std::string()> reload;
    /// JSON text, as feeds_status_json, sinks_status_json and engine_status_json. Absent: [], []
    /// and null.
    std::function<std::string()> feeds;
    std::function<std::string()> sinks;
    std::function<std::string()> engine;
    /// JSON text, as Shadow::status_json and alerts_json. Absent: null and [].
    std::function<std::string()> shadow;
    std::function<std::string(core::TimeNs since, std::size_t limit)> shadow_alerts;
    std::function<std::string()> config;  ///< resolved YAML, secrets redacted; absent: empty
    std::vector<std::pair<std::string, std::string>> flags;
    std::vector<std::pair<std::string, std::string>> build;  ///< version, revision, compiler
    /// The page's, "index.html" being the page itself; their bytes must live as long as the routes.
    std::vector<EmbeddedFile> files;
};

struct ApiRoute {
    std::string method;
    std::string path;  ///< as HttpServer::route takes it
    std::string name;  ///< the handler label of the metrics
    HttpServer::Handler handler;
    bool aside = false;  ///< it may block: HttpServer::route_aside
};

/// All routes but the stream. `dashboard` and `metrics` must outlive them.
std::vector<ApiRoute> api_routes(const sinks::Dashboard& dashboard, const sinks::Metrics& metrics,
                                 const ApiHooks& hooks);

/// Registers everything with `server`, before its start: the routes, /api/v1/stream, and the
/// counting of requests in `metrics`, whose series then stand at 0.
void serve_api(HttpServer& server, sinks::Dashboard& dashboard, sinks::Metrics& metrics,
               const ApiHooks& hooks);

}  // namespace contagiond::daemon
