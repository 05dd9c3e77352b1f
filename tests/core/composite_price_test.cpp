#include "core/composite_price.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <optional>
#include <vector>

#include "core/estimators/tick_series.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::CompositePrice;
using core::Consensus;
using core::FeedQuote;
using core::ns_per_hour;
using core::ns_per_min;
using core::ns_per_s;
using core::TimeNs;

namespace {

constexpr TimeNs start = 1'737'964'800 * ns_per_s;
constexpr TimeNs bar = 5 * ns_per_s;
using Prices = std::vector<std::optional<double>>;  // nothing: not fresh

/// A composite fed a bar at a time.
class Desk {
  public:
    explicit Desk(std::size_t feeds) : composite(feeds), feeds_(feeds) {}

    Consensus bar_of(const Prices& prices, TimeNs after = bar) {
        ts += after;
        std::vector<FeedQuote> quotes(feeds_);
        for (std::size_t f = 0; f < feeds_; ++f) {
            if (!prices[f]) continue;
            quotes[f] = {true,
                         ts - static_cast<TimeNs>(feeds_ - f),
                         *prices[f],
                         {std::llround(*prices[f] * 1e6), -6}};
        }
        return last = composite.update(ts, quotes);
    }
    void calm(const Prices& prices, int bars) {
        for (int i = 0; i < bars; ++i) bar_of(prices);
    }

    CompositePrice composite;
    TimeNs ts = start;
    Consensus last;

  private:
    std::size_t feeds_;
};

const std::optional<double> none;

}  // namespace

TEST_CASE("one feed's level is its own log price, to the last digit of every return") {
    test::Random random(11);
    Desk desk(2);
    double price = 97'000;
    desk.bar_of({none, price});
    CHECK(desk.last.rebased);
    CHECK_FALSE(desk.last.step);
    CHECK(desk.last.log_level == Approx(std::log(price)).epsilon(1e-15));
    for (int i = 0; i < 100'000; ++i) {
        const double scale = std::pow(10, -2 - 8 * random.uniform());
        const double next = price * (1 + scale * random.cheap());
        const Consensus out = desk.bar_of({none, next}, random.below(100) == 0 ? ns_per_hour : bar);
        REQUIRE(out.step);
        REQUIRE(*out.step == core::log_return(price, next));
        price = next;
    }
    CHECK(desk.last.log_level == Approx(std::log(price)).epsilon(1e-13));
    CHECK(desk.last.feed == 1);
    CHECK(desk.last.fresh == 1);
    CHECK(desk.last.agreeing == 1);
    CHECK_FALSE(desk.last.undecided);
}

TEST_CASE("without a fresh feed the old price stays and there is no return") {
    Desk desk(2);
    CHECK_FALSE(desk.bar_of({none, none}).has_price);
    desk.bar_of({100, none});
    const TimeNs ts = desk.last.ts;
    const Consensus out = desk.bar_of({none, none});
    CHECK(out.has_price);
    CHECK(out.price == core::Decimal{100'000'000, -6});
    CHECK(out.ts == ts);
    CHECK(out.fresh == 0);
    CHECK_FALSE(out.step);
    CHECK_FALSE(out.rebased);
    CHECK_FALSE(desk.composite.divergence(0).ratio);
    // The same feed after the night: its return is its own.
    CHECK(desk.bar_of({85, none}, 17 * ns_per_hour).step == core::log_return(100, 85));
}

TEST_CASE("a venue of three that drifts does not move the price and is told of") {
    for (const double sign : {-1.0, 1.0}) {
        for (std::size_t drifting = 0; drifting < 3; ++drifting) {
            CAPTURE(sign, drifting);
            Desk desk(3);
            desk.calm({100, 100.1, 99.9}, 720);
            const double before = desk.last.log_level;
            bool told = false;
            const int bars = 720;
            for (int i = 1; i <= bars; ++i) {
                Prices prices = {100, 100.1, 99.9};
                *prices[drifting] *= 1 + sign * 0.05 * i / bars;
                const Consensus out = desk.bar_of(prices);
                REQUIRE(std::abs(out.log_level - before) < 0.0005);
                REQUIRE_FALSE(out.undecided);
                const auto& divergence = desk.composite.divergence(drifting);
                if (divergence.diverged) {
                    told = true;
                    REQUIRE(divergence.ratio.value() * sign > 0.0049);
                    REQUIRE(divergence.since <= desk.ts);
                    REQUIRE(out.agreeing == 2);
                    REQUIRE(out.feed != drifting);
                }
                for (std::size_t f = 0; f < 3; ++f)
                    if (f != drifting) REQUIRE_FALSE(desk.composite.divergence(f).diverged);
            }
            CHECK(told);
        }
    }
}

TEST_CASE("a venue of three that jumps does not move the price") {
    Desk desk(3);
    desk.calm({100, 100.1, 99.9}, 720);
    const double before = desk.last.log_level;
    for (int i = 0; i < 100; ++i) desk.bar_of({0.65, 100.1, 99.9});
    CHECK(std::abs(desk.last.log_level - before) < 0.0005);
    CHECK(desk.composite.divergence(0).ratio.value() == Approx(-0.9935).margin(1e-4));
    CHECK(desk.composite.divergence(0).since == start + 721 * bar);
    CHECK(desk.last.feed == 1);
    desk.bar_of({100, 100.1, 99.9});
    CHECK_FALSE(desk.composite.divergence(0).diverged);
    CHECK(std::abs(desk.last.log_level - before) < 0.0005);
    CHECK(desk.last.feed == 1);  // the one shown stays
    CHECK(desk.last.ts == desk.ts - 1);
    desk.bar_of({100, 100, 90});
    CHECK(desk.last.ts == desk.ts - 2);  // the newest that agrees
}

TEST_CASE("a diverged feed agrees again only well inside the bound") {
    Desk desk(3);
    desk.calm({100, 100, 100}, 10);
    CHECK_FALSE((desk.bar_of({100.7, 100, 100}), desk.composite.divergence(0).diverged));
    CHECK((desk.bar_of({100.8, 100, 100}), desk.composite.divergence(0).diverged));
    CHECK((desk.bar_of({100.6, 100, 100}), desk.composite.divergence(0).diverged));
    CHECK_FALSE((desk.bar_of({100.4, 100, 100}), desk.composite.divergence(0).diverged));
}

TEST_CASE("of two venues that disagree the quieter one is the price, and undecided") {
    for (const std::size_t jumping : {0u, 1u}) {
        CAPTURE(jumping);
        Desk desk(2);
        desk.calm({100, 100.3}, 100);
        CHECK(desk.last.feed == 0);
        Prices prices = {100, 100.3};
        *prices[jumping] *= 0.95;
        const Consensus out = desk.bar_of(prices);
        CHECK(std::abs(out.step.value()) < 1e-12);
        CHECK(out.undecided);
        CHECK(out.fresh == 2);
        CHECK(out.agreeing == 1);
        CHECK(out.feed == 1 - jumping);
        CHECK(desk.composite.divergence(jumping).ratio.value() == Approx(-0.05).epsilon(1e-3));

        SECTION("until they agree " + std::to_string(jumping)) {
            // It was true: the other one follows.
            const Consensus later = desk.bar_of({95, 100.3 * 0.95});
            CHECK(later.step.value() == Approx(std::log(0.95)).epsilon(1e-9));
            CHECK_FALSE(later.undecided);
        }
        SECTION("or the price's own feed is gone " + std::to_string(jumping)) {
            // The other one was right after all: its move is late, not lost.
            prices[1 - jumping].reset();
            const Consensus later = desk.bar_of(prices);
            CHECK(later.step.value() == Approx(std::log(0.95)).epsilon(1e-3));
            CHECK_FALSE(later.undecided);
        }
        SECTION("or a quarter of an hour has passed " + std::to_string(jumping)) {
            desk.calm(prices, 179);
            CHECK(desk.last.undecided);
            CHECK(desk.composite.settled(jumping) == 0);
            const double before = desk.last.log_level;
            desk.calm(prices, 2);
            CHECK_FALSE(desk.last.undecided);
            CHECK(desk.composite.settled(jumping) == 1);
            CHECK(std::abs(desk.last.log_level - before) < 1e-12);
        }
    }
}

TEST_CASE("which of two moved is counted from when they last agreed") {
    SECTION("two all the time") {
        Desk desk(2);
        desk.bar_of({100, 100});
        for (int i = 1; i <= 50; ++i) desk.bar_of({100 + 0.1 * i, 100 + 0.1 * i});
        CHECK(desk.bar_of({105, 100}).step == 0.0);
    }
    SECTION("three before") {
        Desk desk(3);
        desk.bar_of({100, 100, 100});
        for (int i = 1; i <= 50; ++i) desk.bar_of({100 + 0.1 * i, 100 + 0.1 * i, 100 + 0.1 * i});
        CHECK(desk.bar_of({105, 100, none}).step == 0.0);
    }
}

TEST_CASE("four venues in two camps stay where they are, undecided") {
    for (const double other : {95.0, 105.0}) {
        Desk desk(4);
        desk.calm({100, 100, 100, 100}, 10);
        CHECK(desk.bar_of({100, other, 100, other}).step == 0.0);
        CHECK(desk.last.undecided);
        CHECK(desk.last.agreeing == 2);
        CHECK(desk.bar_of({100, other, 100, other}).step == 0.0);
        CHECK(desk.bar_of({100, other, other, other}).step.value() ==
              Approx(std::log(other / 100)));
        CHECK_FALSE(desk.last.undecided);
    }
}

TEST_CASE("a diverged venue has no vote before it agrees well") {
    Desk desk(3);
    desk.calm({100, 100, 100}, 10);
    desk.bar_of({100.8, 100, 100});
    CHECK(std::abs(desk.bar_of({100.6, 99.9, 100.1}).step.value()) < 1e-5);
}

TEST_CASE("venues that stand apart hand the level on without a jump") {
    Desk desk(3);
    desk.calm({100, 100, 100}, 10);
    CHECK(desk.bar_of({100, 100.4, 100.2}).step.value() == Approx(std::log(1.002)));
    CHECK(desk.bar_of({none, 100.4, 100.2}).step.value() == Approx(0).margin(1e-15));
    CHECK(desk.bar_of({none, 100.4, none}).step.value() == Approx(0).margin(1e-15));
    CHECK(desk.bar_of({100, 100.4, none}).step.value() == Approx(0).margin(1e-15));
}

TEST_CASE("a lone feed that stands absurdly far is not followed there") {
    Desk desk(2);
    desk.calm({100, 100}, 10);
    desk.bar_of({100, 0.65});
    const double before = desk.last.log_level;
    const Consensus out = desk.bar_of({none, 0.65});
    CHECK(out.rebased);
    CHECK_FALSE(out.step);
    CHECK(out.log_level == before);
    CHECK(desk.bar_of({none, 0.66}).step == core::log_return(0.65, 0.66));
}

TEST_CASE("two venues fall together, the preferred one tells how far") {
    Desk desk(2);
    desk.calm({100, 100.3}, 100);
    const Consensus out = desk.bar_of({97, 97.2});
    CHECK(out.step.value() == Approx(std::log(0.97)).epsilon(1e-12));
    CHECK(out.feed == 0);
}

TEST_CASE("a crash on all venues in disorder is followed at once") {
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u}) {
        for (std::size_t feeds = 2; feeds <= 5; ++feeds) {
            CAPTURE(seed, feeds);
            test::Random random(seed);
            Desk desk(feeds);
            Prices prices(feeds);
            for (auto& price : prices) price = 100 + 0.2 * random.cheap();
            desk.calm(prices, 100);
            double lowest = 0, highest = -1;
            for (auto& price : prices) {
                const double move = std::log(0.65) + 0.01 * (2 * random.uniform() - 1);
                lowest = std::min(lowest, move);
                highest = std::max(highest, move);
                *price *= std::exp(move);
            }
            const Consensus out = desk.bar_of(prices);
            REQUIRE(out.step);
            CHECK(*out.step > lowest - 0.004);
            CHECK(*out.step < highest + 0.004);
            // Order returns, and nothing of the disorder stays.
            const double level = out.log_level;
            for (auto& price : prices) *price = 65;
            for (int i = 0; i < 5; ++i) desk.bar_of(prices);
            CHECK(std::abs(desk.last.log_level - level) < 0.015);
        }
    }
}

TEST_CASE("a crash that the venues see one after the other is followed with the majority") {
    Desk desk(3);
    desk.calm({100, 100, 100}, 10);
    CHECK(desk.bar_of({100, 100, 65}).step == 0.0);
    CHECK(desk.bar_of({100, 65, 65}).step.value() == Approx(std::log(0.65)));
    CHECK(desk.composite.divergence(0).diverged);
    CHECK_FALSE(desk.composite.divergence(1).diverged);
    CHECK(desk.bar_of({65, 65, 65}).step.value() == Approx(0).margin(1e-12));
    CHECK(desk.last.agreeing == 3);
}

TEST_CASE("feeds that come and go make no return") {
    for (const std::uint64_t seed : {21u, 22u, 23u, 24u}) {
        CAPTURE(seed);
        test::Random random(seed);
        const std::size_t feeds = 2 + random.below(4);
        Desk desk(feeds);
        std::vector<double> basis(feeds);
        for (double& b : basis) b = 0.003 * random.cheap() / 2.5;
        double log_price = std::log(100.0), noise = 0;
        std::optional<double> at_start;
        for (int i = 0; i < 5000; ++i) {
            const double r = 0.001 * random.cheap();
            log_price += r;
            Prices prices(feeds);
            bool any = false;
            for (std::size_t f = 0; f < feeds; ++f) {
                if (random.uniform() < 0.2) continue;
                prices[f] = std::exp(log_price + basis[f]);
                any = true;
            }
            if (!any) prices[0] = std::exp(log_price + basis[0]);
            const Consensus out = desk.bar_of(prices);
            REQUIRE_FALSE(out.undecided);
            REQUIRE(out.agreeing == out.fresh);
            if (i == 0) {
                at_start = out.log_level - log_price;
                continue;
            }
            REQUIRE(out.step);
            // All feeds moved by r: so did the price, whoever was there.
            if (std::abs(*out.step - r) > 1e-12) noise = std::max(noise, std::abs(*out.step - r));
        }
        CHECK(noise == 0);
        CHECK(desk.last.log_level - log_price == Approx(*at_start).margin(1e-9));
    }
}

TEST_CASE("another feed that comes back first keeps the level while its basis is young") {
    Desk desk(2);
    desk.calm({100, 100.3}, 100);
    desk.calm({100, none}, 10);
    desk.bar_of({none, none});
    SECTION("less than an hour") {
        const Consensus out = desk.bar_of({none, 100.3 * 0.98}, 30 * ns_per_min);
        CHECK_FALSE(out.rebased);
        CHECK(out.step.value() == Approx(std::log(0.98)).epsilon(1e-9));
        CHECK(out.feed == 1);
    }
    SECTION("more than an hour") {
        const double before = desk.last.log_level;
        const Consensus out = desk.bar_of({none, 100.3 * 0.98}, 2 * ns_per_hour);
        CHECK(out.rebased);
        CHECK_FALSE(out.step);
        CHECK(out.log_level == before);
        CHECK(desk.bar_of({none, 99}).step.has_value());
    }
}

TEST_CASE("a feed comes back at the level, or as diverged when it is known to belong elsewhere") {
    Desk desk(3);
    desk.calm({100, 100, 100}, 100);
    desk.calm({none, 100, 100}, 10);
    SECTION("near") {
        const Consensus out = desk.bar_of({100.4, 100, 100});
        CHECK(out.step == 0.0);
        CHECK(desk.composite.divergence(0).ratio == 0.0);
    }
    SECTION("far within an hour") {
        CHECK(desk.bar_of({97, 100, 100}).step == 0.0);
        CHECK(desk.composite.divergence(0).diverged);
        CHECK(desk.composite.divergence(0).ratio.value() == Approx(-0.03));
    }
    SECTION("far after more than an hour") {
        desk.bar_of({none, 100, 100}, 2 * ns_per_hour);
        CHECK(desk.bar_of({97, 100, 100}).step == 0.0);
        CHECK(desk.composite.divergence(0).ratio == 0.0);
    }
    SECTION("to one other: nobody jumps") {
        desk.bar_of({none, none, 100});
        const Consensus out = desk.bar_of({97, none, 100});
        CHECK(out.step == 0.0);
        CHECK(out.undecided);
        CHECK(desk.bar_of({97, none, 100}).step == 0.0);
    }
}

TEST_CASE("a basis is learned with its half-life") {
    Desk desk(2);
    desk.calm({100, 100}, 10);
    desk.bar_of({100, 100.4});
    const double first = desk.composite.divergence(1).ratio.value();
    CHECK(first == Approx(0.004));
    desk.calm({100, 100.4}, 120);  // ten minutes
    CHECK(std::log1p(desk.composite.divergence(1).ratio.value()) ==
          Approx(std::log1p(first) / 2).epsilon(1e-9));
    CHECK(desk.last.step == 0.0);
}

TEST_CASE("a lasting divergence becomes the basis, and the price stays") {
    Desk desk(3);
    desk.calm({100, 100, 100}, 10);
    const double before = desk.last.log_level;
    desk.calm({105, 100, 100}, 180);
    CHECK(desk.composite.divergence(0).diverged);
    CHECK(desk.composite.settled(0) == 0);
    desk.bar_of({105, 100, 100});
    CHECK_FALSE(desk.composite.divergence(0).diverged);
    CHECK(desk.composite.divergence(0).ratio == 0.0);
    CHECK(desk.composite.settled(0) == 1);
    CHECK(desk.last.log_level == before);
    // It has a vote again.
    desk.bar_of({none, 100, none});
    CHECK(desk.bar_of({105 * 0.98, 98, none}).step.value() == Approx(std::log(0.98)));
}

TEST_CASE("the order of feeds that vote alike does not matter") {
    test::Random random(31);
    std::vector<std::size_t> order = {0, 1, 2, 3, 4};
    Desk a(5), b(5);
    std::swap(order[0], order[3]);
    std::swap(order[1], order[4]);
    double log_price = 3;
    for (int i = 0; i < 2000; ++i) {
        log_price += 0.002 * random.cheap();
        Prices prices(5), permuted(5);
        for (std::size_t f = 0; f < 5; ++f)
            prices[f] = std::exp(log_price + 0.003 * random.cheap() + (i / 400 == 2 && f == 1));
        for (std::size_t f = 0; f < 5; ++f) permuted[f] = prices[order[f]];
        const Consensus left = a.bar_of(prices), right = b.bar_of(permuted);
        REQUIRE(left.step == right.step);
        REQUIRE(left.agreeing == right.agreeing);
        for (std::size_t f = 0; f < 5; ++f)
            REQUIRE(b.composite.divergence(f).ratio == a.composite.divergence(order[f]).ratio);
    }
}

TEST_CASE("laws of the composite on random feeds") {
    for (const std::uint64_t seed : {41u, 42u, 43u, 44u, 45u, 46u}) {
        CAPTURE(seed);
        test::Random random(seed);
        const std::size_t feeds = 1 + random.below(5);
        Desk plain(feeds), scaled(feeds), again(feeds);
        double log_price = std::log(3000.0), sum = 0;
        std::vector<double> offset(feeds, 0);
        std::optional<double> first_level;
        for (int i = 0; i < 5000; ++i) {
            log_price += 0.001 * random.cheap();
            if (random.below(400) == 0) log_price += 0.3 * (random.uniform() - 0.5);
            Prices prices(feeds), times(feeds);
            for (std::size_t f = 0; f < feeds; ++f) {
                if (random.below(300) == 0) offset[f] = 0.1 * random.cheap();
                if (random.below(6) == 0) continue;
                prices[f] = std::exp(log_price + offset[f] + 0.001 * random.cheap());
                times[f] = *prices[f] * 0.0371;
            }
            const Consensus was = plain.last;
            const Consensus out = plain.bar_of(prices);
            const Consensus other = scaled.bar_of(times);
            const Consensus same = again.bar_of(prices);
            CAPTURE(i);
            // Scale of the price does not matter.
            REQUIRE(out.step.has_value() == other.step.has_value());
            if (out.step) REQUIRE(*out.step == Approx(*other.step).margin(1e-11));
            REQUIRE(out.agreeing == other.agreeing);
            REQUIRE(out.feed == other.feed);
            // The same prices, the same bits.
            REQUIRE(out.step == same.step);
            REQUIRE(out.log_level == same.log_level);
            // The level is the sum of its steps.
            if (out.has_price && !first_level) first_level = out.log_level;
            sum += out.step.value_or(0);
            if (first_level) REQUIRE(out.log_level - *first_level == Approx(sum).margin(1e-10));
            REQUIRE(out.agreeing <= out.fresh);
            if (out.fresh > 0) REQUIRE(out.agreeing > 0);
            if (out.fresh > 0) REQUIRE(prices[out.feed]);
            if (out.fresh == 0) REQUIRE(out.feed == was.feed);
            // The level lies among the feeds that agree, and they lie near it.
            double lowest = 1, highest = -1;
            std::size_t agreeing = 0;
            for (std::size_t f = 0; f < feeds; ++f) {
                const auto& divergence = plain.composite.divergence(f);
                REQUIRE(divergence.ratio.has_value() == prices[f].has_value());
                if (!divergence.ratio || divergence.diverged) continue;
                ++agreeing;
                lowest = std::min(lowest, *divergence.ratio);
                highest = std::max(highest, *divergence.ratio);
                REQUIRE(std::abs(std::log1p(*divergence.ratio)) <= 0.0075 + 1e-12);
            }
            REQUIRE(agreeing == out.agreeing);
            if (agreeing > 0) {
                REQUIRE(lowest <= 1e-12);
                REQUIRE(highest >= -1e-12);
            }
        }
    }
}
