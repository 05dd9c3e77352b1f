#include "feeds/frame_writer.hpp"

#include <cstddef>

#include "feeds/frame_parser.hpp"

namespace contagiond::feeds {
namespace {

constexpr std::size_t control_payload_max = 125;

void append_number(std::string& to, std::uint64_t n, unsigned bytes) {
    while (bytes-- > 0) to += static_cast<char>(n >> (8 * bytes) & 0xff);
}

}  // namespace

void write_frame(FrameOpcode opcode, std::string_view payload, const MaskKey& key,
                 std::string& frame) {
    if (opcode != FrameOpcode::text) payload = payload.substr(0, control_payload_max);
    constexpr std::uint8_t masked = 0x80;
    frame.assign(1, static_cast<char>(0x80 | static_cast<unsigned>(opcode)));
    if (payload.size() < 126) {
        frame += static_cast<char>(masked | payload.size());
    } else if (payload.size() <= 0xffff) {
        frame += static_cast<char>(masked | 126);
        append_number(frame, payload.size(), 2);
    } else {
        frame += static_cast<char>(masked | 127);
        append_number(frame, payload.size(), 8);
    }
    for (const std::uint8_t byte : key) frame += static_cast<char>(byte);
    const std::size_t header = frame.size();
    frame.append(payload);
    for (std::size_t i = 0; i < payload.size(); ++i)
        frame[header + i] = static_cast<char>(static_cast<std::uint8_t>(payload[i]) ^ key[i % 4]);
}

std::string close_payload(std::uint16_t code) {
    std::string payload;
    if (code != close_code::none_given) append_number(payload, code, 2);
    return payload;
}

}  // namespace contagiond::feeds
