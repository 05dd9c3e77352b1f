#include "daemon/http_listen.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/v6_only.hpp>
#include <stdexcept>
#include <string_view>

namespace contagiond::daemon {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

asio::ip::address unmapped(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address;
}

HttpListener listen_on(asio::io_context& io, const std::string& address) {
    const auto fail = [&address](std::string_view why) {
        throw std::runtime_error(fmt::format("cannot listen on {}: {}", address, why));
    };
    const std::size_t colon = address.rfind(':');
    const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != port.npos ||
        std::stoul(port) > 65'535)
        fail("not of the form host:port");
    std::string host = address.substr(0, colon);
    if (!host.empty() && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string::npos)
        fail("an IPv6 address is written in brackets");

    error_code error;
    tcp::endpoint endpoint(tcp::v6(), static_cast<std::uint16_t>(std::stoul(port)));
    if (!host.empty()) {
        tcp::resolver resolver(io);
        const auto found = resolver.resolve(
            host, port, tcp::resolver::passive | tcp::resolver::numeric_service, error);
        if (error || found.empty()) fail("the host is not known here");
        // "localhost" may give ::1 first, where a container has no IPv6; 127.0.0.1 is what is
        // meant.
        endpoint = found.begin()->endpoint();
        for (const auto& candidate : found)
            if (candidate.endpoint().address().is_v4()) {
                endpoint = candidate.endpoint();
                break;
            }
    }
    tcp::acceptor acceptor(io);
    acceptor.open(endpoint.protocol(), error);
    if (error && host.empty()) {  // no IPv6 on this machine
        endpoint = tcp::endpoint(tcp::v4(), endpoint.port());
        acceptor.open(endpoint.protocol(), error);
    }
    if (error) fail(error.message());
    error_code ignored;
    if (host.empty() && endpoint.address().is_v6())
        acceptor.set_option(asio::ip::v6_only(false), ignored);
    acceptor.set_option(tcp::acceptor::reuse_address(true), ignored);
    acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) fail(error.message());
    return {std::move(acceptor), host};
}

}  // namespace contagiond::daemon
