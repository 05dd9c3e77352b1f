#include "feeds/feed_link.hpp"

#include <catch2/catch.hpp>

namespace contagiond::feeds {

using core::FeedState;

TEST_CASE("a feed is up from its first connection to its last") {
    FeedLink link(3);
    CHECK(link.is_split());
    CHECK_FALSE(link.all_up());
    CHECK(link.tell(FeedState::up) == FeedState::up);
    CHECK(link.tell(FeedState::up) == std::nullopt);
    CHECK(link.tell(FeedState::down) == std::nullopt);
    CHECK(link.tell(FeedState::up) == std::nullopt);
    CHECK_FALSE(link.all_up());
    CHECK(link.tell(FeedState::up) == std::nullopt);
    CHECK(link.all_up());
    CHECK(link.tell(FeedState::down) == std::nullopt);
    CHECK(link.tell(FeedState::down) == std::nullopt);
    CHECK(link.tell(FeedState::down) == FeedState::down);
    CHECK(link.tell(FeedState::up) == FeedState::up);
}

TEST_CASE("the trades of a symbol are numbered over all connections of the feed") {
    FeedLink link(1);
    CHECK_FALSE(link.is_split());
    CHECK(link.sequence("BTC").see(5, 100).kind == TradeSequence::Kind::next);
    CHECK(link.sequence("ETH").see(5, 100).kind == TradeSequence::Kind::next);
    CHECK(link.sequence("BTC").see(5, 100).kind == TradeSequence::Kind::duplicate);
    CHECK(link.sequence("BTC").see(8, 200).missing == 2);
}

}  // namespace contagiond::feeds
