// Hyperliquid. Documentation: Hyperliquid API, WebSocket subscriptions.
//
//   {"channel":"trades","data":[{"coin":"xyz:NVDA","side":"A","px":"181.25","sz":"3.118",
//    "time":1790735999410,"hash":"0x00..","tid":118906907328761,"users":["0x..","0x.."]}]}
//   {"channel":"bbo","data":{"coin":"BTC","time":1750948919838,
//    "bbo":[{"px":"107575.0","sz":"3.87947","n":17},null]}}
//   {"channel":"l2Book","data":{"coin":"SHIA","time":1730160007687,"levels":[[],[]]}}
//   {"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":{..}}}
//   {"channel":"pong"}    {"channel":"error","data":"Invalid subscription {..}"}
//
// Odd: the first message of trades that names a coin after connecting is history, all of it, up to
// a minute old; nothing in it says so, so the decoder remembers which coins it has met. `side` is
// the taker's: B bought, A sold. `time` is the block's and shared by its trades; `tid` is unique
// but in no order, so gaps cannot be seen. A missing side of the book is null, or is left out.
// `l2Book` is understood, `bbo` is subscribed. Coins of builders' markets are "dex:ASSET"
// (xyz:NVDA, xyz:XYZ100), spot pairs "@107" or "PURR/USDC". Old trades say no `users`; the `hash`
// of an order worked over time is all zeros.
#include <functional>
#include <unordered_set>

#include "feeds/batch.hpp"
#include "feeds/message_decoder.hpp"
#include "feeds/request_frames.hpp"

namespace contagiond::feeds {
namespace {

/// `data`, or one element of it.
struct Element {
    JsonText time, side;
    MarketFields market;
};

JsonText* field_of(Element& e, std::string_view key) {
    if (key == "coin") return &e.market.symbol;
    if (key == "side") return &e.side;
    if (key == "px") return &e.market.price;
    if (key == "sz") return &e.market.size;
    if (key == "time") return &e.time;
    return key == "tid" ? &e.market.trade_id : nullptr;
}

struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
};

class HyperliquidDecoder final : public MessageDecoder<HyperliquidDecoder> {
  public:
    void decode(std::string_view frame, core::TimeNs ts_receive, Decoded& out) override {
        MessageDecoder::decode(frame, ts_receive, out);
        // Not before the whole frame is known to be well-formed.
        for (const Row& row : out.rows) {
            if ((row.flags & row_snapshot) == 0) continue;
            if (met_.size() < coins_max) met_.emplace(row.symbol);
            out.remembered = true;
        }
    }

    Walk read(Decoded& out) {
        JsonText channel;
        JsonText words;
        batch_.clear();
        const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
            if (key == "channel") channel = field;
            if (key != "data") return Walk::on;
            words = field;
            return batch_.add(reader_, field,
                              [this](Element& e, std::string_view k, const JsonText& f) {
                                  const bool levels = k == "levels";
                                  if ((levels || k == "bbo") && f.type == JsonType::array)
                                      return read_sides(e.market, levels);
                                  if (JsonText* const wanted = field_of(e, k)) *wanted = f;
                                  return Walk::on;
                              });
        });
        if (answer == Walk::on) emit(channel, words, out);
        return answer;
    }

  private:
    /// [bid, ask], each an object or, `listed`, an array of objects, best first.
    Walk read_sides(MarketFields& m, bool listed) {
        std::size_t place = 0;
        return nested(reader_.each_element([&](const JsonText& side) {
            ++place;
            if (place > 2) return Walk::on;
            JsonText& price = place == 1 ? m.bid : m.ask;
            JsonText& size = place == 1 ? m.bid_size : m.ask_size;
            if (!listed) return read_level(side, price, size);
            if (side.type != JsonType::array) return Walk::on;
            bool best = true;
            return nested(reader_.each_element([&](const JsonText& level) {
                return std::exchange(best, false) ? read_level(level, price, size) : Walk::on;
            }));
        }));
    }

    Walk read_level(const JsonText& level, JsonText& price, JsonText& size) {
        if (level.type != JsonType::object) return Walk::on;
        return nested(reader_.walk([&](std::string_view key, const JsonText& f) {
            if (key == "px") price = f;
            if (key == "sz") size = f;
            return Walk::on;
        }));
    }

    void emit(const JsonText& channel, const JsonText& words, Decoded& out) {
        if (channel.is_string("trades") || channel.is_string("bbo") ||
            channel.is_string("l2Book")) {
            batch_.emit(out, [&](Element& e) { emit_row(channel, e, out); });
        } else if (channel.is_string("subscriptionResponse")) {
            out.controls.push_back({ControlKind::subscribed, {}});
        } else if (channel.is_string("pong")) {
            out.controls.push_back({ControlKind::heartbeat, {}});
        } else if (channel.is_string("error") && !mentions(words, {"Already subscribed"})) {
            // There are no codes. A wrong request, such as an unknown coin, stays wrong.
            errors_.add(mentions(words, {"Invalid", "Error parsing"}), words, {}, out);
        } else {
            ++out.ignored;
        }
    }

    void emit_row(const JsonText& channel, const Element& e, Decoded& out) const {
        const bool trade = channel.is_string("trades");
        Row row;
        row.channel = channel.text;
        const DecodeError error = trade ? take_trade(e.market, row) : take_quote(e.market, row);
        if (trade) row.side = side_of(e.side, "B", "A");
        if (trade && met_.find(row.symbol) == met_.end()) row.flags = row_snapshot;
        keep_at(core::ns_per_ms, e.time, row, error, out);
    }

    Batch<Element> batch_;
    static constexpr std::size_t coins_max = 4096;
    std::unordered_set<std::string, Hash, std::equal_to<>> met_;  ///< coins whose history is past
};

/// One stream a frame; there are no lists.
std::vector<std::string> subscribe(std::span<const Subscription> wanted, core::TimeNs) {
    return frame_a_stream(wanted,
                          R"({"method":"subscribe","subscription":{"type":"trades","coin":)",
                          R"({"method":"subscribe","subscription":{"type":"bbo","coin":)", "}}");
}

// Prices are in dollars, whatever coin a builder's market settles in. Of builders' markets those of
// xyz on listed names are known. Spot pairs that are numbers (@107) tell no name and are left out.
constexpr SymbolRule symbols[] = {
    {"NQ-USD-PERP", "xyz:XYZ100"},
    {"ES-USD-PERP", "xyz:SP500"},
    {"XAU-USD-PERP", "xyz:GOLD"},
    {"{LISTED}-USD-PERP", "xyz:{LISTED}"},
    {"{BASE}-{QUOTE}", "{BASE}/{QUOTE}", "USDC", "", "PURR"},
    {"{BASE}-USD-PERP", "{BASE}"},
};

}  // namespace

Venue hyperliquid() {
    Venue venue;
    venue.id = "hyperliquid";
    venue.name = "Hyperliquid";
    venue.documentation =
        "https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/websocket";
    venue.default_url = "wss://api.hyperliquid.xyz/ws";
    venue.default_channels = "trades, bbo";
    // It closes what it has sent nothing to for 60 s; its own ping is what it promises to answer.
    venue.rules.ping_interval = 0;
    venue.rules.text_ping_interval = 5 * core::ns_per_s;
    // Of an address, not of a connection; as are 2,000 messages a minute.
    venue.rules.max_streams = 1000;
    venue.rules.connects_per_minute = 30;
    venue.rules.send_spacing = 40 * core::ns_per_ms;
    venue.rules.refuses_alone = true;
    venue.make_decoder = [] { return std::unique_ptr<Decoder>(new HyperliquidDecoder); };
    // Asked anew it would send history anew, which only the first message tells.
    venue.unsubscribe_word = {};
    venue.subscribe = subscribe;
    venue.text_ping = [](core::TimeNs) { return std::string(R"({"method":"ping"})"); };
    venue.symbols = {.rules = symbols};
    return venue;
}

}  // namespace contagiond::feeds
