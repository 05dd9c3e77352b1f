// DeskFile: lines on disk that are only ever added to. What append() has answered for is on the
// disk and survives a power cut; a line that could not be written whole is not there at all.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace contagiond::daemon {

/// One thread at a time; blocks on the disk.
class DeskFile {
  public:
    /// Opens or makes the file, hands each whole line to `line` and cuts off what stands behind the
    /// last line feed. No other process may have it open: whoever makes this holds the StorageLock
    /// of its folder. Throws std::runtime_error with one sentence when it cannot be read and
    /// written.
    DeskFile(std::string path, const std::function<void(std::string_view line)>& line);
    ~DeskFile();
    DeskFile(const DeskFile&) = delete;
    DeskFile& operator=(const DeskFile&) = delete;

    /// Adds lines (each with its line feed) and syncs. Why not, as half a sentence; empty when they
    /// are on the disk. After a failure `mended` is asked for the whole contents, and the file is
    /// written anew, before anything is added.
    std::string append(std::string_view lines, const std::function<std::string()>& mended);
    /// Replaces the contents, all or nothing. Why not; empty when done.
    std::string rewrite(std::string_view contents);

    std::uint64_t bytes() const { return bytes_; }
    /// Cut off at the start.
    bool was_torn() const { return was_torn_; }

  private:
    std::string path_;
    int fd_ = -1;
    std::uint64_t bytes_ = 0;
    bool was_torn_ = false;
    bool is_doubtful_ = false;  ///< a write or a sync failed: what the disk has is not known
};

}  // namespace contagiond::daemon
