// What somebody should hear who opens the page to a network.
#pragma once

#include <string>

namespace contagiond::daemon {

/// One sentence where `listen_address` (host:port) is not loopback and nothing keeps strangers out,
/// else empty. Pure.
std::string listener_warning(const std::string& listen_address, bool keeps_strangers_out);

}  // namespace contagiond::daemon
