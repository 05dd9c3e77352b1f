#include "daemon/storage_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace contagiond::daemon {

StorageLock::StorageLock(const std::string& folder)
    : fd_(::open((folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)) {
    if (fd_ < 0)
        throw std::runtime_error(fmt::format("the state folder {} cannot be written: {}", folder,
                                             std::generic_category().message(errno)));
    if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
    ::close(fd_);
    throw std::runtime_error(
        fmt::format("the state folder {} is in use by another contagiond", folder));
}

StorageLock::~StorageLock() {
    ::close(fd_);
}

}  // namespace contagiond::daemon
