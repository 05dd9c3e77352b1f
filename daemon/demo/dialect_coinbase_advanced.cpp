// Coinbase Advanced Trade: one channel a request, answered with the whole state; one sequence for
// all that a connection is told; the first trades are a snapshot; trades come together.
#include <fmt/format.h>

#include <map>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {{"BTC-USD", "coinbase_advanced", "BTC-USD"},
                                {"ETH-USD", "coinbase_advanced", "ETH-USD"}};

std::string trade_fields(const Print& p) {
    const Numbers n(p);
    // The side is the maker's: the opposite of who was in a hurry.
    return fmt::format(
        R"({{"product_id":"{}","trade_id":"{}","price":"{}","size":"{}","time":"{}","side":"{}"}})",
        p.venue_symbol, p.trade_id, n.price, n.size, rfc3339(p.ts, 6), taker(p, "SELL", "BUY"));
}

std::string ticker_fields(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"type":"ticker","product_id":"{}","price":"{}","best_bid":"{}","best_bid_quantity":"{}","best_ask":"{}","best_ask_quantity":"{}"}})",
        p.venue_symbol, n.bid, n.bid, n.bid_size, n.ask, n.ask_size);
}

class CoinbaseAdvanced final : public Conversation {
  public:
    explicit CoinbaseAdvanced(const House& house) : house_(house) {}

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const std::string type = text_of(request, "type");
        const std::string channel = text_of(request, "channel");
        const bool known_channel =
            channel == "market_trades" || channel == "ticker" || channel == "heartbeats";
        if ((type != "subscribe" && type != "unsubscribe") || !known_channel)
            return refuse("failure to subscribe: invalid channel " + channel, out);
        auto products = texts_of(request, "product_ids");
        if (!products && channel != "heartbeats")
            return refuse("failure to subscribe: product_ids is missing", out);
        if (!products) products = std::vector<std::string>{""};
        for (const std::string& product : *products)
            if (channel != "heartbeats" && !house_.lists(product))
                return refuse("failure to subscribe: invalid product " + product, out);
        std::string first;
        for (const std::string& product : *products)
            if (change(type == "subscribe", channel + ":" + product) && type == "subscribe")
                for (const std::string& part : history(channel, product))
                    first += (first.empty() ? "" : ",") + part;
        say("subscriptions", json::array({{{"subscriptions", state()}}}).dump(), out);
        if (!first.empty()) say(channel, events("snapshot", channel, first), out);
    }

    void print(const Print& p, Frames& out) override {
        now_ = p.ts;
        if (!holds(fmt::format("{}:{}", is_trade(p) ? "market_trades" : "ticker", p.venue_symbol)))
            return;
        if (!is_trade(p)) return say("ticker", events("update", "ticker", ticker_fields(p)), out);
        // Oldest first, unlike in the snapshot.
        trades_ += (trades_.empty() ? "" : ",") + trade_fields(p);
    }

    void flush(Frames& out) override {
        if (!trades_.empty()) say("market_trades", events("update", "market_trades", trades_), out);
        trades_.clear();
    }

    void beat(Frames& out) override {
        if (!holds("heartbeats:")) return;
        say("heartbeats",
            fmt::format(
                R"([{{"current_time":"2025-01-27 14:30:00.057778606 +0000 UTC m=+1.0","heartbeat_counter":{}}}])",
                ++beats_),
            out);
    }

  private:
    Frames history(std::string_view channel, std::string_view product) const {
        Frames parts;
        const Tape::Listing* const known = house_.tape.find(product);
        if (known == nullptr) return parts;
        if (channel == "ticker" && known->last_quote.sequence != 0)
            parts.push_back(ticker_fields(known->last_quote));
        if (channel == "market_trades")
            for (auto p = known->recent.rbegin(); p != known->recent.rend(); ++p)
                parts.push_back(trade_fields(*p));
        return parts;
    }

    json state() const {
        json out = json::object();
        for (const std::string& stream : streams_) {
            const std::size_t at = stream.find(':');
            out[stream.substr(0, at)].push_back(stream.substr(at + 1));
        }
        return out;
    }

    static std::string events(std::string_view type, std::string_view channel,
                              std::string_view list) {
        return fmt::format(R"([{{"type":"{}","{}":[{}]}}])", type,
                           channel == "ticker" ? "tickers" : "trades", list);
    }

    void say(std::string_view channel, std::string_view events_text, Frames& out) {
        out.push_back(fmt::format(
            R"({{"channel":"{}","client_id":"","timestamp":"{}","sequence_num":{},"events":{}}})",
            channel, rfc3339(now_, 9), sequence_++, events_text));
    }

    static void refuse(const std::string& words, Frames& out) {
        out.push_back(json{{"type", "error"}, {"message", words}}.dump(
            -1, ' ', false, json::error_handler_t::replace));
    }

    const House& house_;
    core::TimeNs now_ = 1'737'988'200 * core::ns_per_s;  ///< of the last print, or the script's
    std::uint64_t sequence_ = 0, beats_ = 0;
    std::string trades_;  ///< since the last flush
};

}  // namespace

Dialect coinbase_advanced() {
    return {.venue = "coinbase_advanced",
            .path = "/",
            .listings = listings,
            .open = [](std::string_view target, const House& house) {
                if (target != "/") return Door{};
                return Door{std::make_unique<CoinbaseAdvanced>(house)};
            }};
}

}  // namespace contagiond::demo
