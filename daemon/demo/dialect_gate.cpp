// Gate v4, spot and futures: one envelope, two sets of channels. On spot a trade is an object and
// an update may come before the acknowledgement; on futures trades are an array and the sign of the
// size is the taker's side.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing spot_listings[] = {{"BTC-USD", "gate_spot", "BTC_USDT"},
                                     {"ETH-USD", "gate_spot", "ETH_USDT"}};
constexpr Listing futures_listings[] = {{"BTC-USD", "gate_futures", "BTC_USDT"},
                                        {"ETH-USD", "gate_futures", "ETH_USDT"},
                                        {"NVDA", "gate_futures", "NVDA_USDT"}};

std::string envelope(const Print& p, std::string_view channel, std::string_view result) {
    return fmt::format(R"({{"time":{},"time_ms":{},"channel":"{}","event":"update","result":{}}})",
                       p.ts / core::ns_per_s, ms(p) + 12, channel, result);
}

std::string trade_text(const Print& p, bool futures) {
    const Numbers n(p);
    if (futures)
        return envelope(
            p, "futures.trades",
            fmt::format(
                R"([{{"id":{},"size":"{}{}","create_time":{},"create_time_ms":{},"price":"{}","contract":"{}"}}])",
                p.trade_id, taker(p, "", "-"), n.size, p.ts / core::ns_per_s, ms(p), n.price,
                p.venue_symbol));
    return envelope(
        p, "spot.trades",
        fmt::format(
            R"({{"id":{},"create_time":{},"create_time_ms":"{}.{:04}","side":"{}","currency_pair":"{}","amount":"{}","price":"{}"}})",
            p.trade_id, p.ts / core::ns_per_s, ms(p), p.ts % core::ns_per_ms / 100,
            taker(p, "buy", "sell"), p.venue_symbol, n.size, n.price));
}

std::string quote_text(const Print& p, std::string_view channel) {
    const Numbers n(p);
    return envelope(
        p, channel,
        fmt::format(R"({{"t":{},"u":{},"s":"{}","b":"{}","B":"{}","a":"{}","A":"{}"}})", ms(p),
                    p.sequence, p.venue_symbol, n.bid, n.bid_size, n.ask, n.ask_size));
}

class Gate final : public Conversation {
  public:
    Gate(const House& house, bool futures)
        : house_(house), futures_(futures), prefix_(futures ? "futures." : "spot.") {}

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const std::string channel = text_of(request, "channel");
        const json time = field_of(request, "time");
        if (channel == prefix_ + "ping") {
            ++pings_;
            out.push_back(
                fmt::format(R"({{"time":{},"channel":"{}pong","event":"","result":null}})",
                            time.dump(), prefix_));
            return;
        }
        const std::string event = text_of(request, "event");
        const auto symbols = texts_of(request, "payload");
        const bool quotes = channel == prefix_ + "book_ticker";
        std::string trouble;
        if ((!quotes && channel != prefix_ + "trades") || !symbols ||
            (event != "subscribe" && event != "unsubscribe")) {
            return answer(time, channel, event, 1, "invalid request", out);
        }
        for (const std::string& symbol : *symbols)
            if (!house_.lists(symbol))
                return answer(
                    time, channel, event, 2,
                    (futures_ ? "unknown contract: " : "unknown currency pair: ") + symbol, out);
        for (const std::string& symbol : *symbols) {
            const bool fresh = change(event == "subscribe", channel + ":" + symbol);
            const Tape::Listing* const known = house_.tape.find(symbol);
            if (quotes && fresh && known != nullptr && known->last_quote.sequence != 0)
                out.push_back(quote_text(known->last_quote, channel));
        }
        answer(time, channel, event, 0, "", out);
    }

    void print(const Print& p, Frames& out) override {
        const std::string channel = prefix_ + (is_trade(p) ? "trades" : "book_ticker");
        if (holds(fmt::format("{}:{}", channel, p.venue_symbol)))
            out.push_back(is_trade(p) ? trade_text(p, futures_) : quote_text(p, channel));
    }

    void leaving(Frames& out) override {
        out.push_back(fmt::format(
            R"({{"time":0,"channel":"{}system","event":"update","result":{{"type":"upgrade"}}}})",
            prefix_));
    }

  private:
    static void answer(const json& time, const std::string& channel, const std::string& event,
                       int code, const std::string& words, Frames& out) {
        json reply = {{"time", time}, {"channel", channel}, {"event", event}};
        reply["result"] = code == 0 ? json{{"status", "success"}} : json();
        if (code != 0) reply["error"] = {{"code", code}, {"message", words}};
        out.push_back(reply.dump(-1, ' ', false, json::error_handler_t::replace));
    }

    const House& house_;
    const bool futures_;
    const std::string prefix_;
};

}  // namespace

Dialect gate_futures() {
    return {.venue = "gate_futures",
            .path = "/v4/ws/usdt",
            .listings = futures_listings,
            .open = [](std::string_view target, const House& house) {
                if (target != "/v4/ws/usdt") return Door{};
                return Door{std::make_unique<Gate>(house, true)};
            }};
}

Dialect gate_spot() {
    return {.venue = "gate_spot",
            .path = "/ws/v4/",
            .listings = spot_listings,
            .open = [](std::string_view target, const House& house) {
                if (target != "/ws/v4/") return Door{};
                return Door{std::make_unique<Gate>(house, false)};
            }};
}

}  // namespace contagiond::demo
