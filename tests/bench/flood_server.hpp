// A venue that floods one client with trades, over TCP or TLS, from plain sockets: it shares no
// code with what is measured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace contagiond::bench {

/// A stream of trades as Binance words them, ids from 1 on, each a frame of its own.
class Flood {
  public:
    explicit Flood(std::size_t messages);
    std::size_t messages() const { return messages_; }
    const std::string& bytes() const { return bytes_; }
    /// Bytes of a frame, header included; all are alike.
    std::size_t frame_bytes() const { return bytes_.size() / messages_; }
    std::uint64_t sum_of_ids() const { return sum_of_ids_; }
    /// The id of a message of a flood, which always stands at the same place.
    static std::uint64_t id_in(std::string_view message);

  private:
    std::size_t messages_;
    std::string bytes_;
    std::uint64_t sum_of_ids_ = 0;
};

enum class Carrier : std::uint8_t {
    plain,
    tls,           ///< each message in a record of its own, as venues send what happens now
    tls_gathered,  ///< as many messages in a record as go in
};

/// Takes one connection on 127.0.0.1, upgrades it, waits for the client's first frame, answers with
/// an acknowledgement and then what it is made to send.
class FloodServer {
  public:
    /// Sends bytes now. False: the client is gone.
    using Send = std::function<bool(std::string_view bytes)>;

    /// The whole flood, as fast as it goes. `flood` must outlive the server.
    FloodServer(const Flood& flood, Carrier carrier);
    /// Whatever `talk` sends, on the server's thread.
    FloodServer(std::function<void(const Send&)> talk, Carrier carrier);
    /// Waits until the client is gone.
    ~FloodServer();
    FloodServer(const FloodServer&) = delete;
    FloodServer& operator=(const FloodServer&) = delete;

    std::uint16_t port() const { return port_; }
    std::string url() const;

  private:
    void serve();

    const std::function<void(const Send&)> talk_;
    const Carrier carrier_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace contagiond::bench
