// Feeds that name their instruments as a desk does, and what that comes to at each venue.
#include <catch2/catch.hpp>
#include <string>

#include "core/calendar.hpp"
#include "daemon/config.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using test::error_of;
using test::spoiled;

namespace {

/// A universe and feeds; what `feeds` starts with stands on line 12.
std::string config_of(const std::string& feeds, const std::string& quotes = "[]",
                      const std::string& more = "") {
    return "instruments:\n"
           "  NVDA: {}\n"
           "  NVDA-PROXY: {}\n"
           "  NQ-PROXY: {}\n"
           "  BTC-USD: {}\n"
           "  ETH-USD: {}\n" +
           more +
           "groups:\n"
           "  us_tech: {NVDA: 1, NVDA-PROXY: 1, NQ-PROXY: 1}\n"
           "engine: {source: us_tech, targets: [BTC-USD]}\n"
           "universe: {quotes_as_one: " +
           quotes +
           "}\n"
           "feeds:\n" +
           feeds;
}

daemon::Config parse(const std::string& text) {
    return daemon::parse_config(text, "desk.yml", "/nonexistent");
}

/// "BTC-USD=XBT/USD ETH-USD=.." of a feed.
std::string listings(const daemon::Config& config, std::size_t feed = 0) {
    std::string out;
    for (const feeds::Listing& listing : config.feeds.at(feed).listings) {
        out += out.empty() ? "" : " ";
        out += config.engine.universe.instruments[listing.instrument].symbol + "=" + listing.symbol;
    }
    return out;
}

std::string listed(const std::string& venue, const std::string& symbols,
                   const std::string& quotes = "[USD, USDT, USDC]", const std::string& more = "") {
    return listings(
        parse(config_of("  - {venue: " + venue + ", symbols: [" + symbols + "]}\n", quotes, more)));
}

test::ErrorLine refused(const std::string& venue, const std::string& symbols,
                        const std::string& quotes = "[]") {
    return error_of(config_of("  - {venue: " + venue + ", symbols: [" + symbols + "]}\n", quotes));
}

}  // namespace

TEST_CASE("a feed is a venue and names that people know") {
    const daemon::Config config = parse(config_of(
        "  - {venue: kraken_v2, symbols: [BTC-USD, ETH-USD]}\n"
        "  - {venue: coinbase_exchange, symbols: [BTC-USD, {symbol: ETH-USD, quotes: false}]}\n"));
    CHECK(listings(config, 0) == "BTC-USD=BTC/USD ETH-USD=ETH/USD");
    CHECK(listings(config, 1) == "BTC-USD=BTC-USD ETH-USD=ETH-USD");
    CHECK(config.feeds[0].name == "kraken_v2");
    CHECK(config.engine.universe.feeds[0].name == "kraken_v2");
    CHECK(config.feeds[1].listings[0].quotes);
    CHECK(!config.feeds[1].listings[1].quotes);
    // What it comes to is written out, and comes to the same again.
    CHECK(parse(config.resolved).resolved == config.resolved);
}

TEST_CASE("the venue's own symbol does as well") {
    CHECK(listed("kraken_v2", "BTC/USD, ETH-USD") == "BTC-USD=BTC/USD ETH-USD=ETH/USD");
    CHECK(listed("binance_spot", "BTCUSDT") == "BTC-USD=BTCUSDT");
    CHECK(listed("bitstamp", "btcusd") == "BTC-USD=btcusd");
    CHECK(listed("hyperliquid", "\"xyz:NVDA\", \"xyz:XYZ100\"") ==
          "NVDA-PROXY=xyz:NVDA NQ-PROXY=xyz:XYZ100");
}

TEST_CASE("currencies are different assets unless the configuration says that they are one") {
    // One: the venue's busiest of them is a source of the asset.
    CHECK(listed("binance_spot", "BTC-USD, ETH-USD") == "BTC-USD=BTCUSDT ETH-USD=ETHUSDT");
    CHECK(listed("binance_spot", "BTC-USDC") == "BTC-USD=BTCUSDC");
    CHECK(listed("coinbase_exchange", "BTC-USDT") == "BTC-USD=BTC-USDT");
    // Not the others.
    CHECK(refused("binance_spot", "BTC-EUR", "[USD, USDT, USDC]").suggestion == "BTC-USD");

    const auto error = refused("binance_spot", "BTC-USD");
    CHECK(error.line == 12);
    CHECK(error.key == "feeds[0].symbols[0]");
    CHECK(error.suggestion == "BTC-USDT");
    CHECK(error.whole.find("quotes_as_one") != std::string::npos);
    CHECK(refused("binance_spot", "BTC-USD", "[USD, GBP]").suggestion == "BTC-USDT");

    // Each is an instrument of its own, if it is declared, also beside those that are one.
    const std::string usdt = "  BTC-USDT: {}\n";
    CHECK(listed("binance_spot", "BTC-USDT", "[]", usdt) == "BTC-USDT=BTCUSDT");
    CHECK(listed("binance_spot", "BTCUSDT", "[]", usdt) == "BTC-USDT=BTCUSDT");
    CHECK(listed("binance_spot", "BTC-USDT, BTC-USD", "[USD, USDC]", usdt) ==
          "BTC-USDT=BTCUSDT BTC-USD=BTCUSDC");
    CHECK(refused("binance_spot", "BTCUSDT").suggestion == "BTC-USD");
}

TEST_CASE("what stands for a share is found under one name, and never under the share's") {
    CHECK(listed("kraken_v2", "NVDA-PROXY") == "NVDA-PROXY=NVDAx/USD");
    CHECK(listed("hyperliquid", "NVDA-PROXY, NQ-PROXY") ==
          "NVDA-PROXY=xyz:NVDA NQ-PROXY=xyz:XYZ100");
    CHECK(listed("gate_futures", "NVDA-PROXY, NQ-PROXY") ==
          "NVDA-PROXY=NVDA_USDT NQ-PROXY=NAS100_USDT");
    CHECK(listed("okx_v5", "NVDA-PROXY") == "NVDA-PROXY=NVDA-USDT-SWAP");
    CHECK(listed("binance_usdm", "NVDA-PROXY") == "NVDA-PROXY=NVDAUSDT");
    CHECK(listed("bybit_v5", "NVDA-PROXY") == "NVDA-PROXY=NVDAXUSDT");
    // The share's own name at a venue that has no shares is its proxy, and only its proxy.
    CHECK(listed("kraken_v2", "NVDA") == "NVDA-PROXY=NVDAx/USD");

    // In another currency only where that is one with the dollar.
    CHECK(refused("gate_futures", "NVDA-PROXY").whole.find("quotes_as_one") != std::string::npos);
    CHECK(refused("hyperliquid", "NVDA-PROXY, NVDA").line == 12);

    const std::string without = spoiled(
        spoiled(config_of("  - {venue: kraken_v2, symbols: [NVDA]}\n"), "  NVDA-PROXY: {}\n", ""),
        "NVDA-PROXY: 1, ", "");
    CHECK(error_of(without).whole.find("NVDA-PROXY") != std::string::npos);
    // Apart from one another, where that is what is declared.
    CHECK(listed("kraken_v2", "NVDAx-USD", "[]", "  NVDAx-USD: {}\n") == "NVDAx-USD=NVDAx/USD");
}

TEST_CASE("a proxy does not close with its share") {
    const daemon::Config config =
        parse(config_of("  - {venue: hyperliquid, symbols: [NVDA-PROXY]}\n"));
    const auto& instruments = config.engine.universe.instruments;
    const core::TimeNs saturday = 1'738'411'200 * core::ns_per_s;  // 1 February 2025, 12:00 UTC
    REQUIRE(instruments[0].symbol == "NVDA");
    CHECK(instruments[0].asset_class == core::AssetClass::equity);
    CHECK(!core::is_open(instruments[0].market, saturday));
    REQUIRE(instruments[1].symbol == "NVDA-PROXY");
    CHECK(instruments[1].asset_class == core::AssetClass::equity);
    CHECK(core::is_open(instruments[1].market, saturday));
    REQUIRE(instruments[2].symbol == "NQ-PROXY");
    CHECK(instruments[2].asset_class == core::AssetClass::future);
    CHECK(core::is_open(instruments[2].market, saturday));
    // As a future it stands for the whole of its group.
    CHECK(config.engine.universe.groups[0].members[2].is_index);
}

TEST_CASE("a proxy under its share's name, or a share under its proxy's, is refused") {
    const test::TemporaryFolder folder;
    const auto refused_file = [&](const std::string& feed) {
        try {
            daemon::load_config(folder.write("desk.yml", config_of(feed)));
        } catch (const daemon::ConfigError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    const auto mixed =
        refused_file("  - {venue: hyperliquid, instruments: {NVDA: \"xyz:NVDA\"}}\n");
    CHECK(mixed.find("NVDA-PROXY") != std::string::npos);
    CHECK(mixed.find(":12: feeds[0].instruments.NVDA") != std::string::npos);
    CHECK(refused_file("  - {venue: kraken_v2, instruments: {NVDA: NVDAx/USD}}\n") != "");
    folder.write("key", "abc");
    CHECK(refused_file("  - {venue: massive, key_file: key, instruments: {NVDA-PROXY: NVDA}}\n")
              .find("no proxy") != std::string::npos);
    CHECK(refused_file("  - {venue: massive, key_file: key, instruments: {NVDA: NVDA}}\n")
              .find("feeds[0]") == std::string::npos);
}

TEST_CASE("a name that no venue's table has is told with the one that was meant") {
    CHECK(refused("kraken_v2", "BTX-USD").suggestion == "BTC-USD");
    CHECK(refused("kraken_v2", "XBTUSD").key == "feeds[0].symbols[0]");
    CHECK(refused("coinbase_exchange", "BTC-USD, ETHUSD").suggestion == "ETH-USD");
    CHECK(refused("coinbase_exchange", "BTC-USD, ETHUSD").key == "feeds[0].symbols[1]");
    CHECK(refused("hyperliquid", "BTC-USD").suggestion == "BTC-USD-PERP");
    CHECK(refused("hyperliquid", "BTC").suggestion == "BTC-USD");
    CHECK(refused("bybit_v5", "TSLA-USDT-PERP").whole.find("/linear") != std::string::npos);
    CHECK(refused("kraken_v2", "").line == 12);
    CHECK(refused("kraken_v2", "[BTC-USD]").line == 12);
}

TEST_CASE("one feed brings an instrument once") {
    CHECK(refused("binance_spot", "BTC-USDT, BTC-USDC", "[USD, USDT, USDC]").key ==
          "feeds[0].symbols[1]");
    CHECK(refused("kraken_v2", "BTC-USD, BTC/USD").key == "feeds[0].symbols[1]");
    const auto twice =
        error_of(config_of("  - {venue: kraken_v2, symbols: [BTC-USD]}\n"
                           "  - {venue: kraken_v2, symbols: [ETH-USD]}\n"));
    CHECK(twice.line == 13);
    // Both ways of naming fit into one feed.
    CHECK(listings(parse(config_of("  - {venue: kraken_v2, symbols: [BTC-USD], instruments: "
                                   "{ETH-USD: ETH/USD}}\n"))) == "ETH-USD=ETH/USD BTC-USD=BTC/USD");
}

TEST_CASE("currencies that are one are a list of codes") {
    for (const char* const quotes : {"[USD]", "[USD, USD]", "[usd, usdt]", "[USD, U]", "USD",
                                     "[USD, \"USD T\"]", "[USD, USDTUSDTU]"}) {
        INFO(quotes);
        const auto error = error_of(config_of("  []\n", quotes));
        CHECK(error.line == 10);
        CHECK(error.key.starts_with("universe.quotes_as_one"));
    }
    CHECK(parse(config_of("  []\n", "[]")).quotes_as_one.empty());
    CHECK(error_of(spoiled(config_of("  []\n"), "quotes_as_one", "quote_as_one")).suggestion ==
          "quotes_as_one");
}

TEST_CASE("a symbol that tells no class needs one") {
    CHECK(error_of(config_of("  []\n", "[]", "  WXYZ: {}\n")).line == 7);
    const daemon::Config config = parse(config_of("  []\n", "[]", "  WXYZ: {class: equity}\n"));
    CHECK(config.engine.universe.instruments[5].asset_class == core::AssetClass::equity);
    CHECK(parse(config_of("  []\n", "[]", "  SPY: {class: future, market: always}\n"))
              .engine.universe.instruments[5]
              .asset_class == core::AssetClass::future);
}
