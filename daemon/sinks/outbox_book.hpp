// OutboxBook: every alert that waits, in memory and in the file, and what is done when the file
// gives trouble. The memory is the truth while the process runs; the file is what is left of it
// when the process is killed. Sends nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/counters.hpp"
#include "daemon/sinks/outbox_store.hpp"

namespace contagiond::sinks {

struct OutboxBookSettings {
    OutboxStoreSettings store;
    std::string reserve_path;
    std::size_t reserve_bytes = 1u << 20;
    std::size_t waiting_rows = 5000;
    std::size_t waiting_bytes = 64u << 20;
};

struct OutboxCounters {
    core::Gauge durable;        ///< 1: what waits is on disk
    core::Counter damaged;      ///< files moved aside
    core::Gauge sinks_working;  ///< webhooks that are configured and not broken
};

/// One thread; blocks on the disk.
class OutboxBook {
  public:
    using Report = std::function<void(ReportLevel, std::string_view)>;

    /// `counters` must outlive it.
    OutboxBook(OutboxBookSettings settings, OutboxCounters& counters, Report report);

    /// Opens the file and reads what waits. Throws std::runtime_error with one sentence where the
    /// folder may not be written, or a newer version wrote the file. Any other trouble is told, and
    /// tried again later.
    void open(core::DurationNs monotonic);
    void close();

    /// Takes one more, and gives it its seq. Where there are too many, the oldest resolved is given
    /// up, else the oldest update, else the oldest opened that is not critical; the newest counts
    /// as the youngest of its kind. A critical opened goes only where there is nothing else.
    void add(StoredAlert alert, core::TimeNs now);
    /// Writes what has changed; while the disk does not take it, tries only now and then. Whether
    /// all of it is on disk.
    bool flush(core::DurationNs monotonic);
    /// The same at once.
    bool flush_now(core::DurationNs monotonic);

    /// Alerts that wait and were not given before. Valid until the next call that is not const.
    std::vector<const StoredAlert*> not_handed_out();
    /// Alerts that some sink took, after `since` or of an episode of which something waits, in
    /// order; none where the file cannot be read.
    std::vector<StoredAlert> told_since(core::TimeNs since);
    /// Deliveries given up for want of room since the last call: seq and sink.
    std::vector<std::pair<std::uint64_t, std::string>> evicted();

    /// Null where it is not known any more: it settled long ago. Call changed() after changing it.
    StoredDelivery* find(std::uint64_t seq, std::string_view sink);
    const StoredAlert& changed(std::uint64_t seq);
    /// Calls with each alert that waits; what returns true has changed.
    void each_waiting(const std::function<bool(StoredAlert&)>& visit);
    /// What operators asked for; the alerts are in memory afterwards. Written off with the next
    /// flush.
    std::vector<OutboxCommand> take_commands();

    /// Once after each file that was damaged: how many alerts of it could be read.
    std::optional<std::size_t> take_damage();
    /// Read from a damaged file, decided after `since`, and nobody knows who got them: they wait
    /// for these.
    void send_unknown(const std::vector<StoredDelivery>& deliveries, core::TimeNs since);

    void forget_history(core::TimeNs now);
    /// Whether something changed since the last call.
    bool take_touched() { return std::exchange(touched_, false); }

  private:
    struct Row {
        StoredAlert alert;
        bool dirty = false;    ///< the file does not know it as it is
        bool unknown = false;  ///< its deliveries could not be read
    };

    StoreStatus open_store();
    bool mend(StoreStatus trouble, int& io_errors);
    bool rebuild();
    void adopt();
    void saved();
    bool fail(StoreStatus status, core::DurationNs monotonic);
    void set_durable(bool durable, std::string_view why);
    void insert(StoredAlert alert, bool dirty);
    void keep_within_bounds(core::TimeNs now);
    void evict(Row& row, core::TimeNs now);
    bool free_reserve();
    void make_reserve();

    OutboxBookSettings settings_;
    OutboxCounters& counters_;
    Report report_;
    OutboxStore store_;
    std::map<std::uint64_t, Row> rows_;
    std::vector<std::uint64_t> fresh_;
    std::vector<std::pair<std::uint64_t, std::string>> evicted_;
    std::optional<std::size_t> damage_;
    std::uint64_t last_seq_ = 0;
    std::int64_t commands_taken_ = 0;
    std::int64_t commands_done_ = 0;
    core::DurationNs next_try_ = 0;
    std::optional<bool> durable_;
    bool adopted_ = false;
    bool touched_ = true;
};

}  // namespace contagiond::sinks
