// Alpaca stocks: greets, wants a key, acknowledges with the full state, and sends everything in
// arrays.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr std::size_t batch_bytes = 64 * 1024;  // an array is closed when it has grown to this

/// Tape of the consolidated feed: A for listings of the New York exchange, C for Nasdaq's. The
/// future and the controls are no stocks; they travel as if Nasdaq listed them.
std::string_view tape_letter(std::string_view symbol) {
    return symbol == "TSM" || symbol == "PG" ? "A" : "C";
}

/// Nanoseconds without trailing zeros, as this venue writes times.
std::string time_text(core::TimeNs ts) {
    std::string text = rfc3339(ts, 9);
    text.pop_back();
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text + 'Z';
}

class Alpaca final : public Conversation {
  public:
    void opened(Frames& out) override { out.push_back(R"([{"T":"success","msg":"connected"}])"); }

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        if (!request.is_object()) return refuse(400, "invalid syntax", out);
        const json action = request.value("action", json());
        if (action == "auth") return authenticate(request, out);
        if (action != "subscribe" && action != "unsubscribe")
            return refuse(400, "invalid syntax", out);
        if (!authenticated_) return refuse(401, "not authenticated", out);
        for (const char* channel : {"trades", "quotes"}) {
            const json symbols = request.value(channel, json::array());
            if (!symbols.is_array()) return refuse(400, "invalid syntax", out);
            for (const json& symbol : symbols)
                if (!symbol.is_string()) return refuse(400, "invalid syntax", out);
        }
        change(action == "subscribe", request.value("trades", json::array()), trades_);
        change(action == "subscribe", request.value("quotes", json::array()), quotes_);
        const std::string trades = json(trades_).dump();
        out.push_back(fmt::format(
            R"([{{"T":"subscription","trades":{0},"quotes":{1},"bars":[],"updatedBars":[],"dailyBars":[],"statuses":[],"lulds":[],"corrections":{0},"cancelErrors":{0}}}])",
            trades, json(quotes_).dump()));
    }

    void print(const Print& print, Frames& out) override {
        const bool trade = print.kind == Print::Kind::trade;
        const auto& wanted = trade ? trades_ : quotes_;
        if (!wanted.contains(print.venue_symbol) && !wanted.contains("*")) return;
        batch_ += batch_.empty() ? '[' : ',';
        batch_ += trade ? alpaca_trade(print) : alpaca_quote(print);
        if (batch_.size() > batch_bytes) flush(out);
    }

    void flush(Frames& out) override {
        if (batch_.empty()) return;
        batch_ += ']';
        out.push_back(std::move(batch_));
        batch_.clear();
    }

  private:
    using Symbols = std::set<std::string, std::less<>>;

    void authenticate(const json& request, Frames& out) {
        if (authenticated_) return refuse(403, "already authenticated", out);
        // Any key will do, but there must be one: a daemon that sends none would not get in.
        for (const char* name : {"key", "secret"}) {
            const json value = request.value(name, json());
            if (!value.is_string() || value.get<std::string>().empty())
                return refuse(402, "auth failed", out);
        }
        authenticated_ = true;
        out.push_back(R"([{"T":"success","msg":"authenticated"}])");
    }

    static void change(bool add, const json& symbols, Symbols& held) {
        for (const json& symbol : symbols) {
            if (add)
                held.insert(symbol.get<std::string>());
            else
                held.erase(symbol.get<std::string>());
        }
    }

    static void refuse(int code, std::string_view message, Frames& out) {
        out.push_back(fmt::format(R"([{{"T":"error","code":{},"msg":"{}"}}])", code, message));
    }

    bool authenticated_ = false;
    Symbols trades_, quotes_;
    std::string batch_;
};

}  // namespace

std::string alpaca_trade(const Print& trade) {
    return fmt::format(
        R"({{"T":"t","S":"{}","i":{},"x":"V","p":{},"s":{},"c":["@"],"z":"{}","t":"{}"}})",
        trade.venue_symbol, trade.trade_id, shortest_decimal(trade.price, trade.price_digits),
        shortest_decimal(trade.size, trade.size_digits), tape_letter(trade.venue_symbol),
        time_text(trade.ts));
}

std::string alpaca_quote(const Print& quote) {
    return fmt::format(
        R"({{"T":"q","S":"{}","bx":"V","bp":{},"bs":{},"ax":"V","ap":{},"as":{},"c":["R"],"z":"{}","t":"{}"}})",
        quote.venue_symbol, shortest_decimal(quote.bid, quote.price_digits),
        shortest_decimal(quote.bid_size, quote.size_digits),
        shortest_decimal(quote.ask, quote.price_digits),
        shortest_decimal(quote.ask_size, quote.size_digits), tape_letter(quote.venue_symbol),
        time_text(quote.ts));
}

std::unique_ptr<Conversation> open_alpaca(std::string_view target) {
    if (!target.starts_with("/v2/")) return nullptr;
    return std::make_unique<Alpaca>();
}

}  // namespace contagiond::demo
