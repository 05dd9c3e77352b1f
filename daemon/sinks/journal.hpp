// Journal: every input and every event, as checksummed records in segment files, so that what
// happened can be replayed and any alert explained.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

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
/// nothing taken), synced every second. Throws std::runtime_error at construction with one sentence
/// when the directory cannot be written; later trouble is counted and logged, and never stops the
/// process.
class Journal final : public Sink {
  public:
    explicit Journal(JournalSettings settings);
    ~Journal() override;

    std::string_view name() const override { return "journal"; }
    bool wants_inputs() const override { return true; }
    void consume(std::span<const Item> items) override;
    void idle() override;
    void finish(double seconds) override;

    const core::Counter& records_dropped_disk() const;  ///< reason disk_full or io_error
    const core::Counter& records_written() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::sinks
