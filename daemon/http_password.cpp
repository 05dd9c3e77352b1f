#include "daemon/http_password.hpp"

#include <crypt.h>
#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "daemon/random_token.hpp"
#include "daemon/sha256.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::string_view bcrypt_digits =
    "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t bcrypt_bytes = 60;  ///< $2b$, cost, $, 22 of salt, 31 of digest
constexpr std::size_t salt_at = 7;
/// Each step doubles the time: 15 is about three seconds.
constexpr int cost_most = 15;

/// What stands behind the scheme, whose letters may be of either case.
std::optional<std::string_view> behind_scheme(std::string_view text, std::string_view scheme) {
    if (text.size() <= scheme.size() || text[scheme.size()] != ' ') return {};
    for (std::size_t i = 0; i < scheme.size(); ++i)
        if ((text[i] | 0x20) != scheme[i]) return {};
    text.remove_prefix(text.find_first_not_of(' ', scheme.size()) == text.npos
                           ? text.size()
                           : text.find_first_not_of(' ', scheme.size()));
    return text;
}

std::optional<std::string> base64_decoded(std::string_view text) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (text.size() % 4 != 0) return {};
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        const std::size_t digit = digits.find(c);
        if (digit == digits.npos) return {};
        bits = (bits << 6) | static_cast<std::uint32_t>(digit);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out += static_cast<char>((bits >> held) & 0xFF);
    }
    return out;
}

void remember(std::deque<std::string>& list, std::string key, std::size_t most) {
    if (std::find(list.begin(), list.end(), key) != list.end()) return;
    if (list.size() == most) list.pop_front();
    list.push_back(std::move(key));
}

}  // namespace

std::optional<BasicCredentials> parse_basic(std::string_view authorization) {
    const auto encoded = behind_scheme(authorization, "basic");
    const auto decoded = encoded ? base64_decoded(*encoded) : std::nullopt;
    if (!decoded) return {};
    const std::size_t colon = decoded->find(':');
    // What crypt would see as the end is none of a password.
    if (colon == std::string::npos || decoded->find('\0') != std::string::npos) return {};
    return BasicCredentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

std::optional<std::string> parse_bearer(std::string_view authorization) {
    const auto token = behind_scheme(authorization, "bearer");
    if (!token || token->empty()) return {};
    return std::string(*token);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    volatile unsigned char difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
    return difference == 0;
}

std::string check_bcrypt(std::string_view hash) {
    const bool begins =
        hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!begins || hash.size() != bcrypt_bytes || !is_digit(hash[4]) || !is_digit(hash[5]) ||
        hash[6] != '$' || hash.find_first_not_of(bcrypt_digits, salt_at) != hash.npos)
        return "wanted a bcrypt hash, as `htpasswd -nBC 10 \"\"` makes it";
    const int cost = (hash[4] - '0') * 10 + hash[5] - '0';
    if (cost < 4) return "bcrypt has no cost below 4";
    if (cost > cost_most)
        return fmt::format(
            "a cost of {} would keep each check busy for longer than 3 s, wanted at "
            "most {}",
            cost, cost_most);
    return {};
}

bool matches_bcrypt(const std::string& password, const std::string& hash) {
    // 32 kB: too large for the stack of a thread, and full of what is to be forgotten.
    const auto data = std::make_unique<crypt_data>();
    const char* const computed = ::crypt_r(password.c_str(), hash.c_str(), data.get());
    const bool same = computed != nullptr && equal_in_constant_time(computed, hash);
    ::explicit_bzero(data.get(), sizeof *data);
    return same;
}

std::string impossible_bcrypt(std::string_view like) {
    std::string hash(like.substr(0, salt_at));
    hash.append(bcrypt_bytes - salt_at, '.');
    // bcrypt's own digests of 23 bytes never end in this digit: its last two bits are always 0.
    hash.back() = '/';
    return hash;
}

PasswordMemory::PasswordMemory() : salt_(random_token()) {}

std::string PasswordMemory::key(const BasicCredentials& credentials, std::string_view hash) const {
    return sha256_hex(fmt::format("{}:{}:{}:{}:{}", salt_, hash, credentials.user.size(),
                                  credentials.user, credentials.password));
}

std::optional<bool> PasswordMemory::find(const BasicCredentials& credentials,
                                         std::string_view hash) const {
    // Digests are compared: how long that takes says nothing of a password.
    const std::string wanted = key(credentials, hash);
    if (std::find(good_.begin(), good_.end(), wanted) != good_.end()) return true;
    if (std::find(bad_.begin(), bad_.end(), wanted) != bad_.end()) return false;
    return {};
}

void PasswordMemory::keep(const BasicCredentials& credentials, std::string_view hash,
                          bool matches) {
    if (matches)
        remember(good_, key(credentials, hash), most_good);
    else
        remember(bad_, key(credentials, hash), most_bad);
}

void PasswordMemory::clear() {
    good_.clear();
    bad_.clear();
}

}  // namespace contagiond::daemon
