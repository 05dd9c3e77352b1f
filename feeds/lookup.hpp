// Names to addresses, off the feed thread: the system's resolver blocks for as long as it likes and
// cannot be interrupted.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace contagiond::feeds {

struct LookupResult {
    std::vector<std::string> addresses;  ///< as numbers, in the system's order of preference
    std::string error;                   ///< set if there are none
};

using LookupDone = std::function<void(LookupResult)>;

/// Calls `done` exactly once, on any thread, maybe long after nobody cares any more. Never blocks.
using LookupFn = std::function<void(const std::string& host, LookupDone done)>;

/// The system's resolver, on a thread of its own that lives as long as the question is open.
void system_lookup(const std::string& host, LookupDone done);

}  // namespace contagiond::feeds
