// The page of metrics tells when the certificates of feeds and sinks end, once they were seen.
#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <cmath>
#include <ctime>
#include <optional>

#include "daemon/app.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/http_receiver.hpp"
#include "tests/support/loopback_server.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;

namespace {

/// Absent where there is no such series.
std::optional<double> end_of(const daemon::App& app, const std::string& peer) {
    const std::string page = app.metrics_page();
    const std::string series =
        fmt::format("\ncontagiond_tls_certificate_expiry_timestamp_seconds{{peer=\"{}\"}} ", peer);
    const std::size_t at = page.find(series);
    if (at == page.npos) return {};
    const std::size_t begin = at + series.size();
    return std::stod(page.substr(begin));
}

bool is_unknown(std::optional<double> end) {
    return end && std::isnan(*end);
}

}  // namespace

TEST_CASE("when the certificates of a feed and of a sink end is on the page of metrics") {
    const test::TemporaryDirectory folder;
    test::LoopbackServer coins({{test::accept()}}, test::Certificate::valid);
    const test::Identity identity = test::issue(test::Certificate::valid);
    test::HttpReceiver chat({}, identity.certificate, identity.key);
    daemon::Overrides overrides;
    overrides.storage_path = (folder.path / "state").string();
    daemon::AppSettings settings;
    // A feed and a sink of one name are one peer.
    settings.config =
        daemon::parse_config(fmt::format(R"(
web: {{listen_address: "127.0.0.1:0"}}
instruments:
  NVDA: {{class: equity}}
  BTC-USD: {{class: crypto}}
groups:
  us_tech: {{NVDA: 1}}
feeds:
  - {{name: coins, venue: binance_spot, url: "{0}", ca_file: "{2}", instruments: {{BTC-USD: BTCUSDT}}}}
  - {{name: plain, venue: binance_spot, url: "ws://127.0.0.1:1/", instruments: {{BTC-USD: BTCUSDT, NVDA: NVDAUSDT}}}}
engine:
  source: us_tech
  targets: [BTC-USD]
webhooks:
  - {{name: chat, url: "{1}", ca_file: "{2}", allow_private: true}}
  - {{name: plain, url: "http://127.0.0.1:1/", allow_private: true}}
)",
                                         coins.url("/ws"), chat.url(), test::authority_file()),
                             "certificates.yml", folder.path.string(), overrides);
    daemon::App app(std::move(settings));
    for (const char* peer : {"listener", "coins", "chat", "plain"}) {
        INFO(peer);
        CHECK(is_unknown(end_of(app, peer)));
    }
    app.start();
    const double expected = static_cast<double>(std::time(nullptr)) + test::certificate_lasts_s;
    for (const char* peer : {"coins", "chat"}) {
        INFO(peer);
        CHECK(test::eventually([&] { return !is_unknown(end_of(app, peer)); }));
        CHECK(end_of(app, peer).value() == Approx(expected).margin(60));
    }
    CHECK(is_unknown(end_of(app, "listener")));
    CHECK(is_unknown(end_of(app, "plain")));
    CHECK(chat.received().empty());
    app.stop(5);
}
