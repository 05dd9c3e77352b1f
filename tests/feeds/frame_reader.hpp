// Feeds bytes to a FrameParser the way a connection does: into a buffer of its own, cut anywhere.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/frame_parser.hpp"
#include "tests/feeds/frame_cases.hpp"

namespace contagiond::test::frames {

inline constexpr std::size_t frame_slack = 64;

inline feeds::FrameLimits table_limits(std::size_t whole_frame) {
    return {.whole_frame = whole_frame,
            .message_max = table_message_max,
            .message_endless = table_message_endless,
            .slack = frame_slack};
}

class FrameReader {
  public:
    explicit FrameReader(const feeds::FrameLimits& limits)
        : limits_(limits), parser_(limits), room_(std::max<std::size_t>(limits.whole_frame, 127)) {}

    /// False once the parser broke a promise, which is then in `broken`.
    void feed(std::string_view bytes) {
        // What is small lies in a block of exactly its size, so that a sanitizer sees a look
        // beyond.
        const std::size_t size = waiting_.size() + bytes.size();
        if (size > exact_up_to) return feed_big(bytes);
        auto block = std::make_unique<char[]>(size + frame_slack);
        if (!waiting_.empty()) std::memcpy(block.get(), waiting_.data(), waiting_.size());
        if (!bytes.empty()) std::memcpy(block.get() + waiting_.size(), bytes.data(), bytes.size());
        waiting_ = std::string(take({block.get(), size}));
        // Views into it are not good any more.
        std::memset(block.get(), 0xdd, size);
    }

    std::vector<Told> told;
    std::size_t payload_bytes = 0;  ///< as the parser counted them
    std::string broken;

  private:
    static constexpr std::size_t exact_up_to = 512;

    void feed_big(std::string_view bytes) {
        waiting_.append(bytes);
        const std::string_view rest = take(waiting_);
        waiting_.erase(0, waiting_.size() - rest.size());
    }

    /// What the parser leaves.
    std::string_view take(std::string_view arrived) {
        for (;;) {
            const feeds::FrameEvent event = parser_.next(arrived);
            if (event.taken > arrived.size()) {
                broken = "took more than there was";
                return {};
            }
            payload_bytes += event.bytes;
            if (event.kind == feeds::FrameEventKind::need_bytes) {
                arrived.remove_prefix(event.taken);
                if (arrived.size() >= room_) broken = "left more than a caller can hold";
                return arrived;
            }
            touch_slack(event.payload, arrived);
            told.push_back({event.kind, std::string(event.payload), event.code, event.error});
            arrived.remove_prefix(event.taken);
        }
    }

    /// What is behind a message that was copied together is there to read; a sanitizer watches.
    void touch_slack(std::string_view payload, std::string_view arrived) {
        const bool lies_there =
            payload.data() >= arrived.data() && payload.data() <= arrived.data() + arrived.size();
        if (payload.data() == nullptr || lies_there) return;
        for (std::size_t i = 0; i < limits_.slack; ++i) slack_ = payload.data()[payload.size() + i];
    }

    const feeds::FrameLimits limits_;
    volatile char slack_ = 0;
    feeds::FrameParser parser_;
    const std::size_t room_;
    std::string waiting_;
};

}  // namespace contagiond::test::frames
