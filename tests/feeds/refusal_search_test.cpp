// Who is refused, when the venue does not say.
#include "feeds/refusal_search.hpp"

#include <catch2/catch.hpp>

#include "feeds/session_machine.hpp"

namespace contagiond::feeds {
namespace {

using core::ns_per_s;

std::vector<std::size_t> listings_of(const std::vector<RefusalSearch::Found>& found) {
    std::vector<std::size_t> listings;
    for (const RefusalSearch::Found& one : found) listings.push_back(one.listing);
    return listings;
}
using Listings = std::vector<std::size_t>;

TEST_CASE("what is refused is the request under way, once the venue has accepted another") {
    RefusalSearch search({0, 0, 1, 2});
    CHECK(search.is_active());
    CHECK_FALSE(search.is_under_way());
    search.sent(0);
    CHECK(search.is_under_way());
    CHECK(search.refused("no").empty());  // perhaps it will have none of us
    search.sent(1);
    CHECK(search.refused("no").empty());
    search.sent(2);
    CHECK(listings_of(search.accepted()) == Listings{0, 0});
    CHECK_FALSE(search.is_under_way());
    CHECK(search.refused("of something else").empty());
    search.sent(3);
    const auto found = search.refused("no such");
    REQUIRE(listings_of(found) == Listings{2});
    CHECK(found[0].words == "no such");
    CHECK_FALSE(search.refuses_us());
}

TEST_CASE("when none is accepted the venue refuses us") {
    RefusalSearch search({0, 1});
    search.sent(0);
    CHECK(search.refused("no").empty());
    CHECK_FALSE(search.refuses_us());
    search.sent(1);
    CHECK(search.refused("no").empty());
    CHECK(search.refuses_us());
}

TEST_CASE("after an answer that did not come nobody is accused") {
    RefusalSearch search({0, 1, 2});
    search.sent(0);
    CHECK(search.accepted().empty());
    search.sent(1);
    search.sent(2);
    CHECK(search.is_lost());
    CHECK_FALSE(search.is_under_way());
    CHECK(search.refused("no").empty());
    CHECK_FALSE(RefusalSearch().is_active());
    CHECK(RefusalSearch().refused("no").empty());
}

TEST_CASE("one by one: the next is sent when the one before was answered, or will never be") {
    SessionPlan plan;
    plan.tls = false;
    SessionMachine machine(plan);
    MonotonicNs now = 0;
    machine.start(now);
    machine.resolved(now);
    machine.connected(now);
    const auto asked = [](SessionMachine::Actions actions) {
        Listings frames;
        for (const Action& action : actions)
            if (action.kind == ActionKind::send_subscription) frames.push_back(action.index);
        return frames;
    };
    CHECK(asked(machine.upgraded(now, 4, true)) == Listings{0});
    CHECK(asked(machine.tick(now += ns_per_s)).empty());
    CHECK(asked(machine.control(now, ControlKind::subscribed, "")) == Listings{1});
    CHECK(asked(machine.refused_one(now)) == Listings{2});
    // Nobody answers any more: after the patience for an answer the last is sent all the same.
    now += plan.timing.answer - 1;
    machine.frame(now);
    CHECK(asked(machine.tick(now)).empty());
    CHECK(machine.deadline() == now + 1);
    CHECK(asked(machine.tick(now += 1)) == Listings{3});
    CHECK(machine.state() == SessionState::live);
    CHECK(asked(machine.control(now, ControlKind::subscribed, "")).empty());
}

}  // namespace
}  // namespace contagiond::feeds
