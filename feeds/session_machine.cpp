#include "feeds/session_machine.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace contagiond::feeds {
namespace {

/// SplitMix64: small, and every seed is a good one.
std::uint64_t next_random(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

ReconnectReason reason_of_timeout(SessionState state) {
    switch (state) {
        case SessionState::resolving:
            return ReconnectReason::dns;
        case SessionState::asking:
        case SessionState::connecting:
            return ReconnectReason::error;
        case SessionState::tls:
            return ReconnectReason::tls;
        default:
            return ReconnectReason::handshake;
    }
}

std::string seconds(core::DurationNs ns) {
    return fmt::format("{:.3g} s", core::to_seconds(ns));
}

}  // namespace

std::string_view to_string(SessionState state) {
    switch (state) {
        case SessionState::idle:
            return "idle";
        case SessionState::waiting:
            return "waiting";
        case SessionState::asking:
            return "asking where to connect";
        case SessionState::resolving:
            return "resolving";
        case SessionState::connecting:
            return "connecting";
        case SessionState::tls:
            return "tls";
        case SessionState::upgrading:
            return "upgrading";
        case SessionState::greeting:
            return "greeting";
        case SessionState::authenticating:
            return "authenticating";
        case SessionState::subscribing:
            return "subscribing";
        case SessionState::live:
            return "live";
        case SessionState::closing:
            return "closing";
    }
    return "unknown";
}

SessionMachine::SessionMachine(const SessionPlan& plan)
    : rules_(plan.rules),
      timing_(plan.timing),
      tls_(plan.tls),
      asks_(plan.asks),
      text_ping_interval_(plan.rules.text_ping_interval),
      random_state_(plan.seed),
      budget_(plan.budget ? plan.budget
                          : std::make_shared<ConnectBudget>(plan.timing.budget_burst,
                                                            plan.timing.budget_refill)) {}

// ---- the life of a connection ----

SessionMachine::Actions SessionMachine::start(MonotonicNs now) {
    if (state_ != SessionState::idle) return {};
    stopping_ = false;
    enter(SessionState::waiting, now);
    retry_at_ = now;
    return tick(now);
}

SessionMachine::Actions SessionMachine::stop(MonotonicNs now) {
    actions_.clear();
    stopping_ = true;
    if (state_ == SessionState::waiting)
        enter(SessionState::idle, now);
    else if (state_ != SessionState::idle && state_ != SessionState::closing)
        close(now, ReconnectReason::scheduled, "stopped");
    return actions_;
}

SessionMachine SessionMachine::successor(MonotonicNs now) {
    SessionMachine second = *this;
    // Two that drew alike would do everything alike.
    second.random_state_ = next_random(random_state_);
    second.actions_.clear();
    second.is_second_ = true;
    second.was_live_ = second.stopping_ = second.permanent_ = second.rolling_over_ = false;
    second.retry_at_ = std::max(now + second.random(backoff_bound()), budget_->allows(now));
    // A venue that sends each new connection away is not to be asked ever faster.
    second.failures_ = std::min(failures_ + 1, 60u);
    second.enter(SessionState::waiting, now);
    return second;
}

void SessionMachine::lead(MonotonicNs now, bool was_lost) {
    is_second_ = false;
    if (!was_lost || state_ == SessionState::live) return;
    was_live_ = true;
    // Whatever it was told to wait for, it was not alone then.
    if (state_ == SessionState::waiting)
        retry_at_ =
            std::min(retry_at_, std::max(now + random(backoff_bound()), budget_->allows(now)));
}

SessionMachine::Actions SessionMachine::retire(MonotonicNs now) {
    const bool ends = on_the_wire();
    stop(now);
    if (ends)
        actions_.push_back(
            {.kind = ActionKind::ended, .reason = ReconnectReason::scheduled, .text = {}});
    return actions_;
}

SessionMachine::Actions SessionMachine::asked(MonotonicNs now,
                                              core::DurationNs text_ping_interval) {
    if (state_ != SessionState::asking) return {};
    text_ping_interval_ = rules_.text_ping_interval;
    if (text_ping_interval > 0 && text_ping_interval_ > 0)
        text_ping_interval_ = std::min(text_ping_interval_, text_ping_interval);
    enter(SessionState::resolving, now);
    return {};
}

SessionMachine::Actions SessionMachine::resolved(MonotonicNs now) {
    if (state_ == SessionState::resolving) enter(SessionState::connecting, now);
    return {};
}

SessionMachine::Actions SessionMachine::connected(MonotonicNs now) {
    if (state_ == SessionState::connecting)
        enter(tls_ ? SessionState::tls : SessionState::upgrading, now);
    return {};
}

SessionMachine::Actions SessionMachine::secured(MonotonicNs now) {
    if (state_ == SessionState::tls) enter(SessionState::upgrading, now);
    return {};
}

SessionMachine::Actions SessionMachine::upgraded(MonotonicNs now, std::size_t subscription_frames,
                                                 bool one_by_one) {
    actions_.clear();
    if (state_ != SessionState::upgrading) return {};
    frames_ = subscription_frames;
    frames_sent_ = answers_ = 0;
    one_by_one_ = one_by_one;
    acknowledged_ = false;
    last_sent_ = now - rules_.send_spacing;
    last_ping_ = last_text_ping_ = last_frame_ = now;
    first_data_ = never;
    roll_over_at_ = never;
    rolling_over_ = false;
    if (rules_.max_lifetime > 0) {
        const core::DurationNs margin = rules_.max_lifetime / 24;
        // Spread, so that the connections of one start do not all roll over together.
        roll_over_at_ = now + rules_.max_lifetime - margin - random(margin / 2);
    }
    if (rules_.greets)
        enter(SessionState::greeting, now);
    else
        after_greeting(now);
    return actions_;
}

void SessionMachine::after_greeting(MonotonicNs now) {
    if (!rules_.authenticates) return begin_subscribing(now);
    enter(SessionState::authenticating, now);
    actions_.push_back({.kind = ActionKind::send_authentication, .text = {}});
    last_sent_ = now;
}

void SessionMachine::begin_subscribing(MonotonicNs now) {
    enter(SessionState::subscribing, now);
    send_due(now);
}

void SessionMachine::send_due(MonotonicNs now) {
    while (next_subscription() <= now) {
        answers_ = frames_sent_;
        actions_.push_back(
            {.kind = ActionKind::send_subscription, .index = frames_sent_++, .text = {}});
        last_sent_ = last_asked_ = now;
    }
    const bool answered = acknowledged_ || !rules_.acknowledges || frames_ == 0;
    if (state_ == SessionState::subscribing && frames_sent_ == frames_ && answered) go_live(now);
    if (next_ping() <= now) {
        actions_.push_back({.kind = ActionKind::send_ping, .text = {}});
        last_ping_ = last_sent_ = now;
    }
    if (next_text_ping() <= now) {
        actions_.push_back({.kind = ActionKind::send_text_ping, .text = {}});
        last_text_ping_ = last_sent_ = now;
    }
}

void SessionMachine::go_live(MonotonicNs now) {
    enter(SessionState::live, now);
    last_data_ = now;
    log(LogLevel::info, "live");
    actions_.push_back({.kind = ActionKind::publish_up, .text = {}});
    if (std::exchange(was_live_, true))
        actions_.push_back({.kind = ActionKind::publish_gap, .text = {}});
}

SessionMachine::Actions SessionMachine::data(MonotonicNs now) {
    actions_.clear();
    // Data may come before the acknowledgement; they prove as much.
    if (state_ == SessionState::subscribing) go_live(now);
    if (state_ != SessionState::live) return {};
    last_data_ = now;
    if (first_data_ == never)
        first_data_ = now;
    else if (failures_ != 0 && now - first_data_ >= timing_.proven)
        failures_ = 0;
    return actions_;
}

SessionMachine::Actions SessionMachine::control(MonotonicNs now, ControlKind kind,
                                                std::string_view text) {
    actions_.clear();
    if (!on_the_wire()) return {};
    switch (kind) {
        case ControlKind::greeting:
            if (state_ == SessionState::greeting) after_greeting(now);
            break;
        case ControlKind::authenticated:
            if (state_ == SessionState::authenticating) begin_subscribing(now);
            break;
        case ControlKind::subscribed:
            acknowledged_ = true;
            answers_ = std::min(answers_ + 1, frames_sent_);
            send_due(now);
            break;
        case ControlKind::heartbeat:
            break;
        case ControlKind::reply:
            actions_.push_back({.kind = ActionKind::send_reply, .text = std::string(text)});
            last_sent_ = now;
            break;
        case ControlKind::shutdown_notice:
            roll_over(now, fmt::format("the venue will close: {}", text));
            break;
        case ControlKind::error_retry:
            close(now, ReconnectReason::handshake, fmt::format("refused: {}", text));
            break;
        case ControlKind::error_permanent:
            permanent_ = true;
            close(now, ReconnectReason::handshake, std::string(text));
            break;
    }
    return actions_;
}

SessionMachine::Actions SessionMachine::refused_one(MonotonicNs now) {
    actions_.clear();
    if (!on_the_wire()) return {};
    answers_ = std::min(answers_ + 1, frames_sent_);
    send_due(now);
    return actions_;
}

SessionMachine::Actions SessionMachine::more_subscriptions(MonotonicNs now,
                                                           std::size_t subscription_frames) {
    if (state_ != SessionState::live) return {};
    frames_ = subscription_frames;
    return tick(now);
}

void SessionMachine::expect_data(MonotonicNs now, bool expected) {
    if (expected && !expects_data_) last_data_ = std::max(last_data_, now);
    expects_data_ = expected;
}

SessionMachine::Actions SessionMachine::mostly_silent(MonotonicNs now, std::string_view text) {
    actions_.clear();
    if (state_ != SessionState::live || now < data_reconnect_after_) return {};
    data_reconnect_after_ = now + timing_.silence_data_spacing;
    close(now, ReconnectReason::stale, std::string(text));
    return actions_;
}

SessionMachine::Actions SessionMachine::ask_for_less(MonotonicNs now) {
    actions_.clear();
    if (on_the_wire())
        close(now, ReconnectReason::handshake, "the rest of the request is to be asked for anew");
    return actions_;
}

void SessionMachine::close(MonotonicNs now, ReconnectReason reason, std::string text) {
    if (state_ == SessionState::live)
        actions_.push_back({.kind = ActionKind::publish_down, .text = {}});
    ending_ = {.reason = reason, .text = std::move(text)};
    enter(SessionState::closing, now);
    actions_.push_back({.kind = ActionKind::close, .text = {}});
}

void SessionMachine::roll_over(MonotonicNs now, std::string text) {
    if (!rules_.second_connection || is_second_ || state_ != SessionState::live)
        return close(now, ReconnectReason::scheduled, std::move(text));
    roll_over_at_ = never;
    if (std::exchange(rolling_over_, true)) return;
    log(LogLevel::info, text + "; a second connection comes up first");
    actions_.push_back({.kind = ActionKind::roll_over, .text = {}});
}

SessionMachine::Actions SessionMachine::closed(MonotonicNs now, const Ending& ending) {
    actions_.clear();
    if (state_ == SessionState::idle || state_ == SessionState::waiting) return {};
    if (state_ == SessionState::live)
        actions_.push_back({.kind = ActionKind::publish_down, .text = {}});
    if (stopping_)
        enter(SessionState::idle, now);
    else
        wait(now, state_ == SessionState::closing ? Ending(ending_) : ending);
    return actions_;
}

// ---- between two connections ----

void SessionMachine::wait(MonotonicNs now, const Ending& ending) {
    core::DurationNs delay = 0;
    if (ending.lasts) permanent_ = true;
    if (permanent_)
        delay = timing_.permanent * 4 / 5 + random(timing_.permanent * 2 / 5);
    else if (ending.retry_after > 0)
        delay = std::min(ending.retry_after, timing_.retry_after_cap) + random(timing_.first_retry);
    else if (ending.reason == ReconnectReason::rate_limited)
        delay = timing_.backoff_cap / 2 + random(timing_.backoff_cap / 2);
    else
        delay = random(backoff_bound());
    retry_at_ = std::max(now + delay, budget_->allows(now));
    failures_ = std::min(failures_ + 1, 60u);
    enter(SessionState::waiting, now);

    actions_.push_back({.kind = ActionKind::ended, .reason = ending.reason, .text = {}});
    const std::string next = seconds(retry_at_ - now);
    if (std::exchange(permanent_, false))
        log(LogLevel::error,
            fmt::format("the venue refuses, and trying again soon will not help: {}; next try in "
                        "{}",
                        ending.text, next));
    else
        log(ending.reason == ReconnectReason::scheduled ? LogLevel::info : LogLevel::warn,
            fmt::format("connection ended ({}): {}; next try in {}", to_string(ending.reason),
                        ending.text, next));
}

core::DurationNs SessionMachine::backoff_bound() const {
    if (failures_ == 0) return timing_.first_retry;
    core::DurationNs bound = timing_.backoff_base;
    for (std::uint32_t n = 0; n < failures_ && bound < timing_.backoff_cap; ++n) bound *= 2;
    return std::min(bound, timing_.backoff_cap);
}

// ---- time ----

SessionMachine::Actions SessionMachine::tick(MonotonicNs now) {
    actions_.clear();
    // Another connection of the feed may have been first.
    if (state_ == SessionState::waiting && now >= retry_at_)
        retry_at_ = std::max(retry_at_, budget_->allows(now));
    if (state_ == SessionState::waiting && now >= retry_at_) {
        budget_->spend(now);
        enter(asks_ ? SessionState::asking : SessionState::resolving, now);
        actions_.push_back({.kind = ActionKind::connect, .text = {}});
    } else if (step_deadline() <= now) {
        close(now, reason_of_timeout(state_),
              fmt::format("no progress while {}", to_string(state_)));
    } else if (on_the_wire()) {
        if (silence_any_deadline() <= now) {
            close(now, ReconnectReason::stale, "silent for " + seconds(now - last_frame_));
        } else if (silence_data_deadline() <= now) {
            data_reconnect_after_ = now + timing_.silence_data_spacing;
            close(now, ReconnectReason::stale, "no data for " + seconds(now - last_data_));
        } else if (roll_over_at_ <= now) {
            roll_over(now, "before the venue's limit of age");
        } else {
            send_due(now);
        }
    }
    return actions_;
}

MonotonicNs SessionMachine::deadline() const {
    switch (state_) {
        case SessionState::idle:
        case SessionState::closing:
            return never;
        case SessionState::waiting:
            return retry_at_;
        case SessionState::asking:
        case SessionState::resolving:
        case SessionState::connecting:
        case SessionState::tls:
        case SessionState::upgrading:
            return step_deadline();
        default:
            return std::min({step_deadline(), silence_any_deadline(), silence_data_deadline(),
                             roll_over_at_, next_subscription(), next_ping(), next_text_ping()});
    }
}

MonotonicNs SessionMachine::step_deadline() const {
    switch (state_) {
        case SessionState::asking:
            return entered_ + timing_.ask;
        case SessionState::resolving:
            return entered_ + timing_.resolve;
        case SessionState::connecting:
            return entered_ + timing_.connect;
        case SessionState::tls:
            return entered_ + timing_.tls;
        case SessionState::upgrading:
            return entered_ + timing_.upgrade;
        case SessionState::greeting:
        case SessionState::authenticating:
            return entered_ + timing_.answer;
        case SessionState::subscribing:
            // Nobody answers before the question is complete.
            return frames_sent_ == frames_ ? std::max(entered_, last_sent_) + timing_.answer
                                           : never;
        default:
            return never;
    }
}

MonotonicNs SessionMachine::silence_any_deadline() const {
    return rules_.silence_any > 0 ? last_frame_ + rules_.silence_any : never;
}

MonotonicNs SessionMachine::silence_data_deadline() const {
    if (state_ != SessionState::live || rules_.silence_data <= 0 || !expects_data_) return never;
    return std::max(last_data_ + rules_.silence_data, data_reconnect_after_);
}

MonotonicNs SessionMachine::next_subscription() const {
    const bool asking = state_ == SessionState::subscribing || state_ == SessionState::live;
    if (!asking || frames_sent_ == frames_) return never;
    if (one_by_one_ && answers_ < frames_sent_) return last_asked_ + timing_.answer;
    return last_sent_ + rules_.send_spacing;
}

MonotonicNs SessionMachine::next_ping() const {
    if (!on_the_wire() || rules_.ping_interval <= 0) return never;
    return std::max(last_ping_ + rules_.ping_interval, last_sent_ + rules_.send_spacing);
}

MonotonicNs SessionMachine::next_text_ping() const {
    if (!on_the_wire() || text_ping_interval_ <= 0) return never;
    return std::max(last_text_ping_ + text_ping_interval_, last_sent_ + rules_.send_spacing);
}

// ---- small parts ----

void SessionMachine::enter(SessionState state, MonotonicNs now) {
    state_ = state;
    entered_ = now;
}

void SessionMachine::log(LogLevel level, std::string text) {
    actions_.push_back({.kind = ActionKind::log, .level = level, .text = std::move(text)});
}

core::DurationNs SessionMachine::random(core::DurationNs most) {
    const double unit = static_cast<double>(next_random(random_state_) >> 11) * 0x1p-53;
    return static_cast<core::DurationNs>(unit * static_cast<double>(most));
}

}  // namespace contagiond::feeds
