// Massive (formerly Polygon.io), stocks: greets, wants a key, one status an item, all in arrays.
#include <fmt/format.h>

#include "daemon/demo/client_frame.hpp"
#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

using nlohmann::json;

constexpr Listing listings[] = {
    {"NVDA", "massive", "NVDA"}, {"AMD", "massive", "AMD"}, {"AVGO", "massive", "AVGO"}};

std::string trade_text(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"ev":"T","sym":"{}","x":4,"i":"{}","z":3,"p":{},"s":{},"c":[14,41],"t":{},"q":{}}})",
        p.venue_symbol, p.trade_id, n.price, n.size, ms(p), p.sequence);
}

std::string quote_text(const Print& p) {
    const Numbers n(p);
    return fmt::format(
        R"({{"ev":"Q","sym":"{}","bx":4,"bp":{},"bs":{},"ax":7,"ap":{},"as":{},"c":0,"i":[604],"t":{},"q":{},"z":3}})",
        p.venue_symbol, n.bid, n.bid_size, n.ask, n.ask_size, ms(p), p.sequence);
}

class Massive final : public Conversation {
  public:
    explicit Massive(const House& house) : house_(house) {}

    void opened(Frames& out) override { say("connected", "Connected Successfully", out); }

    void received(std::string_view frame, Frames& out) override {
        const json request = parse_client_frame(frame);
        const std::string action = text_of(request, "action");
        const std::string params = text_of(request, "params");
        if (action == "auth") {
            authenticated_ = house_.lets_in(params);
            hangs_up_ = !authenticated_;
            return authenticated_ ? say("auth_success", "authenticated", out)
                                  : say("auth_failed", "authentication failed", out);
        }
        if (!authenticated_) return say("error", "not authorized", out);
        if (action != "subscribe" && action != "unsubscribe")
            return say("error", "unknown action", out);
        for (const std::string& item : split(params, ',')) {
            if (!item.starts_with("T.") && !item.starts_with("Q.")) {
                say("error", "invalid item", out);
                continue;
            }
            // A symbol that does not exist is taken like any other and stays silent.
            change(action == "subscribe", item);
            say("success", action + "d to: " + item, out);
        }
    }

    void print(const Print& p, Frames& out) override {
        const std::string_view kind = is_trade(p) ? "T." : "Q.";
        if (holds(fmt::format("{}{}", kind, p.venue_symbol)) || holds(fmt::format("{}*", kind)))
            batch_.add(is_trade(p) ? trade_text(p) : quote_text(p), out);
    }

    void flush(Frames& out) override { batch_.close(out); }

  private:
    static void say(std::string_view status, std::string_view words, Frames& out) {
        out.push_back(json::array({{{"ev", "status"}, {"status", status}, {"message", words}}})
                          .dump(-1, ' ', false, json::error_handler_t::replace));
    }

    const House& house_;
    bool authenticated_ = false;
    Batch batch_;
};

}  // namespace

Dialect massive() {
    return {.venue = "massive",
            .path = "/stocks",
            .listings = listings,
            .open =
                [](std::string_view target, const House& house) {
                    if (target != "/stocks") return Door{};
                    return Door{std::make_unique<Massive>(house)};
                },
            .close_code = 1008};
}

}  // namespace contagiond::demo
