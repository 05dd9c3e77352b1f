// Bitfinex v2: a number that the `subscribed` event binds begins all data; thirty trades of
// history, then each trade twice, as te and as tu; hb where a channel is quiet.
#include <fmt/format.h>

#include <map>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {{"BTC-USD", "bitfinex", "tBTCUSD"},
                                {"ETH-USD", "bitfinex", "tETHUSD"}};
constexpr std::size_t channels_max = 25;
constexpr std::size_t history = 30;
constexpr int quiet_beats = 15;

std::string trade_fields(const Print& p) {
    const Numbers n(p);
    return fmt::format("[{},{},{}{},{}]", p.trade_id, ms(p), taker(p, "", "-"), n.size, n.price);
}

std::string ticker_fields(const Print& p) {
    const Numbers n(p);
    return fmt::format("[{},{},{},{},-12.5,-0.0012,{},4312.7,{},{}]", n.bid, n.bid_size, n.ask,
                       n.ask_size, n.bid, n.ask, n.bid);
}

class Bitfinex final : public Conversation {
  public:
    explicit Bitfinex(const House& house) : house_(house) {}

    void opened(Frames& out) override {
        out.emplace_back(
            R"({"event":"info","version":2,"serverId":"083bd8d4-aca7-4690-a573-eabfc8103de8","platform":{"status":1}})");
    }

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const std::string event = text_of(request, "event");
        if (event == "ping") {
            ++pings_;
            out.push_back(fmt::format(R"({{"event":"pong","ts":1737988200000,"cid":{}}})",
                                      field_of(request, "cid").dump()));
            return;
        }
        if (event != "subscribe") return refuse(10000, "unknown event", request, out);
        const std::string channel = text_of(request, "channel");
        const std::string symbol = text_of(request, "symbol");
        if (channel != "trades" && channel != "ticker")
            return refuse(10302, "channel: unknown", request, out);
        if (!house_.lists(symbol)) return refuse(10300, "symbol: invalid", request, out);
        if (streams_.size() >= channels_max) return refuse(10305, "channel: limit", request, out);
        if (!change(true, channel + ":" + symbol))
            return refuse(10301, "subscribe: dup", request, out);
        Channel& made = channels_[channel + ":" + symbol];
        made.number = next_number_++;
        out.push_back(fmt::format(
            R"({{"event":"subscribed","channel":"{}","chanId":{},"symbol":"{}","pair":"{}"}})",
            channel, made.number, symbol, symbol.substr(1)));
        if (const Tape::Listing* const known = house_.tape.find(symbol))
            snapshot(channel, made.number, *known, out);
    }

    void print(const Print& p, Frames& out) override {
        const auto found =
            channels_.find(fmt::format("{}:{}", is_trade(p) ? "trades" : "ticker", p.venue_symbol));
        if (found == channels_.end()) return;
        found->second.quiet = 0;
        const int number = found->second.number;
        if (!is_trade(p)) {
            out.push_back(fmt::format("[{},{}]", number, ticker_fields(p)));
            return;
        }
        const std::string fields = trade_fields(p);
        out.push_back(fmt::format(R"([{},"te",{}])", number, fields));
        out.push_back(fmt::format(R"([{},"tu",{}])", number, fields));
    }

    void beat(Frames& out) override {
        for (auto& [name, channel] : channels_) {
            if (++channel.quiet < quiet_beats) continue;
            channel.quiet = 0;
            out.push_back(fmt::format(R"([{},"hb"])", channel.number));
        }
    }

    void leaving(Frames& out) override {
        out.emplace_back(
            R"({"event":"info","code":20051,"msg":"Stopping. Please try to reconnect"})");
    }

  private:
    struct Channel {
        int number = 0;
        int quiet = 0;  ///< beats without data
    };

    static void snapshot(std::string_view channel, int number, const Tape::Listing& known,
                         Frames& out) {
        if (channel == "ticker") {
            if (known.last_quote.sequence != 0)
                out.push_back(fmt::format("[{},{}]", number, ticker_fields(known.last_quote)));
            return;
        }
        std::string list;  // newest first
        for (std::size_t i = 0; i < known.recent.size() && i < history; ++i)
            list += (i == 0 ? "" : ",") + trade_fields(known.recent[known.recent.size() - 1 - i]);
        out.push_back(fmt::format("[{},[{}]]", number, list));
    }

    static void refuse(int code, std::string_view words, const json& request, Frames& out) {
        json reply = {{"event", "error"}, {"msg", words}, {"code", code}};
        for (const char* key : {"channel", "symbol"})
            if (const json said = field_of(request, key); said.is_string()) reply[key] = said;
        out.push_back(reply.dump(-1, ' ', false, json::error_handler_t::replace));
    }

    const House& house_;
    int next_number_ = 301'000;
    std::map<std::string, Channel, std::less<>> channels_;  ///< by stream
};

}  // namespace

Dialect bitfinex() {
    return {.venue = "bitfinex",
            .path = "/ws/2",
            .listings = listings,
            .open = [](std::string_view target, const House& house) {
                if (target != "/ws/2") return Door{};
                return Door{std::make_unique<Bitfinex>(house)};
            }};
}

}  // namespace contagiond::demo
