// Kraken v2: a status first, one answer a symbol, bare numbers with zeros at their end, a heartbeat
// every second.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {{"BTC-USD", "kraken_v2", "BTC/USD"},
                                {"ETH-USD", "kraken_v2", "ETH/USD"}};
constexpr std::string_view times =
    R"("time_in":"2025-01-27T14:30:00.742599Z","time_out":"2025-01-27T14:30:00.742648Z")";

std::string trade_fields(const Print& p) {
    return fmt::format(
        R"({{"symbol":"{}","side":"{}","price":{:.{}f},"qty":{:.8f},"ord_type":"limit","trade_id":{},"timestamp":"{}"}})",
        p.venue_symbol, taker(p, "buy", "sell"), p.price, p.price_digits, p.size, p.trade_id,
        rfc3339(p.ts, 6));
}

std::string trades_text(std::string_view type, std::string_view list) {
    return fmt::format(R"({{"channel":"trade","type":"{}","data":[{}]}})", type, list);
}

std::string quote_text(std::string_view type, const Print& p) {
    return fmt::format(
        R"({{"channel":"ticker","type":"{}","data":[{{"symbol":"{}","bid":{:.{}f},"bid_qty":{:.8f},"ask":{:.{}f},"ask_qty":{:.8f},"last":{:.{}f},"timestamp":"{}"}}]}})",
        type, p.venue_symbol, p.bid, p.price_digits, p.bid_size, p.ask, p.price_digits, p.ask_size,
        p.bid, p.price_digits, rfc3339(p.ts, 6));
}

class Kraken final : public Conversation {
  public:
    explicit Kraken(const House& house) : house_(house) {}

    void opened(Frames& out) override {
        out.emplace_back(
            R"({"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2","connection_id":16389994220698793191}]})");
    }

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const json id = field_of(request, "req_id");
        const std::string method = text_of(request, "method");
        if (method == "ping") {
            ++pings_;
            out.push_back(fmt::format(R"({{"method":"pong","req_id":{},{}}})", id.dump(), times));
            return;
        }
        const json params = field_of(request, "params");
        const std::string channel = text_of(params, "channel");
        const auto symbols = texts_of(params, "symbol");
        if ((method != "subscribe" && method != "unsubscribe") ||
            (channel != "trade" && channel != "ticker") || !symbols) {
            out.push_back(
                fmt::format(R"({{"error":"Malformed request","method":"{}","success":false,{}}})",
                            method == "unsubscribe" ? method : "subscribe", times));
            return;
        }
        for (const std::string& symbol : *symbols) answer(method, params, channel, symbol, id, out);
    }

    void print(const Print& p, Frames& out) override {
        if (!holds(fmt::format("{}:{}", is_trade(p) ? "trade" : "ticker", p.venue_symbol))) return;
        out.push_back(is_trade(p) ? trades_text("update", trade_fields(p))
                                  : quote_text("update", p));
    }

    void beat(Frames& out) override {
        if (!streams_.empty()) out.emplace_back(R"({"channel":"heartbeat"})");
    }

  private:
    void answer(const std::string& method, const json& params, const std::string& channel,
                const std::string& symbol, const json& id, Frames& out) {
        if (!house_.lists(symbol)) {
            json error = {{"error", "Currency pair not supported " + symbol},
                          {"method", method},
                          {"success", false},
                          {"symbol", symbol}};
            if (!id.is_null()) error["req_id"] = id;
            out.push_back(error.dump(-1, ' ', false, json::error_handler_t::replace));
            return;
        }
        const bool fresh = change(method == "subscribe", channel + ":" + symbol);
        const bool snapshot = field_of(params, "snapshot") == true;
        out.push_back(fmt::format(
            R"({{"method":"{}","result":{{"channel":"{}","symbol":"{}","snapshot":{}}},"success":true,{},"req_id":{}}})",
            method, channel, symbol, snapshot, times, id.dump()));
        const Tape::Listing* const known = house_.tape.find(symbol);
        if (!fresh || !snapshot || known == nullptr || method != "subscribe") return;
        if (channel == "ticker") {
            if (known->last_quote.sequence != 0)
                out.push_back(quote_text("snapshot", known->last_quote));
            return;
        }
        std::string list;
        for (const Print& p : known->recent) list += (list.empty() ? "" : ",") + trade_fields(p);
        if (!list.empty()) out.push_back(trades_text("snapshot", list));
    }

    const House& house_;
};

}  // namespace

Dialect kraken_v2() {
    return {.venue = "kraken_v2",
            .path = "/v2",
            .listings = listings,
            .open = [](std::string_view target, const House& house) {
                if (target != "/v2") return Door{};
                return Door{std::make_unique<Kraken>(house)};
            }};
}

}  // namespace contagiond::demo
