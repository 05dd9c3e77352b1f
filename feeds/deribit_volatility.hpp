// Deribit's volatility index: a number of the venue, not a market; but as with any index its level
// is the last price of that name. It becomes a trade without size, side or id, whose symbol is the
// whole channel ("btc_usd" alone is also the name of a price index), and so it is subscribed.
#pragma once

#include <string_view>

#include "feeds/json_fields.hpp"

namespace contagiond::feeds {

/// Its channels' names begin so.
inline constexpr std::string_view deribit_volatility_index = "deribit_volatility_index";

/// As take_trade; of `level` the price is taken.
inline DecodeError take_deribit_level(MarketFields level, std::string_view channel, Row& row) {
    level.symbol = {JsonType::string, channel};
    level.size = {JsonType::number, "0"};  // a trade must have one; it does not stay
    const DecodeError error = take_trade(level, row);
    row.size = {};
    return error;
}

}  // namespace contagiond::feeds
