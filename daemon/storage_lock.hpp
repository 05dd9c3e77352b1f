// StorageLock: one daemon a state folder.
#pragma once

#include <string>

namespace contagiond::daemon {

/// Held as long as it lives; the system lets go of it when the process ends, however it ends.
class StorageLock {
  public:
    /// Throws std::runtime_error with one sentence where another process holds it, or the folder
    /// cannot be written. Never waits.
    explicit StorageLock(const std::string& folder);
    ~StorageLock();
    StorageLock(const StorageLock&) = delete;
    StorageLock& operator=(const StorageLock&) = delete;

  private:
    int fd_;
};

}  // namespace contagiond::daemon
