#include "tests/crash/older_store.h"

#include <sqlite3.h>
#include <stdexcept>

#include "dkim/body_hash.h"
#include "queue/envelope_codec.h"
#include "queue/message.h"
#include "relay/body_digest.h"
#include "relay/clock.h"

namespace crash {
namespace {

constexpr int kMessages = 12;
constexpr std::int64_t kIdEpoch = 1704067200000;  // 2024-01-01 in milliseconds since 1970

// As released first; never changes.
constexpr const char* kFirstSchema =
    "PRAGMA page_size=8192; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;"
    "BEGIN;"
    "CREATE TABLE envelope (id INTEGER PRIMARY KEY, lane INTEGER, due INTEGER,"
    "  octets INTEGER NOT NULL, chunks INTEGER NOT NULL, domain TEXT, envelope BLOB NOT NULL,"
    "  signatures BLOB NOT NULL);"
    "CREATE INDEX due ON envelope (lane, due) WHERE lane IS NOT NULL;"
    "CREATE INDEX domain ON envelope (domain) WHERE domain IS NOT NULL;"
    "CREATE TABLE content (id INTEGER PRIMARY KEY, chunks INTEGER NOT NULL,"
    "  body_size INTEGER NOT NULL, body_hash BLOB NOT NULL, header BLOB NOT NULL,"
    "  body BLOB NOT NULL);"
    "CREATE TABLE chunk (id INTEGER PRIMARY KEY, message INTEGER NOT NULL,"
    "  number INTEGER NOT NULL, octets BLOB NOT NULL, UNIQUE (message, number));"
    "CREATE TABLE fact (topic TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,"
    "  expires INTEGER, PRIMARY KEY (topic, key)) WITHOUT ROWID;"
    "CREATE TABLE mark (id INTEGER PRIMARY KEY CHECK (id = 0), last INTEGER NOT NULL);"
    "INSERT INTO mark VALUES (0, 0);"
    "PRAGMA application_id = 1399416686; PRAGMA user_version = 1; COMMIT;";

class FirstFormat {
public:
    FirstFormat() { octet(1); }
    void octet(unsigned value) { row_.push_back(static_cast<char>(value)); }
    void number(std::uint64_t value) {
        for (; value > 127; value >>= 7) {
            octet(static_cast<unsigned>(value & 127) | 128);
        }
        octet(static_cast<unsigned>(value));
    }
    void text(const std::string& value) {
        number(value.size());
        row_ += value;
    }
    std::string sealed(queue::MessageId id) { return row_ + queue::EnvelopeCodec::seal(id, row_); }

private:
    std::string row_;
};

class Database {
public:
    explicit Database(const std::string& path) {
        check(sqlite3_open_v2(
            path.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "unix"));
        sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }
    ~Database() { sqlite3_close_v2(database_); }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    void execute(const char* sql) {
        check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr));
    }
    void add_chunk(std::int64_t message, int number, const std::string& octets) {
        Statement statement(*this, "INSERT INTO chunk (message, number, octets) VALUES (?,?,?)");
        statement.number(message).number(number).blob(octets).run();
    }
    void add(std::int64_t id,
             std::int64_t due,
             std::size_t size,
             const std::string& envelope,
             const queue::Content& content) {
        Statement row(*this, "INSERT INTO envelope VALUES (?,0,?,?,0,NULL,?,?)");
        row.number(id).number(due).number(static_cast<std::int64_t>(size));
        row.blob(envelope).blob(content.signatures).run();
        Statement whole(*this, "INSERT INTO content VALUES (?,0,?,?,?,?)");
        whole.number(id).number(static_cast<std::int64_t>(content.body_size));
        whole.blob(content.body_hash).blob(content.header).blob(content.body).run();
    }

private:
    class Statement {
    public:
        Statement(Database& of, const char* sql) : of_(of) {
            of.check(sqlite3_prepare_v2(of.database_, sql, -1, &statement_, nullptr));
        }
        ~Statement() { sqlite3_finalize(statement_); }
        Statement(const Statement&) = delete;
        Statement& operator=(const Statement&) = delete;
        Statement& number(std::int64_t value) {
            of_.check(sqlite3_bind_int64(statement_, ++bound_, value));
            return *this;
        }
        Statement& blob(const std::string& value) {
            of_.check(sqlite3_bind_blob64(
                statement_, ++bound_, value.data(), value.size(), SQLITE_TRANSIENT));
            return *this;
        }
        void run() {
            if (sqlite3_step(statement_) != SQLITE_DONE) {
                of_.check(SQLITE_ERROR);
            }
        }

    private:
        Database& of_;
        sqlite3_stmt* statement_ = nullptr;
        int bound_ = 0;
    };

    void check(int code) const {
        if (code != SQLITE_OK) {
            throw std::runtime_error(std::string("older store: ") + sqlite3_errmsg(database_));
        }
    }
    sqlite3* database_ = nullptr;
};

}  // namespace

void make_older_store(const std::string& folder, Journal& journal) {
    Database database(folder + "/queue.db");
    database.execute(kFirstSchema);
    const std::int64_t now = relay::wall_clock().time_since_epoch().count();
    const std::int64_t base = (now - 60000 - kIdEpoch) << 21;
    for (int i = 0; i < kMessages; ++i) {
        const queue::MessageId id(base + i);
        PromisedMessage message;
        message.number = journal.next_number();
        message.id = id;
        message.sender = "app@example.com";
        const std::string body = body_of(message.number, 3000 * static_cast<std::size_t>(i + 1));
        message.body = body.size();
        message.accepted = {0, 0};

        queue::Content content;
        content.signatures = "DKIM-Signature: v=1\r\n";
        content.header =
            "From: <app@example.com>\r\nX-Number: " + std::to_string(message.number) + "\r\n";
        content.body = body;
        content.body_size = body.size();
        dkim::BodyHash hash(conf::Canonicalization::Relaxed);
        hash.update(body);
        content.body_hash = relay::packed(hash.finish());
        const std::size_t size =
            content.signatures.size() + content.header.size() + 2 + body.size();

        FirstFormat row;
        row.text(message.sender);
        row.number(2);
        for (const std::string domain : {"d0.example", "d1.example"}) {
            message.recipients.push_back(
                {"old" + std::to_string(i) + "@" + domain, {}, {}, {}, {}});
            row.text(message.recipients.back().address);
            row.octet(0);
            row.number(0);
            row.number(static_cast<std::uint64_t>(now));
            row.octet(0);
        }
        row.octet(0);
        row.number(static_cast<std::uint64_t>(now - 60000));
        row.text("192.0.2.7");
        row.text("example.com");
        row.text("example.com/k1");
        row.number(size);
        row.text("");
        row.number(0);
        database.execute("BEGIN");
        database.add(id.number(), now, size, row.sealed(id), content);
        database.execute(("UPDATE mark SET last = " + std::to_string(id.number() + 1)).c_str());
        database.execute("COMMIT");
        journal.offer(std::move(message));
        if (i == kMessages / 2) {
            database.execute("PRAGMA wal_checkpoint(PASSIVE)");
        }
    }
    database.add_chunk(base - 5, 0, std::string(200000, 'o'));
}

}  // namespace crash
