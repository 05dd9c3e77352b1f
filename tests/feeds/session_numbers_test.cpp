// Numbers by which a venue lets a loss be seen: of trades, and of all messages of a connection.
#include <catch2/catch.hpp>

#include "feeds/row_intake.hpp"
#include "tests/feeds/session_desk.hpp"

namespace contagiond::feeds {
namespace {

TEST_CASE("messages that a connection numbers are missed when some do not come") {
    LoopbackServer server({{accept(), send("#0 ok"), send("#1 T BTC 11 1"), send("#4 T BTC 12 1"),
                            send("#0 T BTC 13 1"), send("#1 ok"), await_go(), test::reset()},
                           {accept(), send("#0 ok"), send("#1 T BTC 14 1")}});
    Desk desk(server);
    desk.venue.rules.contiguous_trade_ids = false;
    desk.start();
    REQUIRE(desk.until([&] { return desk.trades() == 3; }));
    CHECK(desk.counters.sequence_gaps.value() == 1);
    REQUIRE(desk.count(InputKind::gap) == 1);
    const Input& gap = desk.inputs[2];
    REQUIRE(gap.kind == InputKind::gap);
    CHECK(gap.gap.reason == core::GapReason::sequence);
    CHECK(gap.gap.count == 2);
    CHECK(gap.instrument == core::no_id);
    CHECK(gap.gap.ts_receive_first == desk.inputs[1].ts_receive);
    // Another connection counts from the beginning.
    server.go();
    REQUIRE(desk.until([&] { return desk.trades() == 4; }));
    CHECK(desk.counters.sequence_gaps.value() == 1);
}

/// An intake of one listing, by hand.
struct Hand {
    Hand() {
        settings.feed = 0;
        settings.venue = &venue;
        settings.listings = {{7, "X", true, true}, {8, "Y", true, true}};
    }
    void take(std::string_view symbol, std::string_view id, std::string_view sequence,
              core::TimeNs ts) {
        Row row;
        row.ts_exchange = ts;
        row.symbol = symbol;
        row.trade_id = id;
        row.sequence = sequence;
        row.price = row.size = "1";
        if (!intake)
            intake.emplace(settings, std::make_shared<FeedLink>(1), clock, publisher, counters);
        intake->take({&row, 1}, opened + ns_per_s, 0, true, origin);
        Input input;
        while (ring.pop({&input, 1}) == 1) inputs.push_back(input);
    }
    Venue venue = fake_venue();
    SessionSettings settings;
    WallClock clock;
    InputRing ring{64};
    InputPublisher publisher{ring, 1, nullptr};
    FeedCounters counters;
    RowIntake::Origin origin;
    std::optional<RowIntake> intake;
    std::vector<Input> inputs;
};

TEST_CASE("where a trade's number is not its id, the number tells the gap and the repetition") {
    Hand hand;
    hand.take("X", "ETH-900", "10", opened);
    hand.take("X", "ETH-950", "11", opened + 1);
    hand.take("X", "ETH-951", "14", opened + 2);
    hand.take("X", "ETH-951", "14", opened + 2);
    hand.take("Y", "ETH-960", "1", opened + 3);
    CHECK(hand.counters.sequence_gaps.value() == 1);
    CHECK(hand.counters.duplicates.value() == 1);
    REQUIRE(hand.inputs.size() == 5);
    CHECK(hand.inputs[2].kind == InputKind::gap);
    CHECK(hand.inputs[2].gap.count == 2);
    CHECK(hand.inputs[2].instrument == 7);
}

TEST_CASE("a trade sent anew on subscribing is history by its age, where the venue does that") {
    for (const bool does : {true, false}) {
        CAPTURE(does);
        Hand hand;
        hand.venue.rules.contiguous_trade_ids = false;
        hand.venue.rules.resends_last_trade = does;
        hand.origin.ts_subscribed = opened;
        hand.take("X", "1", "", opened - core::ns_per_hour);
        hand.take("X", "2", "", opened - core::ns_per_hour);  // late, but no first one
        hand.take("Y", "3", "", opened - ns_per_s);           // within the clocks' difference
        hand.take("Y", "4", "", opened + 1);
        REQUIRE(hand.inputs.size() == 4);
        CHECK((hand.inputs[0].flags & core::history) == (does ? core::history : 0));
        for (const std::size_t i : {1u, 2u, 3u}) CHECK((hand.inputs[i].flags & core::history) == 0);
        CHECK(hand.counters.backfilled.value() == (does ? 1 : 0));
        CHECK(hand.counters.ticks.value() == 4);
    }
}

TEST_CASE("the venues whose numbers mean this say so") {
    CHECK(find_venue("deribit")->rules.contiguous_trade_ids);
    CHECK(find_venue("okx_v5")->rules.resends_last_trade);
    const auto decode = [](const char* id, std::string frame, Decoded& out) {
        const std::size_t size = frame.size();
        frame.resize(size + frame_padding);
        const auto decoder = find_venue(id)->make_decoder();
        decoder->decode({frame.data(), size}, opened, out);
        return out.rows.empty() ? std::string() : std::string(out.rows[0].sequence);
    };
    Decoded out;
    CHECK(decode("deribit",
                 R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":)"
                 R"("trades.BTC-PERPETUAL.100ms","data":[{"timestamp":1765531356452,"price":1.5,)"
                 R"("amount":10.0,"direction":"sell","instrument_name":"BTC-PERPETUAL",)"
                 R"("trade_seq":271252854,"trade_id":"403691824"}]}})",
                 out) == "271252854");
    decode("coinbase_advanced",
           R"({"channel":"heartbeats","timestamp":"2026-04-07T14:30:10Z","sequence_num":17,)"
           R"("events":[]})",
           out);
    CHECK(out.number == 17);
    decode("coinbase_advanced", R"({"channel":"heartbeats","sequence_num":"17","events":[]})", out);
    CHECK_FALSE(out.number);
}

}  // namespace
}  // namespace contagiond::feeds
