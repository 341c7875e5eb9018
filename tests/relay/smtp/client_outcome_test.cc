#include "relay/smtp/client_outcome.h"

#include <string>

#include <gtest/gtest.h>

namespace relay::smtp {
namespace {

using Kind = queue::Outcome::Kind;
using queue::EnhancedStatus;

ServerReply reply(std::string octets) {
    ReplyParser parser;
    octets += "\r\n";
    EXPECT_EQ(parser.consume(octets), ReplyParser::State::Complete) << octets;
    return parser.take();
}

TEST(ClientOutcome, FollowsTheFirstDigit) {
    EXPECT_EQ(outcome_of(reply("250 2.1.5 ok")).kind, Kind::Delivered);
    EXPECT_EQ(outcome_of(reply("299 ok")).kind, Kind::Delivered);
    EXPECT_EQ(outcome_of(reply("451 later")).kind, Kind::Deferred);
    EXPECT_EQ(outcome_of(reply("571 never")).kind, Kind::Failed);
}

TEST(ClientOutcome, KeepsWhatTheServerSaid) {
    const queue::Outcome outcome = outcome_of(reply("550 5.1.1 no such user"));
    EXPECT_EQ(outcome.text, "550 5.1.1 no such user");
    EXPECT_EQ(outcome.status, (EnhancedStatus{5, 1, 1}));
    EXPECT_TRUE(outcome.remote);
    EXPECT_EQ(outcome.host, "");
}

TEST(ClientOutcome, DerivesAMissingEnhancedCode) {
    EXPECT_EQ(outcome_of(reply("450 later")).status, (EnhancedStatus{4, 0, 0}));
    EXPECT_EQ(outcome_of(reply("550 4.2.2 contradicting")).status, (EnhancedStatus{5, 0, 0}));
    EXPECT_EQ(outcome_of(reply("250")).status, (EnhancedStatus{2, 0, 0}));
}

TEST(ClientOutcome, TakesTooManyRecipientsAsTemporary) {
    EXPECT_EQ(rcpt_outcome_of(reply("552 too many")).kind, Kind::Deferred);
    EXPECT_EQ(rcpt_outcome_of(reply("552 too many")).status, (EnhancedStatus{4, 5, 3}));
    EXPECT_EQ(rcpt_outcome_of(reply("552 5.5.3 too many")).status, (EnhancedStatus{4, 5, 3}));
    EXPECT_EQ(rcpt_outcome_of(reply("552 5.2.2 full")).kind, Kind::Failed);
    EXPECT_EQ(rcpt_outcome_of(reply("550 5.1.1 no")).kind, Kind::Failed);
    EXPECT_EQ(outcome_of(reply("552 5.3.4 too big")).kind, Kind::Failed);
}

TEST(ClientOutcome, DefersForAHostThatRefusesUs) {
    EXPECT_EQ(refused_host(reply("554 go away")).kind, Kind::Deferred);
    EXPECT_EQ(refused_host(reply("554 go away")).status, (EnhancedStatus{4, 7, 1}));
    EXPECT_EQ(refused_host(reply("554 5.3.2 go away")).status, (EnhancedStatus{4, 3, 2}));
    EXPECT_EQ(refused_host(reply("421 busy")).status, (EnhancedStatus{4, 0, 0}));
}

TEST(ClientOutcome, SaysWhatWasAwaited) {
    const queue::Outcome lost = lost_outcome(Loss::Closed, awaited_reply(Wait::Dot));
    EXPECT_EQ(lost.text, "connection lost while waiting for the reply to the final dot");
    EXPECT_EQ(lost.kind, Kind::Deferred);
    EXPECT_FALSE(lost.remote);
    for (const Loss loss : {Loss::Closed, Loss::TimedOut, Loss::TooLong}) {
        EXPECT_EQ(lost_outcome(loss, "x").status, (EnhancedStatus{4, 4, 2}));
    }
    EXPECT_EQ(lost_outcome(Loss::Garbage, "x").status, (EnhancedStatus{4, 5, 0}));
}

}  // namespace
}  // namespace relay::smtp
