#include "daemon/config.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "daemon/utc_time.hpp"
#include "feeds/adapter.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using test::error_of;
using test::ErrorLine;
using test::parsed;
using test::small_config;
using test::spoiled;

namespace {

bool has_warning(const daemon::Config& config, const std::string& part) {
    for (const std::string& warning : config.warnings) {
        if (warning.find(part) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("a small configuration gives the engine its numbers, and defaults the rest") {
    const daemon::Config config = parsed(small_config);
    CHECK(config.file == "desk.yml");
    CHECK(config.instance == "desk-1");
    CHECK(config.storage_path == "/var/lib/contagiond");
    CHECK(config.journal.directory == "/var/lib/contagiond/journal");
    CHECK(config.journal.config_text == config.resolved);
    CHECK(config.web.listen_address == "127.0.0.1:9464");
    CHECK(config.web_external_url == "http://127.0.0.1:9464");
    CHECK(config.ring_slots == 16384);

    const core::Universe& universe = config.engine.universe;
    REQUIRE(universe.instruments.size() == 4);
    CHECK(universe.instruments[0].symbol == "NVDA");
    CHECK(universe.instruments[0].market == core::Market::us_equities);
    CHECK(universe.instruments[2].symbol == "BTC-USD");
    CHECK(universe.instruments[2].asset_class == core::AssetClass::crypto);
    CHECK(universe.instruments[2].market == core::Market::always);
    CHECK(universe.instruments[3].market == core::Market::cme_globex);
    CHECK(universe.instruments[3].staleness_bound == 90 * core::ns_per_s);
    REQUIRE(universe.groups.size() == 1);
    REQUIRE(universe.groups[0].members.size() == 2);
    CHECK(universe.groups[0].members[0].instrument == 0);
    CHECK(universe.groups[0].members[0].weight == 2);
    REQUIRE(universe.feeds.size() == 1);
    CHECK(universe.feeds[0].name == "binance");
    CHECK(universe.feeds[0].venue == "binance_spot");
    CHECK(universe.feeds[0].instruments == std::vector<core::InstrumentId>{2});

    REQUIRE(config.feeds.size() == 1);
    CHECK(config.feeds[0].feed == 0);
    CHECK(config.feeds[0].venue == feeds::find_venue("binance_spot"));
    CHECK(config.feeds[0].url == feeds::find_venue("binance_spot")->default_url);
    REQUIRE(config.feeds[0].listings.size() == 1);
    CHECK(config.feeds[0].listings[0].symbol == "BTCUSDT");
    CHECK(config.feeds[0].listings[0].trades);
    CHECK(config.feeds[0].listings[0].quotes);

    CHECK(config.engine.source_group == 0);
    CHECK(config.engine.targets == std::vector<core::InstrumentId>{2});
    REQUIRE(config.engine.controls.size() == 1);
    CHECK(config.engine.controls[0].instrument == 3);
    CHECK(config.engine.controls[0].sign == 1);
    CHECK(config.engine.bar == 10 * core::ns_per_s);
    CHECK(config.engine.detector.recent_fall == 0.008);
    CHECK(config.engine.identity.size() == 64);
    CHECK(config.sha256.size() == 64);
}

TEST_CASE("what is wrong is named by file, line, key and the likely key") {
    struct Bad {
        std::string from;
        std::string to;
        int line;
        std::string key;
        std::string suggestion;
    };
    const std::vector<Bad> table = {
        // Unknown keys, at every depth.
        {"instance:", "instanse:", 1, "instanse", "instance"},
        {"storage:", "stroage:", 2, "stroage", "storage"},
        {"  path:", "  paht:", 3, "storage.paht", "path"},
        {"AVGO: {class: equity}", "AVGO: {clas: equity}", 6, "instruments.AVGO.clas", "class"},
        {"AVGO: {class: equity}", "AVGO: {class: equity, stale-after: 5s}", 6,
         "instruments.AVGO.stale-after", "stale_after"},
        {"venue:", "venu:", 15, "feeds[0].venu", "venue"},
        {"  bar:", "  bra:", 23, "engine.bra", "bar"},
        {"  bar:", "  correlationWindows: [5m]\n  bar:", 23, "engine.correlationWindows",
         "correlation_windows"},
        {"hawkish_when", "hawkish", 22, "engine.controls.IEF.hawkish", "hawkish_when"},
        {"  bar: 10s", "  bar: 10s\ndetector:\n  enter: 0.7", 25, "detector.enter", "enter_score"},
        {"engine:", "zzz: 1\nengine:", 18, "zzz", ""},
        {"engine:", "<<: {a: 1}\nengine:", 18, "<<", ""},
        // Keys that are missing, or twice.
        {"    venue: binance_spot\n", "", 14, "feeds[0]", ""},
        {"  source: us_tech\n", "", 18, "engine", ""},
        {"instance: desk-1\n", "instance: desk-1\ninstance: desk-2\n", 2, "instance", ""},
        {"    AVGO: 1", "    AVGO: 1\n    NVDA: 3", 13, "groups.us_tech.NVDA", ""},
        // Wrong types.
        {"bar: 10s", "bar: [10s]", 23, "engine.bar", ""},
        {"bar: 10s", "bar:", 23, "engine.bar", ""},
        {"targets: [BTC-USD]", "targets: BTC-USD", 20, "engine.targets", ""},
        {"NVDA: 2", "NVDA: heavy", 11, "groups.us_tech.NVDA", ""},
        {"NVDA: 2", "NVDA: .inf", 11, "groups.us_tech.NVDA", ""},
        {"NVDA: 2", "NVDA: 1e999", 11, "groups.us_tech.NVDA", ""},
        {"NVDA: {class: equity}", "NVDA: equity", 5, "instruments.NVDA", ""},
        {"engine:", "journal: {enabled: yes}\nengine:", 18, "journal.enabled", ""},
        {"engine:", "ring_slots: 16k\nengine:", 18, "ring_slots", ""},
        // Units.
        {"bar: 10s", "bar: 10", 23, "engine.bar", ""},
        {"bar: 10s", "bar: 10 parsecs", 23, "engine.bar", ""},
        {"bar: 10s", "bar: 10MiB", 23, "engine.bar", ""},
        {"bar: 10s", "bar: 0.0000000001s", 23, "engine.bar", ""},
        {"bar: 10s", "bar: 99999999999d", 23, "engine.bar", ""},
        {"engine:", "journal: {segment_size: 64}\nengine:", 18, "journal.segment_size", ""},
        {"engine:", "journal: {segment_size: 64M}\nengine:", 18, "journal.segment_size", ""},
        // Ranges.
        {"bar: 10s", "bar: 1ms", 23, "engine.bar", ""},
        {"NVDA: 2", "NVDA: 0", 11, "groups.us_tech.NVDA", ""},
        {"NVDA: 2", "NVDA: -1", 11, "groups.us_tech.NVDA", ""},
        {"engine:", "ring_slots: 1000\nengine:", 18, "ring_slots", ""},
        {"engine:", "journal: {max_size: 64MiB}\nengine:", 18, "journal.max_size", ""},
        {"bar: 10s", "bar: 10s\ndetector: {enter_score: 1.2}", 24, "detector.enter_score", ""},
        {"bar: 10s", "bar: 10s\ndetector: {exit_score: 0.8}", 24, "detector.exit_score", ""},
        {"bar: 10s", "bar: 10s\ndetector: {enter_score: 0.5}", 24, "detector.enter_score", ""},
        {"bar: 10s", "bar: 10s\ndetector: {elevated_score: 0.81}", 24, "detector.elevated_score",
         ""},
        {"bar: 10s", "bar: 10s\ndetector: {critical_score: 0.79}", 24, "detector.critical_score",
         ""},
        {"bar: 10s", "bar: 10s\ndetector: {exit_score: 0}", 24, "detector.exit_score", ""},
        {"bar: 10s", "bar: 10s\n  correlation_windows: [5m, 15s]", 24,
         "engine.correlation_windows[1]", ""},
        {"bar: 10s", "bar: 10s\n  correlation_windows: [5m, 5m]", 24,
         "engine.correlation_windows[1]", ""},
        {"bar: 10s", "bar: 7s", 23, "engine.bar", ""},
        // Names that lead nowhere.
        {"source: us_tech", "source: us_tehc", 19, "engine.source", "us_tech"},
        {"targets: [BTC-USD]", "targets: [BTCUSD]", 20, "engine.targets[0]", "BTC-USD"},
        {"    AVGO: 1", "    AVG: 1", 12, "groups.us_tech.AVG", "AVGO"},
        {"venue: binance_spot", "venue: binance_sport", 15, "feeds[0].venue", "binance_spot"},
        {"      BTC-USD: BTCUSDT", "      BTC-UDS: BTCUSDT", 17, "feeds[0].instruments.BTC-UDS",
         "BTC-USD"},
        {"class: crypto", "class: cripto", 7, "instruments.BTC-USD.class", "crypto"},
        {"hawkish_when: falls", "hawkish_when: fall", 22, "engine.controls.IEF.hawkish_when",
         "falls"},
        // Names that contradict.
        {"targets: [BTC-USD]", "targets: [BTC-USD, NVDA]", 20, "engine.targets[1]", ""},
        {"targets: [BTC-USD]", "targets: [BTC-USD, BTC-USD]", 20, "engine.targets[1]", ""},
        {"targets: [BTC-USD]", "targets: []", 20, "engine.targets", ""},
        {"    IEF: {hawk", "    BTC-USD: {hawk", 22, "engine.controls.BTC-USD", ""},
        {"  us_tech:", "  NVDA:", 10, "groups.NVDA", ""},
        // Addresses.
        {"engine:", "web: {listen_address: 9464}\nengine:", 18, "web.listen_address", ""},
        {"engine:", "web: {listen_address: \"h:70000\"}\nengine:", 18, "web.listen_address", ""},
        {"engine:", "web: {external_url: ftp://h}\nengine:", 18, "web.external_url", ""},
        {"engine:", "web: {allowed_hosts: [a, \"b:1\"]}\nengine:", 18, "web.allowed_hosts[1]", ""},
        {"venue: binance_spot", "venue: binance_spot\n    url: ws://stream.example.com/ws", 16,
         "feeds[0].url", ""},
        {"engine:", "webhooks:\n  - name: chat\nengine:", 19, "webhooks[0]", ""},
        {"engine:", "webhooks:\n  - {name: chat, url: http://h.example/x}\nengine:", 19,
         "webhooks[0].url", ""},
        // Hostile text comes back harmless.
        {"instance: desk-1", "\"zz\\u202ezz\\n\": 1", 1, "zz\\u202ezz\\n", ""},
        {"instance: desk-1", "instance: \"a\\nb\"", 1, "instance", ""},
    };
    for (const Bad& bad : table) {
        const std::string text = spoiled(small_config, bad.from, bad.to);
        const ErrorLine error = error_of(text);
        INFO(error.whole);
        CHECK(error.file == "desk.yml");
        CHECK(error.line == bad.line);
        CHECK(error.key == bad.key);
        CHECK(error.suggestion == bad.suggestion);
        CHECK(error.whole.find('\n') == std::string::npos);
    }
}

TEST_CASE("a duration without a unit is told which one it could be") {
    const ErrorLine error = error_of(spoiled(small_config, "bar: 10s", "bar: 10"));
    CHECK(error.whole.find("needs a unit, such as 10s") != std::string::npos);
}

TEST_CASE("a text that is no configuration at all is an error with its line") {
    CHECK(error_of("").line == 1);
    CHECK(error_of("# nothing\n\n").line == 1);
    CHECK(error_of("- a\n- b\n").line == 1);
    CHECK(error_of("instance: a\nweb: [\n").line >= 2);
    CHECK(error_of("instance: a\nweb: {listen_address: x\nfeeds: []\n").line >= 2);
    CHECK(error_of("instance: \"a\n").line >= 1);
    CHECK(error_of("instance: a\n\n---\ninstance: b\n").line == 4);
    CHECK(error_of("instance: a\nstorage: {path: \"\xff\"}\n").line == 2);
    CHECK(error_of("instance: *nobody\n").line == 1);
    CHECK(error_of(std::string(100'000, '[')).line == 1);
    CHECK(error_of("? [a, b]\n: 1\n").line == 1);
}

TEST_CASE("every prefix of a configuration is read or refused with one line") {
    int refused = 0;
    for (std::size_t n = 0; n < small_config.size(); ++n) {
        try {
            parsed(small_config.substr(0, n));
        } catch (const daemon::ConfigError& error) {
            ++refused;
            CHECK(std::string(error.what()).find('\n') == std::string::npos);
            CHECK(test::take_apart(error.what()).line >= 1);
        }
    }
    CHECK(refused > 300);
}

TEST_CASE("a resolved configuration gives the same engine and the same text again") {
    const daemon::Config first = parsed(small_config);
    const daemon::Config second =
        daemon::parse_config(first.resolved, "resolved", "/somewhere/else");
    CHECK(second.resolved == first.resolved);
    CHECK(second.sha256 == first.sha256);
    CHECK(second.engine.identity == first.engine.identity);
    CHECK(second.engine.targets == first.engine.targets);
    CHECK(second.engine.source_group == first.engine.source_group);
    CHECK(second.engine.universe.series_count() == first.engine.universe.series_count());
}

TEST_CASE("no value is lost on the way through the resolved text") {
    // Every key away from its default, so that one that is read but not shown, or shown but not
    // read, makes a difference.
    const std::string text = R"(instance: other-name
storage: {path: /srv/x}
web: {listen_address: "0.0.0.0:1", external_url: "https://desk.example/c/", allowed_hosts: [a.example]}
instruments:
  "NULL": {class: equity, market: always, stale_after: 1500ms}
  "true": {class: future, market: us_equities, stale_after: 61s}
  BTC/USD: {class: crypto, market: cme_globex, stale_after: 1d, circulating_supply: 19.81e6, as_of: 2024-02-29}
  EUR=: {class: currency}
  SPY: {class: equity, shares_outstanding: 0}
  BRK: {class: equity, shares_outstanding: 1438223.5, as_of: 2015-01-01}
groups:
  "null": {"NULL": 0.1, "true": 0.30000000000000004, SPY: 1}
feeds:
  - name: b
    venue: binance_spot
    url: wss://other.example:9443/ws
    ca_file: ca.pem
    instruments:
      BTC/USD: {symbol: "B:#\"T", trades: false}
      EUR=: {symbol: EURUSDT, quotes: false}
engine:
  source: "null"
  targets: [BTC/USD]
  controls: {EUR=: {hawkish_when: rises}}
  bar: 2500ms
  correlation_windows: [1m, 90s]
  selloff_horizons: [2m]
  baseline_half_life: 5h
  correlation_half_life: 7m
  warmup: 11m
  lateness: 2500ms
  tick_window: 14m
  link_window: 59m
  link_before: 3h
  study_interval: 50s
detector:
  enter_score: 0.7
  exit_score: 50%
  elevated_score: 0.4
  elevated_exit_score: 0.3
  critical_score: 0.9
  threshold_factor: 1.1
  source_fall: 1.1%
  target_fall: 0.016
  joint_fall: 2.5
  recent_fall: 0.7%
  follow_share: 0.7
  follow_cap: 2%
  outrun_share: 2.1
  burst_volatility: 1.4
  burst_correlation: 0.7
  burst_one_way: 2.4
  before_share: 0.4
  before_credit: 0.2
  regained_share: 0.3
  slide_share: 0.1
  slide_cap: 0.3%
  level_window: 5h
  recent_window: 50m
  slide_age: 170m
  slide_lead: 40m
  reopen_after: 150m
  reopen_factor: 1.5
  macro_share: 0.5
  macro_one_way: 2
  macro_sigma: 2.6
  reverse_fall: 3%
  reverse_source_fall: 0.8%
  reverse_balance: 2.5
  confirm: 61s
  minimum_hold: 9m
  calm_before_over: 4m
  cooldown: 59m
  update_interval: 8m
journal: {enabled: false, segment_size: 1MB, max_size: 3GB, min_free: 0.5GiB}
webhooks:
  - {name: w, url: "https://hooks.example/x", allow_private: true, ca_file: /ca.pem}
ring_slots: 128
)";
    const daemon::Config first = parsed(text.substr(0));
    const daemon::Config second = daemon::parse_config(first.resolved, "resolved", "/elsewhere");
    CHECK(second.resolved == first.resolved);
    CHECK(second.engine.identity == first.engine.identity);
    for (const daemon::Config& config : {first, second}) {
        CHECK(config.instance == "other-name");
        CHECK(config.storage_path == "/srv/x");
        CHECK(config.web.listen_address == "0.0.0.0:1");
        CHECK(config.web_external_url == "https://desk.example/c");
        CHECK(config.web.allowed_hosts == std::vector<std::string>{"a.example", "desk.example"});
        const core::Universe& universe = config.engine.universe;
        REQUIRE(universe.instruments.size() == 6);
        CHECK(universe.instruments[0].symbol == "NULL");
        CHECK(universe.instruments[0].units_outstanding == 0);
        CHECK(universe.instruments[2].units_outstanding == 19'810'000);
        CHECK(universe.instruments[2].units_as_of == *daemon::parse_utc("2024-02-29"));
        CHECK(universe.instruments[4].units_outstanding == 0);
        CHECK(config.counted_elsewhere == std::vector<core::InstrumentId>{4});
        CHECK(universe.instruments[5].units_outstanding == 1'438'223.5);
        CHECK(universe.instruments[5].units_as_of == core::plausible_time_min);
        CHECK(universe.instruments[0].market == core::Market::always);
        CHECK(universe.instruments[0].staleness_bound == 1500 * core::ns_per_ms);
        CHECK(universe.instruments[1].symbol == "true");
        CHECK(universe.instruments[3].asset_class == core::AssetClass::currency);
        REQUIRE(universe.groups.size() == 1);
        CHECK(universe.groups[0].name == "null");
        CHECK(universe.groups[0].members[1].weight == 0.30000000000000004);
        REQUIRE(config.feeds.size() == 1);
        CHECK(config.feeds[0].url == "wss://other.example:9443/ws");
        CHECK(config.feeds[0].ca_file == "/etc/contagiond/ca.pem");
        REQUIRE(config.feeds[0].listings.size() == 2);
        CHECK(config.feeds[0].listings[0].symbol == "B:#\"T");
        CHECK_FALSE(config.feeds[0].listings[0].trades);
        CHECK_FALSE(config.feeds[0].listings[1].quotes);
        CHECK(config.engine.controls[0].sign == -1);
        CHECK(config.engine.bar == 2500 * core::ns_per_ms);
        CHECK(config.engine.correlation_windows ==
              std::vector<core::DurationNs>{core::ns_per_min, 90 * core::ns_per_s});
        CHECK(config.engine.selloff_horizons ==
              std::vector<core::DurationNs>{2 * core::ns_per_min});
        CHECK(config.engine.baseline_half_life == 5 * core::ns_per_hour);
        CHECK(config.engine.correlation_half_life == 7 * core::ns_per_min);
        CHECK(config.engine.warmup == 11 * core::ns_per_min);
        CHECK(config.engine.lateness == 2500 * core::ns_per_ms);
        CHECK(config.engine.tick_window == 14 * core::ns_per_min);
        CHECK(config.engine.link_window == 59 * core::ns_per_min);
        CHECK(config.engine.link_before == 3 * core::ns_per_hour);
        CHECK(config.engine.study_interval == 50 * core::ns_per_s);
        const core::DetectorConfig& detector = config.engine.detector;
        CHECK(detector.enter_score == 0.7);
        CHECK(detector.exit_score == 0.5);
        CHECK(detector.elevated_score == 0.4);
        CHECK(detector.elevated_exit_score == 0.3);
        CHECK(detector.critical_score == 0.9);
        CHECK(detector.threshold_factor == 1.1);
        CHECK(detector.source_fall == Approx(0.011));
        CHECK(detector.target_fall == 0.016);
        CHECK(detector.joint_fall == 2.5);
        CHECK(detector.recent_fall == Approx(0.007));
        CHECK(detector.follow_share == 0.7);
        CHECK(detector.follow_cap == Approx(0.02));
        CHECK(detector.outrun_share == 2.1);
        CHECK(detector.burst_volatility == 1.4);
        CHECK(detector.burst_correlation == 0.7);
        CHECK(detector.burst_one_way == 2.4);
        CHECK(detector.before_share == 0.4);
        CHECK(detector.before_credit == 0.2);
        CHECK(detector.regained_share == 0.3);
        CHECK(detector.slide_share == 0.1);
        CHECK(detector.slide_cap == Approx(0.003));
        CHECK(detector.level_window == 5 * core::ns_per_hour);
        CHECK(detector.recent_window == 50 * core::ns_per_min);
        CHECK(detector.slide_age == 170 * core::ns_per_min);
        CHECK(detector.slide_lead == 40 * core::ns_per_min);
        CHECK(detector.reopen_after == 150 * core::ns_per_min);
        CHECK(detector.reopen_factor == 1.5);
        CHECK(detector.macro_share == 0.5);
        CHECK(detector.macro_one_way == 2);
        CHECK(detector.macro_sigma == 2.6);
        CHECK(detector.reverse_fall == 0.03);
        CHECK(detector.reverse_source_fall == Approx(0.008));
        CHECK(detector.reverse_balance == 2.5);
        CHECK(detector.confirm == 61 * core::ns_per_s);
        CHECK(detector.minimum_hold == 9 * core::ns_per_min);
        CHECK(detector.calm_before_over == 4 * core::ns_per_min);
        CHECK(detector.cooldown == 59 * core::ns_per_min);
        CHECK(detector.update_interval == 8 * core::ns_per_min);
        CHECK_FALSE(config.journal_enabled);
        CHECK(config.journal.segment_bytes == 1'000'000);
        CHECK(config.journal.max_bytes == 3'000'000'000);
        CHECK(config.journal.min_free_bytes == 512ull << 20);
        REQUIRE(config.webhooks.size() == 1);
        CHECK(config.webhooks[0].allow_private);
        CHECK(config.webhooks[0].ca_file == "/ca.pem");
        CHECK(config.ring_slots == 128);
    }
}

TEST_CASE("an episode's identity depends on what decides events, and on nothing else") {
    const std::string identity = parsed(small_config).engine.identity;
    CHECK(parsed(spoiled(small_config, "desk-1", "desk-2")).engine.identity == identity);
    CHECK(parsed(small_config + "journal: {enabled: false}\n").engine.identity == identity);
    CHECK(parsed(spoiled(small_config, "NVDA: 2", "NVDA: 2.5")).engine.identity != identity);
    CHECK(parsed(spoiled(small_config, "falls", "rises")).engine.identity != identity);
    CHECK(parsed(small_config + "detector: {confirm: 30s}\n").engine.identity != identity);
    CHECK(parsed(spoiled(small_config, "desk-1", "desk-2")).sha256 != parsed(small_config).sha256);
}

TEST_CASE("what is legal but surely not meant is a warning with its place") {
    CHECK(has_warning(parsed(small_config), "desk.yml:18: engine: "));
    CHECK(has_warning(parsed(small_config), "no feed delivers any member of the source group"));
    CHECK(has_warning(parsed(small_config), "control IEF"));
    const std::string no_controls =
        spoiled(small_config, "  controls:\n    IEF: {hawkish_when: falls}\n", "");
    CHECK(has_warning(parsed(no_controls), "no controls"));
    CHECK_FALSE(has_warning(parsed(small_config), "no controls"));
    CHECK(has_warning(parsed(spoiled(small_config, "    AVGO: 1\n", "")), "one member"));
    CHECK(
        has_warning(parsed(small_config + "detector: {elevated_score: 0.8}\n"), "elevated_score"));
    CHECK(
        has_warning(parsed(small_config + "detector: {critical_score: 0.8}\n"), "critical_score"));
    CHECK(has_warning(parsed(small_config), "has no index"));
    CHECK(has_warning(parsed(spoiled(small_config, "      BTC-USD: BTCUSDT", "      IEF: X")),
                      "target BTC-USD"));
    CHECK(has_warning(parsed(small_config + "webhooks: [{name: w, url: \"https://h.example\"}]\n"),
                      "not signed"));
}

TEST_CASE("flags have the last word over the file") {
    daemon::Overrides overrides;
    overrides.listen_address = "127.0.0.1:0";
    overrides.external_url = "https://desk.example/";
    overrides.storage_path = "/tmp/elsewhere";
    const daemon::Config config = daemon::parse_config(
        small_config + "web: {listen_address: \"127.0.0.1:80\"}\n", "desk.yml", "/etc", overrides);
    CHECK(config.web.listen_address == "127.0.0.1:0");
    CHECK(config.web_external_url == "https://desk.example");
    CHECK(config.web.allowed_hosts == std::vector<std::string>{"desk.example"});
    CHECK(config.storage_path == "/tmp/elsewhere");
    CHECK(config.journal.directory == "/tmp/elsewhere/journal");
    CHECK(config.resolved.find("/tmp/elsewhere") != std::string::npos);

    overrides.listen_address = "nonsense";
    CHECK_THROWS_AS(daemon::parse_config(small_config, "desk.yml", "/etc", overrides),
                    daemon::ConfigError);
}

TEST_CASE("a daemon that listens everywhere is linked to under the machine's name") {
    for (const char* address : {"0.0.0.0:9464", "[::]:9464", ":9464"}) {
        const daemon::Config config =
            parsed(small_config + "web: {listen_address: \"" + address + "\"}\n");
        REQUIRE(config.web.allowed_hosts.size() == 1);
        CHECK(config.web_external_url == "http://" + config.web.allowed_hosts[0] + ":9464");
        CHECK(daemon::parse_config(config.resolved, "r", "/").resolved == config.resolved);
    }
}

TEST_CASE("a port to be picked leaves the external address open") {
    const daemon::Config config = parsed(small_config + "web: {listen_address: \"127.0.0.1:0\"}\n");
    CHECK(config.web_external_url.empty());
    CHECK(daemon::parse_config(config.resolved, "r", "/").resolved == config.resolved);
}
