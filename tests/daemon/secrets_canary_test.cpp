// A canary in every place of a configuration that holds a secret, and a daemon in trouble: it must
// be found in nothing that leaves the process.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "daemon/api_token.hpp"
#include "daemon/app.hpp"
#include "daemon/clock.hpp"
#include "daemon/config.hpp"
#include "daemon/demo/exchanges.hpp"
#include "daemon/demo/market.hpp"
#include "daemon/embedded_files.hpp"
#include "daemon/log.hpp"
#include "tests/daemon/config_support.hpp"
#include "tests/daemon/http_house.hpp"
#include "tests/support/caught_output.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/http_receiver.hpp"

using namespace contagiond;
using namespace std::chrono_literals;
using test::body_of;
using test::RawClient;

namespace {

constexpr double speed = 600;  ///< market seconds in one

std::string contents(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Secrets by where they are kept, and whether a text holds any.
class Canaries {
  public:
    std::string plant(const std::string& where, std::string secret) {
        secrets_[where] = secret;
        return secret;
    }
    /// Where the secrets are kept that `text` holds.
    std::vector<std::string> found_in(const std::string& text) const {
        std::vector<std::string> places;
        for (const auto& [where, secret] : secrets_)
            if (text.find(secret) != std::string::npos) places.push_back(where);
        return places;
    }

  private:
    std::map<std::string, std::string> secrets_;
};

std::string scenario() {
    for (const daemon::EmbeddedFile& file : daemon::scenario_files())
        if (file.name == "demo.yml") return std::string(file.contents);
    FAIL("no demo.yml is embedded");
    return {};
}

constexpr std::string_view more_feeds = R"(
  - name: nobody-there
    venue: finnhub
    key_file: finnhub-key
    instruments: {NVDA: NVDA}
  - name: wrong-key
    venue: alpaca
    key_file: strict-key
    secret_file: strict-secret
    instruments: {NVDA: NVDA}
)";

constexpr std::string_view webhooks = R"(
webhooks:
  - {name: failing, url_file: failing-url, secret_file: failing-secret, hub_secret_file: hub-secret, allow_private: true}
  - {name: nobody-there, url_file: closed-url, secret_file: closed-secret, allow_private: true}
  - {name: stranger, url_file: stranger-url, secret_file: stranger-secret, allow_private: true}
  - {name: bot, format: telegram, url: "http://127.0.0.1:1", token_file: bot-token, chat_id: "-1001234567890", allow_private: true}
  - {name: pager, format: pagerduty, url: "http://127.0.0.1:1", routing_key_file: pager-key, allow_private: true}
)";

/// Reads what a page would, with the desk's password.
struct Reader {
    std::uint16_t port;
    std::string authorization;
    std::string get(const std::string& target, const std::string& more = "") const {
        RawClient client(port);
        client.send(test::get(target, authorization + more + "Connection: close\r\n"));
        return client.read_all();
    }
};

}  // namespace

TEST_CASE("no secret of the configuration leaves the daemon, whatever goes wrong") {
    const test::TemporaryFolder folder;
    Canaries canaries;
    const auto keep = [&](const std::string& file, const std::string& text, std::string secret) {
        folder.write(file, text);
        canaries.plant(file, std::move(secret));
    };
    for (const char* file :
         {"alpaca-key", "alpaca-secret", "finnhub-key", "strict-key", "strict-secret"}) {
        const std::string secret = std::string("Canary0") + file;
        keep(file, secret, secret);
    }
    test::HttpReceiver failing([](const test::Received&, std::size_t i) {
        test::ScriptedReply reply;
        reply.status = i == 0 ? 500 : 404;
        return reply;
    });
    const test::Identity foreign = test::issue(test::Certificate::unknown_authority);
    test::HttpReceiver stranger({}, foreign.certificate, foreign.key);
    keep("failing-url", failing.url("Canary1failing"), "Canary1failing");
    keep("closed-url", "http://127.0.0.1:1/Canary1closed", "Canary1closed");
    keep("stranger-url", stranger.url("Canary1stranger"), "Canary1stranger");
    int number = 0;
    for (const char* file : {"failing-secret", "closed-secret", "stranger-secret"}) {
        const std::string secret = "Canary2" + std::to_string(number++) + std::string(24, 'A');
        keep(file, "whsec_" + secret, secret);
    }
    const std::string token = "Canary5token" + std::string(23, 'A');
    keep("bot-token", "123456789:" + token, token);
    const std::string routing_key = "Canary6key" + std::string(22, '0');
    keep("pager-key", routing_key, routing_key);
    keep("hub-secret", "Canary7hub", "Canary7hub");
    // The password is "Canary3password", and what somebody typed instead is nobody's business.
    constexpr const char* hash = "$2b$04$abcdefghijklmnopqrstuunWFxMVellCXFUUYFjqpK7qH/sKEMyuC";
    folder.write("web.yml", std::string("basic_auth_users:\n  desk: ") + hash + "\n");
    canaries.plant("password", "Canary3password");
    canaries.plant("its hash", hash);
    canaries.plant("wrong password", "Canary4mistyped");
    const std::string right = "Authorization: Basic ZGVzazpDYW5hcnkzcGFzc3dvcmQ=\r\n";
    const std::string wrong = "Authorization: Basic ZGVzazpDYW5hcnk0bWlzdHlwZWQ=\r\n";
    canaries.plant("credentials", "ZGVzazpDYW5hcnkzcGFzc3dvcmQ=");
    canaries.plant("wrong credentials", "ZGVzazpDYW5hcnk0bWlzdHlwZWQ=");

    demo::Market market(20250127), strict_market(20250127);
    const daemon::ScaledClock clock(market.script().start, speed);
    demo::Exchanges exchanges(market, clock);
    demo::Exchanges strict(strict_market, clock, {"another key", "another secret", {}, false});
    const demo::Endpoints endpoints = exchanges.start();

    std::string text = scenario();
    text.insert(text.find("\nengine:"), more_feeds);
    daemon::Overrides overrides;
    overrides.listen_address = "127.0.0.1:0";
    overrides.storage_path = folder.path() + "/state";
    daemon::AppSettings settings;
    settings.config =
        daemon::parse_config(text + std::string(webhooks), "canary.yml", folder.path(), overrides);
    for (feeds::SessionSettings& feed : settings.config.feeds) {
        if (feed.name == "nobody-there")
            feed.url = "ws://127.0.0.1:1";
        else if (feed.name != "wrong-key")
            feed.url = endpoints.at(std::string(feed.venue->id));
    }
    const demo::Endpoints strict_endpoints = strict.start();
    for (feeds::SessionSettings& feed : settings.config.feeds)
        if (feed.name == "wrong-key") feed.url = strict_endpoints.at("alpaca");
    settings.mode = "demo";
    settings.clock = &clock;
    settings.clock_rate = speed;
    settings.web_config_file = folder.path() + "/web.yml";
    settings.lifecycle = true;
    settings.request_reload = [] { return std::string("not now"); };

    const std::string err = folder.path() + "/stderr";
    std::string all_answers;
    std::optional<test::CaughtDescriptor> caught(std::in_place, STDERR_FILENO, err);
    daemon::set_log(daemon::LogLevel::debug, daemon::LogFormat::logfmt);
    bool alert_came = false, failed_twice = false, wrong_refused = false;
    {
        daemon::App app(std::move(settings));
        app.start();
        canaries.plant("api-token", daemon::read_api_token(folder.path() + "/state"));
        const Reader reader{app.port(), right};
        std::string id;
        alert_came = test::eventually(
            [&] {
                const std::string alerts = reader.get("/api/v1/alerts");
                std::smatch match;
                if (!std::regex_search(alerts, match, std::regex("\"id\":\"([0-9A-Z]{26})\"")))
                    return false;
                id = match[1];
                return true;
            },
            30s);
        failed_twice = failing.wait_for(2, 20s);
        wrong_refused = test::status_of(Reader{app.port(), wrong}.get("/")) == 401;
        all_answers += Reader{app.port(), wrong}.get("/api/v1/state");
        all_answers += Reader{app.port(), "Authorization: Bearer Canary4mistyped\r\n"}.get("/");
        for (const std::string& target : std::vector<std::string>{
                 "/", "/-/healthy", "/-/ready", "/metrics", "/api/v1/status/buildinfo",
                 "/api/v1/status/flags", "/api/v1/status/config", "/api/v1/status/feeds",
                 "/api/v1/status/sinks", "/api/v1/status/engine", "/api/v1/state",
                 "/api/v1/history", "/api/v1/alerts", "/api/v1/alerts/" + id,
                 "/api/v1/alerts/" + id + "/explain", "/api/v1/shadow", "/api/v1/shadow/alerts",
                 "/api/v1/nothing", "/nothing"}) {
            const std::string answer = reader.get(target);
            const int status = test::status_of(answer);
            INFO(target);
            CHECK((status == 200 || target.ends_with("nothing")));
            all_answers += answer;
        }
        for (const daemon::EmbeddedFile& file : daemon::web_files())
            if (file.name != "index.html") all_answers += reader.get("/" + std::string(file.name));
        all_answers += reader.get("/metrics", "Accept: application/openmetrics-text\r\n");
        RawClient stream(app.port());
        stream.send(test::get("/api/v1/stream", right));
        all_answers += stream.read_until("event: delta");
        RawClient reload(app.port());
        reload.send("POST /-/reload HTTP/1.1\r\nHost: 127.0.0.1\r\n" + right + "\r\n");
        all_answers += reload.read_response();
        all_answers += app.metrics_page();
        app.stop(8);
    }
    daemon::set_log(daemon::LogLevel::warn, daemon::LogFormat::logfmt);
    caught.reset();
    exchanges.stop();
    strict.stop();

    // All of the trouble did happen.
    CHECK(alert_came);
    CHECK(failed_twice);
    CHECK(wrong_refused);
    CHECK(stranger.connections() > 0);
    const std::string log = contents(err);
    for (const char* who : {"nobody-there", "wrong-key", "failing", "stranger", "bot", "pager"}) {
        INFO(who);
        CHECK(log.find(who) != std::string::npos);
    }
    CHECK(all_answers.find("<secret>") != std::string::npos);

    CHECK(canaries.found_in(log).empty());
    CHECK(canaries.found_in(all_answers).empty());
    for (const test::Received& received : failing.received()) {
        std::string all = received.body;
        for (const auto& [name, value] : received.headers) all += name + ": " + value + "\n";
        CHECK(canaries.found_in(all).empty());
    }
    std::size_t files = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder.path() + "/state")) {
        if (!entry.is_regular_file() || entry.path().filename() == "api-token") continue;
        INFO(entry.path());
        ++files;
        CHECK(canaries.found_in(entry.path().string() + contents(entry.path())).empty());
    }
    CHECK(files > 0);
    // And the search finds what is there.
    CHECK(canaries.found_in(contents(folder.path() + "/strict-key")).size() == 1);
}
