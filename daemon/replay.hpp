// Replay: recordings through the same engine. The same files and configuration give the same
// documents, byte for byte.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine.hpp"
#include "core/journal_codec.hpp"
#include "daemon/replay_sources.hpp"
#include "daemon/sinks/event_json.hpp"

namespace contagiond::daemon {

struct ReplayOptions {
    /// Journals (segments or folders of them), tick files, and bar files as SYMBOL=FILE.
    std::vector<std::string> files;
    std::string bars_directory;  ///< of bar files by name; may be empty
    TimeRange range;
    /// Empty: the configuration a journal carries, or the built-in universe.
    std::string config_file;
    /// The last word on the engine's configuration, once it has been fitted to the files; may be
    /// empty. Not for a journal that is replayed with what it carries.
    std::function<void(core::EngineConfig&)> adjust;
};

/// Whom a replay tells what it finds, while it runs, on its thread. Each may be empty.
struct ReplayListener {
    std::function<void(std::string_view document)> document;  ///< one line of JSON
    /// All the engine says. Empty: what is measured only to be told is not measured.
    std::function<void(const core::Event&, const core::EngineConfig&)> event;
    /// An episode has changed; the context is what its document is told in.
    std::function<void(const core::Episode&, const sinks::DocumentContext&)> episode;
    /// Asked before each input: whether no more of them are wanted.
    std::function<bool()> enough;
    /// One line of JSON of what the configuration's shadow would have said. Empty: none is run.
    std::function<void(std::string_view document)> shadow_document;
    /// A person's note, where the journal has it: among the inputs of when it was written.
    std::function<void(const core::Annotation&)> annotation;
    /// Called before inputs of a later moment are fed; may sleep. All that came before has been
    /// told.
    std::function<void(core::TimeNs ts)> pace;
};

struct ReplayResult {
    std::uint64_t inputs = 0;  ///< fed, without the clock inputs that are added
    core::TimeNs ts_first = core::no_time;
    core::TimeNs ts_last = core::no_time;
    std::uint64_t bars = 0;  ///< of the grid
    std::uint64_t episodes = 0;
    std::uint64_t documents = 0;
    std::uint64_t annotations = 0;
    /// Times the engine was started afresh: at another run of a recorded process, or after a pause
    /// of more than three days in files.
    std::uint64_t restarts = 0;
    core::DurationNs bar = 0;  ///< step of the grid
    bool has_journal = false;
    core::JournalStatistics journal;
    std::uint64_t journal_unreadable = 0;
    ReadReport report;
    std::string config_name;          ///< where the configuration came from, for people
    bool is_recorded_config = false;  ///< it came from the journal
    /// As engine_differences tells it: from the defaults to the recorded one, or, where one was
    /// given, from the recorded one to that. Of the first recorded one; empty without a journal.
    std::vector<std::string> differences;
    std::uint64_t configs = 1;  ///< of the engine that were used in turn
    std::string shadow_name;    ///< of the configuration's shadow; empty: it has none
    std::uint64_t shadow_episodes = 0;
    std::uint64_t shadow_documents = 0;
};

/// Reads everything through to the end, or until it is enough. Files that are no recordings at all,
/// and journals without a configuration, throw std::runtime_error with one sentence; a wrong
/// configuration throws ConfigError. Damage inside a file is stepped over and told in the result.
ReplayResult run_replay(const ReplayOptions& options, const ReplayListener& listener);

/// Files are in order and had no way to travel: no bar waits for anything.
void fit_to_files(core::EngineConfig& config);

/// For a grid of bars of `interval`: the configured step unless that is finer than the data,
/// windows and horizons at least some bars long, and prices not stale while their next bar is still
/// open. `series_intervals` holds, by instrument, the longest interval of its files, 0 for none.
void fit_to_bars(core::EngineConfig& config, core::DurationNs interval,
                 const std::vector<core::DurationNs>& series_intervals);

}  // namespace contagiond::daemon
