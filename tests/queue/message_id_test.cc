#include "queue/message_id.h"

#include <limits>
#include <set>

#include <gtest/gtest.h>

namespace queue {
namespace {

using std::chrono::milliseconds;

const Instant kEpoch =
    Instant(std::chrono::sys_days(std::chrono::year{2024} / std::chrono::January / 1));

TEST(MessageId, WritesThirteenCharacters) {
    EXPECT_EQ(MessageId(0).text(), "0000000000000");
    EXPECT_EQ(MessageId(31).text(), "000000000000z");
    EXPECT_EQ(MessageId(32).text(), "0000000000010");
    EXPECT_EQ(MessageId(std::numeric_limits<std::int64_t>::max()).text(), "7zzzzzzzzzzzz");
}

TEST(MessageId, ReadsWhatItWrites) {
    for (const std::int64_t number : {std::int64_t{0},
                                      std::int64_t{1},
                                      std::int64_t{0x123456789abcdef},
                                      std::numeric_limits<std::int64_t>::max()}) {
        EXPECT_EQ(MessageId::parse(MessageId(number).text()), MessageId(number));
    }
}

TEST(MessageId, IgnoresCase) {
    EXPECT_EQ(MessageId::parse("0ABCDEFGHJKMN"), MessageId::parse("0abcdefghjkmn"));
    EXPECT_TRUE(MessageId::parse("0ABCDEFGHJKMN"));
}

TEST(MessageId, RefusesOtherTexts) {
    for (const char* text : {"",
                             "000000000000",
                             "00000000000000",
                             "000000000000i",
                             "000000000000l",
                             "000000000000o",
                             "000000000000u",
                             "00000000000 0",
                             "-000000000001",
                             "8000000000000",
                             "zzzzzzzzzzzzz",
                             "000000000000\xff"}) {
        EXPECT_FALSE(MessageId::parse(text)) << text;
    }
}

TEST(MessageId, SortsAsItsText) {
    const MessageId small(0x0fffffffffffffff);
    const MessageId large(0x1000000000000000);
    EXPECT_LT(small, large);
    EXPECT_LT(small.text(), large.text());
}

TEST(IdSource, PutsTheTimeIntoTheId) {
    IdSource ids(5, MessageId());
    const Instant now = kEpoch + milliseconds(123456789012);
    const MessageId id = ids.next(now);
    EXPECT_EQ(id.time(), now);
    EXPECT_EQ(id.number() >> 11 & 1023, 5);
    EXPECT_EQ(id.number() & 2047, 0);
}

TEST(IdSource, CountsWithinAMillisecondAndThenBorrowsTheNext) {
    IdSource ids(1023, MessageId());
    const Instant now = kEpoch + milliseconds(1000);
    MessageId last = ids.next(now);
    for (int i = 1; i < 5000; ++i) {
        const MessageId id = ids.next(now);
        ASSERT_GT(id, last);
        ASSERT_EQ(id.time(), now + milliseconds(i / 2048));
        ASSERT_EQ(id.number() >> 11 & 1023, 1023);
        last = id;
    }
}

TEST(IdSource, NeverGoesBackWithTheClock) {
    IdSource ids(0, MessageId());
    const MessageId before = ids.next(kEpoch + milliseconds(5000));
    const MessageId after = ids.next(kEpoch + milliseconds(10));
    EXPECT_GT(after, before);
    EXPECT_EQ(after.time(), before.time());
    EXPECT_GT(ids.next(kEpoch - milliseconds(10)), after);
}

TEST(IdSource, StaysAboveTheLastIdStored) {
    for (const NodeId last_node : {NodeId{0}, NodeId{500}, NodeId{1023}}) {
        const MessageId last((std::int64_t{9000} << 21) + (std::int64_t{last_node} << 11) + 2047);
        for (const NodeId node : {NodeId{0}, NodeId{500}, NodeId{1023}}) {
            IdSource ids(node, last);
            const MessageId id = ids.next(kEpoch);
            EXPECT_GT(id, last);
            EXPECT_EQ(id.number() >> 11 & 1023, node);
        }
    }
}

TEST(IdSource, TwoNodesNeverMeet) {
    IdSource one(1, MessageId());
    IdSource two(2, MessageId());
    std::set<MessageId> seen;
    for (int i = 0; i < 3000; ++i) {
        const Instant now = kEpoch + milliseconds(i / 1000);
        EXPECT_TRUE(seen.insert(one.next(now)).second);
        EXPECT_TRUE(seen.insert(two.next(now)).second);
    }
}

}  // namespace
}  // namespace queue
