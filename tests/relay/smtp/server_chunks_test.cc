#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relay/smtp/server_dialog.h"
#include "tests/relay/smtp/server_transcript.h"

namespace relay::smtp {
namespace {

using tests::open_rules;
using tests::play;
using tests::Taken;
using Next = ServerDialog::Next;

constexpr const char* kOpen = R"(
    S: 220 mail.example.com ESMTP Signet
    C: HELO client.example
    S: 250 mail.example.com
    C: MAIL FROM:<a@example.com>
    S: 250 2.1.0 sender OK
    C: RCPT TO:<b@example.net>
    S: 250 2.1.5 recipient OK
)";

TEST(ServerChunks, TakesAMessageInChunks) {
    const std::vector<Taken> taken = play(open_rules(), kOpen + std::string(R"(
        C: BDAT 10
        C: Subject: x
        S: 250 2.0.0 10 octets received
        C: BDAT 4 LAST
        C: more
        S: 250 2.0.0 queued
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK)"));
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].text, "Subject: xmore");
    ASSERT_EQ(taken[0].transaction.recipients.size(), 1U);
}

TEST(ServerChunks, ThrowsAwayTheOctetsOfARefusedChunk) {
    const std::vector<Taken> taken = play(open_rules(), R"(
        S: 220 mail.example.com ESMTP Signet
        C: HELO client.example
        S: 250 mail.example.com
        C: BDAT 27
        C: MAIL FROM:<a@example.com>
        S: 503 5.5.1 MAIL and RCPT come before BDAT
        C: MAIL FROM:<a@example.com>
        S: 250 2.1.0 sender OK
        C: BDAT 4 LAST
        C: QUIT
        S: 554 5.5.1 no valid recipients)");
    EXPECT_TRUE(taken.empty());
}

TEST(ServerChunks, MixesNeitherWithDataNorWithMoreRecipients) {
    play(open_rules(), kOpen + std::string(R"(
        C: BDAT 1
        C: x
        S: 250 2.0.0 1 octets received
        C: DATA
        S: 503 5.5.1 the message came in chunks: BDAT goes on with it
        C: RCPT TO:<c@example.net>
        S: 503 5.5.1 the message has begun: RCPT comes before BDAT
        C: MAIL FROM:<a@example.com>
        S: 503 5.5.1 a transaction is open already
        C: RSET
        S: 250 2.0.0 OK
        C: BDAT 1 LAST
        C: x
        S: 503 5.5.1 MAIL and RCPT come before BDAT)"));
}

TEST(ServerChunks, RefusesTheRestOfAMessageWithAFault) {
    ServerDialog dialog(open_rules());
    dialog.command("HELO client.example");
    dialog.command("MAIL FROM:<a@example.com>");
    dialog.command("RCPT TO:<b@example.net>");
    EXPECT_FALSE(dialog.command("BDAT 5").refused);
    EXPECT_EQ(dialog.chunk_done(Reply{552, "5.3.4", "too large"}).reply, "552 5.3.4 too large\r\n");
    EXPECT_FALSE(dialog.in_chunks());
    const auto last = dialog.command("BDAT 5 LAST");
    EXPECT_EQ(last.next, Next::Chunk);
    EXPECT_TRUE(last.refused);
    EXPECT_TRUE(dialog.chunk_done(std::nullopt).reply.starts_with("503 5.5.1 "));
    EXPECT_TRUE(dialog.transaction().recipients.empty());
}

TEST(ServerChunks, ClosesWhereTheLengthOfAChunkIsNotKnown) {
    for (const auto* line :
         {"BDAT", "BDAT x", "bdat 18446744073709551616", "BDAT 5 LATS", "BDAT -1"}) {
        ServerDialog dialog(open_rules());
        dialog.command("HELO client.example");
        const auto step = dialog.command(line);
        EXPECT_EQ(step.next, Next::Close) << line;
        EXPECT_TRUE(step.reply.starts_with("501 5.5.4 ")) << step.reply;
    }
}

}  // namespace
}  // namespace relay::smtp
