#include "tests/bench/flood_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "tests/support/certificates.hpp"
#include "tests/support/server_words.hpp"

namespace contagiond::bench {
namespace {

constexpr std::size_t write_bytes = 64 * 1024;
constexpr std::uint64_t id_first = 3'735'000'001;
constexpr std::size_t id_digits = 10;

/// One connection, plain or TLS, with blocking calls. A write that fails is the client's going.
class Line {
  public:
    Line(int socket, SSL_CTX* context) : socket_(socket) {
        if (context == nullptr) return;
        tls_ = SSL_new(context);
        // Records are gathered, as a flood gathers them in a socket's buffer.
        SSL_set_fd(tls_, socket_);
        BIO* const gather = BIO_new(BIO_f_buffer());
        BIO_set_write_buffer_size(gather, static_cast<long>(write_bytes));
        BIO* const out = SSL_get_wbio(tls_);
        BIO_up_ref(out);
        SSL_set0_wbio(tls_, BIO_push(gather, out));
        if (SSL_accept(tls_) != 1) throw std::runtime_error("no TLS");
        flush();
    }
    ~Line() {
        if (tls_ != nullptr) SSL_free(tls_);
        ::close(socket_);
    }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    /// At most so many; 0 at the end.
    std::size_t read(char* to, std::size_t size) {
        const auto n = tls_ != nullptr ? SSL_read(tls_, to, static_cast<int>(size))
                                       : static_cast<int>(::recv(socket_, to, size, 0));
        return n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    bool write(const char* from, std::size_t size) {
        while (size > 0) {
            const auto n = tls_ != nullptr
                               ? static_cast<ssize_t>(SSL_write(tls_, from, static_cast<int>(size)))
                               : ::send(socket_, from, size, MSG_NOSIGNAL);
            if (n <= 0) return false;
            from += n;
            size -= static_cast<std::size_t>(n);
        }
        return true;
    }
    void flush() {
        if (tls_ != nullptr) (void)BIO_flush(SSL_get_wbio(tls_));
    }

  private:
    int socket_;
    SSL* tls_ = nullptr;
};

SSL_CTX* make_context() {
    const test::Identity identity = test::issue(test::Certificate::valid);
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    BIO* const certificate = BIO_new_mem_buf(identity.certificate.data(), -1);
    BIO* const key = BIO_new_mem_buf(identity.key.data(), -1);
    X509* const leaf = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
    EVP_PKEY* const secret = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
    SSL_CTX_use_certificate(context, leaf);
    SSL_CTX_use_PrivateKey(context, secret);
    X509_free(leaf);
    EVP_PKEY_free(secret);
    BIO_free(certificate);
    BIO_free(key);
    return context;
}

}  // namespace

Flood::Flood(std::size_t messages) : messages_(messages) {
    for (std::size_t n = 0; n < messages; ++n) {
        const std::string ms = std::to_string(1737988200000 + n / 10);
        const std::uint64_t id = id_first + n;
        sum_of_ids_ += id;
        const std::string frame =
            R"({"e":"trade","E":)" + ms + R"(,"s":"BTCUSDT","t":)" + std::to_string(id) +
            R"(,"p":"10)" + std::to_string(1000 + n * 7919 % 9000) + "." +
            std::to_string(10 + n * 37 % 90) + R"(000000","q":"0.02000000","T":)" + ms +
            R"(,"m":true,"M":true})";
        bytes_ += test::text_frame(frame);
    }
}

std::uint64_t Flood::id_in(std::string_view message) {
    constexpr std::size_t place =
        std::string_view(R"({"e":"trade","E":1737988200000,"s":"BTCUSDT","t":)").size();
    std::uint64_t id = 0;
    for (const char c : message.substr(place, id_digits))
        id = id * 10 + static_cast<std::uint64_t>(c - '0');
    return id;
}

FloodServer::FloodServer(const Flood& flood, Carrier carrier)
    : FloodServer(
          [&flood, carrier](const Send& send) {
              const std::size_t step = carrier == Carrier::tls ? flood.frame_bytes() : write_bytes;
              const std::string_view bytes = flood.bytes();
              for (std::size_t at = 0; at < bytes.size(); at += step)
                  if (!send(bytes.substr(at, step))) return;
          },
          carrier) {}

FloodServer::FloodServer(std::function<void(const Send&)> talk, Carrier carrier)
    : talk_(std::move(talk)), carrier_(carrier) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&here), size) != 0 ||
        ::listen(listener_, 1) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size) != 0)
        throw std::runtime_error("cannot listen");
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this] { serve(); });
}

FloodServer::~FloodServer() {
    thread_.join();
    ::close(listener_);
}

std::string FloodServer::url() const {
    return (carrier_ != Carrier::plain ? "wss://localhost:" : "ws://127.0.0.1:") +
           std::to_string(port_) + "/ws";
}

void FloodServer::serve() {
    const int socket = ::accept(listener_, nullptr, nullptr);
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL_CTX* const context = carrier_ != Carrier::plain ? make_context() : nullptr;
    {
        Line line(socket, context);
        std::string request;
        char some[4096];
        while (request.find("\r\n\r\n") == std::string::npos) {
            const std::size_t n = line.read(some, sizeof some);
            if (n == 0) return;
            request.append(some, n);
        }
        const std::string answer = test::upgrade_answer(request);
        line.write(answer.data(), answer.size());
        line.flush();
        line.read(some, sizeof some);
        const std::string acknowledgement = test::text_frame(R"({"result":null,"id":1})");
        line.write(acknowledgement.data(), acknowledgement.size());
        line.flush();
        // One record a message is gathered as a socket's buffer gathers it; else it goes at once.
        talk_([&](std::string_view bytes) {
            const bool sent = line.write(bytes.data(), bytes.size());
            if (carrier_ == Carrier::tls_gathered) line.flush();
            return sent;
        });
        line.flush();
        while (line.read(some, sizeof some) > 0) {
        }
    }
    SSL_CTX_free(context);
}

}  // namespace contagiond::bench
