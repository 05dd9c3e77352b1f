// What an operator reads and asks of the outbox beside the running daemon: on a connection of its
// own, which waits for the daemon's commits and holds the file for moments only. What is asked
// takes effect within a second or two; where no daemon runs, at its next start.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sinks/outbox_alert.hpp"

namespace contagiond::sinks {

/// Every alert in the file, oldest first, its deliveries sorted by sink. Throws std::runtime_error
/// with one sentence where there is no such file, or it cannot be read.
std::vector<StoredAlert> read_outbox(const std::string& path);

/// Whether `id` means this alert: "<episode>_<revision>", or "<episode>" for all of its revisions.
bool is_meant(const StoredAlert& alert, std::string_view id);

struct OutboxChange {
    std::size_t alerts = 0;      ///< that `id` means
    std::size_t deliveries = 0;  ///< that change
};

/// Sends again what was not accepted (`retry`), or gives up what waits or was given up. `sink`
/// empty: at all sinks. Throws as read_outbox does.
OutboxChange change_outbox(const std::string& path, std::string_view id, std::string_view sink,
                           bool retry, core::TimeNs now);

}  // namespace contagiond::sinks
