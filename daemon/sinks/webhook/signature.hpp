// The signature of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, so that a receiver
// knows who sent what and when. Pure. The one place among the sinks that knows OpenSSL, and of it
// only the digests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace contagiond::sinks {

/// Key bytes of a secret `whsec_<base64>`; absent where it is not one or holds no byte.
std::optional<std::string> signing_key(std::string_view secret);

/// `v1,<base64>`. `timestamp_s` is seconds since the epoch, as in the header webhook-timestamp.
std::string signature(std::string_view key, std::string_view id, std::int64_t timestamp_s,
                      std::string_view body);

/// `sha256=<hex>` over the body alone, as GitHub signs: it tells who sent it, not when.
std::string hub_signature(std::string_view secret, std::string_view body);

}  // namespace contagiond::sinks
