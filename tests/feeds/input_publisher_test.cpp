#include "feeds/input_publisher.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <thread>
#include <vector>

namespace contagiond::feeds {
namespace {

using core::Input;
using core::InputKind;

Input trade(core::FeedId feed, core::TimeNs ts_receive, std::uint64_t id = 0) {
    return Input::make_trade(0, feed, ts_receive, ts_receive, {100, 0}, {1, 0}, id);
}

std::vector<Input> take(InputRing& ring, std::size_t most) {
    std::vector<Input> out(most);
    out.resize(ring.pop(out));
    return out;
}

std::vector<Input> take_all(InputRing& ring) {
    return take(ring, ring.capacity() + 1);
}

TEST_CASE("what fits goes through in order, and one wake follows a read") {
    InputRing ring(8);
    int wakes = 0;
    InputPublisher publisher(ring, 1, [&] { ++wakes; });
    publisher.flush();
    CHECK(wakes == 0);
    for (core::TimeNs t = 1; t <= 5; ++t) publisher.publish(trade(0, t));
    CHECK(wakes == 0);
    publisher.flush();
    publisher.flush();
    CHECK(wakes == 1);
    const auto inputs = take_all(ring);
    REQUIRE(inputs.size() == 5);
    for (std::size_t i = 0; i < 5; ++i)
        CHECK(inputs[i].ts_receive == static_cast<core::TimeNs>(i) + 1);
    CHECK(publisher.dropped().value() == 0);
}

TEST_CASE("what finds the ring full waits for room, and nothing is lost while the engine is late") {
    InputRing ring(8);
    std::vector<Input> taken;
    std::size_t waits = 0;
    int wakes = 0;
    InputPublisher publisher(
        ring, 1, [&] { ++wakes; },
        [&](std::size_t tries) {
            // Whoever is to make room was told that there is something to take.
            CHECK(wakes > 0);
            ++waits;
            if (tries == 2)
                for (const Input& input : take_all(ring)) taken.push_back(input);
            return true;
        });
    for (core::TimeNs t = 1; t <= 100; ++t) publisher.publish(trade(0, t));
    publisher.flush();
    for (const Input& input : take_all(ring)) taken.push_back(input);
    REQUIRE(taken.size() == 100);
    for (std::size_t i = 0; i < 100; ++i)
        CHECK(taken[i].ts_receive == static_cast<core::TimeNs>(i) + 1);
    CHECK(waits >= 3);
    CHECK(publisher.dropped().value() == 0);
}

TEST_CASE(
    "an engine that does not come back is waited for once, then inputs are dropped and counted") {
    InputRing ring(8);
    std::size_t waits = 0;
    InputPublisher publisher(ring, 1, nullptr, [&](std::size_t tries) {
        waits += tries < 5;
        return tries < 5;
    });
    for (core::TimeNs t = 1; t <= 20; ++t) publisher.publish(trade(0, t));
    CHECK(waits == 5);
    CHECK(publisher.dropped().value() == 12);
    REQUIRE(take_all(ring).size() == 8);
    publisher.publish(trade(0, 21));
    const auto after = take_all(ring);
    REQUIRE(after.size() == 2);
    CHECK(after[0].kind == InputKind::gap);
    CHECK(after[0].gap.count == 12);
    // It is back: the next time it is waited for again.
    for (core::TimeNs t = 22; t <= 30; ++t) publisher.publish(trade(0, t));
    CHECK(waits == 10);
    CHECK(publisher.dropped().value() == 13);
}

TEST_CASE("a full ring drops the newest, and one gap a feed tells of it once there is room") {
    InputRing ring(8);
    InputPublisher publisher(ring, 2, nullptr);
    for (core::TimeNs t = 1; t <= 8; ++t) publisher.publish(trade(0, t));
    for (core::TimeNs t = 9; t <= 11; ++t) publisher.publish(trade(0, t));   // lost: 3 of feed 0
    for (core::TimeNs t = 12; t <= 13; ++t) publisher.publish(trade(1, t));  // lost: 2 of feed 1
    CHECK(publisher.dropped().value() == 5);

    const auto before = take_all(ring);
    REQUIRE(before.size() == 8);
    CHECK(before.back().ts_receive == 8);

    publisher.publish(trade(1, 14));
    const auto after = take_all(ring);
    REQUIRE(after.size() == 3);
    CHECK(after[0].kind == InputKind::gap);
    CHECK(after[0].feed == 0);
    CHECK(after[0].instrument == core::no_id);
    CHECK(after[0].ts_receive == 14);
    CHECK(after[0].gap.reason == core::GapReason::ring_full);
    CHECK(after[0].gap.count == 3);
    CHECK(after[0].gap.ts_receive_first == 9);
    CHECK(after[0].gap.ts_receive_last == 11);
    CHECK(after[1].kind == InputKind::gap);
    CHECK(after[1].feed == 1);
    CHECK(after[1].gap.count == 2);
    CHECK(after[1].gap.ts_receive_first == 12);
    CHECK(after[1].gap.ts_receive_last == 13);
    CHECK(after[2].kind == InputKind::trade);

    // Told once.
    publisher.publish(trade(0, 15));
    publisher.flush();
    CHECK(take_all(ring).size() == 1);
}

TEST_CASE("a pending gap goes out by flush alone, when its feed has fallen silent") {
    InputRing ring(8);
    int wakes = 0;
    InputPublisher publisher(ring, 1, [&] { ++wakes; });
    for (core::TimeNs t = 1; t <= 9; ++t) publisher.publish(trade(0, t));
    publisher.flush();
    CHECK(wakes == 1);
    take_all(ring);
    publisher.flush();
    CHECK(wakes == 2);
    const auto inputs = take_all(ring);
    REQUIRE(inputs.size() == 1);
    CHECK(inputs[0].gap.count == 1);
    CHECK(inputs[0].ts_receive == 9);
}

TEST_CASE("a feed's state is put off, never dropped; only the latest counts") {
    InputRing ring(8);
    InputPublisher publisher(ring, 1, nullptr);
    for (core::TimeNs t = 1; t <= 8; ++t) publisher.publish(trade(0, t));
    publisher.publish(Input::make_feed_status(0, 9, core::FeedState::down));
    CHECK(publisher.dropped().value() == 0);
    publisher.publish(Input::make_feed_status(0, 10, core::FeedState::up));
    publisher.publish(Input::make_feed_status(0, 11, core::FeedState::down));
    CHECK(publisher.dropped().value() == 2);
    take_all(ring);
    publisher.publish(trade(0, 12));
    const auto inputs = take_all(ring);
    REQUIRE(inputs.size() == 3);
    CHECK(inputs[0].kind == InputKind::gap);
    CHECK(inputs[0].gap.count == 2);
    CHECK(inputs[1].kind == InputKind::feed_status);
    CHECK(inputs[1].feed_status.state == core::FeedState::down);
    CHECK(inputs[1].ts_receive == 12);
    CHECK(inputs[2].kind == InputKind::trade);
}

TEST_CASE("a lost gap input hands on the span it told of") {
    InputRing ring(8);
    InputPublisher publisher(ring, 1, nullptr);
    for (core::TimeNs t = 101; t <= 108; ++t) publisher.publish(trade(0, t));
    publisher.publish(Input::make_gap(0, core::no_id, 109,
                                      {.ts_receive_first = 40,
                                       .ts_receive_last = 109,
                                       .count = 0,
                                       .reason = core::GapReason::reconnect,
                                       .padding = {}}));
    take_all(ring);
    publisher.flush();
    const auto inputs = take_all(ring);
    REQUIRE(inputs.size() == 1);
    CHECK(inputs[0].gap.reason == core::GapReason::ring_full);
    CHECK(inputs[0].gap.ts_receive_first == 40);
    CHECK(inputs[0].gap.ts_receive_last == 109);
}

TEST_CASE("sent is taken plus dropped, and the gaps add up to the dropped, whatever the pace") {
    for (unsigned seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        InputRing ring(8u << (seed % 4));
        constexpr core::FeedId feeds = 3;
        InputPublisher publisher(ring, feeds, nullptr);
        std::uint64_t sent[feeds] = {}, taken[feeds] = {}, told[feeds] = {};
        core::TimeNs ts_last = 0;
        const auto consume = [&](std::size_t most) {
            for (const Input& input : take(ring, most)) {
                REQUIRE(input.ts_receive >= ts_last);  // order of record
                ts_last = input.ts_receive;
                if (input.kind == InputKind::gap) {
                    told[input.feed] += input.gap.count;
                } else {
                    ++taken[input.feed];
                    // Whatever is missing in between was told before.
                    REQUIRE(input.trade.trade_id == taken[input.feed] + told[input.feed]);
                }
            }
        };
        for (core::TimeNs t = 1; t <= 5000; ++t) {
            const auto feed = static_cast<core::FeedId>(random() % feeds);
            publisher.publish(trade(feed, t, ++sent[feed]));
            if (random() % 7 == 0) publisher.flush();
            if (random() % 5 == 0) consume(random() % 12);
        }
        consume(10'000);
        publisher.flush();
        consume(10'000);
        std::uint64_t dropped = 0;
        for (core::FeedId feed = 0; feed < feeds; ++feed) {
            CHECK(sent[feed] == taken[feed] + told[feed]);
            dropped += told[feed];
        }
        CHECK(dropped > 0);
        CHECK(dropped == publisher.dropped().value());
    }
}

TEST_CASE("the equation holds between two threads") {
    InputRing ring(64);
    InputPublisher publisher(ring, 1, nullptr);
    constexpr std::uint64_t sent = 200'000;
    std::atomic<bool> done{false};
    std::uint64_t taken = 0, told = 0;
    const auto consume = [&] {
        const auto inputs = take(ring, 16);
        for (const Input& input : inputs) {
            if (input.kind == InputKind::gap)
                told += input.gap.count;
            else
                ++taken;
        }
        return !inputs.empty();
    };
    std::thread consumer([&] {
        for (;;) {
            const bool last_round = done.load(std::memory_order_acquire);
            if (consume()) continue;
            if (last_round) return;
            std::this_thread::yield();
        }
    });
    for (std::uint64_t i = 1; i <= sent; ++i)
        publisher.publish(trade(0, static_cast<core::TimeNs>(i), i));
    done.store(true, std::memory_order_release);
    consumer.join();
    publisher.flush();
    while (consume()) {
    }
    CHECK(sent == taken + publisher.dropped().value());
    CHECK(told == publisher.dropped().value());
}

}  // namespace
}  // namespace contagiond::feeds
