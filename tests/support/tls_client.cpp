#include "tests/support/tls_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace contagiond::test {

struct TlsClient::Impl {
    SSL_CTX* context = ::SSL_CTX_new(::TLS_client_method());
    SSL* ssl = nullptr;
    int fd = -1;
    std::string problem;
    std::string received;
    bool ended = false;
    bool ended_well = false;

    ~Impl() {
        ::SSL_free(ssl);
        ::SSL_CTX_free(context);
        if (fd >= 0) ::close(fd);
    }
    void say_problem() {
        const unsigned long error = ::ERR_get_error();
        std::array<char, 256> text{};
        ::ERR_error_string_n(error, text.data(), text.size());
        problem = error == 0 ? "closed" : text.data();
    }
    /// False at the end.
    bool read_more() {
        std::array<char, 4096> block;
        const int n = ::SSL_read(ssl, block.data(), static_cast<int>(block.size()));
        if (n > 0) {
            received.append(block.data(), static_cast<std::size_t>(n));
            return true;
        }
        ended = true;
        ended_well = ::SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN;
        if (!ended_well) say_problem();
        return false;
    }
};

namespace {

void show(SSL_CTX* context, const Identity& identity) {
    BIO* const certificate_text = ::BIO_new_mem_buf(identity.certificate.data(),
                                                    static_cast<int>(identity.certificate.size()));
    BIO* const key_text =
        ::BIO_new_mem_buf(identity.key.data(), static_cast<int>(identity.key.size()));
    X509* const certificate = ::PEM_read_bio_X509(certificate_text, nullptr, nullptr, nullptr);
    EVP_PKEY* const key = ::PEM_read_bio_PrivateKey(key_text, nullptr, nullptr, nullptr);
    ::SSL_CTX_use_certificate(context, certificate);
    ::SSL_CTX_use_PrivateKey(context, key);
    ::X509_free(certificate);
    ::EVP_PKEY_free(key);
    ::BIO_free(certificate_text);
    ::BIO_free(key_text);
}

}  // namespace

TlsClient::TlsClient(std::uint16_t port, const TlsClientSettings& settings)
    : impl_(std::make_unique<Impl>()) {
    Impl& i = *impl_;
    // OpenSSL writes without MSG_NOSIGNAL.
    std::signal(SIGPIPE, SIG_IGN);
    ::SSL_CTX_set_security_level(i.context, 0);  // a test may ask for what is too old
    if (settings.version_most != 0)
        ::SSL_CTX_set_max_proto_version(i.context, TLS1_VERSION + settings.version_most - 10);
    if (!settings.ca_file.empty()) {
        ::SSL_CTX_load_verify_file(i.context, settings.ca_file.c_str());
        ::SSL_CTX_set_verify(i.context, SSL_VERIFY_PEER, nullptr);
    }
    if (!settings.identity.key.empty()) show(i.context, settings.identity);
    i.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{10, 0};
    ::setsockopt(i.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(i.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    i.ssl = ::SSL_new(i.context);
    ::SSL_set1_host(i.ssl, "localhost");
    ::SSL_set_tlsext_host_name(i.ssl, "localhost");
    ::SSL_set_fd(i.ssl, i.fd);
    ::ERR_clear_error();
    if (::connect(i.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        i.problem = "no connection";
    else if (::SSL_connect(i.ssl) != 1)
        i.say_problem();
}

TlsClient::~TlsClient() = default;

bool TlsClient::connected() const {
    return impl_->problem.empty();
}
const std::string& TlsClient::problem() const {
    return impl_->problem;
}
std::string TlsClient::version() const {
    return ::SSL_get_version(impl_->ssl);
}

bool TlsClient::send(std::string_view text) {
    return connected() && ::SSL_write(impl_->ssl, text.data(), static_cast<int>(text.size())) ==
                              static_cast<int>(text.size());
}

const std::string& TlsClient::read_until(std::string_view mark) {
    while (connected() && !impl_->ended && impl_->received.find(mark) == std::string::npos)
        impl_->read_more();
    return impl_->received;
}

const std::string& TlsClient::read_all() {
    while (connected() && !impl_->ended) impl_->read_more();
    return impl_->received;
}

bool TlsClient::ended_well() const {
    return impl_->ended_well;
}

}  // namespace contagiond::test
