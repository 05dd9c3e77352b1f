#include "daemon/http_client.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "daemon/clock.hpp"
#include "feeds/session_certificate.hpp"

// g++ 12 loses sight of Asio's coroutine frames: they are allocated and freed by the same pair.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace contagiond::daemon {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using sinks::PostFailure;
using sinks::PostReply;

namespace {

struct Url {
    bool tls = false;
    std::string host;       ///< without brackets
    std::string authority;  ///< for the Host header
    std::string port;
    std::string target;
};

/// The URL in its parts, or the sentence that says why not.
std::string parse_url(std::string_view text, Url& out) {
    for (const char c : text)
        if (c <= 0x20 || c == 0x7F || c == '\\' || c == '"' || c == '<' || c == '>')
            return "the URL holds a character that none may hold";
    if (text.substr(0, 8) == "https://") {
        out.tls = true;
        text.remove_prefix(8);
    } else if (text.substr(0, 7) == "http://") {
        text.remove_prefix(7);
    } else {
        return "the URL is neither https:// nor http://";
    }
    const std::size_t end = text.find_first_of("/?#");
    std::string_view authority = text.substr(0, end);
    std::string_view target = end == text.npos ? std::string_view() : text.substr(end);
    target = target.substr(0, target.find('#'));
    out.target = target.empty() || target[0] != '/' ? "/" + std::string(target) : target;
    if (authority.find('@') != authority.npos) return "the URL holds a user name";
    out.authority = authority;
    out.port = out.tls ? "443" : "80";
    std::string_view port;
    if (!authority.empty() && authority[0] == '[') {
        const std::size_t close = authority.find(']');
        if (close == authority.npos) return "the URL's host is malformed";
        out.host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
    } else {
        const std::size_t colon = authority.find(':');
        out.host = authority.substr(0, colon);
        port = colon == authority.npos ? std::string_view() : authority.substr(colon);
    }
    if (out.host.empty()) return "the URL has no host";
    if (port.empty()) return {};
    if (port[0] != ':' || port.size() < 2 || port.size() > 6 ||
        port.find_first_not_of("0123456789", 1) != port.npos ||
        std::stoul(std::string(port.substr(1))) > 65'535)
        return "the URL's port is malformed";
    out.port = port.substr(1);
    return {};
}

AddressKind kind_of_v4(std::uint32_t a) {
    const auto in = [a](std::uint32_t network, int bits) {
        return (a ^ network) >> (32 - bits) == 0;
    };
    if (in(0x7F000000, 8) || in(0x0A000000, 8) || in(0xAC100000, 12) || in(0xC0A80000, 16) ||
        in(0xA9FE0000, 16) || in(0x64400000, 10))
        return AddressKind::near;
    if (in(0x00000000, 8) || in(0xE0000000, 3) || in(0xC0000000, 24) || in(0xC6120000, 15))
        return AddressKind::forbidden;
    return AddressKind::global;
}

AddressKind kind_of(const asio::ip::address& address) {
    if (address.is_v4()) return kind_of_v4(address.to_v4().to_uint());
    const asio::ip::address_v6 v6 = address.to_v6();
    const auto bytes = v6.to_bytes();
    const std::uint32_t last4 = (std::uint32_t{bytes[12]} << 24) |
                                (std::uint32_t{bytes[13]} << 16) | (std::uint32_t{bytes[14]} << 8) |
                                bytes[15];
    constexpr std::array<unsigned char, 12> nat64 = {0x00, 0x64, 0xFF, 0x9B};
    if (v6.is_v4_mapped() || std::equal(nat64.begin(), nat64.end(), bytes.begin()))
        return kind_of_v4(last4);
    if (v6.is_unspecified() || v6.is_multicast()) return AddressKind::forbidden;
    if (v6.is_loopback() || v6.is_link_local() || (bytes[0] & 0xFE) == 0xFC)
        return AddressKind::near;
    return AddressKind::global;
}

std::chrono::nanoseconds time_left(core::DurationNs deadline) {
    return std::chrono::nanoseconds(std::max<core::DurationNs>(0, deadline - monotonic_now()));
}

/// How soon an attempt that nobody waits for any more ends.
constexpr std::chrono::nanoseconds look_up_every = std::chrono::milliseconds(50);

bool given_up(const sinks::PostRequest& request) {
    return request.given_up != nullptr && request.given_up->load(std::memory_order_relaxed);
}

/// What a resolver thread leaves behind; outlives whoever stopped waiting.
struct Resolution {
    std::mutex mutex;
    std::condition_variable done_changed;
    bool done = false;
    int error = 0;
    std::vector<tcp::endpoint> endpoints;
};

/// Endpoints of the host. The system's resolver cannot be interrupted, so that it runs on a thread
/// of its own, which nobody waits for longer than `deadline`.
std::shared_ptr<Resolution> resolve(const Url& url, core::DurationNs deadline,
                                    const sinks::PostRequest& request) {
    auto resolution = std::make_shared<Resolution>();
    error_code not_an_address;
    const auto address = asio::ip::make_address(url.host, not_an_address);
    if (!not_an_address) {
        resolution->done = true;
        resolution->endpoints.emplace_back(address,
                                           static_cast<std::uint16_t>(std::stoul(url.port)));
        return resolution;
    }
    std::thread([resolution, host = url.host, port = url.port] {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
        addrinfo* list = nullptr;
        int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
        if (error == EAI_NONAME || error == EAI_ADDRFAMILY) {
            // AI_ADDRCONFIG hides loopback names on a machine that has only loopback.
            hints.ai_flags = AI_NUMERICSERV;
            error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
        }
        const std::lock_guard lock(resolution->mutex);
        resolution->error = error;
        for (const addrinfo* one = error == 0 ? list : nullptr; one; one = one->ai_next) {
            tcp::endpoint endpoint;
            if (one->ai_addrlen > endpoint.capacity()) continue;
            std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
            endpoint.resize(one->ai_addrlen);
            resolution->endpoints.push_back(endpoint);
        }
        if (error == 0) ::freeaddrinfo(list);
        resolution->done = true;
        resolution->done_changed.notify_all();
    }).detach();
    std::unique_lock lock(resolution->mutex);
    while (!resolution->done && time_left(deadline).count() > 0 && !given_up(request))
        resolution->done_changed.wait_for(lock, std::min(time_left(deadline), look_up_every),
                                          [&] { return resolution->done; });
    return resolution;
}

PostReply failed(PostFailure failure, std::string reason) {
    PostReply reply;
    reply.failure = failure;
    reply.reason = std::move(reason);
    return reply;
}

std::string request_text(const sinks::PostRequest& request, const Url& url) {
    std::string text =
        fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
                    request.method, url.target, url.authority, request.body.size());
    for (const auto& [name, value] : request.headers) {
        // A line break in a value would begin a header of its own.
        if ((name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            continue;
        text += fmt::format("{}: {}\r\n", name, value);
    }
    return text.append("\r\n").append(request.body);
}

asio::redirect_error_t<asio::use_awaitable_t<>> into(error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

/// Those of an answer that the request asks for; of equal ones the first.
std::vector<std::pair<std::string, std::string>> wanted_of(const http::response_header<>& head,
                                                           const std::vector<std::string>& wanted) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const std::string& name : wanted) {
        const auto found = head.find(name);
        if (found == head.end()) continue;
        const auto value = found->value().substr(0, sinks::reply_header_bytes_most);
        out.emplace_back(name, std::string(value.data(), value.size()));
    }
    return out;
}

/// Sends and reads on a connected stream.
template <typename Stream>
asio::awaitable<PostReply> exchange(Stream& stream, const sinks::PostRequest& request,
                                    const Url& url) {
    const std::size_t most = request.reply_bytes_most;
    const std::string text = request_text(request, url);
    error_code error;
    co_await asio::async_write(stream, asio::buffer(text), into(error));
    // A receiver may answer before it has read all, and close: its answer counts.
    const error_code write_error = error;

    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.header_limit(16 * 1024);
    parser.body_limit(boost::none);
    parser.eager(true);
    error.clear();
    while (!error && !parser.is_done() && parser.get().body().size() < most)
        co_await http::async_read_some(stream, buffer, parser, into(error));
    if (!parser.is_header_done())
        co_return failed(
            PostFailure::network,
            fmt::format("no answer: {}", (write_error ? write_error : error).message()));
    PostReply reply;
    const auto& message = parser.get();
    reply.status = static_cast<int>(message.result_int());
    const auto retry_after = message.find(http::field::retry_after);
    if (retry_after != message.end())
        reply.retry_after.assign(retry_after->value().data(), retry_after->value().size());
    reply.headers = wanted_of(message.base(), request.wanted_headers);
    reply.body = message.body().substr(0, most);
    co_return reply;
}

/// Null, and `reason` set, where the trusted certificates cannot be read.
std::unique_ptr<asio::ssl::context> tls_context(const sinks::PostRequest& request,
                                                std::string& reason) {
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    error_code error;
    if (request.ca_file.empty())
        context->set_default_verify_paths(error);
    else
        context->load_verify_file(request.ca_file, error);
    if (error) {
        reason = fmt::format("trusted certificates cannot be read: {}", error.message());
        return nullptr;
    }
    context->set_verify_mode(asio::ssl::verify_peer);
    return context;
}

/// `certificate_end` is set once the handshake went well, whatever comes of the rest.
asio::awaitable<PostReply> post_over_tls(tcp::socket socket, const sinks::PostRequest& request,
                                         const Url& url, double& certificate_end) {
    std::string reason;
    const auto context = tls_context(request, reason);
    if (!context) co_return failed(PostFailure::tls, reason);
    asio::ssl::stream<tcp::socket> stream(std::move(socket), *context);
    error_code not_an_address;
    asio::ip::make_address(url.host, not_an_address);
    // A server of many names needs to be told which; an address is no name.
    if (not_an_address) ::SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
    stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
    error_code error;
    co_await stream.async_handshake(asio::ssl::stream_base::client, into(error));
    if (error) {
        const long verdict = ::SSL_get_verify_result(stream.native_handle());
        co_return failed(PostFailure::tls,
                         verdict == X509_V_OK
                             ? fmt::format("TLS handshake failed: {}", error.message())
                             : fmt::format("certificate not accepted: {}",
                                           ::X509_verify_cert_error_string(verdict)));
    }
    certificate_end = feeds::certificate_end(::SSL_get0_peer_certificate(stream.native_handle()));
    if (request.only_handshake) {
        // In order, so that nobody finds a broken connection in a log.
        co_await stream.async_shutdown(into(error));
        co_return PostReply{};
    }
    co_return co_await exchange(stream, request, url);
}

asio::awaitable<PostReply> post(asio::io_context& io, const sinks::PostRequest& request,
                                const Url& url, std::vector<tcp::endpoint> endpoints,
                                double& certificate_end) {
    error_code error = asio::error::host_not_found;
    for (const tcp::endpoint& endpoint : endpoints) {
        tcp::socket socket(io);
        co_await socket.async_connect(endpoint, into(error));
        if (error) continue;
        if (url.tls)
            co_return co_await post_over_tls(std::move(socket), request, url, certificate_end);
        if (request.only_handshake) co_return PostReply{};
        co_return co_await exchange(socket, request, url);
    }
    co_return failed(PostFailure::network, fmt::format("no connection: {}", error.message()));
}

}  // namespace

AddressKind kind_of_address(std::string_view address) {
    error_code error;
    const auto parsed = asio::ip::make_address(std::string(address), error);
    return error ? AddressKind::forbidden : kind_of(parsed);
}

std::string check_post_url(std::string_view url) {
    Url ignored;
    return parse_url(url, ignored);
}

sinks::PostReply http_post(const sinks::PostRequest& request) {
    const core::DurationNs deadline =
        monotonic_now() + std::chrono::nanoseconds(request.timeout).count();
    Url url;
    if (std::string reason = parse_url(request.url, url); !reason.empty())
        return failed(PostFailure::network, std::move(reason));

    std::vector<tcp::endpoint> allowed;
    {
        const auto resolution = resolve(url, deadline, request);
        const std::lock_guard lock(resolution->mutex);
        if (!resolution->done)
            return failed(PostFailure::timeout, "the name was not resolved in time");
        if (resolution->error != 0)
            return failed(PostFailure::network, fmt::format("the name was not resolved: {}",
                                                            ::gai_strerror(resolution->error)));
        for (const tcp::endpoint& endpoint : resolution->endpoints) {
            const AddressKind kind = kind_of(endpoint.address());
            if (kind == AddressKind::near ? request.allow_private
                                          : kind == AddressKind::global && url.tls)
                allowed.push_back(endpoint);
        }
    }
    if (allowed.empty())
        return failed(PostFailure::forbidden_address,
                      url.tls ? "the name leads to an address that may not be reached"
                              : "without TLS only allowed private addresses may be reached");

    std::optional<PostReply> reply;
    double certificate_end = 0;
    asio::io_context io(1);
    asio::co_spawn(io, post(io, request, url, std::move(allowed), certificate_end),
                   [&reply](const std::exception_ptr& trouble, PostReply result) {
                       reply = trouble ? failed(PostFailure::network, "out of resources")
                                       : std::move(result);
                   });
    while (!reply && time_left(deadline).count() > 0 && !given_up(request))
        io.run_for(std::min(time_left(deadline), look_up_every));
    // Who does not say goodbye has proved who it is all the same.
    if (!reply && request.only_handshake && certificate_end > 0) reply.emplace();
    if (!reply) reply = failed(PostFailure::timeout, "no answer in time");
    reply->ts_certificate_end = certificate_end;
    return *std::move(reply);
}

}  // namespace contagiond::daemon
