// The digest of a text. One of the few places that may name OpenSSL: nothing here meets a socket.
#pragma once

#include <string>
#include <string_view>

namespace contagiond::daemon {

/// SHA-256 of the bytes as 64 lower-case hexadecimal digits. Pure; throws std::runtime_error only
/// where the library has no such digest.
std::string sha256_hex(std::string_view bytes);

}  // namespace contagiond::daemon
