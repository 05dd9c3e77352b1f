#include "tests/support/tls_front.hpp"

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <functional>
#include <future>
#include <set>
#include <thread>
#include <utility>

namespace contagiond::test {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;

constexpr auto use = asio::use_awaitable;

/// One client. The front's thread only.
struct Line {
    Line(tcp::socket client_socket, ssl::context& tls, asio::io_context& io)
        : client(std::move(client_socket), tls), server(io) {}

    /// At once, with nothing said.
    void reset() {
        boost::system::error_code ignored;
        client.next_layer().set_option(asio::socket_base::linger(true, 0), ignored);
        client.next_layer().close(ignored);
        server.close(ignored);
    }

    ssl::stream<tcp::socket> client;
    tcp::socket server;
};

/// Everything that `from` says, to `to`, until one of them is gone; then both are.
template <typename From, typename To>
asio::awaitable<void> pass(std::shared_ptr<Line> line, From& from, To& to) {
    std::array<char, 16 * 1024> bytes{};
    try {
        for (;;) {
            const std::size_t n = co_await from.async_read_some(asio::buffer(bytes), use);
            co_await asio::async_write(to, asio::buffer(bytes.data(), n), use);
        }
    } catch (const boost::system::system_error&) {
        boost::system::error_code ignored;
        line->client.next_layer().close(ignored);
        line->server.close(ignored);
    }
}

}  // namespace

struct TlsFront::Impl {
    Impl(std::uint16_t port_behind, Certificate certificate) : behind(port_behind) {
        const Identity identity = issue(certificate);
        tls.use_certificate_chain(asio::buffer(identity.certificate));
        tls.use_private_key(asio::buffer(identity.key), ssl::context::pem);
        asio::co_spawn(io, accept_all(), asio::detached);
        thread = std::thread([this] { io.run(); });
    }
    ~Impl() {
        io.stop();
        thread.join();
    }

    asio::awaitable<void> accept_all() {
        for (;;) {
            tcp::socket socket = co_await acceptor.async_accept(use);
            ++accepted;
            const auto line = std::make_shared<Line>(std::move(socket), tls, io);
            if (is_cut) {
                line->reset();
                continue;
            }
            lines.insert(line);
            asio::co_spawn(io, connect(line), asio::detached);
        }
    }

    asio::awaitable<void> connect(std::shared_ptr<Line> line) {
        try {
            co_await line->client.async_handshake(ssl::stream_base::server, use);
            co_await line->server.async_connect({asio::ip::address_v4::loopback(), behind}, use);
            line->server.set_option(tcp::no_delay(true));
            line->client.next_layer().set_option(tcp::no_delay(true));
            asio::co_spawn(io, pass(line, line->client, line->server), asio::detached);
            co_await pass(line, line->server, line->client);
        } catch (const boost::system::system_error&) {
            line->reset();
        }
        lines.erase(line);
    }

    void on_thread(const std::function<void()>& act) {
        std::promise<void> done;
        asio::post(io, [&] {
            act();
            done.set_value();
        });
        done.get_future().wait();
    }

    const std::uint16_t behind;
    asio::io_context io{1};
    ssl::context tls{ssl::context::tls_server};
    tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    const std::uint16_t port = acceptor.local_endpoint().port();
    std::set<std::shared_ptr<Line>> lines;
    bool is_cut = false;
    std::atomic<std::size_t> accepted{0};
    std::thread thread;
};

TlsFront::TlsFront(std::uint16_t behind, Certificate certificate)
    : impl_(std::make_unique<Impl>(behind, certificate)) {}
TlsFront::~TlsFront() = default;

std::string TlsFront::url(std::string_view path, std::string_view scheme) const {
    return std::string(scheme) + "://localhost:" + std::to_string(impl_->port) + std::string(path);
}

void TlsFront::cut() {
    impl_->on_thread([impl = impl_.get()] {
        impl->is_cut = true;
        for (const auto& line : impl->lines) line->reset();
    });
}

void TlsFront::open_again() {
    impl_->on_thread([impl = impl_.get()] { impl->is_cut = false; });
}

std::size_t TlsFront::accepted() const {
    return impl_->accepted;
}

std::uint16_t port_of(std::string_view url) {
    const std::size_t at = url.rfind(':') + 1;
    return static_cast<std::uint16_t>(std::atoi(std::string(url.substr(at)).c_str()));
}

}  // namespace contagiond::test
