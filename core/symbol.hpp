// Canonical symbols: the names a desk uses, the same whatever a venue writes.
//
//   NVDA   QQQ   NQ             a share, a fund, a future of an exchange
//   BTC-USD   BTC-USDT          spot, in the currency it is quoted in
//   BTC-USD-PERP                a perpetual future
//   BTC-USD-20220527            a future that ends on that day
//   BTC-USD-20220325-40000-C    an option: last day, strike, C (call) or P (put)
//   NVDAx-USD   NVDA-USD-PERP   a token backed by a share, a perpetual on it: its proxies
//   NVDAx-USDT-PERP             a perpetual on the token
//   NVDA-PROXY                  all proxies of the share as one
//
// A proxy trades around the clock at a crypto venue. It is never the share itself: it keeps other
// hours, and at night and on weekends its price is its own venue's opinion.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/instrument.hpp"

namespace contagiond::core {

inline constexpr std::string_view proxy_ending = "-PROXY";

/// What trades on exchanges under a name without a currency.
struct ListedName {
    std::string_view symbol;
    AssetClass asset_class;
};

/// Those that are known by name, sorted. Others may be watched all the same.
std::span<const ListedName> listed_names();
bool is_listed(std::string_view symbol);

/// What a proxy stands for: "NVDA" of NVDA-PROXY, NVDAx-USD and NVDA-USD-PERP. Empty where the
/// symbol is no proxy's. Of perpetuals only those on a listed name count: one on a coin keeps the
/// coin's hours. The view is part of `symbol`.
std::string_view underlying_of(std::string_view symbol);
inline bool is_proxy(std::string_view symbol) {
    return !underlying_of(symbol).empty();
}

/// The class that the symbol alone tells, a proxy's being its underlying's; absent where it tells
/// none.
std::optional<AssetClass> class_of(std::string_view symbol);

}  // namespace contagiond::core
