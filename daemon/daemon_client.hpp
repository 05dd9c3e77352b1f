// DaemonClient: how a command on this machine talks to the daemon that runs. It shows the token of
// the state folder, so that whoever may read that folder may do what an operator may.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace contagiond::daemon {

struct DaemonAddress {
    std::string url;  ///< scheme, host and port, without a slash at the end
    std::string token;
    std::string ca_file;  ///< certificates to trust; empty: the system's
};

struct DaemonReply {
    int status = 0;    ///< 0: no answer, and `body` is empty
    std::string body;  ///< at most 16 MiB of it
    /// One sentence where it is no 2xx: what the daemon says is wrong, or why nothing came back.
    /// Holds no secret.
    std::string problem;
    bool well() const { return status >= 200 && status < 300; }
};

/// Blocks for at most 30 s. `json` is sent where it is not empty; `path` is encoded as a target is.
/// Plain HTTP goes to loopback and private addresses only, as the token goes with it; over TLS the
/// certificate is verified. Any thread.
DaemonReply ask_daemon(const DaemonAddress& daemon, std::string_view method, std::string_view path,
                       std::string_view json = {});

/// What a command line says of the daemon; each may be empty.
struct DaemonPlace {
    std::string config_file;   ///< where to look for what is not said here
    std::string url;           ///< --web.url; default: the configuration's listen address
    std::string storage_path;  ///< --storage.path; default: the configuration's
    std::string ca_file;       ///< --web.ca-file
};

/// Reads the configuration where something is missing, and the token. Throws ConfigError where
/// neither says what is needed, std::runtime_error where there is no token. Blocks on the disk.
DaemonAddress find_daemon(const DaemonPlace& place);

/// http:// and where a listener on `listen_address` is reached from this machine.
std::string local_url(const std::string& listen_address);

}  // namespace contagiond::daemon
