// SQLite in a few lines, for the files of the outbox alone. Result codes are SQLite's, extended; an
// error is a value. One thread an object.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/sinks/outbox_alert.hpp"

namespace contagiond::sinks {

class SqliteDatabase {
  public:
    SqliteDatabase() = default;
    ~SqliteDatabase() { close(); }
    SqliteDatabase(const SqliteDatabase&) = delete;
    SqliteDatabase& operator=(const SqliteDatabase&) = delete;

    /// `vfs`: the file layer by SQLite's name, empty for the system's. After an error it is closed.
    int open(const std::string& path, int flags, const std::string& vfs);
    /// All statements must be gone.
    void close();
    /// One or more statements whose rows nobody wants.
    int run(const char* sql);
    /// The number a pragma or a query answers with; `otherwise` where it answers none.
    std::int64_t number(const char* sql, std::int64_t otherwise);

    bool is_open() const { return handle_ != nullptr; }
    sqlite3* handle() const { return handle_; }
    /// What a result code that just came means for the outbox.
    StoreStatus status(int code) const;

  private:
    sqlite3* handle_ = nullptr;
    int open_errno_ = 0;
};

class SqliteStatement {
  public:
    SqliteStatement(SqliteDatabase& database, const char* sql);
    ~SqliteStatement() { sqlite3_finalize(handle_); }
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;

    /// The next parameter. Text must live until the statement is reset or gone.
    SqliteStatement& bind(std::int64_t value);
    SqliteStatement& bind(std::string_view text);
    /// SQLITE_ROW, SQLITE_DONE or an error: also that of preparing or binding.
    int step();
    /// Steps to the end, and resets: SQLITE_OK or an error.
    int run();
    void reset();

    std::int64_t integer(int column) const { return sqlite3_column_int64(handle_, column); }
    std::string text(int column) const;

  private:
    sqlite3_stmt* handle_ = nullptr;
    int error_ = SQLITE_OK;
    int next_parameter_ = 1;
};

/// A transaction that is undone unless it is committed.
class SqliteTransaction {
  public:
    explicit SqliteTransaction(SqliteDatabase& database) : database_(database) {}
    ~SqliteTransaction() {
        if (begun_) database_.run("ROLLBACK");
    }
    SqliteTransaction(const SqliteTransaction&) = delete;
    SqliteTransaction& operator=(const SqliteTransaction&) = delete;

    int begin();
    /// After an error nothing is known of what is on disk.
    int commit();

  private:
    SqliteDatabase& database_;
    bool begun_ = false;
};

}  // namespace contagiond::sinks
