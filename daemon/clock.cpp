#include "daemon/clock.hpp"

#include <chrono>

namespace contagiond::daemon {
namespace {

template <typename ChronoClock>
std::int64_t nanoseconds_now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               ChronoClock::now().time_since_epoch())
        .count();
}

}  // namespace

core::DurationNs monotonic_now() {
    return nanoseconds_now<std::chrono::steady_clock>();
}

core::TimeNs wall_now() {
    return nanoseconds_now<std::chrono::system_clock>();
}

SystemClock::SystemClock() : offset_(wall_now() - monotonic_now()), latest_(0) {}

core::TimeNs SystemClock::now() const {
    const core::TimeNs t = monotonic_now() + offset_.load(std::memory_order_relaxed);
    // Time stands still after a backward re-anchoring until it is caught up.
    core::TimeNs latest = latest_.load(std::memory_order_relaxed);
    while (t > latest && !latest_.compare_exchange_weak(latest, t, std::memory_order_relaxed)) {
    }
    return t > latest ? t : latest;
}

core::DurationNs SystemClock::drift() const {
    return wall_now() - (monotonic_now() + offset_.load(std::memory_order_relaxed));
}

void SystemClock::re_anchor() {
    offset_.store(wall_now() - monotonic_now(), std::memory_order_relaxed);
}

ScaledClock::ScaledClock(core::TimeNs start, double speed)
    : start_(start), origin_(monotonic_now()), speed_(speed) {}

core::TimeNs ScaledClock::now() const {
    const core::DurationNs elapsed = monotonic_now() - origin_;
    return start_ + static_cast<core::DurationNs>(static_cast<double>(elapsed) * speed_);
}

}  // namespace contagiond::daemon
