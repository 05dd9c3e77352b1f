// Wire: one WebSocket connection, plain or over TLS, as the session's coroutine uses it. Beast and
// OpenSSL stay behind this header.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "feeds/session_machine.hpp"
#include "feeds/url.hpp"

namespace contagiond::feeds {

/// Takes what comes off the wire.
class WireReader {
  public:
    /// Room for the next bytes of the message; never empty. Valid until on_bytes().
    virtual boost::asio::mutable_buffer room() = 0;
    virtual void on_bytes(std::size_t bytes, bool message_done, bool binary) = 0;
    /// A ping, pong or close came; it is answered without further ado.
    virtual void on_control_frame() = 0;

  protected:
    ~WireReader() = default;
};

/// One thread. Nothing here has a deadline: closing socket() ends whatever is pending. To be
/// destroyed only when nothing is pending: a TLS stream that is destroyed, or shut down, under a
/// pending operation is what crashes.
class Wire {
  public:
    virtual ~Wire() = default;

    virtual boost::asio::ip::tcp::socket& socket() = 0;
    /// TLS, with SNI, and with chain and host verified. Nothing if well; else which check failed.
    virtual boost::asio::awaitable<std::optional<Ending>> secure(const std::string& host) = 0;
    /// Of the peer's own certificate, in seconds since the epoch; 0 before secure() went well.
    virtual double ts_certificate_end() const = 0;
    /// POSTs nothing to `url` and takes the answer's body, in place of an upgrade. Nothing if well;
    /// redirects are refusals, and so is a body of more than answer_bytes_max.
    virtual boost::asio::awaitable<std::optional<Ending>> ask(const Url& url,
                                                              std::string& body) = 0;
    /// The WebSocket upgrade. Nothing if well; redirects are refusals.
    virtual boost::asio::awaitable<std::optional<Ending>> upgrade(const Url& url) = 0;
    /// Reads until the connection ends, and tells why it did. A message is cut off by closing the
    /// connection beyond `message_bytes_endless`.
    virtual boost::asio::awaitable<Ending> read_all(WireReader& reader) = 0;
    /// Sends a text frame, or a ping if `text` is empty. One at a time; `text` must live until
    /// `written`, which is called with whether all went well.
    virtual void write(const std::string& text, std::function<void(bool well)> written) = 0;
};

/// Beyond this a message is not even read to its end.
inline constexpr std::size_t message_bytes_endless = std::size_t{16} << 20;

/// Most that the answer to a question may have.
inline constexpr std::size_t answer_bytes_max = std::size_t{64} << 10;

/// A peer's words, short enough for a log line.
std::string quoted(std::string_view words);

/// Makes wires: plain, or TLS with one set of trusted certificates.
class WireFactory {
  public:
    /// `tls`: some wire will need it. `ca_file` empty: the system's certificates. Throws
    /// std::runtime_error if it cannot be read.
    WireFactory(boost::asio::io_context& io, bool tls, const std::string& ca_file);
    ~WireFactory();
    WireFactory(WireFactory&&) noexcept;
    std::unique_ptr<Wire> make(bool tls);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::feeds
