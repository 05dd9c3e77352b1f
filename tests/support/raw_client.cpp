#include "tests/support/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <thread>

namespace contagiond::test {
namespace {
using Clock = std::chrono::steady_clock;
}

RawClient::RawClient(std::uint16_t port, int receive_buffer, const std::string& from) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0)
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from.c_str(), &address.sin_addr);
    if (from != "127.0.0.1") ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd_);
        fd_ = -1;
    }
}

RawClient::~RawClient() {
    if (fd_ >= 0) ::close(fd_);
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

void RawClient::half_close() {
    ::shutdown(fd_, SHUT_WR);
}

const std::string& RawClient::read_until(const std::function<bool(const std::string&)>& done) {
    const auto deadline = Clock::now() + patience;
    std::array<char, 16384> block;
    while (!done(received_) && !closed_) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) break;
        pollfd descriptor{fd_, POLLIN, 0};
        if (::poll(&descriptor, 1, static_cast<int>(left)) <= 0) continue;
        const auto n = ::recv(fd_, block.data(), block.size(), 0);
        if (n <= 0)
            closed_ = true;
        else
            received_.append(block.data(), static_cast<std::size_t>(n));
    }
    return received_;
}

const std::string& RawClient::read_until(std::string_view text) {
    return read_until([text](const std::string& s) { return s.find(text) != s.npos; });
}

const std::string& RawClient::read_all() {
    return read_until([](const std::string&) { return false; });
}

std::string RawClient::read_response(bool no_body) {
    std::size_t size = 0;
    read_until([&](const std::string& s) {
        const std::size_t end = s.find("\r\n\r\n");
        if (end == s.npos) return false;
        const std::string length = field_of(s.substr(0, end + 4), "Content-Length");
        size = end + 4 + (no_body || length.empty() ? 0 : std::stoul(length));
        return s.size() >= size;
    });
    std::string response = received_.substr(0, size);
    received_.erase(0, size);
    return response;
}

int status_of(std::string_view response) {
    if (response.size() < 12 || response.substr(0, 9) != "HTTP/1.1 ") return 0;
    return std::atoi(std::string(response.substr(9, 3)).c_str());
}

std::string field_of(std::string_view response, std::string_view name) {
    const std::string_view head = response.substr(0, response.find("\r\n\r\n"));
    const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == head.npos) return {};
    const std::size_t begin = at + 4 + name.size();
    return std::string(head.substr(begin, head.find("\r\n", begin) - begin));
}

std::string body_of(std::string_view response) {
    const std::size_t end = response.find("\r\n\r\n");
    return end == response.npos ? std::string() : std::string(response.substr(end + 4));
}

std::string http_get(std::uint16_t port, const std::string& target) {
    RawClient client(port);
    if (!client.connected()) return {};
    client.send("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    return client.read_all();
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
    const auto deadline = Clock::now() + patience;
    while (!condition()) {
        if (Clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace contagiond::test
