// TlsPump: the client's side of TLS between two heaps of bytes. What came off a socket goes in,
// what is to be sent comes out; no socket, no clock, no thread.
//
// OpenSSL is handed one record at a time. Without reading ahead it asks twice for each, for its
// header and for the rest; reading ahead, it would move all that lies behind a record whenever it
// takes one: with a hundred small records in a read, as venues send them, that costs as much as the
// decryption.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace contagiond::feeds {

/// Of one connection. One thread; never blocks. Allocates when it is made, while it shakes hands,
/// and for what is sent.
class TlsPump {
  public:
    enum class Step : unsigned char {
        done,
        wants_bytes,  ///< nothing more can be done before more bytes are there
        ended,        ///< the peer said that it sends no more
        failed,       ///< see error()
    };

    /// `context` is held on to. What verifies the peer is set on ssl(), before the handshake.
    explicit TlsPump(SSL_CTX* context);
    TlsPump(const TlsPump&) = delete;
    TlsPump& operator=(const TlsPump&) = delete;

    SSL* ssl() const { return ssl_.get(); }

    /// Room for the next bytes off the socket; never empty when a step wants bytes, which is when
    /// to ask. Valid until arrived().
    std::span<char> room();
    void arrived(std::size_t bytes) { end_ += bytes; }

    Step handshake();
    /// Takes what records hold that have come whole, as much as there is room for: `got` bytes,
    /// whatever the step. Done: there may be more.
    Step read(std::span<char> to, std::size_t& got);
    /// All of it, as records to be sent. Done or failed.
    Step write(std::string_view bytes);

    /// Appended to by each step, to be sent in this order; whoever sends it clears it.
    std::string& outgoing() { return outgoing_; }

    /// OpenSSL's code of the failure; 0 where it has none.
    unsigned long error() const { return error_; }

  private:
    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    static const BIO_METHOD* method();
    static int give(BIO* bio, char* to, int size);
    static int take(BIO* bio, const char* from, int size);
    Step why(int result);

    std::vector<char> arrived_;
    std::size_t begin_ = 0;  ///< of what OpenSSL has not taken yet
    std::size_t end_ = 0;
    std::size_t record_left_ = 0;  ///< bytes that the record OpenSSL is at still has
    std::string outgoing_;
    unsigned long error_ = 0;
    std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace contagiond::feeds
