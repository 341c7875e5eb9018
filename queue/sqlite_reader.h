// SqliteReader: a read-only connection with its statements; SqliteReaders: as many of them as
// threads read at once.
//
// Every call is one read transaction at most, over when it returns, so that checkpoints never
// wait long.
//
// Threads: a reader serves one thread at a time; SqliteReaders any.
// Errors: NotFound, Damaged (this message), StoreDamaged, StoreUnreadable.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "queue/lane.h"
#include "queue/sqlite_connection.h"
#include "queue/store.h"

namespace queue {

class SqliteReader {
public:
    explicit SqliteReader(SqliteConnection connection);

    conf::Result<Stored> load(MessageId id);
    conf::Result<std::string> read_body(MessageId id, int number);
    conf::Result<std::optional<Instant>> next_due();
    conf::Result<std::vector<Envelope>> held(MessageId after, std::size_t limit);
    conf::Result<std::map<std::string, std::string>> recall(const std::string& topic, Instant now);
    conf::Result<std::optional<MessageId>> oldest();
    conf::Result<std::uint64_t> free_page_octets();

    /// In sqlite_query.cc. `first_fresh`: no message below it is missing in the index of domains.
    conf::Result<Page> query(const Filter& filter, MessageId from, std::int64_t first_fresh);

private:
    struct Row {
        MessageId id;
        std::optional<Instant> due;
        Lane lane;
        bool fresh;
        std::string envelope;
    };
    struct Rows {
        std::vector<Row> rows;
        std::optional<MessageId> up_to;  // there may be more behind it
    };
    /// Appends the rows of a prepared query; its column order is that of kRowColumns.
    int examine(SqliteStatement& statement, std::size_t limit, Rows& rows);
    int examine_domain(const Filter& filter, MessageId from, std::int64_t first_fresh, Rows& rows);
    int choose(const Filter& filter, MessageId from, std::int64_t first_fresh, Rows& rows);

    /// A failed read; `id` where it concerns one message.
    conf::Error failed(int code, const char* doing) const;

    SqliteConnection connection_;
    SqliteStatement load_, read_inline_, read_chunk_;
    SqliteStatement next_due_, held_, recall_, oldest_, free_pages_, page_size_;
    SqliteStatement row_by_id_, rows_by_id_, rows_by_held_, rows_by_domain_;
};

class SqliteReaders {
public:
    explicit SqliteReaders(std::string path) : path_(std::move(path)) {}

    /// Calls `call(reader)` with a reader that nobody else has.
    template <class Call>
    auto with(Call call) -> decltype(call(std::declval<SqliteReader&>())) {
        auto reader = take();
        if (!reader) {
            return reader.error();
        }
        const Return give_back{*this, *reader};
        return call(**reader);
    }

private:
    struct Return {
        SqliteReaders& readers;
        std::unique_ptr<SqliteReader>& reader;
        Return(SqliteReaders& r, std::unique_ptr<SqliteReader>& one) : readers(r), reader(one) {}
        Return(const Return&) = delete;
        Return& operator=(const Return&) = delete;
        ~Return() { readers.put(std::move(reader)); }
    };
    conf::Result<std::unique_ptr<SqliteReader>> take();
    void put(std::unique_ptr<SqliteReader> reader);

    std::string path_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<SqliteReader>> idle_;
};

}  // namespace queue
