// EngineLoop: drains the ring, adds a clock input when due, steps the engine and hands on what was
// taken and said.
//
// All of that is done by whoever has the engine's turn. The engine's thread has it and gives it
// away when it falls asleep for want of work; the producer, who comes with the next tick, then
// takes the turn and does the little there is to do itself: a tick that comes alone waits for one
// thread to wake up, not for two. What is more than a little is the engine thread's, so that the
// producer soon reads on.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/clock.hpp"
#include "core/counters.hpp"
#include "core/engine.hpp"
#include "core/spsc_ring.hpp"
#include "daemon/busy_poll.hpp"
#include "daemon/clock.hpp"
#include "daemon/sinks/doorbell.hpp"
#include "daemon/sinks/fan_out.hpp"

namespace contagiond::daemon {

inline constexpr std::array<double, 14> tick_to_decision_bounds = {
    1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, .01, .1, 1};

/// Written by whoever has the engine's turn, read by anyone. The vectors are by instrument and do
/// not change size.
struct EngineCounters {
    explicit EngineCounters(std::size_t instruments)
        : ticks(instruments), ts_last_tick(instruments) {}

    std::vector<core::Counter> ticks;
    std::vector<core::Gauge> ts_last_tick;  ///< seconds since the epoch, 0 before the first
    core::Histogram<tick_to_decision_bounds.size()> tick_to_decision{
        tick_to_decision_bounds};     ///< seconds
    core::Gauge ts_last_loop;         ///< seconds since the epoch
    core::Gauge monotonic_last_loop;  ///< seconds of the monotonic clock
    core::Gauge ring_used;
    core::Counter clock_steps;
};

struct EngineLoopSettings {
    /// How many seconds of `clock` pass in one real second: 1 but in a demo.
    double clock_rate = 1;
    /// With busy_poll the thread never sleeps.
    Waiting waiting = Waiting::sleep;
    /// Whose wall steps are watched; null where time is scripted.
    SystemClock* wall = nullptr;
    /// Told of each decision that changed an alert, with the seconds it took; must not block.
    std::function<void(const core::EpisodeId&, core::TimeNs, double)> on_decision;
};

class EngineLoop {
  public:
    using InputRing = core::SpscRing<core::Input>;

    /// All references must outlive the loop.
    EngineLoop(core::Engine engine, InputRing& ring, const core::Clock& clock,
               sinks::FanOut& fan_out, EngineCounters& counters, EngineLoopSettings settings);
    ~EngineLoop();
    EngineLoop(const EngineLoop&) = delete;
    EngineLoop& operator=(const EngineLoop&) = delete;

    void start();
    /// Takes what is left in the ring, then ends the thread. The producers must have stopped.
    void stop();

    /// To be called by the producer, and by it alone, after a push. Steps the engine here and now
    /// if its thread sleeps; else, and when there is more than `inputs_in_passing`, sees to it that
    /// the engine's thread is awake. Never blocks.
    void wake();
    static constexpr std::size_t inputs_in_passing = 64;

    /// Runs `work` on the engine thread between two batches and waits for it.
    void run_between_batches(std::function<void()> work);

  private:
    void run();
    bool drain();
    void take(std::span<const core::Input> inputs);
    void tell_decisions(std::span<const core::Event> events, core::TimeNs ts_decided,
                        core::TimeNs ts_receive);
    void watch_wall_clock();
    void run_posted();
    void wait();

    core::Engine engine_;
    InputRing& ring_;
    const core::Clock& clock_;
    sinks::FanOut& fan_out_;
    EngineCounters& counters_;
    const EngineLoopSettings settings_;
    sinks::Doorbell bell_;
    /// Whoever turns it true has the turn: the engine, the ring's end and all that is not atomic
    /// here. True before the thread runs and after.
    std::atomic<bool> taken_{true};
    std::vector<core::Input> batch_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
    core::DurationNs wall_checked_at_ = 0;
    core::TimeNs ts_clock_input_ = 0;

    std::mutex posted_mutex_;
    std::function<void()> posted_;
    std::atomic<bool> has_posted_{false};
};

}  // namespace contagiond::daemon
