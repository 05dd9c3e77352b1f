// A WebSocket client of a few lines on plain sockets: a witness that shares no code with the
// server.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace contagiond::test {

/// Blocks, but never beyond its deadline: what does not come within it is absent.
class RawWebSocket {
  public:
    static constexpr std::chrono::seconds deadline{10};

    struct Frame {
        int opcode = 0;
        std::string payload;
    };

    /// Connects and upgrades; `url` is ws://127.0.0.1:port/target. Throws on refusal.
    explicit RawWebSocket(const std::string& url, int receive_buffer_bytes = 0) {
        open(url, receive_buffer_bytes);
        send_bytes("GET " + target_ +
                   " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                   "\r\n");
        const std::string head = read_head();
        // Key and answer are the example of RFC 6455.
        if (head.find("101") == std::string::npos ||
            head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos) {
            ::close(fd_);
            throw std::runtime_error("not upgraded: " + head);
        }
    }
    ~RawWebSocket() { ::close(fd_); }
    RawWebSocket(const RawWebSocket&) = delete;
    RawWebSocket& operator=(const RawWebSocket&) = delete;

    void send(std::string_view text, int opcode = 1) {
        std::string frame(1, static_cast<char>(0x80 | opcode));
        if (text.size() < 126) {
            frame += static_cast<char>(0x80 | text.size());
        } else {
            frame += static_cast<char>(0x80 | 126);
            frame += static_cast<char>(text.size() >> 8);
            frame += static_cast<char>(text.size() & 0xff);
        }
        const char mask[4] = {0x11, 0x22, 0x33, 0x44};
        frame.append(mask, 4);
        for (std::size_t i = 0; i < text.size(); ++i)
            frame += static_cast<char>(text[i] ^ mask[i % 4]);
        send_bytes(frame);
    }

    /// The next frame, whole; absent once the peer is gone or the deadline has passed.
    std::optional<Frame> receive(std::chrono::milliseconds wait = deadline) {
        if (!fill(2, wait)) return std::nullopt;
        Frame frame;
        if ((buffer_[0] & 0x80) == 0) throw std::runtime_error("a message in pieces");
        frame.opcode = buffer_[0] & 0x0f;
        std::size_t size = static_cast<unsigned char>(buffer_[1]) & 0x7f;
        std::size_t head = 2;
        if (size >= 126) {
            const std::size_t bytes = size == 126 ? 2 : 8;
            if (!fill(2 + bytes, wait)) return std::nullopt;
            size = 0;
            for (std::size_t i = 0; i < bytes; ++i)
                size = size << 8 | static_cast<unsigned char>(buffer_[2 + i]);
            head += bytes;
        }
        if (!fill(head + size, wait)) return std::nullopt;
        frame.payload = buffer_.substr(head, size);
        buffer_.erase(0, head + size);
        return frame;
    }

    /// The next text; throws when none comes.
    std::string text() {
        const auto frame = receive();
        if (!frame || frame->opcode != 1) throw std::runtime_error("no text frame");
        return frame->payload;
    }

    /// Whether the peer hung up within the deadline, whatever it still sent.
    bool gone() {
        while (receive()) {
        }
        return gone_;
    }

  private:
    void open(const std::string& url, int receive_buffer_bytes) {
        const std::size_t port_at = url.rfind(':') + 1;
        const std::size_t target_at = url.find('/', port_at);
        target_ = url.substr(target_at);
        fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
        if (receive_buffer_bytes > 0)
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                         sizeof receive_buffer_bytes);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port =
            htons(static_cast<std::uint16_t>(std::stoi(url.substr(port_at, target_at - port_at))));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            ::close(fd_);
            throw std::runtime_error("not connected");
        }
    }

    void send_bytes(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) throw std::runtime_error("not sent");
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }

    bool fill(std::size_t size, std::chrono::milliseconds wait) {
        const auto end = std::chrono::steady_clock::now() + wait;
        while (buffer_.size() < size) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                end - std::chrono::steady_clock::now());
            if (left.count() < 0 || gone_) return false;
            pollfd p{fd_, POLLIN, 0};
            if (::poll(&p, 1, static_cast<int>(left.count())) <= 0) return false;
            char chunk[65536];
            const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
            if (n <= 0) {
                gone_ = true;
                return false;
            }
            buffer_.append(chunk, static_cast<std::size_t>(n));
        }
        return true;
    }

    std::string read_head() {
        while (buffer_.find("\r\n\r\n") == std::string::npos)
            if (!fill(buffer_.size() + 1, deadline)) break;
        const std::size_t end = buffer_.find("\r\n\r\n");
        const std::string head = buffer_.substr(0, end);
        buffer_.erase(0, end == std::string::npos ? end : end + 4);
        return head;
    }

    int fd_ = -1;
    std::string target_;
    std::string buffer_;
    bool gone_ = false;
};

}  // namespace contagiond::test
