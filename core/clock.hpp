// The clock as an interface: who needs the time is handed one; nothing in core reads any.
#pragma once

#include "core/units.hpp"

namespace contagiond::core {

/// The clock that frames are stamped with and that clock inputs are read from. Never steps
/// backwards while the process runs: the system's implementation advances with the monotonic clock
/// from an anchor on the wall clock, and reports a wall step instead of following it. Any thread;
/// never blocks.
class Clock {
  public:
    virtual ~Clock() = default;
    /// Now, in nanoseconds since the Unix epoch.
    virtual TimeNs now() const = 0;
};

}  // namespace contagiond::core
