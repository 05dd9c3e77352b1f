#include "daemon/sinks/fan_out.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "core/spsc_ring.hpp"
#include "daemon/sinks/doorbell.hpp"

namespace contagiond::sinks {
namespace {
constexpr std::size_t batch_items = 256;
}

struct FanOut::Lane {
    Lane(Sink& s, std::size_t capacity)
        : sink(s), wants_inputs(s.wants_inputs()), queue(capacity) {}

    Sink& sink;
    const bool wants_inputs;
    core::SpscRing<Item> queue;
    Doorbell bell;
    core::Counter dropped;
    std::atomic<bool> stopping{false};
    double stop_seconds = 0;  ///< written before `stopping`
    std::thread thread;

    void push(Item&& item) {
        if (!queue.try_push(std::move(item))) dropped.add();
    }

    void run() {
        std::vector<Item> items(batch_items);
        for (;;) {
            // Read before the queue is: what was published before the stop is then surely seen.
            const bool last = stopping.load(std::memory_order_acquire);
            std::size_t n = 0;
            while ((n = queue.pop(items)) > 0) sink.consume({items.data(), n});
            if (last) break;
            sink.idle();
            bell.wait(std::chrono::milliseconds(100), [this] {
                return !queue.empty() || stopping.load(std::memory_order_acquire);
            });
        }
        sink.finish(stop_seconds);
    }
};

FanOut::FanOut() = default;
FanOut::~FanOut() {
    stop(0);
}

void FanOut::add(Sink& sink, std::size_t queue_capacity) {
    lanes_.push_back(std::make_unique<Lane>(sink, queue_capacity));
}

void FanOut::start() {
    for (auto& lane : lanes_) lane->thread = std::thread([&lane = *lane] { lane.run(); });
}

void FanOut::publish(std::span<const core::Input> inputs, std::span<const core::Event> events) {
    for (auto& lane : lanes_) {
        if (lane->wants_inputs)
            for (const core::Input& input : inputs) lane->push(input);
        for (const core::Event& event : events)
            if (lane->sink.wants(event)) lane->push(event);
        lane->bell.ring();
    }
}

void FanOut::stop(double seconds) {
    for (auto& lane : lanes_) {
        lane->stop_seconds = seconds;
        lane->stopping.store(true, std::memory_order_release);
        lane->bell.ring();
    }
    for (auto& lane : lanes_)
        if (lane->thread.joinable()) lane->thread.join();
}

const core::Counter& FanOut::dropped(std::size_t i) const {
    return lanes_[i]->dropped;
}
std::size_t FanOut::size() const {
    return lanes_.size();
}
const Sink& FanOut::sink(std::size_t i) const {
    return lanes_[i]->sink;
}

}  // namespace contagiond::sinks
