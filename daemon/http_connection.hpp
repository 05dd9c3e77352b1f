// One client of the HTTP server: its socket, plain or under TLS, its deadline and the bytes it has
// sent. Private to the server.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/sinks/stream_client.hpp"

namespace boost::asio::ssl {
class context;
template <typename>
class stream;
}  // namespace boost::asio::ssl

namespace contagiond::daemon {

/// One client. All of it on the server's thread. Whether there is TLS matters to nobody else: what
/// is read and written here is plain text.
struct HttpConnection : std::enable_shared_from_this<HttpConnection> {
    enum class Phase { waiting, reading, answering, streaming, closing };

    /// `tls_context` null: plain.
    HttpConnection(boost::asio::ip::tcp::socket s,
                   std::shared_ptr<boost::asio::ssl::context> tls_context);
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    boost::asio::ip::tcp::socket socket;
    boost::asio::steady_timer timer;  ///< the deadline of the present phase
    boost::asio::steady_timer wake_timer;
    boost::asio::ip::address peer;
    std::string local_address;
    std::string in;  ///< received and not yet used
    Phase phase = Phase::reading;
    bool timed_out = false;
    bool gone = false;  ///< closed, by either side
    std::atomic<bool> wake_posted{false};
    std::shared_ptr<sinks::StreamClient> stream;

    bool is_tls() const { return tls_ != nullptr; }
    /// Before anything else where there is TLS. False where it failed; a client that speaks plain
    /// HTTP has then been told so.
    boost::asio::awaitable<bool> shake_hands();
    boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer into,
                                                  boost::system::error_code& error);
    /// At least a byte, or an error.
    boost::asio::awaitable<std::size_t> write_some(std::string_view text,
                                                   boost::system::error_code& error);
    /// As read_some, beside a write that is under way.
    void on_read(boost::asio::mutable_buffer into,
                 std::function<void(boost::system::error_code, std::size_t)> done);
    /// Says that nothing more comes, and gives the peer a moment to take what was sent: closing
    /// with unread bytes would reset the connection and take the answer with it.
    boost::asio::awaitable<void> say_goodbye();

    /// Ends whatever is pending once the time is up, unless set anew before.
    void expire_after(std::chrono::milliseconds time);
    void no_deadline();
    void close();

  private:
    std::shared_ptr<boost::asio::ssl::context> context_;  ///< outlives a reload
    std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
    std::uint64_t generation_ = 0;
};

}  // namespace contagiond::daemon
