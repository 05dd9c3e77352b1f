// JournalReader: journals back into records, segment by segment, stepping over damage.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/journal_codec.hpp"

namespace contagiond::daemon {

/// One thread; blocks on the disk; holds one segment in memory.
class JournalReader {
  public:
    /// Segment files and folders of them, read one after the other in this order; segments of a
    /// folder by number. Throws std::runtime_error with one sentence when one cannot be read or a
    /// folder holds no segment.
    explicit JournalReader(const std::vector<std::string>& paths);

    /// The next good record of any kind, valid until the next call; false at the end. May throw
    /// std::runtime_error when a segment has become unreadable.
    bool next(core::Record& record);
    /// The next input; others are passed over.
    bool next(core::Input& input);

    /// From now on next(Input) tells the annotations it passes over, on the reader's thread.
    void on_annotation(std::function<void(const core::Annotation&)> tell) {
        tell_ = std::move(tell);
    }

    /// Header of the segment the last record is of, or of the last segment that had a readable one;
    /// null before.
    const core::JournalHeader* header() const { return header_ ? &*header_ : nullptr; }
    /// Path of the segment the last record is of.
    const std::string& segment() const { return files_[file_ - 1]; }
    std::size_t segment_count() const { return files_.size(); }

    /// Of all that was read so far.
    core::JournalStatistics statistics() const;
    /// Records of good checksum that this version cannot read; among `records` of the statistics.
    std::uint64_t unreadable() const { return unreadable_; }

  private:
    bool open_next();

    std::vector<std::string> files_;
    std::size_t file_ = 0;  ///< position after the open one
    core::JournalBytes bytes_;
    std::optional<core::JournalDecoder> decoder_;
    std::optional<core::JournalHeader> header_;
    core::JournalStatistics finished_;  ///< of the segments before the open one
    std::uint64_t unreadable_ = 0;
    std::function<void(const core::Annotation&)> tell_;
};

/// Whether the file begins as a segment does, or the folder holds segments.
bool is_journal(const std::string& path);

}  // namespace contagiond::daemon
