// Outbox: every alert is on disk before it is first tried, and is tried until each sink has taken
// it or its time is over. This sink's thread owns the file; each webhook has a worker with a thread
// of its own (outbox_worker.hpp), which sees an alert once it is committed. What the workers say
// comes back here and into the file. After a restart what waits is taken up again, in order.
//
// When the disk does not take it, alerts are delivered from memory, and that is said. A damaged
// file is moved aside and begun anew with what can be read and what is known here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/counters.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/outbox_book.hpp"
#include "daemon/sinks/outbox_worker.hpp"
#include "daemon/sinks/sink.hpp"

namespace contagiond::sinks {

struct OutboxSettings {
    std::string folder;  ///< must exist; outbox.db and outbox.reserve lie there
    std::vector<WebhookSettings> webhooks;
    std::string vfs;                               ///< see OutboxStoreSettings
    int busy_ms = 1000;                            ///< see OutboxStoreSettings
    std::size_t waiting_rows = 5000;               ///< alerts that may wait
    std::size_t waiting_bytes = 64u << 20;         ///< of their documents
    std::size_t reserve_bytes = 1u << 20;          ///< given to the file when the disk is full
    core::DurationNs patience = core::ns_per_day;  ///< for a sink that is not configured any more
};

struct OutboxDoors {
    DeliveryDoors delivery;
    /// Id of the silence that holds this alert back, empty if none does. Outbox' thread.
    std::function<std::string(const core::Episode&, core::TimeNs now)> silenced;
    std::uint64_t jitter_seed = 0;
};

/// Of one webhook; written by the outbox' thread, read by anyone.
struct OutboxSinkCounters {
    core::Gauge pending;
    core::Gauge ts_oldest;  ///< seconds since the epoch when the oldest waiting was queued, or 0
    core::Counter dead;
    core::Counter silenced;
};

class Outbox final : public Sink {
  public:
    /// Opens the file and loads what waits. Throws std::runtime_error with one sentence where a
    /// webhook cannot be built, the folder may not be written, or a newer version wrote the file.
    Outbox(OutboxSettings settings, DocumentContext context, OutboxDoors doors);
    ~Outbox() override;

    /// Starts the workers' threads. Without it the caller drives them, as tests do.
    void start();

    std::string_view name() const override { return "outbox"; }
    bool wants(const core::Event& event) const override;
    void consume(std::span<const Item> items) override;
    void idle() override;
    /// One short attempt for what waits; the rest stays on disk.
    void finish(double seconds) override;

    /// Webhook `i` as OutboxSettings has them.
    std::size_t size() const;
    OutboxWorker& worker(std::size_t i);
    const OutboxWorker& worker(std::size_t i) const;
    const OutboxSinkCounters& counters(std::size_t i) const;
    const OutboxCounters& counters() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::sinks
