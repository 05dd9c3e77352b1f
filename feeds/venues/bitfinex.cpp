// Bitfinex, v2. Documentation: Bitfinex WebSocket v2, public channels.
//
//   {"event":"info","version":2,"serverId":"..","platform":{"status":1}}
//   {"event":"subscribed","channel":"trades","chanId":17470,"symbol":"tBTCUST","pair":"BTCUST"}
//   [17470,[[401597395,1574694478808,0.005,7245.3],[401597394,1574694478000,-0.25,7245.2]]]
//   [17470,"te",[637771130,1615232733897,0.11546588,51350]]      id, time, amount, price
//   [17471,[51349,12.5,51350,8.25,120.4,0.0023,51350,4312.7,52000,50100]]   bid, size, ask, size,
//   .. [17470,"hb"]    [232962,"hb",147]    {"event":"pong",..}
//   {"event":"info","code":20051,"msg":"Stopping. Please try to reconnect"}
//   {"event":"error","msg":"symbol: invalid","code":10300,"channel":"trades","symbol":"tNOPE"}
//
// Odd: data are arrays that begin with a number, and which channel it means only the `subscribed`
// event told; data of a number that none told are passed over. What follows is known by its place,
// and arrays may be longer than documented (a sequence number, a time). The list right after
// subscribing is history. Each trade comes again as `tu`: `te` counts. The sign of the amount is
// the taker's side. The sizes of a ticker are sums over 25 orders, and it has no time. Funding
// (symbols with an f) puts other things in the same places, so none of its channels is read. Ids
// skip over symbols.
#include <array>

#include "feeds/bitfinex_channels.hpp"
#include "feeds/request_frames.hpp"
#include "feeds/venue_errors.hpp"

namespace contagiond::feeds {
namespace {

class BitfinexDecoder final : public Decoder {
  public:
    void decode(std::string_view frame, core::TimeNs, Decoded& out) override {
        errors_.clear();
        BitfinexEvent event;
        reader_.read_any(frame, out, [&](const JsonText& root, Decoded& to) {
            return root.type == JsonType::array ? read_data(to) : read_event(event, to);
        });
        // Not before the whole frame is known to be well-formed.
        if (out.error == DecodeError::none && event.event.is_string("subscribed")) {
            channels_.bind(event);
            out.remembered = true;
        }
    }

  private:
    Walk read_data(Decoded& out) {
        const BitfinexChannel* channel = nullptr;
        JsonText code;
        bool given = false;
        std::size_t place = 0;
        const Walk answer = reader_.each_element([&](const JsonText& part) {
            ++place;
            if (place == 1 && part.type == JsonType::number) {
                channel = channels_.find(part.text);
                if (channel == nullptr || channel->content == BitfinexContent::other)
                    return Walk::stop;
            }
            if (place == 1 || channel == nullptr) return Walk::on;
            if (place == 2) code = part;
            const bool executed =
                place == 3 && code.is_string("te") && channel->content == BitfinexContent::trades;
            if (part.type != JsonType::array || (place != 2 && !executed)) return Walk::on;
            given = true;
            return executed ? read_row(*channel, 0, out) : read_list(*channel, out);
        });
        if (answer == Walk::on && code.is_string("hb")) {
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else if (answer == Walk::on && code.is_string("te") && !given) {
            reject(out, DecodeError::missing_field);
        } else if (answer == Walk::stop || !given) {
            ++out.ignored;
        }
        return answer;
    }

    Walk read_list(const BitfinexChannel& channel, Decoded& out) {
        if (channel.content == BitfinexContent::ticker)
            return read_row(channel, row_size_is_sum, out);
        return nested(reader_.each_element([&](const JsonText& trade) {
            if (trade.type == JsonType::array) return read_row(channel, row_snapshot, out);
            reject(out, DecodeError::wrong_type);
            return Walk::on;
        }));
    }

    /// A trade or a ticker; the reader stands on its array.
    Walk read_row(const BitfinexChannel& channel, std::uint16_t flags, Decoded& out) {
        MarketFields m;
        JsonText time;
        const bool trade = channel.content == BitfinexContent::trades;
        const std::array wanted = trade ? std::array{&m.trade_id, &time, &m.size, &m.price}
                                        : std::array{&m.bid, &m.bid_size, &m.ask, &m.ask_size};
        std::size_t place = 0;
        const Walk answer = reader_.each_element([&](const JsonText& part) {
            if (place < wanted.size()) *wanted[place++] = part;
            return Walk::on;
        });
        if (answer != Walk::on) return answer;
        Row row;
        row.channel = trade ? "trades" : "ticker";
        row.flags = flags;
        m.symbol = {JsonType::string, channel.symbol};
        if (trade) row.side = take_sign(m.size);
        const DecodeError error = trade ? take_trade(m, row) : take_quote(m, row);
        keep_at(core::ns_per_ms, time, row, error, out);
        return Walk::nested_read;
    }

    Walk read_event(BitfinexEvent& e, Decoded& out) {
        const Walk answer = reader_.walk([&e](std::string_view key, const JsonText& field) {
            return put<bitfinex_field>(e, key, field);
        });
        if (answer == Walk::on) emit(e, out);
        return answer;
    }

    void emit(const BitfinexEvent& e, Decoded& out) {
        if (e.event.is_string("subscribed")) {
            const DecodeError error = BitfinexChannels::check(e);
            if (error != DecodeError::none) return reject(out, error);
            out.controls.push_back({ControlKind::subscribed, {}});
        } else if (e.event.is_string("pong")) {
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else if (e.event.is_string("info") && e.code.missing()) {
            out.controls.push_back({ControlKind::greeting, {}});
        } else if (e.event.is_string("info") && is_one_of(e.code, {"20051", "20060", "20061"})) {
            // Asked to reconnect; maintenance begins; it is over, and all is to be asked for again.
            out.controls.push_back({ControlKind::shutdown_notice, e.text.text});
        } else if (e.event.is_string("error") && e.code.text != "10301") {
            // Nothing heals: refused, no such channel or symbol, too many channels.
            // Which symbol it is about stands beside the words.
            errors_.add(is_one_of(e.code, {"10001", "10300", "10302", "10304", "10305"}), e.text,
                        e.code, out, e.code.text == "10300" ? e.symbol.text : std::string_view());
        } else {
            ++out.ignored;  // 10301 too: what was asked for twice is there
        }
    }

    JsonReader reader_;
    BitfinexChannels channels_;
    VenueErrors errors_;
};

/// One channel a frame; there are no lists.
std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    return frame_a_stream(wanted, R"({"event":"subscribe","channel":"trades","symbol":)",
                          R"({"event":"subscribe","channel":"ticker","symbol":)", "}");
}

// Two codes of three letters are written together, else a colon parts them. UST is Tether here
// (TerraUSD elsewhere). Perpetuals are left out: no frame of one was seen.
constexpr SymbolRule symbols[] = {
    {"TESTBTC-TESTUSD", "tTESTBTC:TESTUSD"},
    {"{BASE}-{QUOTE}", "t{BAS}{QUOTE}", "USD USDT USDC EUR GBP BTC ETH"},
    {"{BASE}-{QUOTE}", "t{BASE}:{QUOTE}", "USD USDT USDC EUR GBP BTC ETH"},
};
constexpr SymbolCode codes[] = {{"USDT", "UST"}, {"USDC", "UDC"}, {"IOTA", "IOT"}};

}  // namespace

Venue bitfinex() {
    Venue venue;
    venue.id = "bitfinex";
    venue.name = "Bitfinex";
    venue.documentation = "https://docs.bitfinex.com/docs/ws-general";
    venue.default_url = "wss://api-pub.bitfinex.com/ws/2";
    venue.default_channels = "trades, ticker";
    // Its heartbeats come every 15 s a channel; its own ping is the one it answers by its word.
    venue.rules.ping_interval = 0;
    venue.rules.text_ping_interval = 5 * core::ns_per_s;
    venue.rules.second_connection = true;
    // Some say 30.
    venue.rules.max_streams = 25;
    venue.rules.connects_per_minute = 20;
    venue.rules.send_spacing = 50 * core::ns_per_ms;
    venue.rules.refuses_alone = true;
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new BitfinexDecoder); };
    // It ends a subscription by its channel's number.
    venue.unsubscribe_word = {};
    venue.subscribe = subscribe;
    venue.text_ping = [](core::TimeNs) { return std::string(R"({"event":"ping","cid":1})"); };
    venue.symbols = {symbols, codes};
    return venue;
}

}  // namespace contagiond::feeds
