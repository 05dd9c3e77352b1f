// A venue's side of one plain connection on 127.0.0.1, with blocking calls, without a thread.
#pragma once

#include <cstdint>
#include <string>

namespace contagiond::bench {

/// Throws std::runtime_error where the system refuses. One thread.
class VenueLine {
  public:
    VenueLine();
    ~VenueLine();
    VenueLine(const VenueLine&) = delete;
    VenueLine& operator=(const VenueLine&) = delete;

    std::string url() const;
    /// A socket connected to it, the caller's; accept() is to follow.
    int connect() const;
    void accept();
    /// Takes a connection, upgrades it, waits for the first request and acknowledges it.
    void greet();
    void send(const std::string& bytes) const;

  private:
    int listener_ = -1;
    int socket_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace contagiond::bench
