// What each venue's fake promises, one line a venue: the tests of the dialects and those end to end
// go through this table.
#pragma once

#include <array>
#include <string_view>

#include "core/units.hpp"

namespace contagiond::test {

struct VenueFacts {
    std::string_view venue;
    core::DurationNs stamp = core::ns_per_ms;        ///< what a trade's time is cut to
    core::DurationNs quote_stamp = core::ns_per_ms;  ///< 0: quotes have no time
    std::size_t history = 0;   ///< trades of a symbol that are told again on subscribing, at most
    bool last_as_new = false;  ///< the last trade is told again, in the form of a new one
    bool has_side = true;
    std::string_view bad_symbol = {};  ///< how it refuses a symbol; empty: it says nothing
    std::string_view bad_key = {};     ///< how it refuses a key; empty: it wants none
};

inline constexpr core::DurationNs us = core::ns_per_us;
inline constexpr core::DurationNs msec = core::ns_per_ms;

// clang-format off
inline constexpr std::array venue_facts = {
    // venue                stamp            quotes   history as new side   bad symbol                  bad key
    VenueFacts{"alpaca",            1,                1,   0,  false, false, "",                          "auth failed"},
    VenueFacts{"binance_spot",      msec,             0,   0,  false, true,  "",                          ""},
    VenueFacts{"binance_usdm",      msec,             msec,0,  false, true,  "",                          ""},
    VenueFacts{"bitfinex",          msec,             0,   30, false, true,  "symbol: invalid",           ""},
    VenueFacts{"bitstamp",          us,               us,  0,  false, true,  "Bad subscription string",   ""},
    VenueFacts{"bybit_v5",          msec,             msec,0,  false, true,  "Invalid topic",             ""},
    VenueFacts{"coinbase_advanced", us,               1,   50, false, true,  "invalid product",           ""},
    VenueFacts{"coinbase_exchange", us,               us,  1,  false, true,  "not a valid product",       ""},
    VenueFacts{"deribit",           msec,             msec,0,  false, true,  "",                          ""},
    VenueFacts{"finnhub",           msec,             0,   0,  false, false, "Invalid symbol",            "HTTP 401"},
    VenueFacts{"gate_futures",      msec,             msec,0,  false, true,  "unknown contract",          ""},
    VenueFacts{"gate_spot",         100 * 1,          msec,0,  false, true,  "unknown currency pair",     ""},
    VenueFacts{"gemini_v3",         1,                1,   0,  false, true,  "Invalid symbol",            ""},
    VenueFacts{"hyperliquid",       msec,             msec,10, false, true,  "Invalid subscription",      ""},
    VenueFacts{"kraken_v2",         us,               us,  0,  false, true,  "Currency pair not supported", ""},
    VenueFacts{"kucoin",            1,                msec,0,  false, true,  "is not found",              ""},
    VenueFacts{"massive",           msec,             msec,0,  false, false, "",                          "authentication failed"},
    VenueFacts{"okx_v5",            msec,             msec,0,  true,  true,  "doesn't exist",             ""},
    VenueFacts{"tiingo",            1,                1,   0,  false, false, "",                          "Invalid token"},
    VenueFacts{"twelvedata",        core::ns_per_s,   0,   0,  false, false, "NOSUCH",                    "apikey"},
};
// clang-format on

}  // namespace contagiond::test
