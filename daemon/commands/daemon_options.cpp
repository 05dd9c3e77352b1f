#include "daemon/commands/daemon_options.hpp"

#include <CLI/CLI.hpp>

namespace contagiond::daemon {

void add_daemon_options(CLI::App& command, DaemonPlace& place) {
    command.add_option(
        "--config.file", place.config_file,
        "The daemon's configuration, which says where it listens and keeps its state");
    command.add_option("--web.url", place.url, "Where it listens, in place of the configuration's");
    command.add_option("--web.ca-file", place.ca_file,
                       "Certificates to trust, where --web.url is https");
    command.add_option("--storage.path", place.storage_path,
                       "Its state folder, in place of the configuration's");
}

}  // namespace contagiond::daemon
