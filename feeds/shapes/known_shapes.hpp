// The shapes of each venue's busiest frames, one file a venue. See ShapedDecoder for what these
// functions promise.
#pragma once

#include <string_view>

#include "feeds/adapter.hpp"
#include "feeds/shapes/iso_clock.hpp"

namespace contagiond::feeds {

/// Trades, aggregate trades and best quotes of spot and USD-M futures.
bool read_binance_shape(std::string_view frame, IsoClock& clock, Decoded& out);

}  // namespace contagiond::feeds
