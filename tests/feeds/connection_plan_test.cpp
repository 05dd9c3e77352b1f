#include "feeds/connection_plan.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>

namespace contagiond::feeds {
namespace {

Venue venue_of(std::uint32_t max_streams, std::string_view quotes_url = {}) {
    Venue venue{};
    venue.default_url = "wss://a/trades";
    venue.quotes_url = quotes_url;
    venue.rules.max_streams = max_streams;
    return venue;
}

std::size_t streams_of(const Connection& connection) {
    std::size_t streams = 0;
    for (const Listing& l : connection.listings)
        streams += (l.trades ? 1u : 0u) + (l.quotes ? 1u : 0u);
    return streams;
}

}  // namespace

TEST_CASE("without a limit one connection carries everything") {
    const std::vector<Listing> listings = {{1, "A"}, {2, "B", true, false}, {3, "C", false, true}};
    const auto plan = plan_connections(venue_of(0), "wss://a/trades", listings);
    REQUIRE(plan.size() == 1);
    CHECK(plan[0].url == "wss://a/trades");
    CHECK(plan[0].listings.size() == 3);
    CHECK(plan_connections(venue_of(0), "wss://a/trades", {}).empty());
}

TEST_CASE("quotes have connections of their own only at the venue's own address") {
    const Venue venue = venue_of(0, "wss://a/quotes");
    const std::vector<Listing> listings = {{1, "A"}, {2, "B", true, false}, {3, "C", false, true}};
    const auto own = plan_connections(venue, "wss://a/trades", listings);
    REQUIRE(own.size() == 2);
    CHECK(own[0].url == "wss://a/trades");
    CHECK(own[1].url == "wss://a/quotes");
    CHECK(streams_of(own[0]) == 2);
    CHECK(streams_of(own[1]) == 2);
    CHECK(plan_connections(venue, "wss://b", listings).size() == 1);
    const std::vector<Listing> quiet = {{2, "B", true, false}};
    CHECK(plan_connections(venue, "wss://a/trades", quiet).size() == 1);
}

TEST_CASE("however much is wanted, each stream is asked for once and no connection has too many") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 300; ++round) {
        const std::uint32_t most = static_cast<std::uint32_t>(1 + random() % 9);
        const Venue venue = venue_of(most, round % 2 == 0 ? "wss://a/quotes" : "");
        std::vector<Listing> listings;
        std::set<std::string> wanted;
        std::size_t trades = 0, quotes = 0;
        for (auto n = random() % 30; n > 0; --n) {
            const auto id = static_cast<core::InstrumentId>(listings.size());
            listings.push_back(
                {id, "S" + std::to_string(id), random() % 3 != 0, random() % 3 != 0});
            const Listing& l = listings.back();
            if (l.trades) wanted.insert("t" + l.symbol);
            if (l.quotes) wanted.insert("q" + l.symbol);
            trades += l.trades ? 1 : 0;
            quotes += l.quotes ? 1 : 0;
        }
        std::set<std::string> asked;
        const auto plan = plan_connections(venue, "wss://a/trades", listings);
        for (const Connection& connection : plan) {
            CHECK(streams_of(connection) >= 1);
            CHECK(streams_of(connection) <= most);
            for (const Listing& l : connection.listings) {
                CHECK(listings[l.instrument].symbol == l.symbol);
                if (l.trades) CHECK(asked.insert("t" + l.symbol).second);
                if (l.quotes) CHECK(asked.insert("q" + l.symbol).second);
            }
        }
        CHECK(asked == wanted);
        // As few as can be; where an instrument's two streams stay together, one place may be left.
        const auto needed = [](std::size_t streams, std::size_t room) {
            return (streams + room - 1) / room;
        };
        if (!venue.quotes_url.empty())
            CHECK(plan.size() == needed(trades, most) + needed(quotes, most));
        else if (most == 1)
            CHECK(plan.size() == trades + quotes);
        else
            CHECK(plan.size() <= needed(trades + quotes, most - 1));
    }
}

}  // namespace contagiond::feeds
