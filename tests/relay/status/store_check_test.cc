#include "relay/status/store_check.h"

#include <sqlite3.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "queue/sqlite_store.h"
#include "tests/relay/status/made_up.h"
#include "tests/support/temporary_folder.h"

namespace relay::status {
namespace {

dkim::Digest hash_of(const std::string& octets) {
    dkim::BodyHash hash(conf::Canonicalization::Relaxed);
    hash.update(octets);
    return hash.finish();
}

class StoreCheckTest : public testing::Test {
protected:
    void SetUp() override { open(); }

    void open() {
        store_.reset();
        auto opened = queue::SqliteStore::open(folder_.path(), kNoon);
        ASSERT_TRUE(opened) << opened.error().message();
        store_ = std::move(*opened);
    }

    /// A message whose body is `parts`, in rows where there are several.
    queue::MessageId put(const std::vector<std::string>& parts) {
        auto message = std::make_shared<queue::Message>();
        message->envelope = some_envelope();
        message->envelope.id = ids_.next(kNoon);
        auto content = std::make_shared<queue::Content>();
        content->signatures = "DKIM-Signature: v=1\r\n";
        content->header = "From: <app@example.com>\r\n";
        std::vector<queue::Change> changes;
        std::string whole;
        for (const std::string& part : parts) {
            whole += part;
            if (parts.size() > 1) {
                changes.emplace_back(
                    queue::AddChunk{message->envelope.id, content->chunks++, part});
            }
        }
        if (parts.size() == 1) {
            content->body = parts.front();
        }
        content->body_size = whole.size();
        content->body_hash = packed(hash_of(whole));
        message->envelope.size =
            content->signatures.size() + content->header.size() + 2 + content->body_size;
        const auto id = message->envelope.id;
        message->content = std::move(content);
        changes.emplace_back(queue::Insert{std::move(message), kNoon});
        EXPECT_TRUE(store_->commit(changes));
        return id;
    }

    /// What a disk might do, while nobody looks.
    void damage(const std::string& sql) {
        store_.reset();
        sqlite3* database = nullptr;
        ASSERT_EQ(sqlite3_open(folder_.file("queue.db").c_str(), &database), SQLITE_OK);
        char* why = nullptr;
        EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &why), SQLITE_OK) << why;
        sqlite3_free(why);
        sqlite3_close(database);
        open();
    }

    StoreCheck checked() {
        StoreCheck check(*store_);
        for (;;) {
            const auto more = check.step();
            EXPECT_TRUE(more) << more.error().message();
            if (!more || !*more) {
                return check;
            }
        }
    }

    support::TemporaryFolder folder_;
    std::unique_ptr<queue::Store> store_;
    queue::IdSource ids_{1, {}};
};

std::string where(queue::MessageId id) {
    return std::to_string(id.number());
}

TEST_F(StoreCheckTest, OfAnEmptyStoreFindsNothing) {
    const auto check = checked();
    EXPECT_EQ(check.checked(), 0U);
    EXPECT_EQ(check.damaged(), 0U);
    EXPECT_EQ(check_page(check), "{\"checked\":0,\"damaged\":[],\"damaged_in_all\":0}\n");
}

TEST_F(StoreCheckTest, PassesWhatIsWhole) {
    put({"text\r\n"});
    put({""});
    put({std::string(200000, 'a') + "\r\n", "  b  \r\n", "\r\n\r\n"});
    const auto check = checked();
    EXPECT_EQ(check.checked(), 3U);
    EXPECT_TRUE(check.list().empty()) << check.list().front().what;
}

TEST_F(StoreCheckTest, NamesABodyThatChanged) {
    put({"text\r\n"});
    const auto inside = put({"some text\r\n"});
    const auto rows = put({"one\r\n", "two\r\n"});
    damage("UPDATE content SET body = CAST('sume text' || x'0d0a' AS BLOB) WHERE id = " +
           where(inside));
    damage("UPDATE chunk SET octets = CAST('twO' || x'0d0a' AS BLOB) WHERE number = 1");
    const auto check = checked();
    EXPECT_EQ(check.checked(), 3U);
    EXPECT_EQ(check.damaged(), 2U);
    EXPECT_EQ(check.list(),
              (std::vector<StoreCheck::Damage>{{inside, "its body is not the one that was stored"},
                                               {rows, "its body is not the one that was stored"}}));
}

TEST_F(StoreCheckTest, NamesWhatIsMissing) {
    const auto shorter = put({"some text\r\n"});
    const auto content = put({"text\r\n"});
    const auto row = put({"one\r\n", "two\r\n"});
    damage("UPDATE content SET body = CAST('some' AS BLOB) WHERE id = " + where(shorter));
    damage("DELETE FROM content WHERE id = " + where(content));
    damage("DELETE FROM chunk WHERE number = 1");
    const auto check = checked();
    ASSERT_EQ(check.list().size(), 3U);
    EXPECT_EQ(check.list()[0].id, shorter);
    EXPECT_EQ(check.list()[0].what, "its body has 4 octets, not 11");
    EXPECT_EQ(check.list()[1].id, content);
    EXPECT_NE(check.list()[1].what.find("no content"), std::string::npos) << check.list()[1].what;
    EXPECT_EQ(check.list()[2].id, row);
}

TEST_F(StoreCheckTest, NamesAnEnvelopeThatCannotBeReadOrDoesNotFit) {
    const auto unreadable = put({"text\r\n"});
    const auto header = put({"text\r\n"});
    damage("UPDATE envelope SET envelope = x'00' WHERE id = " + where(unreadable));
    damage("UPDATE content SET header = CAST('X: y' || x'0d0a' AS BLOB) WHERE id = " +
           where(header));
    const auto check = checked();
    ASSERT_EQ(check.list().size(), 2U);
    EXPECT_EQ(check.checked(), 2U);
    EXPECT_EQ(check.list()[0].id, unreadable);
    EXPECT_EQ(check.list()[1].id, header);
    EXPECT_TRUE(check.list()[1].what.starts_with("its envelope says "));
}

TEST_F(StoreCheckTest, PassesOverWhatGoesMeanwhile) {
    // In single steps: the page, the first message, its body; then one is gone, whichever it is at.
    for (int steps = 1; steps < 6; ++steps) {
        const auto rows = put({"one\r\n", "two\r\n"});
        const auto inside = put({"text\r\n"});
        StoreCheck check(*store_, std::chrono::milliseconds(0));
        for (int i = 0; i < steps; ++i) {
            ASSERT_TRUE(check.step().value());
        }
        const std::vector<queue::Change> gone{queue::Remove{inside}, queue::Remove{rows}};
        ASSERT_TRUE(store_->commit(gone));
        for (auto more = check.step(); more.value(); more = check.step()) {
        }
        EXPECT_EQ(check.damaged(), 0U) << steps;
    }
}

TEST_F(StoreCheckTest, ListsABoundedNumber) {
    for (std::size_t i = 0; i < StoreCheck::kMaxListed + 5; ++i) {
        put({"text\r\n"});
    }
    damage("UPDATE content SET body_size = body_size + 1");
    const auto check = checked();
    EXPECT_EQ(check.damaged(), StoreCheck::kMaxListed + 5);
    const auto page = nlohmann::json::parse(check_page(check));
    EXPECT_EQ(page["damaged"].size(), StoreCheck::kMaxListed);
    EXPECT_EQ(page["damaged_in_all"], StoreCheck::kMaxListed + 5);
}

}  // namespace
}  // namespace relay::status
