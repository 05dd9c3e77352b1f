// HttpClient: one post over plain or TLS, for the notifying sinks. Asio and OpenSSL stay behind
// this header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/sinks/http_post.hpp"

namespace contagiond::daemon {

/// Blocks for at most the request's timeout, name resolution included, and ends within 50 ms once
/// it is given up. Any thread; every call is on its own. TLS 1.2 or newer, certificate chain and
/// host name verified; no redirect is followed; of the reply no more is read than the request says.
/// Plain http only to loopback, link-local and private addresses, and these only with
/// allow_private; the address that was judged is the one connected to. Reasons name neither the
/// address nor anything else of the URL.
sinks::PostReply http_post(const sinks::PostRequest& request);

/// Empty if `url` can be posted to, else why not, in one sentence that does not repeat it: not http
/// or https, no host, a bad port, a user name in it, or characters a URL cannot hold.
std::string check_post_url(std::string_view url);

/// What kind of place a numeric address is.
enum class AddressKind : std::uint8_t {
    global,
    near,       ///< loopback, link-local, private
    forbidden,  ///< nothing one posts to: unspecified, multicast, broadcast, reserved
};
/// `address` in text; forbidden where it is none. IPv4 inside IPv6 is judged as IPv4.
AddressKind kind_of_address(std::string_view address);

}  // namespace contagiond::daemon
