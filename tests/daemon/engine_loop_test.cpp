#include "daemon/engine_loop.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstring>
#include <iterator>
#include <mutex>
#include <thread>

#include "tests/core/market_builder.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::daemon;

namespace {

/// Keeps what it is given and lets a test wait for it.
class Collector final : public sinks::Sink {
  public:
    std::string_view name() const override { return "collector"; }
    bool wants_inputs() const override { return true; }
    void consume(std::span<const sinks::Item> items) override {
        const std::lock_guard lock(mutex_);
        for (const sinks::Item& item : items) {
            if (const auto* input = std::get_if<core::Input>(&item)) inputs_.push_back(*input);
            if (const auto* event = std::get_if<core::Event>(&item)) events_.push_back(*event);
        }
        changed_.notify_all();
    }
    template <typename Condition>
    bool wait_for(Condition condition) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20),
                                 [&] { return condition(inputs_, events_); });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<core::Input> inputs_;
    std::vector<core::Event> events_;
};

struct House {
    explicit House(core::TimeNs start, Waiting waiting = Waiting::sleep)
        : clock(start),
          ring(1024),
          counters(test::small_config().universe.instruments.size()),
          loop(core::Engine(test::small_config()), ring, clock, fan_out, counters,
               {1, waiting, nullptr, {}}) {
        fan_out.add(collector, 1 << 16);
        fan_out.start();
        loop.start();
    }
    ~House() {
        loop.stop();
        fan_out.stop(1);
    }
    void push(const core::Input& input) {
        REQUIRE(ring.try_push(input));
        loop.wake();
    }

    test::ManualClock clock;
    Collector collector;
    sinks::FanOut fan_out;
    core::SpscRing<core::Input> ring;
    EngineCounters counters;
    EngineLoop loop;
};

bool is_tick(const core::Input& input) {
    return input.kind == core::InputKind::trade;
}

}  // namespace

TEST_CASE("the loop takes what is pushed and hands on inputs and events in order") {
    const core::TimeNs t = test::market_open;
    House house(t);
    std::vector<core::Input> sent;
    test::MarketBuilder market(1);
    market.run(60, {}, sent);
    for (const core::Input& input : sent) house.push(input);
    house.clock.set(market.now());
    CHECK(house.collector.wait_for([&](const auto& inputs, const auto&) {
        std::size_t ticks = 0;
        for (const auto& input : inputs) ticks += input.kind == core::InputKind::trade;
        return ticks == 60 * 8;
    }));
    CHECK(house.collector.wait_for([](const auto&, const auto& events) {
        for (const auto& event : events)
            if (std::holds_alternative<core::BarClosed>(event)) return true;
        return false;
    }));
    std::uint64_t ticks = 0;
    for (const auto& counter : house.counters.ticks) ticks += counter.value();
    CHECK(ticks == 60 * 8);
}

TEST_CASE("bars close although nothing arrives, because the loop adds clock inputs") {
    const core::TimeNs t = test::market_open;
    House house(t, GENERATE(Waiting::sleep, Waiting::busy_poll));
    house.push(core::Input::make_trade(0, 0, t, t, {100, 0}, {1, 0}));
    house.clock.set(t + 60 * core::ns_per_s);
    CHECK(house.collector.wait_for([](const auto& inputs, const auto& events) {
        bool clock = false, bar = false;
        for (const auto& input : inputs) clock |= input.kind == core::InputKind::clock;
        for (const auto& event : events) bar |= std::holds_alternative<core::BarClosed>(event);
        return clock && bar;
    }));
}

TEST_CASE("what is in the ring when the loop is stopped is still taken") {
    auto house = std::make_unique<House>(test::market_open);
    for (int i = 0; i < 500; ++i)
        house->push(core::Input::make_trade(0, 0, test::market_open + i, test::market_open + i,
                                            {100, 0}, {1, 0}));
    house->loop.stop();
    CHECK(house->counters.ticks[0].value() == 500);
}

TEST_CASE("whoever has the turn, every input is taken once and in its order") {
    const std::uint64_t seed = GENERATE(std::uint64_t{1}, 2, 3);
    INFO("seed " << seed);
    test::Random random(seed);
    House house(test::market_open, GENERATE(Waiting::sleep, Waiting::busy_poll));
    // Work that is posted needs the turn as well; what it finds must be whole.
    std::atomic<bool> over{false};
    std::uint64_t posted = 0;
    std::thread poster([&] {
        while (!over) house.loop.run_between_batches([&] { ++posted; });
    });
    std::vector<core::Input> sent;
    test::MarketBuilder market(seed);
    market.run(2500, {}, sent);
    std::erase_if(sent, [](const core::Input& input) { return !is_tick(input); });
    house.clock.set(market.now());
    std::size_t at = 0;
    while (at < sent.size()) {
        // A tick alone, a few, or more than is done in passing.
        const std::size_t burst =
            random.below(8) == 0 ? 1 + random.below(200) : 1 + random.below(3);
        for (std::size_t n = 0; n < burst && at < sent.size();)
            if (house.ring.try_push(sent[at])) {
                ++at;
                ++n;
            } else {
                house.loop.wake();
            }
        house.loop.wake();
        // Now and then the engine's thread has the time to fall asleep.
        for (std::size_t n = random.below(4); n-- > 0;) std::this_thread::yield();
    }
    const bool all = house.collector.wait_for([&](const auto& inputs, const auto&) {
        return static_cast<std::size_t>(std::count_if(inputs.begin(), inputs.end(), is_tick)) >=
               sent.size();
    });
    over = true;
    poster.join();
    CHECK(all);
    CHECK(posted > 0);
    house.collector.wait_for([&](const auto& inputs, const auto&) {
        std::vector<core::Input> ticks;
        std::copy_if(inputs.begin(), inputs.end(), std::back_inserter(ticks), is_tick);
        CHECK(ticks.size() == sent.size());
        CHECK(std::equal(ticks.begin(), ticks.end(), sent.begin(), sent.end(),
                         [](const core::Input& a, const core::Input& b) {
                             return std::memcmp(&a, &b, sizeof a) == 0;
                         }));
        return true;
    });
}

TEST_CASE("work is run on the engine's thread between two batches") {
    House house(test::market_open);
    std::thread::id there;
    house.loop.run_between_batches([&] { there = std::this_thread::get_id(); });
    CHECK(there != std::thread::id());
    CHECK(there != std::this_thread::get_id());
}
