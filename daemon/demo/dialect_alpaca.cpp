// Alpaca stocks: greets, wants a key, acknowledges with the full state, and sends everything in
// arrays.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr std::size_t free_streams_max = 30;  ///< trades and quotes together, on iex

/// Tape of the consolidated feed: A for listings of the New York exchange, C for Nasdaq's. The
/// future and the controls are no stocks; they travel as if Nasdaq listed them.
std::string_view tape_letter(std::string_view symbol) {
    return symbol == "TSM" || symbol == "PG" ? "A" : "C";
}

/// Nanoseconds without trailing zeros, as this venue writes times.
std::string time_text(core::TimeNs ts) {
    std::string text = rfc3339(ts, 9);
    text.pop_back();
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text + 'Z';
}

class Alpaca final : public Conversation {
  public:
    Alpaca(const House& house, bool is_free) : house_(house), is_free_(is_free) {}

    void opened(Frames& out) override { out.push_back(R"([{"T":"success","msg":"connected"}])"); }

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        if (!request.is_object()) return refuse(400, "invalid syntax", out);
        const json action = request.value("action", json());
        if (action == "auth") return authenticate(request, out);
        if (action != "subscribe" && action != "unsubscribe")
            return refuse(400, "invalid syntax", out);
        if (!authenticated_) return refuse(401, "not authenticated", out);
        for (const char* channel : {"trades", "quotes"}) {
            const json symbols = request.value(channel, json::array());
            if (!symbols.is_array()) return refuse(400, "invalid syntax", out);
            for (const json& symbol : symbols)
                if (!symbol.is_string()) return refuse(400, "invalid syntax", out);
        }
        Streams wanted = streams_;
        for (const char* channel : {"trades", "quotes"})
            for (const json& symbol : request.value(channel, json::array()))
                wanted.insert(fmt::format("{}:{}", channel, symbol.get<std::string>()));
        if (action == "subscribe" && is_free_ && wanted.size() > free_streams_max)
            return refuse(405, "symbol limit exceeded", out);
        // A symbol that does not exist is taken like any other and stays silent.
        for (const char* channel : {"trades", "quotes"})
            for (const json& symbol : request.value(channel, json::array()))
                change(action == "subscribe",
                       fmt::format("{}:{}", channel, symbol.get<std::string>()));
        const std::string trades = held("trades:");
        out.push_back(fmt::format(
            R"([{{"T":"subscription","trades":{0},"quotes":{1},"bars":[],"updatedBars":[],"dailyBars":[],"statuses":[],"lulds":[],"corrections":{0},"cancelErrors":{0}}}])",
            trades, held("quotes:")));
    }

    void print(const Print& print, Frames& out) override {
        const std::string_view channel = is_trade(print) ? "trades:" : "quotes:";
        if (holds(fmt::format("{}{}", channel, print.venue_symbol)) ||
            holds(fmt::format("{}*", channel)))
            batch_.add(is_trade(print) ? alpaca_trade(print) : alpaca_quote(print), out);
    }

    void flush(Frames& out) override { batch_.close(out); }

  private:
    void authenticate(const json& request, Frames& out) {
        if (authenticated_) return refuse(403, "already authenticated", out);
        if (!house_.lets_in(text_of(request, "key"), text_of(request, "secret")))
            return refuse(402, "auth failed", out);
        authenticated_ = true;
        out.push_back(R"([{"T":"success","msg":"authenticated"}])");
    }

    std::string held(std::string_view channel) const {
        json symbols = json::array();
        for (const std::string& stream : streams_)
            if (stream.starts_with(channel)) symbols.push_back(stream.substr(channel.size()));
        return symbols.dump();
    }

    static void refuse(int code, std::string_view message, Frames& out) {
        out.push_back(fmt::format(R"([{{"T":"error","code":{},"msg":"{}"}}])", code, message));
    }

    const House& house_;
    const bool is_free_;
    bool authenticated_ = false;
    Batch batch_;
};

}  // namespace

std::string alpaca_trade(const Print& trade) {
    return fmt::format(
        R"({{"T":"t","S":"{}","i":{},"x":"V","p":{},"s":{},"c":["@"],"z":"{}","t":"{}"}})",
        trade.venue_symbol, trade.trade_id, shortest_decimal(trade.price, trade.price_digits),
        shortest_decimal(trade.size, trade.size_digits), tape_letter(trade.venue_symbol),
        time_text(trade.ts));
}

std::string alpaca_quote(const Print& quote) {
    return fmt::format(
        R"({{"T":"q","S":"{}","bx":"V","bp":{},"bs":{},"ax":"V","ap":{},"as":{},"c":["R"],"z":"{}","t":"{}"}})",
        quote.venue_symbol, shortest_decimal(quote.bid, quote.price_digits),
        shortest_decimal(quote.bid_size, quote.size_digits),
        shortest_decimal(quote.ask, quote.price_digits),
        shortest_decimal(quote.ask_size, quote.size_digits), tape_letter(quote.venue_symbol),
        time_text(quote.ts));
}

Dialect alpaca() {
    return {.venue = "alpaca",
            .path = "/v2/iex",
            .listings = {},
            .open = [](std::string_view target, const House& house) {
                if (!target.starts_with("/v2/")) return Door{};
                return Door{std::make_unique<Alpaca>(house, target == "/v2/iex")};
            }};
}

}  // namespace contagiond::demo
