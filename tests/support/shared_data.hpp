// Reference data that stands beside the project and is never part of it. A test that needs it says
// so and is reported as skipped where it is absent.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

namespace contagiond::test {

inline std::filesystem::path shared_path(const std::string& relative) {
    return std::filesystem::path(CONTAGIOND_SHARED_DIR) / relative;
}

/// Whether the data is there. If not, prints the line by which ctest counts the test as skipped;
/// the caller then returns.
inline bool have_shared(const std::string& relative) {
    if (std::filesystem::exists(shared_path(relative))) return true;
    std::printf("\nSKIPPED: reference data not present: %s (set CONTAGIOND_SHARED_DIR)\n",
                relative.c_str());
    std::fflush(stdout);
    return false;
}

}  // namespace contagiond::test
