// The flags by which a command finds the daemon that runs.
#pragma once

#include "daemon/daemon_client.hpp"

namespace CLI {
class App;
}

namespace contagiond::daemon {

/// Adds --config.file, --web.url, --web.ca-file and --storage.path; `place` must live until the
/// command has run. Then find_daemon(place) is the daemon.
void add_daemon_options(CLI::App& command, DaemonPlace& place);

}  // namespace contagiond::daemon
