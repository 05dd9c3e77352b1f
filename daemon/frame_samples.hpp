// FrameSamples: a few of the frames of one venue that could not be decoded, for a person to look
// at.
//
//   FOLDER/<venue>/captured.jsonl   the frames, one a line, as `contagiond decode --explain` reads
//   them FOLDER/<venue>/reasons.txt      of each line its time, reason, feed and size
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"
#include "feeds/adapter.hpp"

namespace contagiond::daemon {

struct FrameSample {
    core::TimeNs ts_receive = core::no_time;
    feeds::DecodeError reason = feeds::DecodeError::none;
    std::string feed;
    std::size_t bytes = 0;  ///< of the frame as it was received
    std::string line;       ///< as append_frame_line writes it, perhaps cut, without the line feed
};

inline constexpr std::size_t samples_max = 20;               ///< of a venue
inline constexpr std::size_t samples_bytes_max = 64 * 1024;  ///< of their lines together
/// Of one: so many that the first of each reason leave room for the newest.
inline constexpr std::size_t sample_bytes_max = 8'000;

/// Bounded: the first of each reason stays, of the others the oldest makes room for the newest.
/// Pure, but for load and save.
class FrameSamples {
  public:
    void add(FrameSample sample);
    /// In the order in which they came.
    const std::vector<FrameSample>& all() const { return samples_; }

    /// What an earlier run saved; nothing if there is none, or if it cannot be read. Blocks.
    static FrameSamples load(const std::string& folder);
    /// Written beside and renamed, so that a reader finds whole files. Blocks. False when the disk
    /// does not take it.
    bool save(const std::string& folder) const;

  private:
    void make_room();

    std::vector<FrameSample> samples_;
};

/// What stands in the file for a frame: its text on one line, cut to `sample_bytes_max`; of what is
/// no text its bytes in hexadecimal, as a JSON string.
std::string sample_line(std::string_view frame, feeds::DecodeError reason);

}  // namespace contagiond::daemon
