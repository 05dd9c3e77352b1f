#include "feeds/session_connection.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <iterator>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

namespace contagiond::feeds {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_value = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t addresses_tried_max = 4;  ///< in one try
/// Of one connection: beyond it nothing is asked for anew.
constexpr std::size_t subscriptions_max = 10'000;

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

Url take_url(const SessionSettings& settings) {
    if (settings.venue == nullptr)
        throw std::runtime_error(fmt::format("feed {}: no venue", settings.name));
    const std::string_view plain =
        settings.url.empty() ? settings.venue->default_url : settings.url;
    Url url;
    const std::string wrong =
        settings.venue->keyed_url == nullptr
            ? parse_url(plain, url)
            : parse_url(settings.venue->keyed_url(plain, settings.credentials), url);
    if (!wrong.empty()) throw std::runtime_error(fmt::format("feed {}: {}", settings.name, wrong));
    return url;
}

/// Whoever names an address of their own knows what is behind it; nobody is asked then.
std::optional<Url> take_asked(const SessionSettings& settings) {
    const Venue& venue = *settings.venue;
    if (venue.bootstrap.url.empty() || (!settings.url.empty() && settings.url != venue.default_url))
        return std::nullopt;
    Url url;
    // Of the same form but for the scheme.
    const std::string wrong = parse_url("ws" + std::string(venue.bootstrap.url.substr(4)), url);
    if (!wrong.empty()) throw std::runtime_error(fmt::format("feed {}: {}", settings.name, wrong));
    return url;
}

WireFactory make_wires(asio::io_context& io, bool tls, const SessionSettings& settings) {
    try {
        return WireFactory(io, tls, settings.ca_file);
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(fmt::format("feed {}: {}", settings.name, error.what()));
    }
}

}  // namespace

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

SessionOwner::SessionOwner(asio::io_context& the_io, SessionSettings the_settings,
                           const core::Clock& the_clock, InputPublisher& the_publisher,
                           FeedCounters& the_counters, LogFn the_log)
    : io(the_io),
      settings(std::move(the_settings)),
      clock(the_clock),
      publisher(the_publisher),
      counters(the_counters),
      hidden(settings.credentials),
      log(std::move(the_log)),
      url(take_url(settings)),
      asked_first(take_asked(settings)),
      wires(make_wires(io, url.tls || asked_first.has_value(), settings)),
      link(settings.link ? settings.link : std::make_shared<FeedLink>(1)),
      intake(settings, link, clock, publisher, counters) {
    counters.refused.set(0);
}

void SessionOwner::tell(LogLevel level, std::string_view text) const {
    if (log) log(level, fmt::format("feed {}: {}", settings.name, hidden(text)));
}

SessionConnection::SessionConnection(std::shared_ptr<SessionOwner> owner, SessionMachine machine)
    : owner_(std::move(owner)),
      machine_(std::move(machine)),
      timer_(owner_->io),
      waiting_(owner_->io) {}

// ---- carrying out what the machine decides ----

void SessionConnection::perform(SessionMachine::Actions actions) {
    bool ended = false;
    for (const Action& action : actions) {
        switch (action.kind) {
            case ActionKind::connect:
                begin_try();
                break;
            case ActionKind::send_authentication:
                if (owner_->settings.venue->authenticate != nullptr)
                    send(FrameOpcode::text,
                         owner_->settings.venue->authenticate(owner_->settings.credentials));
                break;
            case ActionKind::send_subscription:
                search_.sent(action.index);
                send(FrameOpcode::text, subscriptions_[action.index]);
                break;
            case ActionKind::send_ping:
                send(FrameOpcode::ping, "");
                break;
            case ActionKind::send_text_ping:
                if (owner_->settings.venue->text_ping != nullptr)
                    send(FrameOpcode::text, owner_->settings.venue->text_ping(owner_->clock.now()));
                break;
            case ActionKind::send_reply:
                send(FrameOpcode::text, action.text);
                break;
            case ActionKind::close:
                cut_wire();
                break;
            case ActionKind::roll_over:
                owner_->on_roll_over(*this);
                break;
            case ActionKind::publish_up:
                owner_->addresses.best = current_address_;
                owner_->on_up(*this);
                break;
            case ActionKind::publish_down:
                owner_->on_down(*this);
                break;
            case ActionKind::publish_gap:
                owner_->on_gap(*this);
                break;
            case ActionKind::ended:
                owner_->counters.reconnects[static_cast<std::size_t>(action.reason)].add();
                ended = true;
                break;
            case ActionKind::log:
                owner_->tell(action.level, action.text);
                break;
        }
    }
    arm_timer();
    if (ended) owner_->on_ended(*this);
}

void SessionConnection::subscribe_again(std::size_t listing) {
    const Venue& venue = *owner_->settings.venue;
    if (venue.unsubscribe_word.empty() || machine_.state() != SessionState::live ||
        subscriptions_.size() > subscriptions_max)
        return;
    const Listing& one = owner_->settings.listings[listing];
    const Subscription wanted{one.symbol, one.trades, one.quotes};
    std::vector<std::string> frames = frames_of({&wanted, 1});
    for (std::string frame : frames) {
        const std::size_t place = frame.find(venue.subscribe_word);
        if (place == std::string::npos) continue;  // a request of another kind
        frame.replace(place, venue.subscribe_word.size(), venue.unsubscribe_word);
        subscriptions_.push_back(std::move(frame));
    }
    subscriptions_.insert(subscriptions_.end(), std::make_move_iterator(frames.begin()),
                          std::make_move_iterator(frames.end()));
    asked_again_ = monotonic_now();
    origin_.ts_subscribed = owner_->clock.now();
    std::erase(origin_.met, one.instrument);
    perform(machine_.more_subscriptions(asked_again_, subscriptions_.size()));
}

void SessionConnection::cancel_timer() {
    timer_.cancel();
    timer_at_ = never;
}

/// The timer is moved only forward in time as it fires: data that put a deadline off cost
/// nothing.
void SessionConnection::arm_timer() {
    const MonotonicNs wanted = machine_.deadline();
    if (wanted == never || timer_at_ <= wanted) return;
    timer_at_ = wanted;
    timer_.expires_at(at(wanted));
    ++owner_->pending;
    timer_.async_wait([self = shared_from_this()](error_code error) {
        if (!error) {
            self->timer_at_ = never;
            self->perform(self->machine_.tick(monotonic_now()));
            // A feed that fell silent still tells what it lost before.
            self->owner_->publisher.flush();
        }
        self->owner_->leave();
    });
}

// ---- one try, and the connection it may become ----

void SessionConnection::begin_try() {
    cut_ = false;
    ++owner_->pending;
    // Posted: the machine is not to be told anything before it has been heard out.
    asio::post(owner_->io, [self = shared_from_this()] {
        asio::co_spawn(self->owner_->io, self->run_try(),
                       [self](std::exception_ptr) { self->owner_->leave(); });
    });
}

asio::awaitable<void> SessionConnection::run_try() {
    Ending ending;
    try {
        if (!cut_) ending = co_await converse();
    } catch (const std::exception& error) {
        ending = {.reason = ReconnectReason::error, .text = error.what()};
    }
    cut_wire();
    while (writing_) co_await pause(never);
    wire_.reset();
    tap_.reset();
    outgoing_.clear();
    pongs_outgoing_ = 0;
    parted_.reset();
    perform(machine_.closed(monotonic_now(), ending));
    owner_->publisher.flush();
}

/// From nothing to the end of the connection.
asio::awaitable<Ending> SessionConnection::converse() {
    url_ = owner_->url;
    ts_certificate_end_ = 0;
    if (owner_->asked_first) {
        if (auto refused = co_await ask(*owner_->asked_first)) co_return std::move(*refused);
        if (cut_) co_return Ending{};
    }
    AddressBook& book = owner_->addresses;
    if (std::string error = co_await resolve(book); !error.empty())
        co_return Ending{.reason = ReconnectReason::dns, .text = std::move(error)};
    if (cut_) co_return Ending{};
    perform(machine_.resolved(monotonic_now()));

    wire_ = owner_->wires.make(url_.tls);
    if (std::string error = co_await connect(book); !error.empty())
        co_return Ending{.reason = ReconnectReason::error, .text = std::move(error)};
    perform(machine_.connected(monotonic_now()));

    if (url_.tls) {
        if (auto refused = co_await wire_->secure(url_.host)) co_return std::move(*refused);
        note_certificate();
        if (cut_) co_return Ending{};
        perform(machine_.secured(monotonic_now()));
    }
    std::string behind;
    if (auto refused = co_await wire_->upgrade(url_, behind)) co_return std::move(*refused);
    if (cut_) co_return Ending{};
    decoder_ = owner_->settings.venue->make_decoder();
    if (owner_->settings.make_tap) tap_ = owner_->settings.make_tap();
    subscriptions_ = subscription_frames();
    last_number_.reset();
    origin_ = {.ts_subscribed = owner_->clock.now(), .met = {}};
    perform(machine_.upgraded(monotonic_now(), subscriptions_.size(), search_.is_active()));
    co_return co_await read_frames(behind);
}

/// Sets url_ to what the venue answers. The machine's one deadline covers all of it.
asio::awaitable<std::optional<Ending>> SessionConnection::ask(const Url& whom) {
    url_ = whom;
    AddressBook& book = owner_->addresses_asked;
    if (std::string error = co_await resolve(book); !error.empty())
        co_return Ending{.reason = ReconnectReason::dns, .text = std::move(error)};
    if (cut_) co_return Ending{};
    wire_ = owner_->wires.make(whom.tls);
    if (std::string error = co_await connect(book); !error.empty())
        co_return Ending{.reason = ReconnectReason::error, .text = std::move(error)};
    if (whom.tls) {
        if (auto refused = co_await wire_->secure(whom.host)) co_return std::move(*refused);
        note_certificate();
        if (cut_) co_return Ending{};
    }
    std::string body;
    if (auto refused = co_await wire_->ask(whom, body)) co_return std::move(*refused);
    if (cut_) co_return Ending{};
    error_code ignored;
    wire_->socket().close(ignored);
    wire_.reset();
    book.best = current_address_;

    const BootstrapReply reply = owner_->settings.venue->bootstrap.read(body);
    const std::string wrong =
        reply.url.empty() ? quoted(owner_->hidden(reply.trouble)) : parse_url(reply.url, url_);
    if (!wrong.empty())
        co_return Ending{.reason = ReconnectReason::handshake,
                         .text = "the venue does not say where to connect: " + wrong};
    perform(machine_.asked(monotonic_now(), reply.text_ping_interval));
    co_return std::nullopt;
}

/// Who is asked where to connect is as needed as who is connected to: the sooner end counts.
void SessionConnection::note_certificate() {
    const double end = wire_->ts_certificate_end();
    if (end > 0 && (ts_certificate_end_ == 0 || end < ts_certificate_end_))
        ts_certificate_end_ = end;
    owner_->counters.ts_certificate_end.set(ts_certificate_end_);
}

/// Until cancelled, or `until`.
asio::awaitable<void> SessionConnection::pause(MonotonicNs until) {
    waiting_.expires_at(until == never ? asio::steady_timer::time_point::max() : at(until));
    co_await waiting_.async_wait(as_value);
}

asio::awaitable<std::string> SessionConnection::resolve(AddressBook& book) {
    if (book.host != url_.host) book = {.host = url_.host, .good = {}, .best = {}};
    if (is_address(url_.host)) {
        book.good = {url_.host};
        co_return "";
    }
    const Listener listener{std::make_shared<Question>()};
    listener.question->io = &owner_->io;
    listener.question->answered = &waiting_;
    owner_->settings.look_up(url_.host, [question = listener.question](LookupResult result) {
        const std::lock_guard lock(question->mutex);
        if (question->io == nullptr) return;
        asio::post(*question->io, [question, result = std::move(result)]() mutable {
            if (question->answered == nullptr) return;
            question->result = std::move(result);
            question->answered->cancel();
        });
    });
    // One second short of what the machine allows: then the addresses of last time get a try.
    const MonotonicNs until = monotonic_now() + owner_->settings.timing.resolve * 4 / 5;
    while (!cut_ && !listener.question->result && monotonic_now() < until) co_await pause(until);

    const auto& result = listener.question->result;
    if (result && !result->addresses.empty()) book.good = result->addresses;
    const std::string error = !result ? "no answer" : result->error;
    if (book.good.empty()) co_return fmt::format("{} cannot be resolved: {}", url_.host, error);
    if ((!result || result->addresses.empty()) && !cut_)
        owner_->tell(LogLevel::warn,
                     fmt::format("{} cannot be resolved ({}); trying its last good addresses",
                                 url_.host, error));
    co_return "";
}

asio::awaitable<std::string> SessionConnection::connect(AddressBook& book) {
    std::vector<std::string> addresses = book.good;
    // A plain connection stays on this machine, whatever a name resolves to.
    if (!url_.tls) std::erase_if(addresses, [](const auto& a) { return !is_loopback(a); });
    if (addresses.empty()) co_return url_.host + " has no address on this machine";
    // What worked comes first; else each try begins with another one.
    const auto best = std::find(addresses.begin(), addresses.end(), book.best);
    const auto step = static_cast<std::ptrdiff_t>(book.tries++ % addresses.size());
    std::rotate(addresses.begin(), best != addresses.end() ? best : addresses.begin() + step,
                addresses.end());
    addresses.resize(std::min(addresses.size(), addresses_tried_max));
    book.best.clear();

    std::string failures;
    for (std::size_t i = 0; i < addresses.size() && !cut_; ++i) {
        error_code error;
        const asio::ip::address address = asio::ip::make_address(addresses[i], error);
        if (!error) {
            const auto port = static_cast<std::uint16_t>(std::stoul(url_.port));
            const MonotonicNs share =
                owner_->settings.timing.connect / static_cast<MonotonicNs>(addresses.size());
            error = co_await connect_within({address, port}, i + 1 < addresses.size() ? share : 0);
        }
        if (!error) {
            current_address_ = addresses[i];
            co_return "";
        }
        failures +=
            fmt::format("{}{}: {}", failures.empty() ? "" : "; ", addresses[i], error.message());
    }
    co_return failures.empty() ? "cut" : failures;
}

/// `limit` 0: the machine's deadline is limit enough.
asio::awaitable<error_code> SessionConnection::connect_within(tcp::endpoint endpoint,
                                                              core::DurationNs limit) {
    tcp::socket& socket = wire_->socket();
    error_code error;
    socket.close(error);
    socket.open(endpoint.protocol(), error);
    if (error) co_return error;
    const auto over = std::make_shared<bool>(false);
    if (limit > 0) {
        waiting_.expires_after(std::chrono::nanoseconds(limit));
        ++owner_->pending;
        waiting_.async_wait([self = shared_from_this(), over](error_code aborted) {
            // `over`: an expiry that crossed the connection's success on its way.
            if (!aborted && !*over && self->wire_) {
                error_code ignored;
                self->wire_->socket().close(ignored);
            }
            self->owner_->leave();
        });
    }
    std::tie(error) = co_await socket.async_connect(endpoint, as_value);
    *over = true;
    if (limit > 0) waiting_.cancel();
    if (error == asio::error::operation_aborted && !cut_) error = asio::error::timed_out;
    if (!error) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
    }
    if (!error && cut_) error = asio::error::operation_aborted;
    co_return error;
}

/// Ends whatever the try is waiting for; the try's coroutine clears up.
void SessionConnection::cut_wire() {
    cut_ = true;
    waiting_.cancel();
    if (!wire_) return;
    error_code ignored;
    wire_->socket().close(ignored);
}

// ---- what is asked for ----

std::vector<std::string> SessionConnection::subscription_frames() {
    const SessionSettings& settings = owner_->settings;
    std::vector<Subscription> wanted;
    std::vector<std::string> one_by_one;
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < settings.listings.size(); ++i) {
        const Listing& listing = settings.listings[i];
        if (owner_->refusals.is_refused(i)) continue;
        wanted.push_back({listing.symbol, listing.trades, listing.quotes});
        if (!owner_->asks_one_by_one) continue;
        std::ranges::move(frames_of({&wanted.back(), 1}), std::back_inserter(one_by_one));
        asked.resize(one_by_one.size(), i);
    }
    search_ = owner_->asks_one_by_one ? RefusalSearch(std::move(asked)) : RefusalSearch();
    return search_.is_active() ? one_by_one : frames_of(wanted);
}

std::vector<std::string> SessionConnection::frames_of(std::span<const Subscription> wanted) const {
    const SessionSettings& settings = owner_->settings;
    std::vector<std::string> frames = settings.venue->subscribe(wanted, owner_->clock.now());
    if (settings.venue->keyed_subscription != nullptr)
        for (std::string& frame : frames)
            frame = settings.venue->keyed_subscription(frame, settings.credentials);
    return frames;
}

}  // namespace contagiond::feeds
