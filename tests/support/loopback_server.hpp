// LoopbackServer: a venue on loopback that follows a script written in protocol words. On a thread
// of its own; plain or TLS; Beast stays behind this header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/certificates.hpp"

namespace contagiond::test {

enum class StepKind : std::uint8_t {
    secure,
    accept,
    refuse,
    answer,
    expect,
    send,
    send_raw,
    send_binary,
    ping,
    hear,
    cork,
    uncork,
    await_go,
    stall,
    reset,
    close,
};

struct Step {
    StepKind kind;
    std::string text;
    int number = 0;
};

// The words of a script. A conversation that does not begin with one of the first four takes the
// TCP connection and says nothing.

/// TLS alone; the upgrade is left unanswered unless `accept` or `refuse` follows.
Step secure();
/// TLS if the server has a certificate, then the WebSocket upgrade; `header` is one more of the
/// answer's: "Name: value", or empty.
Step accept(std::string header = "");
/// TLS, then an HTTP status instead of the upgrade. `header`: "Retry-After: 7", or empty.
Step refuse(int http_status, std::string header = "");
/// TLS, then an HTTP answer to a request, of which method and host are noted among received().
Step answer(int http_status, std::string body);
/// Reads the client's next text frame, which must contain `part`; if not, that is a complaint and
/// the conversation ends.
Step expect(std::string part);
Step send(std::string text);
/// Bytes past the WebSocket layer: broken frames.
Step send_raw(std::string bytes);
Step send_binary(std::string bytes);
/// Sends a ping, not empty, and reads until the pong with the same payload is back. Until then the
/// client sends nothing but short frames.
Step ping(std::string payload);
/// Reads the client's next frame, a short one, past Beast: what comes is noted among received() as
/// kind and payload, "pong abc".
Step hear();
/// From `cork` to `uncork` what is sent is held back, and then goes in one segment.
Step cork();
Step uncork();
/// Waits for a LoopbackServer::go() that no other took; or for the `nth` of all, from 1 on, where
/// several conversations wait and each for its own.
Step await_go(int nth = 0);
/// From here on neither reads nor writes, and keeps the socket: half-open.
Step stall();
/// RST.
Step reset();
/// An orderly close.
Step close(int code, std::string reason = "");

/// After its last step a conversation keeps reading, and so answering pings, until the client goes.
using Conversation = std::vector<Step>;

/// Accepts from construction to destruction, on a free port of 127.0.0.1. The n-th connection gets
/// the n-th conversation, all further ones the last. All methods: any thread, never block for long.
class LoopbackServer {
  public:
    explicit LoopbackServer(std::vector<Conversation> script,
                            Certificate certificate = Certificate::none);
    /// Cuts what is open.
    ~LoopbackServer();
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;

    /// ws://127.0.0.1:port + path, or wss://localhost:port + path.
    std::string url(std::string_view path = "/") const;
    std::uint16_t port() const;

    /// Lets one `await_go` pass, now or when it is reached.
    void go();

    std::size_t accepted() const;                   ///< TCP connections so far
    std::size_t open() const;                       ///< conversations whose client has not gone yet
    std::size_t pongs() const;                      ///< received in answer to a `ping` step
    std::vector<std::string> received() const;      ///< text frames, in order of arrival
    std::vector<std::string> targets() const;       ///< request targets of the upgrades
    std::vector<std::string> server_names() const;  ///< SNI of the TLS handshakes; "" if none
    std::vector<std::string> complaints() const;    ///< expectations that were not met

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::test
