// A listener with a few routes, and a stream filled by hand, for tests that talk to it in raw
// bytes.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/http_access.hpp"
#include "daemon/http_server.hpp"
#include "tests/support/raw_client.hpp"

namespace contagiond::test {

/// A stream that a test fills by hand.
class StreamScript final : public sinks::StreamClient {
  public:
    bool take(std::string& out) override {
        const std::lock_guard lock(mutex_);
        if (endless_) {
            out.append(endless_, 'x');
            return true;
        }
        out += text_;
        text_.clear();
        return !ended_;
    }
    void on_ready(std::function<void()> wake) override {
        const std::lock_guard lock(mutex_);
        wake_ = std::move(wake);
    }
    void say(const std::string& text) {
        const std::lock_guard lock(mutex_);
        text_ += text;
        if (wake_) wake_();
    }
    void end() {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        if (wake_) wake_();
    }
    void talk_without_end(std::size_t bytes_at_once) {
        const std::lock_guard lock(mutex_);
        endless_ = bytes_at_once;
        if (wake_) wake_();
    }
    bool listened_to() {
        const std::lock_guard lock(mutex_);
        return wake_ != nullptr;
    }

  private:
    std::mutex mutex_;
    std::string text_;
    bool ended_ = false;
    std::size_t endless_ = 0;
    std::function<void()> wake_;
};

struct SeenRequest {
    std::string handler;
    int code;
};

class HttpHouse {
  public:
    explicit HttpHouse(const std::function<void(daemon::HttpServerSettings&)>& adjust = {},
                       daemon::HttpAccessSettings who = {"", "open-sesame", {}, {}}) {
        daemon::HttpServerSettings settings;
        settings.listen_address = "127.0.0.1:0";
        settings.allowed_hosts = {"desk.example"};
        settings.deadlines.wrong_password = std::chrono::milliseconds(1);
        if (adjust) adjust(settings);
        access = std::make_shared<daemon::HttpAccess>(std::move(who));
        server = std::make_unique<daemon::HttpServer>(settings, access);
        server->observe([this](std::string_view handler, int code, double seconds) {
            const std::lock_guard lock(mutex_);
            seen_.push_back({std::string(handler), seconds >= 0 ? code : -1});
        });
        server->route("GET", "/", "page", [](const daemon::HttpRequest&) {
            daemon::HttpResponse response;
            response.content_type = "text/html; charset=utf-8";
            response.body = "<p>hello";
            return response;
        });
        server->route("GET", "/api/v1/echo", "echo", [](const daemon::HttpRequest& request) {
            return daemon::json_data(nlohmann::json(request.query).dump());
        });
        server->route("GET", "/api/v1/alerts/", "alert", [](const daemon::HttpRequest& request) {
            return daemon::json_data(nlohmann::json(request.path).dump());
        });
        server->route("GET", "/large", "large", [](const daemon::HttpRequest&) {
            daemon::HttpResponse response;
            response.body = std::string(200'000, 'a');
            response.headers = {{"X-Evil", "a\r\nX-Injected: b"}};
            return response;
        });
        server->route("GET", "/throws", "throws",
                      [](const daemon::HttpRequest&) -> daemon::HttpResponse {
                          throw std::runtime_error("secret detail");
                      });
        server->route("POST", "/-/reload", "reload", [](const daemon::HttpRequest& request) {
            daemon::HttpResponse response;
            response.body = "got " + std::to_string(request.body.size());
            return response;
        });
        server->route_aside("POST", "/slow", "slow", [this](const daemon::HttpRequest& request) {
            ++slow_begun;
            std::function<void()> wait;
            {
                const std::lock_guard lock(mutex_);
                wait = slow_;
            }
            if (wait) wait();
            daemon::HttpResponse response;
            response.body = "slowly " + request.body + request.user;
            return response;
        });
        server->route("GET", "/-/healthy", "healthy",
                      [](const daemon::HttpRequest&) { return daemon::HttpResponse{}; });
        server->route("GET", "/user", "user", [](const daemon::HttpRequest& request) {
            daemon::HttpResponse response;
            response.body = request.user;
            return response;
        });
        server->route("DELETE", "/api/v1/notes", "notes", [](const daemon::HttpRequest& request) {
            return daemon::json_data(nlohmann::json(request.user).dump());
        });
        server->route("PUT", "/-/reload", "reload",
                      [](const daemon::HttpRequest&) { return daemon::HttpResponse{}; });
        server->stream("/api/v1/stream", "stream",
                       [this](const daemon::HttpRequest& request, daemon::HttpResponse& refusal) {
                           if (request.query.count("refuse")) {
                               refusal = daemon::json_error(503, "unavailable", "stopping");
                               return std::shared_ptr<StreamScript>();
                           }
                           return script;
                       });
        server->start();
    }

    std::uint16_t port() const { return server->port(); }
    std::vector<SeenRequest> seen() {
        const std::lock_guard lock(mutex_);
        return seen_;
    }
    bool saw(const std::string& handler, int code) {
        return eventually([&] {
            for (const SeenRequest& one : seen())
                if (one.handler == handler && one.code == code) return true;
            return false;
        });
    }

    std::shared_ptr<daemon::HttpAccess> access;
    std::shared_ptr<StreamScript> script = std::make_shared<StreamScript>();
    /// What POST /slow waits for.
    void make_slow(std::function<void()> wait) {
        const std::lock_guard lock(mutex_);
        slow_ = std::move(wait);
    }
    std::atomic<int> slow_begun{0};

  private:
    std::mutex mutex_;
    std::function<void()> slow_;
    std::vector<SeenRequest> seen_;

  public:
    std::unique_ptr<daemon::HttpServer> server;  ///< last: its thread uses the others
};

/// The credentials of a house that is made without others.
inline const std::string signed_in = "Authorization: Bearer open-sesame\r\n";

inline std::string get(const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + fields + "\r\n";
}

inline const std::string policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; font-src 'none'; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

}  // namespace contagiond::test
