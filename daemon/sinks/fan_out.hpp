// FanOut: copies each step to every sink's own bounded queue. A slow sink loses its own items,
// counted, and delays nobody.
#pragma once

#include <cstddef>
#include <functional>
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

    /// For whoever has the engine's turn; never blocks. Items that do not fit are dropped and
    /// counted per sink; what fits arrives in order.
    void publish(std::span<const core::Input> inputs, std::span<const core::Event> events);

    /// For whoever has the engine's turn: puts an empty item into every queue, between what was
    /// published before and what comes after, so that several sinks can change something at the
    /// same place; `prepare` is called before. False, and nothing done, when one of them has no
    /// room.
    bool mark(const std::function<void()>& prepare);

    /// Drains every queue for at most half of `seconds`, all at once; what is left then is dropped
    /// and counted. Then calls finish on each sink with the other half, and joins the threads. A
    /// sink that blocks for longer in one call blocks this too. After it publish must not be
    /// called; a second stop does nothing.
    void stop(double seconds);

    /// Items the sink at position i never saw. Any thread.
    const core::Counter& dropped(std::size_t i) const;
    /// Calls in which it threw; of a batch it then may have taken a part. Any thread.
    const core::Counter& failures(std::size_t i) const;
    std::size_t size() const;
    const Sink& sink(std::size_t i) const;

  private:
    struct Drain;
    struct Lane;
    std::unique_ptr<Drain> drain_;  ///< outlives the lanes
    std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace contagiond::sinks
