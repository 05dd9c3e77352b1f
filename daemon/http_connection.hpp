// One client of the HTTP server: its socket, its deadline and the bytes it has sent. Private to the
// server.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/sinks/stream_client.hpp"

namespace contagiond::daemon {

/// One client. All of it on the server's thread.
struct HttpConnection : std::enable_shared_from_this<HttpConnection> {
    enum class Phase { waiting, reading, answering, streaming, closing };

    explicit HttpConnection(boost::asio::ip::tcp::socket s)
        : socket(std::move(s)), timer(socket.get_executor()), wake_timer(socket.get_executor()) {}

    boost::asio::ip::tcp::socket socket;
    boost::asio::steady_timer timer;  ///< the deadline of the present phase
    boost::asio::steady_timer wake_timer;
    boost::asio::ip::address peer;
    std::string local_address;
    std::string in;  ///< received and not yet used
    Phase phase = Phase::reading;
    bool timed_out = false;
    bool gone = false;  ///< the reader of a stream has closed
    std::atomic<bool> wake_posted{false};
    std::shared_ptr<sinks::StreamClient> stream;

    /// Ends whatever is pending once the time is up, unless set anew before.
    void expire_after(std::chrono::milliseconds time) {
        const std::uint64_t mine = ++generation_;
        timer.expires_after(time);
        timer.async_wait([weak = weak_from_this(), mine](boost::system::error_code) {
            const auto self = weak.lock();
            if (!self || self->generation_ != mine) return;
            self->timed_out = true;
            boost::system::error_code ignored;
            self->socket.cancel(ignored);
        });
    }
    void no_deadline() {
        ++generation_;
        timer.cancel();
    }
    void close() {
        no_deadline();
        wake_timer.cancel();
        gone = true;
        boost::system::error_code ignored;
        socket.close(ignored);
    }

  private:
    std::uint64_t generation_ = 0;
};

}  // namespace contagiond::daemon
