#include "daemon/listener_warning.hpp"

#include <fmt/format.h>

#include <string_view>

namespace contagiond::daemon {

std::string listener_warning(const std::string& listen_address, bool keeps_strangers_out) {
    const std::string_view host =
        std::string_view(listen_address).substr(0, listen_address.rfind(':'));
    const bool loopback = host == "localhost" || host == "[::1]" || host.starts_with("127.");
    if (loopback || keeps_strangers_out) return {};
    return fmt::format(
        "{} is not loopback and asks for no password: everybody who reaches it sees everything "
        "(--web.config.file sets users and TLS)",
        listen_address);
}

}  // namespace contagiond::daemon
