#include "feeds/trade_sequence.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <set>

namespace contagiond::feeds {
namespace {

using Kind = TradeSequence::Kind;

TEST_CASE("numbers that rise by one are as expected; the first may be any") {
    TradeSequence trades;
    for (std::uint64_t id = 1'000'000; id < 1'000'200; ++id)
        CHECK(trades.see(id, static_cast<core::TimeNs>(id)).kind == Kind::next);
}

TEST_CASE("a trade without a number is never a gap") {
    TradeSequence trades;
    trades.see(10, 1);
    CHECK(trades.see(0, 2).kind == Kind::next);
    CHECK(trades.see(11, 3).kind == Kind::next);
}

TEST_CASE("a jump tells how many are missing, and a late one of them is still welcome, once") {
    TradeSequence trades;
    trades.see(10, 100);
    const auto verdict = trades.see(14, 104);
    CHECK(verdict.kind == Kind::gap);
    CHECK(verdict.missing == 3);
    CHECK(trades.see(12, 102).kind == Kind::next);
    CHECK(trades.see(12, 102).kind == Kind::duplicate);
    CHECK(trades.see(15, 105).kind == Kind::next);
}

TEST_CASE("what was seen is a duplicate, near or far back") {
    TradeSequence trades;
    for (std::uint64_t id = 1; id <= 500; ++id) trades.see(id, static_cast<core::TimeNs>(id));
    CHECK(trades.see(500, 500).kind == Kind::duplicate);
    CHECK(trades.see(440, 440).kind == Kind::duplicate);
    CHECK(trades.see(3, 3).kind == Kind::duplicate);
    CHECK(trades.see(501, 501).kind == Kind::next);
}

TEST_CASE("a venue that counts anew is followed, not silenced") {
    TradeSequence trades;
    trades.see(900'000, 1000);
    CHECK(trades.see(1, 2000).kind == Kind::restarted);
    CHECK(trades.see(2, 2001).kind == Kind::next);
    CHECK(trades.see(3, 2002).kind == Kind::next);
    CHECK(trades.see(2, 2001).kind == Kind::duplicate);
}

TEST_CASE("it agrees with a set of all numbers, as far back as it looks") {
    for (unsigned seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        TradeSequence trades;
        std::set<std::uint64_t> seen;
        std::uint64_t newest = 1000;
        seen.insert(newest);
        trades.see(newest, static_cast<core::TimeNs>(newest));
        for (int i = 0; i < 500; ++i) {
            const auto dice = random() % 10;
            std::uint64_t id = newest + 1;
            if (dice < 2) id = newest + 1 + random() % 100;
            if (dice >= 7) id = newest - random() % 64;
            const auto verdict = trades.see(id, static_cast<core::TimeNs>(id));
            CAPTURE(i, id, newest);
            if (id > newest) {
                REQUIRE(verdict.kind == (id == newest + 1 ? Kind::next : Kind::gap));
                REQUIRE(verdict.missing == id - newest - 1);
                newest = id;
            } else {
                REQUIRE(verdict.kind == (seen.count(id) != 0 ? Kind::duplicate : Kind::next));
            }
            seen.insert(id);
        }
    }
}

}  // namespace
}  // namespace contagiond::feeds
