#include "core/event_queue.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <queue>
#include <tuple>
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

namespace {

/// The queue beside a slow twin: one heap of everything, ordered by time, stream and arrival.
class Twins {
  public:
    Twins(std::size_t feeds, std::size_t capacity, std::size_t instruments)
        : queue_(feeds, capacity, instruments), capacity_(capacity) {}

    void push(TimeNs ts, FeedId feed, InstrumentId instrument) {
        Input input = tick(feed, ts, ts);
        input.instrument = instrument;
        input.trade.price = ++pushed_;
        queue_.push(ts, input);
        twin_.push({ts, std::pair(feed, instrument), pushed_});
        compare();
    }
    void pop() {
        const auto& [ts, stream, number] = twin_.top();
        REQUIRE(queue_.front() == ts);
        const EventQueue::Tick out = queue_.pop();
        REQUIRE(out.ts_event == ts);
        REQUIRE(out.input.feed == stream.first);
        REQUIRE(out.input.instrument == stream.second);
        REQUIRE(out.input.trade.price == number);
        twin_.pop();
        compare();
    }
    bool full() const { return queue_.full(); }
    bool empty() const { return queue_.empty(); }
    TimeNs front() const { return queue_.front(); }

  private:
    using Entry = std::tuple<TimeNs, std::pair<FeedId, InstrumentId>, std::int64_t>;

    void compare() {
        REQUIRE(queue_.size() == twin_.size());
        REQUIRE(queue_.empty() == twin_.empty());
        REQUIRE(queue_.full() == (twin_.size() == capacity_));
    }

    EventQueue queue_;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> twin_;
    std::size_t capacity_;
    std::int64_t pushed_ = 0;
};

}  // namespace

TEST_CASE("ticks come out by event time, equal ones as they went in", "[event_queue]") {
    const std::uint64_t seed = 20250127;
    // From stamps that nearly all coincide to such that none does.
    const double span = GENERATE(1.0, 50.0, 1e9);
    CAPTURE(seed, span);
    test::Random random(seed);
    // Of the instruments, the last is not told of.
    Twins twins(3, 64, 2);
    for (int step = 0; step < 20'000; ++step) {
        if (!twins.full() && random.uniform() < 0.55)
            // The last feed is none of the queue's.
            twins.push(start + static_cast<TimeNs>(random.uniform() * span),
                       static_cast<FeedId>(random.below(4)),
                       static_cast<InstrumentId>(random.below(3)));
        else if (!twins.empty())
            twins.pop();
    }
}

TEST_CASE("the order holds however a feed's stamps run", "[event_queue]") {
    const std::uint64_t seed = 7;
    INFO("seed " << seed);
    test::Random random(seed);
    Twins twins(3, 256, 2);
    const auto run = [&](auto&& stamp_of) {
        for (int step = 0; step < 4'000; ++step) {
            if (twins.full()) twins.pop();
            const auto [ts, feed] = stamp_of(step);
            twins.push(ts, feed, static_cast<InstrumentId>(random.below(2)));
            // A watermark that follows at some distance.
            while (!twins.empty() && twins.front() < start + step - 100) twins.pop();
        }
    };
    SECTION("one feed in order") {
        run([](int step) { return std::pair(start + step, FeedId{0}); });
    }
    SECTION("one feed backwards") {
        run([](int step) { return std::pair(start - step, FeedId{0}); });
    }
    SECTION("two steps forward, many back") {
        run([](int step) { return std::pair(start + step - step % 40 * 3, FeedId{0}); });
    }
    SECTION("a feed at the present, one that lags and one without a plan") {
        run([&](int step) {
            const auto feed = static_cast<FeedId>(random.below(3));
            const TimeNs back = feed == 0   ? 0
                                : feed == 1 ? 60
                                            : static_cast<TimeNs>(random.below(200));
            return std::pair(start + step - back, feed);
        });
    }
    SECTION("exactly as many later ticks as a tick may step before, and one more") {
        for (int later = EventQueue::walk_max - 1; later <= EventQueue::walk_max + 2; ++later) {
            for (int i = 0; i < later; ++i) twins.push(start + 10 + i, 1, 0);
            twins.push(start, 1, 0);
            twins.push(start + 5, 1, 0);
            twins.push(start, 1, 0);
            while (!twins.empty()) twins.pop();
        }
    }
    while (!twins.empty()) twins.pop();
}

TEST_CASE("thousands of ticks of many instruments may share a stamp", "[event_queue]") {
    const std::uint64_t seed = 2025;
    const auto a_stamp = GENERATE(std::int64_t{1}, 7, 300, 3000);
    // Few next to each other, many, more than the queue was told of, and some far apart.
    const auto instruments = GENERATE(std::uint64_t{2}, 11, 90);
    const bool apart = GENERATE(false, true);
    CAPTURE(seed, a_stamp, instruments, apart);
    test::Random random(seed);
    Twins twins(2, 1024, 60);
    for (std::int64_t step = 0; step < 12'000; ++step) {
        while (twins.full()) twins.pop();
        const std::int64_t back = random.below(50) == 0 ? 1 : 0;
        const auto instrument =
            static_cast<InstrumentId>(random.below(instruments) * (apart ? 40 : 1));
        twins.push(start + step / a_stamp - back, static_cast<FeedId>(random.below(8) == 0),
                   instrument);
        while (!twins.empty() && twins.front() < start + step / a_stamp - 2) twins.pop();
    }
    while (!twins.empty()) twins.pop();
}
