// Journal: every input and every event, as checksummed records in segment files, so that what
// happened can be replayed and any alert explained.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/annotation.hpp"
#include "core/clock.hpp"
#include "core/counters.hpp"
#include "core/engine.hpp"
#include "daemon/sinks/sink.hpp"

namespace contagiond::sinks {

struct JournalSettings {
    std::string directory;  ///< made if absent (its parent must exist)
    std::uint64_t segment_bytes = 64ull << 20;
    std::uint64_t max_bytes = 4ull << 30;  ///< of all segments; the oldest is removed first
    std::uint64_t min_free_bytes =
        512ull << 20;         ///< of the file system; below it recording stops, with a reason
    std::string config_text;  ///< resolved configuration without secrets; written to each segment
};

/// Written on the sink's own thread, handed to the kernel after every batch (so that kill -9 loses
/// nothing taken), synced every second. Each start begins a new segment; numbering of records goes
/// on, and records that could not be written leave a hole in it that a reader counts. Trouble with
/// the disk is counted by reason, tried again every second, and never stops the process.
class Journal final : public Sink {
  public:
    /// Takes the folder for itself, cuts a torn tail off the last segment and begins a new one.
    /// `clock` stamps segments and paces syncs and retries; it must outlive the sink. Blocks on the
    /// disk. Throws std::runtime_error with one sentence when the folder cannot be written, belongs
    /// to another running process or holds a journal of a newer version.
    Journal(JournalSettings settings, const core::Clock& clock);
    ~Journal() override;

    std::string_view name() const override { return "journal"; }
    bool wants_inputs() const override { return true; }
    /// From the next mark that is published (FanOut::mark) this is the configuration in force: a
    /// new segment of the same run begins there under it. Once before each mark, on the engine
    /// thread.
    void change_config_at_mark(std::string config_text);

    /// Written among the records that come next, within about 100 ms. Any thread, briefly locked.
    void annotate(core::Annotation annotation);

    void consume(std::span<const Item> items) override;
    void idle() override;
    void finish(double seconds) override;

    // Any thread.
    const core::Counter& records_written() const;
    const core::Counter& records_dropped_disk() const;  ///< reason disk_full
    const core::Counter& records_dropped_io() const;    ///< reason io_error
    /// Unreadable at the end of the last segment when it was opened.
    const core::Counter& records_skipped() const;
    /// Failures of the disk so far, and the last one as a sentence; empty if there was none.
    const core::Counter& errors() const;
    std::string last_error() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::sinks
