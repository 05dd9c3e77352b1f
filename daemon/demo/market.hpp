// The scripted market of the demo: 27 January 2025 re-enacted. End points are the published
// figures, every price in between is synthetic, from a seed. Pure: no clock, no socket.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace contagiond::demo {

/// What the script says of one instrument; for the summary and the tests.
struct ScriptedMove {
    std::string symbol;      ///< canonical
    double open = 0;         ///< price at the start
    double selloff_low = 0;  ///< price at the end of the tech selloff (the published figure)
    double macro_low = 0;    ///< price at the end of the macro episode
    double published_change =
        0;  ///< the source's figure for the selloff as a fraction; 0: it gives none
    core::DurationNs lag = 0;  ///< behind the tech leg, in the selloff
};

struct Script {
    core::TimeNs start = 0;  ///< of the market's clock: 2025-01-27T14:30:00Z
    core::TimeNs selloff_start = 0;
    core::TimeNs selloff_end = 0;
    core::TimeNs macro_start = 0;
    core::TimeNs macro_end = 0;
    core::TimeNs end = 0;
    std::vector<ScriptedMove> moves;
    /// What the source reports of the day as a whole; shown as its figures, derived from none of
    /// our prices: US market value gone, and the value of all crypto of which that is about a
    /// third.
    double us_value_lost_usd = 0;
    double crypto_total_value_usd = 0;
};

/// One asset on one exchange. Views are valid as long as the process.
struct Listing {
    std::string_view symbol;        ///< canonical
    std::string_view venue;         ///< the exchange's id
    std::string_view venue_symbol;  ///< as that exchange writes it
};

/// One event of the market, before any dialect.
struct Print {
    enum class Kind : std::uint8_t { trade, quote } kind = Kind::trade;
    core::TimeNs ts = 0;
    std::string_view symbol;        ///< canonical; valid as long as the process
    std::string_view venue;         ///< whose wire it goes over
    std::string_view venue_symbol;  ///< as that exchange writes it
    double price = 0;               ///< trade
    double size = 0;
    bool buyer_aggressive = false;
    std::uint64_t trade_id = 0;  ///< rises by 1 per exchange and symbol
    std::uint64_t sequence = 0;  ///< rises by 1 with every print of the same exchange and symbol
    double bid = 0, ask = 0, bid_size = 0,
           ask_size = 0;   ///< the book; on a trade the book around it
    int price_digits = 2;  ///< decimals the price is written with
    int size_digits = 0;
};

/// What everything shown of the demo must say: which figures are published, which prices are not.
std::string_view demo_notice();

/// One thread at a time. Never blocks. Equal seeds give equal prints, however advance() is called,
/// bit for bit on every machine: only the four operations and the square root touch a price.
class Market {
  public:
    /// Told by Binance spot, Coinbase Exchange and Alpaca, and by `more`. What the first three say
    /// does not depend on that. Throws std::invalid_argument if `more` names an unknown asset.
    explicit Market(std::uint64_t seed, std::span<const Listing> more = {});
    ~Market();
    Market(const Market&) = delete;
    Market& operator=(const Market&) = delete;
    const Script& script() const;
    std::span<const Listing> listings() const;
    /// Everything that happens in (previous call, until], in time order; the first call begins with
    /// the opening prints at script().start. After script().end the market stays calm for ever.
    /// Valid until the next call.
    std::span<const Print> advance(core::TimeNs until);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::demo
