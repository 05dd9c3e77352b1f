// Which instruments are too silent, with time as a number.
#include "feeds/silence_watch.hpp"

#include <catch2/catch.hpp>
#include <memory>

#include "core/calendar.hpp"

namespace contagiond::feeds {
namespace {

using core::ns_per_hour;
using core::ns_per_min;
using core::ns_per_s;

/// Tuesday, 1 September 2026, 09:30 in New York: the shares open.
constexpr core::TimeNs opening = 1'788'269'400 * ns_per_s;

Listing listing(core::InstrumentId instrument, core::Market market) {
    Listing one;
    one.instrument = instrument;
    one.symbol = "S" + std::to_string(instrument);
    one.market = market;
    return one;
}

/// A session of `n` instruments and what its watch found, look by look.
struct Watch {
    Watch(std::size_t n, core::Market market) {
        for (std::size_t i = 0; i < n; ++i)
            listings.push_back(listing(static_cast<core::InstrumentId>(i), market));
        watch = std::make_unique<SilenceWatch>(listings, timing);
        watch->begin(now);
    }
    /// Until `until`: each of the first `speaking` instruments prints every `every`.
    void run(core::DurationNs lasts, std::size_t speaking, core::DurationNs every = ns_per_s) {
        const core::TimeNs until = now + lasts;
        for (core::TimeNs next = now + every; now < until;) {
            now += 5 * ns_per_s;
            if (now >= next) {
                for (std::size_t i = 0; i < speaking; ++i)
                    watch->seen(static_cast<core::InstrumentId>(i), now);
                next = now + every;
            }
            const auto found = watch->look(now, now);
            asked.insert(asked.end(), found.ask.begin(), found.ask.end());
            most_silent += found.most_silent ? 1 : 0;
            any_open = found.any_open;
        }
    }
    Timing timing;
    std::vector<Listing> listings;
    std::unique_ptr<SilenceWatch> watch;
    core::TimeNs now = opening;
    std::vector<std::size_t> asked;
    int most_silent = 0;
    bool any_open = false;
};

TEST_CASE("the day of these tests opens when they say") {
    CHECK(core::session_span(core::Market::us_equities, opening).session == core::Session::regular);
    CHECK(core::session_span(core::Market::us_equities, opening - 1).session == core::Session::pre);
}

TEST_CASE("one silent instrument of fifty is asked for anew, once, and nothing else happens") {
    Watch desk(50, core::Market::us_equities);
    desk.run(3 * ns_per_hour, 50);
    CHECK(desk.asked.empty());
    CHECK(desk.watch->bound(49) == desk.listings[49].stale_after);  // its habit is a second
    const core::TimeNs from = desk.now;
    while (desk.asked.empty()) desk.run(5 * ns_per_s, 49);
    CHECK(desk.asked == std::vector<std::size_t>{49});
    CHECK(desk.now - from >= 90 * ns_per_s);
    CHECK(desk.now - from <= 95 * ns_per_s);
    desk.run(ns_per_hour, 49);
    CHECK(desk.asked.size() == 1);
    CHECK(desk.most_silent == 0);
    // It comes back and is silent again; an hour is its habit now.
    desk.run(ns_per_min, 50);
    desk.run(ns_per_hour, 49);
    CHECK(desk.asked.size() == 1);
}

TEST_CASE("when most are silent although asked for anew, that is the connection's fault") {
    Watch desk(3, core::Market::always);
    desk.run(12 * ns_per_hour, 3);
    REQUIRE(desk.watch->bound(2) == 90 * ns_per_s);
    desk.run(90 * ns_per_s + 25 * ns_per_s, 1);
    CHECK(desk.asked == std::vector<std::size_t>{1, 2});
    CHECK(desk.most_silent == 0);
    desk.run(15 * ns_per_s, 1);
    CHECK(desk.most_silent > 0);
    // Not so if it is half of them.
    Watch half(4, core::Market::always);
    half.run(12 * ns_per_hour, 4);
    half.run(ns_per_hour, 2);
    CHECK(half.asked.size() == 2);
    CHECK(half.most_silent == 0);
}

TEST_CASE("a quiet night is no fault, and the morning is counted from the opening") {
    Watch desk(3, core::Market::us_equities);
    desk.now = opening + 6 * ns_per_hour;
    desk.watch->begin(desk.now);
    desk.run(25 * ns_per_min, 3);
    CHECK(desk.any_open);
    desk.run(17 * ns_per_hour + 35 * ns_per_min - 5 * ns_per_s, 0);  // to the next opening
    CHECK(desk.asked.empty());
    CHECK(desk.most_silent == 0);
    CHECK_FALSE(desk.any_open);
    desk.run(60 * ns_per_s, 0);
    CHECK(desk.asked.empty());
    CHECK(desk.any_open);
    desk.run(15 * ns_per_min, 0);
    CHECK(desk.asked.size() == 3);
}

TEST_CASE("whoever prints rarely is not asked why") {
    Watch desk(1, core::Market::always);
    desk.run(24 * ns_per_hour, 1, 9 * ns_per_min);
    CHECK(desk.asked.empty());
    CHECK(desk.watch->bound(0) >= 27 * ns_per_min);
    // Before anything is known of it ten minutes are nothing.
    Watch fresh(1, core::Market::always);
    fresh.run(595 * ns_per_s, 0);
    CHECK(fresh.asked.empty());
    fresh.run(10 * ns_per_s, 0);
    CHECK(fresh.asked.size() == 1);
}

TEST_CASE("many that fall silent at once are asked for a few at a time") {
    Watch desk(20, core::Market::always);
    desk.run(12 * ns_per_hour, 20);
    desk.run(90 * ns_per_s, 0);
    CHECK(desk.asked.size() <= 8);
    desk.run(10 * ns_per_s, 0);
    CHECK(desk.asked.size() == 20);
}

TEST_CASE("what is refused, or no instrument of ours, is not waited for") {
    Watch desk(2, core::Market::always);
    desk.watch->leave_out(1);
    desk.watch->seen(core::no_id, opening);
    desk.run(ns_per_hour, 1);
    CHECK(desk.asked.empty());
}

}  // namespace
}  // namespace contagiond::feeds
