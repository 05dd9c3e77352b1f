// Bitstamp: one channel a request; data stand before the words that say what they are, and the
// symbol is in the channel's name alone.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {{"BTC-USD", "bitstamp", "btcusd"},
                                {"ETH-USD", "bitstamp", "ethusd"}};
constexpr std::string_view trades = "live_trades_";
constexpr std::string_view books = "order_book_";

std::string trade_text(const Print& p) {
    // The bare numbers have the noise of binary fractions; the texts beside them are exact.
    return fmt::format(
        R"({{"data":{{"id":{},"timestamp":"{}","amount":{:.17g},"amount_str":"{:.8f}","price":{:.17g},"price_str":"{}","type":{},"microtimestamp":"{}","buy_order_id":{},"sell_order_id":{}}},"channel":"live_trades_{}","event":"trade"}})",
        p.trade_id, p.ts / core::ns_per_s, p.size, p.size, p.price, Numbers(p).price,
        taker(p, "0", "1"), p.ts / core::ns_per_us, p.sequence * 2, p.sequence * 2 + 1,
        p.venue_symbol);
}

std::string book_text(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"data":{{"timestamp":"{}","microtimestamp":"{}","bids":[["{}","{}"],["1.00","9.00000000"]],"asks":[["{}","{}"],["9999999.00","0.00100000"]]}},"channel":"order_book_{}","event":"data"}})",
        p.ts / core::ns_per_s, p.ts / core::ns_per_us, n.bid, n.bid_size, n.ask, n.ask_size,
        p.venue_symbol);
}

class Bitstamp final : public Conversation {
  public:
    explicit Bitstamp(const House& house) : house_(house) {}

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const std::string event = text_of(request, "event");
        if (event == "bts:heartbeat") {
            ++pings_;
            out.emplace_back(
                R"({"event":"bts:heartbeat","channel":"","data":{"status":"success"}})");
            return;
        }
        const std::string channel = text_of(field_of(request, "data"), "channel");
        const bool add = event == "bts:subscribe";
        if ((!add && event != "bts:unsubscribe") || !exists(channel)) {
            out.emplace_back(
                R"({"event":"bts:error","channel":"","data":{"code":null,"message":"Bad subscription string."}})");
            return;
        }
        change(add, channel);
        out.push_back(fmt::format(R"({{"event":"bts:{}_succeeded","channel":"{}","data":{{}}}})",
                                  add ? "subscription" : "unsubscription", channel));
    }

    void print(const Print& p, Frames& out) override {
        if (holds(fmt::format("{}{}", is_trade(p) ? trades : books, p.venue_symbol)))
            out.push_back(is_trade(p) ? trade_text(p) : book_text(p));
    }

    void leaving(Frames& out) override {
        out.emplace_back(R"({"event":"bts:request_reconnect","channel":"","data":""})");
    }

  private:
    bool exists(std::string_view channel) const {
        for (const std::string_view head : {trades, books})
            if (channel.starts_with(head)) return house_.lists(channel.substr(head.size()));
        return false;
    }

    const House& house_;
};

}  // namespace

Dialect bitstamp() {
    return {.venue = "bitstamp",
            .path = "/",
            .listings = listings,
            .open = [](std::string_view target, const House& house) {
                if (target != "/") return Door{};
                return Door{std::make_unique<Bitstamp>(house)};
            }};
}

}  // namespace contagiond::demo
