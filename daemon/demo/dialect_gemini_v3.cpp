// Gemini v3: looks like Binance, counts nanoseconds, and neither trades nor quotes say what they
// are. Data may come before the reply.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {{"BTC-USD", "gemini_v3", "btcusd"},
                                {"ETH-USD", "gemini_v3", "ethusd"}};
constexpr std::string_view trades = "@trade";
constexpr std::string_view quotes = "@bookTicker";

std::string trade_text(const Print& p) {
    return fmt::format(R"({{"E":{},"s":"{}","t":{},"p":"{:.5f}","q":"{:.10f}","m":{}}})", p.ts,
                       p.venue_symbol, 2'840'141'000'000'000 + p.trade_id, p.price, p.size,
                       !p.buyer_aggressive);
}

std::string quote_text(const Print& p) {
    return fmt::format(
        R"({{"u":{},"E":{},"s":"{}","b":"{:.5f}","B":"{:.10f}","a":"{:.5f}","A":"{:.10f}","c":"{:.5f}","C":"0.0100000000"}})",
        p.sequence, p.ts, p.venue_symbol, p.bid, p.bid_size, p.ask, p.ask_size, p.bid);
}

class Gemini final : public Conversation {
  public:
    explicit Gemini(const House& house) : house_(house) {}

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const json id = field_of(request, "id");
        const std::string method = text_of(request, "method");
        const auto streams = texts_of(request, "params");
        if ((method != "SUBSCRIBE" && method != "UNSUBSCRIBE") || !streams)
            return refuse(id, -1000, "Malformed request", out);
        for (const std::string& stream : *streams)
            if (!exists(stream)) return refuse(id, -1121, "Invalid symbol: " + stream, out);
        for (const std::string& stream : *streams) {
            const bool fresh = change(method == "SUBSCRIBE", stream);
            const Tape::Listing* const known = house_.tape.find(symbol_of(stream));
            if (fresh && stream.ends_with(quotes) && known && known->last_quote.sequence != 0)
                out.push_back(quote_text(known->last_quote));
        }
        out.push_back(fmt::format(R"({{"id":{},"status":200}})", id.dump()));
    }

    void print(const Print& p, Frames& out) override {
        if (holds(fmt::format("{}{}", p.venue_symbol, is_trade(p) ? trades : quotes)))
            out.push_back(is_trade(p) ? trade_text(p) : quote_text(p));
    }

  private:
    static std::string_view symbol_of(std::string_view stream) {
        return stream.substr(0, stream.find('@'));
    }
    bool exists(std::string_view stream) const {
        return (stream.ends_with(trades) || stream.ends_with(quotes)) &&
               house_.lists(symbol_of(stream));
    }
    static void refuse(const json& id, int code, std::string_view words, Frames& out) {
        out.push_back(
            json{{"id", id}, {"status", 400}, {"error", {{"code", code}, {"msg", words}}}}.dump());
    }

    const House& house_;
};

}  // namespace

Dialect gemini_v3() {
    return {.venue = "gemini_v3",
            .path = "/",
            .listings = listings,
            .open = [](std::string_view target, const House& house) {
                if (path_of(target) != "/") return Door{};
                return Door{std::make_unique<Gemini>(house)};
            }};
}

}  // namespace contagiond::demo
