// Talking to a dialect without a socket.
#pragma once

#include <memory>
#include <string_view>

#include "daemon/demo/dialect.hpp"

namespace contagiond::test {

using demo::Frames;
using demo::Print;

inline constexpr core::TimeNs noon = 1'737'988'200 * core::ns_per_s;  // 2025-01-27T14:30:00Z

inline std::unique_ptr<demo::Conversation> open_conversation(std::string_view venue,
                                                             std::string_view target,
                                                             const demo::House& house) {
    return demo::find_dialect(venue)->open(target, house).conversation;
}

/// What a client hears in answer to one frame.
inline Frames answer(demo::Conversation& c, std::string_view frame) {
    Frames out;
    c.received(frame, out);
    return out;
}

inline Frames heard(demo::Conversation& c, const Print& p) {
    Frames out;
    c.print(p, out);
    c.flush(out);
    return out;
}

}  // namespace contagiond::test
