#include "daemon/sinks/outbox_alert.hpp"

#include <fmt/format.h>

#include <array>

namespace contagiond::sinks {
namespace {
constexpr std::array<std::string_view, 5> state_names = {"pending", "accepted", "dead", "dropped",
                                                         "silenced"};
}

std::string_view to_string(DeliveryState state) {
    return state_names[static_cast<std::size_t>(state)];
}

std::optional<DeliveryState> delivery_state(std::string_view name) {
    for (std::size_t i = 0; i < state_names.size(); ++i)
        if (state_names[i] == name) return static_cast<DeliveryState>(i);
    return std::nullopt;
}

std::string attempt_id(std::string_view episode, std::uint32_t revision) {
    return fmt::format("{}_{}", episode, revision);
}

std::string_view to_string(StoreStatus status) {
    switch (status) {
        case StoreStatus::ok:
            return "ok";
        case StoreStatus::full:
            return "no room on the disk";
        case StoreStatus::io_error:
            return "the disk failed to read or write";
        case StoreStatus::damaged:
            return "the file is damaged";
        case StoreStatus::busy:
            return "another process holds the file";
        case StoreStatus::refused:
            return "the file cannot be opened or written";
    }
    return "unknown";
}

}  // namespace contagiond::sinks
