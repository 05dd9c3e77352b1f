#include <simdjson.h>

#include <charconv>

#include "feeds/json_fields.hpp"
#include "feeds/sale_conditions.hpp"
#include "tests/bench/decode_peers.hpp"

namespace contagiond::bench {
namespace {

namespace od = simdjson::ondemand;

using feeds::Side;

core::TimeNs from_ms(std::uint64_t ms) {
    return static_cast<core::TimeNs>(ms) * core::ns_per_ms;
}

core::TimeNs from_iso(std::string_view text) {
    core::TimeNs time = core::no_time;
    feeds::parse_rfc3339(text, time);
    return time;
}

/// Throws where something is not as expected, as the library does when asked without error codes.
class OnDemandPeer final : public Peer {
  public:
    bool read(const BenchFrame& frame, std::vector<Told>& told) override {
        told.clear();
        try {
            od::document root = parser_.iterate(frame.text.data(), frame.text.size(),
                                                frame.text.size() + feeds::frame_padding);
            switch (frame.venue) {
                case BenchVenue::alpaca:
                    for (od::object element : root.get_array())
                        alpaca(element, told.emplace_back());
                    break;
                case BenchVenue::binance:
                    binance(root, told.emplace_back());
                    break;
                case BenchVenue::bybit:
                    bybit(root, told);
                    break;
                case BenchVenue::coinbase:
                    coinbase(root, told.emplace_back());
                    break;
                case BenchVenue::kraken:
                    kraken(root, told);
                    break;
                case BenchVenue::okx:
                    okx(root, told);
                    break;
            }
        } catch (const simdjson::simdjson_error&) {
            told.clear();
        }
        return !told.empty();
    }

  private:
    template <class From>
    static std::string_view text(From& from, std::string_view key) {
        return from.find_field(key).get_string();
    }
    template <class From>
    static Figure quoted(From& from, std::string_view key) {
        return {text(from, key), 0, 0};
    }
    /// The digits of a bare number.
    template <class From>
    static Figure bare(From& from, std::string_view key) {
        return {from.find_field(key).raw_json_token(), 0, 0};
    }
    template <class From>
    static core::TimeNs ms(From& from, std::string_view key) {
        return from_ms(from.find_field(key).get_uint64());
    }
    static core::TimeNs quoted_ms(od::object& from, std::string_view key) {
        const std::string_view digits = text(from, key);
        std::uint64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return from_ms(value);
    }
    static Side side(std::string_view word, std::string_view buy) {
        return word == buy ? Side::buy : Side::sell;
    }
    template <class From>
    static void level(From& from, std::string_view key, Figure& price, Figure& size) {
        for (od::array best : from.find_field(key).get_array()) {
            std::size_t place = 0;
            for (auto part : best) {
                if (place == 0) price.text = part.get_string();
                if (place == 1) size.text = part.get_string();
                ++place;
            }
        }
    }

    static void binance(od::document& root, Told& out) {
        const std::string_view stream = text(root, "stream");
        od::object data = root.find_field("data").get_object();
        if (stream.ends_with("@trade")) {
            out.symbol = text(data, "s");
            out.id = bare(data, "t");
            out.bid = quoted(data, "p");
            out.bid_size = quoted(data, "q");
            out.ts_exchange = ms(data, "T");
            out.side = bool(data.find_field("m").get_bool()) ? Side::sell : Side::buy;
        } else {
            out.kind = feeds::RowKind::quote;
            out.symbol = text(data, "s");
            out.bid = quoted(data, "b");
            out.bid_size = quoted(data, "B");
            out.ask = quoted(data, "a");
            out.ask_size = quoted(data, "A");
        }
    }

    static void coinbase(od::document& root, Told& out) {
        if (text(root, "type") == "match") {
            out.id = bare(root, "trade_id");
            out.side = side(text(root, "side"), "sell");
            out.bid_size = quoted(root, "size");
            out.bid = quoted(root, "price");
            out.symbol = text(root, "product_id");
        } else {
            out.kind = feeds::RowKind::quote;
            out.symbol = text(root, "product_id");
            out.bid = quoted(root, "best_bid");
            out.bid_size = quoted(root, "best_bid_size");
            out.ask = quoted(root, "best_ask");
            out.ask_size = quoted(root, "best_ask_size");
        }
        out.ts_exchange = from_iso(text(root, "time"));
    }

    static void kraken(od::document& root, std::vector<Told>& told) {
        const bool trades = text(root, "channel") == "trade";
        for (od::object element : root.find_field("data").get_array()) {
            Told& out = told.emplace_back();
            out.symbol = text(element, "symbol");
            if (trades) {
                out.side = side(text(element, "side"), "buy");
                out.bid = bare(element, "price");
                out.bid_size = bare(element, "qty");
                out.id = bare(element, "trade_id");
            } else {
                out.kind = feeds::RowKind::quote;
                out.bid = bare(element, "bid");
                out.bid_size = bare(element, "bid_qty");
                out.ask = bare(element, "ask");
                out.ask_size = bare(element, "ask_qty");
            }
            out.ts_exchange = from_iso(text(element, "timestamp"));
        }
    }

    static void okx(od::document& root, std::vector<Told>& told) {
        od::object arg = root.find_field("arg").get_object();
        const bool trades = text(arg, "channel") == "trades";
        const std::string_view instrument = text(arg, "instId");
        for (od::object element : root.find_field("data").get_array()) {
            Told& out = told.emplace_back();
            out.symbol = instrument;
            if (trades) {
                out.id = quoted(element, "tradeId");
                out.bid = quoted(element, "px");
                out.bid_size = quoted(element, "sz");
                out.side = side(text(element, "side"), "buy");
            } else {
                out.kind = feeds::RowKind::quote;
                level(element, "asks", out.ask, out.ask_size);
                level(element, "bids", out.bid, out.bid_size);
            }
            out.ts_exchange = quoted_ms(element, "ts");
        }
    }

    static void bybit(od::document& root, std::vector<Told>& told) {
        if (text(root, "topic").starts_with("publicTrade.")) {
            for (od::object element : root.find_field("data").get_array()) {
                Told& out = told.emplace_back();
                out.id = quoted(element, "i");
                out.ts_exchange = ms(element, "T");
                out.bid = quoted(element, "p");
                out.bid_size = quoted(element, "v");
                out.side = side(text(element, "S"), "Buy");
                out.symbol = text(element, "s");
                if (element.find_field("BT").get_bool()) out.flags |= feeds::row_block;
                if (element.find_field("RPI").get_bool()) out.flags |= feeds::row_rpi;
            }
            return;
        }
        Told& out = told.emplace_back();
        out.kind = feeds::RowKind::quote;
        od::object data = root.find_field("data").get_object();
        out.symbol = text(data, "s");
        level(data, "b", out.bid, out.bid_size);
        level(data, "a", out.ask, out.ask_size);
        out.ts_exchange = ms(root, "cts");
    }

    static void alpaca(od::object& element, Told& out) {
        if (text(element, "T") == "q") {
            out.kind = feeds::RowKind::quote;
            out.symbol = text(element, "S");
            out.bid = bare(element, "bp");
            out.bid_size = bare(element, "bs");
            out.ask = bare(element, "ap");
            out.ask_size = bare(element, "as");
            out.ts_exchange = from_iso(text(element, "t"));
            return;
        }
        out.id = bare(element, "i");
        out.symbol = text(element, "S");
        out.bid = bare(element, "p");
        out.bid_size = bare(element, "s");
        out.ts_exchange = from_iso(text(element, "t"));
        feeds::ConditionSet conditions;
        for (std::string_view letter : element.find_field("c").get_array())
            for (const char c : letter) conditions.add(static_cast<unsigned char>(c));
        const bool tape_c = text(element, "z") == "C";
        if (conditions.meets(tape_c ? feeds::not_last_utp : feeds::not_last_cta))
            out.flags = feeds::row_not_last;
    }

    od::parser parser_;
};

}  // namespace

std::unique_ptr<Peer> make_on_demand_peer() {
    return std::make_unique<OnDemandPeer>();
}

}  // namespace contagiond::bench
