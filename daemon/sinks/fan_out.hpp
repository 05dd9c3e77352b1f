// FanOut: copies each step to every sink's own bounded queue. A slow sink loses its own items,
// counted, and delays nobody.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/counters.hpp"
#include "core/event.hpp"
#include "core/input.hpp"
#include "daemon/sinks/sink.hpp"

namespace contagiond::sinks {

class FanOut {
  public:
    FanOut();
    ~FanOut();
    FanOut(const FanOut&) = delete;
    FanOut& operator=(const FanOut&) = delete;

    /// Before start. `sink` must outlive this object.
    void add(Sink& sink, std::size_t queue_capacity);
    /// Starts one thread a sink.
    void start();

    /// Engine thread only; never blocks. Items that do not fit are dropped and counted per sink.
    void publish(std::span<const core::Input> inputs, std::span<const core::Event> events);

    /// Drains every queue, calls finish on each sink and joins the threads; blocks for at most
    /// about `seconds` a sink, all sinks at once. After this publish must not be called.
    void stop(double seconds);

    /// Items lost by the sink at position i, and items waiting for it. Any thread.
    const core::Counter& dropped(std::size_t i) const;
    std::size_t size() const;
    const Sink& sink(std::size_t i) const;

  private:
    struct Lane;
    std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace contagiond::sinks
