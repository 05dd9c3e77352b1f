#include "feeds/url.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "feeds/session.hpp"

namespace contagiond::feeds {
namespace {

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_host_name(std::string_view host) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    });
}

bool read_v4(std::string_view host, in_addr& address) {
    return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}
bool read_v6(std::string_view host, in6_addr& address) {
    return inet_pton(AF_INET6, std::string(host).c_str(), &address) == 1;
}

}  // namespace

std::string Url::authority() const {
    const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return port == (tls ? "443" : "80") ? shown : shown + ":" + port;
}

std::string parse_url(std::string_view text, Url& url) {
    url = {};
    if (text.substr(0, 6) == "wss://") {
        text.remove_prefix(6);
    } else if (text.substr(0, 5) == "ws://") {
        url.tls = false;
        text.remove_prefix(5);
    } else {
        return "the address must begin with wss:// or ws://";
    }
    if (!is_printable(text)) return "the address holds a space or a character that is not ASCII";
    if (text.find('#') != std::string_view::npos) return "the address must not hold a fragment (#)";

    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    std::string_view authority = text.substr(0, end);
    const std::string_view target = text.substr(end);
    if (!target.empty())
        url.target = target.front() == '/' ? std::string(target) : "/" + std::string(target);
    if (authority.find('@') != std::string_view::npos)
        return "the address must not hold a user or a password";

    std::string_view port;
    if (!authority.empty() && authority.front() == '[') {
        const std::size_t bracket = authority.find(']');
        if (bracket == std::string_view::npos) return "the address has an unclosed [";
        url.host = authority.substr(1, bracket - 1);
        in6_addr ignored;
        if (!read_v6(url.host, ignored)) return "the address in brackets is no IPv6 address";
        authority.remove_prefix(bracket + 1);
        if (!authority.empty() && authority.front() != ':')
            return "the address has something behind its ]";
        port = authority;
    } else {
        const std::size_t colon = std::min(authority.find(':'), authority.size());
        url.host = authority.substr(0, colon);
        port = authority.substr(colon);
        if (url.host.empty()) return "the address has no host";
        if (!is_host_name(url.host)) return "the address has a host that is no host name";
    }
    if (port.empty()) {
        url.port = url.tls ? "443" : "80";
    } else {
        port.remove_prefix(1);
        std::uint32_t number = 0;
        const auto [rest, error] =
            std::from_chars(port.data(), port.data() + port.size(), number, 10);
        if (error != std::errc() || rest != port.data() + port.size() || number < 1 ||
            number > 65535)
            return "the address has a port that is no number from 1 to 65535";
        url.port = std::to_string(number);
    }
    if (!url.tls && !is_loopback(url.host))
        return fmt::format("{} is not this machine: only wss:// may leave it", url.host);
    return "";
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    constexpr std::string_view plain = "-._~";
    std::string out;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter || (c >= '0' && c <= '9') || plain.find(c) != std::string_view::npos) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
    return out;
}

std::string with_query(std::string_view url, std::string_view name, std::string_view value) {
    std::string out(url);
    if (value.empty()) return out;
    if (out.find('?') == std::string::npos) {
        out += '?';
    } else if (out.back() != '?' && out.back() != '&') {
        out += '&';
    }
    out += name;
    out += '=';
    out += percent_encoded(value);
    return out;
}

bool is_loopback(std::string_view host) {
    if (host == "localhost") return true;
    in_addr v4;
    if (read_v4(host, v4)) return (ntohl(v4.s_addr) >> 24) == 127;
    in6_addr v6;
    return read_v6(host, v6) && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool is_address(std::string_view host) {
    in_addr v4;
    in6_addr v6;
    return read_v4(host, v4) || read_v6(host, v6);
}

std::string check_url(std::string_view text) {
    Url url;
    return parse_url(text, url);
}

}  // namespace contagiond::feeds
