#include "daemon/sinks/doorbell.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <system_error>

namespace contagiond::sinks {

Doorbell::Doorbell() : event_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (event_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Doorbell::~Doorbell() {
    ::close(event_fd_);
}

void Doorbell::ring() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    // Whoever takes the flag down makes the call; the others need not.
    if (!sleeping_.load(std::memory_order_relaxed)) return;
    if (!sleeping_.exchange(false, std::memory_order_relaxed)) return;
    const std::uint64_t one = 1;
    // The only failure is a counter at its maximum, and then the sleeper wakes anyway.
    [[maybe_unused]] const auto written = ::write(event_fd_, &one, sizeof one);
}

void Doorbell::sleep(std::chrono::milliseconds timeout) {
    pollfd descriptor{event_fd_, POLLIN, 0};
    // poll takes an int, and a negative one for ever. Waking early is always allowed.
    constexpr std::chrono::milliseconds longest{std::numeric_limits<int>::max()};
    const auto wait = std::clamp(timeout, std::chrono::milliseconds{0}, longest);
    ::poll(&descriptor, 1, static_cast<int>(wait.count()));
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(event_fd_, &count, sizeof count);
}

}  // namespace contagiond::sinks
