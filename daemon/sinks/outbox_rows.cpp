#include "daemon/sinks/outbox_rows.hpp"

#include <algorithm>
#include <map>

#include "daemon/sinks/outbox_sqlite.hpp"

namespace contagiond::sinks {
namespace {

std::optional<core::EpisodePhase> phase_of(std::string_view name) {
    for (const auto phase :
         {core::EpisodePhase::opened, core::EpisodePhase::updated, core::EpisodePhase::resolved})
        if (core::to_string(phase) == name) return phase;
    return std::nullopt;
}

std::optional<core::Severity> severity_of(std::string_view name) {
    for (std::size_t i = 0; i < core::severity_count; ++i)
        if (core::to_string(static_cast<core::Severity>(i)) == name)
            return static_cast<core::Severity>(i);
    return std::nullopt;
}

/// The columns 0-6 of an alert; absent where they cannot be ours.
std::optional<StoredAlert> alert_of(const SqliteStatement& rows) {
    const auto phase = phase_of(rows.text(3));
    const auto severity = severity_of(rows.text(4));
    if (rows.integer(0) <= 0 || !phase || !severity) return std::nullopt;
    StoredAlert alert;
    alert.seq = static_cast<std::uint64_t>(rows.integer(0));
    alert.episode = rows.text(1);
    alert.revision = static_cast<std::uint32_t>(rows.integer(2));
    alert.phase = *phase;
    alert.severity = *severity;
    alert.ts = rows.integer(5);
    alert.document = std::make_shared<const std::string>(rows.text(6));
    return alert;
}

/// The six columns of a delivery from `first` on; absent where there is none.
std::optional<StoredDelivery> delivery_of(const SqliteStatement& rows, int first) {
    const auto state = delivery_state(rows.text(first + 1));
    if (!state) return std::nullopt;
    StoredDelivery delivery;
    delivery.sink = rows.text(first);
    delivery.state = *state;
    delivery.attempts = static_cast<std::uint32_t>(rows.integer(first + 2));
    delivery.ts_queued = rows.integer(first + 3);
    delivery.ts_changed = rows.integer(first + 4);
    delivery.reason = rows.text(first + 5);
    return delivery;
}

}  // namespace

std::string outbox_rows_sql(std::string_view where) {
    std::string sql =
        "SELECT a.seq, a.episode, a.revision, a.phase, a.severity, a.ts, a.document,"
        " d.sink, d.state, d.attempts, d.ts_queued, d.ts_changed, d.reason"
        " FROM alerts a LEFT JOIN deliveries d ON d.seq = a.seq ";
    return sql.append(where);
}

int read_outbox_rows(SqliteStatement& rows, std::vector<StoredAlert>& out) {
    int code = rows.step();
    for (; code == SQLITE_ROW; code = rows.step()) {
        const auto seq = static_cast<std::uint64_t>(rows.integer(0));
        if (out.empty() || out.back().seq != seq) {
            auto alert = alert_of(rows);
            if (!alert) continue;
            out.push_back(*std::move(alert));
        }
        if (auto delivery = delivery_of(rows, 7))
            out.back().deliveries.push_back(*std::move(delivery));
    }
    return code;
}

void salvage_outbox(const std::string& path, std::vector<StoredAlert>& out) {
    SqliteDatabase database;
    // Not read-only: a hot journal must be rolled back, or the rows are those of half a change.
    if (database.open(path, SQLITE_OPEN_READWRITE, {}) != SQLITE_OK) return;
    database.run("PRAGMA trusted_schema=OFF");
    std::map<std::uint64_t, StoredAlert> found;
    for (const char* order : {"ORDER BY seq", "ORDER BY seq DESC"}) {
        // Without an index, so that damage in one costs nothing.
        const std::string sql =
            std::string(
                "SELECT seq, episode, revision, phase, severity, ts, document FROM alerts "
                "NOT INDEXED ") +
            order;
        SqliteStatement rows(database, sql.c_str());
        int code = rows.step();
        for (; code == SQLITE_ROW; code = rows.step())
            if (auto alert = alert_of(rows)) found.emplace(alert->seq, *std::move(alert));
        if (code == SQLITE_DONE) break;
    }
    for (const char* order : {"ORDER BY seq, sink", "ORDER BY seq DESC, sink DESC"}) {
        const std::string sql =
            std::string(
                "SELECT seq, sink, state, attempts, ts_queued, ts_changed, reason "
                "FROM deliveries NOT INDEXED ") +
            order;
        SqliteStatement rows(database, sql.c_str());
        int code = rows.step();
        for (; code == SQLITE_ROW; code = rows.step()) {
            const auto alert = found.find(static_cast<std::uint64_t>(rows.integer(0)));
            auto delivery = delivery_of(rows, 1);
            if (alert == found.end() || !delivery) continue;
            auto& deliveries = alert->second.deliveries;
            if (std::none_of(deliveries.begin(), deliveries.end(),
                             [&](const auto& known) { return known.sink == delivery->sink; }))
                deliveries.push_back(*std::move(delivery));
        }
        if (code == SQLITE_DONE) break;
    }
    for (auto& [seq, alert] : found) out.push_back(std::move(alert));
}

}  // namespace contagiond::sinks
