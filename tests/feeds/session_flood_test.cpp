// Nothing of a flood goes missing uncounted: what a venue sent is what was handed on, refused,
// repeated or dropped, to the last message.
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "tests/feeds/frame_cases.hpp"
#include "tests/feeds/session_desk.hpp"

namespace contagiond::feeds {
namespace {

namespace frames = test::frames;

struct Sent {
    std::string bytes;
    std::size_t trades = 0;
    std::size_t malformed = 0;
    std::size_t unknown = 0;  ///< of a symbol that was not asked for
    std::size_t bad = 0;      ///< with a price that is none
    std::size_t repeated = 0;
    std::size_t all() const { return trades + malformed + unknown + bad + repeated; }
};

Sent make_flood(std::uint64_t seed, std::size_t messages) {
    std::mt19937_64 random(seed);
    Sent sent;
    std::size_t id = 0;
    for (std::size_t n = 0; n < messages; ++n) {
        const std::uint64_t kind = random() % 40;
        std::string text;
        if (kind == 0) {
            text = "what is this";
            ++sent.malformed;
        } else if (kind == 1) {
            text = "T DOGE " + std::to_string(n + 1) + " 1";
            ++sent.unknown;
        } else if (kind == 2) {
            text = "T BTC " + std::to_string(id + 1) + " 0";
            ++sent.bad;
        } else if (kind == 3 && id > 0) {
            text = "T BTC " + std::to_string(id) + " 5";
            ++sent.repeated;
        } else {
            text = "T BTC " + std::to_string(++id) + " " + std::to_string(100 + random() % 900);
            ++sent.trades;
        }
        sent.bytes += frames::text_frame(text);
    }
    return sent;
}

std::uint64_t rejected(const FeedCounters& counters) {
    std::uint64_t sum = 0;
    for (const auto& counter : counters.rows_rejected) sum += counter.value();
    return sum;
}

TEST_CASE("a flood is accounted for to the last message, whether the engine keeps up or not") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    const Sent sent = make_flood(seed, 8000);
    for (const Certificate certificate : plain_and_tls)
        for (const std::size_t slots : {std::size_t{8192}, std::size_t{8}}) {
            CAPTURE(static_cast<int>(certificate), slots);
            LoopbackServer server(
                {{accept(), test::send("ok"), await_go(), test::send_raw(sent.bytes)}},
                certificate);
            Desk desk(server);
            // The engine takes what is there whenever it is woken, and no wait is granted.
            InputRing ring(slots);
            std::vector<Input> batch(64);
            std::size_t taken = 0;
            std::uint64_t told_lost = 0;
            bool is_open = false;
            const auto take = [&] {
                while (const std::size_t n = ring.pop(batch))
                    for (std::size_t i = 0; i < n; ++i) {
                        taken += batch[i].kind == InputKind::trade;
                        if (batch[i].kind == InputKind::gap &&
                            batch[i].gap.reason == core::GapReason::ring_full)
                            told_lost += batch[i].gap.count;
                    }
            };
            InputPublisher publisher(ring, 1, [&] { take(); });
            Session session(desk.io, desk.settings, desk.clock, publisher, desk.counters,
                            [&](LogLevel, std::string_view) { is_open = true; });
            session.start();
            REQUIRE(desk.until([&] { return is_open; }));
            server.go();
            const auto& counters = desk.counters;
            REQUIRE(desk.until([&] { return counters.messages.value() == sent.all() + 1; }));
            publisher.flush();
            take();

            CHECK(counters.ticks.value() == sent.trades);
            CHECK(counters.decode_errors[static_cast<std::size_t>(DecodeError::malformed_json)]
                      .value() == sent.malformed);
            CHECK(rejected(counters) == sent.unknown + sent.bad);
            CHECK(counters.duplicates.value() == sent.repeated);
            CHECK(counters.sequence_gaps.value() == 0);
            CHECK(taken + publisher.dropped().value() == sent.trades);
            CHECK(told_lost == publisher.dropped().value());
            CHECK((publisher.dropped().value() > 0) == (slots == 8));

            bool done = false;
            session.stop([&] { done = true; });
            REQUIRE(desk.until([&] { return done; }));
        }
}

}  // namespace
}  // namespace contagiond::feeds
