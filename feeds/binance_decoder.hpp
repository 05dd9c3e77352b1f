// Binance's markets tell trades and best quotes in one form. Their venue files say what differs:
// the address, the stream of trades, the unit of times, the limits.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/json_fields.hpp"

namespace contagiond::feeds {

/// How the messages of a market differ.
struct BinanceMarket {
    /// take_epoch, or one that knows the market's unit.
    DecodeError (*take_time)(const JsonText& field, core::TimeNs& out);
    /// Trades say in `X` what they are, and what is no "MARKET" moves no price.
    bool tells_kind_of_match;
};

std::unique_ptr<Decoder> make_binance_decoder(const BinanceMarket& market);

/// SUBSCRIBE frames for the streams of `wanted`; `trade_stream` is "@trade" or "@aggTrade".
std::vector<std::string> subscribe_binance(std::span<const Subscription> wanted,
                                           std::string_view trade_stream);

}  // namespace contagiond::feeds
