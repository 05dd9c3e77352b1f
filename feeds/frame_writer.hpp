// Client frames of RFC 6455: one frame a message, masked with a key that the caller draws.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace contagiond::feeds {

enum class FrameOpcode : std::uint8_t { text = 1, close = 8, ping = 9, pong = 10 };

/// The RFC wants a new one for each frame, from a source that nobody can predict.
using MaskKey = std::array<std::uint8_t, 4>;

/// Replaces `frame` by the frame's bytes. A control frame takes at most 125 bytes of payload; what
/// is beyond is cut off. Allocates only while `frame` grows.
void write_frame(FrameOpcode opcode, std::string_view payload, const MaskKey& key,
                 std::string& frame);

/// The payload of a close frame with `code` and no reason; empty for 1005, which is never sent.
std::string close_payload(std::uint16_t code);

}  // namespace contagiond::feeds
