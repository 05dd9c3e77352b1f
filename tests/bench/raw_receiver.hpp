// The least that receiving a flood can cost: blocking reads into a large buffer, frames told apart
// by their lengths alone, and of each message the id at the place where it is known to stand.
// Nothing is checked.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/bench/flood_server.hpp"

namespace contagiond::bench {

struct RawReceipt {
    std::size_t messages = 0;
    std::uint64_t sum_of_ids = 0;
    double cpu_ns = 0;  ///< of this thread, from the subscription to the last message
};

/// Takes the whole flood of `server`. Blocks. Throws std::runtime_error where there is none.
RawReceipt receive_raw(const FloodServer& server, Carrier carrier, std::size_t messages);

/// CPU time of the calling thread so far.
double thread_cpu_ns();

}  // namespace contagiond::bench
