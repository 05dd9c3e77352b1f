#include "daemon/sinks/outbox_store.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <stdexcept>
#include <utility>

#include "daemon/sinks/outbox_rows.hpp"
#include "daemon/sinks/outbox_sqlite.hpp"

namespace contagiond::sinks {
namespace {

constexpr const char* schema = R"(
CREATE TABLE alerts(seq INTEGER PRIMARY KEY, episode TEXT NOT NULL, revision INTEGER NOT NULL,
    phase TEXT NOT NULL, severity TEXT NOT NULL, ts INTEGER NOT NULL, bytes INTEGER NOT NULL,
    document TEXT NOT NULL) STRICT;
CREATE INDEX alerts_of_episode ON alerts(episode, revision);
CREATE TABLE deliveries(seq INTEGER NOT NULL, sink TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, ts_queued INTEGER NOT NULL, ts_changed INTEGER NOT NULL,
    reason TEXT NOT NULL, PRIMARY KEY(seq, sink)) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_waiting ON deliveries(seq) WHERE state = 'pending';
CREATE TABLE commands(id INTEGER PRIMARY KEY AUTOINCREMENT, retry INTEGER NOT NULL,
    seq INTEGER NOT NULL, sink TEXT NOT NULL) STRICT;
)";

}  // namespace

struct OutboxStore::Impl {
    explicit Impl(OutboxStoreSettings s) : settings(std::move(s)) {}

    StoreStatus make_or_verify() {
        for (const std::string& pragma :
             {fmt::format("PRAGMA busy_timeout={}", settings.busy_ms),
              std::string("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON")})
            if (const int code = database.run(pragma.c_str()); code != SQLITE_OK)
                return database.status(code);
        // The first read: a hot journal is rolled back here, and what is no database is found.
        SqliteStatement version(database, "PRAGMA user_version");
        if (const int code = version.step(); code != SQLITE_ROW) return database.status(code);
        const std::int64_t found = version.integer(0);
        version.reset();
        if (found > outbox_schema)
            throw std::runtime_error(fmt::format(
                "{} was written by a newer version of contagiond (schema {}, this one knows {})",
                settings.path, found, outbox_schema));
        const std::int64_t page =
            std::max<std::int64_t>(database.number("PRAGMA page_size", 4096), 512);
        const std::string options = fmt::format(
            "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=EXTRA; PRAGMA max_page_count={}",
            static_cast<std::int64_t>(settings.max_bytes) / page);
        if (const int code = database.run(options.c_str()); code != SQLITE_OK)
            return database.status(code);
        if (found == 0) return make();
        return verify();
    }

    StoreStatus make() {
        SqliteTransaction transaction(database);
        int code = transaction.begin();
        if (code == SQLITE_OK) code = database.run(schema);
        if (code == SQLITE_OK)
            code = database.run(fmt::format("PRAGMA user_version={}", outbox_schema).c_str());
        if (code == SQLITE_OK) code = transaction.commit();
        return database.status(code);
    }

    StoreStatus verify() {
        SqliteStatement check(database, "PRAGMA quick_check(1)");
        const int code = check.step();
        if (code != SQLITE_ROW) return database.status(code == SQLITE_DONE ? SQLITE_CORRUPT : code);
        return check.text(0) == "ok" ? StoreStatus::ok : StoreStatus::damaged;
    }

    int write(const StoredAlert& alert, SqliteStatement& row, SqliteStatement& delivery) const {
        row.reset();
        int code = row.bind(static_cast<std::int64_t>(alert.seq))
                       .bind(alert.episode)
                       .bind(alert.revision)
                       .bind(core::to_string(alert.phase))
                       .bind(core::to_string(alert.severity))
                       .bind(alert.ts)
                       .bind(static_cast<std::int64_t>(alert.document->size()))
                       .bind(*alert.document)
                       .run();
        for (const StoredDelivery& one : alert.deliveries) {
            if (code != SQLITE_OK) break;
            code = delivery.bind(static_cast<std::int64_t>(alert.seq))
                       .bind(one.sink)
                       .bind(to_string(one.state))
                       .bind(one.attempts)
                       .bind(one.ts_queued)
                       .bind(one.ts_changed)
                       .bind(one.reason)
                       .run();
        }
        return code;
    }

    OutboxStoreSettings settings;
    SqliteDatabase database;
    std::int64_t data_version = -1;
};

OutboxStore::OutboxStore(OutboxStoreSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}
OutboxStore::~OutboxStore() = default;

StoreStatus OutboxStore::open() {
    Impl& i = *impl_;
    i.data_version = -1;
    const int code = i.database.open(i.settings.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                     i.settings.vfs);
    if (code != SQLITE_OK) return i.database.status(code);
    StoreStatus status = StoreStatus::io_error;
    try {
        status = i.make_or_verify();
    } catch (...) {
        i.database.close();
        throw;
    }
    // Alerts say what a desk holds and fears: they are nobody else's business.
    if (status == StoreStatus::ok) ::chmod(i.settings.path.c_str(), 0640);
    if (status != StoreStatus::ok) i.database.close();
    return status;
}

void OutboxStore::close() {
    impl_->database.close();
}

bool OutboxStore::is_open() const {
    return impl_->database.is_open();
}

StoreStatus OutboxStore::save(std::span<const StoredAlert* const> alerts,
                              std::int64_t commands_done) {
    SqliteDatabase& database = impl_->database;
    SqliteTransaction transaction(database);
    int code = transaction.begin();
    if (code != SQLITE_OK) return database.status(code);
    SqliteStatement row(database,
                        "INSERT INTO alerts VALUES(?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING");
    SqliteStatement delivery(database, "INSERT OR REPLACE INTO deliveries VALUES(?,?,?,?,?,?,?)");
    for (const StoredAlert* alert : alerts) {
        code = impl_->write(*alert, row, delivery);
        if (code != SQLITE_OK) return database.status(code);
    }
    if (commands_done > 0) {
        SqliteStatement done(database, "DELETE FROM commands WHERE id <= ?");
        code = done.bind(commands_done).run();
        if (code != SQLITE_OK) return database.status(code);
    }
    return database.status(transaction.commit());
}

StoreStatus OutboxStore::load_waiting(std::vector<StoredAlert>& out) {
    SqliteDatabase& database = impl_->database;
    SqliteStatement rows(
        database,
        outbox_rows_sql(
            "WHERE a.seq IN (SELECT seq FROM deliveries WHERE state = 'pending') ORDER BY a.seq")
            .c_str());
    return database.status(read_outbox_rows(rows, out));
}

StoreStatus OutboxStore::load_told(core::TimeNs since, std::vector<StoredAlert>& out) {
    SqliteDatabase& database = impl_->database;
    SqliteStatement rows(database, outbox_rows_sql(R"(WHERE a.seq IN (
    SELECT taken.seq FROM deliveries taken JOIN alerts told ON told.seq = taken.seq
    WHERE taken.state = 'accepted' AND (taken.ts_changed >= ? OR told.episode IN (
        SELECT next.episode FROM deliveries waits JOIN alerts next ON next.seq = waits.seq
        WHERE waits.state = 'pending'))) ORDER BY a.seq)")
                                       .c_str());
    rows.bind(since);
    return database.status(read_outbox_rows(rows, out));
}

StoreStatus OutboxStore::load(std::uint64_t seq, std::vector<StoredAlert>& out) {
    SqliteDatabase& database = impl_->database;
    SqliteStatement rows(database, outbox_rows_sql("WHERE a.seq = ?").c_str());
    rows.bind(static_cast<std::int64_t>(seq));
    return database.status(read_outbox_rows(rows, out));
}

std::uint64_t OutboxStore::last_seq() {
    const auto last = impl_->database.number(
        "SELECT max(ifnull((SELECT max(seq) FROM alerts), 0),"
        " ifnull((SELECT max(seq) FROM deliveries), 0))",
        0);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(last, 0));
}

StoreStatus OutboxStore::commands(std::vector<OutboxCommand>& out) {
    SqliteDatabase& database = impl_->database;
    // Changes when another connection has committed, and only then.
    const std::int64_t version = database.number("PRAGMA data_version", -1);
    if (version == impl_->data_version && version >= 0) return StoreStatus::ok;
    SqliteStatement rows(database, "SELECT id, retry, seq, sink FROM commands ORDER BY id");
    int code = rows.step();
    for (; code == SQLITE_ROW; code = rows.step())
        out.push_back({rows.integer(0), rows.integer(1) != 0,
                       static_cast<std::uint64_t>(rows.integer(2)), rows.text(3)});
    if (code == SQLITE_DONE) impl_->data_version = version;
    return database.status(code);
}

StoreStatus OutboxStore::forget_history(core::TimeNs now) {
    const OutboxStoreSettings& settings = impl_->settings;
    SqliteDatabase& database = impl_->database;
    struct Candidate {
        std::int64_t seq, bytes, ts;
    };
    std::vector<Candidate> candidates;  // what goes first stands first
    std::int64_t bytes = 0;
    {
        SqliteStatement rows(database, R"(
SELECT a.seq, a.bytes, a.ts FROM alerts a
WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.seq = a.seq AND d.state = 'pending')
ORDER BY EXISTS (SELECT 1 FROM deliveries d WHERE d.seq = a.seq AND d.state IN ('dead','silenced')),
    CASE WHEN a.phase = 'resolved' THEN 0 WHEN a.phase = 'updated' THEN 1
         WHEN a.severity <> 'critical' THEN 2 ELSE 3 END, a.seq)");
        int code = rows.step();
        for (; code == SQLITE_ROW; code = rows.step()) {
            candidates.push_back({rows.integer(0), rows.integer(1), rows.integer(2)});
            bytes += candidates.back().bytes;
        }
        if (code != SQLITE_DONE) return database.status(code);
    }
    std::vector<std::int64_t> gone;
    std::size_t left = candidates.size();
    for (const Candidate& candidate : candidates) {
        const bool too_old = now - candidate.ts > settings.history_age;
        const bool too_much = left > settings.history_rows ||
                              bytes > static_cast<std::int64_t>(settings.history_bytes);
        if (!too_old && !too_much) continue;
        gone.push_back(candidate.seq);
        bytes -= candidate.bytes;
        --left;
    }
    if (gone.empty()) return StoreStatus::ok;
    SqliteTransaction transaction(database);
    int code = transaction.begin();
    SqliteStatement deliveries(database, "DELETE FROM deliveries WHERE seq = ?");
    SqliteStatement alerts(database, "DELETE FROM alerts WHERE seq = ?");
    for (const std::int64_t seq : gone) {
        if (code == SQLITE_OK) code = deliveries.bind(seq).run();
        if (code == SQLITE_OK) code = alerts.bind(seq).run();
    }
    if (code == SQLITE_OK) code = transaction.commit();
    return database.status(code);
}

bool OutboxStore::move_aside(std::vector<StoredAlert>& readable) {
    const std::string& path = impl_->settings.path;
    const std::string aside = path + ".damaged";
    close();
    for (int n = 3; n > 0; --n)
        for (const char* part : {"", "-journal"}) {
            const std::string from = n == 1 ? aside : fmt::format("{}.{}", aside, n - 1);
            std::rename((from + part).c_str(), fmt::format("{}.{}{}", aside, n, part).c_str());
        }
    // The journal goes along: without it the file is in the middle of a change.
    if (std::rename(path.c_str(), aside.c_str()) != 0) return false;
    if (std::rename((path + "-journal").c_str(), (aside + "-journal").c_str()) != 0)
        std::remove((path + "-journal").c_str());
    salvage_outbox(aside, readable);
    return true;
}

const std::string& OutboxStore::path() const {
    return impl_->settings.path;
}

}  // namespace contagiond::sinks
