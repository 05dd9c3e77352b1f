// Keys that stand in the address or in a frame: they reach the venue, and no line of the log.
#include <catch2/catch.hpp>

#include "feeds/url.hpp"
#include "tests/feeds/session_desk.hpp"

namespace contagiond::feeds {
namespace {

const std::string key = "CANARY/mid dle&tail+key";
const std::string encoded_key = "CANARY%2Fmid%20dle%26tail%2Bkey";

/// A desk whose venue wants its key in the address, as Finnhub and Twelve Data do.
class KeyedDesk : public Desk {
  public:
    explicit KeyedDesk(const LoopbackServer& server) : Desk(server) {
        settings.credentials.key = key;
        venue.keyed_url = [](std::string_view url, const Credentials& credentials) {
            return with_query(url, "token", credentials.key);
        };
        venue.keyed_subscription = [](std::string_view frame, const Credentials& credentials) {
            return std::string(frame) + " with " + credentials.key;
        };
    }
    bool told() const { return said("CANARY") || said("tail") || said("token") || said("?"); }
};

TEST_CASE("a key in the address and in the subscription reaches the venue") {
    for (const Certificate certificate : plain_and_tls) {
        LoopbackServer server(
            {{accept(), expect("subscribe BTC with " + key), send("ok"), send("T BTC 1 1")}},
            certificate);
        KeyedDesk desk(server);
        desk.settings.url = server.url("/ws?v=2");
        desk.start();
        const bool came = desk.until([&] { return desk.trades() == 1; });
        CAPTURE(desk.log_text());
        REQUIRE(came);
        CHECK(server.targets() == std::vector<std::string>{"/ws?v=2&token=" + encoded_key});
        CHECK(!desk.told());
        CHECK(desk.stop());
    }
}

TEST_CASE("no line shows the key, however the venue refuses or quotes it") {
    LoopbackServer server({{test::refuse(401)},
                           {test::refuse(403)},
                           {test::refuse(429, "Retry-After: 1")},
                           {test::refuse(302, "Location: /?token=" + encoded_key)},
                           {accept(), test::close(1008, "bad token " + key)},
                           {accept(), test::close(1008, "see /?token=" + encoded_key)},
                           {accept(), send("never " + key)},
                           {accept(), test::reset()},
                           {accept(), send("ok"), send("T BTC 1 1")}});
    KeyedDesk desk(server);
    desk.venue.make_decoder = []() -> std::unique_ptr<Decoder> {
        // As the fake, but its refusals quote the whole frame, behind as much as a line may hold.
        class Quoting final : public Decoder {
          public:
            void decode(std::string_view frame, core::TimeNs now, Decoded& out) override {
                fake_.decode(frame, now, out);
                if (!frame.starts_with("never")) return;
                text_ = std::string(184, '.') + std::string(frame);
                out.controls.assign(1, {ControlKind::error_permanent, text_});
            }

          private:
            FakeDecoder fake_;
            std::string text_;
        };
        return std::make_unique<Quoting>();
    };
    desk.settings.timing.permanent = 50 * ns_per_ms;
    desk.settings.timing.retry_after_cap = 30 * ns_per_ms;
    desk.start();
    const bool came = desk.until([&] { return desk.trades() == 1; });
    CAPTURE(desk.log_text());
    REQUIRE(came);
    CHECK(server.targets().size() == 9);
    for (const std::string& target : server.targets()) CHECK(target == "/?token=" + encoded_key);
    CHECK(desk.said("bad token <secret>"));
    CHECK(desk.said("see /"));
    // An operator learns that the key is wrong, and the venue is left alone for long.
    CHECK(
        desk.said("trying again soon will not help: the venue answered the upgrade with HTTP 401: "
                  "it does not accept the key"));
    CHECK(desk.said("(rate_limited): the venue answered the upgrade with HTTP 429"));
    CHECK(!desk.said("CANARY"));
    CHECK(!desk.said("tail"));
    CHECK(desk.stop());
}

TEST_CASE("an address that cannot be taken apart is refused without its key") {
    LoopbackServer server({{accept()}});
    KeyedDesk desk(server);
    for (const char* const url : {"http://127.0.0.1/", "wss://ho st/", "ws://example.com/"}) {
        desk.settings.url = url;
        try {
            desk.start();
            FAIL("took " << url);
        } catch (const std::runtime_error& error) {
            CHECK(std::string(error.what()).find("CANARY") == std::string::npos);
        }
    }
}

}  // namespace
}  // namespace contagiond::feeds
