// The clocks a process runs on. The only place, beside the sessions' timers, where time is read.
#pragma once

#include <atomic>

#include "core/clock.hpp"

namespace contagiond::daemon {

/// Monotonic nanoseconds of this boot; for deadlines and durations.
core::DurationNs monotonic_now();

/// The wall clock, read directly; for comparing, not for ordering.
core::TimeNs wall_now();

/// Real time: the wall clock at construction, carried on by the monotonic clock. Does not follow
/// wall steps by itself.
class SystemClock final : public core::Clock {
  public:
    SystemClock();
    core::TimeNs now() const override;
    /// How far the wall clock has moved away since the anchor was taken (new minus expected).
    core::DurationNs drift() const;
    /// Takes the wall clock as it is now as the new anchor, if that does not set the clock back; a
    /// step backwards is answered by holding time still until it is caught up. Engine thread only.
    void re_anchor();

  private:
    std::atomic<core::DurationNs> offset_;
    mutable std::atomic<core::TimeNs> latest_;
};

/// Scripted time: `start` at construction, running `speed` times as fast as the monotonic clock.
class ScaledClock final : public core::Clock {
  public:
    ScaledClock(core::TimeNs start, double speed);
    core::TimeNs now() const override;

  private:
    core::TimeNs start_;
    core::DurationNs origin_;
    double speed_;
};

}  // namespace contagiond::daemon
