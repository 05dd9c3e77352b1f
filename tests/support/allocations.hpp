// AllocationCount: what a thread took from operator new, and gave back, in a stretch of a test.
//
// An executable that links allocations.cpp has its operators new and delete replaced by ones that
// count and forward to malloc and free, so a sanitizer still sees every block. Blocks that C code
// takes from malloc itself are not counted.
#pragma once

#include <cstddef>
#include <cstdint>

namespace contagiond::test {

/// Counts from its making on, of the thread that asks. Allocates nothing itself.
class AllocationCount {
  public:
    AllocationCount();

    /// Blocks taken.
    std::uint64_t count() const;
    /// Bytes asked for, given back or not.
    std::uint64_t bytes() const;
    /// Bytes taken and not given back. Blocks count as large as malloc made them, so a little above
    /// what was asked for. Negative when older blocks were given back.
    std::int64_t live_bytes() const;

  private:
    std::uint64_t count_;
    std::uint64_t bytes_;
    std::int64_t live_bytes_;
};

}  // namespace contagiond::test
