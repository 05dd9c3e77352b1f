#include "daemon/demo/exchanges.hpp"

#include <fmt/format.h>

#include <array>
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
#include <set>
#include <stdexcept>
#include <thread>

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
constexpr std::chrono::seconds handshake_timeout{10};
/// A client that lets this much pile up is not reading: it is cut off, as the venues do.
constexpr std::size_t queued_bytes_max = 4 * 1024 * 1024;
constexpr std::size_t client_frame_bytes_max = 16 * 1024;
constexpr int send_buffer_bytes = 256 * 1024;

/// One connection. Exchanges' thread only; kept alive by the operations that are pending on it.
class Client : public std::enable_shared_from_this<Client> {
  public:
    Client(tcp::socket socket, Exchange exchange) : exchange_(exchange), ws_(std::move(socket)) {}

    Exchange exchange() const { return exchange_; }

    /// Upgrade, then the client's frames until it is gone. `ready` is called once upgraded.
    template <typename Ready>
    asio::awaitable<void> serve(const Tape& tape, Ready ready) {
        error_code error;
        beast::flat_buffer buffer(client_frame_bytes_max);
        http::request<http::empty_body> request;
        auto& stream = beast::get_lowest_layer(ws_);
        stream.expires_after(handshake_timeout);
        co_await http::async_read(stream, buffer, request, completion(error));
        if (error) co_return;
        const std::string target(request.target());
        conversation_ = open_conversation(exchange_, target, tape);
        if (!conversation_ || !websocket::is_upgrade(request)) {
            co_await refuse(request.version());
            co_return;
        }
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

    asio::awaitable<void> refuse(unsigned version) {
        http::response<http::string_body> response(
            conversation_ ? http::status::upgrade_required : http::status::not_found, version);
        response.set(http::field::content_type, "text/plain");
        response.body() = conversation_ ? "a WebSocket is spoken here\n" : "no such path\n";
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
        if (closed_ || queue_.empty()) return;
        if (queued_bytes_ > queued_bytes_max) return close();
        if (!writing_) write_next();
    }

    void write_next() {
        writing_ = true;
        ws_.async_write(asio::buffer(queue_.front()),
                        [self = shared_from_this()](error_code error, std::size_t) {
                            self->writing_ = false;
                            if (error) return self->close();
                            self->queued_bytes_ -= self->queue_.front().size();
                            self->queue_.pop_front();
                            if (!self->closed_ && !self->queue_.empty()) self->write_next();
                        });
    }

    const Exchange exchange_;
    websocket::stream<beast::tcp_stream> ws_;
    std::unique_ptr<Conversation> conversation_;
    Frames pending_;                 ///< said, not yet queued
    std::deque<std::string> queue_;  ///< the front is being written
    std::size_t queued_bytes_ = 0;
    bool writing_ = false;
    bool closed_ = false;
};

}  // namespace

struct Exchanges::Impl {
    Impl(Market& m, const core::Clock& c) : market(m), clock(c) {}

    std::uint16_t listen(Exchange exchange) {
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
        asio::co_spawn(io, accept(acceptor, exchange), asio::detached);
        return acceptor.local_endpoint().port();
    }

    asio::awaitable<void> accept(tcp::acceptor& acceptor, Exchange exchange) {
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
            asio::co_spawn(io, serve(std::make_shared<Client>(std::move(socket), exchange)),
                           asio::detached);
        }
    }

    asio::awaitable<void> serve(std::shared_ptr<Client> client) {
        connected.insert(client);
        try {
            co_await client->serve(tapes[static_cast<std::size_t>(client->exchange())],
                                   [&] { open.insert(client); });
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
            tapes[static_cast<std::size_t>(print.exchange)].note(print);
            for (const auto& client : open)
                if (client->exchange() == print.exchange) client->print(print);
        }
        for (const auto& client : open) client->flush();
    }

    Market& market;
    const core::Clock& clock;
    asio::io_context io{1};
    std::deque<tcp::acceptor> acceptors;
    std::array<Tape, exchange_count> tapes;
    std::set<std::shared_ptr<Client>> connected;
    std::set<std::shared_ptr<Client>> open;  ///< of these, the upgraded
    bool stopping = false;                   ///< exchanges' thread only
    std::thread thread;
};

Exchanges::Exchanges(Market& market, const core::Clock& clock)
    : impl_(std::make_unique<Impl>(market, clock)) {}

Exchanges::~Exchanges() {
    stop();
}

Endpoints Exchanges::start() {
    Endpoints endpoints;
    const auto url = [&](Exchange exchange, std::string_view path) {
        return fmt::format("ws://127.0.0.1:{}{}", impl_->listen(exchange), path);
    };
    // The opening prints are on the tapes before any client asks for them.
    asio::co_spawn(impl_->io, impl_->play(), asio::detached);
    endpoints.binance_spot = url(Exchange::binance_spot, "/stream");
    endpoints.coinbase_exchange = url(Exchange::coinbase_exchange, "/");
    endpoints.alpaca = url(Exchange::alpaca, "/v2/iex");
    impl_->thread = std::thread([impl = impl_.get()] { impl->io.run(); });
    return endpoints;
}

void Exchanges::stop() {
    if (!impl_->thread.joinable()) return;
    asio::post(impl_->io, [impl = impl_.get()] {
        impl->stopping = true;
        error_code ignored;
        for (tcp::acceptor& acceptor : impl->acceptors) acceptor.close(ignored);
        for (const auto& client : impl->connected) client->close();
    });
    // Nothing is pending after that but the last 5 ms of the market's timer.
    impl_->thread.join();
}

}  // namespace contagiond::demo
