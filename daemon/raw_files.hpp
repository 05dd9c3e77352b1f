// RawFiles: received frames as files, in the form of the captures that decoders are tested with.
//
//   FOLDER/<venue>/captured-<feed>-<time>-<number>.jsonl.zst         one frame a line
//   FOLDER/<venue>/captured-<feed>-<time>-<number>.recv_ns.txt.zst   its receive time, ns since
//   1970
//
// A segment belongs to one connection, so that what its frames bind (Bitfinex' channel numbers) is
// in it: a later segment of a connection begins with the frames that told, once more.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace contagiond::daemon {

struct RawFileSettings {
    std::string folder;                    ///< made if absent
    std::uint64_t max_bytes = 1ull << 30;  ///< of all files, as compressed; the oldest go first
    std::size_t max_segments = 2000;       ///< of all connections, two files each
    std::uint64_t segment_bytes = 16ull << 20;  ///< compressed; a fuller one is followed by another
    std::uint64_t min_free_bytes = 512ull << 20;  ///< of the file system; below it nothing is added
};

/// One thread; blocks on the disk. What was written before flush() survives the process' death.
class RawFiles {
  public:
    /// Counts what earlier runs left. Throws std::runtime_error with one sentence when the folder
    /// cannot be made or read.
    explicit RawFiles(RawFileSettings settings);
    ~RawFiles();
    RawFiles(const RawFiles&) = delete;
    RawFiles& operator=(const RawFiles&) = delete;

    /// Adds a frame of a connection; `tells`: it is repeated in later segments of it. Line breaks
    /// become blanks, which in JSON means the same. False when the disk does not take it: the
    /// segment is closed, and the connection's next frame tries another.
    bool add(std::uint32_t connection, std::string_view venue, std::string_view feed,
             std::string_view frame, core::TimeNs ts_receive, bool tells);
    /// Hands all that was added to the kernel. False when the disk does not take it.
    bool flush();
    /// The connection is gone; its segment ends.
    void end(std::uint32_t connection);

    std::uint64_t bytes() const { return bytes_; }
    std::size_t segments() const;
    /// The disk's last refusal as a sentence; empty if there was none.
    const std::string& error() const { return error_; }

  private:
    class Segment;
    struct Told {
        std::string frame;
        core::TimeNs ts_receive;
    };
    struct Connection {
        std::unique_ptr<Segment> segment;
        std::vector<Told> told;
        std::size_t told_bytes = 0;
    };
    struct Closed {
        std::string stem;
        std::uint64_t bytes = 0;
    };

    bool open(Connection& connection, std::string_view venue, std::string_view feed,
              core::TimeNs ts_receive);
    bool close(Connection& connection);
    void keep_within_limits();
    void look_at_disk();
    void find_earlier();

    RawFileSettings settings_;
    std::map<std::uint32_t, Connection> connections_;
    std::deque<Closed> closed_;  ///< oldest first
    std::uint64_t bytes_ = 0;    ///< of all files there are
    std::uint64_t next_number_ = 1;
    bool disk_is_low_ = false;
    std::string error_;
};

}  // namespace contagiond::daemon
