// Frames on a session's own connection: how they are cut, what comes between them, and what the
// venue hears of it. What each of them means is the frame parser's test.
#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/frame_cases.hpp"
#include "tests/feeds/session_desk.hpp"

namespace contagiond::feeds {
namespace {

namespace frames = test::frames;
using test::hear;
using test::send_raw;

std::string trades_raw(int first, int last) {
    std::string bytes;
    for (int i = first; i <= last; ++i)
        bytes += frames::text_frame("T BTC " + std::to_string(i) + " 1");
    return bytes;
}

TEST_CASE("what comes in one segment with the answer to the upgrade is not lost") {
    for (const Certificate certificate : plain_and_tls) {
        CAPTURE(static_cast<int>(certificate));
        const std::string half = frames::text_frame("T BTC 3 1");
        LoopbackServer server(
            {{test::cork(), accept(), send("ok"), send("T BTC 1 1"), send("T BTC 2 1"),
              send_raw(half.substr(0, 5)), test::uncork(), await_go(), send_raw(half.substr(5))}},
            certificate);
        Desk desk(server);
        desk.start();
        REQUIRE(desk.until([&] { return desk.trades() == 2; }));
        server.go();
        CHECK(desk.until([&] { return desk.trades() == 3; }));
        CHECK(desk.counters.messages.value() == 4);
        CHECK(desk.counters.bytes.value() == 2 + 9 + 9 + 9);
        CHECK(desk.all_reconnects() == 0);
        CHECK(desk.stop());
    }
}

TEST_CASE("all messages of one read wake the engine once") {
    for (const Certificate certificate : plain_and_tls) {
        CAPTURE(static_cast<int>(certificate));
        test::Conversation conversation = {accept(), send("ok"), send("T BTC 1 1"), await_go(),
                                           test::cork()};
        // Over TLS each is a record of its own.
        for (int i = 2; i <= 60; ++i) conversation.push_back(send_raw(trades_raw(i, i)));
        conversation.push_back(test::uncork());
        LoopbackServer server({conversation}, certificate);
        Desk desk(server);
        desk.start();
        REQUIRE(desk.until([&] { return desk.trades() == 1; }));
        const std::size_t before = desk.wakes;
        server.go();
        REQUIRE(desk.until([&] { return desk.trades() == 60; }));
        CHECK(desk.wakes - before == 1);
        CHECK(desk.counters.sequence_gaps.value() == 0);
        // They came together, and are stamped so.
        const auto& inputs = desk.inputs;
        CHECK(inputs.back().ts_receive == inputs[inputs.size() - 59].ts_receive);
        CHECK(desk.stop());
    }
}

TEST_CASE("a long read does not keep the engine asleep to its end") {
    LoopbackServer server({{accept(), send("ok"), await_go(), send_raw(trades_raw(1, 2000))}});
    Desk desk(server);
    desk.start();
    REQUIRE(desk.until([&] { return desk.counters.connected.value() == 1; }));
    const std::size_t before = desk.wakes;
    server.go();
    REQUIRE(desk.until([&] { return desk.trades() == 2000; }));
    CHECK(desk.wakes - before >= 2000 / 256);
    CHECK(desk.wakes - before < 200);
    CHECK(desk.publisher.dropped().value() == 0);
}

TEST_CASE("a message in fragments, with pings between them, cut at every byte") {
    const std::string bytes = frames::text_begins("T BT") + frames::raw(0x89, "one") +
                              frames::goes_on("C 1 ") + frames::raw(0x89, "two") +
                              frames::raw(0x8a, "unasked") + frames::ends("7");
    test::Conversation conversation = {accept(), expect("subscribe"), send("ok")};
    for (const char byte : bytes) conversation.push_back(send_raw(std::string(1, byte)));
    conversation.push_back(hear());
    conversation.push_back(hear());
    LoopbackServer server({conversation});
    Desk desk(server);
    desk.venue.rules.ping_interval = 0;
    desk.start();
    CHECK(desk.until([&] { return server.received().size() == 3 && desk.trades() == 1; }));
    CHECK(server.received() == std::vector<std::string>{"subscribe BTC", "pong one", "pong two"});
    CHECK(desk.inputs.back().trade.price == 7);
    CHECK(desk.counters.messages.value() == 2);
    CHECK(desk.counters.bytes.value() == 2 + 9);
}

TEST_CASE("pings of one segment are answered in their order, behind what was being sent") {
    for (const Certificate certificate : plain_and_tls) {
        std::string pings;
        for (int i = 0; i < 10; ++i) pings += frames::raw(0x89, std::to_string(i));
        test::Conversation conversation = {accept(), expect("subscribe"), send("ok"),
                                           send_raw(pings)};
        for (int i = 0; i < 10; ++i) conversation.push_back(hear());
        LoopbackServer server({conversation}, certificate);
        Desk desk(server);
        desk.venue.rules.ping_interval = 0;
        desk.start();
        std::vector<std::string> answers = {"subscribe BTC"};
        for (int i = 0; i < 10; ++i) answers.push_back("pong " + std::to_string(i));
        CHECK(desk.until([&] { return server.received().size() == answers.size(); }));
        CHECK(server.received() == answers);
        CHECK(desk.stop());
    }
}

TEST_CASE("a venue that pings faster than it reads gets the last pings answered") {
    // In one read, while no answer is on its way for longer than that.
    std::string pings;
    for (int i = 0; i < 200; ++i) pings += frames::raw(0x89, std::to_string(i));
    test::Conversation conversation = {accept(), expect("subscribe"), send("ok"), send_raw(pings)};
    for (int i = 0; i < 16; ++i) conversation.push_back(hear());
    conversation.push_back(test::ping("still there"));
    LoopbackServer server({conversation});
    Desk desk(server);
    desk.venue.rules.ping_interval = 0;
    desk.start();
    REQUIRE(desk.until([&] { return server.pongs() == 1; }));
    const std::vector<std::string> heard = server.received();
    REQUIRE(heard.size() == 17);
    CHECK(heard[1] == "pong 0");
    CHECK(heard[16] == "pong 199");
    for (int i = 2; i <= 16; ++i)
        CHECK(heard[static_cast<std::size_t>(i)] == "pong " + std::to_string(183 + i));
    CHECK(desk.all_reconnects() == 0);
}

TEST_CASE("the venue hears why a connection ends, in the RFC's codes") {
    struct Case {
        std::string bytes;
        std::string payload;
        ReconnectReason reason;
        const char* said;
    };
    const Case cases[] = {
        {frames::close_frame(1001, "see you"), "\x03\xe9", ReconnectReason::closed, "1001 see you"},
        {frames::raw(0x88, ""), "", ReconnectReason::closed, "1005"},
        {frames::raw(0x83, ""), "\x03\xea", ReconnectReason::error, "no known kind"},
        {frames::text_frame("\xff"), "\x03\xef", ReconnectReason::error, "not UTF-8"},
        {frames::head(0x82, 127, std::uint64_t{17} << 20, 8), "\x03\xf1", ReconnectReason::error,
         "does not end"}};
    for (const Certificate certificate : plain_and_tls)
        for (const Case& one : cases) {
            CAPTURE(static_cast<int>(certificate), one.said);
            LoopbackServer server({{accept(), expect("subscribe"), send("ok"), send("T BTC 1 1"),
                                    await_go(), send_raw(one.bytes + trades_raw(2, 2)), hear()},
                                   {accept(), send("ok"), send("T BTC 3 1")}},
                                  certificate);
            Desk desk(server);
            desk.venue.rules.ping_interval = 0;
            desk.start();
            REQUIRE(desk.until([&] { return desk.trades() == 1; }));
            server.go();
            REQUIRE(
                desk.until([&] { return desk.trades() == 2 && server.received().size() >= 2; }));
            CHECK(server.received()[1] == "close " + one.payload);
            CHECK(desk.reconnects(one.reason) == 1);
            CHECK(desk.all_reconnects() == 1);
            CHECK(desk.said(one.said));
            CHECK(desk.inputs.back().trade.trade_id == 3);  // what stood behind the end is nothing
            CHECK(desk.stop());
        }
}

TEST_CASE("a venue that does not read our close does not hold us up") {
    LoopbackServer server({{accept(), send_raw(frames::raw(0x83, "")), test::stall()},
                           {accept(), send("ok"), send("T BTC 1 1")}});
    Desk desk(server);
    desk.settings.timing.answer = 60 * ns_per_s;  // not for this, however slow the machine
    // More than the sockets' buffers take: the close has to wait behind it.
    desk.venue.subscribe = [](std::span<const Subscription>, core::TimeNs) {
        return std::vector<std::string>{std::string(std::size_t{15} << 20, 's')};
    };
    desk.start();
    CHECK(desk.until([&] { return desk.trades() == 1; }));
    CHECK(desk.reconnects(ReconnectReason::error) == 1);
    CHECK(desk.all_reconnects() == 1);
    CHECK(desk.stop());
}

TEST_CASE("an answer that does not agree to our upgrade is no connection") {
    LoopbackServer server(
        {{test::refuse(101, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")},
         {accept("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")},
         {accept("Sec-WebSocket-Extensions: permessage-deflate")},
         {accept("Sec-WebSocket-Protocol: chat")},
         {accept("Upgrade: h2c")},
         {accept("Connection: close")},
         {accept("X-Harmless: yes"), send("ok"), send("T BTC 1 1")}});
    Desk desk(server);
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 1; }));
    CHECK(desk.reconnects(ReconnectReason::handshake) == 6);
    CHECK(desk.all_reconnects() == 6);
    CHECK(desk.said("is not one"));
    CHECK(desk.said("not to our question"));
    CHECK(desk.said("not asked for"));
}

}  // namespace
}  // namespace contagiond::feeds
