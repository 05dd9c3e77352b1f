// Wire: one connection, plain or over TLS, that becomes a WebSocket: from then on it carries bytes,
// which others make frames of. Beast and OpenSSL stay behind this header.
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
#include <string_view>

#include "feeds/frame_writer.hpp"
#include "feeds/session_machine.hpp"
#include "feeds/url.hpp"

namespace contagiond::feeds {

/// Takes what comes off the wire.
class WireReader {
  public:
    /// Room for the next bytes; never empty. Valid until on_bytes().
    virtual boost::asio::mutable_buffer room() = 0;
    /// So many bytes came, all that was there to be read or as much as there was room for. False:
    /// no more are wanted.
    virtual bool on_bytes(std::size_t bytes) = 0;

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
    /// The WebSocket upgrade, without extensions. Nothing if well; redirects are refusals. `behind`
    /// gets what was read behind the answer: the first frames.
    virtual boost::asio::awaitable<std::optional<Ending>> upgrade(const Url& url,
                                                                  std::string& behind) = 0;
    /// Reads until the connection ends or the reader wants no more, and tells why it did.
    virtual boost::asio::awaitable<Ending> read_all(WireReader& reader) = 0;
    /// Sends `bytes`. One at a time; they must live until `written`, which is called with whether
    /// all went well.
    virtual void write(std::string_view bytes, std::function<void(bool well)> written) = 0;
};

/// Unpredictable; absent if the system has no randomness to give.
std::optional<MaskKey> draw_mask_key();

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
