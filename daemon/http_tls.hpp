// The listener's side of TLS: certificate, key, and what is asked of clients.
#pragma once

#include <memory>
#include <string>

#include "daemon/config_web_access.hpp"

namespace boost::asio::ssl {
class context;
}

namespace contagiond::daemon {

struct ServerTls {
    std::shared_ptr<boost::asio::ssl::context> context;
    double ts_certificate_end = 0;  ///< seconds since the epoch; of the listener's own certificate
};

/// Reads the files. Throws std::runtime_error with one sentence that names the key of the
/// configuration and not the file's contents. Any thread.
ServerTls make_server_tls(const TlsServerConfig& config);

}  // namespace contagiond::daemon
