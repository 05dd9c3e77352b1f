// What the outbox keeps: an alert document, once, and what became of it at each sink.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/units.hpp"

namespace contagiond::sinks {

/// Names are stored, and shown by `contagiond outbox`.
enum class DeliveryState : std::uint8_t {
    pending,
    accepted,
    dead,      ///< given up; an operator may send it again
    dropped,   ///< by an operator
    silenced,  ///< an operator's silence held it back
};
std::string_view to_string(DeliveryState state);
std::optional<DeliveryState> delivery_state(std::string_view name);

/// One alert at one sink.
struct StoredDelivery {
    std::string sink;
    DeliveryState state = DeliveryState::pending;
    std::uint32_t attempts = 0;  ///< that failed
    core::TimeNs ts_queued = 0;  ///< wall clock; its day of patience begins here
    core::TimeNs ts_changed = 0;
    std::string reason;  ///< of the last failure, or the silence's id; neither address nor secret
};

/// One revision of one episode.
struct StoredAlert {
    std::uint64_t seq = 0;  ///< order of acceptance, never used twice
    std::string episode;
    std::uint32_t revision = 1;
    core::EpisodePhase phase = core::EpisodePhase::opened;
    core::Severity severity = core::Severity::warning;
    core::TimeNs ts = 0;  ///< wall clock when it was decided
    std::shared_ptr<const std::string> document;
    std::vector<StoredDelivery> deliveries;

    bool waits() const {
        for (const StoredDelivery& delivery : deliveries)
            if (delivery.state == DeliveryState::pending) return true;
        return false;
    }
};

/// "<episode>_<revision>": what every attempt carries, so that a receiver can tell a repetition.
std::string attempt_id(std::string_view episode, std::uint32_t revision);

/// What an operation on the file came to.
enum class StoreStatus : std::uint8_t {
    ok,
    full,      ///< no room on the disk, or by a quota or limit
    io_error,  ///< after it nothing is known of the file: reopen and verify
    damaged,
    busy,     ///< another process holds it for longer than our patience
    refused,  ///< no permission, or no such folder
};
std::string_view to_string(StoreStatus status);

/// How much a line for the log matters.
enum class ReportLevel : std::uint8_t { info, warning, error };

/// What an operator wrote beside the running daemon.
struct OutboxCommand {
    std::int64_t id = 0;
    bool retry = false;  ///< else drop
    std::uint64_t seq = 0;
    std::string sink;
};

}  // namespace contagiond::sinks
