// HTTP/1.1 messages as text: a strict reading of request heads, who may ask, and how answers begin.
// Pure. The head is read here and not by Beast, whose parser accepts what opens the door to request
// smuggling (Transfer-Encoding beside Content-Length, a second Host, folded lines); two parsers
// that disagree would be worse than one that is strict.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"
#include "daemon/http_server.hpp"

namespace contagiond::daemon {

inline constexpr std::size_t max_head_bytes = 8 * 1024;
inline constexpr std::size_t max_body_bytes = 64 * 1024;
inline constexpr std::size_t max_target_bytes = 2 * 1024;
inline constexpr std::size_t max_fields = 64;

/// What a head says beside the request itself.
struct RequestHead {
    HttpRequest request;  ///< without its body
    bool keep_alive = false;
    std::size_t content_length = 0;
};

/// Why a head is refused: the status to answer with before closing, 0 where it is good, and a fixed
/// reason.
struct Refusal {
    int status = 0;
    std::string_view reason;
    explicit operator bool() const { return status != 0; }
};

/// Looks at the beginning of a head that is not complete yet, so that nonsense (TLS, bare line
/// feeds, too much) is answered at once and not when time is up.
Refusal check_partial_head(std::string_view received);

/// Position behind the empty line that ends a head, npos where it has not arrived.
std::size_t head_end(std::string_view received);

/// `head` ends with the empty line.
Refusal parse_head(std::string_view head, RequestHead& out);

/// Host names by which the server may be addressed: against pages that point their own name at us.
struct AllowedHosts {
    std::vector<std::string> names;  ///< lower case, without port; IPv6 without brackets
    std::string listen_host;  ///< as configured; good for Host, but no other origin's credential
    /// `authority` is the value of a Host header. `local_address` is where the connection arrived.
    bool allows(std::string_view authority, std::string_view local_address) const;
};

/// Whether a page may open a stream or change something here: no Origin (no browser, or the same
/// origin), the origin of the request's own Host, or an allowed name.
bool origin_allowed(const HttpRequest& request, const AllowedHosts& hosts);

/// Host part of host[:port], lower case, without brackets; empty where malformed.
std::string host_of(std::string_view authority);

/// Status line and fields of an answer up to the empty line, with the security headers that every
/// one carries. `length` is that of the body, or npos for a stream that ends with the connection.
std::string response_head(const HttpResponse& response, std::string_view path, std::size_t length,
                          bool keep_alive, core::TimeNs now);

HttpResponse text_response(int status, std::string_view reason);
/// The same in the form that those who ask there expect: JSON below /api/.
HttpResponse refused(const HttpRequest& request, int status, std::string_view reason);

/// Whether a value of Accept-Encoding offers gzip.
bool accepts_gzip(std::string_view accept_encoding);

/// RFC 1952; empty when zlib is out of memory.
std::string gzip(std::string_view text);

}  // namespace contagiond::daemon
