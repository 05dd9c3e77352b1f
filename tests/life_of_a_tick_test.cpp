// The story that ARCHITECTURE.md tells, run: bytes on a loopback socket go through every room and
// come out as a signed webhook, a journal, a page and a metric.
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "core/input.hpp"
#include "daemon/app.hpp"
#include "daemon/journal_reader.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/webhook/signature.hpp"
#include "tests/support/http_receiver.hpp"
#include "tests/support/loopback_server.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/random.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;

namespace {

constexpr core::TimeNs start = 1'737'988'200 * core::ns_per_s;  // 2025-01-27T14:30:00Z
constexpr int calm_seconds = 420;
constexpr int fall_seconds = 240;

struct Name {
    const char* symbol;
    double price;
    double sigma;  ///< of a second
    double fall;   ///< log, over fall_seconds
};
constexpr std::array names = {Name{"NVDA", 142.62, 1.4e-4, -0.050},
                              Name{"AMD", 122.8, 1.4e-4, -0.040},
                              Name{"TSM", 221.9, 1.2e-4, -0.045}};
constexpr std::array coins = {Name{"BTCUSDT", 105'200, 9e-5, -0.040},
                              Name{"ETHUSDT", 3'326, 1.1e-4, -0.045}};

/// Trades of one second in a venue's own words, in both dialects.
struct Script {
    std::vector<test::Step> stocks;
    std::vector<test::Step> coins;
    std::uint64_t ticks = 0;
};

Script write_script() {
    Script script;
    script.stocks = {
        test::accept(),
        test::send(R"([{"T":"success","msg":"connected"}])"),
        test::expect("auth"),
        test::send(R"([{"T":"success","msg":"authenticated"}])"),
        test::expect("subscribe"),
        test::send(R"([{"T":"subscription","trades":["NVDA","AMD","TSM"],"quotes":[]}])")};
    script.coins = {test::accept(), test::expect("SUBSCRIBE"),
                    test::send(R"({"result":null,"id":1})")};

    test::Random random(27);
    std::array<double, names.size()> stock_levels{};
    std::array<double, coins.size()> coin_levels{};
    std::uint64_t id = 1000;
    for (int second = 1; second <= calm_seconds + fall_seconds; ++second) {
        const core::TimeNs ts = start + second * core::ns_per_s - 20 * core::ns_per_ms;
        const double falling = second > calm_seconds ? 1.0 / fall_seconds : 0.0;
        const double common = random.normal();
        std::string batch;
        for (std::size_t i = 0; i < names.size(); ++i) {
            stock_levels[i] +=
                names[i].sigma * (0.4 * common + 0.9 * random.normal()) + falling * names[i].fall;
            batch += fmt::format(
                R"({}{{"T":"t","S":"{}","i":{},"x":"V","p":{:.2f},"s":100,"c":["@"],"z":"C","t":"{}"}})",
                batch.empty() ? "" : ",", names[i].symbol, ++id,
                names[i].price * std::exp(stock_levels[i]), sinks::rfc3339(ts));
        }
        script.stocks.push_back(test::await_go());
        script.stocks.push_back(test::send("[" + batch + "]"));
        script.coins.push_back(test::await_go());
        for (std::size_t i = 0; i < coins.size(); ++i) {
            coin_levels[i] +=
                coins[i].sigma * (0.4 * common + 0.9 * random.normal()) + falling * coins[i].fall;
            script.coins.push_back(test::send(fmt::format(
                R"({{"e":"trade","E":{0},"s":"{1}","t":{2},"p":"{3:.2f}","q":"0.5","T":{0},"m":true,"M":true}})",
                ts / core::ns_per_ms, coins[i].symbol, second,
                coins[i].price * std::exp(coin_levels[i]))));
        }
        script.ticks += names.size() + coins.size();
    }
    return script;
}

/// Counts what the engine took, so that the test moves the clock only when a second is through.
class TickWatcher final : public sinks::Sink {
  public:
    std::string_view name() const override { return "tick_watcher"; }
    bool wants_inputs() const override { return true; }
    bool wants(const core::Event& event) const override {
        return std::holds_alternative<core::EpisodeChanged>(event);
    }
    void consume(std::span<const sinks::Item> items) override {
        const std::lock_guard lock(mutex_);
        for (const sinks::Item& item : items)
            if (const auto* input = std::get_if<core::Input>(&item))
                ticks_ += input->kind == core::InputKind::trade;
        changed_.notify_all();
    }
    bool wait_for_ticks(std::uint64_t n) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return ticks_ >= n; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t ticks_ = 0;
};

std::string configuration(const test::LoopbackServer& stocks,
                          const test::LoopbackServer& coins_server,
                          const test::HttpReceiver& receiver) {
    return fmt::format(R"(
instance: test-desk
web: {{listen_address: "127.0.0.1:0"}}
instruments:
  NVDA: {{class: equity}}
  AMD: {{class: equity}}
  TSM: {{class: equity}}
  BTC-USD: {{class: crypto}}
  ETH-USD: {{class: crypto}}
groups:
  us_tech: {{NVDA: 0.5, AMD: 0.2, TSM: 0.3}}
feeds:
  - name: stocks
    venue: alpaca
    url: {}
    key_file: key
    secret_file: secret
    instruments: {{NVDA: NVDA, AMD: AMD, TSM: TSM}}
  - name: coins
    venue: binance_spot
    url: {}
    instruments: {{BTC-USD: BTCUSDT, ETH-USD: ETHUSDT}}
engine:
  source: us_tech
  targets: [BTC-USD, ETH-USD]
  bar: 10s
  correlation_windows: [2m, 5m]
  selloff_horizons: [1m, 2m, 3m]
  warmup: 5m
detector: {{confirm: 10s, threshold_factor: 1}}
webhooks:
  - name: desk
    url: {}
    secret_file: webhook_secret
    allow_private: true
)",
                       stocks.url("/v2/iex"), coins_server.url("/ws"), receiver.url("hook"));
}

constexpr std::string_view webhook_secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

void write_secret(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path) << text;
    std::filesystem::permissions(
        path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

/// The whole daemon between two venues and a chat, and its clock in the test's hand.
struct Day {
    explicit Day(core::TimeNs from = start) : clock(from) {
        write_secret(folder.path / "key", "key");
        write_secret(folder.path / "secret", "secret");
        write_secret(folder.path / "webhook_secret", webhook_secret);
        daemon::AppSettings settings;
        daemon::Overrides overrides;
        overrides.storage_path = (folder.path / "state").string();
        settings.config = daemon::parse_config(configuration(stocks, coins_server, receiver),
                                               "life.yml", folder.path.string(), overrides);
        settings.clock = &clock;
        settings.watchers = {&watcher};
        engine = settings.config.engine;
        app = std::make_unique<daemon::App>(std::move(settings));
        app->start();
    }
    /// Seconds up to this one happen.
    void play(int until) {
        for (; second <= until; ++second) {
            clock.set(start + second * core::ns_per_s);
            stocks.go();
            coins_server.go();
            ticks += names.size() + coins.size();
            REQUIRE(watcher.wait_for_ticks(ticks));
        }
    }
    /// What the API says to a command of this machine.
    nlohmann::json ask(const std::string& method, const std::string& path,
                       const std::string& body = "") const {
        std::string token;
        std::getline(std::ifstream(folder.path / "state" / "api-token"), token);
        test::RawClient client(app->port());
        client.send(fmt::format(
            "{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\n"
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
            method, path, token, body.size(), body));
        const std::string answer = client.read_all();
        INFO(answer);
        CHECK(test::status_of(answer) == 200);
        return nlohmann::json::parse(test::body_of(answer), nullptr, false)["data"];
    }

    test::TemporaryDirectory folder;
    Script script = write_script();
    test::LoopbackServer stocks{{script.stocks}};
    test::LoopbackServer coins_server{{script.coins}};
    test::HttpReceiver receiver;
    test::ManualClock clock;
    TickWatcher watcher;
    core::EngineConfig engine;
    std::unique_ptr<daemon::App> app;
    int second = 1;
    std::uint64_t ticks = 0;
};

}  // namespace

TEST_CASE(
    "life of a tick: bytes on a socket become a signed webhook, a journal, a page and a metric") {
    Day day;
    day.play(calm_seconds + fall_seconds);
    CHECK(day.ticks == day.script.ticks);

    // The webhook: opened first, signed, and about this market.
    REQUIRE(day.receiver.wait_for(1, std::chrono::seconds(20)));
    const test::Received request = day.receiver.received().front();
    const auto document = nlohmann::json::parse(request.body);
    CHECK(document["type"] == "contagion.alert.opened");
    const auto& data = document["data"];
    CHECK(data["rule"] == "tech_to_crypto");
    CHECK(data["source"]["group"] == "us_tech");
    CHECK(data["status"] == "firing");
    CHECK(data["engine"]["instance"] == "test-desk");
    std::set<std::string> told;
    for (const auto& target : data["targets"]) told.insert(target["symbol"]);
    CHECK(told.size() >= 1);
    for (const std::string& symbol : told) CHECK((symbol == "BTC-USD" || symbol == "ETH-USD"));
    CHECK(request.headers.at("webhook-id") == data["id"].get<std::string>() + "_1");
    CHECK(sinks::signature(*sinks::signing_key(webhook_secret), request.headers.at("webhook-id"),
                           std::stoll(request.headers.at("webhook-timestamp")),
                           request.body) == request.headers.at("webhook-signature"));

    // The metric and the counters along the way.
    const std::string page = day.app->metrics_page();
    CHECK(page.find(R"(contagiond_alerts_total{rule="tech_to_crypto",severity="warning"} 1)") !=
          std::string::npos);
    CHECK(page.find(fmt::format(R"(contagiond_ticks_total{{symbol="NVDA"}} {})",
                                calm_seconds + fall_seconds)) != std::string::npos);
    CHECK(page.find(R"(contagiond_ring_dropped_total{ring="feed"} 0)") != std::string::npos);

    day.app->stop(9);

    // The journal replays to the very same document.
    daemon::JournalReader journal({(day.folder.path / "state" / "journal").string()});
    core::Engine again(day.engine);
    std::optional<std::string> replayed_id;
    std::vector<core::Input> inputs;
    core::Input input;
    while (journal.next(input)) {
        for (const core::Event& event : again.step({&input, 1}))
            if (const auto* changed = std::get_if<core::EpisodeChanged>(&event);
                changed && !replayed_id)
                replayed_id = std::string(changed->episode->id.view());
    }
    REQUIRE(replayed_id);
    CHECK(*replayed_id == data["id"].get<std::string>());
    CHECK(day.stocks.complaints().empty());
    CHECK(day.coins_server.complaints().empty());
}

TEST_CASE("a silenced alert is stored and shown and not sent, until its silence ends") {
    Day day;
    day.play(30);
    const auto silence = day.ask("POST", "/api/v1/silences",
                                 R"({"everything":true,"for":"1h","comment":"roll","by":"anna"})");
    const std::string silence_id = silence["id"];
    day.ask("POST", "/api/v1/annotations",
            R"({"text":"DeepSeek tops the App Store","symbols":["NVDA"],"by":"anna"})");
    day.play(calm_seconds + fall_seconds);

    // It is known here, and marked, on the page's stream of state too.
    nlohmann::json alerts;
    REQUIRE(test::eventually([&] {
        alerts = day.ask("GET", "/api/v1/alerts");
        return alerts.size() == 1;
    }));
    const std::string id = alerts[0]["data"]["id"];
    CHECK(alerts[0]["silenced_by"] == silence_id);
    CHECK(alerts[0]["acknowledged"].is_null());
    day.ask("POST", "/api/v1/alerts/" + id + "/ack", R"({"comment":"looking","by":"ben"})");
    CHECK(day.ask("GET", "/api/v1/alerts")[0]["acknowledged"]["by"] == "ben");
    REQUIRE(test::eventually([&] {
        const auto state = day.ask("GET", "/api/v1/state");
        return state["silenced"].size() == 1 && state["acknowledged"].size() == 1 &&
               state["silences_active"] == 1 && state["annotations"].size() == 1;
    }));
    const auto has = [&](const char* line) {
        return day.app->metrics_page().find(line) != std::string::npos;
    };
    CHECK(has("contagiond_silences_active 1"));
    CHECK(has("contagiond_alerts_silenced 1"));
    CHECK(has("contagiond_alerts_acknowledged 1"));
    CHECK(has("contagiond_annotations_total 1"));
    CHECK(day.receiver.received().empty());

    // Open as it is, it is sent when the silence is over.
    day.ask("DELETE", "/api/v1/silences/" + silence_id);
    REQUIRE(day.receiver.wait_for(1, std::chrono::seconds(20)));
    CHECK(nlohmann::json::parse(day.receiver.received().front().body)["data"]["id"] == id);
    CHECK(day.ask("GET", "/api/v1/alerts")[0]["silenced_by"].is_null());
    day.app->stop(9);

    // The note is in the recording, which replays to the same alert.
    daemon::JournalReader journal({(day.folder.path / "state" / "journal").string()});
    std::vector<std::string> notes;
    journal.on_annotation([&](const core::Annotation& note) { notes.push_back(note.text); });
    core::Engine again(day.engine);
    std::set<std::string> replayed;
    core::Input input;
    while (journal.next(input))
        for (const core::Event& event : again.step({&input, 1}))
            if (const auto* changed = std::get_if<core::EpisodeChanged>(&event))
                replayed.emplace(changed->episode->id.view());
    CHECK(notes == std::vector<std::string>{"DeepSeek tops the App Store"});
    CHECK(replayed == std::set<std::string>{id});
}
