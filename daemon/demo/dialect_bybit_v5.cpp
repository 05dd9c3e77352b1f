// Bybit v5, public spot and linear: one answer a request, of which one bad topic fails all; every
// message calls itself a snapshot.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {{"BTC-USD", "bybit_v5", "BTCUSDT"},
                                {"ETH-USD", "bybit_v5", "ETHUSDT"}};
constexpr std::string_view trades = "publicTrade.";
constexpr std::string_view quotes = "orderbook.1.";
constexpr std::size_t spot_topics_max = 10;  ///< of one request

std::string trade_text(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"topic":"publicTrade.{}","ts":{},"type":"snapshot","data":[{{"i":"21{:017}","T":{},"p":"{}","v":"{}","S":"{}","seq":{},"s":"{}","BT":false,"RPI":false}}]}})",
        p.venue_symbol, ms(p) + 30, p.trade_id, ms(p), n.price, n.size, taker(p, "Buy", "Sell"),
        p.sequence, p.venue_symbol);
}

std::string quote_text(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"topic":"orderbook.1.{0}","ts":{1},"type":"snapshot","data":{{"s":"{0}","b":[["{2}","{3}"]],"a":[["{4}","{5}"]],"u":{6},"seq":{6}}},"cts":{7}}})",
        p.venue_symbol, ms(p) + 40, n.bid, n.bid_size, n.ask, n.ask_size, p.sequence, ms(p));
}

class Bybit final : public Conversation {
  public:
    Bybit(const House& house, bool spot) : house_(house), spot_(spot) {}

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const std::string op = text_of(request, "op");
        const std::string id = text_of(request, "req_id");
        if (op == "ping") {
            ++pings_;
            return answer(true, "pong", id, op, out);
        }
        if (op != "subscribe" && op != "unsubscribe")
            return answer(false, "Invalid op", id, op, out);
        const auto topics = texts_of(request, "args");
        if (!topics) return answer(false, "Invalid args", id, op, out);
        if (spot_ && topics->size() > spot_topics_max)
            return answer(false, "args size >10", id, op, out);
        for (const std::string& topic : *topics)
            if (!exists(topic)) return answer(false, "Invalid topic: " + topic, id, op, out);
        answer(true, spot_ ? "subscribe" : "", id, op, out);
        for (const std::string& topic : *topics) {
            const bool fresh = change(op == "subscribe", topic);
            if (!fresh || op != "subscribe" || !topic.starts_with(quotes)) continue;
            const Tape::Listing* const known =
                house_.tape.find(std::string_view(topic).substr(quotes.size()));
            if (known != nullptr && known->last_quote.sequence != 0)
                out.push_back(quote_text(known->last_quote));
        }
    }

    void print(const Print& p, Frames& out) override {
        if (holds(fmt::format("{}{}", is_trade(p) ? trades : quotes, p.venue_symbol)))
            out.push_back(is_trade(p) ? trade_text(p) : quote_text(p));
    }

  private:
    bool exists(std::string_view topic) const {
        for (const std::string_view head : {trades, quotes})
            if (topic.starts_with(head)) return house_.lists(topic.substr(head.size()));
        return false;
    }

    static void answer(bool well, std::string_view words, const std::string& id,
                       const std::string& op, Frames& out) {
        out.push_back(json{
            {"success", well},
            {"ret_msg", words},
            {"conn_id", "d967ikkn0ine3iqmjc30-koqj"},
            {"req_id", id},
            {"op", op}}.dump());
    }

    const House& house_;
    const bool spot_;
};

}  // namespace

Dialect bybit_v5() {
    return {.venue = "bybit_v5",
            .path = "/v5/public/spot",
            .listings = listings,
            .open = [](std::string_view target, const House& house) {
                const bool spot = target == "/v5/public/spot";
                if (!spot && target != "/v5/public/linear") return Door{};
                return Door{std::make_unique<Bybit>(house, spot)};
            }};
}

}  // namespace contagiond::demo
