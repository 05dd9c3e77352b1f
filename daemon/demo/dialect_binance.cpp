// Binance spot: raw streams under /ws, wrapped ones under /stream; streams are named in the address
// or subscribed to by request.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr int wire_digits = 8;  // this venue writes every price and size with eight

/// The stream a print belongs to: "btcusdt@trade".
std::string stream_name(const Print& print) {
    std::string name;
    for (const char c : print.venue_symbol)
        name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    name += print.kind == Print::Kind::trade ? "@trade" : "@bookTicker";
    return name;
}

class BinanceSpot final : public Conversation {
  public:
    BinanceSpot(bool combined, std::string_view streams) : combined_(combined) {
        while (!streams.empty()) {
            const std::size_t end = streams.find('/');
            if (end != 0) streams_.emplace(streams.substr(0, end));
            if (end == std::string_view::npos) break;
            streams.remove_prefix(end + 1);
        }
    }

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        if (!request.is_object()) return refuse(3, "Invalid JSON", nullptr, out);
        const json id = request.value("id", json());
        if (!id.is_null() && !id.is_string() && !id.is_number_integer())
            return refuse(2, "Invalid request: id must be an integer, a string or null", nullptr,
                          out);
        if (!request.contains("method") || !request["method"].is_string())
            return refuse(2, "Invalid request: method must be a string", id, out);
        const std::string method = request["method"];
        if (method == "LIST_SUBSCRIPTIONS") {
            out.push_back(json{{"result", streams_}, {"id", id}}.dump());
            return;
        }
        if (method != "SUBSCRIBE" && method != "UNSUBSCRIBE")
            return refuse(2, "Invalid request: unknown method", id, out);
        const json params = request.value("params", json());
        if (!params.is_array())
            return refuse(2, "Invalid request: params must be an array", id, out);
        for (const json& stream : params)
            if (!stream.is_string())
                return refuse(2, "Invalid request: a stream must be a string", id, out);
        // A stream that does not exist is acknowledged like any other and stays silent.
        for (const json& stream : params) {
            if (method == "SUBSCRIBE")
                streams_.insert(stream.get<std::string>());
            else
                streams_.erase(stream.get<std::string>());
        }
        out.push_back(fmt::format(R"({{"result":null,"id":{}}})", id.dump()));
    }

    void print(const Print& print, Frames& out) override {
        const std::string stream = stream_name(print);
        if (!streams_.contains(stream)) return;
        std::string event =
            print.kind == Print::Kind::trade ? binance_trade(print) : binance_book_ticker(print);
        if (combined_) event = fmt::format(R"({{"stream":"{}","data":{}}})", stream, event);
        out.push_back(std::move(event));
    }

  private:
    static void refuse(int code, std::string_view message, const json& id, Frames& out) {
        out.push_back(fmt::format(R"({{"error":{{"code":{},"msg":"{}"}},"id":{}}})", code, message,
                                  id.dump()));
    }

    const bool combined_;
    std::set<std::string> streams_;
};

}  // namespace

std::string binance_trade(const Print& trade) {
    const core::TimeNs ms = trade.ts / core::ns_per_ms;
    return fmt::format(
        R"({{"e":"trade","E":{},"s":"{}","t":{},"p":"{:.{}f}","q":"{:.{}f}","T":{},"m":{},"M":true}})",
        ms, trade.venue_symbol, trade.trade_id, trade.price, wire_digits, trade.size, wire_digits,
        ms, !trade.buyer_aggressive);
}

std::string binance_book_ticker(const Print& quote) {
    // No time and no event name: this venue's best quotes have neither.
    return fmt::format(
        R"({{"u":{},"s":"{}","b":"{:.{}f}","B":"{:.{}f}","a":"{:.{}f}","A":"{:.{}f}"}})",
        quote.sequence, quote.venue_symbol, quote.bid, wire_digits, quote.bid_size, wire_digits,
        quote.ask, wire_digits, quote.ask_size, wire_digits);
}

std::unique_ptr<Conversation> open_binance_spot(std::string_view target) {
    const std::size_t query_at = target.find('?');
    const std::string_view path = target.substr(0, query_at);
    std::string_view query =
        query_at == std::string_view::npos ? std::string_view{} : target.substr(query_at + 1);
    if (path == "/ws") return std::make_unique<BinanceSpot>(false, "");
    if (path.starts_with("/ws/")) return std::make_unique<BinanceSpot>(false, path.substr(4));
    if (path != "/stream") return nullptr;
    std::string_view streams;
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        if (pair.starts_with("streams=")) streams = pair.substr(8);
        if (end == std::string_view::npos) break;
        query.remove_prefix(end + 1);
    }
    return std::make_unique<BinanceSpot>(true, streams);
}

}  // namespace contagiond::demo
