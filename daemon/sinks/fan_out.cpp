#include "daemon/sinks/fan_out.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/spsc_ring.hpp"
#include "daemon/sinks/doorbell.hpp"

namespace contagiond::sinks {
namespace {
constexpr std::size_t batch_items = 256;
}

/// How many lanes have not run empty yet, for the one thread that stops them all.
struct FanOut::Drain {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t waiting = 0;

    void done() {
        {
            const std::lock_guard lock(mutex);
            --waiting;
        }
        changed.notify_one();
    }
    /// False when it took longer.
    bool wait(std::chrono::duration<double> longest) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, longest, [this] { return waiting == 0; });
    }
};

struct FanOut::Lane {
    Lane(Sink& s, std::size_t capacity, Drain& d) : sink(s), queue(capacity), drain(d) {}

    Sink& sink;
    core::SpscRing<Item> queue;
    Drain& drain;
    Doorbell bell;
    core::Counter dropped;  ///< written by the engine thread; by the sink's once that has stopped
    core::Counter failures;
    std::atomic<bool> stopping{false};
    std::atomic<bool> abandoned{false};  ///< the time for draining is over
    double finish_seconds = 0;           ///< written before `stopping`
    std::thread thread;

    bool push(Item&& item) {
        const bool taken = queue.try_push(std::move(item));
        if (!taken) dropped.add();
        return taken;
    }

    /// A sink's exception costs the sink what it was at, never the process.
    template <typename Work>
    bool guarded(Work&& work) {
        try {
            work();
            return true;
        } catch (...) {
            failures.add();
            return false;
        }
    }

    void run() {
        std::vector<Item> items(batch_items);
        for (;;) {
            // Read before the queue is: what was published before the stop is then surely seen.
            const bool last = stopping.load(std::memory_order_acquire);
            const std::size_t n = queue.pop(items);
            if (n > 0) {
                if (abandoned.load(std::memory_order_relaxed))
                    dropped.add(n);
                else
                    guarded([&] { sink.consume({items.data(), n}); });
            } else if (last) {
                break;
            }
            // After every batch, so that a queue that never runs empty does not starve the timers.
            if (!last) guarded([&] { sink.idle(); });
            if (n > 0) continue;
            bell.wait(std::chrono::milliseconds(100), [this] {
                return !queue.empty() || stopping.load(std::memory_order_acquire);
            });
        }
        drain.done();
        guarded([&] { sink.finish(finish_seconds); });
    }
};

FanOut::FanOut() : drain_(std::make_unique<Drain>()) {}
FanOut::~FanOut() {
    stop(0);
}

void FanOut::add(Sink& sink, std::size_t queue_capacity) {
    lanes_.push_back(std::make_unique<Lane>(sink, queue_capacity, *drain_));
}

void FanOut::start() {
    for (auto& lane : lanes_) {
        lane->thread = std::thread([&lane = *lane] { lane.run(); });
        ++drain_->waiting;  // nobody counts down before stop
    }
}

void FanOut::publish(std::span<const core::Input> inputs, std::span<const core::Event> events) {
    for (auto& lane : lanes_) {
        bool pushed = false;
        if (lane->sink.wants_inputs())
            for (const core::Input& input : inputs) pushed |= lane->push(input);
        for (const core::Event& event : events)
            if (lane->sink.wants(event)) pushed |= lane->push(event);
        // A wake is a system call: none for a sink that got nothing.
        if (pushed) lane->bell.ring();
    }
}

bool FanOut::mark(const std::function<void()>& prepare) {
    for (const auto& lane : lanes_)
        if (!lane->queue.has_room()) return false;
    prepare();
    // Nobody else pushes: the room that was found is still there.
    for (auto& lane : lanes_) {
        lane->queue.try_push(Item{});
        lane->bell.ring();
    }
    return true;
}

void FanOut::stop(double seconds) {
    // Half of the time is for the queues, half for what each sink must finish.
    const double share = std::max(seconds, 0.0) / 2;
    for (auto& lane : lanes_) {
        if (!lane->thread.joinable()) continue;
        lane->finish_seconds = share;
        lane->stopping.store(true, std::memory_order_release);
        lane->bell.ring();
    }
    if (!drain_->wait(std::chrono::duration<double>(share)))
        for (auto& lane : lanes_) lane->abandoned.store(true, std::memory_order_relaxed);
    for (auto& lane : lanes_)
        if (lane->thread.joinable()) lane->thread.join();
}

const core::Counter& FanOut::dropped(std::size_t i) const {
    return lanes_[i]->dropped;
}
const core::Counter& FanOut::failures(std::size_t i) const {
    return lanes_[i]->failures;
}
std::size_t FanOut::size() const {
    return lanes_.size();
}
const Sink& FanOut::sink(std::size_t i) const {
    return lanes_[i]->sink;
}

}  // namespace contagiond::sinks
