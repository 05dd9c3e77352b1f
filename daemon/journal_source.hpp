// A journal as a source of inputs, in the numbers of the universe it is replayed into.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/journal_reader.hpp"
#include "daemon/replay_sources.hpp"

namespace contagiond::daemon {

class JournalSource final : public InputSource {
  public:
    /// `report` must outlive the source. Throws as JournalReader.
    JournalSource(const std::vector<std::string>& paths, TimeRange range, ReadReport& report);

    /// From now on inputs are renumbered, by the names of instruments and feeds, from the recorded
    /// universe to this one, which must outlive the source. What has no such name there is left out
    /// and reported. Without this call inputs keep their recorded numbers.
    void map_onto(const core::Universe& universe);

    /// Throws std::runtime_error when a recorded configuration cannot be understood and is needed.
    bool next(core::Input& out) override;

    /// Whether the input told last is the first one of another run of the recorded process.
    bool run_changed() const { return run_changed_; }
    /// Header that input stands under; null if none was readable.
    const core::JournalHeader* header() const { return reader_.header(); }
    const JournalReader& reader() const { return reader_; }

  private:
    struct Mapping {
        std::vector<core::InstrumentId> instruments;
        std::vector<core::FeedId> feeds;
        core::Universe recorded;
    };
    void read_mapping();
    bool map(core::Input& input);

    JournalReader reader_;
    TimeRange range_;
    ReadReport& report_;
    const core::Universe* universe_ = nullptr;
    Mapping mapping_;
    std::string mapped_text_;  ///< the configuration the mapping was made from
    bool mapped_ = false;
    bool run_changed_ = false;
    bool any_run_ = false;
    core::TimeNs run_start_ = core::no_time;
};

/// The first readable header of a journal. Throws std::runtime_error with one sentence if there is
/// none.
core::JournalHeader first_header(const std::vector<std::string>& paths);

}  // namespace contagiond::daemon
