#include "tests/support/http_receiver.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace contagiond::test {
namespace {

struct SslCtxFree {
    void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
};
struct SslFree {
    void operator()(SSL* p) const { SSL_free(p); }
};
struct BioFree {
    void operator()(BIO* p) const { BIO_free(p); }
};
using Bio = std::unique_ptr<BIO, BioFree>;

std::unique_ptr<SSL_CTX, SslCtxFree> make_context(const std::string& certificate,
                                                  const std::string& key) {
    std::unique_ptr<SSL_CTX, SslCtxFree> context(SSL_CTX_new(TLS_server_method()));
    const Bio certificate_text(
        BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
    const Bio key_text(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
    X509* x509 = PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr);
    EVP_PKEY* pkey = PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr);
    const bool good = x509 && pkey && SSL_CTX_use_certificate(context.get(), x509) == 1 &&
                      SSL_CTX_use_PrivateKey(context.get(), pkey) == 1;
    X509_free(x509);
    EVP_PKEY_free(pkey);
    if (!good) throw std::runtime_error("the receiver's certificate cannot be used");
    return context;
}

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

}  // namespace

struct HttpReceiver::Impl {
    Script script;
    std::unique_ptr<SSL_CTX, SslCtxFree> tls;
    int listener = -1;
    int stop_event = -1;
    std::uint16_t port = 0;
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    std::vector<Received> requests;
    std::size_t accepted = 0;
    std::thread thread;

    /// Whether `fd` became readable; false when the receiver is to stop.
    bool wait_readable(int fd) const {
        std::array<pollfd, 2> both{{{fd, POLLIN, 0}, {stop_event, POLLIN, 0}}};
        ::poll(both.data(), both.size(), -1);
        return both[1].revents == 0;
    }

    void run() {
        // OpenSSL writes without saying that nobody wants a signal of it.
        sigset_t pipe;
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        while (wait_readable(listener)) {
            const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) continue;
            {
                const std::lock_guard lock(mutex);
                ++accepted;
            }
            serve(fd);
            ::close(fd);
        }
    }

    void serve(int fd) {
        // A client that stops in the middle must not hold the receiver for ever.
        const timeval patience{5, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        std::unique_ptr<SSL, SslFree> ssl;
        if (tls) {
            ssl.reset(SSL_new(tls.get()));
            SSL_set_fd(ssl.get(), fd);
            if (!wait_readable(fd) || SSL_accept(ssl.get()) != 1) {
                ERR_clear_error();
                return;
            }
        }
        const auto read = [&](char* out, std::size_t size) {
            if (ssl) return static_cast<long>(SSL_read(ssl.get(), out, static_cast<int>(size)));
            return wait_readable(fd) ? static_cast<long>(::recv(fd, out, size, 0)) : -1L;
        };
        const auto write = [&](const std::string& text) {
            if (ssl) {
                SSL_write(ssl.get(), text.data(), static_cast<int>(text.size()));
                return;
            }
            for (std::size_t done = 0; done < text.size();) {
                const auto n = ::send(fd, text.data() + done, text.size() - done, MSG_NOSIGNAL);
                if (n <= 0) return;
                done += static_cast<std::size_t>(n);
            }
        };

        std::string in;
        std::array<char, 4096> block;
        std::size_t head = std::string::npos, length = 0;
        Received request;
        while (head == std::string::npos || in.size() < head + length) {
            const long n = read(block.data(), block.size());
            if (n <= 0) return;
            in.append(block.data(), static_cast<std::size_t>(n));
            if (head != std::string::npos) continue;
            const std::size_t end = in.find("\r\n\r\n");
            if (end == std::string::npos) continue;
            head = end + 4;
            parse_head(in.substr(0, end + 2), request);
            const auto field = request.headers.find("content-length");
            length = field == request.headers.end() ? 0 : std::stoul(field->second);
        }
        request.body = in.substr(head, length);

        std::size_t number = 0;
        {
            const std::lock_guard lock(mutex);
            number = requests.size();
            requests.push_back(request);
            changed.notify_all();
        }
        const ScriptedReply reply = script ? script(request, number) : ScriptedReply{};
        if (reply.stall) {
            wait_readable(-1);
            return;
        }
        if (reply.hang_up) return;
        if (!reply.raw.empty()) {
            write(reply.raw);
        } else {
            std::string text = "HTTP/1.1 " + std::to_string(reply.status) +
                               " Status\r\nContent-Length: " + std::to_string(reply.body.size()) +
                               "\r\nConnection: close\r\n";
            for (const auto& [name, value] : reply.headers) text += name + ": " + value + "\r\n";
            write(text + "\r\n" + reply.body);
        }
        if (ssl) SSL_shutdown(ssl.get());
        ::shutdown(fd, SHUT_WR);
        // Read on until the client has closed, so that nothing it sent late resets the answer.
        while (wait_readable(fd) && ::recv(fd, block.data(), block.size(), 0) > 0) {
        }
    }

    static void parse_head(const std::string& head, Received& out) {
        std::size_t at = head.find("\r\n");
        const std::string line = head.substr(0, at);
        out.method = line.substr(0, line.find(' '));
        const std::size_t target = out.method.size() + 1;
        out.target = line.substr(target, line.find(' ', target) - target);
        for (at += 2; at < head.size();) {
            const std::size_t end = head.find("\r\n", at);
            const std::string field = head.substr(at, end - at);
            const std::size_t colon = field.find(": ");
            if (colon != std::string::npos)
                out.headers[lower(field.substr(0, colon))] = field.substr(colon + 2);
            at = end + 2;
        }
    }
};

HttpReceiver::HttpReceiver(Script script, const std::string& certificate_pem,
                           const std::string& key_pem)
    : impl_(std::make_unique<Impl>()) {
    impl_->script = std::move(script);
    if (!certificate_pem.empty()) impl_->tls = make_context(certificate_pem, key_pem);
    impl_->stop_event = ::eventfd(0, EFD_CLOEXEC);
    impl_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(impl_->listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(impl_->listener, 64) != 0 ||
        ::getsockname(impl_->listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("the receiver cannot listen");
    impl_->port = ntohs(address.sin_port);
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

HttpReceiver::~HttpReceiver() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(impl_->stop_event, &one, sizeof one);
    impl_->thread.join();
    ::close(impl_->listener);
    ::close(impl_->stop_event);
}

std::uint16_t HttpReceiver::port() const {
    return impl_->port;
}

std::string HttpReceiver::url(const std::string& path) const {
    return (impl_->tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port()) +
           "/" + path;
}

std::vector<Received> HttpReceiver::received() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->requests;
}

std::size_t HttpReceiver::connections() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->accepted;
}

bool HttpReceiver::wait_for(std::size_t count, std::chrono::milliseconds patience) const {
    std::unique_lock lock(impl_->mutex);
    return impl_->changed.wait_for(lock, patience, [&] { return impl_->requests.size() >= count; });
}

}  // namespace contagiond::test
