#include "queue/sqlite_store.h"

#include <filesystem>
#include <fstream>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "queue/errors.h"
#include "tests/queue/store_conformance.h"

namespace queue {
namespace {

class SqliteBench final : public StoreBench {
public:
    conf::Result<std::unique_ptr<Store>> open(Instant now) override {
        return SqliteStore::open(folder_.path(), now);
    }

private:
    TempFolder folder_;
};
std::unique_ptr<StoreBench> make_sqlite_bench() {
    return std::make_unique<SqliteBench>();
}
INSTANTIATE_TEST_SUITE_P(Sqlite,
                         StoreConformance,
                         testing::Values(MakeStoreBench(make_sqlite_bench)));

class SqliteStoreTest : public testing::Test {
protected:
    std::unique_ptr<Store> open(std::int64_t now = 0) { return open_at(dir, now); }

    static std::unique_ptr<Store> open_at(const std::string& path, std::int64_t now = 0) {
        auto opened = SqliteStore::open(path, at(now));
        EXPECT_TRUE(opened) << opened.error().message();
        return opened ? std::move(*opened) : nullptr;
    }

    static conf::Error refusal(const std::string& path) {
        auto opened = SqliteStore::open(path, at(0));
        EXPECT_FALSE(opened);
        return opened ? conf::Error() : opened.error();
    }

    /// Runs SQL on the closed store's database.
    void execute(const std::string& sql, const std::string& path = {}) const {
        sqlite3* database = nullptr;
        const std::string file = (path.empty() ? dir : path) + "/queue.db";
        ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(database);
        sqlite3_close(database);
    }

    /// The files as they are on disk now, in a folder of their own: what a crash of the process
    /// leaves.
    [[nodiscard]] std::string crash_image(const std::string& name) const {
        const std::string image = folder.path() + "/" + name;
        std::filesystem::create_directory(image);
        for (const char* file : {"queue.db", "queue.db-wal"}) {
            std::filesystem::copy_file(dir + "/" + file, image + "/" + file);
        }
        return image;
    }

    static void insert(Store& store,
                       const Sample& sample,
                       std::optional<Instant> due = std::nullopt) {
        ASSERT_TRUE(store.commit(changes(Insert{make_message(sample), due})));
    }

    /// Messages `from` to `to`, in one commit.
    static void insert_many(Store& store, int from, int to, std::size_t body) {
        std::vector<Change> some;
        for (int ms = from; ms <= to; ++ms) {
            some.emplace_back(std::in_place_type<Insert>,
                              Insert{make_message({.ms = ms, .body = body}), std::nullopt});
        }
        ASSERT_TRUE(store.commit(some));
    }

    TempFolder folder;
    std::string dir = folder.path() + "/data";
};

mode_t mode_of(const std::string& path) {
    struct stat state {};
    EXPECT_EQ(::stat(path.c_str(), &state), 0) << path;
    return state.st_mode & 0777;
}

TEST_F(SqliteStoreTest, MakesFilesThatNobodyElseReads) {
    const mode_t before = ::umask(0);
    const auto store = open();
    insert(*store, {.ms = 1});
    ::umask(before);
    EXPECT_EQ(mode_of(dir), 0700U);
    for (const char* file : {"/queue.db", "/queue.db-wal", "/queue.db-shm", "/lock"}) {
        EXPECT_EQ(mode_of(dir + file), 0600U) << file;
    }
}

TEST_F(SqliteStoreTest, KeepsThePromisedSettings) {
    {
        const auto store = open();
        insert(*store, {.ms = 1});
    }
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open((dir + "/queue.db").c_str(), &database), SQLITE_OK);
    const auto ask = [database](const char* sql) {
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr), SQLITE_OK);
        EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
        std::string answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
        sqlite3_finalize(statement);
        return answer;
    };
    EXPECT_EQ(ask("PRAGMA journal_mode"), "wal");
    EXPECT_EQ(ask("PRAGMA page_size"), "8192");
    EXPECT_EQ(ask("PRAGMA auto_vacuum"), "2");
    EXPECT_EQ(ask("PRAGMA user_version"), "2");
    // Fresh mail is in no index, and there are two beside that of the chunks.
    EXPECT_EQ(ask("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"),
              "2");
    EXPECT_EQ(ask("PRAGMA integrity_check"), "ok");
    sqlite3_close(database);
}

TEST_F(SqliteStoreTest, NamesTheProcessThatHoldsTheLock) {
    const auto store = open();
    const conf::Error error = refusal(dir);
    EXPECT_EQ(error.code, errc::StoreLocked);
    EXPECT_NE(error.detail.find("process " + std::to_string(::getpid())), std::string::npos)
        << error.message();
}

TEST_F(SqliteStoreTest, IsFreeWhenItsProcessIsKilled) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto opened = SqliteStore::open(dir, at(0));
        const char good =
            opened && (*opened)->commit(changes(Insert{make_message({.ms = 1}), std::nullopt})) ? 1
                                                                                                : 0;
        (void)!::write(ready[1], &good, 1);
        ::pause();
        ::_exit(0);
    }
    char good = 0;
    ASSERT_EQ(::read(ready[0], &good, 1), 1);
    ASSERT_EQ(good, 1);
    EXPECT_EQ(refusal(dir).code, errc::StoreLocked);
    EXPECT_NE(refusal(dir).detail.find("process " + std::to_string(child)), std::string::npos);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    const auto store = open(10);
    EXPECT_TRUE(store->load(id_at(1)));
    EXPECT_EQ(*store->next_due(), at(10));
}

TEST_F(SqliteStoreTest, RefusesFoldersThatCannotBe) {
    EXPECT_EQ(refusal(folder.path() + "/no/such").code, errc::StoreUnwritable);
    std::ofstream(folder.path() + "/file") << "x";
    EXPECT_EQ(refusal(folder.path() + "/file").code, errc::StoreUnwritable);
    EXPECT_NE(refusal(folder.path() + "/file").detail.find(folder.path() + "/file"),
              std::string::npos);
}

TEST_F(SqliteStoreTest, RefusesANewerSchemaAndLeavesItAlone) {
    insert(*open(), {.ms = 1});
    execute("PRAGMA user_version = 3");
    const conf::Error error = refusal(dir);
    EXPECT_EQ(error.code, errc::StoreNewer);
    EXPECT_NE(error.detail.find("schema 3"), std::string::npos);
    execute("PRAGMA user_version = 2");
    EXPECT_TRUE(open()->load(id_at(1)));
}

TEST_F(SqliteStoreTest, WhatWasActiveIsFoundAgainHoweverItCameToBe) {
    constexpr int kEach = 3;
    {
        const auto store = open();
        for (int ms = 1; ms <= 4 * kEach; ++ms) {
            ASSERT_TRUE(store->commit(changes(Insert{make_message({.ms = ms}), std::nullopt})));
        }
        // Deferred; deferred and taken up; deferred, taken up and tried in part; the last are
        // fresh.
        for (int ms = 1; ms <= 3 * kEach; ++ms) {
            const auto first = ms > kEach ? at(100 + ms) : at(1000 + ms);
            const auto envelope = std::make_shared<Envelope>(store->load(id_at(ms))->envelope);
            ASSERT_TRUE(store->commit(changes(Update{envelope, first})));
        }
        ASSERT_EQ(store->claim_due(at(500), 100)->size(), 2U * kEach);
        for (int ms = 2 * kEach + 1; ms <= 3 * kEach; ++ms) {
            const auto envelope = std::make_shared<Envelope>(store->load(id_at(ms))->envelope);
            ASSERT_TRUE(store->commit(changes(Update{envelope, std::nullopt})));
        }
        EXPECT_EQ(store->totals()->active, 3U * kEach);
        for (int i = 0; i < 3; ++i) {  // the mark of fresh ones goes on
            ASSERT_TRUE(store->tidy(at(0) + i * std::chrono::hours(1)));
        }
    }
    const auto store = open();
    const auto totals = *store->totals();
    EXPECT_EQ(totals.active, 0U);
    EXPECT_EQ(totals.waiting, 4U * kEach);
    EXPECT_EQ(totals.octets, 4U * kEach * 2000U);
    EXPECT_EQ(store->claim_due(at(500), 100)->size(), 3U * kEach);
}

TEST_F(SqliteStoreTest, AMessageOfAnOlderIdThanAllIsFoundAgain) {
    {
        const auto store = open();
        ASSERT_TRUE(store->commit(changes(Insert{make_message({.ms = 500}), std::nullopt})));
        const auto envelope = std::make_shared<Envelope>(store->load(id_at(500))->envelope);
        ASSERT_TRUE(store->commit(changes(Update{envelope, at(1000)})));
    }
    {
        const auto store = open();  // nothing is fresh: the mark lies above all
        ASSERT_TRUE(store->tidy(at(0)));
        ASSERT_TRUE(store->commit(changes(Insert{make_message({.ms = 5}), std::nullopt})));
    }
    const auto store = open();
    EXPECT_EQ(store->totals()->waiting, 2U);
    EXPECT_EQ(store->claim_due(at(2000), 10)->size(), 2U);
}

TEST_F(SqliteStoreTest, BringsTheFirstSchemaUpToDate) {
    {
        const auto store = open();
        for (int ms = 1; ms <= 3; ++ms) {
            ASSERT_TRUE(store->commit(changes(Insert{make_message({.ms = ms}), std::nullopt})));
        }
        const auto envelope = std::make_shared<Envelope>(store->load(id_at(1))->envelope);
        ASSERT_TRUE(store->commit(changes(Update{envelope, at(1000)})));
    }
    execute(
        "DROP INDEX due; ALTER TABLE mark DROP COLUMN fresh;"
        "CREATE INDEX due ON envelope (lane, due) WHERE lane IS NOT NULL;"
        "UPDATE envelope SET lane = NULL, due = NULL; PRAGMA user_version = 1");
    const auto store = open();
    EXPECT_EQ(store->totals()->waiting, 3U);
    EXPECT_EQ(store->totals()->octets, 6000U);
    EXPECT_EQ(store->claim_due(at(2000), 10)->size(), 3U);
}

TEST_F(SqliteStoreTest, StartsAnewWhereTheFirstStartWasCutShort) {
    std::filesystem::create_directory(dir);
    std::ofstream(dir + "/queue.db").close();
    insert(*open(), {.ms = 1});
    execute("SELECT 1 FROM envelope");
}

TEST_F(SqliteStoreTest, RefusesWhatIsNoQueue) {
    std::filesystem::create_directory(dir);
    execute("CREATE TABLE other (x)");
    EXPECT_EQ(refusal(dir).code, errc::StoreDamaged);
    std::ofstream(dir + "/queue.db") << std::string(20000, 'x');
    EXPECT_EQ(refusal(dir).code, errc::StoreDamaged);
    EXPECT_NE(refusal(dir).detail.find(dir + "/queue.db"), std::string::npos);
}

TEST_F(SqliteStoreTest, KeepsWhatWasCommittedThroughACrash) {
    const auto store = open();
    insert(*store, {.ms = 1});
    insert(*store, {.ms = 2}, at(500));
    ASSERT_TRUE(store->commit(changes(AddChunk{id_at(3), 0, "orphan"})));
    ASSERT_TRUE(store->commit(changes(Insert{make_message({.ms = 4000}), std::nullopt})));
    ASSERT_TRUE(store->commit(changes(Remove{id_at(4000)})));
    const auto revived = open_at(crash_image("image"), 100);
    ASSERT_NE(revived, nullptr);
    EXPECT_TRUE(revived->load(id_at(1)));
    EXPECT_EQ(revived->load(id_at(1))->due, at(100));
    EXPECT_EQ(revived->load(id_at(2))->due, at(500));
    EXPECT_EQ(revived->read_body(id_at(3), 0).error().code, errc::NotFound);
    EXPECT_GE(revived->last_id(), id_at(4000));
    EXPECT_LE(revived->last_id().time(), at(5001));
    EXPECT_EQ(revived->totals()->waiting, 2U);
    // The mark that runs ahead does so once, not with every crash.
    const auto again = open_at(folder.path() + "/image2", 0);
    EXPECT_EQ(again->last_id(), MessageId());
}

TEST_F(SqliteStoreTest, NeverReusesAnIdWhateverWasRemovedBeforeACrash) {
    std::string current = dir;
    MessageId highest;
    for (int crash = 0; crash < 5; ++crash) {
        auto store = open_at(current);
        ASSERT_NE(store, nullptr);
        ASSERT_GE(store->last_id(), highest);
        IdSource ids(1, store->last_id());
        for (int i = 0; i < 10; ++i) {
            auto message = std::make_shared<Message>(*make_message({.ms = 0}));
            message->envelope.id = ids.next(at(i * 300));  // the same times in each life
            ASSERT_GT(message->envelope.id, highest);
            highest = message->envelope.id;
            ASSERT_TRUE(store->commit(changes(Insert{message, std::nullopt})));
            ASSERT_TRUE(store->commit(changes(Remove{highest})));
        }
        dir = current;
        current = crash_image("crash" + std::to_string(crash));
        store.reset();
    }
}

TEST_F(SqliteStoreTest, SaysWhichMessageIsDamagedAndServesTheOthers) {
    {
        const auto store = open();
        insert(*store, {.ms = 1}, at(10));
        insert(*store, {.ms = 2}, at(20));
        insert(*store, {.ms = 3, .hold = "why"}, at(20));
        insert(*store, {.ms = 4});
    }
    execute("UPDATE envelope SET envelope = x'ff' || substr(envelope, 2) WHERE id IN (" +
            std::to_string(id_at(1).number()) + "," + std::to_string(id_at(3).number()) +
            "); DELETE FROM content WHERE id = " + std::to_string(id_at(4).number()));
    const auto store = open(5);
    const auto loaded = store->load(id_at(1));
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, errc::Damaged);
    EXPECT_NE(loaded.error().detail.find(id_at(1).text()), std::string::npos);
    EXPECT_EQ(store->load(id_at(4)).error().code, errc::Damaged);
    EXPECT_TRUE(store->load(id_at(2)));
    EXPECT_TRUE(store->held(MessageId(), 10)->empty());
    const auto page = store->query({}, MessageId());
    ASSERT_TRUE(page);
    EXPECT_EQ(page->damaged, (std::vector<MessageId>{id_at(1), id_at(3)}));
    EXPECT_EQ(page->messages.size(), 2U);
    // Claimed it would come back for ever: it is put aside.
    EXPECT_EQ(store->totals()->held, 1U);
    const auto claimed = store->claim_due(at(100), 10);
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->size(), 2U);
    EXPECT_FALSE(*store->next_due());
    EXPECT_EQ(store->totals()->held, 2U);
    EXPECT_EQ(store->totals()->waiting, 0U);
    // An operator can delete it, and a new signature does no harm.
    ASSERT_TRUE(store->commit(changes(Resign{id_at(3), "s", "b"}, Remove{id_at(1)})));
    EXPECT_EQ(store->load(id_at(1)).error().code, errc::NotFound);
    EXPECT_EQ(store->load(id_at(3)).error().code, errc::Damaged);
    EXPECT_EQ(store->latched(), "");
}

TEST_F(SqliteStoreTest, RefusesADatabaseWithBrokenPagesAfterAnUncleanStop) {
    {
        const auto store = open();
        insert_many(*store, 1, 200, 1000);
    }
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(sqlite3_open((dir + "/queue.db").c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_prepare_v2(database,
                                 "SELECT rootpage FROM sqlite_schema WHERE name = 'envelope'",
                                 -1,
                                 &statement,
                                 nullptr),
              SQLITE_OK);
    ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const int root = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);

    std::string image;
    {
        const auto store = open();
        insert(*store, {.ms = 300});
        image = crash_image("image");
    }
    // The first cell pointers of the table's root page.
    std::fstream file(image + "/queue.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp((root - 1) * 8192L + 12);
    file << std::string(8, '\xff');
    file.close();
    std::filesystem::resize_file(image + "/queue.db-wal", 0);
    std::ofstream(image + "/queue.db-wal", std::ios::app)
        << std::string(100, 'j');  // unclean, though nothing is in it
    const conf::Error error = refusal(image);
    EXPECT_EQ(error.code, errc::StoreDamaged) << error.message();
    EXPECT_NE(error.detail.find(image + "/queue.db"), std::string::npos) << error.message();
}

TEST_F(SqliteStoreTest, OpensAgainAfterALargeUncleanStop) {
    const auto store = open();
    insert_many(*store, 1, 300, 20000);
    const auto revived = open_at(crash_image("image"), 0);
    ASSERT_NE(revived, nullptr);
    EXPECT_EQ(revived->totals()->waiting, 300U);
    EXPECT_EQ(revived->journal_octets(), 0U);
    EXPECT_EQ(revived->latched(), "");
}

TEST_F(SqliteStoreTest, KeepsItsJournalShort) {
    const auto store = open();
    EXPECT_EQ(store->journal_octets(), 0U);
    insert(*store, {.ms = 1});
    EXPECT_GT(store->journal_octets(), 8192U);
    EXPECT_LT(store->journal_octets(), 200000U);
    std::uint64_t longest = 0;
    for (int ms = 2; ms <= 160; ++ms) {
        insert(*store, {.ms = ms, .body = 200000});
        longest = std::max(longest, store->journal_octets());
    }
    EXPECT_LT(longest, 1100U * 8216);
    EXPECT_GT(longest, 900U * 8216);
}

TEST_F(SqliteStoreTest, CountsItsOwnFreePagesAsRoomAndGivesManyBack) {
    const auto store = open();
    std::vector<Change> removals;
    for (int ms = 1; ms <= 300; ++ms) {
        removals.emplace_back(std::in_place_type<Remove>, Remove{id_at(ms)});
    }
    insert_many(*store, 1, 300, 100000);
    ASSERT_TRUE(store->commit(removals));
    const std::uint64_t disk = std::filesystem::space(dir).available;
    EXPECT_GT(*store->free_octets() + 20'000'000, disk);  // others write there too
    for (int i = 0; i < 60; ++i) {
        ASSERT_TRUE(store->tidy(at(i)));
    }
    // The file itself shrinks with the next checkpoint.
    insert_many(*store, 1001, 1400, 20000);
    std::uint64_t octets = std::filesystem::file_size(dir + "/queue.db");
    EXPECT_LT(octets, 25'000'000U);
    EXPECT_GT(octets, 8'000'000U);  // some are kept for the next mail
}

}  // namespace
}  // namespace queue
