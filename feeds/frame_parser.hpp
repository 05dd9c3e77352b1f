// FrameParser: the client's side of RFC 6455 as a function of the bytes that arrived. No socket, no
// clock, no thread; strict where the RFC says "fail the connection". No extension is known, so that
// each reserved bit is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "feeds/utf8_check.hpp"

namespace contagiond::feeds {

/// What a server may not do.
enum class FrameError : std::uint8_t {
    none,
    reserved_bit,
    reserved_opcode,
    masked,  ///< only clients mask
    control_fragmented,
    control_too_long,     ///< more than 125 bytes
    length_not_minimal,   ///< written in more bytes than it needs
    length_out_of_range,  ///< 2^63 or more
    nothing_to_continue,  ///< a continuation where no message was begun
    message_not_ended,    ///< a new message before the one that came in fragments has ended
    close_payload,        ///< of one byte
    close_code,           ///< one that may not be sent
    not_utf8,             ///< a text message, or a close's reason
    message_too_big,      ///< beyond `message_endless`
};
/// In plain English, for a log line.
std::string_view to_string(FrameError error);

namespace close_code {
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t none_given = 1005;  ///< never sent: a close without a payload
inline constexpr std::uint16_t not_utf8 = 1007;
inline constexpr std::uint16_t message_too_big = 1009;
}  // namespace close_code

/// The code with which RFC 6455 wants a connection closed for `error`, which is not `none`.
std::uint16_t close_code_for(FrameError error);

enum class FrameEventKind : std::uint8_t {
    need_bytes,  ///< nothing more can be told before more bytes are there
    text,
    binary,
    too_large,  ///< a whole message beyond `message_max`: checked and not kept
    ping,
    pong,
    close,
    error,
};

struct FrameEvent {
    FrameEventKind kind = FrameEventKind::need_bytes;
    FrameError error = FrameError::none;
    /// Of a close: the server's, `none_given` if there is none. Of an error: the one to close with.
    std::uint16_t code = 0;
    std::size_t taken = 0;  ///< bytes to drop off the front of what arrived
    std::size_t bytes = 0;  ///< payload of data frames among those taken
    /// Of a message, ping or pong, or the reason of a close. It points into what was given to
    /// next(), or into the parser, and is good until the bytes there are moved or overwritten, or
    /// next() is called again. Readable behind it: the caller's slack, or that of the limits.
    std::string_view payload;
};

struct FrameLimits {
    /// A frame of so many bytes, header and payload, is waited for until it has arrived whole, and
    /// is handed out where it lies. The caller must be able to hold so many, and at least 127.
    /// Longer ones are copied together as they come. Events are the same for any value.
    std::size_t whole_frame = 0;
    std::size_t message_max = 0;      ///< payload; a larger message is `too_large`
    std::size_t message_endless = 0;  ///< payload; a larger message is an error
    std::size_t slack = 0;            ///< readable behind a message that was copied together
};

/// Of one connection. One thread. Allocates only while the buffer for messages that do not lie
/// whole in what arrived grows, at most to `message_max` + `slack` bytes; that grows with the bytes
/// that came, not with what a header promises.
class FrameParser {
  public:
    explicit FrameParser(const FrameLimits& limits) : limits_(limits) {}

    /// The next event in `arrived`, which holds all that arrived and was not taken so far. To be
    /// called again with the rest until it says `need_bytes`. After a close or an error it takes
    /// whatever comes and tells no more. However the bytes are cut, the events are the same.
    FrameEvent next(std::string_view arrived);

  private:
    struct Header {
        std::uint8_t opcode = 0;
        bool last = false;
        std::uint64_t payload = 0;
        std::size_t size = 0;  ///< of the header itself; 0: more bytes are needed
        bool is_control() const { return opcode >= 8; }
    };
    bool take_usual(std::string_view arrived, FrameEvent& event) const;
    FrameError read_header(std::string_view arrived, Header& header) const;
    FrameEvent take_control(FrameEvent event, std::string_view payload, std::uint8_t opcode);
    FrameEvent take_close(FrameEvent event, std::string_view payload);
    FrameEvent take_whole(FrameEvent event, std::string_view payload, std::uint8_t opcode) const;
    FrameError take_piece(std::string_view piece);
    FrameEvent end_message(FrameEvent event);
    FrameEvent fail(FrameEvent event, FrameError error);

    const FrameLimits limits_;
    bool done_ = false;  ///< a close or an error was told

    // The message that is being copied together.
    bool in_message_ = false;
    bool is_text_ = false;
    bool in_frame_ = false;
    bool last_ = false;             ///< the frame we are in ends the message
    std::uint64_t frame_left_ = 0;  ///< payload of that frame which has not come yet
    std::size_t size_ = 0;          ///< payload so far
    Utf8Check utf8_;                ///< of a text; at rest between messages
    std::vector<char> joined_;
};

}  // namespace contagiond::feeds
