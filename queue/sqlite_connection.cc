#include "queue/sqlite_connection.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include "queue/errors.h"

namespace queue {
namespace {

constexpr int kBusyTimeout = 5000;  // ms; only a foreign program can make us wait

/// A null pointer would bind NULL instead of an empty value.
const char* data_of(std::string_view octets) {
    return octets.data() != nullptr ? octets.data() : "";
}

}  // namespace

SqliteStatement::SqliteStatement(sqlite3* database, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    failed_ = sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    statement_.reset(statement);
}

SqliteStatement& SqliteStatement::bind(int position, std::int64_t value) {
    if (failed_ == SQLITE_OK) {
        failed_ = sqlite3_bind_int64(statement_.get(), position, value);
    }
    return *this;
}

SqliteStatement& SqliteStatement::bind(int position, const std::optional<std::int64_t>& value) {
    if (value) {
        return bind(position, *value);
    }
    if (failed_ == SQLITE_OK) {
        failed_ = sqlite3_bind_null(statement_.get(), position);
    }
    return *this;
}

SqliteStatement& SqliteStatement::bind_blob(int position, std::string_view octets) {
    if (failed_ == SQLITE_OK) {
        failed_ = sqlite3_bind_blob64(
            statement_.get(), position, data_of(octets), octets.size(), SQLITE_STATIC);
    }
    return *this;
}

SqliteStatement& SqliteStatement::bind_text(int position, std::string_view text) {
    if (failed_ == SQLITE_OK) {
        failed_ = sqlite3_bind_text64(
            statement_.get(), position, data_of(text), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    return *this;
}

int SqliteStatement::step() {
    return failed_ == SQLITE_OK ? sqlite3_step(statement_.get()) : failed_;
}

int SqliteStatement::run() {
    const int code = step();
    reset();
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

void SqliteStatement::reset() {
    if (statement_) {
        sqlite3_reset(statement_.get());
        failed_ = SQLITE_OK;  // of a bind; a failed prepare left no statement
    }
}

bool SqliteStatement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t SqliteStatement::number(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::int64_t> SqliteStatement::optional_number(int column) const {
    return is_null(column) ? std::nullopt : std::optional(number(column));
}

std::string_view SqliteStatement::octets(int column) const {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr
               ? std::string_view()
               : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

conf::Result<SqliteConnection> SqliteConnection::open(const std::string& path, Access access) {
    sqlite3* database = nullptr;
    // NOMUTEX: every connection is used by one thread at a time, so its own lock would only cost.
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE |
                      (access == Access::Write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
    SqliteConnection connection(path, database);
    if (database == nullptr) {
        throw std::bad_alloc();
    }
    if (code != SQLITE_OK) {
        return connection.error(code, "open");
    }
    sqlite3_busy_timeout(database, kBusyTimeout);
    // A damaged schema must not make SQLite do what its text says.
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    if (access == Access::Read) {
        connection.leave_journal();
        const int limited = connection.execute(
            "PRAGMA query_only=1; PRAGMA cache_size=-2048; PRAGMA mmap_size=0;"
            "PRAGMA temp_store=MEMORY");
        if (limited != SQLITE_OK) {
            return connection.error(limited, "open for reading");
        }
    }
    return connection;
}

int SqliteConnection::execute(const char* sql) const {
    return sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
}

conf::Result<std::int64_t> SqliteConnection::ask(const char* sql) const {
    SqliteStatement statement = prepare(sql);
    const int code = statement.step();
    if (code == SQLITE_ROW) {
        return statement.number(0);
    }
    if (code != SQLITE_DONE) {
        return error(code, sql);
    }
    return std::int64_t{0};
}

void SqliteConnection::leave_journal() const {
    sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

SqliteFault SqliteConnection::fault(int code) const {
    switch (code) {
        case SQLITE_IOERR_NOMEM:
            return SqliteFault::Memory;
        case SQLITE_IOERR_FSYNC:
        case SQLITE_IOERR_DIR_FSYNC:
            // Even when the disk is full: what the kernel dropped then, nobody knows.
            return SqliteFault::Disk;
        default:
            break;
    }
    const int primary = code & 0xff;
    if (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) {
        const int number = sqlite3_system_errno(handle());
        if (number == ENOSPC || number == EDQUOT) {
            return SqliteFault::Full;
        }
    }
    switch (primary) {
        case SQLITE_FULL:
            return SqliteFault::Full;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_INTERRUPT:
            return SqliteFault::Busy;
        case SQLITE_CONSTRAINT:
            return SqliteFault::Duplicate;
        case SQLITE_NOMEM:
        case SQLITE_TOOBIG:
            return SqliteFault::Memory;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return SqliteFault::Corrupt;
        default:
            return SqliteFault::Disk;
    }
}

conf::Error SqliteConnection::error(int code, std::string_view doing) const {
    const int number = sqlite3_system_errno(handle());
    std::string detail = path_ + ": " + std::string(doing) + ": " + sqlite3_errstr(code);
    const std::string words = sqlite3_errmsg(handle());
    if (words != sqlite3_errstr(code)) {
        detail += ", " + words;
    }
    const int primary = code & 0xff;
    if (number != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
        detail += " (" + std::generic_category().message(number) + ")";
    }
    switch (fault(code)) {
        case SqliteFault::Full:
            return queue::error(errc::StoreFull, detail);
        case SqliteFault::Duplicate:
            return queue::error(errc::Duplicate, detail);
        case SqliteFault::Corrupt:
            return queue::error(
                errc::StoreDamaged,
                detail + ": move it away and keep it, what is whole in it can be recovered");
        case SqliteFault::Busy:
            return queue::error(errc::StoreUnwritable,
                                detail + ": another program has it open, close that first");
        case SqliteFault::Memory:
        case SqliteFault::Disk:
            break;
    }
    return queue::error(errc::StoreUnwritable, detail);
}

}  // namespace queue
