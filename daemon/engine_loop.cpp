#include "daemon/engine_loop.hpp"

#include <future>

namespace contagiond::daemon {
namespace {

constexpr std::size_t batch_inputs = 1024;
/// Real time between clock inputs while nothing arrives: short against any bar.
constexpr std::chrono::milliseconds clock_interval{50};
constexpr int looks_a_clock_reading = 64;
/// How soon the engine's thread asks again for a turn that the producer has.
constexpr std::chrono::milliseconds turn_interval{1};
/// A clock input tells a time this far back (real time), so that a frame which is stamped but not
/// yet pushed does not find its bar closed.
constexpr core::DurationNs clock_grace = 20 * core::ns_per_ms;
constexpr core::DurationNs wall_check_interval = core::ns_per_s;
constexpr core::DurationNs wall_step_min = 250 * core::ns_per_ms;

}  // namespace

EngineLoop::EngineLoop(core::Engine engine, InputRing& ring, const core::Clock& clock,
                       sinks::FanOut& fan_out, EngineCounters& counters,
                       EngineLoopSettings settings)
    : engine_(std::move(engine)),
      ring_(ring),
      clock_(clock),
      fan_out_(fan_out),
      counters_(counters),
      settings_(settings),
      batch_(batch_inputs) {}

EngineLoop::~EngineLoop() {
    stop();
}

void EngineLoop::start() {
    thread_ = std::thread([this] { run(); });
}

void EngineLoop::stop() {
    stopping_.store(true, std::memory_order_release);
    bell_.ring();
    if (thread_.joinable()) thread_.join();
}

void EngineLoop::run() {
    for (;;) {
        // Read before the ring is: what was pushed before the stop is then surely taken.
        const bool last = stopping_.load(std::memory_order_acquire);
        const core::TimeNs ts_before = clock_.now();
        const bool took = drain();
        counters_.ts_last_loop.set(core::to_seconds(clock_.now()));
        counters_.monotonic_last_loop.set(core::to_seconds(monotonic_now()));
        run_posted();
        if (last && !took) break;  // with the turn: nobody else may begin now
        watch_wall_clock();
        if (took) continue;

        const auto grace =
            static_cast<core::DurationNs>(static_cast<double>(clock_grace) * settings_.clock_rate);
        if (ts_before - grace > ts_clock_input_) {
            ts_clock_input_ = ts_before - grace;
            const core::Input clock = core::Input::make_clock(ts_clock_input_);
            take({&clock, 1});
        }
        wait();
    }
}

/// With the turn before and after.
void EngineLoop::wait() {
    const auto has_work = [this] {
        return !ring_.empty() || stopping_.load(std::memory_order_acquire) ||
               has_posted_.load(std::memory_order_acquire);
    };
    if (settings_.waiting == Waiting::busy_poll) {
        const core::DurationNs end =
            monotonic_now() + std::chrono::nanoseconds(clock_interval).count();
        do {
            for (int looks = 0; looks < looks_a_clock_reading; ++looks) {
                if (has_work()) return;
                spin_pause();
            }
        } while (monotonic_now() < end);
        return;
    }
    bool given_away = false;
    bell_.wait(clock_interval, [&] {
        if (has_work()) return true;
        // We are known to sleep, and the ring is empty. Who pushes from here on either finds the
        // turn free, or was too early for that and rings.
        taken_.store(false, std::memory_order_release);
        given_away = true;
        return false;
    });
    // The producer has it for the length of a few steps at most.
    while (given_away && taken_.exchange(true, std::memory_order_acq_rel))
        bell_.wait(turn_interval, [] { return false; });
}

void EngineLoop::wake() {
    if (settings_.waiting == Waiting::busy_poll || taken_.exchange(true, std::memory_order_acq_rel))
        return bell_.ring();
    const std::size_t n = ring_.pop(std::span(batch_).first(inputs_in_passing));
    if (n > 0) take({batch_.data(), n});
    const bool left = n == inputs_in_passing;
    taken_.store(false, std::memory_order_release);
    if (left) bell_.ring();
}

bool EngineLoop::drain() {
    bool took = false;
    while (const std::size_t n = ring_.pop(batch_)) {
        took = true;
        take({batch_.data(), n});
        if (n < batch_.size()) break;
        counters_.ring_used.set(static_cast<double>(ring_.used()));
    }
    if (!took) counters_.ring_used.set(0);
    return took;
}

void EngineLoop::take(std::span<const core::Input> inputs) {
    const std::span<const core::Event> events = engine_.step(inputs);
    const core::TimeNs ts_decided = clock_.now();
    for (const core::Input& input : inputs) {
        if (input.kind != core::InputKind::trade && input.kind != core::InputKind::quote) continue;
        counters_.tick_to_decision.observe(core::to_seconds(ts_decided - input.ts_receive) /
                                           settings_.clock_rate);
        if (input.instrument >= counters_.ticks.size()) continue;
        counters_.ticks[input.instrument].add();
        counters_.ts_last_tick[input.instrument].set(core::to_seconds(input.ts_receive));
    }
    if (settings_.on_decision) tell_decisions(events, ts_decided, inputs.back().ts_receive);
    fan_out_.publish(inputs, events);
}

void EngineLoop::tell_decisions(std::span<const core::Event> events, core::TimeNs ts_decided,
                                core::TimeNs ts_receive) {
    for (const core::Event& event : events)
        if (const auto* changed = std::get_if<core::EpisodeChanged>(&event))
            settings_.on_decision(changed->episode->id, ts_decided,
                                  core::to_seconds(ts_decided - ts_receive) / settings_.clock_rate);
}

void EngineLoop::watch_wall_clock() {
    if (!settings_.wall) return;
    const core::DurationNs now = monotonic_now();
    if (now - wall_checked_at_ < wall_check_interval) return;
    wall_checked_at_ = now;
    const core::DurationNs step = settings_.wall->drift();
    if (step < wall_step_min && step > -wall_step_min) return;
    settings_.wall->re_anchor();
    counters_.clock_steps.add();
    const core::Input input = core::Input::make_clock_step(clock_.now(), step);
    take({&input, 1});
}

void EngineLoop::run_between_batches(std::function<void()> work) {
    std::promise<void> done;
    {
        const std::lock_guard lock(posted_mutex_);
        posted_ = [&work, &done] {
            work();
            done.set_value();
        };
        has_posted_.store(true, std::memory_order_release);
    }
    bell_.ring();
    done.get_future().wait();
}

void EngineLoop::run_posted() {
    if (!has_posted_.load(std::memory_order_acquire)) return;
    std::function<void()> work;
    {
        const std::lock_guard lock(posted_mutex_);
        work = std::move(posted_);
        posted_ = nullptr;
        has_posted_.store(false, std::memory_order_release);
    }
    if (work) work();
}

}  // namespace contagiond::daemon
