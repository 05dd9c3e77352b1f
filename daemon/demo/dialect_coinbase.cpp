// Coinbase Exchange: products and channels by request, the last trade at once, then matches, a
// ticker on each match and a heartbeat every second.
#include <fmt/format.h>

#include <array>
#include <map>
#include <set>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr int size_digits = 8;
constexpr std::array<std::string_view, 3> channel_names = {"matches", "ticker", "heartbeat"};

/// Looks like the venue's order ids; `salt` keeps maker and taker apart.
std::string order_id(std::uint64_t trade_id, std::uint64_t salt) {
    std::uint64_t a = (trade_id + salt) * 0x9E3779B97F4A7C15ULL;
    const std::uint64_t b = (a ^ (a >> 29)) * 0xBF58476D1CE4E5B9ULL;
    a ^= b >> 31;
    return fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", a >> 32, (a >> 16) & 0xffff,
                       a & 0xfff, b >> 52, b & 0xffff'ffff'ffff);
}

class CoinbaseExchange final : public Conversation {
  public:
    explicit CoinbaseExchange(const House& house) : house_(house), tape_(house.tape) {}

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        if (!request.is_object()) return refuse("Malformed JSON", "", out);
        const json type = request.value("type", json());
        if (type != "subscribe" && type != "unsubscribe")
            return refuse("Type has to be either subscribe or unsubscribe", "", out);

        // The whole request is read before any of it takes effect.
        std::map<std::string, std::set<std::string>> asked;
        const json channels = request.value("channels", json());
        if (!channels.is_array() || channels.empty())
            return refuse("Failed to subscribe", "channels is missing or empty", out);
        for (const json& channel : channels) {
            // A channel is a name, or an object with products of its own.
            const json name = channel.is_object() ? channel.value("name", json()) : channel;
            if (!name.is_string())
                return refuse("Failed to subscribe", "a channel has no name", out);
            if (!is_channel(name.get<std::string>()))
                return refuse("Failed to subscribe", "not a valid channel", out);
            std::set<std::string>& products = asked[name.get<std::string>()];
            if (!take_products(request, products, out)) return;
            if (channel.is_object() && !take_products(channel, products, out)) return;
            if (products.empty())
                return refuse("Failed to subscribe", "product_ids is missing or empty", out);
        }

        std::map<std::string, std::set<std::string>> added;
        for (const auto& [channel, products] : asked) {
            std::set<std::string, std::less<>>& held = subscribed_[channel];
            for (const std::string& product : products) {
                const bool changed = change(type == "subscribe", channel + ":" + product);
                if (type == "unsubscribe")
                    held.erase(product);
                else if (changed && held.insert(product).second)
                    added[channel].insert(product);
            }
        }
        out.push_back(acknowledgement());
        for (const std::string& product : added["matches"])
            if (const Tape::Listing* l = traded(product))
                out.push_back(coinbase_match(l->last_trade, "last_match"));
        for (const std::string& product : added["ticker"])
            if (const Tape::Listing* l = traded(product)) out.push_back(coinbase_ticker(*l));
    }

    void print(const Print& print, Frames& out) override {
        if (print.kind != Print::Kind::trade) return;  // quotes travel in the ticker alone
        const core::TimeNs second = print.ts / core::ns_per_s * core::ns_per_s;
        if (second > heartbeat_) {
            heartbeat_ = second;
            for (const std::string& product : subscribed_["heartbeat"]) {
                const auto known = latest_.find(product);
                if (known != latest_.end())
                    out.push_back(coinbase_heartbeat(product, known->second.trade_id,
                                                     known->second.sequence, second));
            }
        }
        Latest& latest = latest_[std::string(print.venue_symbol)];
        latest = {print.trade_id, print.sequence};
        if (subscribed_["matches"].contains(print.venue_symbol))
            out.push_back(coinbase_match(print, "match"));
        if (subscribed_["ticker"].contains(print.venue_symbol))
            out.push_back(coinbase_ticker(*tape_.find(print.venue_symbol)));
    }

  private:
    struct Latest {
        std::uint64_t trade_id = 0;
        std::uint64_t sequence = 0;
    };

    static bool is_channel(std::string_view name) {
        for (const std::string_view known : channel_names)
            if (name == known) return true;
        return false;
    }

    const Tape::Listing* traded(std::string_view product) const {
        const Tape::Listing* listing = tape_.find(product);
        return listing && listing->last_trade.trade_id != 0 ? listing : nullptr;
    }

    bool take_products(const json& from, std::set<std::string>& products, Frames& out) const {
        for (const json& product : from.value("product_ids", json::array())) {
            if (!product.is_string() || !house_.lists(product.get<std::string>())) {
                refuse("Failed to subscribe", product.dump() + " is not a valid product", out);
                return false;
            }
            products.insert(product.get<std::string>());
        }
        return true;
    }

    std::string acknowledgement() const {
        std::string text = R"({"type":"subscriptions","channels":[)";
        bool first = true;
        for (const std::string_view channel : channel_names) {
            const auto held = subscribed_.find(std::string(channel));
            if (held == subscribed_.end() || held->second.empty()) continue;
            text += fmt::format(R"({}{{"name":"{}","product_ids":{},"account_ids":null}})",
                                first ? "" : ",", channel, json(held->second).dump());
            first = false;
        }
        return text + "]}";
    }

    static void refuse(std::string_view message, const std::string& reason, Frames& out) {
        json error = {{"type", "error"}, {"message", message}};
        if (!reason.empty()) error["reason"] = reason;
        out.push_back(error.dump());
    }

    const House& house_;
    const Tape& tape_;
    std::map<std::string, std::set<std::string, std::less<>>> subscribed_;  ///< by channel
    std::map<std::string, Latest> latest_;                                  ///< by product
    core::TimeNs heartbeat_ = 0;
};

}  // namespace

std::string coinbase_match(const Print& trade, std::string_view type) {
    // The side is the maker's: the opposite of who was in a hurry.
    return fmt::format(
        R"({{"type":"{}","trade_id":{},"maker_order_id":"{}","taker_order_id":"{}","side":"{}","size":"{:.{}f}","price":"{:.{}f}","product_id":"{}","sequence":{},"time":"{}"}})",
        type, trade.trade_id, order_id(trade.trade_id, 0), order_id(trade.trade_id, 1ULL << 40),
        trade.buyer_aggressive ? "sell" : "buy", trade.size, size_digits, trade.price,
        trade.price_digits, trade.venue_symbol, trade.sequence, rfc3339(trade.ts, 6));
}

std::string coinbase_ticker(const Tape::Listing& listing) {
    const Print& t = listing.last_trade;
    const int digits = t.price_digits;
    // The side is the taker's here, unlike in a match.
    return fmt::format(
        R"({{"type":"ticker","sequence":{},"product_id":"{}","price":"{:.{}f}","open_24h":"{:.{}f}","volume_24h":"{:.{}f}","low_24h":"{:.{}f}","high_24h":"{:.{}f}","volume_30d":"{:.{}f}","best_bid":"{:.{}f}","best_bid_size":"{:.{}f}","best_ask":"{:.{}f}","best_ask_size":"{:.{}f}","side":"{}","time":"{}","trade_id":{},"last_size":"{:.{}f}"}})",
        t.sequence, t.venue_symbol, t.price, digits, listing.open, digits, listing.volume,
        size_digits, listing.low, digits, listing.high, digits, listing.volume, size_digits, t.bid,
        digits, t.bid_size, size_digits, t.ask, digits, t.ask_size, size_digits,
        t.buyer_aggressive ? "buy" : "sell", rfc3339(t.ts, 6), t.trade_id, t.size, size_digits);
}

std::string coinbase_heartbeat(std::string_view product, std::uint64_t last_trade_id,
                               std::uint64_t sequence, core::TimeNs ts) {
    return fmt::format(
        R"({{"type":"heartbeat","last_trade_id":{},"product_id":"{}","sequence":{},"time":"{}"}})",
        last_trade_id, product, sequence, rfc3339(ts, 6));
}

Dialect coinbase_exchange() {
    return {.venue = "coinbase_exchange",
            .path = "/",
            .listings = {},
            .open = [](std::string_view target, const House& house) {
                if (target != "/") return Door{};
                return Door{std::make_unique<CoinbaseExchange>(house)};
            }};
}

}  // namespace contagiond::demo
