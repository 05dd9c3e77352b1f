// From "host:port" to a socket that listens.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

namespace contagiond::daemon {

struct HttpListener {
    boost::asio::ip::tcp::acceptor acceptor;
    std::string host;  ///< as configured, without brackets; empty: every address
};

/// Blocks on the name's resolution. Throws std::runtime_error with one sentence when the address is
/// bad or in use.
HttpListener listen_on(boost::asio::io_context& io, const std::string& address);

/// IPv4 in IPv6 as what it is.
boost::asio::ip::address unmapped(const boost::asio::ip::address& address);

}  // namespace contagiond::daemon
