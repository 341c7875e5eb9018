#include "relay/history/history_store.h"

#include <fstream>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "queue/errors.h"
#include "tests/relay/history/events.h"
#include "tests/support/temporary_folder.h"

namespace relay::history {
namespace {

using std::chrono::hours;

const queue::MessageId kId = id_at(kNoon);

class HistoryStoreTest : public testing::Test {
protected:
    HistoryStoreTest() { open(); }

    void open() {
        store.reset();
        auto opened = HistoryStore::open(folder.path(), limits);
        ASSERT_TRUE(opened) << opened.error().message();
        store = std::move(*opened);
    }
    void write(const std::vector<Event>& events) {
        const auto written = store->write(events);
        ASSERT_TRUE(written) << written.error().message();
    }
    Story read(queue::MessageId id) {
        auto story = store->read(id);
        EXPECT_TRUE(story) << story.error().message();
        return story ? std::move(*story) : Story{};
    }
    void tidy(conf::Instant now) {
        for (;;) {
            const auto more = store->tidy(now);
            ASSERT_TRUE(more) << more.error().message();
            if (!*more) {
                return;
            }
        }
    }

    support::TemporaryFolder folder;
    HistoryStore::Limits limits{hours(72), std::uint64_t{1024} * 1024 * 1024};
    std::unique_ptr<HistoryStore> store;
};

TEST_F(HistoryStoreTest, KeepsEventsInOrderOverARestart) {
    const queue::MessageId other(kId.number() + 1);
    write(
        {event(kId, Kind::Accepted), event(other, Kind::Accepted), event(kId, Kind::Held, "why")});
    write({event(kId, Kind::Released)});
    open();
    const Story story = read(kId);
    ASSERT_EQ(story.events.size(), 3U);
    EXPECT_EQ(story.events[0], event(kId, Kind::Accepted));
    EXPECT_EQ(story.events[1], event(kId, Kind::Held, "why"));
    EXPECT_EQ(story.events[2].kind, Kind::Released);
    EXPECT_EQ(story.finished, nullptr);
    EXPECT_EQ(story.left_out, 0U);
    EXPECT_EQ(read(other).events.size(), 1U);
    EXPECT_TRUE(read(queue::MessageId(1)).events.empty());
}

TEST_F(HistoryStoreTest, KeepsTheEnvelopeOfAFinishedMessage) {
    write({event(kId, Kind::Accepted), finished(kId, kNoon), event(kId, Kind::Delivered)});
    const Story story = read(kId);
    EXPECT_EQ(story.events.size(), 2U);
    ASSERT_NE(story.finished, nullptr);
    EXPECT_EQ(*story.finished, *finished(kId, kNoon).envelope);
}

TEST_F(HistoryStoreTest, IsForItsOwnerAlone) {
    struct stat state {};
    ASSERT_EQ(::stat(folder.file("history.db").c_str(), &state), 0);
    EXPECT_EQ(state.st_mode & 0777U, 0600U);
}

TEST_F(HistoryStoreTest, ForgetsAMessageSoLongAfterItsEnd) {
    const queue::MessageId young(kId.number() + 1);
    const queue::MessageId waiting(kId.number() + 2);
    write({event(kId, Kind::Accepted), finished(kId, kNoon)});
    write({event(young, Kind::Accepted), finished(young, kNoon + hours(1))});
    write({event(waiting, Kind::Accepted)});
    write({event(kId, Kind::Notice)});  // told after the end
    tidy(kNoon + hours(72));
    EXPECT_TRUE(read(kId).events.empty());
    EXPECT_EQ(read(kId).finished, nullptr);
    EXPECT_EQ(read(young).events.size(), 1U);
    tidy(kNoon + hours(1000));
    EXPECT_TRUE(read(young).events.empty());
    EXPECT_EQ(read(waiting).events.size(), 1U);
}

TEST_F(HistoryStoreTest, BoundsTheTranscriptsOfAMessage) {
    constexpr std::size_t kOne = std::size_t{16} * 1024;
    for (int i = 0; i < 20; ++i) {
        write({attempt(kId, kOne, static_cast<char>('a' + i))});
    }
    const Story story = read(kId);
    ASSERT_EQ(story.events.size(), 20U);
    std::size_t octets = 0;
    for (const Event& one : story.events) {
        octets += one.transcript.size();
    }
    EXPECT_EQ(octets, HistoryStore::kTranscripts / kOne * kOne);
    EXPECT_EQ(story.events.back().transcript, std::string(kOne, 't'));
    EXPECT_TRUE(story.events.front().transcript.empty());
}

TEST_F(HistoryStoreTest, BoundsTheTranscriptsOfOneWrite) {
    write(std::vector<Event>(20, attempt(kId, std::size_t{16} * 1024)));
    std::size_t octets = 0;
    for (const Event& one : read(kId).events) {
        octets += one.transcript.size();
    }
    EXPECT_LE(octets, HistoryStore::kTranscripts);
    EXPECT_EQ(read(kId).events.size(), 20U);
}

TEST_F(HistoryStoreTest, TellsTheEndsOfALongStory) {
    for (int i = 0; i < 300; ++i) {
        write({event(kId, Kind::Deferred, std::to_string(i))});
    }
    const Story story = read(kId);
    EXPECT_EQ(story.events.size(), 250U);
    EXPECT_EQ(story.left_out, 50U);
    EXPECT_EQ(story.events[49].value(Field::Reason), "49");
    EXPECT_EQ(story.events[50].value(Field::Reason), "100");
    EXPECT_EQ(story.events.back().value(Field::Reason), "299");
}

TEST_F(HistoryStoreTest, DropsTheOldestEndsFirstWhenItGrowsTooLarge) {
    limits.octets = std::uint64_t{1024} * 1024;
    open();
    std::vector<queue::MessageId> ids;
    for (int i = 0; i < 250; ++i) {
        const queue::MessageId id(kId.number() + i);
        ids.push_back(id);
        write({attempt(id, 10000), finished(id, kNoon + std::chrono::seconds(i))});
        tidy(kNoon);
        const auto octets = store->octets();
        ASSERT_TRUE(octets);
        ASSERT_LE(*octets, limits.octets);
    }
    EXPECT_TRUE(read(ids.front()).events.empty());
    EXPECT_EQ(read(ids.back()).events.size(), 1U);
    struct stat state {};
    ASSERT_EQ(::stat(folder.file("history.db").c_str(), &state), 0);
    EXPECT_LE(static_cast<std::uint64_t>(state.st_size), limits.octets * 5 / 4);
}

TEST_F(HistoryStoreTest, DropsTheOldestMessagesWhenNothingHasEnded) {
    limits.octets = std::uint64_t{1024} * 1024;
    open();
    for (int i = 0; i < 200; ++i) {
        write({attempt(queue::MessageId(kId.number() + i), 10000)});
    }
    tidy(kNoon);
    ASSERT_LE(*store->octets(), limits.octets);
    EXPECT_TRUE(read(kId).events.empty());
    EXPECT_EQ(read(queue::MessageId(kId.number() + 199)).events.size(), 1U);
}

TEST_F(HistoryStoreTest, GivesPagesBackWhenThereIsLessToKeep) {
    for (int i = 0; i < 1000; ++i) {
        const queue::MessageId id(kId.number() + i);
        write({attempt(id, 8000), finished(id, kNoon)});
    }
    const auto full = *store->octets();
    tidy(kNoon + hours(72));
    EXPECT_LT(*store->octets(), full / 2);
}

TEST_F(HistoryStoreTest, SweepsStoriesWhoseEndWasLost) {
    const queue::MessageId queued(kId.number() + 1);
    const auto late = kNoon + hours(100);
    const queue::MessageId young = id_at(late);
    const queue::MessageId done(kId.number() + 2);
    write({event(kId, Kind::Accepted),
           event(queued, Kind::Accepted),
           event(young, Kind::Accepted),
           event(done, Kind::Accepted),
           finished(done, late)});
    const auto swept = store->sweep(late, [queued](queue::MessageId id) { return id == queued; });
    ASSERT_TRUE(swept);
    EXPECT_FALSE(*swept);
    EXPECT_TRUE(read(kId).events.empty());
    EXPECT_EQ(read(queued).events.size(), 1U);
    EXPECT_EQ(read(young).events.size(), 1U);
    EXPECT_EQ(read(done).events.size(), 1U);
}

TEST_F(HistoryStoreTest, SweepsInSmallSteps) {
    std::vector<Event> many;
    for (int i = 0; i < 120; ++i) {
        many.push_back(event(queue::MessageId(kId.number() + i), Kind::Accepted));
    }
    write(many);
    int asked = 0;
    const auto sweep = [&] {
        return *store->sweep(kNoon + hours(100), [&asked](queue::MessageId) {
            ++asked;
            return true;
        });
    };
    EXPECT_TRUE(sweep());
    EXPECT_EQ(asked, 50);
    EXPECT_TRUE(sweep());
    EXPECT_FALSE(sweep());
    EXPECT_EQ(asked, 120);
    EXPECT_TRUE(sweep());  // from the beginning
}

TEST(HistoryStore, SaysThatGarbageIsDamaged) {
    const support::TemporaryFolder folder;
    std::ofstream(folder.file("history.db")) << std::string(20000, 'x');
    const auto opened = HistoryStore::open(folder.path(), {});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, queue::errc::StoreDamaged);
    std::ofstream(folder.file("history.db-wal")) << "left behind";
    ASSERT_TRUE(HistoryStore::set_aside(folder.path()));
    EXPECT_TRUE(std::filesystem::exists(folder.file("history.db.damaged")));
    EXPECT_FALSE(std::filesystem::exists(folder.file("history.db-wal")));
    EXPECT_TRUE(HistoryStore::open(folder.path(), {}));
}

TEST(HistoryStore, LeavesADatabaseOfALaterVersionAlone) {
    const support::TemporaryFolder folder;
    ASSERT_TRUE(HistoryStore::open(folder.path(), {}));
    {
        const auto database = queue::SqliteConnection::open(folder.file("history.db"),
                                                            queue::SqliteConnection::Access::Write);
        ASSERT_TRUE(database);
        ASSERT_EQ(database->execute("PRAGMA user_version = 2"), SQLITE_OK);
    }
    const auto opened = HistoryStore::open(folder.path(), {});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, queue::errc::StoreNewer);
}

TEST(HistoryStore, NeedsItsFolder) {
    const support::TemporaryFolder folder;
    EXPECT_FALSE(HistoryStore::open(folder.file("nowhere"), {}));
    std::filesystem::create_directory(folder.file("history.db"));
    EXPECT_FALSE(HistoryStore::open(folder.path(), {}));
}

}  // namespace
}  // namespace relay::history
