// Venues count tries by address: the connections of a feed share what they have.
#include "feeds/connect_budget.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "feeds/feed_link.hpp"
#include "feeds/session_machine.hpp"

namespace contagiond::feeds {
namespace {

using core::ns_per_min;
using core::ns_per_s;

TEST_CASE("some tries at once, then one each so often, and no more after a rest") {
    ConnectBudget budget(3, 20 * ns_per_s);
    const std::int64_t begin = 1000 * ns_per_s;
    for (int round = 0; round < 2; ++round) {
        std::int64_t now = begin + round * ns_per_min * 60;
        for (int i = 0; i < 3; ++i) {
            CHECK(budget.allows(now) == now);
            budget.spend(now);
        }
        CHECK(budget.allows(now) == now + 20 * ns_per_s);
        now += 20 * ns_per_s;
        CHECK(budget.allows(now) == now);
        budget.spend(now);
        CHECK(budget.allows(now) == now + 20 * ns_per_s);
    }
}

TEST_CASE(
    "however many connections a feed has, they stay within what the venue allows an address") {
    const Timing timing;
    const std::size_t connections = GENERATE(1u, 2u, 8u, 20u);
    const std::uint32_t per_minute = GENERATE(15u, 20u, 30u, 60u);
    CAPTURE(connections, per_minute);
    FeedLink link(connections);
    std::vector<SessionMachine> machines;
    for (std::size_t i = 0; i < connections; ++i) {
        SessionPlan plan;
        plan.seed = i + 1;
        plan.budget = link.budget(timing.budget_burst, timing.budget_refill, per_minute);
        machines.emplace_back(plan);
    }
    std::deque<MonotonicNs> tries;
    std::size_t most = 0, all = 0;
    const auto see = [&](SessionMachine& machine, SessionMachine::Actions actions,
                         MonotonicNs now) {
        for (const Action& action : actions) {
            if (action.kind != ActionKind::connect) continue;
            ++all;
            tries.push_back(now);
            while (tries.front() <= now - ns_per_min) tries.pop_front();
            most = std::max(most, tries.size());
            machine.closed(now, {.reason = ReconnectReason::error, .text = "refused"});
            return;
        }
    };
    for (SessionMachine& machine : machines) see(machine, machine.start(0), 0);
    for (MonotonicNs now = 0; now < 10 * ns_per_min; now += ns_per_s / 10)
        for (SessionMachine& machine : machines)
            if (machine.deadline() <= now) see(machine, machine.tick(now), now);
    CHECK(most <= per_minute);
    // Nor are they slower than one would be alone.
    CHECK(all >= 30);
}

}  // namespace
}  // namespace contagiond::feeds
