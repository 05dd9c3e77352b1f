// A clock that the test moves.
#pragma once

#include <atomic>

#include "core/clock.hpp"

namespace contagiond::test {

class ManualClock final : public core::Clock {
  public:
    explicit ManualClock(core::TimeNs start) : now_(start) {}
    core::TimeNs now() const override { return now_.load(); }
    void set(core::TimeNs t) { now_ = t; }

  private:
    std::atomic<core::TimeNs> now_;
};

}  // namespace contagiond::test
