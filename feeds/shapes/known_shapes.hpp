// The shapes of each venue's busiest frames, one file a venue. See ShapedDecoder for what these
// functions promise. Each is flattened (all it calls is compiled into it): a cursor that stays in a
// register is what makes them quick.
#pragma once

#include <string_view>

#include "feeds/adapter.hpp"
#include "feeds/shapes/iso_clock.hpp"

namespace contagiond::feeds {

/// Shares and coins: trades and quotes, alone or in batches.
bool read_alpaca_shape(std::string_view frame, IsoClock& clock, Decoded& out);
/// Trades, aggregate trades and best quotes of spot and USD-M futures.
bool read_binance_shape(std::string_view frame, IsoClock& clock, Decoded& out);
/// Trades and best quotes.
bool read_bybit_shape(std::string_view frame, IsoClock& clock, Decoded& out);
/// Matches and tickers.
bool read_coinbase_exchange_shape(std::string_view frame, IsoClock& clock, Decoded& out);
/// Trades and tickers.
bool read_kraken_shape(std::string_view frame, IsoClock& clock, Decoded& out);
/// Trades, best quotes and tickers.
bool read_okx_shape(std::string_view frame, IsoClock& clock, Decoded& out);

}  // namespace contagiond::feeds
