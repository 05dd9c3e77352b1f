// Binance spot. Documentation: binance-spot-api-docs, web-socket-streams.md.
//
//   {"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000",
//    "q":"0.02000000","T":1723161255342,"m":true,"M":true}
//   {"e":"aggTrade","E":..,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,"l":105,"T":..,
//    "m":true}
//   {"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66"}
//   {"stream":"btcusdt@bookTicker","data":{...}}              the same on a combined connection
//   {"result":null,"id":1}      {"error":{"code":0,"msg":".."},"id":2}      {"code":-1,"msg":".."}
//   {"e":"serverShutdown","E":1770123456789}
//
// Odd: the best quote has no type and no time; it is known by its stream's name or by its shape.
// `m` tells that the buyer was the maker, so true is a sell. One key means different things by
// message: `a` is an ask, an aggregate's id, or half a book. Times are ms, or us if the URL says
// so. `trade` and `aggTrade` tell the same trades: both are understood, only `trade` is subscribed.
// Symbols need not be ASCII.
#include "feeds/binance_decoder.hpp"

namespace contagiond::feeds {
namespace {

std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    return subscribe_binance(wanted, "@trade");
}

constexpr SymbolRule symbols[] = {
    {"{BASE}-{QUOTE}", "{BASE}{QUOTE}", "USDT USDC FDUSD BTC ETH BNB EUR TRY BUSD"},
};

}  // namespace

Venue binance_spot() {
    Venue venue;
    venue.id = "binance_spot";
    venue.name = "Binance spot";
    venue.documentation = "https://github.com/binance/binance-spot-api-docs";
    venue.default_url = "wss://stream.binance.com:9443/stream";
    venue.default_channels = "trade, bookTicker";
    venue.rules.second_connection = true;
    venue.rules.contiguous_trade_ids = true;
    venue.rules.max_lifetime = 24 * core::ns_per_hour;
    venue.rules.max_streams = 1024;
    venue.rules.connects_per_minute = 60;  // 300 in five minutes
    // Five messages a second are allowed, and our pings and pongs count among them.
    venue.rules.send_spacing = 250 * core::ns_per_ms;
    venue.make_decoder = [] {
        return make_binance_decoder({.take_time = take_epoch, .tells_kind_of_match = false});
    };
    venue.subscribe_word = R"("SUBSCRIBE")";
    venue.unsubscribe_word = R"("UNSUBSCRIBE")";
    venue.subscribe = subscribe;
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
