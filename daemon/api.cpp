#include "daemon/api.hpp"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/api_query.hpp"
#include "daemon/page_files.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::size_t alerts_by_default = 100;
constexpr std::size_t alerts_at_most = 1000;
constexpr std::string_view alert_prefix = "/api/v1/alerts/";
constexpr std::string_view explain_suffix = "/explain";

std::string dump(const nlohmann::ordered_json& json) {
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string object(const std::vector<std::pair<std::string, std::string>>& pairs) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const auto& [name, value] : pairs) json[name] = value;
    return dump(json);
}

const std::string* find(const std::map<std::string, std::string>& map, const char* name) {
    const auto it = map.find(name);
    return it == map.end() ? nullptr : &it->second;
}

HttpResponse bad_data(std::string_view parameter, std::string_view expected) {
    return json_error(400, "bad_data", fmt::format("{}: expected {}", parameter, expected));
}

constexpr std::string_view time_form = "an RFC 3339 time in UTC or seconds since the epoch";

/// A parameter that may be absent (then `value` keeps its default); false when it is there and
/// wrong.
template <typename T, typename Parse>
bool read_parameter(const HttpRequest& request, const char* name, T& value, Parse&& parse) {
    const std::string* text = find(request.query, name);
    if (!text) return true;
    const std::optional<T> parsed = parse(*text);
    if (parsed) value = *parsed;
    return parsed.has_value();
}

HttpResponse probe(bool well, std::string_view word) {
    HttpResponse response;
    response.status = well ? 200 : 503;
    response.body = fmt::format("contagiond is {}{}.\n", well ? "" : "not ", word);
    return response;
}

HttpResponse history(const sinks::Dashboard& dashboard, const HttpRequest& request) {
    core::TimeNs from = 0, to = std::numeric_limits<core::TimeNs>::max();
    core::DurationNs step = 0;
    if (!read_parameter(request, "from", from, parse_query_time))
        return bad_data("from", time_form);
    if (!read_parameter(request, "to", to, parse_query_time)) return bad_data("to", time_form);
    if (!read_parameter(request, "step", step, parse_query_seconds))
        return bad_data("step", "a number of seconds");
    if (to < from) return bad_data("to", "a time that is not before from");
    sinks::HistoryParts parts;
    if (!read_parameter(request, "parts", parts, parse_history_parts))
        return bad_data("parts", "some of instruments,groups,targets,correlations,leads");
    return json_data(dashboard.history_json(from, to, step, parts));
}

/// Since when, and how many.
using ListAlerts = std::function<std::string(core::TimeNs, std::size_t)>;

HttpResponse alerts(const ListAlerts& list, const HttpRequest& request) {
    core::TimeNs since = core::no_time;
    std::size_t limit = alerts_by_default;
    if (!read_parameter(request, "since", since, parse_query_time))
        return bad_data("since", time_form);
    const auto count = [](std::string_view text) {
        return parse_query_count(text, alerts_at_most);
    };
    if (!read_parameter(request, "limit", limit, count))
        return bad_data("limit", fmt::format("a whole number from 1 to {}", alerts_at_most));
    return json_data(list(since, limit));
}

HttpResponse alert(const sinks::Dashboard& dashboard, const HttpRequest& request) {
    std::string_view id = std::string_view(request.path).substr(alert_prefix.size());
    const bool explain = id.ends_with(explain_suffix);
    if (explain) id.remove_suffix(explain_suffix.size());
    const auto found = explain ? dashboard.explanation_json(id) : dashboard.alert_json(id);
    if (found) return json_data(*found);
    return json_error(404, "not_found", "no alert of this id is known here");
}

HttpResponse metrics_page(const sinks::Metrics& metrics, const HttpRequest& request) {
    const std::string* accept = find(request.headers, "accept");
    const bool open = accept && offers_open_metrics(*accept);
    HttpResponse response;
    response.content_type = open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                 : "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics.render(open);
    return response;
}

}  // namespace

std::vector<ApiRoute> api_routes(const sinks::Dashboard& dashboard, const sinks::Metrics& metrics,
                                 const ApiHooks& hooks) {
    std::vector<ApiRoute> routes;
    const auto get = [&](std::string path, std::string name, HttpServer::Handler handler) {
        routes.push_back({"GET", std::move(path), std::move(name), std::move(handler), false});
    };
    const auto text = [](const std::function<std::string()>& hook, const char* otherwise) {
        return [hook, otherwise](const HttpRequest&) {
            return json_data(hook ? hook() : std::string(otherwise));
        };
    };

    get("/-/healthy", "healthy",
        [hook = hooks.healthy](const HttpRequest&) { return probe(!hook || hook(), "healthy"); });
    get("/-/ready", "ready",
        [hook = hooks.ready](const HttpRequest&) { return probe(!hook || hook(), "ready"); });
    if (hooks.reload)
        for (const char* method : {"POST", "PUT"})
            routes.push_back({method, "/-/reload", "reload",
                              [hook = hooks.reload](const HttpRequest&) {
                                  HttpResponse response;
                                  const std::string reason = hook();
                                  if (reason.empty()) return response;
                                  response.status = 500;
                                  response.body = fmt::format("failed to reload: {}\n", reason);
                                  return response;
                              },
                              true});
    get("/metrics", "metrics",
        [&metrics](const HttpRequest& request) { return metrics_page(metrics, request); });

    get("/api/v1/status/buildinfo", "buildinfo",
        [build = object(hooks.build)](const HttpRequest&) { return json_data(build); });
    get("/api/v1/status/flags", "flags",
        [flags = object(hooks.flags)](const HttpRequest&) { return json_data(flags); });
    get("/api/v1/status/config", "config", [hook = hooks.config](const HttpRequest&) {
        return json_data(object({{"yaml", hook ? hook() : ""}}));
    });
    get("/api/v1/status/feeds", "feeds", text(hooks.feeds, "[]"));
    get("/api/v1/status/sinks", "sinks", text(hooks.sinks, "[]"));
    get("/api/v1/status/engine", "engine", text(hooks.engine, "null"));

    get("/api/v1/state", "state",
        [&dashboard](const HttpRequest&) { return json_data(dashboard.state_json()); });
    get("/api/v1/history", "history",
        [&dashboard](const HttpRequest& request) { return history(dashboard, request); });
    get("/api/v1/alerts", "alerts", [&dashboard](const HttpRequest& request) {
        return alerts([&dashboard](auto... asked) { return dashboard.alerts_json(asked...); },
                      request);
    });
    get("/api/v1/shadow", "shadow", text(hooks.shadow, "null"));
    get("/api/v1/shadow/alerts", "shadow_alerts",
        [list = hooks.shadow_alerts](const HttpRequest& request) {
            const auto none = [](core::TimeNs, std::size_t) { return std::string("[]"); };
            return alerts(list ? list : ListAlerts(none), request);
        });
    get(std::string(alert_prefix), "alert",
        [&dashboard](const HttpRequest& request) { return alert(dashboard, request); });

    for (const EmbeddedFile& file : hooks.files) {
        if (file.name == "index.html")
            get("/", "page", file_handler(file));
        else
            get("/" + std::string(file.name), "asset", file_handler(file));
    }
    return routes;
}

void serve_api(HttpServer& server, sinks::Dashboard& dashboard, sinks::Metrics& metrics,
               const ApiHooks& hooks) {
    for (ApiRoute& route : api_routes(dashboard, metrics, hooks)) {
        metrics.declare_http(route.name);
        const auto add = route.aside ? &HttpServer::route_aside : &HttpServer::route;
        (server.*add)(route.method, route.path, route.name, std::move(route.handler));
    }
    metrics.declare_http("stream");
    server.stream("/api/v1/stream", "stream",
                  [&dashboard](const HttpRequest& request, HttpResponse& refusal) {
                      static_cast<void>(refusal);
                      const std::string* last = find(request.headers, "last-event-id");
                      return dashboard.open_stream(last ? *last : "");
                  });
    server.observe([&metrics](std::string_view handler, int code, double seconds) {
        metrics.observe_http(handler, code, seconds);
    });
}

}  // namespace contagiond::daemon
