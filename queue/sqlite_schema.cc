#include "queue/sqlite_schema.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "queue/errors.h"

namespace queue {
namespace {

constexpr std::int64_t kApplication = 0x5369676e;  // "Sign", in the database's header

/// Each brings the schema from the number before it (its position) to the next. Never changed once
/// released.
constexpr std::array kMigrations = {
    // 1. Everything that changes while a message waits is in `envelope`, a small row; what never
    // does is in `content`,
    // so that an attempt's result rewrites no header or body. A message that is delivered at once
    // touches no index.
    "CREATE TABLE envelope ("
    "  id INTEGER PRIMARY KEY,"
    "  lane INTEGER,"  // as in lane.h
    "  due INTEGER,"   // milliseconds since 1970; NULL: the scheduler has it
    "  octets INTEGER NOT NULL,"
    "  chunks INTEGER NOT NULL,"
    "  domain TEXT,"  // written once, at the first deferral: of the open recipients, '*' if they
                      // differ
    "  envelope BLOB NOT NULL,"
    "  signatures BLOB NOT NULL);"
    "CREATE INDEX due ON envelope (lane, due) WHERE lane IS NOT NULL;"
    "CREATE INDEX domain ON envelope (domain) WHERE domain IS NOT NULL;"
    "CREATE TABLE content ("
    "  id INTEGER PRIMARY KEY,"
    "  chunks INTEGER NOT NULL,"
    "  body_size INTEGER NOT NULL,"
    "  body_hash BLOB NOT NULL,"
    "  header BLOB NOT NULL,"
    "  body BLOB NOT NULL);"
    "CREATE TABLE chunk ("
    "  id INTEGER PRIMARY KEY,"
    "  message INTEGER NOT NULL,"
    "  number INTEGER NOT NULL,"
    "  octets BLOB NOT NULL,"
    "  UNIQUE (message, number));"
    "CREATE TABLE fact ("
    "  topic TEXT NOT NULL,"
    "  key TEXT NOT NULL,"
    "  value BLOB NOT NULL,"
    "  expires INTEGER,"
    "  PRIMARY KEY (topic, key)) WITHOUT ROWID;"
    "CREATE TABLE mark ("
    "  id INTEGER PRIMARY KEY CHECK (id = 0),"
    "  last INTEGER NOT NULL);"  // no id above it was ever stored; runs ahead of them
    "INSERT INTO mark VALUES (0, 0);"
    "PRAGMA application_id = 1399416686;",
    // 2. A start reads neither the rows of what waits nor those of what was taken up: the index
    // tells how many there are and of how many octets, and `fresh` from where on rows may be in no
    // index.
    "DROP INDEX due;"
    "CREATE INDEX due ON envelope (lane, due, octets) WHERE lane IS NOT NULL;"
    "ALTER TABLE mark ADD COLUMN fresh INTEGER NOT NULL DEFAULT 0;",
};
constexpr auto kVersion = static_cast<std::int64_t>(kMigrations.size());
static_assert(kApplication == 1399416686);

conf::Result<void> run(const SqliteConnection& connection, const char* sql, const char* doing) {
    const int code = connection.execute(sql);
    if (code != SQLITE_OK) {
        conf::Error failed = connection.error(code, doing);
        if (sqlite3_get_autocommit(connection.handle()) == 0) {
            (void)connection.execute("ROLLBACK");
        }
        return failed;
    }
    return {};
}

/// The schema's number; 0 for a database without a table.
conf::Result<std::int64_t> version_of(const SqliteConnection& connection) {
    const auto version = connection.ask("PRAGMA user_version");
    const auto application = connection.ask("PRAGMA application_id");
    const auto tables = connection.ask("SELECT count(*) FROM sqlite_schema");
    for (const auto* answer : {&version, &application, &tables}) {
        if (!*answer) {
            return answer->error();
        }
    }
    if (*version == 0 && *tables == 0) {
        return std::int64_t{0};
    }
    if (*application != kApplication || *version < 1) {
        return error(
            errc::StoreDamaged,
            connection.path() + " is no queue of ours: choose another data_dir, or move it away");
    }
    if (*version > kVersion) {
        return error(errc::StoreNewer,
                     connection.path() + " has schema " + std::to_string(*version) +
                         ", this version knows " + std::to_string(kVersion) +
                         ": start the version that wrote it");
    }
    return version;
}

conf::Result<void> migrate(const SqliteConnection& connection, std::int64_t from) {
    for (std::int64_t version = from; version < kVersion; ++version) {
        const std::string sql = std::string("BEGIN IMMEDIATE;") +
                                kMigrations.at(static_cast<std::size_t>(version)) +
                                "PRAGMA user_version = " + std::to_string(version + 1) + ";COMMIT";
        if (const auto done = run(connection, sql.c_str(), "bring the schema up to date"); !done) {
            return done;
        }
    }
    return {};
}

/// Rows of bodies whose message never came to be. Looks at one index entry for each message with
/// chunks.
conf::Result<void> drop_orphans(const SqliteConnection& connection) {
    SqliteStatement next = connection.prepare(
        "SELECT message, message IN (SELECT id FROM envelope) FROM chunk WHERE message > ?1 "
        "ORDER BY message LIMIT 1");
    SqliteStatement drop = connection.prepare("DELETE FROM chunk WHERE message = ?1");
    std::int64_t message = std::numeric_limits<std::int64_t>::min();
    for (;;) {
        int code = next.bind(1, message).step();
        if (code == SQLITE_DONE) {
            return {};
        }
        if (code == SQLITE_ROW) {
            message = next.number(0);
            const bool orphan = next.number(1) == 0;
            next.reset();
            code = orphan ? drop.bind(1, message).run() : SQLITE_OK;
        }
        if (code != SQLITE_OK) {
            return connection.error(code, "drop chunks without a message");
        }
    }
}

}  // namespace

conf::Result<void> prepare_schema(const SqliteConnection& connection) {
    const auto version = version_of(connection);
    if (!version) {
        return version.error();
    }
    // Page size and auto_vacuum hold only from before the first table on.
    if (*version == 0) {
        const auto first =
            run(connection, "PRAGMA page_size=8192; PRAGMA auto_vacuum=INCREMENTAL", "create");
        if (!first) {
            return first;
        }
    }
    const auto set =
        run(connection,
            "PRAGMA journal_mode=WAL;"
            "PRAGMA synchronous=FULL;"
            "PRAGMA secure_delete=OFF;"
            "PRAGMA cache_size=-16384;"  // 16 MiB: what was just inserted is removed from memory
            "PRAGMA mmap_size=0;"
            "PRAGMA temp_store=MEMORY;"
            "PRAGMA journal_size_limit=67108864",  // after a burst the file shrinks again
            "set up");
    if (!set) {
        return set;
    }
    // What is in the page cache only, since an earlier run could not sync it, becomes durable or
    // fails here, before anything is promised.
    const int code = sqlite3_wal_checkpoint_v2(
        connection.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (code != SQLITE_OK) {
        return connection.error(code, "checkpoint");
    }
    return migrate(connection, *version);
}

conf::Result<Inventory> take_stock(const SqliteConnection& connection, Instant now) {
    const std::int64_t ms = now.time_since_epoch().count();
    for (const char* sql :
         {"UPDATE envelope SET lane = 0, due = ?1 WHERE lane = -1",
          "UPDATE envelope SET lane = 0, due = ?1 WHERE id >= (SELECT fresh FROM mark) AND lane IS "
          "NULL",
          "DELETE FROM fact WHERE expires <= ?1"}) {
        SqliteStatement statement = connection.prepare(sql);
        if (const int code = statement.bind(1, ms).run(); code != SQLITE_OK) {
            return connection.error(code, "wake messages");
        }
    }
    if (const auto dropped = drop_orphans(connection); !dropped) {
        return dropped.error();
    }
    // Of the index alone: by now everything is in it.
    SqliteStatement count = connection.prepare(
        "SELECT count(*), total(lane > 0), coalesce(sum(octets), 0),"
        " (SELECT coalesce(max(id), 0) FROM envelope),"
        " coalesce((SELECT id FROM envelope WHERE id >= (SELECT fresh FROM mark) AND domain IS NULL"
        "  ORDER BY id LIMIT 1), 9223372036854775807),"
        " (SELECT last FROM mark), (SELECT fresh FROM mark)"
        " FROM envelope INDEXED BY due WHERE lane IS NOT NULL");
    const int code = count.step();
    if (code != SQLITE_ROW) {
        return connection.error(code, "count messages");
    }
    Inventory inventory{};
    inventory.totals.held = static_cast<std::uint64_t>(count.number(1));
    inventory.totals.waiting = static_cast<std::uint64_t>(count.number(0)) - inventory.totals.held;
    inventory.totals.octets = static_cast<std::uint64_t>(count.number(2));
    inventory.last = MessageId(std::max(count.number(3), count.number(5)));
    inventory.first_fresh = count.number(4);
    inventory.fresh_mark = count.number(6);
    return inventory;
}

}  // namespace queue
