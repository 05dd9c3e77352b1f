// A conversation with the session machine, in words. Time is a number that the test advances.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "feeds/session_machine.hpp"

namespace contagiond::feeds {
using core::ns_per_hour;
using core::ns_per_min;
using core::ns_per_ms;
using core::ns_per_s;

using Says = std::vector<std::string>;

inline SessionPlan plain_plan() {
    SessionPlan plan;
    plan.seed = 1;
    return plan;
}

/// The machine, the time, and what was said last, in words. Log lines are kept apart.
class Conversation {
  public:
    explicit Conversation(const SessionPlan& plan = plain_plan())
        : machine_(std::make_unique<SessionMachine>(plan)) {}

    /// The connection beside this one.
    Conversation successor() {
        Conversation second;
        second.now_ = now_;
        second.machine_ = std::make_unique<SessionMachine>(machine_->successor(now_));
        return second;
    }
    void lead(bool was_lost) { machine_->lead(now_, was_lost); }
    void expect_data(bool expected) { machine_->expect_data(now_, expected); }
    Says mostly_silent() { return words(machine_->mostly_silent(now_, "as the test wants")); }
    Says more_subscriptions(std::size_t in_all) {
        return words(machine_->more_subscriptions(now_, in_all));
    }
    Says retire() { return words(machine_->retire(now_)); }

    Says start() { return words(machine_->start(now_)); }
    Says stop() { return words(machine_->stop(now_)); }
    Says asked(core::DurationNs text_ping_interval) {
        return words(machine_->asked(now_, text_ping_interval));
    }
    Says resolved() { return words(machine_->resolved(now_)); }
    Says connected() { return words(machine_->connected(now_)); }
    Says secured() { return words(machine_->secured(now_)); }
    Says upgraded() { return words(machine_->upgraded(now_, frames)); }
    Says data() {
        machine_->frame(now_);
        return words(machine_->data(now_));
    }
    Says control(ControlKind kind, std::string_view text = "") {
        machine_->frame(now_);
        return words(machine_->control(now_, kind, text));
    }
    void pong() { machine_->frame(now_); }
    Says closed(ReconnectReason reason = ReconnectReason::error, core::DurationNs retry_after = 0) {
        return words(machine_->closed(now_, {reason, "as the test wants", retry_after}));
    }

    /// Lets time pass, ticking at each deadline; what was said meanwhile.
    Says after(core::DurationNs passed) {
        const MonotonicNs until = now_ + passed;
        Says said;
        while (machine_->deadline() <= until) {
            now_ = std::max(now_, machine_->deadline());
            const Says more = words(machine_->tick(now_));
            said.insert(said.end(), more.begin(), more.end());
            REQUIRE(machine_->deadline() > now_);  // else it would ask for ever
        }
        now_ = until;
        return said;
    }
    /// Lets time pass until the machine wants to do something; how long that took.
    core::DurationNs until_deadline() {
        REQUIRE(machine_->deadline() != never);
        const core::DurationNs passed = machine_->deadline() - now_;
        now_ = machine_->deadline();
        return passed;
    }
    Says tick() { return words(machine_->tick(now_)); }

    /// From waiting (or idle) to live, at once.
    void reach_live() {
        if (machine_->state() == SessionState::idle)
            start();
        else
            connect_after_wait();
        shake_hands();
        control(ControlKind::subscribed);
        REQUIRE(state() == SessionState::live);
    }
    core::DurationNs connect_after_wait() {
        const core::DurationNs waited = until_deadline();
        REQUIRE(tick() == Says{"connect"});
        return waited;
    }
    void shake_hands() {
        resolved();
        connected();
        secured();
        upgraded();
    }

    SessionState state() const { return machine_->state(); }
    MonotonicNs now() const { return now_; }
    std::vector<Action> logs;
    std::size_t frames = 1;  ///< that the next connection takes to subscribe

  private:
    Says words(SessionMachine::Actions actions) {
        Says said;
        for (const Action& action : actions) {
            switch (action.kind) {
                case ActionKind::connect:
                    said.push_back("connect");
                    break;
                case ActionKind::send_authentication:
                    said.push_back("authenticate");
                    break;
                case ActionKind::send_subscription:
                    said.push_back("subscribe " + std::to_string(action.index));
                    break;
                case ActionKind::send_text_ping:
                    said.push_back("text ping");
                    break;
                case ActionKind::send_reply:
                    said.push_back("reply " + action.text);
                    break;
                case ActionKind::send_ping:
                    said.push_back("ping");
                    break;
                case ActionKind::close:
                    said.push_back("close");
                    break;
                case ActionKind::roll_over:
                    said.push_back("second");
                    break;
                case ActionKind::publish_up:
                    said.push_back("up");
                    break;
                case ActionKind::publish_down:
                    said.push_back("down");
                    break;
                case ActionKind::publish_gap:
                    said.push_back("gap");
                    break;
                case ActionKind::ended:
                    said.push_back("ended " + std::string(to_string(action.reason)));
                    break;
                case ActionKind::log:
                    logs.push_back(action);
                    break;
            }
        }
        return said;
    }

    std::unique_ptr<SessionMachine> machine_;
    MonotonicNs now_ = 1000 * ns_per_s;
};

}  // namespace contagiond::feeds
