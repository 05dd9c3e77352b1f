// Who looks on sees what each connection receives, as it was received, and none of what is sent.
#include <catch2/catch.hpp>

#include "tests/feeds/session_desk.hpp"

namespace contagiond::feeds {
namespace {

struct Seen {
    int connection;
    std::string frame;
    DecodeError error;
    std::size_t rows;
    bool operator==(const Seen&) const = default;
};

/// What the taps of a desk saw, and which of them were made and are gone.
struct Onlooker {
    std::vector<Seen> seen;
    std::vector<core::TimeNs> times;
    int made = 0;
    int gone = 0;

    class Tap final : public FrameTap {
      public:
        explicit Tap(Onlooker& onlooker) : onlooker_(onlooker), number_(++onlooker.made) {}
        ~Tap() override { ++onlooker_.gone; }
        void see(std::string_view frame, core::TimeNs ts_receive,
                 const Decoded& decoded) noexcept override {
            onlooker_.seen.push_back(
                {number_, std::string(frame), decoded.error, decoded.rows.size()});
            onlooker_.times.push_back(ts_receive);
        }

      private:
        Onlooker& onlooker_;
        int number_;
    };
};

TEST_CASE("a tap sees each frame of its connection and what came of it, and nothing of ours") {
    for (const Certificate certificate : plain_and_tls) {
        const std::string too_long(message_bytes_max + 1, 'x');
        LoopbackServer server(
            {{accept(), send("hello"), expect("login KEY"), send("in"), expect("subscribe BTC"),
              send("ok"), send("T BTC 1 1"), send("what"), test::send_binary("T BTC 2 2"),
              send(too_long), send("T BTC 2 2"), test::close(1001, "")},
             {accept(), send("hello"), expect("login KEY"), send("in"), expect("subscribe BTC"),
              send("ok"), send("T BTC 3 3")}},
            certificate);
        Onlooker onlooker;
        Desk desk(server);
        desk.venue.rules.greets = desk.venue.rules.authenticates = true;
        desk.settings.make_tap = [&onlooker] { return std::make_unique<Onlooker::Tap>(onlooker); };
        desk.start();
        const bool came = desk.until([&] { return desk.trades() == 3; });
        CAPTURE(desk.log_text());
        REQUIRE(came);
        const auto none = DecodeError::none;
        CHECK(onlooker.seen ==
              std::vector<Seen>{{1, "hello", none, 0},
                                {1, "in", none, 0},
                                {1, "ok", none, 0},
                                {1, "T BTC 1 1", none, 1},
                                {1, "what", DecodeError::malformed_json, 0},
                                {1, "T BTC 2 2", DecodeError::unexpected_binary, 0},
                                {1, "", DecodeError::too_large, 0},
                                {1, "T BTC 2 2", none, 1},
                                {2, "hello", none, 0},
                                {2, "in", none, 0},
                                {2, "ok", none, 0},
                                {2, "T BTC 3 3", none, 1}});
        CHECK(std::is_sorted(onlooker.times.begin(), onlooker.times.end()));
        CHECK(onlooker.made == 2);
        CHECK(onlooker.gone == 1);
        CHECK(desk.stop());
        CHECK(onlooker.gone == 2);
    }
}

}  // namespace
}  // namespace contagiond::feeds
