// FrameRecorder: what the venues sent, as they sent it, on disk: all of it where that is asked for,
// and a few of the frames that could not be decoded. The feed thread copies a frame into a queue
// and goes on; everything else happens on a thread of the recorder's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/counters.hpp"
#include "daemon/raw_files.hpp"
#include "feeds/frame_tap.hpp"
#include "feeds/session.hpp"

namespace contagiond::daemon {

struct FrameRecorderSettings {
    std::optional<RawFileSettings> raw;  ///< absent: not all frames are written
    std::string samples_folder;          ///< empty: no samples are kept
    std::size_t queue_bytes = 0;         ///< 0: enough for what is written
    /// Trouble with the disk, at most once a minute; called on the recorder's thread.
    std::function<void(std::string_view)> report;
};

struct FrameRecorderCounters {
    core::Counter frames;        ///< written
    core::Counter queue_full;    ///< lost: the disk was slower than the venues
    core::Counter not_text;      ///< not written: binary, or longer than a session takes
    core::Counter disk_refused;  ///< lost: no room, or a failure
};

/// Keys and secrets of a feed are replaced by <secret> before a frame is written.
class FrameRecorder {
  public:
    /// Throws std::runtime_error with one sentence when the folder for all frames cannot be made.
    explicit FrameRecorder(FrameRecorderSettings settings);
    /// As stop().
    ~FrameRecorder();
    FrameRecorder(const FrameRecorder&) = delete;
    FrameRecorder& operator=(const FrameRecorder&) = delete;

    void start();
    /// Writes what is queued, then ends the thread. To be called when no tap is seeing any more.
    void stop();

    /// For a feed's sessions. Taps are made and used on one thread, the feed thread; they must not
    /// outlive the recorder.
    feeds::MakeFrameTap taps_of(const feeds::SessionSettings& feed);

    const FrameRecorderCounters& counters() const;

  private:
    struct Impl;
    class Tap;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::daemon
