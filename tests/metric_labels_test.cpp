// What a venue says never becomes a label: the page of a daemon that was told hostile symbols,
// hostile message types and hostile refusals has the series it had before the first byte, and no
// others.
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/input.hpp"
#include "daemon/app.hpp"
#include "daemon/sinks/event_json.hpp"
#include "tests/support/loopback_server.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;

namespace {

constexpr core::TimeNs start = 1'737'988'200 * core::ns_per_s;  // 2025-01-27T14:30:00Z

/// Each would break a page if it got there as it is, and carries the word that is looked for.
const std::array<std::string, 6> hostile = {
    "canary<img src=x onerror=alert(1)>",
    "canary\"} 1\nevil_metric{x=\"",
    "canary\\",
    std::string("canary\0nul", 10),
    "canary\u202Ebidi",
    "canary" + std::string(4000, 'A'),
};

/// Tells when the engine took a tick of the last frame: everything before it was handled by then.
class LastTick final : public sinks::Sink {
  public:
    std::string_view name() const override { return "last_tick"; }
    bool wants_inputs() const override { return true; }
    bool wants(const core::Event&) const override { return false; }
    void consume(std::span<const sinks::Item> items) override {
        const std::lock_guard lock(mutex_);
        for (const sinks::Item& item : items)
            if (const auto* input = std::get_if<core::Input>(&item))
                ticks_ += input->kind == core::InputKind::trade;
        changed_.notify_all();
    }
    bool wait_for(std::uint64_t ticks) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return ticks_ >= ticks; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t ticks_ = 0;
};

nlohmann::json trade(const std::string& symbol, const char* type = "t") {
    return {{"T", type},  {"S", symbol}, {"i", 1},
            {"x", "V"},   {"p", 142.5},  {"s", 100},
            {"c", {"@"}}, {"z", "C"},    {"t", sinks::rfc3339(start)}};
}

test::Conversation conversation() {
    using nlohmann::json;
    test::Conversation script = {
        test::accept(),
        test::send(R"([{"T":"success","msg":"connected"}])"),
        test::expect("auth"),
        test::send(R"([{"T":"success","msg":"authenticated"}])"),
        test::expect("subscribe"),
        test::send(R"([{"T":"subscription","trades":["NVDA"],"quotes":[]}])"),
        test::send(json::array({trade("NVDA")}).dump()),
    };
    for (const std::string& text : hostile) {
        script.push_back(test::send(json::array({trade(text)}).dump()));
        script.push_back(test::send(json::array({trade("NVDA", text.c_str())}).dump()));
        json odd_fields = trade("NVDA");
        odd_fields["x"] = odd_fields["z"] = odd_fields["t"] = text;
        odd_fields[text] = text;
        script.push_back(test::send(json::array({odd_fields}).dump()));
        script.push_back(test::send("[{\"T\":\"t\",\"S\":\"" + std::string("canary broken")));
    }
    json last = trade("NVDA");
    last["i"] = 2;
    script.push_back(test::send(json::array({last}).dump()));
    return script;
}

/// The page's series, "name{labels}".
std::set<std::string> series_of(const std::string& page) {
    std::set<std::string> series;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);)
        if (!line.empty() && line.front() != '#') series.insert(line.substr(0, line.rfind(' ')));
    return series;
}

double value_of(const std::string& page, const std::string& series) {
    const std::size_t at = page.find("\n" + series + " ");
    INFO(series);
    REQUIRE(at != std::string::npos);
    return std::stod(page.substr(at + series.size() + 2));
}

void write_secret(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path) << text;
    std::filesystem::permissions(
        path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace

TEST_CASE("no label comes from a message: hostile symbols make no series") {
    const test::TemporaryDirectory folder;
    write_secret(folder.path / "key", "key");
    write_secret(folder.path / "secret", "secret");
    test::LoopbackServer stocks({conversation()});
    // A venue that refuses in hostile words, each time it is asked.
    test::LoopbackServer coins({{test::accept(), test::expect("SUBSCRIBE"),
                                 test::send(nlohmann::json{
                                     {"error", {{"code", 2}, {"msg", hostile[0] + hostile[1]}}},
                                     {"id", 1}}.dump())}});
    test::ManualClock clock(start);
    LastTick last;

    daemon::AppSettings settings;
    daemon::Overrides overrides;
    overrides.storage_path = (folder.path / "state").string();
    settings.config = daemon::parse_config(fmt::format(R"(
web: {{listen_address: "127.0.0.1:0"}}
instruments:
  NVDA: {{class: equity}}
  BTC-USD: {{class: crypto}}
groups:
  us_tech: {{NVDA: 1}}
feeds:
  - name: stocks
    venue: alpaca
    url: {}
    key_file: key
    secret_file: secret
    instruments: {{NVDA: NVDA}}
  - name: coins
    venue: binance_spot
    url: {}
    instruments: {{BTC-USD: BTCUSDT}}
engine:
  source: us_tech
  targets: [BTC-USD]
)",
                                                       stocks.url("/v2/iex"), coins.url("/ws")),
                                           "labels.yml", folder.path.string(), overrides);
    settings.clock = &clock;
    settings.watchers = {&last};
    daemon::App app(std::move(settings));
    const std::set<std::string> before = series_of(app.metrics_page());
    CHECK(before.size() > 200);

    app.start();
    clock.set(start + core::ns_per_s);
    REQUIRE(last.wait_for(2));
    app.stop(9);  // every sink has taken what there was

    const std::string page = app.metrics_page();
    // It was all read, and by its own names counted.
    CHECK(value_of(page, R"(contagiond_feed_rejected_ticks_total{feed="stocks",reason=)"
                         R"("unknown_instrument"})") >= 5);
    CHECK(value_of(page, R"(contagiond_feed_parse_errors_total{feed="stocks",reason=)"
                         R"("malformed_json"})") >= 6);
    const std::set<std::string> after = series_of(page);
    for (const std::string& series : after) {
        INFO(series);
        CHECK(before.contains(series));
    }
    CHECK(after.size() == before.size());
    CHECK(page.find("canary") == std::string::npos);
    CHECK(page.find("evil_metric") == std::string::npos);
}

TEST_CASE("a feed is in its main session while one of its markets is") {
    const test::TemporaryDirectory folder;
    daemon::AppSettings settings;
    daemon::Overrides overrides;
    overrides.storage_path = (folder.path / "state").string();
    write_secret(folder.path / "key", "key");
    settings.config = daemon::parse_config(R"(
web: {listen_address: "127.0.0.1:0"}
instruments:
  NVDA: {class: equity}
  BTC-USD: {class: crypto}
groups:
  us_tech: {NVDA: 1}
feeds:
  - {name: stocks, venue: alpaca, key_file: key, secret_file: key, instruments: {NVDA: NVDA}}
  - {name: coins, venue: binance_spot, instruments: {BTC-USD: BTCUSDT}}
engine:
  source: us_tech
  targets: [BTC-USD]
)",
                                           "sessions.yml", folder.path.string(), overrides);
    test::ManualClock clock(start);
    settings.clock = &clock;
    const daemon::App app(std::move(settings));  // not started: nothing connects
    const auto regular = [&](const char* feed) {
        return value_of(app.metrics_page(),
                        fmt::format("contagiond_feed_session_regular{{feed=\"{}\"}}", feed));
    };
    CHECK(regular("stocks") == 1);  // a Monday, 09:30 in New York
    CHECK(regular("coins") == 1);
    CHECK(value_of(app.metrics_page(), "contagiond_clock_timestamp_seconds") == 1'737'988'200);
    clock.set(start - core::ns_per_s);  // before the bell something may trade, and need not
    CHECK(regular("stocks") == 0);
    clock.set(start - 2 * core::ns_per_day);  // Saturday
    CHECK(regular("stocks") == 0);
    CHECK(regular("coins") == 1);
}
