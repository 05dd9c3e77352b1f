#include "daemon/sinks/outbox_operator.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <stdexcept>

#include "daemon/sinks/outbox_rows.hpp"
#include "daemon/sinks/outbox_sqlite.hpp"

namespace contagiond::sinks {
namespace {

[[noreturn]] void fail(const std::string& path, StoreStatus status) {
    throw std::runtime_error(fmt::format("the outbox {}: {}", path, to_string(status)));
}

void check(const SqliteDatabase& database, const std::string& path, int code) {
    const StoreStatus status = database.status(code);
    if (status != StoreStatus::ok) fail(path, status);
}

void open(SqliteDatabase& database, const std::string& path) {
    if (::access(path.c_str(), F_OK) != 0)
        throw std::runtime_error(fmt::format("there is no outbox {}", path));
    // Not read-only: after a kill the first reader rolls back what was half written.
    check(database, path, database.open(path, SQLITE_OPEN_READWRITE, {}));
    check(database, path,
          database.run("PRAGMA busy_timeout=5000; PRAGMA trusted_schema=OFF;"
                       "PRAGMA synchronous=EXTRA"));
    const std::int64_t found = database.number("PRAGMA user_version", -1);
    if (found > outbox_schema)
        throw std::runtime_error(
            fmt::format("{} was written by a newer version of contagiond (schema {}, this one "
                        "knows {})",
                        path, found, outbox_schema));
    if (found < 0) fail(path, StoreStatus::damaged);
}

std::vector<StoredAlert> read(SqliteDatabase& database, const std::string& path) {
    std::vector<StoredAlert> alerts;
    SqliteStatement rows(database, outbox_rows_sql("ORDER BY a.seq, d.sink").c_str());
    check(database, path, read_outbox_rows(rows, alerts));
    return alerts;
}

bool changes(const StoredDelivery& delivery, bool retry) {
    switch (delivery.state) {
        case DeliveryState::accepted:
            return false;
        case DeliveryState::dropped:
            return retry;
        case DeliveryState::pending:
        case DeliveryState::dead:
        case DeliveryState::silenced:
            return true;
    }
    return false;
}

}  // namespace

std::vector<StoredAlert> read_outbox(const std::string& path) {
    SqliteDatabase database;
    open(database, path);
    return read(database, path);
}

bool is_meant(const StoredAlert& alert, std::string_view id) {
    return id == alert.episode || id == attempt_id(alert.episode, alert.revision);
}

OutboxChange change_outbox(const std::string& path, std::string_view id, std::string_view sink,
                           bool retry, core::TimeNs now) {
    SqliteDatabase database;
    open(database, path);
    SqliteTransaction transaction(database);
    check(database, path, transaction.begin());
    OutboxChange change;
    for (const StoredAlert& alert : read(database, path)) {
        if (!is_meant(alert, id)) continue;
        ++change.alerts;
        for (const StoredDelivery& delivery : alert.deliveries) {
            if ((!sink.empty() && delivery.sink != sink) || !changes(delivery, retry)) continue;
            ++change.deliveries;
            const auto seq = static_cast<std::int64_t>(alert.seq);
            SqliteStatement row(database,
                                "UPDATE deliveries SET state = ?, attempts = 0, ts_changed = ?,"
                                " ts_queued = iif(?, ?, ts_queued), reason = ?"
                                " WHERE seq = ? AND sink = ?");
            check(database, path,
                  row.bind(to_string(retry ? DeliveryState::pending : DeliveryState::dropped))
                      .bind(now)
                      .bind(retry ? 1 : 0)
                      .bind(now)
                      .bind(retry ? "" : "by an operator")
                      .bind(seq)
                      .bind(delivery.sink)
                      .run());
            // A running daemon knows the row by heart: this is what it listens to.
            SqliteStatement command(database,
                                    "INSERT INTO commands(retry, seq, sink) VALUES(?, ?, ?)");
            check(database, path, command.bind(retry ? 1 : 0).bind(seq).bind(delivery.sink).run());
        }
    }
    check(database, path, transaction.commit());
    return change;
}

}  // namespace contagiond::sinks
