// Shares outstanding and coins in circulation: what they need beside them, who takes which, and
// what is said where they are missing.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "daemon/config.hpp"
#include "daemon/utc_time.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using test::error_of;
using test::ErrorLine;
using test::parsed;
using test::small_config;
using test::spoiled;

namespace {

/// The small configuration with more said of one of its instruments, each on its own line.
std::string with(const std::string& text, const std::string& declared, const std::string& more) {
    return spoiled(text, declared + "}", declared + ", " + more + "}");
}
const std::string nvda = "NVDA: {class: equity";     // line 5
const std::string avgo = "AVGO: {class: equity";     // line 6
const std::string coin = "BTC-USD: {class: crypto";  // line 7
const std::string rate = "IEF: {class: rate";        // line 8

std::ptrdiff_t warnings(const daemon::Config& config, const std::string& part) {
    return std::count_if(
        config.warnings.begin(), config.warnings.end(),
        [&](const std::string& warning) { return warning.find(part) != std::string::npos; });
}
constexpr const char* no_dollars = "the dollars gone from us_tech are told without ";
constexpr const char* no_share = "cannot be set against";

}  // namespace

TEST_CASE("shares and coins are read with their day, shown again, and part of the identity") {
    std::string text = with(small_config, nvda, "shares_outstanding: 24.49e9, as_of: 2025-01-24");
    text = with(text, coin, "as_of: 2025-01-25, circulating_supply: 19.81e6");
    const daemon::Config config = parsed(text);
    const auto& instruments = config.engine.universe.instruments;
    CHECK(instruments[0].units_outstanding == 24.49e9);
    CHECK(instruments[0].units_as_of == *daemon::parse_utc("2025-01-24"));
    CHECK(instruments[1].units_outstanding == 0);
    CHECK(instruments[1].units_as_of == core::no_time);
    CHECK(instruments[2].units_outstanding == 19.81e6);
    CHECK(instruments[2].units_as_of == *daemon::parse_utc("2025-01-25"));
    CHECK(config.resolved.find("as_of: 2025-01-25}") != std::string::npos);
    CHECK(parsed(config.resolved).resolved == config.resolved);
    CHECK(parsed(config.resolved).engine.identity == config.engine.identity);

    CHECK(config.engine.identity != parsed(small_config).engine.identity);
    for (const auto& [from, to] : {std::pair{"24.49e9", "24.5e9"}, std::pair{"01-24", "01-23"},
                                   std::pair{"19.81e6", "19.82e6"}}) {
        INFO(from);
        CHECK(parsed(spoiled(text, from, to)).engine.identity != config.engine.identity);
    }
}

TEST_CASE("shares and coins that cannot be are told by key, line and what is wanted") {
    struct Bad {
        std::string declared;
        std::string more;
        int line;
        std::string key;
        std::string part;
    };
    const std::vector<Bad> table = {
        {nvda, "shares_outstanding: 1e9", 5, "NVDA.shares_outstanding", "needs as_of beside it"},
        {coin, "circulating_supply: 1e6", 7, "BTC-USD.circulating_supply", "needs as_of"},
        {nvda, "as_of: 2025-01-24", 5, "NVDA.as_of", "of shares_outstanding, which is missing"},
        {coin, "as_of: 2025-01-24", 7, "BTC-USD.as_of", "of circulating_supply, which is missing"},
        {rate, "as_of: 2025-01-24", 8, "IEF.as_of", "this class has neither"},
        {nvda, "circulating_supply: 1e9, as_of: 2025-01-24", 5, "NVDA.circulating_supply",
         "the class equity takes shares_outstanding instead"},
        {coin, "shares_outstanding: 1e9, as_of: 2025-01-24", 7, "BTC-USD.shares_outstanding",
         "the class crypto takes circulating_supply instead"},
        {rate, "shares_outstanding: 1e9, as_of: 2025-01-24", 8, "IEF.shares_outstanding",
         "is for the classes equity and crypto; rate takes none"},
        {nvda, "shares_outstanding: -1, as_of: 2025-01-24", 5, "NVDA.shares_outstanding", "range"},
        {nvda, "shares_outstanding: 24.49, as_of: 2025-01-24", 5, "NVDA.shares_outstanding",
         "wanted 1000 to"},
        {nvda, "shares_outstanding: 1e19, as_of: 2025-01-24", 5, "NVDA.shares_outstanding",
         "range"},
        {nvda, "shares_outstanding: 24.49bn, as_of: 2025-01-24", 5, "NVDA.shares_outstanding",
         "a number"},
        {nvda, "shares_outstanding: 0, as_of: 2025-01-24", 5, "NVDA.as_of", "says nothing"},
        {nvda, "shares_outstandin: 1e9, as_of: 2025-01-24", 5, "NVDA.as_of", "is missing"},
        {nvda, "shares_outstandin: 1e9", 5, "NVDA.shares_outstandin",
         "did you mean shares_outstanding?"},
    };
    for (const Bad& bad : table) {
        const ErrorLine error = error_of(with(small_config, bad.declared, bad.more));
        INFO(error.whole);
        CHECK(error.line == bad.line);
        CHECK(error.key == "instruments." + bad.key);
        CHECK(error.whole.find(bad.part) != std::string::npos);
    }
}

TEST_CASE("the day of a number is a day, from 2015 to the end of the century") {
    const auto dated = [](const std::string& day) {
        return with(small_config, nvda, "shares_outstanding: 1e9, as_of: " + day);
    };
    for (const char* day : {"2015-01-01", "2024-02-29", "2099-12-31", "\"2025-01-24\""}) {
        INFO(day);
        CHECK(
            core::is_plausible_time(parsed(dated(day)).engine.universe.instruments[0].units_as_of));
    }
    for (const char* day :
         {"2014-12-31", "2100-01-01", "1970-01-01", "2025-02-29", "2025-13-01", "24.01.2025",
          "2025-1-24", "today", "2025-01-24T00:00:00Z", "20250124", "[2025-01-24]", ""}) {
        const ErrorLine error = error_of(dated(day));
        INFO(error.whole);
        CHECK(error.line == 5);
        CHECK(error.key == "instruments.NVDA.as_of");
    }
}

TEST_CASE(
    "shares that are missing in the source are one warning, and those stated as none are none") {
    const std::string some =
        with(small_config, avgo, "shares_outstanding: 4.687e9, as_of: 2025-01-24");
    CHECK(warnings(parsed(small_config), std::string(no_dollars) + "NVDA, AVGO:") == 1);
    CHECK(warnings(parsed(some), std::string("desk.yml:18: engine: ") + no_dollars + "NVDA:") == 1);
    CHECK(warnings(parsed(some), no_dollars) == 1);
    const std::string stated = with(some, nvda, "shares_outstanding: 0");
    CHECK(warnings(parsed(stated), no_dollars) == 0);
    CHECK(warnings(parsed(parsed(stated).resolved), no_dollars) == 0);
    CHECK(parsed(stated).engine.universe.instruments[0].units_outstanding == 0);
    // A future has no shares, and an equity outside the source needs none.
    CHECK(warnings(parsed(spoiled(some, nvda, "NVDA: {class: future")), no_dollars) == 0);
    const std::string outside = spoiled(some, "    NVDA: 2\n", "");
    CHECK(warnings(parsed(outside), no_dollars) == 0);
}

TEST_CASE("coins that are missing are one warning only where no target has any") {
    CHECK(warnings(parsed(small_config), no_share) == 1);
    const std::string two = spoiled(spoiled(small_config, "  IEF: {class: rate}\n",
                                            "  IEF: {class: rate}\n  ETH-USD: {class: crypto}\n"),
                                    "targets: [BTC-USD]", "targets: [BTC-USD, ETH-USD]");
    CHECK(warnings(parsed(two), no_share) == 1);
    CHECK(warnings(parsed(with(two, "ETH-USD: {class: crypto",
                               "circulating_supply: 120.5e6, as_of: 2025-01-24")),
                   no_share) == 0);
    CHECK(warnings(parsed(with(small_config, coin, "circulating_supply: 0")), no_share) == 1);
}

TEST_CASE(
    "a member is a weight, or a map that says whether it is the index and how it moves with it") {
    const auto members = [](const std::string& text) {
        return parsed(text).engine.universe.groups[0].members;
    };
    const auto plain = members(small_config);
    CHECK_FALSE(plain[1].is_index);
    CHECK(plain[1].beta == 0.35);
    CHECK(plain[1].weight == 1);
    const auto told = members(
        spoiled(small_config, "    AVGO: 1\n", "    AVGO: {weight: 3, index: true, beta: 0.5}\n"));
    CHECK(told[1].is_index);
    CHECK(told[1].beta == 1);  // the index is itself
    CHECK(told[1].weight == 3);
    const auto slow =
        members(spoiled(small_config, "    AVGO: 1\n", "    AVGO: {weight: 1, beta: 0.6}\n"));
    CHECK(slow[1].beta == 0.6);
    CHECK(warnings(parsed(spoiled(small_config, "    AVGO: 1\n",
                                  "    AVGO: {weight: 3, index: true}\n")),
                   "has no index") == 0);
    const std::string text =
        spoiled(small_config, "    AVGO: 1\n", "    AVGO: {weight: 1, beta: 0.6}\n");
    CHECK(members(parsed(text).resolved)[1].beta == 0.6);
    CHECK(parsed(text).engine.identity != parsed(small_config).engine.identity);
}
