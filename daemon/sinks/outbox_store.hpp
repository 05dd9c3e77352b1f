// OutboxStore: alerts and their deliveries in one SQLite file. Says how to write and to read, never
// what to do about trouble: that is the outbox' business.
//
// The journal mode is TRUNCATE and not WAL: SQLite 3.40 can lose pages in a WAL that is reset while
// another connection commits, and `contagiond outbox` is another connection. With synchronous=EXTRA
// a commit that returned survives the loss of power.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daemon/sinks/outbox_alert.hpp"

namespace contagiond::sinks {

struct OutboxStoreSettings {
    std::string path;                       ///< of the file; its folder must exist
    std::string vfs;                        ///< SQLite's file layer; empty: the system's
    int busy_ms = 1000;                     ///< patience with another process
    std::size_t max_bytes = 256u << 20;     ///< the file never grows beyond
    std::size_t history_rows = 2000;        ///< settled alerts that are kept to be looked at
    std::size_t history_bytes = 32u << 20;  ///< of their documents
    core::DurationNs history_age = 7 * core::ns_per_day;
};

/// One thread. Blocks on the disk, and for `busy_ms` on another process. After any status but ok
/// and busy it must be closed and opened again before it is used.
class OutboxStore {
  public:
    explicit OutboxStore(OutboxStoreSettings settings);
    ~OutboxStore();

    /// Opens or makes the file and verifies it. Throws std::runtime_error with one sentence where a
    /// newer version of the program wrote it.
    StoreStatus open();
    void close();
    bool is_open() const;

    /// Writes all of them, or none, in one transaction that is on disk when it returns ok; commands
    /// up to and including `commands_done` are forgotten in the same one.
    StoreStatus save(std::span<const StoredAlert* const> alerts, std::int64_t commands_done = 0);

    /// Those with a delivery that waits, all deliveries with them, in order.
    StoreStatus load_waiting(std::vector<StoredAlert>& out);
    /// Those that a sink took after `since`, or of whose episode something waits, in order.
    StoreStatus load_told(core::TimeNs since, std::vector<StoredAlert>& out);
    StoreStatus load(std::uint64_t seq, std::vector<StoredAlert>& out);
    /// The largest seq ever used, 0 if none.
    std::uint64_t last_seq();
    /// What operators asked for since the last call that found the file unchanged; cheap if
    /// nothing.
    StoreStatus commands(std::vector<OutboxCommand>& out);

    /// Forgets settled alerts beyond what history may hold: the oldest resolved first, an opened
    /// critical one and what never arrived last. Waiting ones stay.
    StoreStatus forget_history(core::TimeNs now);

    /// Moves a damaged file aside (`<path>.damaged`, and up to three older ones with a number) and
    /// gives the rows of it that can be read. An alert whose deliveries cannot be read is given
    /// without any. False where it cannot be moved.
    bool move_aside(std::vector<StoredAlert>& readable);

    const std::string& path() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::sinks
