#include "relay/history/history.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "queue/sqlite_store.h"
#include "tests/relay/history/events.h"
#include "tests/support/temporary_folder.h"

namespace relay::history {
namespace {

const queue::MessageId kId = id_at(kNoon);

class HistoryTest : public testing::Test {
protected:
    HistoryTest() {
        auto opened = queue::SqliteStore::open(folder.file("queue"), kNoon);
        EXPECT_TRUE(opened) << opened.error().message();
        queue = std::move(*opened);
    }
    void start() { history.emplace(folder.path(), *queue, settings); }

    support::TemporaryFolder folder;
    std::unique_ptr<::queue::Store> queue;
    conf::Queue settings;
    std::optional<History> history;
};

TEST_F(HistoryTest, TellsWhatIsNotWrittenYet) {
    start();
    history->note(event(kId, Kind::Accepted));
    history->note(kId, Kind::Held, {{Field::Reason, "why"}});
    history->note(event(queue::MessageId(1), Kind::Accepted));
    const Story story = history->read(kId);
    ASSERT_EQ(story.events.size(), 2U);
    EXPECT_EQ(story.events[1].value(Field::Reason), "why");
}

TEST_F(HistoryTest, TellsEachEventOnceWhereverItIs) {
    start();
    history->note(event(kId, Kind::Accepted));
    history->write_now();
    history->note(kId, Kind::Held);
    EXPECT_EQ(history->read(kId).events.size(), 2U);
    history->write_now();
    EXPECT_EQ(history->read(kId).events.size(), 2U);
}

TEST_F(HistoryTest, BeginsWithTheAcceptanceAlthoughItIsToldLate) {
    start();
    history->note(event(kId, Kind::Delivered));
    history->write_now();
    history->note(event(kId, Kind::Accepted));
    const Story story = history->read(kId);
    EXPECT_EQ(story.events[0].kind, Kind::Accepted);
    EXPECT_EQ(story.events[1].kind, Kind::Delivered);
}

TEST_F(HistoryTest, OutlivesARestart) {
    start();
    const Event end = finished(kId, kNoon);
    history->note(event(kId, Kind::Accepted));
    history->finish(end.envelope);
    history->stop();
    history->note(kId, Kind::Held);  // too late, and harmless
    history.reset();
    start();
    const Story story = history->read(kId);
    EXPECT_EQ(story.events.size(), 1U);
    ASSERT_NE(story.finished, nullptr);
    EXPECT_EQ(*story.finished, *end.envelope);
}

TEST_F(HistoryTest, ForgetsAtOnceWhatIsDoneWhenNothingIsKept) {
    settings.history = conf::Duration::zero();
    start();
    history->finish(finished(kId, kNoon).envelope);
    history->write_now();
    EXPECT_EQ(history->read(kId).finished, nullptr);
}

TEST_F(HistoryTest, TakesNewLimits) {
    start();
    history->finish(finished(kId, kNoon).envelope);
    history->write_now();
    EXPECT_NE(history->read(kId).finished, nullptr);
    settings.history = conf::Duration::zero();
    history->reconfigure(settings);
    history->write_now();
    EXPECT_EQ(history->read(kId).finished, nullptr);
}

TEST_F(HistoryTest, GoesOnInMemoryWithoutADatabase) {
    std::filesystem::create_directory(folder.file("history.db"));
    start();
    history->note(event(kId, Kind::Accepted));
    history->finish(finished(kId, kNoon).envelope);
    history->write_now();
    EXPECT_EQ(history->read(kId).events.size(), 1U);
    EXPECT_NE(history->read(kId).finished, nullptr);
    EXPECT_EQ(history->dropped().events, 0U);
}

TEST_F(HistoryTest, SetsADamagedDatabaseAsideAtTheStart) {
    std::ofstream(folder.file("history.db")) << std::string(20000, 'x');
    start();
    history->note(event(kId, Kind::Accepted));
    history->write_now();
    history.reset();
    EXPECT_TRUE(std::filesystem::exists(folder.file("history.db.damaged")));
    start();
    EXPECT_EQ(history->read(kId).events.size(), 1U);
}

TEST_F(HistoryTest, SetsADatabaseAsideThatIsDamagedLater) {
    start();
    for (int i = 0; i < 200; ++i) {
        history->note(attempt(queue::MessageId(kId.number() + i), 10000));
    }
    history->stop();
    history.reset();
    {
        std::fstream file(folder.file("history.db"), std::ios::in | std::ios::out);
        file.seekp(2 * 8192);  // behind the schema
        const std::string garbage(std::size_t{20} * 8192, 'x');
        file.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
    }
    start();
    for (int i = 0; i < 200; ++i) {
        history->note(event(queue::MessageId(kId.number() + i), Kind::Held));
    }
    history->write_now();
    EXPECT_TRUE(std::filesystem::exists(folder.file("history.db.damaged")));
    const queue::MessageId last(kId.number() + 199);
    EXPECT_EQ(history->read(last).events.size(), 1U);
}

TEST_F(HistoryTest, DropsTheOldestConversationsWhenMemoryIsFull) {
    std::filesystem::create_directory(folder.file("history.db"));
    start();
    constexpr std::size_t kOne = std::size_t{1024} * 1024;
    for (int i = 0; i < 70; ++i) {
        history->note(attempt(queue::MessageId(kId.number() + i), kOne));
    }
    EXPECT_EQ(history->dropped().events, 0U);
    EXPECT_GE(history->dropped().transcripts, 6U);
    EXPECT_TRUE(history->read(kId).events.at(0).transcript.empty());
    const queue::MessageId last(kId.number() + 69);
    EXPECT_EQ(history->read(last).events.at(0).transcript.size(), kOne);
    history->write_now();  // fails, and puts everything back
    EXPECT_EQ(history->read(last).events.at(0).transcript.size(), kOne);
}

TEST_F(HistoryTest, DropsTheOldestEventsWhenThereAreTooMany) {
    std::filesystem::create_directory(folder.file("history.db"));
    start();
    for (std::size_t i = 0; i < History::kMaxEvents + 10; ++i) {
        history->note(event(queue::MessageId(kId.number() + static_cast<int>(i)), Kind::Accepted));
    }
    EXPECT_EQ(history->dropped().events, 10U);
    EXPECT_TRUE(history->read(kId).events.empty());
    EXPECT_EQ(history->read(queue::MessageId(kId.number() + 10)).events.size(), 1U);
}

TEST_F(HistoryTest, IsNotedFromManyThreads) {
    start();
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number) {
        threads.emplace_back([this] {
            for (int i = 0; i < 500; ++i) {
                history->note(event(kId, Kind::Deferred, "why"));
                if (i % 100 == 0) {
                    history->write_now();
                }
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    history->write_now();
    const Story story = history->read(kId);
    EXPECT_EQ(story.events.size(), 2000U);
}

}  // namespace
}  // namespace relay::history
