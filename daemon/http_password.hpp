// Passwords against bcrypt hashes. One comparison costs a tenth of a second by design, so that what
// came of it is remembered.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace contagiond::daemon {

/// Name and password of an Authorization header of the scheme Basic; nothing where it is none, or
/// not what RFC 7617 says.
struct BasicCredentials {
    std::string user;
    std::string password;
};
std::optional<BasicCredentials> parse_basic(std::string_view authorization);
/// The token of the scheme Bearer.
std::optional<std::string> parse_bearer(std::string_view authorization);

/// Takes as long for one wrong byte as for many; only lengths can be told apart by time.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// Empty if `hash` is one of bcrypt that can be compared with in reasonable time, else half a
/// sentence. Never repeats it.
std::string check_bcrypt(std::string_view hash);

/// Blocks for as long as `hash` asks. Any thread.
bool matches_bcrypt(const std::string& password, const std::string& hash);

/// A hash that no password has, as costly as `like`.
std::string impossible_bcrypt(std::string_view like);

/// What came of comparisons: bounded, and without the passwords, of which it keeps salted digests.
/// One thread at a time.
class PasswordMemory {
  public:
    PasswordMemory();
    std::optional<bool> find(const BasicCredentials& credentials, std::string_view hash) const;
    void keep(const BasicCredentials& credentials, std::string_view hash, bool matches);
    void clear();
    std::size_t size() const { return good_.size() + bad_.size(); }

    static constexpr std::size_t most_good = 64;
    /// Apart from the good ones: who guesses cannot push them out.
    static constexpr std::size_t most_bad = 256;

  private:
    std::string key(const BasicCredentials& credentials, std::string_view hash) const;
    std::string salt_;
    std::deque<std::string> good_;  ///< oldest first
    std::deque<std::string> bad_;
};

}  // namespace contagiond::daemon
