// Hyperliquid: one stream a request; the first message of trades is history and does not say so.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {{"BTC-USD", "hyperliquid", "BTC"},
                                {"ETH-USD", "hyperliquid", "ETH"},
                                {"NVDA", "hyperliquid", "xyz:NVDA"}};
constexpr std::size_t history = 10;

std::string trade_fields(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"coin":"{}","side":"{}","px":"{}","sz":"{}","time":{},"hash":"0x{:064x}","tid":{},"users":["0x8a43b5424eb06a3e79bc6036c8cae55417fada0e","0x6802b4267f7f2bf7003dcf993c51542245b38329"]}})",
        p.venue_symbol, taker(p, "B", "A"), n.price, n.size, ms(p), p.trade_id,
        p.trade_id * 7919 % 1'000'000'007);
}

std::string quote_text(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"channel":"bbo","data":{{"coin":"{}","time":{},"bbo":[{{"px":"{}","sz":"{}","n":3}},{{"px":"{}","sz":"{}","n":1}}]}}}})",
        p.venue_symbol, ms(p), n.bid, n.bid_size, n.ask, n.ask_size);
}

std::string trades_text(std::string_view list) {
    return fmt::format(R"({{"channel":"trades","data":[{}]}})", list);
}

class Hyperliquid final : public Conversation {
  public:
    explicit Hyperliquid(const House& house) : house_(house) {}

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const std::string method = text_of(request, "method");
        if (method == "ping") {
            ++pings_;
            out.emplace_back(R"({"channel":"pong"})");
            return;
        }
        if (method != "subscribe" && method != "unsubscribe")
            return refuse("Error parsing JSON into valid websocket request", request, out);
        const json subscription = field_of(request, "subscription");
        const std::string type = text_of(subscription, "type");
        const std::string coin = text_of(subscription, "coin");
        if ((type != "trades" && type != "bbo") || !house_.lists(coin))
            return refuse("Invalid subscription", subscription, out);
        if (!change(method == "subscribe", type + ":" + coin))
            return refuse(method == "subscribe" ? "Already subscribed" : "Already unsubscribed",
                          subscription, out);
        out.push_back(json{{"channel", "subscriptionResponse"},
                           {"data", {{"method", method}, {"subscription", subscription}}}}
                          .dump());
        const Tape::Listing* const known = house_.tape.find(coin);
        if (method != "subscribe" || known == nullptr) return;
        if (type == "bbo") {
            if (known->last_quote.sequence != 0) out.push_back(quote_text(known->last_quote));
            return;
        }
        std::string list;
        const std::size_t n = known->recent.size();
        for (std::size_t i = n - std::min(n, history); i < n; ++i)
            list += (list.empty() ? "" : ",") + trade_fields(known->recent[i]);
        if (!list.empty()) out.push_back(trades_text(list));
    }

    void print(const Print& p, Frames& out) override {
        if (!holds(fmt::format("{}:{}", is_trade(p) ? "trades" : "bbo", p.venue_symbol))) return;
        out.push_back(is_trade(p) ? trades_text(trade_fields(p)) : quote_text(p));
    }

  private:
    static void refuse(std::string_view words, const json& what, Frames& out) {
        const std::string said = what.dump(-1, ' ', false, json::error_handler_t::replace);
        out.push_back(
            json{{"channel", "error"}, {"data", fmt::format("{} {}", words, said)}}.dump());
    }

    const House& house_;
};

}  // namespace

Dialect hyperliquid() {
    return {.venue = "hyperliquid",
            .path = "/ws",
            .listings = listings,
            .open = [](std::string_view target, const House& house) {
                if (target != "/ws") return Door{};
                return Door{std::make_unique<Hyperliquid>(house)};
            }};
}

}  // namespace contagiond::demo
