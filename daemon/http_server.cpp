#include "daemon/http_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>
#include <stdexcept>
#include <thread>

#include "daemon/clock.hpp"
#include "daemon/http_access.hpp"
#include "daemon/http_admission.hpp"
#include "daemon/http_aside.hpp"
#include "daemon/http_connection.hpp"
#include "daemon/http_listen.hpp"
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
constexpr int send_buffer_bytes = 128 * 1024;
/// Refused connections that are given the time to read why; beyond that they are just closed.
constexpr std::size_t max_refusals_at_once = 64;
/// Calls that wait for one that takes its time.
constexpr std::size_t max_aside = 16;

asio::redirect_error_t<asio::use_awaitable_t<>> into(error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

using Connection = HttpConnection;
using ConnectionPtr = std::shared_ptr<Connection>;

}  // namespace

struct HttpServer::Impl {
    struct Route {
        std::string method;
        std::string path;
        std::string name;
        Handler handler;
        StreamOpener opener;  ///< one of the two
        bool aside = false;   ///< the handler may block
        bool matches(std::string_view p) const {
            if (path.size() > 1 && path.back() == '/') return p.substr(0, path.size()) == path;
            return p == path;
        }
    };

    Impl(HttpServerSettings s, std::shared_ptr<HttpAccess> a)
        : settings(std::move(s)),
          access(a ? std::move(a) : std::make_shared<HttpAccess>()),
          admission(settings.max_connections, settings.max_connections_per_address) {}

    HttpServerSettings settings;
    std::shared_ptr<HttpAccess> access;
    HttpAdmission<asio::ip::address> admission;
    std::vector<Route> routes;
    HttpObserver observer;
    AllowedHosts hosts;
    std::shared_ptr<asio::io_context> io = std::make_shared<asio::io_context>(1);
    tcp::acceptor acceptor{*io};
    asio::steady_timer stop_timer{*io};
    HttpAside aside{max_aside};
    std::set<ConnectionPtr> connections;  ///< admitted and refused
    bool stopping = false;
    std::uint16_t bound_port = 0;
    std::thread thread;
    /// Shared with the streams: a frame that is torn down with the io_context still counts itself
    /// out.
    std::shared_ptr<std::atomic<std::size_t>> streams =
        std::make_shared<std::atomic<std::size_t>>(0);
    std::array<std::atomic<std::uint64_t>, http_rejection_count> rejected{};

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
    asio::awaitable<bool> identify(ConnectionPtr c, HttpRequest& request, bool needed,
                                   HttpResponse& refusal);
    Refusal judge(const ConnectionPtr& c, const HttpRequest& request);
    static bool changes(const HttpRequest& request) {
        return request.method != "GET" && request.method != "HEAD";
    }
    void reject(HttpRejection why) {
        rejected[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
    }
    asio::awaitable<void> run_stream(ConnectionPtr c, const HttpRequest& request);
    asio::awaitable<bool> write_steadily(ConnectionPtr c, std::string_view text);
    void watch_for_close(const ConnectionPtr& c, std::shared_ptr<std::array<char, 512>> scratch);
    std::function<void()> waker(const ConnectionPtr& c) const;
    static asio::awaitable<void> await_waker(ConnectionPtr c, milliseconds patience);
    asio::awaitable<HttpResponse> call_aside(ConnectionPtr c, const Route& route,
                                             const HttpRequest& request);
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
    HttpListener listener = listen_on(*io, settings.listen_address);
    acceptor = std::move(listener.acceptor);
    bound_port = acceptor.local_endpoint().port();
    for (const std::string& name : settings.allowed_hosts)
        if (const std::string bare = host_of(name); !bare.empty()) hosts.names.push_back(bare);
    if (!listener.host.empty()) hosts.listen_host = host_of(settings.listen_address);
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
    auto c = std::make_shared<Connection>(std::move(socket), access->tls());
    c->peer = unmapped(remote.address());
    c->local_address = unmapped(c->socket.local_endpoint(error).address()).to_string();
    c->socket.set_option(tcp::no_delay(true), error);
    // Left alone the kernel takes megabytes for a reader that takes nothing, and calls them
    // written.
    c->socket.set_option(asio::socket_base::send_buffer_size(send_buffer_bytes), error);
    if (const auto refused = admission.enter(c->peer)) {
        reject(*refused);
        // Under TLS one would have to shake hands to say why, which is the dearest part of it all.
        if (c->is_tls() || connections.size() - admission.taken() >= max_refusals_at_once) return;
        c->phase = Connection::Phase::closing;
        connections.insert(c);
        asio::co_spawn(*io, refuse(c), asio::detached);
        return;
    }
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
    if (co_await answer(c, unread, std::move(response), false)) co_await c->say_goodbye();
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
        const std::size_t n = co_await c->read_some(asio::buffer(block), error);
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
        const std::size_t n = co_await c->read_some(asio::buffer(block), error);
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
    // A handler that says what its answer varies by has packed it already, or will not have it
    // packed.
    const bool settled = std::any_of(response.headers.begin(), response.headers.end(),
                                     [](const auto& field) { return field.first == "Vary"; });
    if (!settled && response.body.size() >= gzip_from_bytes) {
        // Caches between us and the reader must not give the packed body to one who did not ask.
        response.headers.emplace_back("Vary", "Accept-Encoding");
        const auto offered = request.headers.find("accept-encoding");
        if (offered != request.headers.end() && accepts_gzip(offered->second))
            if (std::string packed = gzip(response.body); !packed.empty()) {
                response.body = std::move(packed);
                response.headers.emplace_back("Content-Encoding", "gzip");
            }
    }
    for (auto& field : access->headers()) response.headers.push_back(std::move(field));
    std::string text =
        response_head(response, request.path, response.body.size(), keep_alive, daemon::wall_now());
    if (request.method != "HEAD" && response.status != 204 && response.status != 304)
        text += response.body;
    c->expire_after(settings.deadlines.write);
    error_code error;
    for (std::string_view rest = text; !rest.empty() && !error && !c->timed_out;)
        rest.remove_prefix(co_await c->write_some(rest, error));
    co_return !error && !c->timed_out;
}

/// Ends await_waker() of this connection, from any thread and at any time.
std::function<void()> HttpServer::Impl::waker(const ConnectionPtr& c) const {
    return [weak = std::weak_ptr<Connection>(c), weak_io = std::weak_ptr<asio::io_context>(io)] {
        if (const auto context = weak_io.lock())
            asio::post(*context, [weak] {
                if (const auto self = weak.lock()) self->wake_timer.cancel();
            });
    };
}

asio::awaitable<void> HttpServer::Impl::await_waker(ConnectionPtr c, milliseconds patience) {
    error_code error;
    c->no_deadline();
    c->wake_timer.expires_after(patience);
    co_await c->wake_timer.async_wait(into(error));
}

asio::awaitable<HttpResponse> HttpServer::Impl::call_aside(ConnectionPtr c, const Route& route,
                                                           const HttpRequest& request) {
    const auto answer = std::make_shared<Answer<HttpResponse>>();
    const bool asked = aside.run([this, answer, done = waker(c), &route, copy = request] {
        std::shared_ptr<sinks::StreamClient> none;
        answer->give(call(route, copy, none));
        done();
    });
    if (asked) co_await await_waker(c, settings.deadlines.aside);
    if (answer->is_there.load()) co_return std::move(answer->value);
    HttpResponse busy =
        refused(request, 503, "this takes longer than usual, ask again in a moment");
    busy.headers.emplace_back("Retry-After", "1");
    co_return busy;
}

asio::awaitable<bool> HttpServer::Impl::identify(ConnectionPtr c, HttpRequest& request, bool needed,
                                                 HttpResponse& refusal) {
    using Kind = AccessVerdict::Kind;
    std::optional<AccessVerdict> verdict = access->decide(request);
    if (!verdict && needed) {
        const auto answer = std::make_shared<Answer<AccessVerdict>>();
        const bool asked = access->check(request, [answer, done = waker(c)](AccessVerdict found) {
            answer->give(std::move(found));
            done();
        });
        if (asked) co_await await_waker(c, settings.deadlines.password);
        if (!answer->is_there.load()) {
            refusal = refused(request, 503, "too many passwords to check, ask again in a moment");
            refusal.headers.emplace_back("Retry-After", "1");
            co_return false;
        }
        verdict = answer->value;
    }
    if (verdict && verdict->kind == Kind::known) request.user = verdict->user;
    if (!needed || !request.user.empty()) co_return true;
    reject(HttpRejection::unauthorized);
    const bool wrong = verdict->kind == Kind::wrong;
    if (wrong && !c->gone) {
        // Guessing is slow, also where the guess was remembered; who has no credentials yet is
        // asked for them at once.
        co_await await_waker(c, settings.deadlines.wrong_password);
    }
    refusal = refused(request, 401,
                      wrong ? "these credentials are nobody's"
                            : "this needs a user: see the README on signing in");
    refusal.headers.emplace_back("WWW-Authenticate", access->challenge());
    co_return false;
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
    refusal = known ? refused(request, 405, "method not allowed")
                    : refused(request, 404, "there is nothing here");
    if (known) {
        std::string list;
        for (const std::string& method : allowed) list += list.empty() ? method : ", " + method;
        refusal.headers.emplace_back("Allow", list);
    }
    return nullptr;
}

asio::awaitable<void> HttpServer::Impl::serve(ConnectionPtr c) {
    try {
        c->expire_after(settings.deadlines.handshake);
        if (!c->is_tls() || co_await c->shake_hands())
            co_await converse(c);
        else
            reject(HttpRejection::tls);
    } catch (const std::exception&) {
        // Out of memory, or a handler's doing: this connection ends, the server does not.
    }
    admission.leave(c->peer);
    forget(c);
}

/// Whether what was read so far may be answered at all: said before a body is waited for.
Refusal HttpServer::Impl::judge(const ConnectionPtr& c, const HttpRequest& request) {
    if (!hosts.allows(request.headers.at("host"), c->local_address)) {
        reject(HttpRejection::host);
        return {403, "this host name is not served here"};
    }
    const bool opens = std::any_of(routes.begin(), routes.end(), [&](const Route& route) {
        return route.opener && route.matches(request.path);
    });
    if ((opens || changes(request)) && !origin_allowed(request, hosts)) {
        reject(HttpRejection::origin);
        return {403, "a page of another origin may not do that"};
    }
    return {};
}

asio::awaitable<void> HttpServer::Impl::converse(ConnectionPtr c) {
    bool keep_alive = true;
    for (bool first = true; keep_alive && !stopping; first = false) {
        RequestHead head;
        HttpRequest& request = head.request;
        Refusal refusal = co_await read_head(c, first, head);
        const core::DurationNs started = monotonic_now();
        if (!refusal) refusal = judge(c, request);
        if (!refusal) refusal = co_await read_body(c, head);
        if (refusal.status < 0) {
            if (c->timed_out && first) reject(HttpRejection::timeout);
            break;
        }
        c->timed_out = false;  // of the read; the answer has a time of its own
        c->phase = Connection::Phase::answering;
        if (refusal) {
            if (refusal.status != 403)
                reject(refusal.status == 408 ? HttpRejection::timeout : HttpRejection::malformed);
            const bool told =
                co_await answer(c, request, text_response(refusal.status, refusal.reason), false);
            observe(refusal.status == 403 ? "refused" : "malformed", refusal.status, started);
            if (told) co_await c->say_goodbye();
            break;
        }
        HttpResponse response;
        const Route* route = find_route(request, response);
        keep_alive = head.keep_alive && !stopping;
        const bool needs_user =
            (route != nullptr && changes(request)) || access->guards_reading(request.path);
        if (co_await identify(c, request, needs_user, response) && route != nullptr) {
            if (route->aside)
                response = co_await call_aside(c, *route, request);
            else
                response = call(*route, request, c->stream);
        }
        if (c->gone) break;
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
        if (!keep_alive) co_await c->say_goodbye();
    }
}

HttpResponse HttpServer::Impl::call(const Route& route, const HttpRequest& request,
                                    std::shared_ptr<sinks::StreamClient>& stream) {
    try {
        if (route.handler) return route.handler(request);
        if (streams->load() >= settings.max_streams) {
            reject(HttpRejection::streams);
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
        const std::size_t n = co_await c->write_some(text, error);
        if (error || c->timed_out || c->gone) co_return false;
        text.remove_prefix(n);
    }
    c->no_deadline();
    co_return true;
}

void HttpServer::Impl::watch_for_close(const ConnectionPtr& c,
                                       std::shared_ptr<std::array<char, 512>> scratch) {
    // A page that was closed gives its place back at once and not at the next comment.
    c->on_read(asio::buffer(*scratch), [this, c, scratch](error_code error, std::size_t) {
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
    for (auto& field : access->headers()) head.headers.push_back(std::move(field));
    bool going = co_await write_steadily(
        c, response_head(head, request.path, std::string::npos, false, daemon::wall_now()));
    watch_for_close(c, std::make_shared<std::array<char, 512>>());

    // The wake may come from any thread, and later than the server lives.
    c->stream->on_ready([weak = std::weak_ptr<Connection>(c), wake = waker(c)] {
        const auto connection = weak.lock();
        if (connection && !connection->wake_posted.exchange(true)) wake();
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

HttpServer::HttpServer(HttpServerSettings settings, std::shared_ptr<HttpAccess> access)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(access))) {}

HttpServer::~HttpServer() {
    stop(0);
}

void HttpServer::route(std::string method, std::string path, std::string name, Handler handler) {
    impl_->routes.push_back(
        {std::move(method), std::move(path), std::move(name), std::move(handler), nullptr});
}

void HttpServer::route_aside(std::string method, std::string path, std::string name,
                             Handler handler) {
    route(std::move(method), std::move(path), std::move(name), std::move(handler));
    impl_->routes.back().aside = true;
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
    impl.aside.stop();  // its answer is still told
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
    for (const ConnectionPtr& c : impl.connections) {
        if (c->stream) c->stream->on_ready(nullptr);
        c->close();  // what still waited for something holds on to it
    }
    impl.connections.clear();
}

std::size_t HttpServer::stream_clients() const {
    return impl_->streams->load();
}

std::uint64_t HttpServer::rejected(HttpRejection why) const {
    return impl_->rejected[static_cast<std::size_t>(why)].load(std::memory_order_relaxed);
}

}  // namespace contagiond::daemon
