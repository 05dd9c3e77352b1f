// Certificates for loopback servers, made when a test needs them: one authority that tests trust,
// and leaves that are good or bad in one named way each.
#pragma once

#include <cstdint>
#include <string>

namespace contagiond::test {

enum class Certificate : std::uint8_t {
    none,           ///< no TLS at all
    valid,          ///< for localhost and 127.0.0.1
    wrong_host,     ///< for elsewhere.example
    expired,        ///< until yesterday
    not_yet_valid,  ///< from tomorrow
    unknown_authority,
};

/// How long from its issue a valid one lasts.
inline constexpr long certificate_lasts_s = 10 * 86'400;

/// A certificate and its key, as PEM text.
struct Identity {
    std::string certificate;
    std::string key;
};

/// Any thread. Throws std::runtime_error if OpenSSL cannot.
Identity issue(Certificate kind);

/// A file with the authority that all but `unknown_authority` are signed by. Made at the first
/// call, gone when the process ends. Any thread.
const std::string& authority_file();

}  // namespace contagiond::test
