// OKX v5, public channels: the text ping, one answer an argument, and on subscribing the last trade
// in the form of a new one, however old it is.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {{"BTC-USD", "okx_v5", "BTC-USDT"},
                                {"ETH-USD", "okx_v5", "ETH-USDT"}};
constexpr std::string_view connection = "a4d3ae55";

std::string argument(std::string_view channel, std::string_view instrument) {
    return fmt::format(R"("arg":{{"channel":"{}","instId":"{}"}})", channel, instrument);
}

std::string trade_text(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{{},"data":[{{"instId":"{}","tradeId":"{}","px":"{}","sz":"{}","side":"{}","ts":"{}","count":"1"}}]}})",
        argument("trades", p.venue_symbol), p.venue_symbol, p.trade_id, n.price, n.size,
        taker(p, "buy", "sell"), ms(p));
}

std::string quote_text(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{{},"data":[{{"asks":[["{}","{}","0","1"]],"bids":[["{}","{}","0","2"]],"ts":"{}","seqId":{}}}]}})",
        argument("bbo-tbt", p.venue_symbol), n.ask, n.ask_size, n.bid, n.bid_size, ms(p),
        p.sequence);
}

class Okx final : public Conversation {
  public:
    explicit Okx(const House& house) : house_(house) {}

    void received(std::string_view frame, Frames& out) override {
        if (frame == "ping") {
            ++pings_;
            out.emplace_back("pong");
            return;
        }
        const json request = parse_client_frame(frame);
        const std::string op = text_of(request, "op");
        const json args = field_of(request, "args");
        if ((op != "subscribe" && op != "unsubscribe") || !args.is_array() || args.empty())
            return refuse("60012", "Invalid request: " + std::string(frame.substr(0, 200)), out);
        for (const json& arg : args) answer(op, arg, out);
    }

    void print(const Print& p, Frames& out) override {
        const std::string_view channel = is_trade(p) ? "trades" : "bbo-tbt";
        if (holds(fmt::format("{}:{}", channel, p.venue_symbol)))
            out.push_back(is_trade(p) ? trade_text(p) : quote_text(p));
    }

    void leaving(Frames& out) override {
        out.push_back(fmt::format(
            R"({{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. Please reconnect.","connId":"{}"}})",
            connection));
    }

  private:
    void answer(const std::string& op, const json& arg, Frames& out) {
        const std::string channel = text_of(arg, "channel");
        const std::string instrument = text_of(arg, "instId");
        if ((channel != "trades" && channel != "bbo-tbt") || !house_.lists(instrument))
            return refuse("60018",
                          fmt::format("Wrong URL or channel:{},instId:{} doesn't exist. Please use "
                                      "the correct URL, channel and parameters referring to API "
                                      "document.",
                                      channel, instrument),
                          out);
        const bool fresh = change(op == "subscribe", channel + ":" + instrument);
        out.push_back(fmt::format(R"({{"event":"{}",{},"connId":"{}"}})", op,
                                  argument(channel, instrument), connection));
        const Tape::Listing* const known = house_.tape.find(instrument);
        if (op != "subscribe" || !fresh || known == nullptr) return;
        if (channel == "trades" && known->last_trade.trade_id != 0)
            out.push_back(trade_text(known->last_trade));
        if (channel == "bbo-tbt" && known->last_quote.sequence != 0)
            out.push_back(quote_text(known->last_quote));
    }

    static void refuse(std::string_view code, const std::string& message, Frames& out) {
        out.push_back(
            json{{"event", "error"}, {"code", code}, {"msg", message}, {"connId", connection}}.dump(
                -1, ' ', false, json::error_handler_t::replace));
    }

    const House& house_;
};

}  // namespace

Dialect okx_v5() {
    return {.venue = "okx_v5",
            .path = "/ws/v5/public",
            .listings = listings,
            .open =
                [](std::string_view target, const House& house) {
                    if (target != "/ws/v5/public") return Door{};
                    return Door{std::make_unique<Okx>(house)};
                },
            .close_code = 4001};
}

}  // namespace contagiond::demo
