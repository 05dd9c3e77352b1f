// QuietThreads: catches a thread that should be quiet at taking memory, taking a lock, or writing a
// line, and says where it did.
//
// An executable that links quiet_thread.cpp has malloc and its kin, pthread's locks and waits, and
// write replaced by ones that look whether the calling thread is watched and then call glibc's own.
// Not under a sanitizer, which wants to be the one to replace them. A block given back is no sin:
// only what it was taken for was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace contagiond::test {

enum class Noise : std::uint8_t { allocation, lock, line };
inline constexpr std::size_t noise_count = 3;

/// From here on the calling thread is one of the watched, until it ends or says otherwise.
void watch_this_thread(bool watched);

/// malloc, or realloc of `block`, that is not heard: for a library whose own memory is no concern.
void* take_unheard(void* block, std::size_t bytes);

/// While one exists, watched threads are listened to. One at a time; made and destroyed while the
/// watched threads may already run.
class QuietThreads {
  public:
    QuietThreads();
    ~QuietThreads();
    QuietThreads(const QuietThreads&) = delete;
    QuietThreads& operator=(const QuietThreads&) = delete;

    std::uint64_t heard(Noise noise) const;
    /// Which noise came first and by which calls; empty if none did.
    std::string first() const;
};

}  // namespace contagiond::test
