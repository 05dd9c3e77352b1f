// SessionMachine: everything a connection to a venue decides, as values. It is told what happened
// and when, and answers with what to do; it has no clock, no socket and no thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"
#include "feeds/adapter.hpp"
#include "feeds/connect_budget.hpp"
#include "feeds/feed_counters.hpp"

namespace contagiond::feeds {

/// A point on the monotonic clock, in nanoseconds; only differences mean anything.
using MonotonicNs = std::int64_t;
inline constexpr MonotonicNs never = std::numeric_limits<MonotonicNs>::max();

/// Patience of a session that no venue dictates. The defaults are for the world; tests shorten
/// them.
struct Timing {
    core::DurationNs ask =
        10 * core::ns_per_s;  ///< where to connect, from the lookup to the answer
    core::DurationNs resolve = 5 * core::ns_per_s;
    core::DurationNs connect = 5 * core::ns_per_s;  ///< all addresses of one try together
    core::DurationNs tls = 5 * core::ns_per_s;
    core::DurationNs upgrade = 5 * core::ns_per_s;
    core::DurationNs answer = 5 * core::ns_per_s;  ///< greeting, authentication, subscription: each
    core::DurationNs silence_data_spacing =
        5 * core::ns_per_min;  ///< least time between two reconnects for want of data alone
    core::DurationNs look = 5 * core::ns_per_s;  ///< between two looks for silent instruments
    core::DurationNs usual_gap = 200 * core::ns_per_s;  ///< of an instrument nothing is known of
    core::DurationNs silence_patience =
        30 * core::ns_per_s;  ///< for an instrument that was asked for anew
    core::DurationNs together =
        30 * core::ns_per_s;  ///< most that a second connection delivers beside the first

    core::DurationNs first_retry = 250 * core::ns_per_ms;   ///< most, before the first retry
    core::DurationNs backoff_base = 500 * core::ns_per_ms;  ///< doubled with each further try
    core::DurationNs backoff_cap = 30 * core::ns_per_s;
    core::DurationNs proven = 10 * core::ns_per_s;  ///< data for so long make a connection good
    core::DurationNs permanent =
        5 * core::ns_per_min;  ///< wait after a refusal that will not heal, 20 % more or less
    core::DurationNs retry_after_cap = 10 * core::ns_per_min;  ///< most that a venue may ask for

    // Budget of tries: so many at once, then one each so often. With full jitter alone, refused
    // tries would come every 15 s on average.
    std::uint32_t budget_burst = 9;
    core::DurationNs budget_refill = 20 * core::ns_per_s;
};

enum class SessionState : std::uint8_t {
    idle,  ///< not started, or stopped
    waiting,
    asking,  ///< the venue, where to connect
    resolving,
    connecting,
    tls,
    upgrading,
    greeting,
    authenticating,
    subscribing,
    live,
    closing,  ///< told to close; waits for closed()
};
std::string_view to_string(SessionState state);

enum class ActionKind : std::uint8_t {
    connect,              ///< begin: ask, resolve, connect, TLS, upgrade, and report each
    send_authentication,  ///< the venue's authentication frame
    send_subscription,    ///< subscription frame number `index`
    send_ping,            ///< a control frame
    send_text_ping,       ///< the venue's own ping
    send_reply,           ///< `text`, as the venue's decoder worded it
    close,                ///< end the connection at once, then report closed()
    roll_over,            ///< make a second connection; when that delivers, retire() this one
    publish_up,           ///< the feed delivers
    publish_down,
    publish_gap,  ///< the time since the last data of the previous connection is missing
    ended,        ///< count a reconnect for `reason`
    log,          ///< `text`, at `level`
};

enum class LogLevel : std::uint8_t { debug, info, warn, error };

struct Action {
    ActionKind kind;
    ReconnectReason reason = ReconnectReason::error;  ///< of `ended`
    LogLevel level = LogLevel::info;                  ///< of `log`
    std::size_t index = 0;                            ///< of `send_subscription`
    std::string text;                                 ///< of `log` and `send_reply`
};

/// How a connection, or the try to make one, ended.
struct Ending {
    ReconnectReason reason = ReconnectReason::error;
    std::string text;                  ///< for people; may quote the peer
    core::DurationNs retry_after = 0;  ///< the venue asked to be left alone so long; 0: it did not
    bool lasts = false;  ///< trying again soon will not help: a key that is not accepted
};

struct SessionPlan {
    ConnectionRules rules;
    Timing timing;
    bool tls = true;
    bool asks = false;       ///< each try begins with the question where to connect
    std::uint64_t seed = 0;  ///< of all jitter
    /// Shared with the feed's other connections; null: its own.
    std::shared_ptr<ConnectBudget> budget = nullptr;
};

/// One thread. Each call takes the monotonic time, which never runs backwards, and answers with
/// actions to be carried out in order; they are valid until the next call. After each call the
/// driver sees to it that tick() comes at deadline() or soon after.
class SessionMachine {
  public:
    using Actions = std::span<const Action>;

    explicit SessionMachine(const SessionPlan& plan);

    Actions start(MonotonicNs now);
    /// After it nothing is asked for but, once, `close`; stopped for good when closed() was told.
    Actions stop(MonotonicNs now);

    // Rolling over: when `roll_over` was asked for, successor() is the machine of the connection
    // beside this one, to be ticked like any. It draws on the same budget and on what was learnt of
    // the venue. One of the two leads; which, the driver decides.
    SessionMachine successor(MonotonicNs now);
    /// This connection, a successor until now, leads. `was_lost`: the one before ended by itself,
    /// so that a gap lies before what comes unless this one delivers already.
    void lead(MonotonicNs now, bool was_lost);
    /// Its successor leads: like stop().
    Actions retire(MonotonicNs now);

    // Progress of a try, in this order. asked() only where the venue is asked; secured() only with
    // TLS.
    /// `text_ping_interval`: the venue's wish, 0: it has none. We ping no less often than our rules
    /// say, or a dead peer would be found too late.
    Actions asked(MonotonicNs now, core::DurationNs text_ping_interval);
    Actions resolved(MonotonicNs now);
    Actions connected(MonotonicNs now);
    Actions secured(MonotonicNs now);
    /// `subscription_frames`: how many this connection takes. `one_by_one`: each waits for the
    /// answer to the one before, or until none can be expected any more.
    Actions upgraded(MonotonicNs now, std::size_t subscription_frames, bool one_by_one = false);

    /// Anything came off the wire: a frame, part of one, a ping or a pong. Never gives actions.
    void frame(MonotonicNs now) { last_frame_ = now; }
    /// Market data arrived.
    Actions data(MonotonicNs now);
    Actions control(MonotonicNs now, ControlKind kind, std::string_view text);
    /// One of the requests is refused, and the connection goes on.
    Actions refused_one(MonotonicNs now);
    /// Further subscription frames are to be sent, behind those of upgraded().
    Actions more_subscriptions(MonotonicNs now, std::size_t subscription_frames);
    /// Whether data are expected: without, their silence is none. True from the beginning.
    void expect_data(MonotonicNs now, bool expected);
    /// Most instruments are silent: `text`. Ends the connection, unless one ended for want of data
    /// not long ago.
    Actions mostly_silent(MonotonicNs now, std::string_view text);
    /// Part of what was asked for is refused, and the rest with it: to be asked for anew, alone.
    Actions ask_for_less(MonotonicNs now);

    /// The connection or the try is over and nothing of it is pending. After `close`, the reason
    /// the machine closed for counts, not this one.
    Actions closed(MonotonicNs now, const Ending& ending);

    Actions tick(MonotonicNs now);
    /// When tick() is wanted next; `never` if not at all.
    MonotonicNs deadline() const;

    SessionState state() const { return state_; }

  private:
    void enter(SessionState state, MonotonicNs now);
    void after_greeting(MonotonicNs now);
    void begin_subscribing(MonotonicNs now);
    void send_due(MonotonicNs now);
    void go_live(MonotonicNs now);
    void close(MonotonicNs now, ReconnectReason reason, std::string text);
    void roll_over(MonotonicNs now, std::string text);
    void wait(MonotonicNs now, const Ending& ending);
    void log(LogLevel level, std::string text);
    core::DurationNs backoff_bound() const;
    MonotonicNs step_deadline() const;
    MonotonicNs silence_any_deadline() const;
    MonotonicNs silence_data_deadline() const;
    MonotonicNs next_subscription() const;
    MonotonicNs next_ping() const;
    MonotonicNs next_text_ping() const;
    bool on_the_wire() const {
        return state_ >= SessionState::greeting && state_ <= SessionState::live;
    }
    /// Evenly from [0, most].
    core::DurationNs random(core::DurationNs most);

    const ConnectionRules rules_;
    const Timing timing_;
    const bool tls_;
    const bool asks_;
    std::size_t frames_ = 0;
    core::DurationNs text_ping_interval_;
    std::uint64_t random_state_;
    std::vector<Action> actions_;

    SessionState state_ = SessionState::idle;
    MonotonicNs entered_ = 0;  ///< when state_ was entered
    bool stopping_ = false;

    // The wait between tries.
    std::uint32_t failures_ = 0;  ///< tries since a connection proved good
    MonotonicNs retry_at_ = never;
    std::shared_ptr<ConnectBudget> budget_;
    bool permanent_ = false;  ///< the ending now under way will not heal soon
    Ending ending_;           ///< why we are closing

    // The connection that is up.
    std::size_t frames_sent_ = 0;
    bool one_by_one_ = false;
    std::size_t answers_ = 0;  ///< to frames sent; those not waited for any more are counted too
    bool acknowledged_ = false;
    MonotonicNs last_sent_ = 0;
    MonotonicNs last_asked_ = 0;  ///< when the last subscription frame was sent
    MonotonicNs last_ping_ = 0;
    MonotonicNs last_text_ping_ = 0;
    MonotonicNs last_frame_ = 0;
    MonotonicNs first_data_ = never;
    MonotonicNs last_data_ = 0;  ///< or when it went live
    MonotonicNs roll_over_at_ = never;
    bool rolling_over_ = false;  ///< `roll_over` was asked for
    bool is_second_ = false;     ///< another one leads
    bool was_live_ = false;      ///< ever: from then on, a reconnect is a gap

    bool expects_data_ = true;
    MonotonicNs data_reconnect_after_ = 0;  ///< silence of data alone may end a connection then
};

}  // namespace contagiond::feeds
