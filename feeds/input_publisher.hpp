// The feed thread's end of the ring: pushes inputs, and turns what did not fit into a gap input.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/clock.hpp"
#include "core/counters.hpp"
#include "core/input.hpp"
#include "core/spsc_ring.hpp"

namespace contagiond::feeds {

using InputRing = core::SpscRing<core::Input>;

/// One feed thread only. Never waits: when the ring is full the newest input is dropped, counted
/// and remembered, and one gap input a feed follows as soon as there is room. A feed's state is not
/// dropped but put off and told right after the gap: the engine must not believe a dead feed alive.
class InputPublisher {
  public:
    /// `wake` is called by flush() when something was pushed since the last flush.
    InputPublisher(InputRing& ring, std::size_t feed_count, std::function<void()> wake);

    void publish(const core::Input& input);
    /// To be called once after each socket read: one wake for all its ticks. Also retries pending
    /// gaps.
    void flush();

    const core::Counter& dropped() const { return dropped_; }

  private:
    struct Loss {
        std::uint64_t count = 0;
        core::TimeNs first = 0;
        core::TimeNs last = 0;
        std::optional<core::Input> status;  ///< the latest state, put off
        bool empty() const { return count == 0 && !status; }
    };
    Loss& loss_of(core::FeedId feed);
    void remember(const core::Input& input);
    bool push_pending_gaps(core::TimeNs ts_receive);

    InputRing& ring_;
    std::vector<Loss> losses_;  ///< by feed; the last one is for inputs of no known feed
    std::size_t pending_ = 0;   ///< feeds with a loss not yet told
    std::function<void()> wake_;
    bool pushed_ = false;
    core::TimeNs ts_last_ = 0;
    core::Counter dropped_;
};

}  // namespace contagiond::feeds
