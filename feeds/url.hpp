// The part of a WebSocket URL that a session needs, taken apart once.
#pragma once

#include <string>
#include <string_view>

namespace contagiond::feeds {

struct Url {
    bool tls = true;
    std::string host;          ///< without the brackets of an IPv6 address
    std::string port;          ///< digits
    std::string target = "/";  ///< path and query; may hold a key: never to be printed
    /// What the Host header says: the port only where it is not the usual one.
    std::string authority() const;
};

/// Takes `text` apart. Answers with what is wrong in one sentence that does not quote path or
/// query, or with nothing. Pure.
std::string parse_url(std::string_view text, Url& url);

/// `url` with name=value added to its query, the value percent-encoded; unchanged if the value is
/// empty. Pure.
std::string with_query(std::string_view url, std::string_view name, std::string_view value);

/// All but letters, digits and -._~ as %XX. Pure.
std::string percent_encoded(std::string_view text);

/// Whether `host` is an address of the loopback net, or localhost. Pure: nothing is looked up.
bool is_loopback(std::string_view host);

/// Whether `host` is an address rather than a name. Pure.
bool is_address(std::string_view host);

}  // namespace contagiond::feeds
