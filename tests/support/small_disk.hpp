// A real file system of a few kilobytes, to be full. Needs root; is_there() says whether it could
// be made.
#pragma once

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>

#include "tests/support/temporary_directory.hpp"

namespace contagiond::test {

class SmallDisk {
  public:
    /// `options` as mount's -o for tmpfs: "size=512k".
    explicit SmallDisk(const std::string& options)
        : is_there_(::mount("tmpfs", path().c_str(), "tmpfs", 0, options.c_str()) == 0) {
        if (!is_there_)
            std::printf("\nSKIPPED: permission to mount not present: a disk to fill needs root\n");
    }
    ~SmallDisk() {
        if (is_there_) ::umount2(path().c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool is_there() const { return is_there_; }
    const std::filesystem::path& path() const { return folder_.path; }

    /// Writes until not one byte more fits. Whether it came to that.
    bool fill() const {
        const int fd = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0) return errno == ENOSPC;
        const std::string block(4096, 'x');
        std::size_t size = block.size();
        bool full = false;
        while (!full) {
            if (::write(fd, block.data(), size) > 0) continue;
            full = errno == ENOSPC && size == 1;
            if (errno != ENOSPC) break;
            size = 1;
        }
        ::close(fd);
        return full;
    }
    void make_room() const { std::filesystem::remove(filler()); }

  private:
    std::filesystem::path filler() const { return path() / "filler"; }

    TemporaryDirectory folder_;
    bool is_there_;
};

}  // namespace contagiond::test
