// FeedThread: one thread, one io_context, all sessions, of which a feed has as many as its venue
// asks for. The only producer of the ring.
#pragma once

#include <memory>
#include <vector>

#include "core/clock.hpp"
#include "daemon/busy_poll.hpp"
#include "feeds/feed_counters.hpp"
#include "feeds/input_publisher.hpp"
#include "feeds/session.hpp"

namespace contagiond::daemon {

class FeedThread {
  public:
    /// References must outlive this object. One FeedCounters a feed, in order of settings.
    FeedThread(std::vector<feeds::SessionSettings> settings, feeds::InputRing& ring,
               const core::Clock& clock, std::function<void()> wake,
               Waiting waiting = Waiting::sleep);
    ~FeedThread();
    FeedThread(const FeedThread&) = delete;
    FeedThread& operator=(const FeedThread&) = delete;

    void start();
    /// Replaces the sessions of one feed: new address, certificate or secret, same instruments.
    /// Blocks until the old connections are gone.
    void replace(std::size_t feed, feeds::SessionSettings settings);
    /// Closes every connection and ends the thread; blocks until nothing is pending, for at most
    /// about `seconds`.
    void stop(double seconds);

    const feeds::FeedCounters& counters(std::size_t feed) const;
    const core::Counter& ring_dropped() const;
    const feeds::SessionSettings& settings(std::size_t feed) const;
    std::size_t size() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::daemon
