#include "daemon/sinks/fan_out.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace contagiond;
using namespace std::chrono_literals;
using sinks::FanOut;
using sinks::Item;

namespace {

/// A door that can be shut from the test, so that a sink is slow exactly as long as it should be.
class Gate {
  public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }
    /// Whether somebody stood before the gate in time.
    bool reached() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 20s, [this] { return waiting_ > 0; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int waiting_ = 0;
};

/// Writes down what it was given, in order.
class Recorder : public sinks::Sink {
  public:
    explicit Recorder(std::string name, bool inputs = true, Gate* gate = nullptr)
        : name_(std::move(name)), inputs_(inputs), gate_(gate) {}

    std::string_view name() const override { return name_; }
    bool wants_inputs() const override { return inputs_; }
    bool wants(const core::Event& event) const override {
        return !std::holds_alternative<core::FeedChanged>(event);
    }
    void consume(std::span<const Item> items) override {
        if (gate_) gate_->pass();
        const std::lock_guard lock(mutex_);
        for (const Item& item : items) {
            if (const auto* input = std::get_if<core::Input>(&item))
                taken_.push_back("input " + std::to_string(input->ts_receive));
            else if (const auto* event = std::get_if<core::Event>(&item))
                taken_.push_back("event " + std::to_string(std::visit(
                                                [](const auto& e) { return e.ts; }, *event)));
            else
                taken_.push_back("nothing");
        }
        changed_.notify_all();
    }
    void idle() override { idles.fetch_add(1); }
    void finish(double seconds) override {
        finishes.fetch_add(1);
        finish_seconds.store(seconds);
    }

    bool wait_for(std::size_t n) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 20s, [&] { return taken_.size() >= n; });
    }
    std::vector<std::string> taken() {
        const std::lock_guard lock(mutex_);
        return taken_;
    }

    std::atomic<int> idles{0};
    std::atomic<int> finishes{0};
    std::atomic<double> finish_seconds{-1};

  private:
    std::string name_;
    bool inputs_;
    Gate* gate_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> taken_;
};

std::vector<core::Input> clock_inputs(core::TimeNs first, core::TimeNs last) {
    std::vector<core::Input> inputs;
    for (core::TimeNs t = first; t <= last; ++t) inputs.push_back(core::Input::make_clock(t));
    return inputs;
}

}  // namespace

TEST_CASE("every sink gets the inputs of a step and then its events, in order") {
    Recorder journal("journal"), page("page", false);
    FanOut fan_out;
    fan_out.add(journal, 4096);
    fan_out.add(page, 4096);
    REQUIRE(fan_out.size() == 2);
    CHECK(fan_out.sink(1).name() == "page");
    fan_out.start();

    std::vector<std::string> all, events_only;
    for (core::TimeNs step = 0; step < 300; ++step) {
        const auto inputs = clock_inputs(step * 10, step * 10 + 2);
        const std::vector<core::Event> events = {core::BarClosed{step * 10 + 5},
                                                 core::FeedChanged{-1, 0, core::FeedState::up},
                                                 core::BarClosed{step * 10 + 6}};
        fan_out.publish(inputs, events);
        for (const auto& input : inputs) all.push_back("input " + std::to_string(input.ts_receive));
        for (const core::TimeNs t : {step * 10 + 5, step * 10 + 6}) {
            all.push_back("event " + std::to_string(t));
            events_only.push_back("event " + std::to_string(t));
        }
    }
    fan_out.stop(30);
    CHECK(journal.taken() == all);
    CHECK(page.taken() == events_only);
    CHECK(fan_out.dropped(0).value() == 0);
    CHECK(fan_out.dropped(1).value() == 0);
}

TEST_CASE("a slow sink loses its own items, counted, and delays nobody") {
    Gate gate;
    Recorder slow("slow", true, &gate), quick("quick");
    FanOut fan_out;
    fan_out.add(slow, 64);
    fan_out.add(quick, 16384);
    fan_out.start();

    fan_out.publish(clock_inputs(0, 0), {});
    REQUIRE(gate.reached());  // the slow one hangs in consume from here on
    constexpr core::TimeNs sent = 5000;
    fan_out.publish(clock_inputs(1, sent - 1), {});
    // The quick one has everything while the slow one still hangs.
    REQUIRE(quick.wait_for(sent));
    CHECK(slow.taken().empty());
    CHECK(fan_out.dropped(0).value() == sent - 1 - 64);
    CHECK(fan_out.dropped(1).value() == 0);

    gate.open();
    fan_out.stop(30);
    const auto taken = slow.taken();
    CHECK(taken.size() + fan_out.dropped(0).value() == sent);
    // What is lost is the newest; what came through is in order and without a hole.
    REQUIRE(taken.size() == 65);
    for (std::size_t i = 0; i < taken.size(); ++i) CHECK(taken[i] == "input " + std::to_string(i));
    CHECK(quick.taken().size() == sent);
}

TEST_CASE("sent is consumed plus dropped, whatever the pace") {
    Recorder tight("tight"), roomy("roomy", false);
    FanOut fan_out;
    fan_out.add(tight, 8);
    fan_out.add(roomy, 8);
    fan_out.start();
    constexpr std::uint64_t steps = 20'000;
    for (std::uint64_t step = 0; step < steps; ++step) {
        const auto t = static_cast<core::TimeNs>(step);
        const std::vector<core::Event> events = {core::BarClosed{t}};
        fan_out.publish(clock_inputs(t, t + 2), events);
    }
    fan_out.stop(30);
    CHECK(tight.taken().size() + fan_out.dropped(0).value() == steps * 4);
    CHECK(roomy.taken().size() + fan_out.dropped(1).value() == steps);
    CHECK(tight.taken().size() > 0);
}

TEST_CASE("stop drains what is queued, then finishes each sink once") {
    Gate gate;
    Recorder slow("slow", true, &gate), idle_one("idle");
    FanOut fan_out;
    fan_out.add(slow, 4096);
    fan_out.add(idle_one, 4096);
    fan_out.start();
    fan_out.publish(clock_inputs(0, 999), {});
    REQUIRE(gate.reached());
    std::thread opener([&] { gate.open(); });
    fan_out.stop(30);
    opener.join();
    CHECK(slow.taken().size() == 1000);
    CHECK(idle_one.taken().size() == 1000);
    CHECK(slow.finishes.load() == 1);
    CHECK(idle_one.finishes.load() == 1);
    CHECK(slow.finish_seconds.load() == Approx(15));

    fan_out.stop(30);
    CHECK(slow.finishes.load() == 1);
}

TEST_CASE("a sink too slow for the stop loses the rest, counted, and is still finished") {
    // Every batch takes as long as the whole of the time for draining.
    struct Slow final : Recorder {
        using Recorder::Recorder;
        void consume(std::span<const Item> items) override {
            std::mutex mutex;
            std::unique_lock lock(mutex);
            std::condition_variable never;
            never.wait_for(lock, 50ms, [] { return false; });
            Recorder::consume(items);
        }
    } slow("slow");
    FanOut fan_out;
    fan_out.add(slow, 65536);
    fan_out.start();
    constexpr core::TimeNs sent = 60'000;  // more than 200 batches
    fan_out.publish(clock_inputs(1, sent), {});
    REQUIRE(fan_out.dropped(0).value() == 0);
    fan_out.stop(0.1);
    CHECK(fan_out.dropped(0).value() > 0);
    CHECK(slow.taken().size() + fan_out.dropped(0).value() == sent);
    CHECK(slow.finishes.load() == 1);
}

TEST_CASE("a sink that throws loses that call, counted, and goes on") {
    struct Thrower final : Recorder {
        using Recorder::Recorder;
        void consume(std::span<const Item> items) override {
            if (calls.fetch_add(1) == 0) throw std::runtime_error("no room");
            Recorder::consume(items);
        }
        void finish(double seconds) override {
            Recorder::finish(seconds);
            throw std::runtime_error("cannot close");
        }
        std::atomic<int> calls{0};
    } thrower("thrower");
    FanOut fan_out;
    fan_out.add(thrower, 64);
    fan_out.start();
    fan_out.publish(clock_inputs(0, 0), {});
    const auto begin = std::chrono::steady_clock::now();
    while (thrower.calls.load() == 0 && std::chrono::steady_clock::now() - begin < 20s)
        std::this_thread::yield();
    REQUIRE(thrower.calls.load() == 1);
    fan_out.publish(clock_inputs(1, 1), {});
    REQUIRE(thrower.wait_for(1));
    CHECK(thrower.taken() == std::vector<std::string>{"input 1"});
    fan_out.stop(30);
    CHECK(thrower.finishes.load() == 1);
    CHECK(fan_out.failures(0).value() == 2);
}

TEST_CASE("timers run although the queue never rests, and although nothing arrives") {
    // Its queue is full again before a batch is done. Nobody else publishes meanwhile.
    struct Endless final : Recorder {
        using Recorder::Recorder;
        void consume(std::span<const Item> items) override {
            Recorder::consume(items);
            if (idles.load() < 10 && ++batches < 10'000) refill();
        }
        int batches = 0;
        std::function<void()> refill;
    } busy("busy");
    Recorder quiet("quiet");
    FanOut fan_out;
    fan_out.add(quiet, 1024);
    fan_out.add(busy, 1024);  // last: the publisher is through with all lanes when this one starts
    busy.refill = [&] { fan_out.publish(clock_inputs(0, 0), {}); };
    const auto begin = std::chrono::steady_clock::now();
    const auto in_time = [&] { return std::chrono::steady_clock::now() - begin < 20s; };
    fan_out.start();
    while ((busy.idles.load() == 0 || quiet.idles.load() == 0) && in_time())
        std::this_thread::yield();
    const int at_rest = busy.idles.load();
    busy.idles.store(0);
    fan_out.publish(clock_inputs(0, 0), {});
    while (busy.idles.load() < 10 && in_time()) std::this_thread::yield();
    fan_out.stop(30);
    CHECK(at_rest > 0);
    CHECK(busy.batches >= 5);
    CHECK(busy.batches < 1000);
    CHECK(quiet.idles.load() > 0);
}

TEST_CASE("a sleeping sink is woken for what it wants, and left alone otherwise") {
    struct Deaf final : Recorder {
        using Recorder::Recorder;
        bool wants(const core::Event&) const override { return false; }
    } deaf("deaf", false);
    Recorder eager("eager", false);
    FanOut fan_out;
    fan_out.add(deaf, 64);
    fan_out.add(eager, 64);
    fan_out.start();
    constexpr std::size_t rounds = 100;
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t n = 1; n <= rounds; ++n) {
        const std::vector<core::Event> events = {core::BarClosed{static_cast<core::TimeNs>(n)}};
        fan_out.publish({}, events);
        REQUIRE(eager.wait_for(n));
    }
    const auto elapsed = std::chrono::steady_clock::now() - begin;
    // Without a bell every round would take what is left of the 100 ms between two timers.
    CHECK(elapsed < rounds * 100ms / 4);
    CHECK(deaf.idles.load() <= elapsed / 100ms + 3);
    fan_out.stop(30);
}

TEST_CASE("a fan-out that was never started, or has no sinks, stops at once") {
    Recorder sink("sink");
    FanOut fan_out;
    fan_out.publish(clock_inputs(0, 10), {});
    fan_out.add(sink, 64);
    fan_out.stop(10);
    CHECK(sink.finishes.load() == 0);
}

TEST_CASE("a mark stands at the same place in every queue, or in none") {
    Gate gate;
    Recorder journal("journal"), slow("slow", true, &gate);
    FanOut fan_out;
    fan_out.add(journal, 64);
    fan_out.add(slow, 8);
    fan_out.start();
    int prepared = 0;
    const auto prepare = [&] { ++prepared; };
    fan_out.publish(clock_inputs(1, 2), {});
    CHECK(fan_out.mark(prepare));
    fan_out.publish(clock_inputs(3, 4), {});
    CHECK(prepared == 1);
    REQUIRE(gate.reached());
    // A queue that is full takes no mark, and then nobody gets one.
    while (fan_out.dropped(1).value() == 0) fan_out.publish(clock_inputs(5, 5), {});
    CHECK_FALSE(fan_out.mark(prepare));
    CHECK(prepared == 1);
    gate.open();
    fan_out.stop(20);

    const auto marks = [](Recorder& sink) {
        std::vector<std::size_t> places;
        const std::vector<std::string> taken = sink.taken();
        for (std::size_t i = 0; i < taken.size(); ++i)
            if (taken[i] == "nothing") places.push_back(i);
        return places;
    };
    CHECK(marks(journal) == std::vector<std::size_t>{2});
    CHECK(marks(slow) == std::vector<std::size_t>{2});
}

TEST_CASE("a sink may want inputs from some moment on") {
    struct Late final : sinks::Sink {
        std::string_view name() const override { return "late"; }
        bool wants_inputs() const override { return wants.load(); }
        void consume(std::span<const Item> items) override { taken += items.size(); }
        std::atomic<bool> wants{false};
        std::atomic<std::size_t> taken{0};
    } late;
    FanOut fan_out;
    fan_out.add(late, 64);
    fan_out.start();
    fan_out.publish(clock_inputs(1, 10), {});
    late.wants = true;
    fan_out.publish(clock_inputs(11, 13), {});
    late.wants = false;
    fan_out.publish(clock_inputs(14, 20), {});
    fan_out.stop(20);
    CHECK(late.taken == 3);
}
