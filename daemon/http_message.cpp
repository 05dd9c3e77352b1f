#include "daemon/http_message.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/sinks/event_json.hpp"

namespace contagiond::daemon {
namespace {

bool is_token_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Splits off what stands before `separator`, or all.
std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t at = text.find(separator);
    const std::string_view head = text.substr(0, at);
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
    return head;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out += c;
    }
    return out;
}

Refusal parse_target(std::string_view target, HttpRequest& out) {
    if (target.size() > max_target_bytes) return {414, "target too long"};
    // Only the form that a client without a proxy sends.
    if (target.empty() || target[0] != '/') return {400, "target is not a path"};
    for (const char c : target)
        if (c <= 0x20 || c >= 0x7F || c == '#' || c == '\\')
            return {400, "character not allowed in target"};
    const auto path = percent_decoded(take_until(target, '?'), false);
    if (!path) return {400, "malformed percent encoding"};
    if (std::any_of(path->begin(), path->end(), is_control))
        return {400, "control character in path"};
    out.path = *path;
    while (!target.empty()) {
        std::string_view pair = take_until(target, '&');
        if (pair.empty()) continue;
        const auto key = percent_decoded(take_until(pair, '='), true);
        const auto value = percent_decoded(pair, true);
        if (!key || !value) return {400, "malformed percent encoding"};
        out.query[*key] = *value;
    }
    return {};
}

Refusal parse_field(std::string_view line, HttpRequest& out) {
    if (line[0] == ' ' || line[0] == '\t') return {400, "folded header line"};
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {400, "header line without a colon"};
    // A blank before the colon fails here too.
    if (!is_token(line.substr(0, colon))) return {400, "malformed header name"};
    const std::string name = lower(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    for (const char c : value)
        if (is_control(c) && c != '\t') return {400, "control character in header"};
    const auto [field, is_new] = out.headers.emplace(name, value);
    if (is_new) return {};
    for (const std::string_view single :
         {"host", "content-length", "origin", "authorization", "content-type"})
        if (name == single) return {400, "header given twice"};
    field->second.append(", ").append(value);
    return {};
}

/// Whether the comma-separated list holds `word`, ignoring case.
bool lists(std::string_view list, std::string_view word) {
    while (!list.empty())
        if (lower(trimmed(take_until(list, ','))) == word) return true;
    return false;
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
    }
    return "Status";
}

/// "Mon, 27 Jan 2025 14:42:07 GMT"; the C library's names of days follow the locale.
std::string http_date(core::TimeNs now) {
    constexpr std::array<std::string_view, 7> days = {"Thu", "Fri", "Sat", "Sun",
                                                      "Mon", "Tue", "Wed"};
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::string iso = sinks::rfc3339(now);  // 2025-01-27T14:42:07...
    const auto month = static_cast<std::size_t>((iso[5] - '0') * 10 + iso[6] - '0' - 1);
    const auto weekday = static_cast<std::size_t>(now / core::ns_per_day % 7);
    return fmt::format("{}, {} {} {} {} GMT", days[weekday], iso.substr(8, 2), months[month],
                       iso.substr(0, 4), iso.substr(11, 8));
}

constexpr std::string_view security_fields =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; worker-src 'self'; font-src 'none'; "
    "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

}  // namespace

Refusal check_partial_head(std::string_view received) {
    if (received.empty()) return {};
    if (received[0] < 'A' || received[0] > 'Z') return {400, "this is not HTTP"};
    const std::string_view head = received.substr(0, max_head_bytes);
    for (std::size_t i = 0; i < head.size(); ++i) {
        if (head[i] == '\0') return {400, "NUL in head"};
        if (head[i] == '\n' && (i == 0 || head[i - 1] != '\r'))
            return {400, "line feed without carriage return"};
        if (head[i] == '\r' && i + 1 < head.size() && head[i + 1] != '\n')
            return {400, "carriage return without line feed"};
        if (head[i] == '\n' && i + 1 < head.size() && (head[i + 1] == ' ' || head[i + 1] == '\t'))
            return {400, "folded header line"};
    }
    const std::size_t line_end = head.find('\r');
    // A request line: method, target, version and two blanks.
    if (line_end == std::string_view::npos && head.size() > max_target_bytes + 64)
        return {414, "target too long"};
    if (received.size() > max_head_bytes) return {431, "head too large"};
    return {};
}

std::size_t head_end(std::string_view received) {
    const std::size_t at = received.substr(0, max_head_bytes).find("\r\n\r\n");
    return at == std::string_view::npos ? at : at + 4;
}

Refusal parse_head(std::string_view head, RequestHead& out) {
    out = {};
    if (const Refusal refusal = check_partial_head(head)) return refusal;
    head.remove_suffix(2);  // the empty line; every line now ends with CR LF
    const auto next_line = [&head] {
        std::string_view line = take_until(head, '\n');
        line.remove_suffix(1);
        return line;
    };

    std::string_view line = next_line();
    const std::string_view method = take_until(line, ' ');
    const std::string_view target = take_until(line, ' ');
    if (!is_token(method) || method.size() > 16) return {400, "malformed method"};
    if (line != "HTTP/1.1" && line != "HTTP/1.0") {
        const bool other_version = line.size() == 8 && line.substr(0, 5) == "HTTP/" &&
                                   line[6] == '.' && line[5] >= '0' && line[5] <= '9' &&
                                   line[7] >= '0' && line[7] <= '9';
        return other_version ? Refusal{505, "unsupported version"}
                             : Refusal{400, "malformed request line"};
    }
    const bool is_1_1 = line == "HTTP/1.1";
    HttpRequest& request = out.request;
    request.method = method;
    if (const Refusal refusal = parse_target(target, request)) return refusal;

    std::size_t fields = 0;
    while (!head.empty()) {
        if (++fields > max_fields) return {400, "too many header fields"};
        if (const Refusal refusal = parse_field(next_line(), request)) return refusal;
    }

    if (request.headers.count("transfer-encoding") != 0)
        return {400, "transfer encodings are not accepted"};
    const auto host = request.headers.find("host");
    if (host == request.headers.end()) return {400, "no Host header"};
    if (host_of(host->second).empty()) return {400, "malformed Host header"};
    if (const auto length = request.headers.find("content-length");
        length != request.headers.end()) {
        const std::string& digits = length->second;
        if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos)
            return {400, "malformed Content-Length"};
        const std::size_t significant = digits.find_first_not_of('0');
        const std::size_t count =
            significant == std::string::npos ? 0 : digits.size() - significant;
        if (count > 9) return {413, "body too large"};
        for (const char c : digits)
            out.content_length = out.content_length * 10 + static_cast<std::size_t>(c - '0');
        if (out.content_length > max_body_bytes) return {413, "body too large"};
        if (!is_1_1 && out.content_length > 0) return {400, "HTTP/1.0 with a body"};
    }
    if (request.headers.count("expect") != 0) return {417, "expectations are not met"};
    const auto connection = request.headers.find("connection");
    out.keep_alive =
        is_1_1 && (connection == request.headers.end() || !lists(connection->second, "close"));
    return {};
}

std::string host_of(std::string_view authority) {
    std::string_view host = authority;
    std::string_view port;
    if (!host.empty() && host[0] == '[') {
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos) return {};
        port = host.substr(end + 1);
        host = host.substr(1, end - 1);
        if (host.empty() || host.find_first_not_of("0123456789abcdefABCDEF:.") != host.npos)
            return {};
    } else {
        const std::size_t colon = host.find(':');
        if (colon != std::string_view::npos) {
            port = host.substr(colon);
            host = host.substr(0, colon);
        }
        for (const char c : host)
            if (!is_token_character(c) || c == '%') return {};
    }
    if (!port.empty() && (port[0] != ':' || port.size() < 2 || port.size() > 6 ||
                          port.find_first_not_of("0123456789", 1) != port.npos))
        return {};
    return lower(host);
}

bool AllowedHosts::allows(std::string_view authority, std::string_view local_address) const {
    const std::string host = host_of(authority);
    if (host.empty()) return false;
    // An address can not be re-pointed by whoever serves a hostile page; a name can.
    if (host == "localhost" || host == "127.0.0.1" || host == "::1" || host == local_address ||
        host == listen_host)
        return true;
    return std::find(names.begin(), names.end(), host) != names.end();
}

bool origin_allowed(const HttpRequest& request, const AllowedHosts& hosts) {
    const auto site = request.headers.find("sec-fetch-site");
    const auto origin = request.headers.find("origin");
    if (origin == request.headers.end())
        return site == request.headers.end() || site->second == "same-origin" ||
               site->second == "none";
    std::string_view authority = origin->second;
    const std::size_t scheme = authority.find("://");
    if (scheme == std::string_view::npos) return false;  // among them "null"
    const std::string_view scheme_name = authority.substr(0, scheme);
    if (scheme_name != "http" && scheme_name != "https") return false;
    authority.remove_prefix(scheme + 3);
    const auto own = request.headers.find("host");
    if (own != request.headers.end() && lower(own->second) == lower(authority)) return true;
    const std::string host = host_of(authority);
    return !host.empty() &&
           std::find(hosts.names.begin(), hosts.names.end(), host) != hosts.names.end();
}

std::string response_head(const HttpResponse& response, std::string_view path, std::size_t length,
                          bool keep_alive, core::TimeNs now) {
    std::string out =
        fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    const auto field = [&out](std::string_view name, std::string_view value) {
        // A value that would begin a line of its own is none of ours to send.
        if (std::any_of(value.begin(), value.end(), is_control)) return;
        out.append(name).append(": ").append(value).append("\r\n");
    };
    field("Date", http_date(now));
    const bool has_body = response.status != 204 && response.status != 304;
    if (has_body) field("Content-Type", response.content_type);
    if (has_body && length != std::string::npos) field("Content-Length", fmt::to_string(length));
    field("Connection", keep_alive ? "keep-alive" : "close");
    out += security_fields;
    bool cache_control = false;
    for (const auto& [name, value] : response.headers) {
        if (!is_token(name)) continue;
        if (lower(name) == "cache-control") cache_control = true;
        field(name, value);
    }
    if (!cache_control && (path.substr(0, 5) == "/api/" || response.status >= 400))
        field("Cache-Control", "no-store");
    return out.append("\r\n");
}

bool accepts_gzip(std::string_view accept_encoding) {
    while (!accept_encoding.empty()) {
        std::string_view offer = take_until(accept_encoding, ',');
        const std::string coding = lower(trimmed(take_until(offer, ';')));
        if (coding != "gzip" && coding != "*") continue;
        const std::string weight = lower(trimmed(offer));
        // A weight of zero, in any of its spellings, is a refusal.
        return weight.empty() || weight.find_first_of("123456789") != std::string::npos;
    }
    return false;
}

std::string gzip(std::string_view text) {
    z_stream stream{};
    constexpr int window_bits = 15 + 16;  // 16: with gzip's header and trailer
    // Level 1: the page is on loopback or a LAN, and the scrape must be short.
    if (deflateInit2(&stream, 1, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
    std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool finished = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(finished ? stream.total_out : 0);
    deflateEnd(&stream);
    return out;
}

std::string_view to_string(HttpRejection why) {
    constexpr std::array<std::string_view, http_rejection_count> names = {
        "connections", "address", "streams",      "tls",    "malformed",
        "timeout",     "host",    "unauthorized", "origin",
    };
    return names[static_cast<std::size_t>(why)];
}

HttpResponse json_error(int status, std::string_view type, std::string_view message) {
    const nlohmann::ordered_json body{{"status", "error"}, {"errorType", type}, {"error", message}};
    HttpResponse response;
    response.status = status;
    response.content_type = "application/json";
    response.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    return response;
}

HttpResponse text_response(int status, std::string_view reason) {
    HttpResponse response;
    response.status = status;
    response.body = fmt::format("{}\n", reason);
    return response;
}

HttpResponse refused(const HttpRequest& request, int status, std::string_view reason) {
    if (request.path.compare(0, 5, "/api/") != 0) return text_response(status, reason);
    switch (status) {
        case 401:
            return json_error(status, "unauthorized", reason);
        case 404:
            return json_error(status, "not_found", reason);
        case 503:
            return json_error(status, "unavailable", reason);
        default:
            return json_error(status, "bad_data", reason);
    }
}

HttpResponse json_data(std::string_view data) {
    HttpResponse response;
    response.content_type = "application/json";
    response.body = fmt::format(R"({{"status":"success","data":{}}})", data);
    return response;
}

}  // namespace contagiond::daemon
