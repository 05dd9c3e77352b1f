// Gate perpetuals, v4. Documentation: Gate futures WebSocket v4. The envelope and the quotes:
// gate_decoder.hpp.
//
//   {"time":1791009985,"time_ms":1791009985112,"channel":"futures.trades","event":"update",
//    "result":[{"id":846107589,"size":"-178","create_time":1791009985,
//    "create_time_ms":1791009985075,"price":"84584.1","contract":"BTC_USDT"}]}
//   {..,"result":[{"size":108,"id":27753480,..,"contract":"BTC_USD","is_internal":true}]}
//
// Odd: the sign of the size is the taker's side, negative sold. Sizes are contracts (a contract's
// multiplier says how many coins), whole numbers in frames of 2023, text in frames of 2026. Trades
// of 2021 tell their second alone. `is_internal` is a liquidation taken inside, no public match.
// Ids seem to rise by one a contract, but too few were seen to build on it: jumps are not taken for
// gaps. Shares and indices trade here around the clock (NVDA_USDT, NAS100_USDT), in the same words.
#include "feeds/gate_decoder.hpp"

namespace contagiond::feeds {
namespace {

constexpr GateChannels channels = {"futures.trades", "futures.book_ticker", "futures.system",
                                   "futures.ping", "futures.pong"};

void take_side(GateElement& element, Row& row) {
    row.side = take_sign(element.market.size);
    if (element.internal.type == JsonType::boolean && element.internal.text == "true")
        row.flags = row_internal;
}

// Perpetuals on shares are spelled as coins are; those on the share's token (AAPLX) end in X, as
// some coins do, so they are named one by one.
constexpr SymbolRule symbols[] = {
    {"NQ-USDT-PERP", "NAS100_USDT", "", "/usdt"},
    {"{BASE}x-{QUOTE}-PERP", "{BASE}X_{QUOTE}", "USDT", "/usdt", xstocks},
    {"{BASE}-{QUOTE}-PERP", "{BASE}_{QUOTE}", "USDT", "/usdt"},
    {"{COIN}-{QUOTE}-PERP", "{COIN}_{QUOTE}", "USD", "/btc"},
};

}  // namespace

Venue gate_futures() {
    Venue venue;
    venue.id = "gate_futures";
    venue.name = "Gate futures";
    venue.documentation = "https://www.gate.com/docs/developers/futures/ws/en/";
    venue.default_url = "wss://fx-ws.gateio.ws/v4/ws/usdt";
    venue.default_channels = "futures.trades, futures.book_ticker";
    venue.rules = gate_rules();
    venue.make_decoder = [] {
        return std::unique_ptr<Decoder>(new GateDecoder(channels, take_side));
    };
    venue.subscribe = [](std::span<const Subscription> wanted, core::TimeNs now) {
        return gate_subscribe(channels, wanted, now);
    };
    venue.text_ping = [](core::TimeNs now) { return gate_ping(channels, now); };
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
