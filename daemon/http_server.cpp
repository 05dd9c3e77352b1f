#include "daemon/http_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <stdexcept>
#include <thread>

#include "daemon/clock.hpp"
#include "daemon/http_connection.hpp"
#include "daemon/http_message.hpp"

// g++ 12 loses sight of Asio's coroutine frames: they are allocated and freed by the same pair.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace contagiond::daemon {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t gzip_from_bytes = 1024;
/// Refused connections that are given the time to read why; beyond that they are just closed.
constexpr std::size_t max_refusals_at_once = 64;
constexpr milliseconds linger_time{1'000};
constexpr std::size_t linger_bytes = 256 * 1024;

asio::redirect_error_t<asio::use_awaitable_t<>> into(error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

using Connection = HttpConnection;
using ConnectionPtr = std::shared_ptr<Connection>;

asio::ip::address unmapped(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address;
}

class StreamCount {
  public:
    explicit StreamCount(std::shared_ptr<std::atomic<std::size_t>> count)
        : count_(std::move(count)) {
        count_->fetch_add(1);
    }
    ~StreamCount() { count_->fetch_sub(1); }
    StreamCount(const StreamCount&) = delete;
    StreamCount& operator=(const StreamCount&) = delete;

  private:
    std::shared_ptr<std::atomic<std::size_t>> count_;
};

HttpResponse text_response(int status, std::string_view reason) {
    HttpResponse response;
    response.status = status;
    response.body = fmt::format("{}\n", reason);
    return response;
}

}  // namespace

struct HttpServer::Impl {
    struct Route {
        std::string method;
        std::string path;
        std::string name;
        Handler handler;
        StreamOpener opener;  ///< one of the two
        bool matches(std::string_view p) const {
            if (path.size() > 1 && path.back() == '/') return p.substr(0, path.size()) == path;
            return p == path;
        }
    };

    explicit Impl(HttpServerSettings s) : settings(std::move(s)) {}

    HttpServerSettings settings;
    std::vector<Route> routes;
    HttpObserver observer;
    AllowedHosts hosts;
    std::shared_ptr<asio::io_context> io = std::make_shared<asio::io_context>(1);
    tcp::acceptor acceptor{*io};
    asio::steady_timer stop_timer{*io};
    std::set<ConnectionPtr> connections;  ///< admitted and refused
    std::map<asio::ip::address, std::size_t> per_address;
    std::size_t admitted = 0;
    bool stopping = false;
    std::uint16_t bound_port = 0;
    std::thread thread;
    /// Shared with the streams: a frame that is torn down with the io_context still counts itself
    /// out.
    std::shared_ptr<std::atomic<std::size_t>> streams =
        std::make_shared<std::atomic<std::size_t>>(0);
    std::atomic<std::uint64_t> rejected{0};

    void bind();
    asio::awaitable<void> accept();
    void admit(tcp::socket socket);
    asio::awaitable<void> refuse(ConnectionPtr c);
    asio::awaitable<void> serve(ConnectionPtr c);
    asio::awaitable<void> converse(ConnectionPtr c);
    asio::awaitable<Refusal> read_head(ConnectionPtr c, bool first, RequestHead& head);
    asio::awaitable<Refusal> read_body(ConnectionPtr c, RequestHead& head);
    asio::awaitable<bool> answer(ConnectionPtr c, const HttpRequest& request, HttpResponse response,
                                 bool keep_alive);
    asio::awaitable<void> linger(ConnectionPtr c);
    asio::awaitable<void> run_stream(ConnectionPtr c, const HttpRequest& request);
    asio::awaitable<bool> write_steadily(ConnectionPtr c, std::string_view text);
    void watch_for_close(const ConnectionPtr& c, std::shared_ptr<std::array<char, 512>> scratch);
    HttpResponse call(const Route& route, const HttpRequest& request,
                      std::shared_ptr<sinks::StreamClient>& stream);
    const Route* find_route(const HttpRequest& request, HttpResponse& refusal) const;
    void observe(std::string_view name, int status, core::DurationNs since) const {
        if (observer) observer(name, status, core::to_seconds(monotonic_now() - since));
    }
    void forget(const ConnectionPtr& c);
    void end_all_idle();
};

// ---- listening ---------------------------------------------------------------------------------

void HttpServer::Impl::bind() {
    const std::string& address = settings.listen_address;
    const auto fail = [&address](std::string_view why) {
        throw std::runtime_error(fmt::format("cannot listen on {}: {}", address, why));
    };
    const std::size_t colon = address.rfind(':');
    const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != port.npos ||
        std::stoul(port) > 65'535)
        fail("not of the form host:port");
    std::string host = address.substr(0, colon);
    if (!host.empty() && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string::npos)
        fail("an IPv6 address is written in brackets");

    error_code error;
    tcp::endpoint endpoint(tcp::v6(), static_cast<std::uint16_t>(std::stoul(port)));
    if (!host.empty()) {
        tcp::resolver resolver(*io);
        const auto found = resolver.resolve(
            host, port, tcp::resolver::passive | tcp::resolver::numeric_service, error);
        if (error || found.empty()) fail("the host is not known here");
        // "localhost" may give ::1 first, where a container has no IPv6; 127.0.0.1 is what is
        // meant.
        endpoint = found.begin()->endpoint();
        for (const auto& candidate : found)
            if (candidate.endpoint().address().is_v4()) {
                endpoint = candidate.endpoint();
                break;
            }
    }
    acceptor.open(endpoint.protocol(), error);
    if (error && host.empty()) {  // no IPv6 on this machine
        endpoint = tcp::endpoint(tcp::v4(), endpoint.port());
        acceptor.open(endpoint.protocol(), error);
    }
    if (error) fail(error.message());
    error_code ignored;
    if (host.empty() && endpoint.address().is_v6())
        acceptor.set_option(asio::ip::v6_only(false), ignored);
    acceptor.set_option(tcp::acceptor::reuse_address(true), ignored);
    acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) fail(error.message());
    bound_port = acceptor.local_endpoint().port();

    for (const std::string& name : settings.allowed_hosts)
        if (const std::string bare = host_of(name); !bare.empty()) hosts.names.push_back(bare);
    if (!host.empty()) hosts.listen_host = host_of(address);
}

asio::awaitable<void> HttpServer::Impl::accept() {
    while (!stopping) {
        error_code error;
        tcp::socket socket = co_await acceptor.async_accept(into(error));
        if (!acceptor.is_open()) co_return;
        if (!error) {
            admit(std::move(socket));
            continue;
        }
        // Out of descriptors, most likely: it heals, and asking at once again would only burn time.
        asio::steady_timer pause(*io, milliseconds(50));
        co_await pause.async_wait(into(error));
    }
}

void HttpServer::Impl::admit(tcp::socket socket) {
    error_code error;
    const auto remote = socket.remote_endpoint(error);
    if (error) return;
    auto c = std::make_shared<Connection>(std::move(socket));
    c->peer = unmapped(remote.address());
    c->local_address = unmapped(c->socket.local_endpoint(error).address()).to_string();
    c->socket.set_option(tcp::no_delay(true), error);
    const auto of_address = per_address.find(c->peer);
    const std::size_t from_address = of_address == per_address.end() ? 0 : of_address->second;
    if (admitted >= settings.max_connections ||
        from_address >= settings.max_connections_per_address) {
        rejected.fetch_add(1, std::memory_order_relaxed);
        if (connections.size() - admitted >= max_refusals_at_once) return;
        c->phase = Connection::Phase::closing;
        connections.insert(c);
        asio::co_spawn(*io, refuse(c), asio::detached);
        return;
    }
    ++admitted;
    ++per_address[c->peer];
    connections.insert(c);
    asio::co_spawn(*io, serve(c), asio::detached);
}

void HttpServer::Impl::forget(const ConnectionPtr& c) {
    c->close();
    connections.erase(c);
    if (stopping && connections.empty()) stop_timer.cancel();
}

asio::awaitable<void> HttpServer::Impl::refuse(ConnectionPtr c) {
    // Nothing is read before: who opens connections in a flood need not send anything.
    HttpRequest unread;
    HttpResponse response = text_response(503, "too many connections");
    response.headers.emplace_back("Retry-After", "1");
    if (co_await answer(c, unread, std::move(response), false)) co_await linger(c);
    forget(c);
}

// ---- one connection ----------------------------------------------------------------------------

asio::awaitable<Refusal> HttpServer::Impl::read_head(ConnectionPtr c, bool first,
                                                     RequestHead& head) {
    // A new connection owes its first request; one that was served may rest.
    bool resting = !first && c->in.empty();
    c->phase = resting ? Connection::Phase::waiting : Connection::Phase::reading;
    c->expire_after(resting ? settings.deadlines.idle : settings.deadlines.head);
    std::array<char, 4096> block;
    for (;;) {
        const std::size_t end = head_end(c->in);
        if (end != std::string::npos) {
            const Refusal refusal = parse_head(std::string_view(c->in).substr(0, end), head);
            c->in.erase(0, end);
            co_return refusal;
        }
        if (const Refusal refusal = check_partial_head(c->in)) co_return refusal;
        error_code error;
        const std::size_t n = co_await c->socket.async_read_some(asio::buffer(block), into(error));
        if (c->timed_out && !c->in.empty()) co_return Refusal{408, "the request took too long"};
        if (error || c->timed_out) co_return Refusal{-1, "closed"};
        c->in.append(block.data(), n);
        if (resting) {
            resting = false;
            c->phase = Connection::Phase::reading;
            c->expire_after(settings.deadlines.head);
        }
    }
}

asio::awaitable<Refusal> HttpServer::Impl::read_body(ConnectionPtr c, RequestHead& head) {
    c->expire_after(settings.deadlines.body);
    std::array<char, 4096> block;
    while (c->in.size() < head.content_length) {
        error_code error;
        const std::size_t n = co_await c->socket.async_read_some(asio::buffer(block), into(error));
        if (c->timed_out) co_return Refusal{408, "the request took too long"};
        if (error) co_return Refusal{-1, "closed"};
        c->in.append(block.data(), n);
    }
    head.request.body = c->in.substr(0, head.content_length);
    c->in.erase(0, head.content_length);
    co_return Refusal{};
}

asio::awaitable<bool> HttpServer::Impl::answer(ConnectionPtr c, const HttpRequest& request,
                                               HttpResponse response, bool keep_alive) {
    if (response.body.size() >= gzip_from_bytes) {
        // Caches between us and the reader must not give the packed body to one who did not ask.
        response.headers.emplace_back("Vary", "Accept-Encoding");
        const auto offered = request.headers.find("accept-encoding");
        if (offered != request.headers.end() && accepts_gzip(offered->second))
            if (std::string packed = gzip(response.body); !packed.empty()) {
                response.body = std::move(packed);
                response.headers.emplace_back("Content-Encoding", "gzip");
            }
    }
    std::string text =
        response_head(response, request.path, response.body.size(), keep_alive, daemon::wall_now());
    if (request.method != "HEAD" && response.status != 204 && response.status != 304)
        text += response.body;
    c->expire_after(settings.deadlines.write);
    error_code error;
    co_await asio::async_write(c->socket, asio::buffer(text), into(error));
    co_return !error && !c->timed_out;
}

asio::awaitable<void> HttpServer::Impl::linger(ConnectionPtr c) {
    // Closing with unread bytes would reset the connection and take the answer with it.
    c->phase = Connection::Phase::closing;
    c->timed_out = false;
    c->expire_after(linger_time);
    error_code error;
    c->socket.shutdown(tcp::socket::shutdown_send, error);
    std::array<char, 4096> block;
    for (std::size_t total = 0; !error && !c->timed_out && total < linger_bytes;)
        total += co_await c->socket.async_read_some(asio::buffer(block), into(error));
}

const HttpServer::Impl::Route* HttpServer::Impl::find_route(const HttpRequest& request,
                                                            HttpResponse& refusal) const {
    std::set<std::string> allowed;
    for (const Route& route : routes) {
        if (!route.matches(request.path)) continue;
        // The body of a stream has no end, so that nothing could be told of it in advance.
        const bool also_head = route.method == "GET" && route.handler;
        if (request.method == route.method || (also_head && request.method == "HEAD"))
            return &route;
        allowed.insert(route.method);
        if (also_head) allowed.insert("HEAD");
    }
    const bool known = !allowed.empty();
    const bool api = request.path.compare(0, 5, "/api/") == 0;
    const int status = known ? 405 : 404;
    const std::string_view reason = known ? "method not allowed" : "there is nothing here";
    refusal = api ? json_error(status, known ? "bad_data" : "not_found", reason)
                  : text_response(status, reason);
    if (known) {
        std::string list;
        for (const std::string& method : allowed) list += list.empty() ? method : ", " + method;
        refusal.headers.emplace_back("Allow", list);
    }
    return nullptr;
}

asio::awaitable<void> HttpServer::Impl::serve(ConnectionPtr c) {
    try {
        co_await converse(c);
    } catch (const std::exception&) {
        // Out of memory, or a handler's doing: this connection ends, the server does not.
    }
    --admitted;
    if (const auto it = per_address.find(c->peer); --it->second == 0) per_address.erase(it);
    forget(c);
}

asio::awaitable<void> HttpServer::Impl::converse(ConnectionPtr c) {
    bool keep_alive = true;
    for (bool first = true; keep_alive && !stopping; first = false) {
        RequestHead head;
        const HttpRequest& request = head.request;
        Refusal refusal = co_await read_head(c, first, head);
        const core::DurationNs started = monotonic_now();
        if (!refusal && !hosts.allows(request.headers.at("host"), c->local_address))
            refusal = {403, "this host name is not served here"};
        const bool opens = std::any_of(routes.begin(), routes.end(), [&](const Route& route) {
            return route.opener && route.matches(request.path);
        });
        const bool harmless = request.method == "GET" || request.method == "HEAD";
        if (!refusal && (opens || !harmless) && !origin_allowed(request, hosts))
            refusal = {403, "this origin may not do that"};
        if (!refusal) refusal = co_await read_body(c, head);
        if (refusal.status < 0) break;
        c->timed_out = false;  // of the read; the answer has a time of its own
        if (refusal) {
            c->phase = Connection::Phase::answering;
            const bool told =
                co_await answer(c, request, text_response(refusal.status, refusal.reason), false);
            observe(refusal.status == 403 ? "refused" : "malformed", refusal.status, started);
            if (told) co_await linger(c);
            break;
        }
        HttpResponse response;
        const Route* route = find_route(request, response);
        c->phase = Connection::Phase::answering;
        keep_alive = head.keep_alive && !stopping;
        if (route != nullptr) response = call(*route, request, c->stream);
        if (c->stream) {
            observe(route->name, 200, started);
            const StreamCount counted(streams);
            co_await run_stream(c, request);
            break;
        }
        const int status = response.status;
        const bool sent = co_await answer(c, request, std::move(response), keep_alive);
        observe(route != nullptr ? std::string_view(route->name) : "unmatched", status, started);
        if (!sent) break;
        if (!keep_alive) co_await linger(c);
    }
}

HttpResponse HttpServer::Impl::call(const Route& route, const HttpRequest& request,
                                    std::shared_ptr<sinks::StreamClient>& stream) {
    try {
        if (route.handler) return route.handler(request);
        if (streams->load() >= settings.max_streams) {
            rejected.fetch_add(1, std::memory_order_relaxed);
            return json_error(503, "unavailable", "too many streams");
        }
        HttpResponse refusal;
        stream = route.opener(request, refusal);
        return refusal;
    } catch (const std::exception&) {
        // What went wrong may hold anything; the client learns only that something did.
        return json_error(500, "internal", "the handler failed");
    }
}

// ---- streams -----------------------------------------------------------------------------------

asio::awaitable<bool> HttpServer::Impl::write_steadily(ConnectionPtr c, std::string_view text) {
    while (!text.empty()) {
        c->expire_after(settings.deadlines.stream_stall);
        error_code error;
        const std::size_t n = co_await c->socket.async_write_some(
            asio::buffer(text.data(), text.size()), into(error));
        if (error || c->timed_out || c->gone) co_return false;
        text.remove_prefix(n);
    }
    c->no_deadline();
    co_return true;
}

void HttpServer::Impl::watch_for_close(const ConnectionPtr& c,
                                       std::shared_ptr<std::array<char, 512>> scratch) {
    // A page that was closed gives its place back at once and not at the next comment.
    c->socket.async_read_some(asio::buffer(*scratch),
                              [this, c, scratch](error_code error, std::size_t) {
                                  if (error) {
                                      c->gone = true;
                                      c->wake_timer.cancel();
                                  } else {
                                      watch_for_close(c, scratch);
                                  }
                              });
}

asio::awaitable<void> HttpServer::Impl::run_stream(ConnectionPtr c, const HttpRequest& request) {
    c->phase = Connection::Phase::streaming;
    c->no_deadline();
    HttpResponse head;
    head.content_type = "text/event-stream";
    head.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
    bool going = co_await write_steadily(
        c, response_head(head, request.path, std::string::npos, false, daemon::wall_now()));
    watch_for_close(c, std::make_shared<std::array<char, 512>>());

    // The wake may come from any thread, and later than the server lives.
    c->stream->on_ready(
        [weak = std::weak_ptr<Connection>(c), weak_io = std::weak_ptr<asio::io_context>(io)] {
            const auto connection = weak.lock();
            const auto context = weak_io.lock();
            if (!connection || !context || connection->wake_posted.exchange(true)) return;
            asio::post(*context, [weak] {
                if (const auto self = weak.lock()) self->wake_timer.cancel();
            });
        });
    while (going && !c->gone && !stopping) {
        c->wake_posted.store(false);
        std::string text;
        const bool more = c->stream->take(text);
        if (!text.empty() && !co_await write_steadily(c, text)) break;
        if (!more) break;
        if (!text.empty() || c->wake_posted.load()) continue;
        error_code error;
        c->wake_timer.expires_after(settings.deadlines.stream_comment);
        co_await c->wake_timer.async_wait(into(error));
        if (!error && !c->gone) going = co_await write_steadily(c, ":\n\n");
    }
    c->stream->on_ready(nullptr);
    c->stream.reset();
}

// ---- life --------------------------------------------------------------------------------------

void HttpServer::Impl::end_all_idle() {
    const std::set<ConnectionPtr> all = connections;
    for (const ConnectionPtr& c : all)
        if (c->phase != Connection::Phase::answering) c->close();
}

HttpServer::HttpServer(HttpServerSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}

HttpServer::~HttpServer() {
    stop(0);
}

void HttpServer::route(std::string method, std::string path, std::string name, Handler handler) {
    impl_->routes.push_back(
        {std::move(method), std::move(path), std::move(name), std::move(handler), nullptr});
}

void HttpServer::stream(std::string path, std::string name, StreamOpener opener) {
    impl_->routes.push_back({"GET", std::move(path), std::move(name), nullptr, std::move(opener)});
}

void HttpServer::observe(HttpObserver observer) {
    impl_->observer = std::move(observer);
}

void HttpServer::start() {
    impl_->bind();
    asio::co_spawn(*impl_->io, impl_->accept(), asio::detached);
    impl_->thread = std::thread([io = impl_->io] { io->run(); });
}

std::uint16_t HttpServer::port() const {
    return impl_->bound_port;
}

void HttpServer::stop(double seconds) {
    Impl& impl = *impl_;
    if (!impl.thread.joinable()) return;
    asio::post(*impl.io, [&impl, seconds] {
        impl.stopping = true;
        error_code ignored;
        impl.acceptor.close(ignored);
        impl.end_all_idle();
        if (impl.connections.empty()) return;
        // Answers that are being written get the time that is left; then all ends.
        impl.stop_timer.expires_after(
            milliseconds(static_cast<std::int64_t>(std::max(0.0, seconds) * 1000)));
        impl.stop_timer.async_wait([&impl](error_code) { impl.io->stop(); });
    });
    impl.thread.join();
    for (const ConnectionPtr& c : impl.connections)
        if (c->stream) c->stream->on_ready(nullptr);
    impl.connections.clear();
}

std::size_t HttpServer::stream_clients() const {
    return impl_->streams->load();
}

std::uint64_t HttpServer::connections_rejected() const {
    return impl_->rejected.load();
}

}  // namespace contagiond::daemon
