// A TCP client that sends exactly the bytes it is told to, and waits with a deadline.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace contagiond::test {

/// Blocking, one thread. Every wait ends after `patience` at the latest.
class RawClient {
  public:
    /// Connects to 127.0.0.1. `receive_buffer` limits the kernel's buffer where it is not 0; `from`
    /// is the loopback address to come from.
    explicit RawClient(std::uint16_t port, int receive_buffer = 0,
                       const std::string& from = "127.0.0.1");
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    bool connected() const { return fd_ >= 0; }
    /// False when the peer has closed.
    bool send(std::string_view bytes);
    void half_close();

    /// Reads until `done(received so far)` holds, the peer closes or patience ends; answers all
    /// that was received since the last call of take().
    const std::string& read_until(const std::function<bool(const std::string&)>& done);
    const std::string& read_until(std::string_view text);
    /// Reads until the peer closes.
    const std::string& read_all();
    /// One whole answer with a Content-Length, cut off from what is behind it. `no_body` for HEAD.
    std::string read_response(bool no_body = false);
    bool closed_by_peer() const { return closed_; }

    std::chrono::milliseconds patience{10'000};

  private:
    int fd_ = -1;
    bool closed_ = false;
    std::string received_;
};

/// Status of an answer, 0 if there is none.
int status_of(std::string_view response);
/// Value of a header field, empty if absent; `name` as the server writes it.
std::string field_of(std::string_view response, std::string_view name);
std::string body_of(std::string_view response);

/// GET with Connection: close; the whole answer.
std::string http_get(std::uint16_t port, const std::string& target);

/// Polls until `condition` holds; false when `patience` has passed.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds patience = std::chrono::milliseconds(10'000));

}  // namespace contagiond::test
