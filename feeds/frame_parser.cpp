#include "feeds/frame_parser.hpp"

#include <algorithm>
#include <cstring>

namespace contagiond::feeds {
namespace {

constexpr std::uint8_t opcode_continuation = 0;
constexpr std::uint8_t opcode_text = 1;
constexpr std::uint8_t opcode_binary = 2;
constexpr std::uint8_t opcode_close = 8;
constexpr std::uint8_t opcode_ping = 9;
constexpr std::uint8_t opcode_pong = 10;
constexpr std::uint64_t control_payload_max = 125;

std::uint8_t byte_at(std::string_view bytes, std::size_t i) {
    return static_cast<std::uint8_t>(bytes[i]);
}

/// Network order.
std::uint64_t number(std::string_view bytes) {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) n = n << 8 | byte_at(bytes, i);
    return n;
}

/// RFC 6455, 7.4. 1012 to 1014 were registered later and are in use; 1004 to 1006 and 1015 are
/// never sent.
bool may_be_sent(std::uint64_t code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

}  // namespace

std::string_view to_string(FrameError error) {
    switch (error) {
        case FrameError::none:
            return "no error";
        case FrameError::reserved_bit:
            return "a frame has a reserved bit set";
        case FrameError::reserved_opcode:
            return "a frame is of no known kind";
        case FrameError::masked:
            return "a frame is masked";
        case FrameError::control_fragmented:
            return "a control frame came in fragments";
        case FrameError::control_too_long:
            return "a control frame is longer than 125 bytes";
        case FrameError::length_not_minimal:
            return "a frame's length is written in more bytes than it needs";
        case FrameError::length_out_of_range:
            return "a frame's length is out of range";
        case FrameError::nothing_to_continue:
            return "a frame continues a message that was not begun";
        case FrameError::message_not_ended:
            return "a message began before the one before it had ended";
        case FrameError::close_payload:
            return "a close frame has half a code";
        case FrameError::close_code:
            return "a close frame has a code that may not be sent";
        case FrameError::not_utf8:
            return "a text is not UTF-8";
        case FrameError::message_too_big:
            return "a message does not end";
    }
    return "unknown";
}

std::uint16_t close_code_for(FrameError error) {
    switch (error) {
        case FrameError::not_utf8:
            return close_code::not_utf8;
        case FrameError::message_too_big:
            return close_code::message_too_big;
        default:
            return close_code::protocol_error;
    }
}

FrameEvent FrameParser::next(std::string_view arrived) {
    FrameEvent event;
    if (take_usual(arrived, event)) return event;
    if (done_) {
        event.taken = arrived.size();
        return event;
    }
    for (;;) {
        if (in_frame_) {
            const auto n =
                static_cast<std::size_t>(std::min<std::uint64_t>(frame_left_, arrived.size()));
            event.taken += n;
            event.bytes += n;
            frame_left_ -= n;
            if (const FrameError error = take_piece(arrived.substr(0, n));
                error != FrameError::none)
                return fail(event, error);
            if (frame_left_ > 0) return event;
            in_frame_ = false;
            if (last_) return end_message(event);
            arrived.remove_prefix(n);
        }
        Header header;
        if (const FrameError error = read_header(arrived, header); error != FrameError::none)
            return fail(event, error);
        if (header.size == 0) return event;
        const bool has_arrived = arrived.size() - header.size >= header.payload;
        if (header.is_control() ||
            (header.last && !in_message_ && header.payload + header.size <= limits_.whole_frame &&
             header.payload <= limits_.message_max)) {
            if (!has_arrived) return event;
            const std::string_view payload =
                arrived.substr(header.size, static_cast<std::size_t>(header.payload));
            event.taken += header.size + payload.size();
            if (header.is_control()) return take_control(event, payload, header.opcode);
            event.bytes += payload.size();
            event = take_whole(event, payload, header.opcode);
            return event.error == FrameError::none ? event : fail(event, event.error);
        }
        if (header.opcode != opcode_continuation) is_text_ = header.opcode == opcode_text;
        in_message_ = in_frame_ = true;
        last_ = header.last;
        frame_left_ = header.payload;
        event.taken += header.size;
        arrived.remove_prefix(header.size);
    }
}

/// A text in one frame of less than 64 KiB that lies whole in what arrived: nearly all there is.
/// False, and nothing done, where it is anything else or anything is wrong with it.
bool FrameParser::take_usual(std::string_view arrived, FrameEvent& event) const {
    constexpr std::uint8_t last_text = 0x80 | opcode_text;
    if (arrived.size() < 4 || byte_at(arrived, 0) != last_text || in_message_ || done_)
        return false;
    std::size_t header = 2;
    std::size_t payload = byte_at(arrived, 1);
    if (payload >= 126) {
        if (payload > 126) return false;
        header = 4;
        payload = std::size_t{byte_at(arrived, 2)} << 8 | byte_at(arrived, 3);
        if (payload < 126) return false;
    }
    if (payload > arrived.size() - header || header + payload > limits_.whole_frame ||
        payload > limits_.message_max || payload > limits_.message_endless)
        return false;
    const std::string_view text(arrived.data() + header, payload);
    if (!is_utf8(text)) return false;
    event.kind = FrameEventKind::text;
    event.taken = header + payload;
    event.bytes = payload;
    event.payload = text;
    return true;
}

/// Each byte is judged as soon as it is there.
FrameError FrameParser::read_header(std::string_view arrived, Header& header) const {
    if (arrived.empty()) return FrameError::none;
    const std::uint8_t first = byte_at(arrived, 0);
    header.opcode = first & 0x0f;
    header.last = (first & 0x80) != 0;
    if ((first & 0x70) != 0) return FrameError::reserved_bit;
    if (header.is_control()) {
        if (header.opcode > opcode_pong) return FrameError::reserved_opcode;
        if (!header.last) return FrameError::control_fragmented;
    } else {
        if (header.opcode > opcode_binary) return FrameError::reserved_opcode;
        if (header.opcode == opcode_continuation && !in_message_)
            return FrameError::nothing_to_continue;
        if (header.opcode != opcode_continuation && in_message_)
            return FrameError::message_not_ended;
    }

    if (arrived.size() < 2) return FrameError::none;
    const std::uint8_t second = byte_at(arrived, 1);
    if ((second & 0x80) != 0) return FrameError::masked;
    std::size_t size = 2;
    header.payload = second;
    if (header.is_control()) {
        if (second > control_payload_max) return FrameError::control_too_long;
    } else if (second >= 126) {
        size = second == 126 ? 4 : 10;
        if (arrived.size() < size) return FrameError::none;
        header.payload = number(arrived.substr(2, size - 2));
        if (header.payload >> 63 != 0) return FrameError::length_out_of_range;
        if (header.payload < (second == 126 ? 126u : 65536u)) return FrameError::length_not_minimal;
    }
    if (!header.is_control() &&
        header.payload > limits_.message_endless - std::min(size_, limits_.message_endless))
        return FrameError::message_too_big;
    header.size = size;
    return FrameError::none;
}

FrameEvent FrameParser::take_control(FrameEvent event, std::string_view payload,
                                     std::uint8_t opcode) {
    if (opcode == opcode_close) return take_close(event, payload);
    event.kind = opcode == opcode_ping ? FrameEventKind::ping : FrameEventKind::pong;
    event.payload = payload;
    return event;
}

FrameEvent FrameParser::take_close(FrameEvent event, std::string_view payload) {
    event.code = close_code::none_given;
    if (!payload.empty()) {
        if (payload.size() == 1) return fail(event, FrameError::close_payload);
        const std::uint64_t code = number(payload.substr(0, 2));
        if (!may_be_sent(code)) return fail(event, FrameError::close_code);
        event.code = static_cast<std::uint16_t>(code);
        event.payload = payload.substr(2);
        if (!is_utf8(event.payload)) return fail(event, FrameError::not_utf8);
    }
    event.kind = FrameEventKind::close;
    done_ = true;
    return event;
}

/// A message of one frame, where it lies.
FrameEvent FrameParser::take_whole(FrameEvent event, std::string_view payload,
                                   std::uint8_t opcode) const {
    const bool is_text = opcode == opcode_text;
    if (is_text && !is_utf8(payload)) event.error = FrameError::not_utf8;
    event.kind = is_text ? FrameEventKind::text : FrameEventKind::binary;
    event.payload = payload;
    return event;
}

FrameError FrameParser::take_piece(std::string_view piece) {
    if (is_text_ && !utf8_.add(piece)) return FrameError::not_utf8;
    const std::size_t size = size_ + piece.size();
    if (size <= limits_.message_max) {
        if (joined_.size() < size + limits_.slack)
            joined_.resize(std::min(std::max(size * 2, std::size_t{4096}), limits_.message_max) +
                           limits_.slack);
        if (!piece.empty()) std::memcpy(joined_.data() + size_, piece.data(), piece.size());
    }
    size_ = size;
    return FrameError::none;
}

FrameEvent FrameParser::end_message(FrameEvent event) {
    if (is_text_ && !utf8_.complete()) return fail(event, FrameError::not_utf8);
    event.kind = size_ > limits_.message_max ? FrameEventKind::too_large
                 : is_text_                  ? FrameEventKind::text
                                             : FrameEventKind::binary;
    if (size_ <= limits_.message_max) event.payload = {joined_.data(), size_};
    in_message_ = false;
    size_ = 0;
    return event;
}

FrameEvent FrameParser::fail(FrameEvent event, FrameError error) {
    done_ = true;
    event.kind = FrameEventKind::error;
    event.error = error;
    event.code = close_code_for(error);
    event.payload = {};
    return event;
}

}  // namespace contagiond::feeds
