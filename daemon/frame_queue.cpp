#include "daemon/frame_queue.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace contagiond::daemon {

FrameQueue::FrameQueue(std::size_t bytes)
    : mask_(std::bit_ceil(std::max<std::size_t>(bytes, 4096)) - 1),
      bytes_(std::make_unique_for_overwrite<char[]>(mask_ + 1)) {}

void FrameQueue::put(std::uint64_t at, const void* from, std::size_t bytes) noexcept {
    const std::size_t begin = at & mask_;
    const std::size_t first = std::min(bytes, mask_ + 1 - begin);
    std::memcpy(bytes_.get() + begin, from, first);
    std::memcpy(bytes_.get(), static_cast<const char*>(from) + first, bytes - first);
}

void FrameQueue::get(std::uint64_t at, void* to, std::size_t bytes) const {
    const std::size_t begin = at & mask_;
    const std::size_t first = std::min(bytes, mask_ + 1 - begin);
    std::memcpy(to, bytes_.get() + begin, first);
    std::memcpy(static_cast<char*>(to) + first, bytes_.get(), bytes - first);
}

bool FrameQueue::try_push(QueuedFrame frame, std::string_view text) noexcept {
    const std::uint64_t at = written_.load(std::memory_order_relaxed);
    const std::size_t needed = sizeof frame + text.size();
    // Acquire: what the consumer has read may be overwritten only after it has been read.
    if (at - read_.load(std::memory_order_acquire) + needed > mask_ + 1) return false;
    frame.bytes = static_cast<std::uint32_t>(text.size());
    put(at, &frame, sizeof frame);
    if (!text.empty()) put(at + sizeof frame, text.data(), text.size());
    // Release: whoever sees the new end sees the bytes before it.
    written_.store(at + needed, std::memory_order_release);
    return true;
}

bool FrameQueue::pop(QueuedFrame& frame, std::string& text) {
    const std::uint64_t at = read_.load(std::memory_order_relaxed);
    if (at == written_.load(std::memory_order_acquire)) return false;
    get(at, &frame, sizeof frame);
    text.resize(frame.bytes);
    if (frame.bytes > 0) get(at + sizeof frame, text.data(), frame.bytes);
    read_.store(at + sizeof frame + frame.bytes, std::memory_order_release);
    return true;
}

}  // namespace contagiond::daemon
