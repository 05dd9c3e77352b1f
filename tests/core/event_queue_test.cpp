#include "core/event_queue.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

constexpr TimeNs start = 1'737'988'200 * ns_per_s;

Input tick(FeedId feed, TimeNs ts_exchange, TimeNs ts_receive) {
    return Input::make_trade(0, feed, ts_exchange, ts_receive, {100, 0}, {1, 0});
}

}  // namespace

TEST_CASE("event time takes the network's jitter out and keeps its least delay", "[event_queue]") {
    FeedOffset offset;
    CHECK_FALSE(offset.known());
    // The venue's clock is 1.27 s fast, the way 20 ms at best.
    const DurationNs skew = -1'270 * ns_per_ms;
    const DurationNs way = 20 * ns_per_ms;
    test::Random random(7);
    TimeNs sent = start;
    for (int i = 0; i < 2000; ++i) {
        sent += 10 * ns_per_ms;
        const DurationNs jitter =
            i % 50 == 0 ? 0 : static_cast<DurationNs>(random.uniform() * 300e6);
        const TimeNs ts_receive = sent + way + jitter;
        const TimeNs ts_event = offset.event_time(sent - skew, ts_receive);
        CHECK(ts_event <= ts_receive);
        if (i > 0) CHECK(ts_event == sent + way);
    }
    CHECK(offset.offset() == skew + way);
}

TEST_CASE("a clock that drifts is followed, a delay that is none is not believed",
          "[event_queue]") {
    SECTION("a shorter way at once, a longer one after two stretches") {
        FeedOffset offset;
        offset.event_time(start, start + 100 * ns_per_ms);
        offset.event_time(start + ns_per_s, start + ns_per_s + 40 * ns_per_ms);
        CHECK(offset.offset() == 40 * ns_per_ms);
        TimeNs now = start + ns_per_s;
        while (now < start + 2 * FeedOffset::stretch + 2 * ns_per_s) {
            now += ns_per_s;
            offset.event_time(now - 90 * ns_per_ms, now);
        }
        CHECK(offset.offset() == 90 * ns_per_ms);
    }
    SECTION("a feed that is a quarter of an hour late is old, not skewed") {
        FeedOffset offset;
        const TimeNs ts_exchange = start - 15 * ns_per_min;
        CHECK(offset.event_time(ts_exchange, start) == ts_exchange);
    }
    SECTION("a stamp from the far future says nothing") {
        FeedOffset offset;
        CHECK(offset.event_time(start + ns_per_hour, start) == start);
    }
    SECTION("no stamp, or one in the wrong unit") {
        FeedOffset offset;
        CHECK(offset.event_time(no_time, start) == start);
        CHECK(offset.event_time(start / 1000, start) == start);
        CHECK_FALSE(offset.known());
    }
    SECTION("after a long silence the old offset is forgotten") {
        FeedOffset offset;
        offset.event_time(start, start + 10 * ns_per_ms);
        const TimeNs later = start + 3 * FeedOffset::stretch;
        CHECK(offset.event_time(later, later + 70 * ns_per_ms) == later + 70 * ns_per_ms);
    }
}

TEST_CASE("history does not teach a feed's offset", "[event_queue]") {
    EventQueue queue(1, 4);
    Input old = tick(0, start - ns_per_hour, start);
    old.flags = history;
    CHECK(queue.event_time(old) == start);
    CHECK_FALSE(queue.offset(0).known());
    CHECK(queue.event_time(tick(0, start, start + 30 * ns_per_ms)) == start + 30 * ns_per_ms);
    // A feed that does not exist is the engine's to refuse.
    CHECK(queue.event_time(tick(7, start, start + ns_per_s)) == start + ns_per_s);
}

TEST_CASE("ticks come out by event time, equal ones as they went in", "[event_queue]") {
    const std::uint64_t seed = 20250127;
    INFO("seed " << seed);
    test::Random random(seed);
    constexpr std::size_t capacity = 64;
    EventQueue queue(3, capacity);
    struct Entry {
        TimeNs ts;
        std::uint32_t stream;
        std::int64_t number;
    };
    std::vector<Entry> twin;  // kept sorted, the slow way
    std::int64_t number = 0;
    for (int step = 0; step < 20'000; ++step) {
        if (!queue.full() && random.uniform() < 0.55) {
            const TimeNs ts = start + static_cast<TimeNs>(random.uniform() * 50);
            Input input = tick(static_cast<FeedId>(random.uniform() * 3), ts, ts);
            input.instrument = static_cast<InstrumentId>(random.uniform() * 3);
            input.trade.price = ++number;
            queue.push(ts, input);
            const Entry entry{ts, input.feed * 100u + input.instrument, number};
            const auto earlier = [](const Entry& a, const Entry& b) {
                return std::pair(a.ts, a.stream) < std::pair(b.ts, b.stream);
            };
            twin.insert(std::upper_bound(twin.begin(), twin.end(), entry, earlier), entry);
        } else if (!queue.empty()) {
            REQUIRE(queue.front() == twin.front().ts);
            const EventQueue::Tick out = queue.pop();
            REQUIRE(out.ts_event == twin.front().ts);
            REQUIRE(out.input.trade.price == twin.front().number);
            twin.erase(twin.begin());
        }
        REQUIRE(queue.size() == twin.size());
        REQUIRE(queue.full() == (twin.size() == capacity));
    }
}
