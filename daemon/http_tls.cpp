#include "daemon/http_tls.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <stdexcept>

#include "feeds/session_certificate.hpp"

namespace contagiond::daemon {
namespace {

namespace ssl = boost::asio::ssl;

int version_number(int version) {
    return version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION;
}

}  // namespace

ServerTls make_server_tls(const TlsServerConfig& config) {
    ServerTls tls;
    tls.context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX* const native = tls.context->native_handle();
    boost::system::error_code error;
    const auto check = [&error](const char* key, const char* problem) {
        if (error)
            throw std::runtime_error(
                fmt::format("tls_server_config.{}: {}: {}", key, problem, error.message()));
    };
    // A key under a password cannot be opened by a daemon; without this it would ask the terminal.
    ::SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return 0; });
    tls.context->use_certificate_chain_file(config.cert_file, error);
    check("cert_file", "the file it names holds no certificate");
    tls.context->use_private_key_file(config.key_file, ssl::context::pem, error);
    check("key_file", "the file it names holds no key of this certificate");
    if (config.client_auth != TlsServerConfig::ClientAuth::none) {
        tls.context->load_verify_file(config.client_ca_file, error);
        check("client_ca_file", "the file it names holds no certificate");
        STACK_OF(X509_NAME)* const names = ::SSL_load_client_CA_file(config.client_ca_file.c_str());
        if (names != nullptr) ::SSL_CTX_set_client_CA_list(native, names);
        const bool needed = config.client_auth == TlsServerConfig::ClientAuth::require;
        tls.context->set_verify_mode(needed ? ssl::verify_peer | ssl::verify_fail_if_no_peer_cert
                                            : ssl::verify_peer);
    }
    ::SSL_CTX_set_min_proto_version(native, version_number(config.version_least));
    ::SSL_CTX_set_max_proto_version(native, version_number(config.version_most));
    // Every connection shows its certificate anew: a reload counts at once, for clients as well.
    ::SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    ::SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                      SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    ::SSL_CTX_set_num_tickets(native, 0);
    tls.ts_certificate_end = feeds::certificate_end(::SSL_CTX_get0_certificate(native));
    return tls;
}

}  // namespace contagiond::daemon
