// Doorbell: lets one thread sleep until another has something for it, at the price of a system call
// only when it really sleeps.
#pragma once

#include <atomic>
#include <chrono>

namespace contagiond::sinks {

/// ring() from any thread: cheap while the other side is awake, never blocks. wait() from one
/// thread.
class Doorbell {
  public:
    Doorbell();  ///< throws std::system_error when the process is out of descriptors
    ~Doorbell();
    Doorbell(const Doorbell&) = delete;
    Doorbell& operator=(const Doorbell&) = delete;

    void ring();

    /// Sleeps until rung or `timeout` has passed, unless `has_work()` is true. `has_work` is asked
    /// once more after the sleeper has announced itself, so that a ring in between is never lost.
    template <typename HasWork>
    void wait(std::chrono::milliseconds timeout, HasWork&& has_work) {
        sleeping_.store(true, std::memory_order_relaxed);
        // Pairs with the fence in ring(): either we see the work, or the ringer sees us asleep.
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (!has_work()) sleep(timeout);
        sleeping_.store(false, std::memory_order_relaxed);
    }

  private:
    void sleep(std::chrono::milliseconds timeout);

    std::atomic<bool> sleeping_{false};
    int event_fd_;
};

}  // namespace contagiond::sinks
