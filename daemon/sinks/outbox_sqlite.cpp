#include "daemon/sinks/outbox_sqlite.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace contagiond::sinks {
namespace {

/// Why a file cannot be made: an error number, 0 if it can.
int why_not(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) return errno;
    ::close(fd);
    return 0;
}

}  // namespace

int SqliteDatabase::open(const std::string& path, int flags, const std::string& vfs) {
    close();
    const int code =
        sqlite3_open_v2(path.c_str(), &handle_, flags, vfs.empty() ? nullptr : vfs.c_str());
    open_errno_ = 0;
    if (handle_ == nullptr) return SQLITE_NOMEM;
    sqlite3_extended_result_codes(handle_, 1);
    if (code == SQLITE_OK) return code;
    const int extended = sqlite3_extended_errcode(handle_);
    open_errno_ = sqlite3_system_errno(handle_);
    // Having failed to make the file, SQLite tries to read it, and remembers why that failed.
    if (open_errno_ == ENOENT && (flags & SQLITE_OPEN_CREATE) != 0) open_errno_ = why_not(path);
    close();
    return extended;
}

void SqliteDatabase::close() {
    sqlite3_close(handle_);
    handle_ = nullptr;
}

int SqliteDatabase::run(const char* sql) {
    if (handle_ == nullptr) return SQLITE_CANTOPEN;
    return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
}

std::int64_t SqliteDatabase::number(const char* sql, std::int64_t otherwise) {
    if (handle_ == nullptr) return otherwise;
    SqliteStatement statement(*this, sql);
    return statement.step() == SQLITE_ROW ? statement.integer(0) : otherwise;
}

StoreStatus SqliteDatabase::status(int code) const {
    const int trouble = handle_ != nullptr ? sqlite3_system_errno(handle_) : open_errno_;
    const bool no_room = trouble == ENOSPC || trouble == EDQUOT || trouble == EFBIG;
    switch (code & 0xFF) {
        case SQLITE_OK:
        case SQLITE_ROW:
        case SQLITE_DONE:
            return StoreStatus::ok;
        case SQLITE_FULL:
            return StoreStatus::full;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return StoreStatus::busy;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        // A schema that is not ours: a table or a column is not there.
        case SQLITE_ERROR:
        case SQLITE_SCHEMA:
        case SQLITE_MISMATCH:
        case SQLITE_CONSTRAINT:
            return StoreStatus::damaged;
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_AUTH:
            // A folder without a free inode cannot take the rollback journal.
            if (no_room) return StoreStatus::full;
            return trouble == EIO ? StoreStatus::io_error : StoreStatus::refused;
        default:
            // SQLite calls only ENOSPC full; a quota and a limit on file size are the same to us.
            return no_room ? StoreStatus::full : StoreStatus::io_error;
    }
}

SqliteStatement::SqliteStatement(SqliteDatabase& database, const char* sql) {
    error_ = database.is_open() ? sqlite3_prepare_v2(database.handle(), sql, -1, &handle_, nullptr)
                                : SQLITE_CANTOPEN;
}

SqliteStatement& SqliteStatement::bind(std::int64_t value) {
    if (error_ == SQLITE_OK) error_ = sqlite3_bind_int64(handle_, next_parameter_, value);
    ++next_parameter_;
    return *this;
}

SqliteStatement& SqliteStatement::bind(std::string_view text) {
    if (error_ == SQLITE_OK)
        error_ = sqlite3_bind_text(handle_, next_parameter_, text.data(),
                                   static_cast<int>(text.size()), SQLITE_STATIC);
    ++next_parameter_;
    return *this;
}

int SqliteStatement::step() {
    return error_ != SQLITE_OK ? error_ : sqlite3_step(handle_);
}

int SqliteStatement::run() {
    int code = step();
    while (code == SQLITE_ROW) code = step();
    reset();
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

void SqliteStatement::reset() {
    // Its result repeats the error of the last step.
    static_cast<void>(sqlite3_reset(handle_));
    next_parameter_ = 1;
}

std::string SqliteStatement::text(int column) const {
    const unsigned char* const begin = sqlite3_column_text(handle_, column);
    const int size = sqlite3_column_bytes(handle_, column);
    if (begin == nullptr || size <= 0) return {};
    return std::string(reinterpret_cast<const char*>(begin), static_cast<std::size_t>(size));
}

int SqliteTransaction::begin() {
    // Immediate: the lock is taken here, where waiting for it is safe, and not in the middle.
    const int code = database_.run("BEGIN IMMEDIATE");
    begun_ = code == SQLITE_OK;
    return code;
}

int SqliteTransaction::commit() {
    const int code = database_.run("COMMIT");
    if (code == SQLITE_OK) begun_ = false;
    return code;
}

}  // namespace contagiond::sinks
