// SqliteConnection and SqliteStatement: SQLite's C interface with owners, and its result codes
// sorted by what we do about them.
//
// A failed prepare or bind is remembered by the statement, and step() gives it: callers look at
// one place.
//
// Threads: a connection and its statements belong to one thread at a time; interrupt() from any.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>

#include "conf/result.h"

namespace queue {

/// What an SQLite failure means for the store.
enum class SqliteFault : std::uint8_t {
    Full,       // the disk: rolled back, later commits may work
    Busy,       // another program has it locked
    Duplicate,  // a key is there already
    Memory,
    Corrupt,
    Disk,  // everything else: a read, write or sync failed
};

class SqliteStatement {
public:
    SqliteStatement(sqlite3* database, const char* sql);

    SqliteStatement& bind(int position, std::int64_t value);
    SqliteStatement& bind(int position, const std::optional<std::int64_t>& value);
    /// Not copied: the octets must stay until the statement is reset.
    SqliteStatement& bind_blob(int position, std::string_view octets);
    SqliteStatement& bind_text(int position, std::string_view text);

    /// SQLITE_ROW, SQLITE_DONE, or an extended error code.
    int step();
    /// Steps once and resets: SQLITE_OK or an extended error code.
    int run();
    void reset();

    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] std::optional<std::int64_t> optional_number(int column) const;
    /// Until the next step or reset.
    [[nodiscard]] std::string_view octets(int column) const;
    [[nodiscard]] int failed() const { return failed_; }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int failed_ = SQLITE_OK;
};

/// Resets a statement at the end of a scope, so that no read transaction outlives it.
class SqliteReset {
public:
    explicit SqliteReset(SqliteStatement& statement) : statement_(statement) {}
    ~SqliteReset() { statement_.reset(); }
    SqliteReset(const SqliteReset&) = delete;
    SqliteReset& operator=(const SqliteReset&) = delete;

private:
    SqliteStatement& statement_;
};

class SqliteConnection {
public:
    enum class Access : std::uint8_t {
        Write,  // the one that writes and checkpoints; the file must exist
        Read,   // query_only, and no checkpoint when it closes
    };
    static conf::Result<SqliteConnection> open(const std::string& path, Access access);

    [[nodiscard]] sqlite3* handle() const { return database_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] SqliteStatement prepare(const char* sql) const { return {handle(), sql}; }
    /// SQLITE_OK or an extended error code.
    [[nodiscard]] int execute(const char* sql) const;
    /// The first column of the first row; 0 without a row.
    [[nodiscard]] conf::Result<std::int64_t> ask(const char* sql) const;
    /// Leaves the journal as it is when the connection closes.
    void leave_journal() const;
    void interrupt() const { sqlite3_interrupt(handle()); }

    /// Right after a call failed with `code`.
    [[nodiscard]] SqliteFault fault(int code) const;
    /// The same as an error with the path, what was being done, and the reasons of SQLite and the
    /// system.
    [[nodiscard]] conf::Error error(int code, std::string_view doing) const;

private:
    struct Close {
        void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    };
    SqliteConnection(std::string path, sqlite3* database)
        : path_(std::move(path)), database_(database) {}

    std::string path_;
    std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace queue
