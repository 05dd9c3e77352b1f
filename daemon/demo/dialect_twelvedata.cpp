// Twelve Data: the key in the address; last prices by the whole second; a subscription may fail in
// part.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {{"NVDA", "twelvedata", "NVDA"},
                                {"TSM", "twelvedata", "TSM"},
                                {"BTC-USD", "twelvedata", "BTC/USD"}};

class TwelveData final : public Conversation {
  public:
    TwelveData(const House& house, bool let_in) : house_(house), let_in_(let_in) {}

    void opened(Frames& out) override {
        if (let_in_) return;
        hangs_up_ = true;
        out.emplace_back(
            R"({"status":"error","code":401,"message":"**apikey** parameter is incorrect or not specified."})");
    }

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const std::string action = text_of(request, "action");
        if (action == "heartbeat") {
            ++pings_;
            out.emplace_back(R"({"event":"heartbeat","status":"ok"})");
            return;
        }
        if (action != "subscribe" && action != "unsubscribe") {
            out.emplace_back(R"({"status":"error","code":400,"message":"unknown action"})");
            return;
        }
        json well = json::array(), wrong = json::array();
        for (const std::string& symbol :
             split(text_of(field_of(request, "params"), "symbols"), ',')) {
            if (house_.lists(symbol)) {
                change(action == "subscribe", symbol);
                well.push_back({{"symbol", symbol}, {"exchange", "NASDAQ"}});
            } else {
                wrong.push_back({{"symbol", symbol}});
            }
        }
        out.push_back(json{{"event", action + "-status"},
                           {"status", wrong.empty() ? "ok" : "error"},
                           {"success", well},
                           {"fails", wrong.empty() ? json() : wrong}}
                          .dump(-1, ' ', false, json::error_handler_t::replace));
    }

    void print(const Print& p, Frames& out) override {
        if (!is_trade(p) || !holds(p.venue_symbol)) return;
        out.push_back(fmt::format(
            R"({{"event":"price","symbol":"{}","currency":"USD","exchange":"NASDAQ","type":"Common Stock","timestamp":{},"price":{},"day_volume":{}}})",
            p.venue_symbol, p.ts / core::ns_per_s, Numbers(p).price, 1000 + p.trade_id));
    }

  private:
    const House& house_;
    const bool let_in_;
};

}  // namespace

Dialect twelvedata() {
    return {.venue = "twelvedata",
            .path = "/v1/quotes/price",
            .listings = listings,
            .open = [](std::string_view target, const House& house) {
                if (path_of(target) != "/v1/quotes/price") return Door{};
                const bool let_in = house.lets_in(query_of(target, "apikey"));
                return Door{std::make_unique<TwelveData>(house, let_in)};
            }};
}

}  // namespace contagiond::demo
