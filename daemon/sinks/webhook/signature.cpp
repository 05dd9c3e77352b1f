#include "daemon/sinks/webhook/signature.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace contagiond::sinks {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view secret_prefix = "whsec_";

/// Strict: padding may be absent, as some tools leave it out, but must not be wrong.
std::optional<std::string> base64_decoded(std::string_view text) {
    const std::size_t length = text.size();
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    const std::size_t padding = length - text.size();
    if (text.size() % 4 == 1 || (padding > 0 && (padding > 2 || length % 4 != 0)))
        return std::nullopt;
    std::string out;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const std::size_t value = alphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>((bits >> count) & 0xFF);
        }
    }
    return out;
}

std::string base64_encoded(std::string_view bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = (bits << 8) |
                   (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            out += i + k <= bytes.size() ? alphabet[(bits >> (18 - 6 * k)) & 0x3F] : '=';
    }
    return out;
}

/// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view content) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data(),
             &length) == nullptr)
        throw std::runtime_error("OpenSSL cannot compute HMAC-SHA256");
    return {reinterpret_cast<const char*>(digest.data()), length};
}

}  // namespace

std::optional<std::string> signing_key(std::string_view secret) {
    if (secret.substr(0, secret_prefix.size()) != secret_prefix) return std::nullopt;
    auto key = base64_decoded(secret.substr(secret_prefix.size()));
    if (key && key->empty()) key.reset();
    return key;
}

std::string signature(std::string_view key, std::string_view id, std::int64_t timestamp_s,
                      std::string_view body) {
    return "v1," + base64_encoded(hmac_sha256(key, fmt::format("{}.{}.{}", id, timestamp_s, body)));
}

std::string hub_signature(std::string_view secret, std::string_view body) {
    std::string out = "sha256=";
    for (const char c : hmac_sha256(secret, body))
        out += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return out;
}

}  // namespace contagiond::sinks
