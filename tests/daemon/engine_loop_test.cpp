#include "daemon/engine_loop.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>

#include "tests/core/market_builder.hpp"
#include "tests/support/manual_clock.hpp"

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
    explicit House(core::TimeNs start)
        : clock(start),
          ring(1024),
          counters(test::small_config().universe.instruments.size()),
          loop(core::Engine(test::small_config()), ring, clock, fan_out, counters, {}) {
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
    House house(t);
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

TEST_CASE("work is run on the engine's thread between two batches") {
    House house(test::market_open);
    std::thread::id there;
    house.loop.run_between_batches([&] { there = std::this_thread::get_id(); });
    CHECK(there != std::thread::id());
    CHECK(there != std::this_thread::get_id());
}
