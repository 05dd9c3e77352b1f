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

}  // namespace

TEST_CASE(
    "life of a tick: bytes on a socket become a signed webhook, a journal, a page and a metric") {
    const test::TemporaryDirectory folder;
    write_secret(folder.path / "key", "key");
    write_secret(folder.path / "secret", "secret");
    write_secret(folder.path / "webhook_secret", webhook_secret);

    const Script script = write_script();
    test::LoopbackServer stocks({script.stocks});
    test::LoopbackServer coins_server({script.coins});
    test::HttpReceiver receiver;
    test::ManualClock clock(start);
    TickWatcher watcher;

    daemon::AppSettings settings;
    daemon::Overrides overrides;
    overrides.storage_path = (folder.path / "state").string();
    settings.config = daemon::parse_config(configuration(stocks, coins_server, receiver),
                                           "life.yml", folder.path.string(), overrides);
    settings.clock = &clock;
    settings.watchers = {&watcher};
    const core::EngineConfig engine = settings.config.engine;
    daemon::App app(std::move(settings));
    app.start();

    std::uint64_t ticks = 0;
    for (int second = 1; second <= calm_seconds + fall_seconds; ++second) {
        clock.set(start + second * core::ns_per_s);
        stocks.go();
        coins_server.go();
        ticks += names.size() + coins.size();
        REQUIRE(watcher.wait_for_ticks(ticks));
    }
    CHECK(ticks == script.ticks);

    // The webhook: opened first, signed, and about this market.
    REQUIRE(receiver.wait_for(1, std::chrono::seconds(20)));
    const test::Received request = receiver.received().front();
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
    const std::string page = app.metrics_page();
    CHECK(page.find(R"(contagiond_alerts_total{rule="tech_to_crypto",severity="warning"} 1)") !=
          std::string::npos);
    CHECK(page.find(fmt::format(R"(contagiond_ticks_total{{symbol="NVDA"}} {})",
                                calm_seconds + fall_seconds)) != std::string::npos);
    CHECK(page.find(R"(contagiond_ring_dropped_total{ring="feed"} 0)") != std::string::npos);

    app.stop(9);

    // The journal replays to the very same document.
    daemon::JournalReader journal({(folder.path / "state" / "journal").string()});
    core::Engine again(engine);
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
    CHECK(stocks.complaints().empty());
    CHECK(coins_server.complaints().empty());
}
