// A fake HTTP receiver on loopback: records what it is sent and answers from a script.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace contagiond::test {

struct Received {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
};

struct ScriptedReply {
    int status = 200;
    std::string body = "ok";
    std::vector<std::pair<std::string, std::string>> headers;
    bool stall = false;    ///< say nothing until the receiver stops
    bool hang_up = false;  ///< close without an answer
    std::string raw;       ///< sent as it is instead of the rest
};

/// Runs its own thread, one connection at a time, one request a connection. With TLS when a
/// certificate and key (PEM text) are given.
class HttpReceiver {
  public:
    /// Called on the receiver's thread with each request and its number, from 0.
    using Script = std::function<ScriptedReply(const Received&, std::size_t)>;

    /// Binds a free port of 127.0.0.1 and serves. Without a script every answer is 200.
    explicit HttpReceiver(Script script = {}, const std::string& certificate_pem = {},
                          const std::string& key_pem = {});
    ~HttpReceiver();
    HttpReceiver(const HttpReceiver&) = delete;
    HttpReceiver& operator=(const HttpReceiver&) = delete;

    std::uint16_t port() const;
    /// http:// or https://127.0.0.1:<port>/<path>
    std::string url(const std::string& path = "hook") const;

    /// All requests so far; any thread.
    std::vector<Received> received() const;
    std::size_t connections() const;  ///< accepted so far, also those that sent nothing
    /// Waits until there are `count` requests; false when patience has passed.
    bool wait_for(std::size_t count,
                  std::chrono::milliseconds patience = std::chrono::milliseconds(10'000)) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::test
