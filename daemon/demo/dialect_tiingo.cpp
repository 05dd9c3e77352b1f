// Tiingo, IEX: the key in the subscription; data are arrays whose places have meanings.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {
    {"NVDA", "tiingo", "nvda"}, {"AMD", "tiingo", "amd"}, {"INTC", "tiingo", "intc"}};
constexpr int heartbeat_beats = 30;

std::string data_text(const Print& p) {
    const Numbers n(p);
    // The wall clock of New York, as the venue writes it.
    std::string time = rfc3339(p.ts - 5 * core::ns_per_hour, 9);
    time.pop_back();
    if (is_trade(p))
        return fmt::format(
            R"({{"messageType":"A","service":"iex","data":["T","{}-05:00",{},"{}",null,null,null,null,null,{},{},null,0,0,0,0]}})",
            time, p.ts, p.venue_symbol, n.price, n.size);
    const std::string middle = shortest_decimal((p.bid + p.ask) / 2, p.price_digits + 1);
    return fmt::format(
        R"({{"messageType":"A","service":"iex","data":["Q","{}-05:00",{},"{}",{},{},{},{},{},null,null,0,0,null,null,null]}})",
        time, p.ts, p.venue_symbol, n.bid_size, n.bid, middle, n.ask, n.ask_size);
}

class Tiingo final : public Conversation {
  public:
    explicit Tiingo(const House& house) : house_(house) {}

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const std::string event = text_of(request, "eventName");
        const auto tickers = texts_of(field_of(request, "eventData"), "tickers");
        if (!house_.lets_in(text_of(request, "authorization")))
            return say("E", 401, "Invalid token.", out);
        if ((event != "subscribe" && event != "unsubscribe") || !tickers)
            return say("E", 400, "tickers not valid", out);
        for (const std::string& ticker : *tickers) change(event == "subscribe", lower(ticker));
        out.emplace_back(
            R"({"messageType":"I","response":{"code":200,"message":"Success"},"data":{"subscriptionId":61}})");
    }

    void print(const Print& p, Frames& out) override {
        if (holds(p.venue_symbol)) out.push_back(data_text(p));
    }

    void beat(Frames& out) override {
        if (++beats_ % heartbeat_beats == 0) say("H", 200, "HeartBeat", out);
    }

  private:
    static void say(std::string_view type, int code, std::string_view words, Frames& out) {
        out.push_back(
            fmt::format(R"({{"messageType":"{}","response":{{"code":{},"message":"{}"}}}})", type,
                        code, words));
    }

    const House& house_;
    int beats_ = 0;
};

}  // namespace

Dialect tiingo() {
    return {.venue = "tiingo",
            .path = "/iex",
            .listings = listings,
            .open = [](std::string_view target, const House& house) {
                if (target != "/iex") return Door{};
                return Door{std::make_unique<Tiingo>(house)};
            }};
}

}  // namespace contagiond::demo
