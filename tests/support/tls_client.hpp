// A TLS client that sends exactly the text it is told to, and tells why a handshake failed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/certificates.hpp"

namespace contagiond::test {

struct TlsClientSettings {
    std::string ca_file;   ///< empty: any certificate will do
    Identity identity;     ///< shown when the server asks; empty: none
    int version_most = 0;  ///< 11, 12, 13: the highest spoken; 0: all
};

/// Blocking, one thread; every wait ends after 10 s at the latest.
class TlsClient {
  public:
    /// Connects to 127.0.0.1 and shakes hands as localhost.
    explicit TlsClient(std::uint16_t port, const TlsClientSettings& settings = {});
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    bool connected() const;
    /// Of the handshake; empty where it went well.
    const std::string& problem() const;
    /// "TLSv1.3".
    std::string version() const;
    /// False when the peer has closed.
    bool send(std::string_view text);
    /// All that comes until `mark` has come or nothing does any more.
    const std::string& read_until(std::string_view mark);
    const std::string& read_all();
    /// Whether the peer said that it was done, before it closed.
    bool ended_well() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::test
