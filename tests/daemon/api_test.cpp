#include "daemon/api.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "daemon/api_query.hpp"
#include "tests/support/price_sampled.hpp"

using namespace contagiond;
using daemon::HttpRequest;
using daemon::HttpResponse;
using nlohmann::json;

namespace {

constexpr core::TimeNs noon = 1'737'979'200 * core::ns_per_s;  // 2025-01-27T12:00:00Z
constexpr std::string_view id_a = "01JJK3ZC8Q4X0Q7N9S6V3W2E1R";

/// Everything the API needs, without a socket.
struct Bench {
    Bench() {
        config.universe.instruments = {{"NVDA"}, {"BTC-USD"}};
        config.universe.groups = {{"us_tech", {{0, 1.0}}}};
        config.universe.feeds = {{"stocks", "alpaca", {0}}};
        config.targets = {1};
        sinks::DashboardSettings settings;
        settings.monotonic_now = [] { return core::DurationNs{0}; };
        sinks::DocumentContext context;
        context.engine = &config;
        dashboard = std::make_unique<sinks::Dashboard>(settings, context);
        metrics = std::make_unique<sinks::Metrics>(config);
        hooks.files = {{"index.html", "<!doctype html>", ""},
                       {"assets/app.js", "let x;", ""},
                       {"x.css", "p{}", ""}};
        hooks.flags = {{"web.listen-address", "127.0.0.1:0"}};
        hooks.build = {{"version", "0.1.0"}, {"revision", "\"quoted\""}};
    }
    void say(core::Event event) {
        const sinks::Item item = std::move(event);
        dashboard->consume({&item, 1});
    }
    /// As the server dispatches.
    HttpResponse ask(const std::string& method, const std::string& path,
                     std::map<std::string, std::string> query = {},
                     std::map<std::string, std::string> headers = {}) const {
        for (const auto& route : daemon::api_routes(*dashboard, *metrics, hooks)) {
            const bool prefix = route.path.size() > 1 && route.path.back() == '/';
            if (route.method != method ||
                (prefix ? !path.starts_with(route.path) : path != route.path))
                continue;
            return route.handler({method, path, std::move(query), std::move(headers), "", ""});
        }
        HttpResponse none;
        none.status = 404;
        return none;
    }
    json data(const std::string& path, std::map<std::string, std::string> query = {}) const {
        const HttpResponse response = ask("GET", path, std::move(query));
        CHECK(response.status == 200);
        CHECK(response.content_type == "application/json");
        const json body = json::parse(response.body);
        CHECK(body["status"] == "success");
        return body["data"];
    }
    /// The sentence of a 400.
    std::string refused(const std::string& path, std::map<std::string, std::string> query) const {
        const HttpResponse response = ask("GET", path, std::move(query));
        CHECK(response.status == 400);
        const json body = json::parse(response.body);
        CHECK(body["status"] == "error");
        CHECK(body["errorType"] == "bad_data");
        return body["error"];
    }

    core::EngineConfig config;
    std::unique_ptr<sinks::Dashboard> dashboard;
    std::unique_ptr<sinks::Metrics> metrics;
    daemon::ApiHooks hooks;
};

core::EpisodeChanged episode(core::EpisodePhase phase, core::TimeNs ts, std::uint32_t revision) {
    auto e = std::make_shared<core::Episode>();
    std::copy(id_a.begin(), id_a.end(), e->id.text.begin());
    e->phase = phase;
    e->revision = revision;
    e->ts = e->started_at = e->detected_at = ts;
    core::EpisodeTarget target{};
    target.instrument = 1;
    target.feed = 0;
    target.price = {1, 0};
    e->targets = {target};
    return {ts, e};
}

}  // namespace

TEST_CASE("probes ask the app") {
    Bench bench;
    CHECK(bench.ask("GET", "/-/healthy").status == 200);
    CHECK(bench.ask("GET", "/-/ready").status == 200);
    bool well = false;
    bench.hooks.healthy = bench.hooks.ready = [&] { return well; };
    CHECK(bench.ask("GET", "/-/healthy").status == 503);
    CHECK(bench.ask("GET", "/-/healthy").body == "contagiond is not healthy.\n");
    CHECK(bench.ask("GET", "/-/ready").status == 503);
    well = true;
    CHECK(bench.ask("GET", "/-/healthy").status == 200);
    CHECK(bench.ask("GET", "/-/ready").body == "contagiond is ready.\n");
}

TEST_CASE("a shadow is told where there is one, and takes no place in the list of alerts") {
    Bench bench;
    CHECK(bench.data("/api/v1/shadow").is_null());
    CHECK(bench.data("/api/v1/shadow/alerts") == json::array());
    core::TimeNs asked_since = 0;
    std::size_t asked_limit = 0;
    bench.hooks.shadow = [] { return std::string(R"({"name":"early","alerts":1})"); };
    bench.hooks.shadow_alerts = [&](core::TimeNs since, std::size_t limit) {
        asked_since = since;
        asked_limit = limit;
        return std::string(R"([{"type":"contagion.alert.opened","data":{"shadow":"early"}}])");
    };
    CHECK(bench.data("/api/v1/shadow")["name"] == "early");
    CHECK(bench.data("/api/v1/shadow/alerts").size() == 1);
    CHECK(asked_since == core::no_time);
    CHECK(asked_limit == 100);
    bench.data("/api/v1/shadow/alerts", {{"since", "2025-01-27T12:00:00Z"}, {"limit", "7"}});
    CHECK(asked_since == noon);
    CHECK(asked_limit == 7);
    CHECK(bench.refused("/api/v1/shadow/alerts", {{"limit", "0"}}).find("limit") !=
          std::string::npos);
    CHECK(bench.data("/api/v1/alerts") == json::array());
}

TEST_CASE("reload exists only where it was allowed, and tells why it failed") {
    Bench bench;
    CHECK(bench.ask("POST", "/-/reload").status == 404);
    std::string reason;
    int asked = 0;
    bench.hooks.reload = [&] {
        ++asked;
        return reason;
    };
    CHECK(bench.ask("GET", "/-/reload").status == 404);
    CHECK(asked == 0);
    CHECK(bench.ask("POST", "/-/reload").status == 200);
    reason = "desk.yml:3: unknown key";
    const HttpResponse failed = bench.ask("PUT", "/-/reload");
    CHECK(failed.status == 500);
    CHECK(failed.body == "failed to reload: desk.yml:3: unknown key\n");
    CHECK(asked == 2);
}

TEST_CASE("metrics come in the format that is asked for") {
    const Bench bench;
    const auto type = [&](const char* accept) {
        const HttpResponse response = bench.ask("GET", "/metrics", {}, {{"accept", accept}});
        CHECK(response.status == 200);
        const bool open = response.body.ends_with("# EOF\n");
        CHECK(response.content_type ==
              (open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                    : "text/plain; version=0.0.4; charset=utf-8"));
        return open;
    };
    CHECK(
        type("application/openmetrics-text;version=1.0.0,application/"
             "openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
    CHECK(type("text/plain, Application/OpenMetrics-Text ; q=0.3"));
    CHECK_FALSE(type("*/*"));
    CHECK_FALSE(type("text/plain"));
    CHECK_FALSE(type("application/openmetrics-text; q=0.0, */*"));
    CHECK_FALSE(type("application/openmetrics-texts"));
    CHECK(bench.ask("GET", "/metrics").content_type.starts_with("text/plain; version=0.0.4"));
}

TEST_CASE("status tells build, flags, configuration, feeds and sinks") {
    Bench bench;
    CHECK(bench.data("/api/v1/status/buildinfo") ==
          json{{"version", "0.1.0"}, {"revision", "\"quoted\""}});
    CHECK(bench.data("/api/v1/status/flags") == json{{"web.listen-address", "127.0.0.1:0"}});
    CHECK(bench.data("/api/v1/status/config") == json{{"yaml", ""}});
    CHECK(bench.data("/api/v1/status/feeds") == json::array());
    CHECK(bench.data("/api/v1/status/sinks") == json::array());
    CHECK(bench.data("/api/v1/status/engine").is_null());
    bench.hooks.config = [] { return std::string("url: <secret>\n\xff"); };
    bench.hooks.feeds = [] { return std::string(R"([{"name":"stocks"}])"); };
    bench.hooks.sinks = [] { return std::string(R"([{"name":"journal"}])"); };
    bench.hooks.engine = [] { return std::string(R"({"rings":[]})"); };
    CHECK(bench.data("/api/v1/status/engine")["rings"] == json::array());
    CHECK(bench.data("/api/v1/status/config")["yaml"] == "url: <secret>\n\xef\xbf\xbd");
    CHECK(bench.data("/api/v1/status/feeds")[0]["name"] == "stocks");
    CHECK(bench.data("/api/v1/status/sinks")[0]["name"] == "journal");
}

TEST_CASE("state and history are the dashboard's") {
    Bench bench;
    CHECK(bench.data("/api/v1/state")["targets"][0]["regime"] == "warming");
    for (int i = 0; i < 6; ++i) {
        const core::TimeNs ts = noon + i * core::ns_per_min;
        bench.say(test::price_sampled(ts, 0, 0, {100 + i, 0}, 0, {}, false));
        bench.say(core::BarClosed{ts});
    }
    const auto prices = [&](std::map<std::string, std::string> query) {
        return bench.data("/api/v1/history", std::move(query))["instruments"]["NVDA"]["price"];
    };
    CHECK(prices({}).size() == 6);
    CHECK(prices({{"from", "2025-01-27T12:01:00Z"}, {"to", "2025-01-27T12:03:00.000Z"}}) ==
          json({"102", "103"}));
    CHECK(prices({{"from", "1737979259.5"}, {"to", "1737979320"}}) == json({"101", "102"}));
    CHECK(prices({{"step", "120"}}) == json({"100", "102", "104"}));
    CHECK(prices({{"from", "2025-01-28"}}) == json::array());
    CHECK(prices({{"unknown", "x"}}).size() == 6);
    const json two = bench.data("/api/v1/history", {{"parts", "targets,leads"}});
    CHECK(two["targets"]["BTC-USD"]["score"].size() == 6);
    CHECK(two["leads"].size() == 2);
    for (const char* part : {"instruments", "groups", "correlations"})
        CHECK_FALSE(two.contains(part));
    for (const char* bad : {"", "prices", "targets,", ",targets", "targets leads"})
        CHECK(bench.refused("/api/v1/history", {{"parts", bad}}).starts_with("parts: "));

    CHECK(bench.refused("/api/v1/history", {{"from", "yesterday"}}) ==
          "from: expected an RFC 3339 time in UTC or seconds since the epoch");
    for (const char* bad : {"", "-5", "2025-13-01T00:00:00Z", "1e9", "NaN", "99999999999999999999",
                            "1737979200.1234567890", "12:00", "1.", ".5"})
        CHECK(bench.refused("/api/v1/history", {{"to", bad}}).starts_with("to: "));
    CHECK(bench.refused("/api/v1/history", {{"step", "5m"}}).starts_with("step: "));
    CHECK(bench.refused("/api/v1/history", {{"from", "200"}, {"to", "100"}}).starts_with("to: "));
}

TEST_CASE("alerts are listed, limited, and told with their revisions") {
    Bench bench;
    CHECK(bench.data("/api/v1/alerts") == json::array());
    bench.say(episode(core::EpisodePhase::opened, noon, 1));
    bench.say(episode(core::EpisodePhase::resolved, noon + core::ns_per_min, 2));
    CHECK(bench.data("/api/v1/alerts").size() == 1);
    CHECK(bench.data("/api/v1/alerts", {{"since", "2025-01-27T12:00:30Z"}}).size() == 1);
    CHECK(bench.data("/api/v1/alerts", {{"since", "2025-01-27T12:01:00Z"}}).empty());
    CHECK(bench.data("/api/v1/alerts/" + std::string(id_a)).size() == 2);
    for (const char* bad : {"0", "1001", "-1", "many", ""})
        CHECK(bench.refused("/api/v1/alerts", {{"limit", bad}}) ==
              "limit: expected a whole number from 1 to 1000");
    CHECK(bench.refused("/api/v1/alerts", {{"since", "x"}}).starts_with("since: "));

    for (const char* id : {"", "nobody", "../state", "01JJK3ZC8Q4X0Q7N9S6V3W2E1R/x", "/explain",
                           "nobody/explain", "01JJK3ZC8Q4X0Q7N9S6V3W2E1R/explain/explain"}) {
        const HttpResponse none = bench.ask("GET", std::string("/api/v1/alerts/") + id);
        CHECK(none.status == 404);
        CHECK(json::parse(none.body)["errorType"] == "not_found");
    }
}

TEST_CASE("an alert is explained for as long as it is listed") {
    Bench bench;
    core::EpisodeChanged opened = episode(core::EpisodePhase::opened, noon, 1);
    core::Episode with_cause = *opened.episode;
    core::EpisodeCause cause;
    cause.target = 1;
    cause.score = 0.85;
    core::ConditionReading fall =
        core::at_least(core::Condition::target_fall, core::ConditionUnit::fraction, 0.0162, 0.015);
    fall.scaled = true;
    cause.conditions.push_back({fall, noon, {}, 0.0012});
    with_cause.cause = cause;
    opened.episode = std::make_shared<const core::Episode>(with_cause);
    bench.say(opened);
    const std::string path = "/api/v1/alerts/" + std::string(id_a) + "/explain";
    const json told = bench.data(path);
    CHECK(told["schema"] == "contagiond.explanation/1");
    CHECK(told["id"] == id_a);
    CHECK(told["target"] == "BTC-USD");
    CHECK(told["detected_at"] == "2025-01-27T12:00:00.000000Z");
    REQUIRE(told["conditions"].size() == 1);
    CHECK(told["conditions"][0]["condition"] == "target_fall");
    CHECK(told["conditions"][0]["target_higher"] == 0.0012);
    CHECK(told["conditions"][0]["source_higher"].is_null());
    CHECK(told["threshold_factor"]["prevented_above"].get<double>() == Approx(1.08));
    // A later revision changes nothing of it.
    bench.say(episode(core::EpisodePhase::resolved, noon + core::ns_per_min, 2));
    CHECK(bench.data(path) == told);

    // One whose conditions were not recorded says so.
    Bench other;
    other.say(episode(core::EpisodePhase::opened, noon, 1));
    CHECK(other.data(path)["known"] == false);
}

TEST_CASE("the page stands at the root, and its files at their names") {
    const Bench bench;
    const HttpResponse page = bench.ask("GET", "/");
    CHECK(page.status == 200);
    CHECK(page.body == "<!doctype html>");
    CHECK(page.content_type == "text/html; charset=utf-8");
    CHECK(bench.ask("GET", "/assets/app.js").content_type == "text/javascript; charset=utf-8");
    CHECK(bench.ask("GET", "/x.css").content_type == "text/css; charset=utf-8");
    CHECK(bench.ask("GET", "/app.js").status == 404);
    CHECK(bench.ask("GET", "/index.html").status == 404);  // one page, one address
}

TEST_CASE("queries read times to the nanosecond") {
    CHECK(daemon::parse_query_time("1737979200.123456789") == noon + 123'456'789);
    CHECK(daemon::parse_query_time("1737979200.5") == noon + 500'000'000);
    CHECK(daemon::parse_query_time("2025-01-27T12:00:00.123456789Z") == noon + 123'456'789);
    CHECK(daemon::parse_query_seconds("0.000000001") == 1);
    CHECK_FALSE(daemon::parse_query_seconds("4102444801"));
    CHECK_FALSE(daemon::parse_query_seconds("1.5.5"));
    CHECK_FALSE(daemon::parse_query_seconds("+1"));
}

TEST_CASE("routes are unique, and every handler has its series from the start") {
    const Bench bench;
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& route : daemon::api_routes(*bench.dashboard, *bench.metrics, bench.hooks)) {
        INFO(route.path);
        CHECK(seen.emplace(route.method, route.path).second);
        CHECK(route.handler);
        // Whatever may take its time is not done on the listener's thread.
        CHECK(route.aside == (route.path == "/-/reload"));
    }
    daemon::HttpServer server(daemon::HttpServerSettings{});  // not started: nothing listens
    daemon::serve_api(server, *bench.dashboard, *bench.metrics, bench.hooks);
    const std::string page = bench.metrics->render(false);
    for (const char* handler : {"page", "asset", "metrics", "healthy", "ready", "state", "history",
                                "alerts", "alert", "feeds", "stream"})
        CHECK(page.find("contagiond_http_requests_total{handler=\"" + std::string(handler) +
                        "\",code=\"200\"} 0\n") != std::string::npos);
}
