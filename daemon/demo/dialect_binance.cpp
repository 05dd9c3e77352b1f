// Binance, spot and USD-M futures: raw streams under /ws, wrapped ones under /stream; streams are
// named in the address or subscribed to by request. The futures have their books under /public and
// their trades under /market.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr int wire_digits = 8;  // this venue writes every price and size with eight

constexpr int requests_max = 5;  ///< a second

constexpr Listing usdm_listings[] = {{"BTC-USD", "binance_usdm", "BTCUSDT"},
                                     {"ETH-USD", "binance_usdm", "ETHUSDT"}};

std::string futures_trade(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"e":"aggTrade","E":{},"a":{},"s":"{}","p":"{}","q":"{}","f":{},"l":{},"T":{},"m":{}}})",
        ms(p) + 150, p.trade_id, p.venue_symbol, n.price, n.size, p.trade_id * 2,
        p.trade_id * 2 + 1, ms(p), !p.buyer_aggressive);
}

std::string futures_book_ticker(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"e":"bookTicker","u":{},"s":"{}","b":"{}","B":"{}","a":"{}","A":"{}","T":{},"E":{}}})",
        p.sequence, p.venue_symbol, n.bid, n.bid_size, n.ask, n.ask_size, ms(p), ms(p) + 4);
}

/// What is told at an address; null: that kind of print is not.
struct Kind {
    std::string_view trade_stream;
    std::string (*trade)(const Print&);
    std::string (*quote)(const Print&);
};
constexpr Kind spot = {"@trade", binance_trade, binance_book_ticker};
constexpr Kind futures_market = {"@aggTrade", futures_trade, nullptr};
constexpr Kind futures_public = {"@aggTrade", nullptr, futures_book_ticker};

class Binance final : public Conversation {
  public:
    Binance(const Kind& kind, bool combined, std::string_view streams)
        : kind_(kind), combined_(combined) {
        for (const std::string& stream : split(streams, '/'))
            if (!stream.empty()) streams_.insert(stream);
    }

    void received(std::string_view frame, Frames& out) override {
        if (++requests_ > requests_max) {
            hangs_up_ = true;
            return refuse(-1003, "Too many requests", nullptr, out);
        }
        const json request = parse_client_frame(frame);
        if (!request.is_object()) return refuse(3, "Invalid JSON", nullptr, out);
        const json id = request.value("id", json());
        if (!id.is_null() && !id.is_string() && !id.is_number_integer())
            return refuse(2, "Invalid request: id must be an integer, a string or null", nullptr,
                          out);
        const std::string method = text_of(request, "method");
        if (method == "LIST_SUBSCRIPTIONS") {
            out.push_back(json{{"result", streams_}, {"id", id}}.dump());
            return;
        }
        const auto params = texts_of(request, "params");
        if ((method != "SUBSCRIBE" && method != "UNSUBSCRIBE") || !params)
            return refuse(2, "Invalid request: want a method and a list of streams", id, out);
        // A stream that does not exist is acknowledged like any other and stays silent.
        for (const std::string& stream : *params) change(method == "SUBSCRIBE", stream);
        out.push_back(fmt::format(R"({{"result":null,"id":{}}})", id.dump()));
    }

    void print(const Print& print, Frames& out) override {
        auto* const text = is_trade(print) ? kind_.trade : kind_.quote;
        const std::string stream =
            fmt::format("{}{}", lower(print.venue_symbol),
                        is_trade(print) ? kind_.trade_stream : std::string_view("@bookTicker"));
        if (text != nullptr && holds(stream)) say(stream, text(print), out);
    }

    void beat(Frames&) override { requests_ = 0; }

    void leaving(Frames& out) override {
        say("!serverShutdown", R"({"e":"serverShutdown","E":1737988200000})", out);
    }

  private:
    void say(std::string_view stream, const std::string& event, Frames& out) const {
        out.push_back(combined_ ? fmt::format(R"({{"stream":"{}","data":{}}})", stream, event)
                                : event);
    }
    static void refuse(int code, std::string_view message, const json& id, Frames& out) {
        out.push_back(fmt::format(R"({{"error":{{"code":{},"msg":"{}"}},"id":{}}})", code, message,
                                  id.dump()));
    }

    const Kind kind_;
    const bool combined_;
    int requests_ = 0;  ///< in this second
};

Door open(std::string_view target, const Kind& kind) {
    const std::string_view path = path_of(target);
    if (path == "/ws") return {std::make_unique<Binance>(kind, false, "")};
    if (path.starts_with("/ws/")) return {std::make_unique<Binance>(kind, false, path.substr(4))};
    if (path != "/stream") return {};
    return {std::make_unique<Binance>(kind, true, query_of(target, "streams"))};
}

}  // namespace

std::string binance_trade(const Print& trade) {
    const core::TimeNs ms = trade.ts / core::ns_per_ms;
    return fmt::format(
        R"({{"e":"trade","E":{},"s":"{}","t":{},"p":"{:.{}f}","q":"{:.{}f}","T":{},"m":{},"M":true}})",
        ms, trade.venue_symbol, trade.trade_id, trade.price, wire_digits, trade.size, wire_digits,
        ms, !trade.buyer_aggressive);
}

std::string binance_book_ticker(const Print& quote) {
    // No time and no event name: this venue's best quotes have neither.
    return fmt::format(
        R"({{"u":{},"s":"{}","b":"{:.{}f}","B":"{:.{}f}","a":"{:.{}f}","A":"{:.{}f}"}})",
        quote.sequence, quote.venue_symbol, quote.bid, wire_digits, quote.bid_size, wire_digits,
        quote.ask, wire_digits, quote.ask_size, wire_digits);
}

Dialect binance_spot() {
    return {.venue = "binance_spot",
            .path = "/stream",
            .listings = {},
            .open = [](std::string_view target, const House&) { return open(target, spot); }};
}

Dialect binance_usdm() {
    return {.venue = "binance_usdm",
            .path = "/market/stream",
            .listings = usdm_listings,
            .open = [](std::string_view target, const House&) {
                for (const auto& [path, kind] :
                     {std::pair{"/market", futures_market}, std::pair{"/public", futures_public}})
                    if (target.starts_with(path))
                        return open(target.substr(std::string_view(path).size()), kind);
                return Door{};
            }};
}

}  // namespace contagiond::demo
