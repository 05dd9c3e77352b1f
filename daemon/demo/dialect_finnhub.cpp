// Finnhub: the key in the address, no word for a subscription that is taken, trades alone and
// without ids, a text ping that wants no answer.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {{"NVDA", "finnhub", "NVDA"},
                                {"MU", "finnhub", "MU"},
                                {"BTC-USD", "finnhub", "BINANCE:BTCUSDT"}};
constexpr std::size_t symbols_max = 50;  ///< of the free plan
constexpr int ping_beats = 30;

std::string trade_fields(const Print& p) {
    const Numbers n(p);
    return fmt::format(R"({{"c":["1"],"p":{},"s":"{}","t":{},"v":{}}})", n.price, p.venue_symbol,
                       ms(p), n.size);
}

class Finnhub final : public Conversation {
  public:
    explicit Finnhub(const House& house) : house_(house) {}

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const std::string type = text_of(request, "type");
        const std::string symbol = text_of(request, "symbol");
        if (type != "subscribe" && type != "unsubscribe") return refuse("Invalid message", out);
        if (!house_.lists(symbol)) return refuse("Invalid symbol " + symbol, out);
        if (type == "subscribe" && streams_.size() >= symbols_max)
            return refuse("Subscribing to too many symbols", out);
        change(type == "subscribe", symbol);
    }

    void print(const Print& p, Frames& out) override {
        if (is_trade(p) && holds(p.venue_symbol)) batch_.add(trade_fields(p), lists_);
        hand_on(out);
    }

    void flush(Frames& out) override {
        batch_.close(lists_);
        hand_on(out);
    }

    void beat(Frames& out) override {
        if (++beats_ % ping_beats == 0) out.emplace_back(R"({"type":"ping"})");
    }

  private:
    void hand_on(Frames& out) {
        for (const std::string& list : lists_)
            out.push_back(fmt::format(R"({{"data":{},"type":"trade"}})", list));
        lists_.clear();
    }
    static void refuse(const std::string& words, Frames& out) {
        out.push_back(json{{"msg", words}, {"type", "error"}}.dump(-1, ' ', false,
                                                                   json::error_handler_t::replace));
    }

    const House& house_;
    Batch batch_;
    Frames lists_;  ///< batches that are closed
    int beats_ = 0;
};

}  // namespace

Dialect finnhub() {
    return {.venue = "finnhub",
            .path = "/",
            .listings = listings,
            .open = [](std::string_view target, const House& house) {
                if (path_of(target) != "/") return Door{};
                if (!house.lets_in(query_of(target, "token"))) return Door{nullptr, 401};
                return Door{std::make_unique<Finnhub>(house)};
            }};
}

}  // namespace contagiond::demo
