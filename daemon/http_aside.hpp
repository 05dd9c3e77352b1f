// HttpAside: a thread beside the listener's for handlers that take their time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace contagiond::daemon {

/// Jobs run one after another, in the order they came. All methods: any thread.
class HttpAside {
  public:
    explicit HttpAside(std::size_t most_waiting) : most_waiting_(most_waiting) {}
    ~HttpAside() { stop(); }
    HttpAside(const HttpAside&) = delete;
    HttpAside& operator=(const HttpAside&) = delete;

    /// Never blocks. False, and the job is not run, where too many wait already or after stop().
    /// The thread begins with the first job. A job must not throw.
    bool run(std::function<void()> job);
    /// Blocks until the job that runs has ended; those that wait never run.
    void stop();

  private:
    void work();

    const std::size_t most_waiting_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_;
    bool stopping_ = false;
    std::thread thread_;
};

/// What another thread answers, maybe later than the connection lives: shared with it.
template <typename T>
struct Answer {
    std::atomic<bool> is_there{false};
    T value;
    void give(T given) {
        value = std::move(given);
        is_there.store(true);
    }
};

}  // namespace contagiond::daemon
