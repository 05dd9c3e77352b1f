#include "daemon/http_access.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <thread>

#include "daemon/config.hpp"
#include "daemon/config_web_access.hpp"
#include "daemon/http_password.hpp"
#include "daemon/http_server.hpp"
#include "daemon/http_tls.hpp"

namespace contagiond::daemon {
namespace {

/// More than the listener has connections, each of which waits for one at most.
constexpr std::size_t most_waiting = 256;
constexpr std::string_view token_user = "local";
constexpr std::array<std::string_view, 2> probes = {"/-/healthy", "/-/ready"};

/// What changes when a file is written or replaced; files that are not there are all alike.
std::string state_of(const std::string& file) {
    struct stat info {};
    if (file.empty() || ::stat(file.c_str(), &info) != 0) return "-";
    return fmt::format("{}:{}:{}:{}.{:09}", info.st_dev, info.st_ino, info.st_size,
                       info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

const std::string& authorization_of(const HttpRequest& request) {
    static const std::string none;
    const auto field = request.headers.find("authorization");
    return field == request.headers.end() ? none : field->second;
}

/// One state of the files, whole: nobody sees the users of one and the certificate of another.
struct Loaded {
    WebAccessConfig config;
    ServerTls tls;
    std::string costly;  ///< a hash nobody has, for users who do not exist
    std::string state;   ///< of all files when they were read
};

std::string state_of(const std::string& config_file, const WebAccessConfig& config) {
    std::string state = state_of(config_file);
    if (!config.tls) return state;
    for (const std::string* file :
         {&config.tls->cert_file, &config.tls->key_file, &config.tls->client_ca_file})
        state += ' ' + state_of(*file);
    return state;
}

std::shared_ptr<const Loaded> load(const std::string& file) {
    auto loaded = std::make_shared<Loaded>();
    if (file.empty()) return loaded;
    loaded->config = load_web_access(file);
    // Before the files are read: what changes meanwhile is seen the next time.
    loaded->state = state_of(file, loaded->config);
    if (loaded->config.tls) {
        try {
            loaded->tls = make_server_tls(*loaded->config.tls);
        } catch (const std::runtime_error& error) {
            throw ConfigError(fmt::format("{}: {}", file, error.what()));
        }
    }
    if (!loaded->config.users.empty())
        loaded->costly = impossible_bcrypt(loaded->config.users.begin()->second);
    return loaded;
}

}  // namespace

struct HttpAccess::Impl {
    explicit Impl(HttpAccessSettings s)
        : settings(std::move(s)), loaded(load(settings.config_file)) {
        seen_state = loaded->state;
        if (!settings.config_file.empty()) thread = std::thread([this] { run(); });
    }
    ~Impl() {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
        }
        changed.notify_all();
        if (thread.joinable()) thread.join();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    struct Job {
        BasicCredentials credentials;
        std::function<void(AccessVerdict)> done;
    };

    std::shared_ptr<const Loaded> now() const {
        const std::lock_guard lock(mutex);
        return loaded;
    }
    void take(std::shared_ptr<const Loaded> next) {
        const std::lock_guard lock(mutex);
        seen_state = next->state;
        loaded = std::move(next);
        memory.clear();
    }
    static const std::string& hash_for(const Loaded& of, const std::string& user) {
        const auto it = of.config.users.find(user);
        return it == of.config.users.end() ? of.costly : it->second;
    }
    void run();
    void handle(const Job& job);
    void look();

    HttpAccessSettings settings;
    mutable std::mutex mutex;
    std::condition_variable changed;
    bool stopping = false;
    std::deque<Job> jobs;
    std::shared_ptr<const Loaded> loaded;
    std::string seen_state;  ///< also of files that could not be taken: told once
    PasswordMemory memory;
    std::atomic<std::uint64_t> hashed{0};
    std::thread thread;
};

void HttpAccess::Impl::run() {
    std::unique_lock lock(mutex);
    while (!stopping) {
        const bool asked = changed.wait_for(lock, settings.look_interval,
                                            [this] { return stopping || !jobs.empty(); });
        if (stopping) return;
        if (!asked) {
            lock.unlock();
            look();
            lock.lock();
            continue;
        }
        const Job job = std::move(jobs.front());
        jobs.pop_front();
        lock.unlock();
        handle(job);
        lock.lock();
    }
}

void HttpAccess::Impl::handle(const Job& job) {
    const std::shared_ptr<const Loaded> with = now();
    const std::string& hash = hash_for(*with, job.credentials.user);
    std::optional<bool> matches;
    {
        // The same may have been asked twice before it was answered once.
        const std::lock_guard lock(mutex);
        matches = memory.find(job.credentials, hash);
    }
    if (!matches) {
        matches = !hash.empty() && matches_bcrypt(job.credentials.password, hash);
        hashed.fetch_add(1, std::memory_order_relaxed);
        const std::lock_guard lock(mutex);
        if (loaded == with) memory.keep(job.credentials, hash, *matches);
    }
    AccessVerdict verdict{AccessVerdict::Kind::wrong, {}};
    if (*matches) verdict = {AccessVerdict::Kind::known, job.credentials.user};
    job.done(verdict);
}

void HttpAccess::Impl::look() {
    const std::shared_ptr<const Loaded> before = now();
    const std::string state = state_of(settings.config_file, before->config);
    {
        const std::lock_guard lock(mutex);
        if (state == seen_state) return;
        seen_state = state;
    }
    const auto report = [this](bool well, std::string_view sentence) {
        if (settings.report) settings.report(well, sentence);
    };
    try {
        take(load(settings.config_file));
        report(true, "users and certificates of the listener were read anew");
    } catch (const std::exception& error) {
        report(false, error.what());
    }
}

HttpAccess::HttpAccess(HttpAccessSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}
HttpAccess::~HttpAccess() = default;

void HttpAccess::reload() {
    impl_->take(load(impl_->settings.config_file));
}

bool HttpAccess::guards_reading(std::string_view path) const {
    for (const std::string_view probe : probes)
        if (path == probe) return false;
    return !impl_->now()->config.users.empty();
}

bool HttpAccess::keeps_strangers_out() const {
    const auto loaded = impl_->now();
    return !loaded->config.users.empty() ||
           (loaded->config.tls &&
            loaded->config.tls->client_auth == TlsServerConfig::ClientAuth::require);
}

std::string HttpAccess::challenge() const {
    return impl_->now()->config.users.empty() ? R"(Bearer realm="contagiond")"
                                              : R"(Basic realm="contagiond", charset="UTF-8")";
}

std::vector<std::pair<std::string, std::string>> HttpAccess::headers() const {
    return impl_->now()->config.headers;
}

std::optional<AccessVerdict> HttpAccess::decide(const HttpRequest& request) const {
    using Kind = AccessVerdict::Kind;
    const std::string& authorization = authorization_of(request);
    if (authorization.empty()) return AccessVerdict{};
    if (const auto token = parse_bearer(authorization)) {
        const std::string& own = impl_->settings.api_token;
        if (!own.empty() && equal_in_constant_time(*token, own))
            return AccessVerdict{Kind::known, std::string(token_user)};
        return AccessVerdict{Kind::wrong, {}};
    }
    const auto credentials = parse_basic(authorization);
    const std::lock_guard lock(impl_->mutex);
    const Loaded& loaded = *impl_->loaded;
    if (!credentials || loaded.config.users.empty()) return AccessVerdict{Kind::wrong, {}};
    const auto matches =
        impl_->memory.find(*credentials, Impl::hash_for(loaded, credentials->user));
    if (!matches) return {};
    return *matches ? AccessVerdict{Kind::known, credentials->user}
                    : AccessVerdict{Kind::wrong, {}};
}

bool HttpAccess::check(const HttpRequest& request, std::function<void(AccessVerdict)> done) {
    auto credentials = parse_basic(authorization_of(request));
    if (!credentials) return false;
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->stopping || impl_->jobs.size() >= most_waiting) return false;
        impl_->jobs.push_back({*std::move(credentials), std::move(done)});
    }
    impl_->changed.notify_all();
    return true;
}

std::shared_ptr<boost::asio::ssl::context> HttpAccess::tls() const {
    return impl_->now()->tls.context;
}

double HttpAccess::ts_certificate_end() const {
    const auto loaded = impl_->now();
    return loaded->tls.context ? loaded->tls.ts_certificate_end
                               : std::numeric_limits<double>::quiet_NaN();
}

std::uint64_t HttpAccess::hashed() const {
    return impl_->hashed.load(std::memory_order_relaxed);
}

}  // namespace contagiond::daemon
