#include "daemon/demo/exchanges.hpp"

#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <deque>
#include <future>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "daemon/demo/dialect.hpp"

namespace contagiond::demo {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

/// How often the market moves. At the demo's usual speed this is a third of a market second: a few
/// prints a wake-up.
constexpr std::chrono::milliseconds step_interval{5};
constexpr std::chrono::seconds beat_interval{1};
constexpr std::chrono::seconds handshake_timeout{10};
/// A client that lets this much pile up is not reading: it is cut off, as the venues do.
constexpr std::size_t queued_bytes_max = 4 * 1024 * 1024;
constexpr std::size_t client_frame_bytes_max = 16 * 1024;
constexpr int send_buffer_bytes = 256 * 1024;

/// One venue's exchange. Exchanges' thread only.
struct Floor {
    const Dialect& dialect;
    House house;
    std::size_t pings = 0;  ///< answered to clients that are gone
    bool behind_tls = false;
};

/// One connection. Exchanges' thread only; kept alive by the operations that are pending on it.
class Client : public std::enable_shared_from_this<Client> {
  public:
    Client(tcp::socket socket, Floor& floor) : floor_(floor), ws_(std::move(socket)) {}
    ~Client() {
        if (conversation_) floor_.pings += conversation_->pings();
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    const Floor& floor() const { return floor_; }
    Conversation& conversation() { return *conversation_; }

    /// Upgrade, then the client's frames until it is gone. `ready` is called once upgraded.
    template <typename Ready>
    asio::awaitable<void> serve(Ready ready) {
        error_code error;
        beast::flat_buffer buffer(client_frame_bytes_max);
        http::request<http::empty_body> request;
        auto& stream = beast::get_lowest_layer(ws_);
        stream.expires_after(handshake_timeout);
        co_await http::async_read(stream, buffer, request, completion(error));
        if (error) co_return;
        const std::string target(request.target());
        if (!websocket::is_upgrade(request)) {
            co_await answer(request);
            co_return;
        }
        Door door = floor_.dialect.open(target, floor_.house);
        if (!door.conversation) {
            co_await reply(request.version(), door.refused, "text/plain", "not here, or not you\n");
            co_return;
        }
        conversation_ = std::move(door.conversation);
        stream.expires_never();
        ws_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
        ws_.read_message_max(client_frame_bytes_max);
        ws_.text(true);
        ws_.auto_fragment(false);  // the venues send each message in one frame
        co_await ws_.async_accept(request, completion(error));
        if (error) co_return;
        conversation_->opened(pending_);
        send_pending();
        ready();
        while (!closed_) {
            buffer.clear();
            // Pings are answered while this waits.
            co_await ws_.async_read(buffer, completion(error));
            if (error) co_return;
            const auto bytes = buffer.cdata();
            conversation_->received({static_cast<const char*>(bytes.data()), bytes.size()},
                                    pending_);
            send_pending();
        }
    }

    void print(const Print& print) { conversation_->print(print, pending_); }
    void beat() {
        conversation_->beat(pending_);
        send_pending();
    }
    void say(const Frames& frames) {
        pending_.insert(pending_.end(), frames.begin(), frames.end());
        send_pending();
    }
    void leave() {
        conversation_->leaving(pending_);
        leaving_ = true;
        send_pending();
    }

    /// Hands on what print() gave.
    void flush() {
        conversation_->flush(pending_);
        send_pending();
    }

    /// At once and without a closing handshake: a client that does not read would not hear it.
    void close() {
        closed_ = true;
        error_code ignored;
        beast::get_lowest_layer(ws_).socket().close(ignored);
    }

  private:
    static auto completion(error_code& error) {
        return asio::redirect_error(asio::use_awaitable, error);
    }

    /// To a request that wants no WebSocket.
    asio::awaitable<void> answer(const http::request<http::empty_body>& request) {
        std::string body;
        if (floor_.dialect.answer != nullptr && request.method() == http::verb::post)
            body = floor_.dialect.answer(std::string(request.target()),
                                         fmt::format("{}://{}/", floor_.behind_tls ? "wss" : "ws",
                                                     std::string(request[http::field::host])));
        if (!body.empty())
            co_await reply(request.version(), 200, "application/json", body);
        else
            co_await reply(request.version(), 426, "text/plain", "a WebSocket is spoken here\n");
    }

    asio::awaitable<void> reply(unsigned version, unsigned status, std::string_view type,
                                std::string body) {
        http::response<http::string_body> response(static_cast<http::status>(status), version);
        response.set(http::field::content_type,
                     boost::beast::string_view(type.data(), type.size()));
        response.body() = std::move(body);
        response.keep_alive(false);
        response.prepare_payload();
        error_code ignored;
        co_await http::async_write(beast::get_lowest_layer(ws_), response, completion(ignored));
    }

    void send_pending() {
        for (std::string& frame : pending_) {
            queued_bytes_ += frame.size();
            queue_.push_back(std::move(frame));
        }
        pending_.clear();
        if (closed_) return;
        if (queued_bytes_ > queued_bytes_max) return close();
        if (!writing_) write_next();
    }

    void write_next() {
        if (queue_.empty()) {
            if (leaving_ || conversation_->hangs_up()) hang_up();
            return;
        }
        writing_ = true;
        ws_.async_write(asio::buffer(queue_.front()),
                        [self = shared_from_this()](error_code error, std::size_t) {
                            self->writing_ = false;
                            if (error) return self->close();
                            self->queued_bytes_ -= self->queue_.front().size();
                            self->queue_.pop_front();
                            if (!self->closed_) self->write_next();
                        });
    }

    /// All is said.
    void hang_up() {
        if (std::exchange(hung_up_, true)) return;
        ws_.async_close(static_cast<websocket::close_code>(floor_.dialect.close_code),
                        [self = shared_from_this()](error_code) { self->close(); });
    }

    Floor& floor_;
    websocket::stream<beast::tcp_stream> ws_;
    std::unique_ptr<Conversation> conversation_;
    Frames pending_;                 ///< said, not yet queued
    std::deque<std::string> queue_;  ///< the front is being written
    std::size_t queued_bytes_ = 0;
    bool writing_ = false;
    bool leaving_ = false;  ///< hang up once the queue is empty
    bool hung_up_ = false;
    bool closed_ = false;
};

}  // namespace

struct Exchanges::Impl {
    Impl(Market& m, const core::Clock& c, ExchangeSettings s)
        : market(m), clock(c), settings(std::move(s)) {}

    std::uint16_t listen(Floor& floor) {
        acceptors.emplace_back(io);
        tcp::acceptor& acceptor = acceptors.back();
        error_code error;
        const tcp::endpoint any_port(asio::ip::address_v4::loopback(), 0);
        acceptor.open(any_port.protocol(), error);
        if (!error) acceptor.bind(any_port, error);
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (error)
            throw std::runtime_error(
                fmt::format("a demo exchange cannot listen on 127.0.0.1: {}", error.message()));
        asio::co_spawn(io, accept(acceptor, floor), asio::detached);
        return acceptor.local_endpoint().port();
    }

    asio::awaitable<void> accept(tcp::acceptor& acceptor, Floor& floor) {
        while (!stopping) {
            error_code error;
            tcp::socket socket =
                co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
            if (stopping) co_return;
            if (error) {
                // Out of descriptors, say: the next attempt may fare better, but not at once.
                asio::steady_timer pause(io, std::chrono::milliseconds(100));
                co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
                continue;
            }
            socket.set_option(tcp::no_delay(true), error);
            socket.set_option(asio::socket_base::send_buffer_size(send_buffer_bytes), error);
            asio::co_spawn(io, serve(std::make_shared<Client>(std::move(socket), floor)),
                           asio::detached);
        }
    }

    asio::awaitable<void> serve(std::shared_ptr<Client> client) {
        connected.insert(client);
        try {
            co_await client->serve([&] { open.insert(client); });
        } catch (const std::exception&) {
            // Whatever a client said, it ends no conversation but its own.
        }
        client->close();
        open.erase(client);
        connected.erase(client);
    }

    asio::awaitable<void> play() {
        asio::steady_timer timer(io);
        while (!stopping) {
            step();
            error_code error;
            timer.expires_after(step_interval);
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
        }
    }

    void step() {
        const auto prints = market.advance(clock.now());
        if (prints.empty()) return;
        for (const Print& print : prints) {
            Floor& floor = floors.at(print.venue);
            floor.house.tape.note(print);
            for (const auto& client : open)
                if (&client->floor() == &floor) client->print(print);
        }
        for (const auto& client : open) client->flush();
    }

    asio::awaitable<void> beat() {
        while (!stopping) {
            error_code error;
            beats.expires_after(beat_interval);
            co_await beats.async_wait(asio::redirect_error(asio::use_awaitable, error));
            if (error) co_return;
            for (const auto& client : open) client->beat();
        }
    }

    /// Runs `act` on the exchanges' thread and waits for it.
    template <typename Act>
    auto direct(Act act) {
        std::packaged_task<decltype(act())()> task(std::move(act));
        auto done = task.get_future();
        asio::post(io, [&task] { task(); });
        return done.get();
    }
    template <typename Act>
    void with_clients_of(std::string_view venue, Act act) {
        direct([&] {
            const auto clients = open;  // whoever hangs up leaves the set
            for (const auto& client : clients)
                if (client->floor().dialect.venue == venue) act(*client);
        });
    }

    Market& market;
    const core::Clock& clock;
    const ExchangeSettings settings;
    std::map<std::string_view, Floor> floors;  ///< by venue; outlives all clients
    asio::io_context io{1};
    asio::steady_timer beats{io};
    std::deque<tcp::acceptor> acceptors;
    std::set<std::shared_ptr<Client>> connected;
    std::set<std::shared_ptr<Client>> open;  ///< of these, the upgraded
    bool stopping = false;                   ///< exchanges' thread only
    std::thread thread;
};

Exchanges::Exchanges(Market& market, const core::Clock& clock, ExchangeSettings settings)
    : impl_(std::make_unique<Impl>(market, clock, std::move(settings))) {}

Exchanges::~Exchanges() {
    stop();
}

Endpoints Exchanges::start() {
    Endpoints endpoints;
    const ExchangeSettings& settings = impl_->settings;
    for (const Listing& listing : impl_->market.listings()) {
        if (impl_->floors.contains(listing.venue)) continue;
        const Dialect* const dialect = find_dialect(listing.venue);
        if (dialect == nullptr)
            throw std::runtime_error(fmt::format("nobody here speaks as {}", listing.venue));
        House house{{}, settings.key, settings.secret, settings.also_listed};
        Floor& floor =
            impl_->floors
                .emplace(dialect->venue, Floor{*dialect, std::move(house), 0, settings.behind_tls})
                .first->second;
        endpoints.emplace(dialect->venue,
                          fmt::format("ws://127.0.0.1:{}{}", impl_->listen(floor), dialect->path));
    }
    // The opening prints are on the tapes before any client asks for them.
    asio::co_spawn(impl_->io, impl_->play(), asio::detached);
    asio::co_spawn(impl_->io, impl_->beat(), asio::detached);
    impl_->thread = std::thread([impl = impl_.get()] { impl->io.run(); });
    return endpoints;
}

void Exchanges::stop() {
    if (!impl_->thread.joinable()) return;
    asio::post(impl_->io, [impl = impl_.get()] {
        impl->stopping = true;
        impl->beats.cancel();
        error_code ignored;
        for (tcp::acceptor& acceptor : impl->acceptors) acceptor.close(ignored);
        for (const auto& client : impl->connected) client->close();
    });
    // Nothing is pending after that but the last 5 ms of the market's timer.
    impl_->thread.join();
}

std::vector<Streams> Exchanges::streams(std::string_view venue) {
    std::vector<Streams> all;
    impl_->with_clients_of(
        venue, [&all](Client& client) { all.push_back(client.conversation().streams()); });
    return all;
}

std::size_t Exchanges::pings(std::string_view venue) {
    return impl_->direct([this, venue] {
        std::size_t sum = impl_->floors.at(venue).pings;
        for (const auto& client : impl_->open)
            if (client->floor().dialect.venue == venue) sum += client->conversation().pings();
        return sum;
    });
}

void Exchanges::say(std::string_view venue, const std::vector<std::string>& frames) {
    impl_->with_clients_of(venue, [&frames](Client& client) { client.say(frames); });
}

void Exchanges::beat(std::string_view venue) {
    impl_->with_clients_of(venue, [](Client& client) { client.beat(); });
}

void Exchanges::leave(std::string_view venue) {
    impl_->with_clients_of(venue, [](Client& client) { client.leave(); });
}

void Exchanges::catch_up() {
    impl_->direct([this] { impl_->step(); });
}

}  // namespace contagiond::demo
