#include "daemon/http_aside.hpp"

#include <utility>

namespace contagiond::daemon {

bool HttpAside::run(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || jobs_.size() >= most_waiting_) return false;
        jobs_.push_back(std::move(job));
        if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    }
    changed_.notify_all();
    return true;
}

void HttpAside::stop() {
    std::thread ending;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        ending.swap(thread_);
    }
    changed_.notify_all();
    if (ending.joinable()) ending.join();
}

void HttpAside::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_) return;
        const std::function<void()> job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        lock.lock();
    }
}

}  // namespace contagiond::daemon
