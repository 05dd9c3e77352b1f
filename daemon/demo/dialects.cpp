// The dialects, one line each, sorted by venue. Adding one: its file, a declaration and a line
// here.
#include <algorithm>
#include <array>

#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {

Dialect alpaca();
Dialect binance_spot();
Dialect binance_usdm();
Dialect bitfinex();
Dialect bitstamp();
Dialect bybit_v5();
Dialect coinbase_advanced();
Dialect coinbase_exchange();
Dialect deribit();
Dialect finnhub();
Dialect gate_futures();
Dialect gate_spot();
Dialect gemini_v3();
Dialect hyperliquid();
Dialect kraken_v2();
Dialect kucoin();
Dialect massive();
Dialect okx_v5();
Dialect tiingo();
Dialect twelvedata();

std::span<const Dialect> dialects() {
    // clang-format off
    static const std::array table = {
        alpaca(),
        binance_spot(),
        binance_usdm(),
        bitfinex(),
        bitstamp(),
        bybit_v5(),
        coinbase_advanced(),
        coinbase_exchange(),
        deribit(),
        finnhub(),
        gate_futures(),
        gate_spot(),
        gemini_v3(),
        hyperliquid(),
        kraken_v2(),
        kucoin(),
        massive(),
        okx_v5(),
        tiingo(),
        twelvedata(),
    };
    // clang-format on
    return table;
}

const Dialect* find_dialect(std::string_view venue) {
    const auto all = dialects();
    const auto found = std::ranges::lower_bound(all, venue, {}, &Dialect::venue);
    return found != all.end() && found->venue == venue ? &*found : nullptr;
}

std::vector<Listing> all_listings() {
    std::vector<Listing> all;
    for (const Dialect& dialect : dialects())
        all.insert(all.end(), dialect.listings.begin(), dialect.listings.end());
    return all;
}

}  // namespace contagiond::demo
