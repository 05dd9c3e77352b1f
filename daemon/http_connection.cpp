#include "daemon/http_connection.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

// g++ 12 loses sight of Asio's coroutine frames: they are allocated and freed by the same pair.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace contagiond::daemon {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds goodbye_time{1'000};
constexpr std::size_t goodbye_bytes = 256 * 1024;
constexpr std::string_view plain_to_tls =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 33\r\n"
    "Connection: close\r\n\r\nthis port speaks HTTPS, not HTTP\n";

asio::redirect_error_t<asio::use_awaitable_t<>> into_error(error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

}  // namespace

HttpConnection::HttpConnection(tcp::socket s, std::shared_ptr<asio::ssl::context> tls_context)
    : socket(std::move(s)),
      timer(socket.get_executor()),
      wake_timer(socket.get_executor()),
      context_(std::move(tls_context)) {
    if (context_) tls_ = std::make_unique<asio::ssl::stream<tcp::socket&>>(socket, *context_);
}

HttpConnection::~HttpConnection() = default;

asio::awaitable<bool> HttpConnection::shake_hands() {
    error_code error;
    co_await tls_->async_handshake(asio::ssl::stream_base::server, into_error(error));
    if (!error && !timed_out) co_return true;
    if (error.category() == asio::error::get_ssl_category() &&
        ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST) {
        co_await asio::async_write(socket, asio::buffer(plain_to_tls), into_error(error));
        tls_.reset();
        co_await say_goodbye();
    }
    co_return false;
}

asio::awaitable<std::size_t> HttpConnection::read_some(asio::mutable_buffer into,
                                                       error_code& error) {
    if (tls_) co_return co_await tls_->async_read_some(into, into_error(error));
    co_return co_await socket.async_read_some(into, into_error(error));
}

asio::awaitable<std::size_t> HttpConnection::write_some(std::string_view text, error_code& error) {
    const auto buffer = asio::buffer(text.data(), text.size());
    if (tls_) co_return co_await tls_->async_write_some(buffer, into_error(error));
    co_return co_await socket.async_write_some(buffer, into_error(error));
}

void HttpConnection::on_read(asio::mutable_buffer into,
                             std::function<void(error_code, std::size_t)> done) {
    if (tls_)
        tls_->async_read_some(into, std::move(done));
    else
        socket.async_read_some(into, std::move(done));
}

asio::awaitable<void> HttpConnection::say_goodbye() {
    phase = Phase::closing;
    timed_out = false;
    expire_after(goodbye_time);
    error_code error;
    // Without it a reader could not tell the end from a line that was cut.
    if (tls_) co_await tls_->async_shutdown(into_error(error));
    error.clear();
    socket.shutdown(tcp::socket::shutdown_send, error);
    std::array<char, 4096> block;
    for (std::size_t total = 0; !error && !timed_out && total < goodbye_bytes;)
        total += co_await socket.async_read_some(asio::buffer(block), into_error(error));
}

void HttpConnection::expire_after(std::chrono::milliseconds time) {
    const std::uint64_t mine = ++generation_;
    timer.expires_after(time);
    timer.async_wait([weak = weak_from_this(), mine](error_code) {
        const auto self = weak.lock();
        if (!self || self->generation_ != mine) return;
        self->timed_out = true;
        error_code ignored;
        self->socket.cancel(ignored);
    });
}

void HttpConnection::no_deadline() {
    ++generation_;
    timer.cancel();
}

void HttpConnection::close() {
    no_deadline();
    wake_timer.cancel();
    gone = true;
    error_code ignored;
    socket.close(ignored);
}

}  // namespace contagiond::daemon
