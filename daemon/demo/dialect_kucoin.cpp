// KuCoin: an HTTP request tells where to connect and with which token; a welcome; topics that list
// symbols; data that stand before their topic.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {{"BTC-USD", "kucoin", "BTC-USDT"},
                                {"ETH-USD", "kucoin", "ETH-USDT"}};
constexpr std::string_view path =  // whoever was not told the token gets no further
    "/?token=2neAiuYvAU61ZDXANAGAsiL4-iAExhsBXZxftpOeh_55i3Ysy2q2LEsEWU64mdzUOPusi34M_"
    "wGoSf7iNyEWJw==";
constexpr std::string_view token = path.substr(path.find('=') + 1);
constexpr std::string_view match = "/market/match:";
constexpr std::string_view ticker = "/market/ticker:";
constexpr std::size_t topics_max = 100;  ///< of one request

std::string trade_text(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"data":{{"symbol":"{0}","sequence":"{1}","side":"{2}","size":"{3}","price":"{4}","takerOrderId":"60820e80613f0f0006f4aee4","time":"{5}","type":"match","makerOrderId":"60820d7122717d00069f4427","tradeId":"60820e80{6:016x}"}},"subject":"trade.l3match","topic":"/market/match:{0}","type":"message"}})",
        p.venue_symbol, p.sequence, taker(p, "buy", "sell"), n.size, n.price, p.ts, p.trade_id);
}

std::string quote_text(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"data":{{"sequence":"{}","bestAsk":"{}","size":"0.01","bestBidSize":"{}","price":"{}","time":{},"bestAskSize":"{}","bestBid":"{}"}},"subject":"trade.ticker","topic":"/market/ticker:{}","type":"message"}})",
        p.sequence, n.ask, n.bid_size, n.bid, ms(p), n.ask_size, n.bid, p.venue_symbol);
}

class Kucoin final : public Conversation {
  public:
    Kucoin(const House& house, bool has_token) : house_(house), has_token_(has_token) {}

    void opened(Frames& out) override {
        hangs_up_ = !has_token_;
        if (has_token_)
            out.emplace_back(R"({"id":"hQvf8jkno","type":"welcome"})");
        else
            refuse(json("hQvf8jkno"), 401, "token is invalid", out);
    }

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const json id = field_of(request, "id");
        const std::string type = text_of(request, "type");
        if (type == "ping") {
            ++pings_;
            out.push_back(json{{"id", id}, {"type", "pong"}}.dump());
            return;
        }
        if (type != "subscribe" && type != "unsubscribe")
            return refuse(id, 400, "type is invalid", out);
        const std::string topic = text_of(request, "topic");
        const std::string_view head = topic.starts_with(match)    ? match
                                      : topic.starts_with(ticker) ? ticker
                                                                  : std::string_view();
        const auto symbols = split(std::string_view(topic).substr(head.size()), ',');
        if (symbols.size() > topics_max)
            return refuse(id, 509, "exceed max subscription count limitation of 100 per time", out);
        for (const std::string& symbol : symbols)
            if (head.empty() || !house_.lists(symbol))
                return refuse(id, 404, fmt::format("topic {} is not found", topic), out);
        for (const std::string& symbol : symbols)
            change(type == "subscribe", std::string(head) + symbol);
        if (field_of(request, "response") == true)
            out.push_back(json{{"id", id}, {"type", "ack"}}.dump());
    }

    void print(const Print& p, Frames& out) override {
        if (holds(fmt::format("{}{}", is_trade(p) ? match : ticker, p.venue_symbol)))
            out.push_back(is_trade(p) ? trade_text(p) : quote_text(p));
    }

  private:
    static void refuse(const json& id, int code, const std::string& words, Frames& out) {
        out.push_back(json{{"id", id}, {"type", "error"}, {"code", code}, {"data", words}}.dump(
            -1, ' ', false, json::error_handler_t::replace));
    }

    const House& house_;
    const bool has_token_;
};

std::string bullet(std::string_view target, std::string_view address) {
    if (target != "/api/v1/bullet-public") return {};
    return fmt::format(
        R"({{"code":"200000","data":{{"token":"{}","instanceServers":[{{"endpoint":"{}","encrypt":true,"protocol":"websocket","pingInterval":18000,"pingTimeout":10000}}]}}}})",
        token, address);
}

/// Percent-encoding undone, as far as a token needs it.
std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && text.substr(i, 3) == "%3D") {
            out += '=';
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

Dialect kucoin() {
    return {.venue = "kucoin",
            .path = path,
            .listings = listings,
            .open =
                [](std::string_view target, const House& house) {
                    if (path_of(target) != "/") return Door{};
                    const bool has_token = decoded(query_of(target, "token")) == token;
                    return Door{std::make_unique<Kucoin>(house, has_token)};
                },
            .answer = bullet};
}

}  // namespace contagiond::demo
