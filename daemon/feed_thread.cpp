#include "daemon/feed_thread.hpp"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <thread>

#include "daemon/log.hpp"
#include "feeds/connection_plan.hpp"

namespace contagiond::daemon {
namespace asio = boost::asio;
namespace {

using Sessions = std::vector<std::unique_ptr<feeds::Session>>;

/// While the ring is full. The engine's thread may be kept from its core for 20 ms by whatever else
/// the machine does; pings can be answered so much later, and no silence bound is that short.
constexpr std::chrono::microseconds pause_step{100};
constexpr std::size_t pauses_max = 500;

bool pause_for_the_engine(std::size_t tries) {
    if (tries >= pauses_max) return false;
    std::this_thread::sleep_for(pause_step);
    return true;
}

}  // namespace

struct FeedThread::Impl {
    Impl(std::vector<feeds::SessionSettings> s, feeds::InputRing& ring, const core::Clock& c,
         std::function<void()> wake, Waiting w)
        : waiting(w),
          settings(std::move(s)),
          clock(c),
          publisher(ring, settings.size(), std::move(wake), pause_for_the_engine),
          counters(settings.size()) {
        for (std::size_t i = 0; i < settings.size(); ++i) sessions.push_back(make_sessions(i));
    }

    /// One a connection.
    Sessions make_sessions(std::size_t feed) {
        const feeds::SessionSettings& all = settings[feed];
        const auto plan = feeds::plan_connections(*all.venue, all.url, all.listings);
        const auto link = std::make_shared<feeds::FeedLink>(plan.size());
        Sessions made;
        for (const feeds::Connection& connection : plan) {
            feeds::SessionSettings one = all;
            one.url = connection.url;
            one.listings = connection.listings;
            one.link = link;
            // Connections that fail together are not to come back together.
            one.jitter_seed += made.size();
            made.push_back(std::make_unique<feeds::Session>(
                io, std::move(one), clock, publisher, counters[feed],
                [name = all.name](LogLevel level, std::string_view message) {
                    log(level, message, {{"feed", name}});
                }));
        }
        return made;
    }

    /// Calls `done` on the feed thread once none of them has anything pending.
    static void stop_all(Sessions& of_feed, const std::function<void()>& done) {
        const auto pending = std::make_shared<std::atomic<std::size_t>>(of_feed.size());
        if (of_feed.empty()) done();
        for (auto& session : of_feed)
            session->stop([pending, done] {
                if (--*pending == 0) done();
            });
    }

    void run() {
        if (waiting == Waiting::sleep) {
            io.run();
            return;
        }
        while (!io.stopped())
            if (io.poll() == 0) spin_pause();
    }

    const Waiting waiting;
    asio::io_context io{1};
    std::vector<feeds::SessionSettings> settings;
    const core::Clock& clock;
    feeds::InputPublisher publisher;
    std::vector<feeds::FeedCounters> counters;
    std::vector<Sessions> sessions;  ///< by feed
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
    std::thread thread;
};

FeedThread::FeedThread(std::vector<feeds::SessionSettings> settings, feeds::InputRing& ring,
                       const core::Clock& clock, std::function<void()> wake, Waiting waiting)
    : impl_(std::make_unique<Impl>(std::move(settings), ring, clock, std::move(wake), waiting)) {}

FeedThread::~FeedThread() {
    stop(0);
}

void FeedThread::start() {
    impl_->work.emplace(asio::make_work_guard(impl_->io));
    for (Sessions& of_feed : impl_->sessions)
        for (auto& session : of_feed) session->start();
    impl_->thread = std::thread([this] { impl_->run(); });
}

void FeedThread::replace(std::size_t feed, feeds::SessionSettings settings) {
    std::promise<void> gone;
    impl_->stop_all(impl_->sessions[feed], [&gone] { gone.set_value(); });
    gone.get_future().wait();
    impl_->settings[feed] = std::move(settings);
    // The session is destroyed and made on the thread that runs it.
    std::promise<void> made;
    asio::post(impl_->io, [&] {
        // Of whoever was there before.
        impl_->counters[feed].ts_certificate_end.set(0);
        impl_->sessions[feed] = impl_->make_sessions(feed);
        for (auto& session : impl_->sessions[feed]) session->start();
        made.set_value();
    });
    made.get_future().wait();
}

void FeedThread::stop(double seconds) {
    if (!impl_->thread.joinable()) return;
    auto pending = std::make_shared<std::atomic<std::size_t>>(impl_->sessions.size());
    auto gone = std::make_shared<std::promise<void>>();
    for (Sessions& of_feed : impl_->sessions)
        impl_->stop_all(of_feed, [pending, gone] {
            if (--*pending == 0) gone->set_value();
        });
    if (!impl_->sessions.empty())
        gone->get_future().wait_for(std::chrono::duration<double>(seconds));
    impl_->work.reset();
    impl_->io.stop();
    impl_->thread.join();
}

const feeds::FeedCounters& FeedThread::counters(std::size_t feed) const {
    return impl_->counters[feed];
}
const core::Counter& FeedThread::ring_dropped() const {
    return impl_->publisher.dropped();
}
const feeds::SessionSettings& FeedThread::settings(std::size_t feed) const {
    return impl_->settings[feed];
}
std::size_t FeedThread::size() const {
    return impl_->settings.size();
}

}  // namespace contagiond::daemon
