#include "feeds/session.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "feeds/normalise.hpp"
#include "feeds/secret_filter.hpp"
#include "feeds/session_wire.hpp"
#include "feeds/trade_sequence.hpp"
#include "feeds/url.hpp"

namespace contagiond::feeds {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_value = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t addresses_tried_max = 4;  ///< in one try

MonotonicNs monotonic_now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::chrono::steady_clock::time_point at(MonotonicNs t) {
    return std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(
            std::chrono::nanoseconds(t)));
}

/// A question to the resolver that may be answered when nobody listens any more.
struct Question {
    std::mutex mutex;
    asio::io_context* io = nullptr;  ///< null once nobody listens
    asio::steady_timer* answered = nullptr;
    std::optional<LookupResult> result;
};

/// Keeps the answer from reaching an io_context that is gone.
struct Listener {
    std::shared_ptr<Question> question;
    ~Listener() {
        const std::lock_guard lock(question->mutex);
        question->io = nullptr;
        question->answered = nullptr;
    }
};

}  // namespace

struct Session::Impl final : std::enable_shared_from_this<Impl>, WireReader {
    asio::io_context& io;
    const SessionSettings settings;
    const core::Clock& clock;
    InputPublisher& publisher;
    FeedCounters& counters;
    const SecretFilter hidden;
    const LogFn log;

    Url url;  ///< with the venue's key where it belongs in the address
    std::vector<std::string> subscriptions;
    WireFactory wires;
    std::unique_ptr<Decoder> decoder;  ///< of one connection: it may keep what belongs to it
    Normaliser normaliser;
    SessionMachine machine;

    asio::steady_timer timer;      ///< of the machine
    MonotonicNs timer_at = never;  ///< when it is set to; `never`: it is not
    std::size_t pending = 0;       ///< handlers and coroutines that will still run
    bool stopping = false;
    std::vector<std::function<void()>> stopped;  ///< who waits for the end

    std::unique_ptr<Wire> wire;
    asio::steady_timer waiting;        ///< what the try's coroutine waits on beside the socket
    std::deque<std::string> outgoing;  ///< frames; empty: a ping
    bool writing = false;
    bool cut = false;  ///< the wire is closed by us, or about to be

    std::vector<std::string> good_addresses;  ///< of the last lookup that gave any
    std::string current_address;              ///< connected to
    std::string best_address;                 ///< of a connection that went live, for the next try
    std::size_t tries = 0;

    Decoded decoded;
    std::vector<char> buffer;
    std::size_t filled = 0;
    bool too_large = false;
    std::shared_ptr<FeedLink> link;
    core::TimeNs ts_last_data = core::no_time;

    Impl(asio::io_context& the_io, SessionSettings the_settings, const core::Clock& the_clock,
         InputPublisher& the_publisher, FeedCounters& the_counters, LogFn the_log)
        : io(the_io),
          settings(std::move(the_settings)),
          clock(the_clock),
          publisher(the_publisher),
          counters(the_counters),
          hidden(settings.credentials),
          log(std::move(the_log)),
          url(take_url(settings)),
          subscriptions(make_subscriptions(settings, clock.now())),
          wires(make_wires(io, url, settings)),
          normaliser(settings.feed, settings.listings),
          machine(SessionPlan{.rules = settings.venue->rules,
                              .timing = settings.timing,
                              .tls = url.tls,
                              .subscription_frames = subscriptions.size(),
                              .seed = settings.jitter_seed}),
          timer(io),
          waiting(io),
          buffer(64 * 1024) {
        link = settings.link ? settings.link : std::make_shared<FeedLink>(1);
        // Made now, so that nothing is allocated for a trade.
        for (const Listing& listing : settings.listings) link->sequence(listing.symbol);
    }

    static Url take_url(const SessionSettings& settings) {
        if (settings.venue == nullptr)
            throw std::runtime_error(fmt::format("feed {}: no venue", settings.name));
        const std::string_view plain =
            settings.url.empty() ? settings.venue->default_url : settings.url;
        Url url;
        const std::string wrong =
            settings.venue->keyed_url == nullptr
                ? parse_url(plain, url)
                : parse_url(settings.venue->keyed_url(plain, settings.credentials), url);
        if (!wrong.empty())
            throw std::runtime_error(fmt::format("feed {}: {}", settings.name, wrong));
        return url;
    }

    static WireFactory make_wires(asio::io_context& io, const Url& url,
                                  const SessionSettings& settings) {
        try {
            return WireFactory(io, url.tls, settings.ca_file);
        } catch (const std::runtime_error& error) {
            throw std::runtime_error(fmt::format("feed {}: {}", settings.name, error.what()));
        }
    }

    static std::vector<std::string> make_subscriptions(const SessionSettings& settings,
                                                       core::TimeNs now) {
        std::vector<Subscription> wanted;
        for (const Listing& listing : settings.listings)
            wanted.push_back({listing.symbol, listing.trades, listing.quotes});
        std::vector<std::string> frames = settings.venue->subscribe(wanted, now);
        if (settings.venue->keyed_subscription != nullptr)
            for (std::string& frame : frames)
                frame = settings.venue->keyed_subscription(frame, settings.credentials);
        return frames;
    }

    // ---- carrying out what the machine decides ----

    void perform(SessionMachine::Actions actions) {
        for (const Action& action : actions) {
            switch (action.kind) {
                case ActionKind::connect:
                    begin_try();
                    break;
                case ActionKind::send_authentication:
                    if (settings.venue->authenticate != nullptr)
                        send(settings.venue->authenticate(settings.credentials));
                    break;
                case ActionKind::send_subscription:
                    send(subscriptions[action.index]);
                    break;
                case ActionKind::send_ping:
                    send("");
                    break;
                case ActionKind::send_text_ping:
                    if (settings.venue->text_ping != nullptr)
                        send(settings.venue->text_ping(clock.now()));
                    break;
                case ActionKind::send_reply:
                    send(action.text);
                    break;
                case ActionKind::close:
                    cut_wire();
                    break;
                case ActionKind::publish_up:
                    publish_state(core::FeedState::up);
                    break;
                case ActionKind::publish_down:
                    publish_state(core::FeedState::down);
                    break;
                case ActionKind::publish_gap:
                    publish_gap();
                    break;
                case ActionKind::ended:
                    counters.reconnects[static_cast<std::size_t>(action.reason)].add();
                    break;
                case ActionKind::log:
                    if (log)
                        log(action.level,
                            fmt::format("feed {}: {}", settings.name, hidden(action.text)));
                    break;
            }
        }
        arm_timer();
    }

    void publish_state(core::FeedState state) {
        if (state == core::FeedState::up) best_address = current_address;
        const auto changed = link->tell(state);
        counters.connected.set(link->all_up() ? 1 : 0);
        if (!changed) return;
        publisher.publish(core::Input::make_feed_status(settings.feed, clock.now(), *changed));
        publisher.flush();
    }

    void publish_gap() {
        if (link->is_split())
            for (const Listing& listing : settings.listings) publish_gap(listing.instrument);
        else
            publish_gap(core::no_id);
        publisher.flush();
    }

    void publish_gap(core::InstrumentId instrument) {
        const core::TimeNs now = clock.now();
        publisher.publish(core::Input::make_gap(
            settings.feed, instrument, now,
            {.ts_receive_first = ts_last_data == core::no_time ? now : ts_last_data,
             .ts_receive_last = now,
             .count = 0,
             .reason = core::GapReason::reconnect,
             .padding = {}}));
    }

    /// The timer is moved only forward in time as it fires: data that put a deadline off cost
    /// nothing.
    void arm_timer() {
        const MonotonicNs wanted = machine.deadline();
        if (wanted == never || timer_at <= wanted) return;
        timer_at = wanted;
        timer.expires_at(at(wanted));
        ++pending;
        timer.async_wait([self = shared_from_this()](error_code error) {
            if (!error) {
                self->timer_at = never;
                self->perform(self->machine.tick(monotonic_now()));
                // A feed that fell silent still tells what it lost before.
                self->publisher.flush();
            }
            self->leave();
        });
    }

    /// Each counted handler ends with it.
    void leave() {
        --pending;
        if (pending != 0 || !stopping) return;
        for (const auto& done : std::exchange(stopped, {})) done();
    }

    void stop(std::function<void()> done) {
        ++pending;
        stopping = true;
        if (done) stopped.push_back(std::move(done));
        perform(machine.stop(monotonic_now()));
        timer.cancel();
        timer_at = never;
        leave();
    }

    // ---- one try, and the connection it may become ----

    void begin_try() {
        cut = false;
        ++pending;
        // Posted: the machine is not to be told anything before it has been heard out.
        asio::post(io, [self = shared_from_this()] {
            asio::co_spawn(self->io, self->run_try(),
                           [self](std::exception_ptr) { self->leave(); });
        });
    }

    asio::awaitable<void> run_try() {
        Ending ending;
        try {
            if (!cut) ending = co_await converse();
        } catch (const std::exception& error) {
            ending = {.reason = ReconnectReason::error, .text = error.what()};
        }
        cut_wire();
        while (writing) co_await pause(never);
        wire.reset();
        outgoing.clear();
        perform(machine.closed(monotonic_now(), ending));
        publisher.flush();
    }

    /// From nothing to the end of the connection.
    asio::awaitable<Ending> converse() {
        std::vector<std::string> addresses;
        if (std::string error = co_await resolve(addresses); !error.empty())
            co_return Ending{.reason = ReconnectReason::dns, .text = std::move(error)};
        if (cut) co_return Ending{};
        perform(machine.resolved(monotonic_now()));

        wire = wires.make();
        if (std::string error = co_await connect(addresses); !error.empty())
            co_return Ending{.reason = ReconnectReason::error, .text = std::move(error)};
        perform(machine.connected(monotonic_now()));

        if (url.tls) {
            if (auto refused = co_await wire->secure(url.host)) co_return std::move(*refused);
            if (cut) co_return Ending{};
            perform(machine.secured(monotonic_now()));
        }
        if (auto refused = co_await wire->upgrade(url)) co_return std::move(*refused);
        if (cut) co_return Ending{};
        decoder = settings.venue->make_decoder();
        subscriptions = make_subscriptions(settings, clock.now());
        filled = 0;
        too_large = false;
        perform(machine.upgraded(monotonic_now()));
        co_return co_await wire->read_all(*this);
    }

    /// Until cancelled, or `until`.
    asio::awaitable<void> pause(MonotonicNs until) {
        waiting.expires_at(until == never ? asio::steady_timer::time_point::max() : at(until));
        co_await waiting.async_wait(as_value);
    }

    asio::awaitable<std::string> resolve(std::vector<std::string>& addresses) {
        if (is_address(url.host)) {
            addresses.push_back(url.host);
            co_return "";
        }
        const Listener listener{std::make_shared<Question>()};
        listener.question->io = &io;
        listener.question->answered = &waiting;
        settings.look_up(url.host, [question = listener.question](LookupResult result) {
            const std::lock_guard lock(question->mutex);
            if (question->io == nullptr) return;
            asio::post(*question->io, [question, result = std::move(result)]() mutable {
                if (question->answered == nullptr) return;
                question->result = std::move(result);
                question->answered->cancel();
            });
        });
        // One second short of what the machine allows: then the addresses of last time get a try.
        const MonotonicNs until = monotonic_now() + settings.timing.resolve * 4 / 5;
        while (!cut && !listener.question->result && monotonic_now() < until) co_await pause(until);

        const auto& result = listener.question->result;
        if (result && !result->addresses.empty()) good_addresses = result->addresses;
        const std::string error = !result ? "no answer" : result->error;
        if (good_addresses.empty())
            co_return fmt::format("{} cannot be resolved: {}", url.host, error);
        if ((!result || result->addresses.empty()) && !cut && log)
            log(LogLevel::warn,
                fmt::format("feed {}: {} cannot be resolved ({}); trying its last good addresses",
                            settings.name, url.host, error));
        addresses = good_addresses;
        co_return "";
    }

    asio::awaitable<std::string> connect(std::vector<std::string> addresses) {
        // A plain connection stays on this machine, whatever a name resolves to.
        if (!url.tls) std::erase_if(addresses, [](const auto& a) { return !is_loopback(a); });
        if (addresses.empty()) co_return url.host + " has no address on this machine";
        // What worked comes first; else each try begins with another one.
        const auto best = std::find(addresses.begin(), addresses.end(), best_address);
        const auto step = static_cast<std::ptrdiff_t>(tries++ % addresses.size());
        std::rotate(addresses.begin(), best != addresses.end() ? best : addresses.begin() + step,
                    addresses.end());
        addresses.resize(std::min(addresses.size(), addresses_tried_max));
        best_address.clear();

        std::string failures;
        for (std::size_t i = 0; i < addresses.size() && !cut; ++i) {
            error_code error;
            const asio::ip::address address = asio::ip::make_address(addresses[i], error);
            if (!error) {
                const auto port = static_cast<std::uint16_t>(std::stoul(url.port));
                const MonotonicNs share =
                    settings.timing.connect / static_cast<MonotonicNs>(addresses.size());
                error =
                    co_await connect_within({address, port}, i + 1 < addresses.size() ? share : 0);
            }
            if (!error) {
                current_address = addresses[i];
                co_return "";
            }
            failures += fmt::format("{}{}: {}", failures.empty() ? "" : "; ", addresses[i],
                                    error.message());
        }
        co_return failures.empty() ? "cut" : failures;
    }

    /// `limit` 0: the machine's deadline is limit enough.
    asio::awaitable<error_code> connect_within(tcp::endpoint endpoint, core::DurationNs limit) {
        tcp::socket& socket = wire->socket();
        error_code error;
        socket.close(error);
        socket.open(endpoint.protocol(), error);
        if (error) co_return error;
        const auto over = std::make_shared<bool>(false);
        if (limit > 0) {
            waiting.expires_after(std::chrono::nanoseconds(limit));
            ++pending;
            waiting.async_wait([self = shared_from_this(), over](error_code aborted) {
                // `over`: an expiry that crossed the connection's success on its way.
                if (!aborted && !*over && self->wire) {
                    error_code ignored;
                    self->wire->socket().close(ignored);
                }
                self->leave();
            });
        }
        std::tie(error) = co_await socket.async_connect(endpoint, as_value);
        *over = true;
        if (limit > 0) waiting.cancel();
        if (error == asio::error::operation_aborted && !cut) error = asio::error::timed_out;
        if (!error) {
            error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
        }
        if (!error && cut) error = asio::error::operation_aborted;
        co_return error;
    }

    void send(std::string frame) {
        if (cut || !wire) return;
        outgoing.push_back(std::move(frame));
        if (!writing) write_next();
    }

    void write_next() {
        writing = true;
        ++pending;
        wire->write(outgoing.front(), [self = shared_from_this()](bool well) {
            self->writing = false;
            self->outgoing.pop_front();
            // What the matter is, the reading side finds out and tells.
            if (!well) self->cut_wire();
            if (self->cut)
                self->waiting.cancel();
            else if (!self->outgoing.empty())
                self->write_next();
            self->leave();
        });
    }

    /// Ends whatever the try is waiting for; the try's coroutine clears up.
    void cut_wire() {
        cut = true;
        waiting.cancel();
        if (!wire) return;
        error_code ignored;
        wire->socket().close(ignored);
    }

    // ---- what comes off the wire ----

    asio::mutable_buffer room() override {
        // While a message is skipped its bytes overwrite each other.
        if (too_large) filled = 0;
        if (buffer.size() - filled <= frame_padding) buffer.resize(buffer.size() * 2);
        return {buffer.data() + filled, buffer.size() - filled - frame_padding};
    }

    void on_control_frame() override { machine.frame(monotonic_now()); }

    void on_bytes(std::size_t bytes, bool message_done, bool binary) override {
        const core::TimeNs ts_receive = clock.now();
        const MonotonicNs now = monotonic_now();
        machine.frame(now);
        counters.bytes.add(bytes);
        filled += bytes;
        if (filled > message_bytes_max) too_large = true;
        if (!message_done) return;
        counters.messages.add();
        counters.ts_last_message.set(core::to_seconds(ts_receive));
        if (too_large)
            count(DecodeError::too_large);
        else if (binary)
            count(DecodeError::unexpected_binary);
        else
            take_message({buffer.data(), filled}, ts_receive, now);
        filled = 0;
        too_large = false;
        publisher.flush();
    }

    void count(DecodeError error, std::uint64_t n = 1) {
        counters.decode_errors[static_cast<std::size_t>(error)].add(n);
    }

    void take_message(std::string_view frame, core::TimeNs ts_receive, MonotonicNs now) {
        decoder->decode(frame, ts_receive, decoded);
        if (decoded.error != DecodeError::none)
            count(decoded.error, std::max(decoded.rejected, 1u));
        counters.ignored.add(decoded.ignored);
        if (!decoded.rows.empty()) {
            perform(machine.data(now));
            if (machine.state() == SessionState::live) {
                for (const Row& row : decoded.rows) take_row(row, ts_receive);
                ts_last_data = ts_receive;
            } else {
                counters.ignored.add(decoded.rows.size());  // out of turn, or already leaving
            }
        }
        for (const Control& control : decoded.controls)
            perform(machine.control(now, control.kind,
                                    control.kind == ControlKind::reply
                                        ? std::string(control.text)
                                        // Hidden first: half a key is still half a key.
                                        : quoted(hidden(control.text))));
    }

    void take_row(const Row& row, core::TimeNs ts_receive) {
        const Normalised normalised = normaliser.normalise(row, ts_receive);
        if (!normalised) {
            if (const auto reason = reject_reason(normalised.reject))
                counters.rows_rejected[static_cast<std::size_t>(*reason)].add();
            else
                counters.ignored.add();
            return;
        }
        const core::Input& input = normalised.input;
        if (settings.venue->rules.contiguous_trade_ids && input.kind == core::InputKind::trade &&
            !check_sequence(row.symbol, input))
            return;
        if (input.ts_exchange != core::no_time && (input.flags & core::history) == 0) {
            const core::DurationNs latency = ts_receive - input.ts_exchange;
            if (latency < 0)
                counters.clock_skew_ticks.add();
            else
                counters.latency.observe(core::to_seconds(latency));
        }
        counters.ticks.add();
        publisher.publish(input);
    }

    /// False if the trade was seen before.
    bool check_sequence(std::string_view symbol, const core::Input& input) {
        const auto [kind, missing] =
            link->sequence(symbol).see(input.trade.trade_id, input.ts_exchange);
        if (kind == TradeSequence::Kind::next) return true;
        if (kind == TradeSequence::Kind::duplicate) {
            counters.duplicates.add();
            return false;
        }
        counters.sequence_gaps.add();
        publisher.publish(core::Input::make_gap(
            settings.feed, input.instrument, input.ts_receive,
            {.ts_receive_first = ts_last_data == core::no_time ? input.ts_receive : ts_last_data,
             .ts_receive_last = input.ts_receive,
             .count = missing,
             .reason = core::GapReason::sequence,
             .padding = {}}));
        return true;
    }
};

Session::Session(asio::io_context& io, SessionSettings settings, const core::Clock& clock,
                 InputPublisher& publisher, FeedCounters& counters, LogFn log)
    : impl_(std::make_shared<Impl>(io, std::move(settings), clock, publisher, counters,
                                   std::move(log))) {}

Session::~Session() = default;

void Session::start() {
    asio::post(impl_->io, [impl = impl_] {
        if (impl->stopping && impl->pending != 0) return;  // still on its way down
        impl->stopping = false;
        impl->perform(impl->machine.start(monotonic_now()));
    });
}

void Session::stop(std::function<void()> done) {
    asio::post(impl_->io,
               [impl = impl_, done = std::move(done)]() mutable { impl->stop(std::move(done)); });
}

}  // namespace contagiond::feeds
