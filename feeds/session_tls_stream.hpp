// TlsStream: a TlsPump and the socket it lives on, as a stream in Asio's sense. For session_wire
// only: it brings Asio along.
#pragma once

#include <openssl/err.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <string>
#include <utility>

#include "feeds/session_tls_pump.hpp"

namespace contagiond::feeds {

/// One thread. One read and one write may be pending at a time; they end when the socket is closed.
/// To be destroyed only when nothing is pending. What a read makes OpenSSL say, such as new keys on
/// demand, goes out with the next write.
class TlsStream {
  public:
    using Socket = boost::asio::ip::tcp::socket;
    using error_code = boost::system::error_code;
    using executor_type = Socket::executor_type;

    TlsStream(boost::asio::io_context& io, SSL_CTX* context) : socket_(io), pump_(context) {}

    executor_type get_executor() { return socket_.get_executor(); }
    Socket& next_layer() { return socket_; }
    const Socket& next_layer() const { return socket_; }
    SSL* native_handle() const { return pump_.ssl(); }

    boost::asio::awaitable<error_code> handshake() {
        for (;;) {
            const TlsPump::Step step = pump_.handshake();
            if (!pump_.outgoing().empty()) {
                // Of a failure the peer is told, if it listens.
                const auto [error, bytes] =
                    co_await boost::asio::async_write(socket_, records_to_send(), as_value);
                if (error && step != TlsPump::Step::failed) co_return error;
            }
            if (step != TlsPump::Step::wants_bytes) co_return outcome(step);
            if (const error_code error = co_await fill()) co_return error;
        }
    }

    /// Reads what has come already, as the pump does. Touches no socket.
    error_code read_now(boost::asio::mutable_buffer to, std::size_t& got, bool& wants_bytes) {
        const TlsPump::Step step = pump_.read({static_cast<char*>(to.data()), to.size()}, got);
        wants_bytes = step == TlsPump::Step::wants_bytes;
        return outcome(step);
    }
    /// Fetches more of what read_now() reads.
    boost::asio::awaitable<error_code> fill() {
        const auto [error, bytes] = co_await socket_.async_read_some(room(), as_value);
        co_return filled(error, bytes);
    }

    template <typename Buffers, typename Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_compose<Token, void(error_code, std::size_t)>(
            Reading{*this, first_of<boost::asio::mutable_buffer>(buffers)}, token, socket_);
    }

    template <typename Buffers, typename Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        // Few and small: requests, and frames of ours.
        plain_.clear();
        for (auto one = boost::asio::buffer_sequence_begin(buffers);
             one != boost::asio::buffer_sequence_end(buffers); ++one) {
            const boost::asio::const_buffer piece(*one);
            plain_.append(static_cast<const char*>(piece.data()), piece.size());
        }
        return boost::asio::async_compose<Token, void(error_code, std::size_t)>(
            Writing{*this, plain_.size()}, token, socket_);
    }

  private:
    static constexpr auto as_value = boost::asio::as_tuple(boost::asio::use_awaitable);

    struct Reading {
        TlsStream& stream;
        boost::asio::mutable_buffer to;
        bool asked = false;  ///< the socket
        bool over = false;   ///< without having asked it
        error_code outcome{};
        std::size_t got = 0;

        template <typename Self>
        void operator()(Self& self, error_code error = {}, std::size_t bytes = 0) {
            if (over) return self.complete(outcome, got);
            if (asked) {
                outcome = stream.filled(error, bytes);
                if (outcome) return self.complete(outcome, 0);
            }
            bool wants_bytes = false;
            outcome = stream.read_now(to, got, wants_bytes);
            // What came before an end goes first, and the end is met again.
            if (got > 0) outcome = {};
            if (got == 0 && wants_bytes) {
                asked = true;
                return stream.socket_.async_read_some(stream.room(), std::move(self));
            }
            if (asked) return self.complete(outcome, got);
            over = true;
            boost::asio::post(stream.get_executor(), std::move(self));
        }
    };

    struct Writing {
        TlsStream& stream;
        std::size_t size;
        bool begun = false;
        error_code outcome{};

        template <typename Self>
        void operator()(Self& self, error_code error = {}, std::size_t = 0) {
            if (begun) {
                if (!outcome) outcome = error;
                return self.complete(outcome, outcome ? 0 : size);
            }
            begun = true;
            outcome = stream.outcome(stream.pump_.write(stream.plain_));
            boost::asio::async_write(stream.socket_, stream.records_to_send(), std::move(self));
        }
    };

    template <typename Buffer, typename Buffers>
    static Buffer first_of(const Buffers& buffers) {
        for (auto one = boost::asio::buffer_sequence_begin(buffers);
             one != boost::asio::buffer_sequence_end(buffers); ++one)
            if (Buffer(*one).size() > 0) return *one;
        return {};
    }

    boost::asio::mutable_buffer room() {
        const auto room = pump_.room();
        return {room.data(), room.size()};
    }
    error_code filled(error_code error, std::size_t bytes) {
        // The peer did not say that it was the end.
        if (error == boost::asio::error::eof) return boost::asio::ssl::error::stream_truncated;
        if (!error) pump_.arrived(bytes);
        return error;
    }
    boost::asio::const_buffer records_to_send() {
        sending_.clear();
        std::swap(sending_, pump_.outgoing());
        return boost::asio::buffer(sending_);
    }
    error_code outcome(TlsPump::Step step) const {
        if (step == TlsPump::Step::ended) return boost::asio::error::eof;
        if (step != TlsPump::Step::failed) return {};
        if (pump_.error() == 0) return boost::asio::ssl::error::unexpected_result;
        return {static_cast<int>(pump_.error()), boost::asio::error::get_ssl_category()};
    }

    Socket socket_;
    TlsPump pump_;
    std::string plain_;    ///< on its way into records
    std::string sending_;  ///< records on their way
};

}  // namespace contagiond::feeds
