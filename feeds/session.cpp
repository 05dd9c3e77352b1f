#include "feeds/session.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "feeds/session_connection.hpp"

namespace contagiond::feeds {

namespace asio = boost::asio;

/// One connection that leads and, while the feed rolls over, a second one that will.
struct Session::Impl final : SessionOwner {
    std::shared_ptr<SessionConnection> first;
    std::shared_ptr<SessionConnection> second;
    std::size_t up = 0;  ///< connections that deliver
    asio::steady_timer patience{io};
    asio::steady_timer watching{io};
    bool stopping = false;
    std::vector<std::function<void()>> stopped;  ///< who waits for the end

    using SessionOwner::SessionOwner;

    /// Apart from construction: a connection holds its owner.
    void make_first() {
        const SessionPlan plan{
            .rules = settings.venue->rules,
            .timing = settings.timing,
            .tls = url.tls,
            .asks = asked_first.has_value(),
            .seed = settings.jitter_seed,
            .budget = link->budget(settings.timing.budget_burst, settings.timing.budget_refill,
                                   settings.venue->rules.connects_per_minute)};
        first = std::make_shared<SessionConnection>(shared_from_this(), SessionMachine(plan));
    }

    void start() {
        if (stopping && pending != 0) return;  // still on its way down
        if (first->machine().state() != SessionState::idle) return;
        stopping = false;
        first->perform(first->machine().start(monotonic_now()));
        watch();
    }

    /// Looks after the instruments from time to time.
    void watch() {
        ++pending;
        watching.expires_after(std::chrono::nanoseconds(settings.timing.look));
        watching.async_wait([this, self = shared_from_this()](boost::system::error_code error) {
            if (!error && !stopping) {
                look();
                watch();
            }
            leave();
        });
    }

    void look() {
        const MonotonicNs now = monotonic_now();
        if (first->machine().state() != SessionState::live) return;
        const SilenceWatch::Findings findings = intake.watch().look(now, clock.now());
        first->machine().expect_data(now, findings.any_open);
        for (const std::size_t listing : findings.ask) {
            tell(LogLevel::info, settings.listings[listing].symbol +
                                     " is silent for longer than usual and is asked for anew");
            first->subscribe_again(listing);
        }
        if (findings.most_silent)
            first->perform(first->machine().mostly_silent(now, "most instruments are silent"));
        else
            first->perform({});
    }

    void stop(std::function<void()> done) {
        ++pending;
        stopping = true;
        if (done) stopped.push_back(std::move(done));
        for (const auto& connection : {first, second}) {
            if (!connection) continue;
            connection->perform(connection->machine().stop(monotonic_now()));
            connection->cancel_timer();
        }
        patience.cancel();
        watching.cancel();
        leave();
    }

    void on_rest() override {
        if (!stopping) return;
        second.reset();
        intake.handover().end();
        for (const auto& done : std::exchange(stopped, {})) done();
    }

    bool leads(const SessionConnection& connection) const override {
        return &connection == first.get();
    }

    void on_up(SessionConnection& connection) override {
        if (++up == 1) {
            publish_state(core::FeedState::up);
            intake.watch().begin(monotonic_now());
        }
        if (&connection != second.get()) return;
        intake.handover().second_up(monotonic_now());
        ++pending;
        patience.expires_at(at(intake.handover().deadline()));
        patience.async_wait([this, self = shared_from_this()](boost::system::error_code) {
            roll_over_if_due();
            leave();
        });
    }

    void on_down(SessionConnection& connection) override {
        if (--up == 0) publish_state(core::FeedState::down);
        if (&connection == second.get()) intake.handover().second_down();
    }

    void publish_state(core::FeedState state) {
        const auto changed = link->tell(state);
        counters.connected.set(link->all_up() ? 1 : 0);
        if (!changed) return;
        publisher.publish(core::Input::make_feed_status(settings.feed, clock.now(), *changed));
        publisher.flush();
    }

    void on_gap(SessionConnection& connection) override {
        if (leads(connection)) intake.publish_gap();
    }

    void on_roll_over(SessionConnection& connection) override {
        if (!leads(connection) || second || stopping) return;
        intake.handover().begin();
        second = std::make_shared<SessionConnection>(
            shared_from_this(), connection.machine().successor(monotonic_now()));
        second->perform({});
    }

    void on_message(SessionConnection&) override { roll_over_if_due(); }

    void roll_over_if_due() {
        if (!second || stopping || !intake.handover().is_due(monotonic_now())) return;
        auto old = let_second_lead(false);
        old->perform(old->machine().retire(monotonic_now()));
        old->cancel_timer();
    }

    /// The first one was lost before it was to go: the second one takes its place as it is.
    void on_ended(SessionConnection& connection) override {
        if (!leads(connection) || !second || stopping) return;
        auto old = let_second_lead(true);
        old->perform(old->machine().stop(monotonic_now()));
        old->cancel_timer();
    }

    std::shared_ptr<SessionConnection> let_second_lead(bool first_was_lost) {
        const MonotonicNs now = monotonic_now();
        patience.cancel();
        if (second->machine().state() == SessionState::live) {
            if (first_was_lost && !intake.handover().has_caught_up()) intake.publish_gap();
            intake.take_over(now);
        } else {
            intake.handover().end();
        }
        auto old = std::exchange(first, std::exchange(second, nullptr));
        first->machine().lead(now, first_was_lost);
        first->perform({});
        return old;
    }
};

Session::Session(asio::io_context& io, SessionSettings settings, const core::Clock& clock,
                 InputPublisher& publisher, FeedCounters& counters, LogFn log)
    : impl_(std::make_shared<Impl>(io, std::move(settings), clock, publisher, counters,
                                   std::move(log))) {
    impl_->make_first();
}

Session::~Session() {
    impl_->first.reset();
    impl_->second.reset();
}

void Session::start() {
    asio::post(impl_->io, [impl = impl_] { impl->start(); });
}

void Session::stop(std::function<void()> done) {
    asio::post(impl_->io,
               [impl = impl_, done = std::move(done)]() mutable { impl->stop(std::move(done)); });
}

}  // namespace contagiond::feeds
