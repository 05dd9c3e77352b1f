// HttpServer: one listener for page, API, metrics and event streams. Beast stays behind this
// header.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/sinks/stream_client.hpp"

namespace contagiond::daemon {

struct HttpRequest {
    std::string method;
    std::string path;                            ///< decoded, without the query
    std::map<std::string, std::string> query;    ///< decoded; the last of equal keys wins
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    /// Who asks: of the web configuration's users, "local" for commands on this machine; empty for
    /// nobody, which a route that changes something never sees.
    std::string user;
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>>
        headers;  ///< beside the ones every answer carries
};

/// `{"status":"error","errorType":type,"error":message}` with the given status.
HttpResponse json_error(int status, std::string_view type, std::string_view message);
/// `{"status":"success","data":data}`; `data` is JSON text.
HttpResponse json_data(std::string_view data);

/// Absolute limits, not per read: a peer that sends a byte now and then gains nothing.
struct HttpDeadlines {
    std::chrono::milliseconds handshake{5'000};  ///< of TLS, from the accept
    std::chrono::milliseconds head{5'000};  ///< from the first byte (or the accept) to the last
    std::chrono::milliseconds body{10'000};
    std::chrono::milliseconds write{30'000};           ///< of one answer
    std::chrono::milliseconds idle{60'000};            ///< between two requests of a connection
    std::chrono::milliseconds stream_stall{30'000};    ///< a stream's reader that takes nothing
    std::chrono::milliseconds stream_comment{15'000};  ///< a quiet stream says that it lives
    std::chrono::milliseconds password{10'000};        ///< waiting for one to be checked
    std::chrono::milliseconds wrong_password{500};     ///< how long the answer to one is held back
    std::chrono::milliseconds aside{30'000};  ///< waiting for a handler that takes its time
};

struct HttpServerSettings {
    std::string listen_address = "127.0.0.1:9464";  ///< host:port, port 0 picks a free one
    /// Host names (without port) a request may address beside loopback and the listen address
    /// itself.
    std::vector<std::string> allowed_hosts;
    std::size_t max_connections = 256;
    std::size_t max_connections_per_address = 16;
    std::size_t max_streams = 64;
    HttpDeadlines deadlines;
};

/// Why a connection or a request was turned away before any handler saw it.
enum class HttpRejection : std::uint8_t {
    connections,   ///< too many in all
    address,       ///< too many of one address
    streams,       ///< too many streams
    tls,           ///< no handshake in time, or none that is accepted
    malformed,     ///< no HTTP/1.1 as it is read here, or too large
    timeout,       ///< head or body did not come in time
    host,          ///< a host name that is not served
    unauthorized,  ///< no credentials where they are needed, or nobody's
    origin,        ///< a page of another origin
};
inline constexpr std::size_t http_rejection_count = 9;
/// Value of the label `reason` of http_connections_rejected_total.
std::string_view to_string(HttpRejection why);

/// One count of http_requests_total{handler,code} and its share of http_request_duration_seconds.
using HttpObserver = std::function<void(std::string_view handler, int code, double seconds)>;

class HttpAccess;

/// Runs its own thread. Handlers are called on it and must not block for long, but for those of
/// route_aside; register before start. Whatever is not GET or HEAD reaches its handler only from a
/// user, and from no page of another origin.
class HttpServer {
  public:
    /// `access` knows the users and the certificate; without one there is no TLS, and nobody may
    /// change anything.
    explicit HttpServer(HttpServerSettings settings, std::shared_ptr<HttpAccess> access = nullptr);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    using Handler = std::function<HttpResponse(const HttpRequest&)>;
    /// Opens a stream, or answers why not (null client and a response).
    using StreamOpener = std::function<std::shared_ptr<sinks::StreamClient>(const HttpRequest&,
                                                                            HttpResponse& refusal)>;

    /// `path` is exact, or a prefix where it ends in '/' and is longer than one character. GET
    /// routes answer HEAD too. `name` is the handler label.
    void route(std::string method, std::string path, std::string name, Handler handler);
    /// The same, but `handler` may block: it runs on a thread of its own, one call after another,
    /// while others are answered. stop() waits for the call that runs.
    void route_aside(std::string method, std::string path, std::string name, Handler handler);
    /// An SSE stream at an exact path.
    void stream(std::string path, std::string name, StreamOpener opener);
    void observe(HttpObserver observer);

    /// Binds and serves. Throws std::runtime_error with one sentence when the address is bad or in
    /// use.
    void start();
    /// The port bound, after start.
    std::uint16_t port() const;
    /// Stops accepting, ends streams and closes; blocks for at most about `seconds`.
    void stop(double seconds);

    std::size_t stream_clients() const;               ///< any thread
    std::uint64_t rejected(HttpRejection why) const;  ///< any thread

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::daemon
