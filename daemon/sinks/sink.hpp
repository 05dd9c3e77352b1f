// Sink: one door to the outside world. Each has its own bounded queue and its own thread, knows
// core and this interface, and none of its siblings.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "core/event.hpp"
#include "core/input.hpp"

namespace contagiond::sinks {

/// What moves to a sink, in the order in which the engine took and said it: the inputs of a batch,
/// then the events they caused. An empty item is a mark between two batches (FanOut::mark).
using Item = std::variant<std::monostate, core::Input, core::Event>;

class Sink {
  public:
    virtual ~Sink() = default;

    /// Short, fixed, from configuration: a metric label.
    virtual std::string_view name() const = 0;
    /// Whether inputs are wanted too (the journal), or events alone. Asked by whoever has the
    /// engine's turn at every batch, must not block.
    virtual bool wants_inputs() const { return false; }
    /// Whether this event is wanted; asked likewise, must not block. Default: all.
    virtual bool wants(const core::Event&) const { return true; }

    /// Takes a batch; on the sink's own thread, may block.
    virtual void consume(std::span<const Item> items) = 0;
    /// Called on the sink's own thread when its queue is empty, at least every 100 ms: timers,
    /// syncs, retries.
    virtual void idle() {}
    /// Called once on the sink's own thread after the last item: finish what must be finished. The
    /// whole stop has `seconds` at most.
    virtual void finish(double seconds) { static_cast<void>(seconds); }
};

}  // namespace contagiond::sinks
