#include "tests/bench/venue_line.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "tests/support/server_words.hpp"

namespace contagiond::bench {
namespace {

void no_delay(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_port = htons(port);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return here;
}

}  // namespace

VenueLine::VenueLine() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here = loopback(0);
    socklen_t size = sizeof here;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&here), size) != 0 ||
        ::listen(listener_, 1) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size) != 0)
        throw std::runtime_error("cannot listen");
    port_ = ntohs(here.sin_port);
}

VenueLine::~VenueLine() {
    if (socket_ >= 0) ::close(socket_);
    ::close(listener_);
}

std::string VenueLine::url() const {
    return "ws://127.0.0.1:" + std::to_string(port_) + "/ws";
}

int VenueLine::connect() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in there = loopback(port_);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0)
        throw std::runtime_error("cannot connect");
    return socket;
}

void VenueLine::accept() {
    socket_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket_ < 0) throw std::runtime_error("cannot accept");
    no_delay(socket_);
}

void VenueLine::greet() {
    accept();
    std::string request;
    std::array<char, 4096> some{};
    const auto read = [&] {
        const ssize_t n = ::recv(socket_, some.data(), some.size(), 0);
        if (n <= 0) throw std::runtime_error("the client hung up");
        return std::string(some.data(), static_cast<std::size_t>(n));
    };
    while (request.find("\r\n\r\n") == std::string::npos) request += read();
    send(test::upgrade_answer(request));
    read();
    send(test::text_frame(R"({"result":null,"id":1})"));
}

void VenueLine::send(const std::string& bytes) const {
    std::size_t at = 0;
    while (at < bytes.size()) {
        const ssize_t n = ::send(socket_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
        if (n <= 0) throw std::runtime_error("the client hung up");
        at += static_cast<std::size_t>(n);
    }
}

}  // namespace contagiond::bench
