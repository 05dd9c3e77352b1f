// What commands that replay are given: the same files, stretch of time and configuration.
#pragma once

#include <string>

#include "daemon/replay.hpp"

namespace CLI {
class App;
}

namespace contagiond::daemon {

/// Must outlive the command it is added to.
struct ReplayInputs {
    ReplayOptions replay;
    std::string from, to;

    void add_to(CLI::App& command);
    /// Throws CLI::ValidationError when nothing is named or a time cannot be read.
    ReplayOptions options() const;
};

}  // namespace contagiond::daemon
