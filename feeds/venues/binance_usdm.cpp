// Binance USD-M futures. Documentation: Binance USD-M futures, WebSocket market streams.
//
//   {"stream":"yfiusdt@aggTrade","data":{"e":"aggTrade","E":1618677448238,"a":52599685,
//    "s":"YFIUSDT","p":"49966.7","q":"0.001","f":64902163,"l":64902163,"T":1618677448084,"m":false}}
//   {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256322,
//    "s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false}}
//   {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5123107839020,"s":"BTCUSDT",
//    "b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1723161256313,"E":1723161256313}}
//   {"result":null,"id":1}                {"error":{"code":-1121,"msg":"Invalid symbol."},"id":2}
//
// As Binance spot, and odd in this: the host is split by path, book data (so the best quote) under
// /public and the rest under /market. A best quote has its type and its time: `T`, of the matching;
// `E` is when it was told. A `trade` whose `X` is not "MARKET" is no match on the market (insurance
// fund, deleveraging); `aggTrade` has no `X`. Only `aggTrade` is documented, so that is subscribed.
// Documents differ on the streams that a connection may hold, 200 or 1,024: the lower is taken.
// They differ on the period of pings too, and a pong to each is right by all of them.
#include <charconv>

#include "feeds/binance_decoder.hpp"

namespace contagiond::feeds {
namespace {

/// Milliseconds. The documentation's examples hold times such as 123456785, which in no unit is of
/// our age, so that no unit can be mistaken. It is passed on; who acts on rows refuses it.
DecodeError take_time_ms(const JsonText& field, core::TimeNs& out) {
    constexpr std::size_t digits_of_no_age = 9;
    if (field.type == JsonType::number && field.text.size() <= digits_of_no_age) {
        std::int64_t ms = 0;
        const char* const end = field.text.data() + field.text.size();
        const auto [stop, error] = std::from_chars(field.text.data(), end, ms);
        if (error == std::errc{} && stop == end && ms > 0) {
            out = ms * core::ns_per_ms;
            return DecodeError::none;
        }
    }
    return take_epoch_in(core::ns_per_ms, field, out);
}

std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    return subscribe_binance(wanted, "@aggTrade");
}

// Shares (AAPLUSDT) are spelled as coins are. Dated futures are left out: no
// frame of one was seen.
constexpr SymbolRule symbols[] = {
    {"XAU-USDT-PERP", "XAUUSDT"},
    {"{BASE}-{QUOTE}-PERP", "{BASE}{QUOTE}", "USDT"},
    {"{COIN}-{QUOTE}-PERP", "{COIN}{QUOTE}", "USDC"},
};

}  // namespace

Venue binance_usdm() {
    Venue venue;
    venue.id = "binance_usdm";
    venue.name = "Binance USD-M futures";
    venue.documentation = "https://developers.binance.com/docs/derivatives/usds-margined-futures";
    venue.default_url = "wss://fstream.binance.com/market/stream";
    venue.quotes_url = "wss://fstream.binance.com/public/stream";
    venue.default_channels = "aggTrade, bookTicker";
    venue.rules.second_connection = true;
    venue.rules.contiguous_trade_ids = true;
    venue.rules.max_lifetime = 24 * core::ns_per_hour;
    venue.rules.max_streams = 200;
    venue.rules.connects_per_minute = 60;  // as on spot
    // Ten messages a second are allowed, and our pings and pongs count among them.
    venue.rules.send_spacing = 150 * core::ns_per_ms;
    venue.make_decoder = [] {
        return make_binance_decoder({.take_time = take_time_ms, .tells_kind_of_match = true});
    };
    venue.subscribe_word = R"("SUBSCRIBE")";
    venue.unsubscribe_word = R"("UNSUBSCRIBE")";
    venue.subscribe = subscribe;
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
