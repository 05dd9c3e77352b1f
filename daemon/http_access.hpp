// HttpAccess: who a request comes from. Basic authentication by the web configuration's users, and
// the token that commands on this machine find in the state folder; the listener's certificate
// comes from the same file.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace contagiond::daemon {

struct HttpRequest;

struct HttpAccessSettings {
    std::string config_file;  ///< of --web.config.file; empty: no users, no TLS
    std::string api_token;    ///< what `Authorization: Bearer` has to carry; empty: nobody can
    /// How often the files are looked at for changes.
    std::chrono::milliseconds look_interval{5'000};
    /// A sentence for the log, when the files have changed or cannot be taken as they are now. Any
    /// thread. Holds no secret.
    std::function<void(bool well, std::string_view sentence)> report;
};

/// What the credentials of a request come to.
struct AccessVerdict {
    enum class Kind : std::uint8_t {
        absent,  ///< no credentials
        wrong,   ///< nobody's
        known,
    };
    Kind kind = Kind::absent;
    std::string user;  ///< where known; "local" for the token
};

/// Any thread, unless said otherwise. Where there is a configuration file a thread of its own
/// hashes passwords and looks at the files, so that neither holds up the listener.
class HttpAccess {
  public:
    /// Throws ConfigError with one line where the file cannot be taken.
    explicit HttpAccess(HttpAccessSettings settings = {});
    ~HttpAccess();
    HttpAccess(const HttpAccess&) = delete;
    HttpAccess& operator=(const HttpAccess&) = delete;

    /// Takes the file anew, with certificates and keys. Throws ConfigError; the old one then stays.
    void reload();

    /// Whether reading needs a user too. The probes never do: they say one word, and what asks them
    /// has no password.
    bool guards_reading(std::string_view path) const;
    /// Whether strangers are kept out: users, or certificates that clients must show.
    bool keeps_strangers_out() const;
    /// Value of WWW-Authenticate.
    std::string challenge() const;
    /// More fields for every answer.
    std::vector<std::pair<std::string, std::string>> headers() const;

    /// At once: no credentials, the token, or a password whose hash is remembered. Empty where it
    /// must be hashed first, for which there is `check`.
    std::optional<AccessVerdict> decide(const HttpRequest& request) const;
    /// Hashes on the own thread (0.1 s at bcrypt's usual cost, as long for a user who does not
    /// exist) and calls `done` there; not at all if this object ends before. False, and nothing is
    /// called, where too many wait already.
    bool check(const HttpRequest& request, std::function<void(AccessVerdict)> done);

    /// Null: plain. A handshake holds on to the one it began with.
    std::shared_ptr<boost::asio::ssl::context> tls() const;
    /// When the listener's certificate ends, seconds since the epoch; NaN without TLS.
    double ts_certificate_end() const;

    /// Passwords hashed so far.
    std::uint64_t hashed() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::daemon
