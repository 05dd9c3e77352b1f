// Deribit, JSON-RPC 2.0: an unknown channel is only missing from the reply; who asked for
// heartbeats must answer their test; trades come in lists, a hundred milliseconds together.
#include <fmt/format.h>

#include <map>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {{"BTC-USD", "deribit", "BTC-PERPETUAL"},
                                {"ETH-USD", "deribit", "ETH-PERPETUAL"}};
constexpr int subscribe_burst = 10;  ///< calls, until a second has passed

std::string trade_fields(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"timestamp":{},"price":{},"amount":{},"direction":"{}","index_price":{},"instrument_name":"{}","trade_seq":{},"mark_price":{},"tick_direction":2,"contracts":1.0,"trade_id":"{}"}})",
        ms(p), n.price, n.size, taker(p, "buy", "sell"), n.price, p.venue_symbol, p.trade_id,
        n.price, 400'000'000 + p.trade_id);
}

std::string quote_fields(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"timestamp":{},"instrument_name":"{}","best_ask_price":{},"best_bid_price":{},"best_ask_amount":{},"best_bid_amount":{}}})",
        ms(p), p.venue_symbol, n.ask, n.bid, n.ask_size, n.bid_size);
}

std::string event(std::string_view channel, std::string_view data) {
    return fmt::format(
        R"({{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"{}","data":{}}}}})",
        channel, data);
}

std::string channel_of(const Print& p) {
    return is_trade(p) ? fmt::format("trades.{}.100ms", p.venue_symbol)
                       : fmt::format("quote.{}", p.venue_symbol);
}

class Deribit final : public Conversation {
  public:
    explicit Deribit(const House& house) : house_(house) {}

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const json id = field_of(request, "id");
        const json params = field_of(request, "params");
        const std::string method = text_of(request, "method");
        if (method == "public/test") {
            ++pings_;
            tested_ = false;
            return reply(id, json{{"version", "1.2.26"}}, out);
        }
        if (method == "public/set_heartbeat") {
            const json interval = field_of(params, "interval");
            if (!interval.is_number_integer() || interval < 10)
                return refuse(id, -32602, "Invalid params", out);
            interval_ = interval.get<int>();
            return reply(id, "ok", out);
        }
        if (method != "public/subscribe" && method != "public/unsubscribe")
            return refuse(id, -32601, "Method not found", out);
        if (++calls_ > subscribe_burst) return refuse(id, 10028, "too_many_requests", out);
        const auto channels = texts_of(params, "channels");
        if (!channels) return refuse(id, -32602, "Invalid params", out);
        json accepted = json::array();
        Frames first;
        for (const std::string& channel : *channels) {
            if (!exists(channel)) continue;
            accepted.push_back(channel);
            const bool fresh = change(method == "public/subscribe", channel);
            const Tape::Listing* const known = house_.tape.find(instrument_of(channel));
            if (fresh && channel.starts_with("quote.") && known != nullptr &&
                known->last_quote.sequence != 0)
                first.push_back(event(channel, quote_fields(known->last_quote)));
        }
        reply(id, accepted, out);
        out.insert(out.end(), first.begin(), first.end());
    }

    void print(const Print& p, Frames& out) override {
        const std::string channel = channel_of(p);
        if (!holds(channel)) return;
        if (is_trade(p))
            trades_[channel].add(trade_fields(p), lists_[channel]);
        else
            out.push_back(event(channel, quote_fields(p)));
    }

    void flush(Frames& out) override {
        for (auto& [channel, batch] : trades_) {
            batch.close(lists_[channel]);
            for (const std::string& list : lists_[channel]) out.push_back(event(channel, list));
            lists_[channel].clear();
        }
    }

    void beat(Frames& out) override {
        calls_ = 0;
        if (interval_ == 0 || ++beats_ % interval_ != 0) return;
        hangs_up_ = tested_;  // the last test was not answered
        tested_ = true;
        out.emplace_back(
            R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}})");
    }

  private:
    /// "BTC-PERPETUAL" of a channel's name; empty where only an account may have the channel.
    static std::string instrument_of(std::string_view channel) {
        const auto parts = split(channel, '.');
        if (parts.size() == 3 && parts[0] == "trades" && parts[2] == "100ms") return parts[1];
        return parts.size() == 2 && parts[0] == "quote" ? parts[1] : std::string();
    }
    bool exists(std::string_view channel) const { return house_.lists(instrument_of(channel)); }

    static void reply(const json& id, const json& result, Frames& out) {
        out.push_back(json{{"jsonrpc", "2.0"}, {"id", id}, {"result", result}}.dump());
    }
    static void refuse(const json& id, int code, std::string_view words, Frames& out) {
        out.push_back(json{{"jsonrpc", "2.0"},
                           {"id", id},
                           {"error", {{"code", code}, {"message", words}, {"data", nullptr}}}}
                          .dump());
    }

    const House& house_;
    int calls_ = 0, interval_ = 0, beats_ = 0;
    bool tested_ = false;                  ///< and not yet answered
    std::map<std::string, Batch> trades_;  ///< by channel
    std::map<std::string, Frames> lists_;  ///< of the batches that are closed
};

}  // namespace

Dialect deribit() {
    return {.venue = "deribit",
            .path = "/ws/api/v2",
            .listings = listings,
            .open = [](std::string_view target, const House& house) {
                if (target != "/ws/api/v2") return Door{};
                return Door{std::make_unique<Deribit>(house)};
            }};
}

}  // namespace contagiond::demo
