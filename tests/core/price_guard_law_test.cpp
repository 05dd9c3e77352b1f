// The guard's bookkeeping over random prints: nothing is lost, nothing told twice, nothing
// reordered.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "core/price_guard.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::GuardedPrint;
using core::GuardVerdict;
using core::ns_per_min;
using core::ns_per_s;
using core::PriceGuard;
using core::TimeNs;

namespace {

constexpr TimeNs start = 1'737'964'800 * ns_per_s;

}  // namespace

TEST_CASE("each print is released once, dropped once or still held") {
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u, 6u}) {
        CAPTURE(seed);
        test::Random random(seed);
        const std::size_t feeds = 1 + random.below(4);
        PriceGuard guard(feeds), twin(feeds);
        enum class State { held, released, dropped };
        // The slow, obvious bookkeeping: the mantissa of a print is its number.
        std::vector<State> states;
        std::vector<std::vector<TimeNs>> times(feeds);
        double price = 100;
        TimeNs ts = start;
        const auto book = [&] {
            TimeNs last = core::no_time;
            for (const GuardedPrint& p : guard.released()) {
                const auto number = static_cast<std::size_t>(p.price.mantissa);
                REQUIRE(states.at(number) == State::held);
                states[number] = State::released;
                REQUIRE(p.ts >= last);
                last = p.ts;
                if (!times[p.feed].empty()) REQUIRE(p.ts >= times[p.feed].back());
                times[p.feed].push_back(p.ts);
            }
            for (const GuardedPrint& p : guard.dropped()) {
                const auto number = static_cast<std::size_t>(p.price.mantissa);
                REQUIRE(states.at(number) == State::held);
                states[number] = State::dropped;
            }
            std::size_t held = 0;
            for (std::size_t f = 0; f < feeds; ++f) {
                for (const GuardedPrint& p : guard.held(f))
                    REQUIRE(states.at(static_cast<std::size_t>(p.price.mantissa)) == State::held);
                held += guard.held(f).size();
                REQUIRE(guard.held(f).size() <= PriceGuard::held_max);
            }
            REQUIRE(held == static_cast<std::size_t>(
                                std::count(states.begin(), states.end(), State::held)));
        };
        for (int i = 0; i < 20'000; ++i) {
            const double u = random.uniform();
            ts += static_cast<TimeNs>(random.uniform() * random.uniform() * 400e6);
            if (random.below(500) == 0) ts += ns_per_min;
            price *= std::exp(0.002 * random.cheap());
            if (random.below(300) == 0) price *= 0.7 + 0.6 * random.uniform();
            const std::size_t feed = random.below(feeds);
            if (u < 0.01) {
                guard.restart(feed);
                twin.restart(feed);
                book();
                continue;
            }
            if (u < 0.10) {
                guard.advance(ts);
                twin.advance(ts);
                book();
                continue;
            }
            GuardedPrint print;
            print.feed = feed;
            print.ts = ts;
            print.value = price * (1 + 0.002 * random.cheap());
            print.is_quote = random.below(2) == 0;
            print.price.mantissa = static_cast<std::int64_t>(states.size());
            if (random.below(20) == 0) print.value *= random.below(2) == 0 ? 0.001 : 0.8;
            if (feed == 1 && i % 4000 > 3000) print.value *= 0.5;  // a dislocation
            states.push_back(State::held);
            if (u < 0.12) {
                guard.take_confirmed(print);
                twin.take_confirmed(print);
                book();
                REQUIRE(states.back() == State::released);
                continue;
            }
            const auto verdict = guard.take(print);
            book();
            REQUIRE(verdict == (states.back() == State::held       ? GuardVerdict::held
                                : states.back() == State::released ? GuardVerdict::accepted
                                                                   : GuardVerdict::dropped));
            // The same prints, the same answers.
            REQUIRE(twin.take(print) == verdict);
            REQUIRE(twin.released().size() == guard.released().size());
        }
        CHECK(std::count(states.begin(), states.end(), State::released) > 10'000);
        CHECK(std::count(states.begin(), states.end(), State::dropped) > 100);
    }
}
