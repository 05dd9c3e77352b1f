// The venues, one line each, sorted by id. Adding one: its file in venues/, a declaration and a
// line here.
#include <algorithm>
#include <array>

#include "feeds/adapter.hpp"

namespace contagiond::feeds {

Venue alpaca();
Venue binance_spot();
Venue binance_usdm();
Venue bitfinex();
Venue bitstamp();
Venue bybit_v5();
Venue coinbase_advanced();
Venue coinbase_exchange();
Venue deribit();
Venue finnhub();
Venue gate_futures();
Venue gate_spot();
Venue gemini_v3();
Venue hyperliquid();
Venue kraken_v2();
Venue kucoin();
Venue massive();
Venue okx_v5();
Venue tiingo();
Venue twelvedata();

std::span<const Venue> venues() {
    // Built when first asked for: no order among static objects to rely on.
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

const Venue* find_venue(std::string_view id) {
    const auto all = venues();
    const auto found = std::ranges::lower_bound(all, id, {}, &Venue::id);
    return found != all.end() && found->id == id ? &*found : nullptr;
}

}  // namespace contagiond::feeds
