// TlsFront: speaks TLS to clients and passes what they say, in plain, to a server on loopback. So
// the demo's plain exchanges are met as venues are: over TLS, through somebody who can cut the
// line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/certificates.hpp"

namespace contagiond::test {

/// Accepts from construction to destruction, on a free port of 127.0.0.1 and a thread of its own.
/// All methods: any thread.
class TlsFront {
  public:
    /// `behind`: port of the plain server.
    explicit TlsFront(std::uint16_t behind, Certificate certificate = Certificate::valid);
    ~TlsFront();
    TlsFront(const TlsFront&) = delete;
    TlsFront& operator=(const TlsFront&) = delete;

    /// scheme://localhost:port + path.
    std::string url(std::string_view path, std::string_view scheme = "wss") const;

    /// Resets every connection that is open, and until `open_again` each that comes. Waits until it
    /// is done.
    void cut();
    void open_again();

    std::size_t accepted() const;  ///< connections so far, whatever became of them

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The port of ws://127.0.0.1:port/path.
std::uint16_t port_of(std::string_view url);

}  // namespace contagiond::test
