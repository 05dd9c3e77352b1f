// The symbol tables: laws that hold for each venue, and what each venue writes.
#include "feeds/symbols.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "core/symbol.hpp"
#include "feeds/adapter.hpp"
#include "tests/feeds/capture_files.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using feeds::canonical_symbol;
using feeds::venue_symbol;

namespace {

const feeds::Venue& venue(std::string_view id) {
    const feeds::Venue* const found = feeds::find_venue(id);
    REQUIRE(found != nullptr);
    return *found;
}

/// The venue's kinds of address: its own, and one with each part that a rule asks for.
std::vector<std::string> addresses_of(const feeds::Venue& venue) {
    std::vector<std::string> addresses = {std::string(venue.default_url)};
    const std::string host(venue.default_url.substr(0, venue.default_url.find('/', 8)));
    for (const feeds::SymbolRule& rule : venue.symbols.rules)
        if (!rule.url_has.empty()) addresses.push_back(host + std::string(rule.url_has));
    return addresses;
}

/// Symbols that captures hold and no table can name, each with its reason.
const std::map<std::string, std::set<std::string>> nameless = {
    // Its number in a list of the venue's; no name is in it.
    {"hyperliquid", {"@162"}},
};

}  // namespace

TEST_CASE("each entry of each venue goes there and back") {
    for (const feeds::Venue& venue : feeds::venues()) {
        CHECK(!venue.symbols.rules.empty());
        for (const std::string& url : addresses_of(venue)) {
            const auto entries = feeds::symbol_entries(venue, url);
            INFO(venue.id << " at " << url);
            CHECK(!entries.empty());
            for (const feeds::SymbolEntry& entry : entries) {
                INFO(entry.canonical << " is " << entry.venue);
                CHECK(venue_symbol(venue, entry.canonical, url) == entry.venue);
                CHECK(canonical_symbol(venue, entry.venue, url) == entry.canonical);
            }
        }
    }
}

TEST_CASE("no two symbols share one of the venue's") {
    for (const feeds::Venue& venue : feeds::venues()) {
        for (const std::string& url : addresses_of(venue)) {
            std::map<std::string, std::string> by_own;
            for (const feeds::SymbolEntry& entry : feeds::symbol_entries(venue, url)) {
                const auto [place, is_new] = by_own.emplace(entry.venue, entry.canonical);
                INFO(venue.id << " " << entry.venue << ": " << place->second << " and "
                              << entry.canonical);
                CHECK((is_new || place->second == entry.canonical));
            }
        }
    }
}

TEST_CASE("whatever is read is written the same again, for any text") {
    test::Random random(20261126);
    const std::string letters = "ABTCUSDExkp-_/:.t10@9MAR26PERPSWAPusdgbtc";
    const std::vector<std::string> pieces = {"BTC",  "USD", "USDT", "UST",  "-",     "_", "/",
                                             "X",    "x",   "xyz:", "PERP", "perp",  "t", "NQ",
                                             "NVDA", "eth", "gusd", "SWAP", "22052", "7", "C"};
    std::size_t read = 0;
    for (int i = 0; i < 4000; ++i) {
        std::string text;
        const int size = 1 + static_cast<int>(random.uniform() * 5);
        for (int k = 0; k < size; ++k) {
            const double at = random.uniform();
            text += random.uniform() < 0.8
                        ? pieces[static_cast<std::size_t>(at * static_cast<double>(pieces.size()))]
                        : std::string(1, letters[static_cast<std::size_t>(
                                             at * static_cast<double>(letters.size()))]);
        }
        for (const feeds::Venue& venue : feeds::venues()) {
            INFO("seed 20261126, " << venue.id << " " << text);
            if (const auto name = canonical_symbol(venue, text, venue.default_url)) {
                ++read;
                CHECK(venue_symbol(venue, *name, venue.default_url) == text);
            }
            if (const auto own = venue_symbol(venue, text, venue.default_url)) {
                CHECK(canonical_symbol(venue, *own, venue.default_url) == text);
            }
        }
    }
    CHECK(read > 500);
}

TEST_CASE("every symbol in the captures has a canonical name") {
    if (!test::have_shared("feeds/captures")) return;
    std::size_t files = 0, symbols = 0;
    for (const feeds::Venue& venue : feeds::venues()) {
        std::set<std::string> seen;
        for (const test::CaptureFile& capture : test::capture_files(venue.id)) {
            ++files;
            const auto lines = test::lines_of(test::read_whole(capture.expected));
            REQUIRE(!lines.empty());
            REQUIRE(lines[0].starts_with("line,kind,symbol,"));
            for (std::size_t i = 1; i < lines.size(); ++i) {
                const std::size_t begin = lines[i].find(',', lines[i].find(',') + 1) + 1;
                seen.insert(lines[i].substr(begin, lines[i].find(',', begin) - begin));
            }
        }
        for (const std::string& symbol : seen) {
            INFO(venue.id << " " << symbol);
            ++symbols;
            const auto name = canonical_symbol(venue, symbol);
            const auto known = nameless.find(std::string(venue.id));
            if (known != nameless.end() && known->second.contains(symbol)) {
                CHECK(!name);
                continue;
            }
            REQUIRE(name);
            CHECK(venue_symbol(venue, *name) == symbol);
        }
    }
    CHECK(files > 20);
    CHECK(symbols > 100);
}

TEST_CASE("each venue writes what its documentation and its frames show") {
    struct Line {
        const char* venue;
        const char* canonical;
        const char* own;
    };
    const Line lines[] = {
        {"alpaca", "NVDA", "NVDA"},
        {"alpaca", "BTC-USDT", "BTC/USDT"},
        {"binance_spot", "BTC-USDT", "BTCUSDT"},
        {"binance_spot", "VET-ETH", "VETETH"},
        {"binance_spot", "BUSD-TRY", "BUSDTRY"},
        {"binance_spot", "AAVEUP-USDT", "AAVEUPUSDT"},
        {"binance_usdm", "BTC-USDT-PERP", "BTCUSDT"},
        {"binance_usdm", "AAPL-USDT-PERP", "AAPLUSDT"},
        {"binance_usdm", "XAU-USDT-PERP", "XAUUSDT"},
        {"bitfinex", "BTC-USD", "tBTCUSD"},
        {"bitfinex", "BTC-USDT", "tBTCUST"},
        {"bitfinex", "IOTA-ETH", "tIOTETH"},
        {"bitfinex", "DOGE-USD", "tDOGE:USD"},
        {"bitfinex", "TESTBTC-TESTUSD", "tTESTBTC:TESTUSD"},
        {"bitstamp", "BCH-EUR", "bcheur"},
        {"bybit_v5", "BTC-USDT", "BTCUSDT"},
        {"bybit_v5", "AAPLx-USDT", "AAPLXUSDT"},
        {"bybit_v5", "MUX-USDT", "MUXUSDT"},
        {"coinbase_advanced", "BTC-USD", "BTC-USD"},
        {"coinbase_exchange", "ETH-USD", "ETH-USD"},
        {"deribit", "BTC-USD-PERP", "BTC-PERPETUAL"},
        {"deribit", "BTC-USD-20210326", "BTC-26MAR21"},
        {"deribit", "ETH-USD-20210806", "ETH-6AUG21"},
        {"deribit", "BTC-USD-20211231-34000-P", "BTC-31DEC21-34000-P"},
        {"deribit", "BTCDVOL", "deribit_volatility_index.btc_usd"},
        {"finnhub", "AAPL", "AAPL"},
        {"finnhub", "BTC-USDT", "BINANCE:BTCUSDT"},
        {"gate_futures", "NVDA-USDT-PERP", "NVDA_USDT"},
        {"gate_futures", "NQ-USDT-PERP", "NAS100_USDT"},
        {"gate_futures", "AAPLx-USDT-PERP", "AAPLX_USDT"},
        {"gate_futures", "BTC-USD-PERP", "BTC_USD"},
        {"gate_spot", "DIS-USDT", "DIS_USDT"},
        {"gate_spot", "AAPLx-USDT", "AAPLX_USDT"},
        {"gemini_v3", "BTC-USD", "btcusd"},
        {"gemini_v3", "BTC-RLUSD", "btcrlusd"},
        {"gemini_v3", "XRP-GUSD", "xrpgusd"},
        {"gemini_v3", "BTC-GUSD-PERP", "btcgusdperp"},
        {"hyperliquid", "BTC-USD-PERP", "BTC"},
        {"hyperliquid", "NVDA-USD-PERP", "xyz:NVDA"},
        {"hyperliquid", "NQ-USD-PERP", "xyz:XYZ100"},
        {"hyperliquid", "ES-USD-PERP", "xyz:SP500"},
        {"hyperliquid", "XAU-USD-PERP", "xyz:GOLD"},
        {"hyperliquid", "kPEPE-USD-PERP", "kPEPE"},
        {"hyperliquid", "PURR-USDC", "PURR/USDC"},
        {"kraken_v2", "BTC-USD", "BTC/USD"},
        {"kraken_v2", "AAPLx-USD", "AAPLx/USD"},
        {"kraken_v2", "EUR-USD", "EUR/USD"},
        {"kucoin", "ANC-UST", "ANC-UST"},
        {"massive", "QQQ", "QQQ"},
        {"okx_v5", "AAPL-USDT-PERP", "AAPL-USDT-SWAP"},
        {"okx_v5", "BTC-USD-20220527", "BTC-USD-220527"},
        {"okx_v5", "BTC-USD-20220325-40000-C", "BTC-USD-220325-40000-C"},
        {"tiingo", "NVDA", "nvda"},
        {"twelvedata", "BTC-USD", "BTC/USD"},
    };
    std::set<std::string_view> shown;
    for (const Line& line : lines) {
        INFO(line.venue << " " << line.canonical);
        shown.insert(line.venue);
        CHECK(venue_symbol(venue(line.venue), line.canonical).value_or("none") == line.own);
        CHECK(canonical_symbol(venue(line.venue), line.own).value_or("none") == line.canonical);
    }
    for (const feeds::Venue& venue : feeds::venues()) {
        INFO(venue.id);
        CHECK(shown.contains(venue.id));
    }
}

TEST_CASE("what is not known for certain has no name") {
    const std::pair<const char*, const char*> unknown[] = {
        {"hyperliquid", "@107"},
        {"hyperliquid", "NVDA"},
        {"hyperliquid", "abc:NVDA"},
        {"hyperliquid", "xyz:ZZZZ"},
        {"kraken_v2", "XBTUSD"},
        {"kraken_v2", "BTC-USD"},
        {"bitfinex", "tBTC:USD"},
        {"bitfinex", "fUSD"},
        {"bitfinex", "tBTCF0:USTF0"},
        {"gate_futures", "ES_USDT"},
        {"binance_usdm", "NQUSDT"},
        {"massive", "BRK.B"},
        {"coinbase_advanced", "BTC-USDC"},
        {"deribit", "BTC-32MAR21"},
        {"deribit", "BTC-26MAI21"},
        {"okx_v5", "BTC-USD-221327"},
        {"binance_spot", "btcusdt"},
        {"bitstamp", "BTCUSD"},
        {"alpaca", "NQ"},
        {"binance_spot", "USDT"},
        {"gemini_v3", "usdusd"},
    };
    for (const auto& [id, symbol] : unknown) {
        INFO(id << " " << symbol);
        CHECK(!canonical_symbol(venue(id), symbol));
    }
    for (const feeds::Venue& venue : feeds::venues()) {
        for (const std::string& text :
             {std::string(), std::string(65, 'A'), std::string(1 << 20, 'U'), std::string("{BASE}"),
              std::string("BTC-USD\n"), std::string("\0BTC", 4), std::string("\xff\xfe")}) {
            CHECK(!canonical_symbol(venue, text));
            CHECK(!venue_symbol(venue, text));
        }
    }
}

TEST_CASE("a name whose spelling would be another's has none") {
    CHECK(!venue_symbol(venue("gate_futures"), "NAS100-USDT-PERP"));
    CHECK(!venue_symbol(venue("gate_spot"), "AAPLX-USDT"));
    CHECK(!venue_symbol(venue("bybit_v5"), "AAPLX-USDT"));
    CHECK(!venue_symbol(venue("bitfinex"), "UST-USD"));
    CHECK(!venue_symbol(venue("gemini_v3"), "XRPG-USD"));
    CHECK(venue_symbol(venue("kucoin"), "UST-USDT") == "UST-USDT");
}

TEST_CASE("one text is spot at one address and a perpetual at another") {
    const feeds::Venue& bybit = venue("bybit_v5");
    const std::string spot = "wss://stream.bybit.com/v5/public/spot";
    const std::string linear = "wss://stream.bybit.com/v5/public/linear";
    CHECK(canonical_symbol(bybit, "BTCUSDT", spot) == "BTC-USDT");
    CHECK(canonical_symbol(bybit, "BTCUSDT", linear) == "BTC-USDT-PERP");
    CHECK(!venue_symbol(bybit, "TSLA-USDT-PERP", spot));
    CHECK(venue_symbol(bybit, "TSLA-USDT-PERP", linear) == "TSLAUSDT");
    CHECK(!venue_symbol(bybit, "AAPLx-USDT", linear));
    // An address on a host of one's own, such as a proxy, may be any of them.
    CHECK(venue_symbol(bybit, "TSLA-USDT-PERP", "ws://127.0.0.1:9000/x") == "TSLAUSDT");
    CHECK(!venue_symbol(venue("alpaca"), "BTC-USDT", venue("alpaca").default_url));
}

TEST_CASE("what else a venue has of an asset, the busiest first") {
    using Names = std::vector<std::string>;
    const Names coins = feeds::other_quotes(venue("binance_spot"), "BTC-USD");
    REQUIRE(coins.size() > 2);
    CHECK(coins[0] == "BTC-USDT");
    CHECK(coins[1] == "BTC-USDC");
    CHECK(feeds::other_quotes(venue("hyperliquid"), "BTC-USD").empty());
    CHECK(feeds::proxies_of(venue("kraken_v2"), "NVDA") == Names{"NVDAx-USD"});
    CHECK(feeds::proxies_of(venue("gate_futures"), "NVDA") ==
          Names{"NVDA-USDT-PERP", "NVDAx-USDT-PERP"});
    CHECK(feeds::proxies_of(venue("hyperliquid"), "NQ") == Names{"NQ-USD-PERP"});
    CHECK(feeds::proxies_of(venue("coinbase_exchange"), "NVDA").empty());
    CHECK(feeds::proxies_of(venue("hyperliquid"), "BTC").empty());
    CHECK(feeds::quote_of("BTC-USDT-PERP") == "USDT");
    CHECK(feeds::quote_of("NVDA").empty());
    CHECK(feeds::quote_of("NVDA-PROXY").empty());
}
