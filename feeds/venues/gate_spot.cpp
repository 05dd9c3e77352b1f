// Gate spot, v4. Documentation: Gate spot WebSocket v4. The envelope and the quotes:
// gate_decoder.hpp.
//
//   {"time":1606292218,"time_ms":1606292218231,"channel":"spot.trades","event":"update","result":
//    {"id":309143071,"create_time":1606292218,"create_time_ms":"1606292218213.4578","side":"sell",
//    "currency_pair":"GT_USDT","amount":"16.4700000000","price":"0.4705000000"}}
//
// Odd: a trade comes alone, not in an array as on the futures (an array is understood too). Its
// time is text, milliseconds with a fraction. `side` is the taker's. Ids count the trades of all
// pairs together, so a jump means nothing. `spot.tickers` has no sizes and is not asked for.
#include "feeds/gate_decoder.hpp"

namespace contagiond::feeds {
namespace {

constexpr GateChannels channels = {"spot.trades", "spot.book_ticker", "spot.system", "spot.ping",
                                   "spot.pong"};

void take_side(GateElement& element, Row& row) {
    row.side = side_of(element.side, "buy", "sell");
}

// Tokens on shares (xStocks) end in X, as some coins do, so they are named one by one. DIS_USDT is
// a coin.
constexpr SymbolRule symbols[] = {
    {"{BASE}x-{QUOTE}", "{BASE}X_{QUOTE}", "USDT", "", xstocks},
    {"{BASE}-{QUOTE}", "{BASE}_{QUOTE}", "USDT USDC BTC ETH"},
};

}  // namespace

Venue gate_spot() {
    Venue venue;
    venue.id = "gate_spot";
    venue.name = "Gate spot";
    venue.documentation = "https://www.gate.com/docs/developers/apiv4/ws/en/";
    venue.default_url = "wss://api.gateio.ws/ws/v4/";
    venue.default_channels = "spot.trades, spot.book_ticker";
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
