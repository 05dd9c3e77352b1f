// Sessions against scripted venues on loopback: real sockets, real TLS, short deadlines.
#include "feeds/session.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tests/feeds/session_desk.hpp"
#include "tests/support/loopback_server.hpp"

namespace contagiond::feeds {
namespace {

TEST_CASE("a live conversation, plain and over TLS") {
    for (const Certificate certificate : plain_and_tls) {
        CAPTURE(static_cast<int>(certificate));
        LoopbackServer server(
            {{accept(), send("hello"), expect("login KEY"), send("in"), expect("subscribe BTC"),
              send("ok"), send("H BTC 6 99.5"), send("T BTC 7 100.25"), send("T BTC 8 100.50")}},
            certificate);
        Desk desk(server);
        desk.venue.rules.greets = desk.venue.rules.authenticates = true;
        desk.settings.url = server.url("/stream?x=1");
        const core::TimeNs before = desk.clock.now();
        desk.start();
        REQUIRE(desk.until([&] { return desk.trades() == 3; }));
        const core::TimeNs after = desk.clock.now();

        REQUIRE(desk.inputs.size() == 4);
        CHECK(desk.inputs[0].kind == InputKind::feed_status);
        CHECK(desk.inputs[0].feed_status.state == core::FeedState::up);
        CHECK(desk.inputs[1].flags == core::history);
        const Input& trade = desk.inputs[3];
        CHECK(trade.instrument == 3);
        CHECK(trade.feed == 0);
        CHECK(trade.trade.price == 10050);
        CHECK(trade.price_exponent == -2);
        CHECK(trade.trade.trade_id == 8);
        CHECK(trade.ts_receive >= before);
        CHECK(trade.ts_receive <= after);
        CHECK(trade.ts_exchange == opened + 8 * core::ns_per_us);

        CHECK(desk.counters.connected.value() == 1);
        CHECK(desk.counters.messages.value() == 6);
        CHECK(desk.counters.ticks.value() == 3);
        CHECK(desk.counters.bytes.value() == 5 + 2 + 2 + 12 + 14 + 14);
        CHECK(desk.counters.ts_last_message.value() ==
              Approx(core::to_seconds(trade.ts_receive)).margin(1e-3));
        std::uint64_t latencies = 0;
        for (std::size_t i = 0; i <= feed_latency_bounds.size(); ++i)
            latencies += desk.counters.latency.count(i);
        CHECK(latencies == 2);  // history is not late, it is old
        CHECK(server.targets() == std::vector<std::string>{"/stream?x=1"});
        if (certificate == Certificate::valid)
            CHECK(server.server_names() == std::vector<std::string>{"localhost"});

        CHECK(desk.stop());
        CHECK(desk.inputs.back().kind == InputKind::feed_status);
        CHECK(desk.inputs.back().feed_status.state == core::FeedState::down);
        CHECK(desk.counters.connected.value() == 0);
        CHECK(desk.all_reconnects() == 0);
        CHECK(desk.until([&] { return server.open() == 0; }));
        CHECK(server.complaints().empty());
    }
}

TEST_CASE("when the venue's certificate ends is known from the last good handshake on") {
    const auto now = static_cast<double>(std::time(nullptr));
    {
        LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1")}}, Certificate::valid);
        Desk desk(server);
        CHECK(desk.counters.ts_certificate_end.value() == 0);
        desk.start();
        CHECK(desk.until([&] { return desk.trades() == 1; }));
        CHECK(desk.counters.ts_certificate_end.value() ==
              Approx(now + test::certificate_lasts_s).margin(60));
        // It is still what was shown last when the connection is gone.
        CHECK(desk.stop());
        CHECK(desk.counters.ts_certificate_end.value() > now);
    }
    for (const Certificate none : {Certificate::none, Certificate::expired}) {
        LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1")}}, none);
        Desk desk(server);
        desk.start();
        CHECK(desk.until(
            [&] { return desk.trades() == 1 || desk.reconnects(ReconnectReason::tls) >= 1; }));
        CHECK(desk.counters.ts_certificate_end.value() == 0);
    }
}

TEST_CASE("an address is checked against the certificate, and is no server name") {
    LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1")}}, Certificate::valid);
    Desk desk(server);
    desk.settings.url = "wss://127.0.0.1:" + std::to_string(server.port()) + "/";
    desk.start();
    CHECK(desk.until([&] { return desk.trades() == 1; }));
    CHECK(server.server_names() == std::vector<std::string>{""});
}

TEST_CASE("a bad certificate is refused, and the log says which check failed") {
    struct Bad {
        Certificate certificate;
        const char* why;
    };
    const Bad bad[] = {{Certificate::wrong_host, "the certificate is not for localhost"},
                       {Certificate::expired, "certificate has expired"},
                       {Certificate::not_yet_valid, "certificate is not yet valid"},
                       {Certificate::unknown_authority, "unable to get local issuer certificate"}};
    for (const Bad& b : bad) {
        CAPTURE(b.why);
        LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1")}}, b.certificate);
        Desk desk(server);
        desk.start();
        CHECK(desk.until([&] { return desk.reconnects(ReconnectReason::tls) >= 2; }));
        CAPTURE(desk.log_text());
        CHECK(desk.said(b.why));
        CHECK(desk.said(", valid 20"));  // since when and until when
        CHECK(desk.stop());
        CHECK(desk.inputs.empty());
        CHECK(server.targets().empty());  // nobody spoke to it
    }
}

TEST_CASE("the system's authorities do not vouch for a test's") {
    LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1")}}, Certificate::valid);
    Desk desk(server);
    desk.settings.ca_file.clear();
    desk.start();
    CHECK(desk.until([&] { return desk.reconnects(ReconnectReason::tls) >= 1; }));
    CHECK(desk.inputs.empty());
}

TEST_CASE("after a reset in mid-stream data are back within two seconds, behind a gap") {
    for (const Certificate certificate : plain_and_tls) {
        CAPTURE(static_cast<int>(certificate));
        LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1"), await_go(), test::reset()},
                               {accept(), expect("subscribe BTC"), send("ok"), send("T BTC 2 1")}},
                              certificate);
        Desk desk(server);
        desk.settings.timing = Timing{};  // the world's, not the test's
        desk.start();
        REQUIRE(desk.until([&] { return desk.trades() == 1; }));
        const auto begin = std::chrono::steady_clock::now();
        server.go();
        REQUIRE(desk.until([&] { return desk.trades() == 2; }));
        CHECK(std::chrono::steady_clock::now() - begin <= std::chrono::seconds(2));

        REQUIRE(desk.inputs.size() == 6);
        CHECK(desk.inputs[2].feed_status.state == core::FeedState::down);
        CHECK(desk.inputs[3].feed_status.state == core::FeedState::up);
        const Input& gap = desk.inputs[4];
        REQUIRE(gap.kind == InputKind::gap);
        CHECK(gap.gap.reason == core::GapReason::reconnect);
        CHECK(gap.gap.ts_receive_first == desk.inputs[1].ts_receive);
        CHECK(gap.gap.ts_receive_last == gap.ts_receive);
        CHECK(desk.all_reconnects() == 1);
        CHECK(desk.stop());
    }
}

TEST_CASE("a silent venue is left and called again") {
    for (const Certificate certificate : plain_and_tls) {
        CAPTURE(static_cast<int>(certificate));
        LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1"), test::stall()},
                               {accept(), send("ok"), send("T BTC 2 1")}},
                              certificate);
        Desk desk(server);
        desk.venue.rules.ping_interval = 100 * ns_per_ms;
        desk.venue.rules.silence_any = 400 * ns_per_ms;
        desk.start();
        CHECK(desk.until([&] { return desk.trades() == 2; }));
        CHECK(desk.reconnects(ReconnectReason::stale) == 1);
        CHECK(desk.stop());
    }
}

TEST_CASE("our pings are answered, and an answered ping is a sign of life") {
    LoopbackServer server({{accept(), expect("subscribe"), send("ok")}});
    Desk desk(server);
    desk.venue.rules.ping_interval = 50 * ns_per_ms;
    desk.venue.rules.silence_any = 400 * ns_per_ms;
    desk.venue.rules.silence_data = 1200 * ns_per_ms;
    desk.start();
    // Ends for want of data, not for want of life.
    REQUIRE(desk.until([&] { return desk.reconnects(ReconnectReason::stale) == 1; }));
    CHECK(desk.said("no data for"));
}

TEST_CASE("the venue's ping is answered with its payload") {
    for (const Certificate certificate : plain_and_tls) {
        LoopbackServer server(
            {{accept(), expect("subscribe"), send("ok"), test::ping("12345"), send("T BTC 1 1")}},
            certificate);
        Desk desk(server);
        desk.venue.rules.ping_interval = 0;
        desk.start();
        CHECK(desk.until([&] { return desk.trades() == 1; }));
        CHECK(server.pongs() == 1);
    }
}

TEST_CASE("a bad message is dropped and counted, and the connection lives on") {
    const std::string long_one = "T BTC 3 3" + std::string(message_bytes_max - 9, ' ');
    const std::string too_long = long_one + " ";
    for (const Certificate certificate : plain_and_tls) {
        CAPTURE(static_cast<int>(certificate));
        LoopbackServer server(
            {{accept(), send("ok"), send("T BTC 1 1"), send("gibberish"), send(""),
              send("T BTC 2 2"), test::send_binary("T BTC 3 3"), send(too_long), send(long_one),
              send("T ETH 4 4"), send("T BTC x nan"), send("T BTC 4 0"), send("T BTC 4 4")}},
            certificate);
        Desk desk(server);
        desk.start();
        REQUIRE(desk.until([&] { return desk.trades() == 4; }));
        CHECK(desk.errors(DecodeError::malformed_json) == 2);
        CHECK(desk.errors(DecodeError::unexpected_binary) == 1);
        CHECK(desk.errors(DecodeError::too_large) == 1);
        using core::RejectReason;
        const auto rejected = [&](RejectReason reason) {
            return desk.counters.rows_rejected[static_cast<std::size_t>(reason)].value();
        };
        CHECK(rejected(RejectReason::unknown_instrument) == 1);
        CHECK(rejected(RejectReason::absurd_price) == 1);
        CHECK(rejected(RejectReason::zero_price) == 1);
        CHECK(desk.counters.messages.value() == 12);
        CHECK(desk.counters.sequence_gaps.value() == 0);
        CHECK(desk.all_reconnects() == 0);
        CHECK(server.accepted() == 1);
    }
}

TEST_CASE("a message without end and broken framing end the connection, not the session") {
    const std::string rsv_set = "\xf1\x02hi", no_such_opcode{"\x83\x00", 2};
    LoopbackServer server({{accept(), send("ok"), send(std::string(17u << 20, 'x'))},
                           {accept(), send("ok"), test::send_raw(rsv_set)},
                           {accept(), send("ok"), test::send_raw(no_such_opcode)},
                           {accept(), send("ok"), send("\xff\xfe not UTF-8")},
                           {accept(), send("ok"), send("T BTC 1 1")}});
    Desk desk(server);
    desk.start();
    const bool came_back = desk.until([&] { return desk.trades() == 1; });
    CAPTURE(desk.log_text());
    REQUIRE(came_back);
    CHECK(desk.reconnects(ReconnectReason::error) == 4);
    CHECK(desk.all_reconnects() == 4);
}

TEST_CASE("gaps and duplicates by trade number, also across a reconnect") {
    LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1"), send("T BTC 2 1"),
                            send("T BTC 2 1"), send("T BTC 5 1"), test::close(1001, "see you")},
                           {accept(), send("ok"), send("H BTC 5 1"), send("T BTC 8 1")}});
    Desk desk(server);
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 4; }));
    CHECK(desk.counters.duplicates.value() == 2);
    CHECK(desk.counters.sequence_gaps.value() == 2);
    CHECK(desk.reconnects(ReconnectReason::closed) == 1);
    CHECK(desk.said("1001"));
    CHECK(desk.said("see you"));
    std::vector<std::uint64_t> missing;
    for (const Input& input : desk.inputs) {
        if (input.kind != InputKind::gap || input.gap.reason != core::GapReason::sequence) continue;
        CHECK(input.instrument == 3);
        missing.push_back(input.gap.count);
    }
    CHECK(missing == std::vector<std::uint64_t>{2, 2});
}

TEST_CASE(
    "one connection of several tells the loss of its own instruments, and no state of the feed") {
    LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1"), await_go(), test::reset()},
                           {accept(), send("ok"), send("T BTC 1 1"), send("T BTC 2 1")}});
    Desk desk(server);
    desk.settings.link = std::make_shared<FeedLink>(2);
    desk.settings.link->tell(core::FeedState::up);  // the other one
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 1; }));
    server.go();
    REQUIRE(desk.until([&] { return desk.trades() == 2; }));
    CHECK(desk.count(InputKind::feed_status) == 0);
    REQUIRE(desk.count(InputKind::gap) == 1);
    for (const Input& input : desk.inputs)
        if (input.kind == InputKind::gap) CHECK(input.instrument == 3);
    CHECK(desk.counters.duplicates.value() == 1);
    CHECK(desk.counters.connected.value() == 1);
    CHECK(desk.stop());
    CHECK(desk.counters.connected.value() == 0);
    CHECK(desk.count(InputKind::feed_status) == 0);
}

TEST_CASE("a venue that numbers as it likes has neither gaps nor duplicates") {
    LoopbackServer server(
        {{accept(), send("ok"), send("T BTC 5 1"), send("T BTC 2 1"), send("T BTC 2 1")}});
    Desk desk(server);
    desk.venue.rules.contiguous_trade_ids = false;
    desk.start();
    CHECK(desk.until([&] { return desk.trades() == 3; }));
    CHECK(desk.counters.duplicates.value() + desk.counters.sequence_gaps.value() == 0);
}

TEST_CASE("an HTTP answer in place of the upgrade is understood, and no redirect is followed") {
    LoopbackServer elsewhere({{accept(), send("ok"), send("T BTC 1 1")}});
    LoopbackServer server({{test::refuse(302, "Location: " + elsewhere.url())},
                           {test::refuse(503)},
                           {test::refuse(429, "Retry-After: 300")},
                           {accept(), send("ok"), send("T BTC 1 1")}});
    Desk desk(server);
    desk.settings.timing.retry_after_cap = 30 * ns_per_ms;
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 1; }));
    CHECK(desk.reconnects(ReconnectReason::handshake) == 2);
    CHECK(desk.reconnects(ReconnectReason::rate_limited) == 1);
    CHECK(desk.said("HTTP 302"));
    CHECK(desk.said("HTTP 503"));
    CHECK(desk.said("HTTP 429"));
    CHECK(elsewhere.accepted() == 0);
}

TEST_CASE("the venue's last word is heeded") {
    LoopbackServer server({{accept(), send("ok"), send("bye")},
                           {accept(), send("never")},
                           {accept(), send("ok"), send("T BTC 1 1")}});
    Desk desk(server);
    desk.settings.timing.permanent = 50 * ns_per_ms;
    desk.start();
    CHECK(desk.until([&] { return desk.trades() == 1; }));
    CHECK(desk.reconnects(ReconnectReason::scheduled) == 1);
    CHECK(desk.reconnects(ReconnectReason::handshake) == 1);
    CHECK(desk.said("trying again soon will not help: never"));
}

TEST_CASE("each address is tried, and when resolving fails those of last time") {
    LoopbackServer server({{accept(), send("ok"), send("T BTC 1 1"), await_go(), test::reset()},
                           {accept(), send("ok"), send("T BTC 2 1")}});
    Desk desk(server);
    desk.settings.url = "ws://localhost:" + std::to_string(server.port()) + "/";
    int asked = 0;
    desk.settings.look_up = [&](const std::string& host, LookupDone done) {
        CHECK(host == "localhost");
        // Nobody listens at the first two.
        if (asked++ == 0)
            done({.addresses = {"127.0.0.9", "::1", "127.0.0.1"}, .error = ""});
        else
            done({.addresses = {}, .error = "SERVFAIL"});
    };
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 1; }));
    server.go();
    CHECK(desk.until([&] { return desk.trades() == 2; }));
    CHECK(asked == 2);
    CHECK(desk.said("SERVFAIL"));
}

TEST_CASE("a name that cannot be resolved, or leads a plain connection away, is not connected to") {
    LoopbackServer server({{accept()}});
    Desk desk(server);
    desk.settings.url = "ws://localhost:" + std::to_string(server.port()) + "/";
    bool away = false;
    desk.settings.look_up = [&](const std::string&, LookupDone done) {
        if (away)
            done({.addresses = {"192.0.2.1"}, .error = ""});
        else
            done({.addresses = {}, .error = "no such name"});
    };
    desk.start();
    CHECK(desk.until([&] { return desk.reconnects(ReconnectReason::dns) >= 2; }));
    CHECK(desk.said("no such name"));
    away = true;
    CHECK(desk.until([&] { return desk.said("no address on this machine"); }));
    CHECK(server.accepted() == 0);
}

TEST_CASE("a step that takes too long ends the try with its own reason") {
    struct Slow {
        Certificate certificate;
        test::Conversation conversation;
        ReconnectReason reason;
    };
    const Slow slow[] = {
        {Certificate::valid, {}, ReconnectReason::tls},
        {Certificate::valid, {test::secure()}, ReconnectReason::handshake},
        {Certificate::none, {}, ReconnectReason::handshake},
        {Certificate::none, {accept()}, ReconnectReason::handshake},  // no acknowledgement
    };
    for (const Slow& s : slow) {
        CAPTURE(to_string(s.reason), static_cast<int>(s.certificate), s.conversation.size());
        LoopbackServer server({s.conversation}, s.certificate);
        Desk desk(server);
        Timing& timing = desk.settings.timing;
        // TLS itself gets time; what is known to stall does not.
        if (s.conversation.empty()) timing.tls = 100 * ns_per_ms;
        timing.upgrade = timing.answer = 100 * ns_per_ms;
        desk.start();
        CHECK(desk.until([&] { return desk.reconnects(s.reason) >= 2; }));
        CHECK(desk.stop());
        CHECK(desk.count(InputKind::feed_status) == 0);
    }
}

TEST_CASE("stop leaves nothing pending, whatever is going on") {
    struct Moment {
        const char* name;
        Certificate certificate;
        test::Conversation conversation;
    };
    const Moment moments[] = {
        {"TLS", Certificate::valid, {}},
        {"upgrade", Certificate::valid, {test::secure()}},
        {"subscribing", Certificate::valid, {accept()}},
        {"live", Certificate::valid, {accept(), send("ok")}},
        {"half-open", Certificate::valid, {accept(), send("ok"), test::stall()}},
        {"plain upgrade", Certificate::none, {}},
        {"plain live", Certificate::none, {accept(), send("ok")}}};
    for (const Moment& moment : moments) {
        CAPTURE(moment.name);
        LoopbackServer server({moment.conversation}, moment.certificate);
        Desk desk(server);
        desk.start();
        const bool live = moment.conversation.size() > 1;
        REQUIRE(desk.until(
            [&] { return live ? desk.counters.connected.value() == 1 : server.accepted() == 1; }));
        CHECK(desk.stop());
        CHECK(desk.all_reconnects() == 0);
        // A server that reads sees us go.
        if (moment.name == std::string("live") || moment.name == std::string("plain live"))
            CHECK(desk.until([&] { return server.open() == 0; }));
    }
}

TEST_CASE("stop while resolving does not wait for the resolver") {
    LoopbackServer server({{accept()}});
    Desk desk(server);
    desk.settings.url = "ws://localhost:" + std::to_string(server.port()) + "/";
    LookupDone late;
    desk.settings.look_up = [&](const std::string&, LookupDone done) { late = std::move(done); };
    desk.start();
    REQUIRE(desk.until([&] { return late != nullptr; }));
    CHECK(desk.stop());
    late({.addresses = {"127.0.0.1"}, .error = ""});  // an answer nobody listens to any more
    CHECK(server.accepted() == 0);
}

TEST_CASE("stop before start, twice, and while waiting for the next try") {
    LoopbackServer server({{test::refuse(503)}});
    Desk desk(server);
    desk.settings.timing.first_retry = desk.settings.timing.backoff_base = 100 * ns_per_s;
    desk.start();
    REQUIRE(desk.until([&] { return desk.all_reconnects() == 1; }));
    bool first = false;
    desk.session->stop([&] { first = true; });
    CHECK(desk.stop());
    CHECK(first);

    desk.session = std::make_unique<Session>(desk.io, desk.settings, desk.clock, desk.publisher,
                                             desk.counters, nullptr);
    CHECK(desk.stop());
}

TEST_CASE("a stopped session starts again") {
    LoopbackServer server(
        {{accept(), send("ok"), send("T BTC 1 1")}, {accept(), send("ok"), send("T BTC 2 1")}});
    Desk desk(server);
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 1; }));
    bool stopped = false;
    desk.session->stop([&] { stopped = true; });
    REQUIRE(desk.until([&] { return stopped; }));
    desk.session->start();
    CHECK(desk.until([&] { return desk.trades() == 2; }));
}

TEST_CASE("a feed thread of its own, started and stopped from another at any moment") {
    const std::size_t descriptors = open_descriptors();
    for (unsigned round = 0; round < 12; ++round) {
        CAPTURE(round);
        LoopbackServer server({{accept(), expect("subscribe"), send("ok"), send("T BTC 1 1"),
                                send("T BTC 2 1"), test::reset()}},
                              round % 2 == 0 ? Certificate::valid : Certificate::none);
        Desk desk(server);
        std::mutex mutex;
        std::size_t lines = 0;
        auto work = boost::asio::make_work_guard(desk.io);
        std::thread feed_thread([&] { desk.io.run(); });
        desk.session = std::make_unique<Session>(desk.io, desk.settings, desk.clock, desk.publisher,
                                                 desk.counters, [&](LogLevel, std::string_view) {
                                                     const std::lock_guard lock(mutex);
                                                     ++lines;
                                                 });
        desk.session->start();
        // Later and later: from the first step to several connections on.
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (desk.counters.messages.value() < round / 2 * 2 &&
               std::chrono::steady_clock::now() < end)
            std::this_thread::yield();
        CHECK(desk.counters.messages.value() >= round / 2 * 2);
        desk.session->stop([&] { work.reset(); });
        feed_thread.join();  // ends only when nothing is pending
        desk.session.reset();
    }
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("hundreds of reconnects leave no descriptor behind") {
    LoopbackServer server({{accept(), send("ok"), send("T BTC 0 1"), test::reset()}});
    Desk desk(server);
    desk.settings.timing.first_retry = desk.settings.timing.backoff_base =
        desk.settings.timing.backoff_cap = ns_per_ms;
    desk.start();
    REQUIRE(desk.until([&] { return desk.all_reconnects() == 5; }));
    const std::size_t descriptors = open_descriptors();
    REQUIRE(desk.until([&] { return desk.all_reconnects() >= 300; }, std::chrono::seconds(60)));
    CHECK(open_descriptors() <= descriptors + 2);  // one connection may be open at both its ends
    CHECK(desk.stop());
}

TEST_CASE("settings that cannot work are refused at once") {
    Desk desk("ws://example.com/");
    CHECK_THROWS_WITH(desk.start(),
                      Catch::Contains("feed fake") && Catch::Contains("this machine"));
    desk.settings.url = "wss://localhost/";
    desk.settings.ca_file = "/no/such/file.pem";
    CHECK_THROWS_WITH(desk.start(), Catch::Contains("/no/such/file.pem"));
    desk.settings.venue = nullptr;
    CHECK_THROWS_WITH(desk.start(), Catch::Contains("no venue"));
}

}  // namespace
}  // namespace contagiond::feeds
