// FrameQueue: received frames on their way from the feed thread to the thread that writes them
// down.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/counters.hpp"
#include "core/units.hpp"
#include "feeds/adapter.hpp"

namespace contagiond::daemon {

/// What is known of a queued frame.
struct QueuedFrame {
    core::TimeNs ts_receive = core::no_time;
    std::uint32_t connection = 0;
    std::uint32_t bytes = 0;      ///< of the text that follows
    std::uint32_t bytes_cut = 0;  ///< that were left out at its end
    feeds::DecodeError error = feeds::DecodeError::none;
    bool tells = false;  ///< later frames rest on it: an acknowledgement or the like
};

/// A ring of bytes between one producing and one consuming thread. Neither waits, locks or
/// allocates (the consumer's string grows once).
class FrameQueue {
  public:
    /// Rounded up to a power of two; memory is used as it is first written to.
    explicit FrameQueue(std::size_t bytes);

    /// Producer. False, and nothing taken, when there is no room.
    bool try_push(QueuedFrame frame, std::string_view text) noexcept;
    /// Consumer. False when there is nothing.
    bool pop(QueuedFrame& frame, std::string& text);

  private:
    void put(std::uint64_t at, const void* from, std::size_t bytes) noexcept;
    void get(std::uint64_t at, void* to, std::size_t bytes) const;

    std::size_t mask_;
    std::unique_ptr<char[]> bytes_;
    alignas(core::cache_line_bytes) std::atomic<std::uint64_t> written_{0};
    alignas(core::cache_line_bytes) std::atomic<std::uint64_t> read_{0};
};

}  // namespace contagiond::daemon
