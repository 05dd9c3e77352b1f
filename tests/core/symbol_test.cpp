// Canonical symbols: what a name tells by itself.
#include "core/symbol.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace contagiond;
using core::AssetClass;

TEST_CASE("a proxy is known by its symbol, and so is what it stands for") {
    for (const char* const proxy : {"NVDA-PROXY", "NVDAx-USD", "NVDAx-USDT", "NVDA-USD-PERP",
                                    "NVDA-USDT-PERP", "NVDAx-USDT-PERP"}) {
        INFO(proxy);
        CHECK(core::underlying_of(proxy) == "NVDA");
        CHECK(core::is_proxy(proxy));
        CHECK(core::class_of(proxy) == AssetClass::equity);
    }
    CHECK(core::underlying_of("NQ-PROXY") == "NQ");
    CHECK(core::underlying_of("NQ-USD-PERP") == "NQ");
    CHECK(core::class_of("NQ-PROXY") == AssetClass::future);
    // Tokens are known by their name alone, listed or not.
    CHECK(core::underlying_of("ZZZQx-USD") == "ZZZQ");
    CHECK(core::class_of("ZZZQx-USD") == AssetClass::equity);
}

TEST_CASE("a perpetual on a coin is no proxy, nor is a coin whose name ends in X") {
    for (const char* const symbol :
         {"NVDA", "NQ", "BTC-USD", "BTC-USDT", "BTC-USD-PERP", "FLUX-USDT", "MUX-USDT", "x-USD",
          "BTC-USD-20220527", "BTC-USD-20220325-40000-C", "kPEPE-USD-PERP", "DIS-USDT", "NVDA-USD",
          "", "-", "-PROXY", "-PERP", "PERP"}) {
        INFO(symbol);
        CHECK(core::underlying_of(symbol).empty());
        CHECK(!core::is_proxy(symbol));
    }
}

TEST_CASE("a symbol tells its class where it can") {
    CHECK(core::class_of("NVDA") == AssetClass::equity);
    CHECK(core::class_of("NQ") == AssetClass::future);
    CHECK(core::class_of("ZN") == AssetClass::rate);
    CHECK(core::class_of("XAU-PROXY") == AssetClass::commodity);
    CHECK(core::class_of("BTC-USD") == AssetClass::crypto);
    CHECK(core::class_of("BTC-USDT-PERP") == AssetClass::crypto);
    CHECK(core::class_of("USDT-EUR") == AssetClass::crypto);
    CHECK(core::class_of("EUR-USD") == AssetClass::currency);
    for (const char* const unknown : {"", "WXYZ", "-USD", "BTC-", "BTC/USD"}) {
        INFO(unknown);
        CHECK(!core::class_of(unknown));
    }
}

TEST_CASE("listed names are sorted, without doubles, and found") {
    const auto all = core::listed_names();
    REQUIRE(all.size() > 20);
    for (std::size_t i = 0; i < all.size(); ++i) {
        INFO(all[i].symbol);
        if (i > 0) CHECK(all[i - 1].symbol < all[i].symbol);
        CHECK(core::is_listed(all[i].symbol));
        CHECK(core::class_of(all[i].symbol) == all[i].asset_class);
    }
    CHECK(!core::is_listed("BTC"));
}
