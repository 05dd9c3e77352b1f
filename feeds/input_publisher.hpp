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

/// One feed thread only. When the ring is full, and stays so for as long as `pause` allows, the
/// newest input is dropped, counted and remembered, and one gap input a feed follows as soon as
/// there is room; until then nothing is waited for. A feed's state is not dropped but put off and
/// told right after the gap: the engine must not believe a dead feed alive.
///
/// Waiting holds up all feeds of the thread; none of them could get anything into the ring
/// meanwhile. What the venues send then lies in the sockets' buffers, and is stamped when it is
/// read: late by as much. What was read before keeps its stamp.
class InputPublisher {
  public:
    /// Waits for a little while, on the feed thread. Called again and again while the ring is full,
    /// `tries` times before in this wait. False, without having waited: it was long enough.
    using Pause = std::function<bool(std::size_t tries)>;

    /// `wake` is called by flush(), and before a wait, when something was pushed since the last
    /// time. `pause` empty: never waits.
    InputPublisher(InputRing& ring, std::size_t feed_count, std::function<void()> wake,
                   Pause pause = {});

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
    void tell_pushed();
    bool push_late(const core::Input& input);
    void remember(const core::Input& input);
    bool push_pending_gaps(core::TimeNs ts_receive);

    InputRing& ring_;
    std::vector<Loss> losses_;  ///< by feed; the last one is for inputs of no known feed
    std::size_t pending_ = 0;   ///< feeds with a loss not yet told
    const std::function<void()> wake_;
    const Pause pause_;
    bool pushed_ = false;
    core::TimeNs ts_last_ = 0;
    core::Counter dropped_;
};

}  // namespace contagiond::feeds
