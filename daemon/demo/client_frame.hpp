// Reading what a client sent: whoever can reach the port may send anything.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace contagiond::demo {

/// The frame as JSON, or a value that is no object where it is none. Nothing a client has to say is
/// nested deeply; deeper levels are left out, because copying them would cost stack.
inline nlohmann::json parse_client_frame(std::string_view frame) {
    constexpr int depth_max = 4;
    return nlohmann::json::parse(
        frame,
        [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
            return depth <= depth_max;
        },
        false);
}

}  // namespace contagiond::demo
