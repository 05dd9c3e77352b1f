// The file of --web.config.file: TLS, users and header fields of the listener, in the form that
// Prometheus and its exporters use.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace contagiond::daemon {

struct TlsServerConfig {
    enum class ClientAuth : std::uint8_t {
        none,             ///< NoClientCert
        verify_if_given,  ///< VerifyClientCertIfGiven
        require,          ///< RequireAndVerifyClientCert
    };
    std::string cert_file;  ///< absolute, like all of them; the chain, the listener's own first
    std::string key_file;
    std::string client_ca_file;  ///< empty: none
    ClientAuth client_auth = ClientAuth::none;
    int version_least = 12;  ///< 12 or 13, for TLS 1.2 and 1.3
    int version_most = 13;
};

struct WebAccessConfig {
    std::optional<TlsServerConfig> tls;                     ///< none: plain HTTP
    std::map<std::string, std::string, std::less<>> users;  ///< name to bcrypt hash
    std::vector<std::pair<std::string, std::string>> headers;
};

/// Reads and checks; certificates and keys are named here and read by whoever makes a TLS context.
/// Relative paths start at the file. Refused are unknown keys, and files with hashes or keys that
/// others may read. Throws ConfigError, one line without a byte of a hash.
WebAccessConfig load_web_access(const std::string& file);

}  // namespace contagiond::daemon
