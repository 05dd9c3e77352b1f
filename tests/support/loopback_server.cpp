#include "tests/support/loopback_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <mutex>
#include <thread>
#include <utility>

namespace contagiond::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using Plain = tcp::socket;
using Secure = ssl::stream<tcp::socket>;

constexpr auto use = asio::use_awaitable;

}  // namespace

struct LoopbackServer::Impl {
    std::vector<test::Conversation> script;
    Certificate certificate;
    asio::io_context io{1};
    ssl::context tls{ssl::context::tls_server};
    tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::uint16_t port = acceptor.local_endpoint().port();
    asio::steady_timer forever{io, asio::steady_timer::time_point::max()};
    asio::steady_timer permits_changed{io, asio::steady_timer::time_point::max()};
    int permits = 0;
    int gos = 0;  ///< of all time

    mutable std::mutex mutex;  ///< guards what the tests read
    std::size_t accepted = 0, open = 0, pongs = 0;
    std::vector<std::string> received, targets, server_names, complaints;

    std::thread thread;

    Impl(std::vector<test::Conversation> the_script, Certificate kind)
        : script(std::move(the_script)), certificate(kind) {
        if (certificate != Certificate::none) {
            const Identity identity = issue(certificate);
            tls.use_certificate_chain(asio::buffer(identity.certificate));
            tls.use_private_key(asio::buffer(identity.key), ssl::context::pem);
        }
        asio::co_spawn(io, accept_all(), asio::detached);
        thread = std::thread([this] { io.run(); });
    }
    ~Impl() {
        io.stop();
        thread.join();
    }

    template <typename Change>
    void note(Change change) {
        const std::lock_guard lock(mutex);
        change();
    }

    asio::awaitable<void> accept_all() {
        for (std::size_t n = 0;; ++n) {
            tcp::socket socket = co_await acceptor.async_accept(use);
            socket.set_option(tcp::no_delay(true));
            note([&] { ++accepted, ++open; });
            const auto& conversation = script[std::min(n, script.size() - 1)];
            asio::co_spawn(io, run(std::move(socket), conversation), asio::detached);
        }
    }

    asio::awaitable<void> run(tcp::socket socket, const test::Conversation& conversation) {
        try {
            if (certificate == Certificate::none) {
                websocket::stream<Plain> stream(std::move(socket));
                co_await play(stream, conversation);
            } else {
                websocket::stream<Secure> stream(std::move(socket), tls);
                co_await play(stream, conversation);
            }
        } catch (const boost::system::system_error&) {
            // The client went; the test looks at the client.
        }
        note([&] { --open; });
    }

    template <typename Stream>
    asio::awaitable<void> secure(websocket::stream<Stream>& stream, bool& secured) {
        if constexpr (std::is_same_v<Stream, Secure>) {
            if (std::exchange(secured, true)) co_return;
            co_await stream.next_layer().async_handshake(ssl::stream_base::server, use);
            const char* name =
                SSL_get_servername(stream.next_layer().native_handle(), TLSEXT_NAMETYPE_host_name);
            note([&] { server_names.emplace_back(name ? name : ""); });
        } else {
            secured = true;
        }
    }

    struct ShortFrame {
        unsigned first = 0;  ///< flags and opcode
        std::string payload;
    };
    static constexpr unsigned pong = 0x8a;

    /// The client's next frame, which is short; read past Beast, which keeps pongs to itself.
    template <typename Stream>
    asio::awaitable<ShortFrame> read_short(Stream& stream) {
        std::array<unsigned char, 6> head{};
        co_await asio::async_read(stream, asio::buffer(head), use);
        const bool masked = (head[1] & 0x80) != 0;
        const std::size_t size = head[1] & 0x7f;
        if (!masked || size > 125) {
            note([&] { complaints.emplace_back("a frame of the client is not masked, or long"); });
            throw boost::system::system_error(asio::error::invalid_argument);
        }
        std::string payload(size, '\0');
        co_await asio::async_read(stream, asio::buffer(payload), use);
        for (std::size_t i = 0; i < size; ++i)
            payload[i] =
                static_cast<char>(static_cast<unsigned char>(payload[i]) ^ head[2 + i % 4]);
        co_return ShortFrame{head[0], std::move(payload)};
    }

    void note_heard(const ShortFrame& frame) {
        std::string kind = "?";
        if (frame.first == 0x81) kind = "text";
        if (frame.first == 0x88) kind = "close";
        if (frame.first == 0x89) kind = "ping";
        if (frame.first == pong) kind = "pong";
        note([&] { received.push_back(kind + " " + frame.payload); });
    }

    template <typename Socket>
    static void set_cork(Socket& socket, int on) {
        ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    }

    template <typename Stream>
    asio::awaitable<void> play(websocket::stream<Stream>& stream,
                               const test::Conversation& conversation) {
        bool secured = false;
        bool upgraded = false;
        beast::flat_buffer buffer;
        for (const Step& step : conversation) {
            switch (step.kind) {
                case StepKind::secure:
                    co_await secure(stream, secured);
                    break;
                case StepKind::accept:
                case StepKind::refuse:
                case StepKind::answer: {
                    co_await secure(stream, secured);
                    http::request<http::string_body> request;
                    co_await http::async_read(stream.next_layer(), buffer, request, use);
                    note([&] { targets.emplace_back(request.target()); });
                    if (step.kind == StepKind::accept) {
                        stream.set_option(websocket::stream_base::decorator(
                            [&step](websocket::response_type& response) {
                                const auto colon = step.text.find(": ");
                                if (colon != std::string::npos)
                                    response.set(step.text.substr(0, colon),
                                                 step.text.substr(colon + 2));
                            }));
                        co_await stream.async_accept(request, use);
                        upgraded = true;
                        break;
                    }
                    http::response<http::string_body> answer(static_cast<http::status>(step.number),
                                                             11);
                    if (step.kind == StepKind::answer) {
                        answer.body() = step.text;
                        note([&] {
                            received.push_back(std::string(request.method_string()) + " " +
                                               std::string(request[http::field::host]));
                        });
                    } else if (const auto colon = step.text.find(": "); colon != std::string::npos)
                        answer.set(step.text.substr(0, colon), step.text.substr(colon + 2));
                    answer.prepare_payload();
                    co_await http::async_write(stream.next_layer(), answer, use);
                    co_return;
                }
                case StepKind::expect: {
                    buffer.clear();
                    co_await stream.async_read(buffer, use);
                    const std::string text = beast::buffers_to_string(buffer.data());
                    const bool met = text.find(step.text) != std::string::npos;
                    note([&] {
                        received.push_back(text);
                        if (!met) complaints.push_back("expected " + step.text + ", got " + text);
                    });
                    if (!met) co_return;
                    break;
                }
                case StepKind::send:
                case StepKind::send_binary:
                    stream.binary(step.kind == StepKind::send_binary);
                    co_await stream.async_write(asio::buffer(step.text), use);
                    break;
                case StepKind::send_raw:
                    co_await asio::async_write(stream.next_layer(), asio::buffer(step.text), use);
                    break;
                case StepKind::ping:
                    co_await stream.async_ping(
                        websocket::ping_data(step.text.data(), step.text.size()), use);
                    for (ShortFrame heard; heard.first != pong || heard.payload != step.text;)
                        heard = co_await read_short(stream.next_layer());
                    note([&] { ++pongs; });
                    break;
                case StepKind::hear:
                    note_heard(co_await read_short(stream.next_layer()));
                    break;
                case StepKind::cork:
                case StepKind::uncork:
                    co_await secure(stream, secured);
                    set_cork(beast::get_lowest_layer(stream), step.kind == StepKind::cork);
                    break;
                case StepKind::await_go:
                    while (step.number > 0 ? gos < step.number : permits == 0) {
                        boost::system::error_code ignored;
                        co_await permits_changed.async_wait(asio::redirect_error(use, ignored));
                    }
                    if (step.number == 0) --permits;
                    break;
                case StepKind::stall:
                    co_await forever.async_wait(use);
                    break;
                case StepKind::reset: {
                    auto& socket = beast::get_lowest_layer(stream);
                    socket.set_option(asio::socket_base::linger(true, 0));
                    socket.close();
                    co_return;
                }
                case StepKind::close:
                    co_await stream.async_close(
                        websocket::close_reason(static_cast<websocket::close_code>(step.number),
                                                step.text),
                        use);
                    co_return;
            }
        }
        if (!upgraded) co_await forever.async_wait(use);
        for (;;) {
            buffer.clear();
            co_await stream.async_read(buffer, use);
            note([&] { received.push_back(beast::buffers_to_string(buffer.data())); });
        }
    }
};

LoopbackServer::LoopbackServer(std::vector<test::Conversation> script, Certificate certificate)
    : impl_(std::make_unique<Impl>(std::move(script), certificate)) {}
LoopbackServer::~LoopbackServer() = default;

std::string LoopbackServer::url(std::string_view path) const {
    const bool plain = impl_->certificate == Certificate::none;
    return (plain ? "ws://127.0.0.1:" : "wss://localhost:") + std::to_string(impl_->port) +
           std::string(path);
}

std::uint16_t LoopbackServer::port() const {
    return impl_->port;
}

void LoopbackServer::go() {
    asio::post(impl_->io, [impl = impl_.get()] {
        ++impl->permits;
        ++impl->gos;
        impl->permits_changed.cancel();
    });
}

std::size_t LoopbackServer::accepted() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->accepted;
}
std::size_t LoopbackServer::open() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->open;
}
std::size_t LoopbackServer::pongs() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->pongs;
}
std::vector<std::string> LoopbackServer::received() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->received;
}
std::vector<std::string> LoopbackServer::targets() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->targets;
}
std::vector<std::string> LoopbackServer::server_names() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->server_names;
}
std::vector<std::string> LoopbackServer::complaints() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->complaints;
}

Step secure() {
    return {StepKind::secure, ""};
}
Step accept(std::string header) {
    return {StepKind::accept, std::move(header)};
}
Step refuse(int http_status, std::string header) {
    return {StepKind::refuse, std::move(header), http_status};
}
Step answer(int http_status, std::string body) {
    return {StepKind::answer, std::move(body), http_status};
}
Step expect(std::string part) {
    return {StepKind::expect, std::move(part)};
}
Step send(std::string text) {
    return {StepKind::send, std::move(text)};
}
Step send_raw(std::string bytes) {
    return {StepKind::send_raw, std::move(bytes)};
}
Step send_binary(std::string bytes) {
    return {StepKind::send_binary, std::move(bytes)};
}
Step ping(std::string payload) {
    return {StepKind::ping, std::move(payload)};
}
Step hear() {
    return {StepKind::hear, ""};
}
Step cork() {
    return {StepKind::cork, ""};
}
Step uncork() {
    return {StepKind::uncork, ""};
}
Step await_go(int nth) {
    return {StepKind::await_go, "", nth};
}
Step stall() {
    return {StepKind::stall, ""};
}
Step reset() {
    return {StepKind::reset, ""};
}
Step close(int code, std::string reason) {
    return {StepKind::close, std::move(reason), code};
}

}  // namespace contagiond::test
