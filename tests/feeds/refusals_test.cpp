// Which instruments a venue's words name, and what a refusal costs.
#include "feeds/refusals.hpp"

#include <catch2/catch.hpp>

namespace contagiond::feeds {
namespace {

using Places = std::vector<std::size_t>;

TEST_CASE("symbols are found in a venue's words as words of their own") {
    const std::vector<std::string_view> symbols = {"BTC-USD", "BTC-USDT",  "BTC",
                                                   "btcusd",  "tDOGE:USD", "BTC-USDT-SWAP"};
    CHECK(symbols_in("BTC-USD is not a valid product", symbols) == Places{0});
    CHECK(symbols_in("wrong topic publicTrade.BTC-USDT", symbols) == Places{1});
    CHECK(symbols_in("instId:BTC-USDT-SWAP doesn't exist", symbols) == Places{5});
    CHECK(symbols_in("channel live_trades_btcusd", symbols) == Places{3});
    CHECK(symbols_in("{\"coin\":\"BTC\"}", symbols) == Places{2});
    CHECK(symbols_in("no such pair: tdoge:usd", symbols) == Places{4});
    CHECK(symbols_in("BTC-USD and BTC-USDT", symbols) == Places{0, 1});
    CHECK(symbols_in("XBTC-USDC, ABTC", symbols).empty());
    CHECK(symbols_in("", symbols).empty());
    CHECK(symbols_in("no room", std::vector<std::string_view>{""}).empty());
}

TEST_CASE("what a refusal names is refused, if it can be told and something is left") {
    const std::vector<Listing> listings = {{0, "AAA"}, {1, "BBB"}, {2, "CCC"}};
    Refusals refusals(listings);
    CHECK_FALSE(refusals.take("wrong key", true).names_some);
    CHECK_FALSE(
        refusals.take("AAA,BBB not found", false).names_some);  // perhaps all that was asked
    CHECK(refusals.count() == 0);

    const auto verdict = refusals.take("no such symbol BBB", false);
    CHECK(verdict.names_some);
    CHECK(verdict.added == Places{1});
    CHECK(refusals.is_refused(1));
    CHECK_FALSE(refusals.is_refused(0));

    const auto again = refusals.take("no such symbol BBB", false);
    CHECK(again.names_some);  // still about no more than that
    CHECK(again.added.empty());

    CHECK_FALSE(refusals.take("symbols refused (AAA, CCC)", true).names_some);  // nothing left
    CHECK(refusals.take("symbols refused (AAA, BBB)", true).added == Places{0});
    CHECK_FALSE(refusals.take("no such symbol CCC", true).names_some);
    CHECK(refusals.count() == 2);
}

TEST_CASE("one by one, but never the last") {
    const std::vector<Listing> listings = {{0, "AAA"}, {1, "BBB"}};
    Refusals refusals(listings);
    CHECK(refusals.refuse(1));
    CHECK_FALSE(refusals.refuse(1));
    CHECK(refusals.count() == 1);
    CHECK_FALSE(refusals.refuse(0));
    CHECK_FALSE(refusals.is_refused(0));
}

}  // namespace
}  // namespace contagiond::feeds
