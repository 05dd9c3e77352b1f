// What the two hot threads do in place of sleeping when they are told never to (`--busy-poll`).
#pragma once

#include <cstdint>

namespace contagiond::daemon {

/// How a hot thread waits for what comes.
enum class Waiting : std::uint8_t {
    sleep,      ///< in the kernel, until something comes: costs nothing, and a wake-up afterwards
    busy_poll,  ///< by asking again and again: answers at once, and takes a core for itself
};

/// Tells the processor that this is a loop which waits, so that it gives way to its other
/// hyper-thread and saves power.
inline void spin_pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace contagiond::daemon
