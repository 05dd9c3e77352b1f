#include "daemon/sinks/outbox_book.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace contagiond::sinks {
namespace {

constexpr core::DurationNs retry_disk_every = 5 * core::ns_per_s;
constexpr core::DurationNs retry_busy_every = core::ns_per_s / 2;
constexpr int mends_max = 4;
/// The reserve is made only where it is not itself what fills the disk.
constexpr std::uint64_t free_per_reserve = 4;

/// What is given up first has the smallest number.
int worth(const StoredAlert& alert) {
    switch (alert.phase) {
        case core::EpisodePhase::resolved:
            return 0;
        case core::EpisodePhase::updated:
            return 1;
        case core::EpisodePhase::opened:
            return alert.severity == core::Severity::critical ? 3 : 2;
    }
    return 0;
}

}  // namespace

OutboxBook::OutboxBook(OutboxBookSettings settings, OutboxCounters& counters, Report report)
    : settings_(std::move(settings)),
      counters_(counters),
      report_(std::move(report)),
      store_(settings_.store) {}

// -------------------------------------------------------------------- file

StoreStatus OutboxBook::open_store() {
    const StoreStatus status = store_.open();
    if (status == StoreStatus::ok && !adopted_) adopt();
    return status;
}

void OutboxBook::open(core::DurationNs monotonic) {
    const StoreStatus status = open_store();
    if (status == StoreStatus::refused)
        throw std::runtime_error(
            fmt::format("the outbox {} cannot be opened or written", store_.path()));
    if (status == StoreStatus::ok || flush_now(monotonic)) set_durable(true, {});
    if (durable_ == true) make_reserve();
}

void OutboxBook::close() {
    store_.close();
}

/// What waits on disk comes into memory.
void OutboxBook::adopt() {
    std::vector<StoredAlert> waiting;
    if (store_.load_waiting(waiting) != StoreStatus::ok) return;  // the next save will tell
    adopted_ = true;
    last_seq_ = std::max(last_seq_, store_.last_seq());
    for (StoredAlert& alert : waiting)
        if (rows_.count(alert.seq) == 0) insert(std::move(alert), false);
}

bool OutboxBook::flush(core::DurationNs monotonic) {
    if (durable_ == false && monotonic < next_try_) return false;
    return flush_now(monotonic);
}

bool OutboxBook::flush_now(core::DurationNs monotonic) {
    StoreStatus trouble = StoreStatus::ok;
    int io_errors = 0;
    for (int mends = 0; mends < mends_max; ++mends) {
        trouble = store_.is_open() ? StoreStatus::ok : open_store();
        if (trouble == StoreStatus::ok) {
            std::vector<const StoredAlert*> changed;
            for (const auto& [seq, row] : rows_)
                if (row.dirty) changed.push_back(&row.alert);
            const bool nothing = changed.empty() && commands_taken_ == commands_done_;
            trouble = nothing ? StoreStatus::ok : store_.save(changed, commands_taken_);
            if (trouble == StoreStatus::ok) {
                saved();
                return true;
            }
        }
        if (!mend(trouble, io_errors)) break;
    }
    return fail(trouble, monotonic);
}

void OutboxBook::saved() {
    commands_done_ = commands_taken_;
    for (auto it = rows_.begin(); it != rows_.end();) {
        it->second.dirty = false;
        it = it->second.alert.waits() || it->second.unknown ? std::next(it) : rows_.erase(it);
    }
    set_durable(true, {});
}

/// Whether it is worth trying again at once.
bool OutboxBook::mend(StoreStatus trouble, int& io_errors) {
    if (trouble == StoreStatus::busy) return false;
    store_.close();
    switch (trouble) {
        case StoreStatus::full:
            return free_reserve();
        case StoreStatus::io_error:
            // Opening verifies the file; syncing it again would prove nothing. A quota is no full
            // disk to SQLite: room may help there too.
            return io_errors++ == 0 || free_reserve();
        case StoreStatus::damaged:
            return rebuild();
        case StoreStatus::ok:
        case StoreStatus::busy:
        case StoreStatus::refused:
            break;
    }
    return false;
}

bool OutboxBook::fail(StoreStatus status, core::DurationNs monotonic) {
    next_try_ = monotonic + (status == StoreStatus::busy ? retry_busy_every : retry_disk_every);
    set_durable(false, to_string(status));
    return false;
}

void OutboxBook::set_durable(bool durable, std::string_view why) {
    counters_.durable.set(durable ? 1 : 0);
    if (durable_ == durable) return;
    if (!durable)
        report_(ReportLevel::error,
                fmt::format("alerts are delivered from memory and are lost if the process ends: {}",
                            why));
    else if (durable_.has_value())
        report_(ReportLevel::info, "alerts are on disk again before they are sent");
    const bool again = durable && durable_.has_value();
    durable_ = durable;
    if (again) make_reserve();
}

/// Moves the damaged file aside and begins a new one with what can be read and what is known here.
bool OutboxBook::rebuild() {
    std::vector<StoredAlert> readable;
    if (!store_.move_aside(readable)) return false;
    counters_.damaged.add();
    for (auto& [seq, row] : rows_) row.dirty = true;
    std::size_t lost = 0;
    for (StoredAlert& alert : readable) {
        last_seq_ = std::max(last_seq_, alert.seq);
        if (rows_.count(alert.seq) > 0) continue;
        const std::uint64_t seq = alert.seq;
        const bool unknown = alert.deliveries.empty();
        lost += unknown ? 1 : 0;
        insert(std::move(alert), true);
        rows_[seq].unknown = unknown;
    }
    adopted_ = true;
    damage_ = readable.size();
    report_(
        ReportLevel::error,
        fmt::format("the outbox was damaged: moved to {}.damaged and begun anew; {} alerts could "
                    "be read, {} of them without their deliveries",
                    store_.path(), readable.size(), lost));
    return true;
}

bool OutboxBook::free_reserve() {
    return ::unlink(settings_.reserve_path.c_str()) == 0;
}

void OutboxBook::make_reserve() {
    struct statvfs disk {};
    if (settings_.reserve_bytes == 0 || ::access(settings_.reserve_path.c_str(), F_OK) == 0 ||
        ::statvfs(settings_.store.path.c_str(), &disk) != 0 ||
        static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize <
            free_per_reserve * settings_.reserve_bytes)
        return;
    const int fd =
        ::open(settings_.reserve_path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0) return;
    const bool made = ::posix_fallocate(fd, 0, static_cast<off_t>(settings_.reserve_bytes)) == 0;
    ::close(fd);
    if (!made) free_reserve();
}

// -------------------------------------------------------------------- memory

void OutboxBook::insert(StoredAlert alert, bool dirty) {
    const std::uint64_t seq = alert.seq;
    if (alert.waits()) fresh_.push_back(seq);
    Row& row = rows_[seq];
    row.alert = std::move(alert);
    row.dirty = dirty;
    touched_ = true;
}

void OutboxBook::add(StoredAlert alert, core::TimeNs now) {
    // By the clock, so that it is new also where the file could not be read.
    last_seq_ =
        std::max(last_seq_ + 1,
                 static_cast<std::uint64_t>(std::max<core::TimeNs>(now / core::ns_per_us, 0)));
    alert.seq = last_seq_;
    insert(std::move(alert), true);
    keep_within_bounds(now);
}

void OutboxBook::keep_within_bounds(core::TimeNs now) {
    std::size_t rows = 0, bytes = 0;
    for (const auto& [seq, row] : rows_)
        if (row.alert.waits()) {
            ++rows;
            bytes += row.alert.document->size();
        }
    while (rows > 1 && (rows > settings_.waiting_rows || bytes > settings_.waiting_bytes)) {
        Row* victim = nullptr;
        // The first of equals: the oldest.
        for (auto& [seq, row] : rows_)
            if (row.alert.waits() && (victim == nullptr || worth(row.alert) < worth(victim->alert)))
                victim = &row;
        --rows;
        bytes -= victim->alert.document->size();
        evict(*victim, now);
    }
    // What has settled and cannot be written must not fill the memory either.
    for (auto it = rows_.begin(); it != rows_.end() && rows_.size() > 2 * settings_.waiting_rows;)
        it = it->second.alert.waits() ? std::next(it) : rows_.erase(it);
}

void OutboxBook::evict(Row& row, core::TimeNs now) {
    StoredAlert& alert = row.alert;
    for (StoredDelivery& delivery : alert.deliveries) {
        if (delivery.state != DeliveryState::pending) continue;
        delivery.state = DeliveryState::dead;
        delivery.reason = "the outbox was full";
        delivery.ts_changed = now;
        evicted_.emplace_back(alert.seq, delivery.sink);
    }
    row.dirty = true;
    touched_ = true;
    report_(ReportLevel::error,
            fmt::format("{} ({}, {}): given up undelivered: the outbox is full",
                        attempt_id(alert.episode, alert.revision), core::to_string(alert.phase),
                        core::to_string(alert.severity)));
}

std::vector<const StoredAlert*> OutboxBook::not_handed_out() {
    std::vector<const StoredAlert*> out;
    for (const std::uint64_t seq : std::exchange(fresh_, {}))
        if (const auto it = rows_.find(seq); it != rows_.end()) out.push_back(&it->second.alert);
    return out;
}

std::vector<StoredAlert> OutboxBook::told_since(core::TimeNs since) {
    std::vector<StoredAlert> out;
    if (!store_.is_open()) return out;
    const StoreStatus status = store_.load_told(since, out);
    if (status == StoreStatus::ok) return out;
    if (status != StoreStatus::busy) store_.close();  // the next flush opens and verifies it
    return {};
}

std::vector<std::pair<std::uint64_t, std::string>> OutboxBook::evicted() {
    return std::exchange(evicted_, {});
}

StoredDelivery* OutboxBook::find(std::uint64_t seq, std::string_view sink) {
    auto it = rows_.find(seq);
    if (it == rows_.end()) {
        std::vector<StoredAlert> stored;
        if (!store_.is_open() || store_.load(seq, stored) != StoreStatus::ok || stored.empty())
            return nullptr;
        it = rows_.emplace(seq, Row{}).first;
        it->second.alert = std::move(stored.front());
    }
    for (StoredDelivery& delivery : it->second.alert.deliveries)
        if (delivery.sink == sink) return &delivery;
    return nullptr;
}

const StoredAlert& OutboxBook::changed(std::uint64_t seq) {
    touched_ = true;
    Row& row = rows_.at(seq);
    row.dirty = true;
    return row.alert;
}

void OutboxBook::each_waiting(const std::function<bool(StoredAlert&)>& visit) {
    for (auto& [seq, row] : rows_)
        if (row.alert.waits() && visit(row.alert)) {
            row.dirty = true;
            touched_ = true;
        }
}

std::vector<OutboxCommand> OutboxBook::take_commands() {
    std::vector<OutboxCommand> found;
    if (!store_.is_open()) return found;
    StoreStatus status = store_.commands(found);
    std::erase_if(found, [this](const auto& command) { return command.id <= commands_taken_; });
    for (const OutboxCommand& command : found) {
        if (status != StoreStatus::ok) break;
        std::vector<StoredAlert> alerts;
        if (rows_.count(command.seq) == 0) status = store_.load(command.seq, alerts);
        for (StoredAlert& alert : alerts) rows_[command.seq].alert = std::move(alert);
    }
    if (status != StoreStatus::ok) {
        if (status != StoreStatus::busy) store_.close();  // the next flush opens and verifies it
        return {};
    }
    if (!found.empty()) commands_taken_ = found.back().id;
    return found;
}

std::optional<std::size_t> OutboxBook::take_damage() {
    return std::exchange(damage_, std::nullopt);
}

void OutboxBook::send_unknown(const std::vector<StoredDelivery>& deliveries, core::TimeNs since) {
    for (auto& [seq, row] : rows_) {
        if (!std::exchange(row.unknown, false) || row.alert.ts < since) continue;
        row.alert.deliveries = deliveries;
        row.dirty = true;
        if (row.alert.waits()) fresh_.push_back(seq);
    }
}

void OutboxBook::forget_history(core::TimeNs now) {
    if (!store_.is_open()) return;
    const StoreStatus status = store_.forget_history(now);
    if (status != StoreStatus::ok && status != StoreStatus::busy) store_.close();
}

}  // namespace contagiond::sinks
