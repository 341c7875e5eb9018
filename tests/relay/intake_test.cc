#include "relay/intake.h"

#include <gtest/gtest.h>

#include "dkim/field.h"
#include "relay/body_digest.h"
#include "tests/support/relay_stage.h"

namespace {

using support::RelayStage;

class IntakeTest : public ::testing::Test {
protected:
    relay::smtp::Reply submit(const std::string& octets,
                              const std::string& sender = "app@example.com",
                              const std::vector<std::string>& recipients = {"a@one.test"}) {
        auto arrival = stage_.intake->begin();
        id_ = arrival->id();
        arrival->append(octets);
        relay::smtp::Transaction transaction;
        if (!sender.empty()) {
            transaction.sender = *queue::Address::parse(sender);
        }
        for (const auto& recipient : recipients) {
            transaction.recipients.push_back({*queue::Address::parse(recipient), {}});
        }
        return stage_.wait(stage_.intake->finish(std::move(arrival), transaction, origin_));
    }

    queue::Stored stored() {
        auto found = stage_.store->load(id_);
        EXPECT_TRUE(found);
        return found ? *found : queue::Stored();
    }

    RelayStage stage_;
    queue::MessageId id_;
    relay::Origin origin_{"192.0.2.7", "client.example", true, "", "", nullptr};
};

TEST_F(IntakeTest, AcceptsSignsStoresAndNamesTheQueueId) {
    const auto reply = submit("From: A <a@example.com>\r\nSubject: hello\r\n\r\nbody\r\n");
    EXPECT_EQ(reply.code, 250);
    EXPECT_EQ(reply.text, "queued as " + id_.text());
    const auto message = stored();
    EXPECT_NE(message.content.signatures.find("a=ed25519-sha256"), std::string::npos);
    EXPECT_EQ(message.envelope.signed_by, "example.com/k1");
    EXPECT_EQ(message.envelope.author_domain, "example.com");
    EXPECT_EQ(*stage_.store->read_body(id_, 0), "body\r\n");
    relay::BodyCheck check(message.content.body_hash);
    check.update("body\r\n");
    EXPECT_TRUE(check.matches());
}

TEST_F(IntakeTest, CountsTheOctetsThatGoOverTheWire) {
    submit("From: a@example.com\r\n\r\nbody\r\n");
    const auto message = stored();
    EXPECT_EQ(message.envelope.size,
              message.content.signatures.size() + message.content.header.size() + 2 + 6);
}

TEST_F(IntakeTest, RefusesAnUnknownAuthorDomain) {
    const auto reply = submit("From: a@elsewhere.test\r\n\r\nbody\r\n");
    EXPECT_EQ(reply.code, 550);
    EXPECT_EQ(reply.enhanced, "5.7.1");
    EXPECT_NE(reply.text.find("elsewhere.test"), std::string::npos);
    EXPECT_FALSE(stage_.store->load(id_));
}

TEST_F(IntakeTest, RefusesOneForeignAuthorAmongSeveral) {
    const auto reply =
        submit("From: a@example.com, b@elsewhere.test\r\nSender: a@example.com\r\n\r\nbody\r\n");
    EXPECT_EQ(reply.enhanced, "5.7.1");
}

TEST_F(IntakeTest, RefusesTwoFromFields) {
    const auto reply = submit("From: a@example.com\r\nFrom: b@example.com\r\n\r\nbody\r\n");
    EXPECT_EQ(reply.code, 550);
    EXPECT_EQ(reply.enhanced, "5.6.0");
}

TEST_F(IntakeTest, AddsAMissingFromFromTheEnvelope) {
    EXPECT_EQ(submit("Subject: x\r\n\r\nbody\r\n").code, 250);
    EXPECT_NE(stored().content.header.find("From: <app@example.com>\r\n"), std::string::npos);
}

TEST_F(IntakeTest, RefusesNoFromAtAll) {
    EXPECT_EQ(submit("Subject: x\r\n\r\nbody\r\n", "").enhanced, "5.6.0");
}

TEST_F(IntakeTest, RefusesALoop) {
    std::string header = "From: a@example.com\r\n";
    for (int i = 0; i < 101; ++i) {
        header += "Received: from a by b; Sun, 22 Nov 2026 00:00:00 +0000\r\n";
    }
    const auto reply = submit(header + "\r\nbody\r\n");
    EXPECT_EQ(reply.code, 554);
    EXPECT_EQ(reply.enhanced, "5.4.6");
}

TEST_F(IntakeTest, RefusesAHeaderThatNoVerifierCanRead) {
    EXPECT_EQ(submit("From: a@example.com\r\nno colon here\r\n\r\nbody\r\n").enhanced, "5.6.0");
}

TEST_F(IntakeTest, RefusesWhatIsTooLarge) {
    EXPECT_EQ(submit("From: a@example.com\r\n\r\n" + std::string(26 * 1024 * 1024, 'x')).enhanced,
              "5.3.4");
    EXPECT_EQ(
        submit("From: a@example.com\r\nX: " + std::string(300 * 1024, 'x') + "\r\n\r\n").enhanced,
        "5.3.4");
}

TEST_F(IntakeTest, FindsEightBitText) {
    submit("From: a@example.com\r\n\r\nplain\r\n");
    EXPECT_EQ(stored().envelope.body, queue::BodyKind::SevenBit);
    submit("From: a@example.com\r\n\r\ngr\xc3\xbc\xc3\x9f\x65\r\n");
    EXPECT_EQ(stored().envelope.body, queue::BodyKind::EightBitMime);
}

TEST_F(IntakeTest, AnswersTemporarilyWhenTheKeyIsGone) {
    const auto config = stage_.parsed(
        "[[domain]]\nname = \"broken.test\"\n[[domain.selector]]\nname = \"k\"\nkey = "
        "\"/nonexistent\"\n");
    stage_.current->set(config, dkim::KeyRing::load(*config));
    const auto reply = submit("From: a@broken.test\r\n\r\nbody\r\n");
    EXPECT_EQ(reply.code, 451);
    EXPECT_EQ(reply.enhanced, "4.7.0");
    EXPECT_EQ(submit("From: a@example.com\r\n\r\nbody\r\n").code, 250);
    EXPECT_TRUE(stage_.wait(stage_.intake->probe()).has_value());
}

TEST_F(IntakeTest, ProbeFindsAWorkingRelayReady) {
    EXPECT_EQ(stage_.wait(stage_.intake->probe()), std::nullopt);
}

TEST_F(IntakeTest, LongBodyArrivesInRowsAndIsWholeAgain) {
    std::string body;
    for (int i = 0; body.size() < 3 * 1024 * 1024; ++i) {
        body += "line " + std::to_string(i) + "\r\n";
    }
    auto arrival = stage_.intake->begin();
    id_ = arrival->id();
    arrival->append("From: a@example.com\r\n\r\n");
    for (std::size_t at = 0; at < body.size(); at += 50000) {
        arrival->append(std::string_view(body).substr(at, 50000));
        if (arrival->wants_spill()) {
            ASSERT_TRUE(stage_.wait(arrival->spill()));
        }
    }
    relay::smtp::Transaction transaction;
    transaction.sender = *queue::Address::parse("app@example.com");
    transaction.recipients.push_back({*queue::Address::parse("a@one.test"), {}});
    const auto reply = stage_.wait(stage_.intake->finish(std::move(arrival), transaction, origin_));
    EXPECT_EQ(reply.code, 250);
    const auto message = stored();
    EXPECT_GT(message.content.chunks, 10);
    std::string again;
    for (int number = 0; number < message.content.chunks; ++number) {
        const auto row = stage_.store->read_body(id_, number);
        ASSERT_TRUE(row);
        EXPECT_LE(row->size(), queue::kChunkSize);
        again += *row;
    }
    EXPECT_EQ(again, body);
}

TEST_F(IntakeTest, LostLongMessageLeavesNoRows) {
    {
        auto arrival = stage_.intake->begin();
        id_ = arrival->id();
        arrival->append("From: a@example.com\r\n\r\n" + std::string(2 * 1024 * 1024, 'x'));
        ASSERT_TRUE(arrival->wants_spill());
        ASSERT_TRUE(stage_.wait(arrival->spill()));
        ASSERT_TRUE(stage_.store->read_body(id_, 0));
    }
    stage_.settle_store();
    EXPECT_FALSE(stage_.store->read_body(id_, 0));
}

TEST_F(IntakeTest, LimitsSomebodyToItsSendersInEnvelopeAndAuthor) {
    conf::Senders senders;
    senders.any = false;
    senders.mailboxes.push_back(*conf::parse_mailbox("noreply@example.com"));
    const auto& intake = *stage_.intake;
    EXPECT_FALSE(intake.judge_sender(queue::Address(), &senders));
    EXPECT_FALSE(intake.judge_sender(*queue::Address::parse("noreply@example.com"), &senders));
    EXPECT_EQ(intake.judge_sender(*queue::Address::parse("ceo@example.com"), &senders)->enhanced,
              "5.7.1");
    origin_.senders = &senders;
    EXPECT_EQ(submit("From: noreply@example.com\r\n\r\nbody\r\n").code, 250);
    EXPECT_EQ(submit("From: ceo@example.com\r\n\r\nbody\r\n").enhanced, "5.7.1");
    EXPECT_EQ(submit("From: noreply@example.com, ceo@example.com\r\n\r\nbody\r\n").enhanced,
              "5.7.1");
}

TEST_F(IntakeTest, TellsTheProtectionInItsReceivedField) {
    origin_.tls = "TLSv1.3";
    submit("From: a@example.com\r\n\r\nbody\r\n");
    EXPECT_NE(stored().content.header.find(" with ESMTPS id "), std::string::npos);
    origin_.user = "billing";
    submit("From: a@example.com\r\n\r\nbody\r\n");
    EXPECT_NE(stored().content.header.find(" with ESMTPSA id "), std::string::npos);
}

TEST_F(IntakeTest, JudgesSenders) {
    EXPECT_FALSE(stage_.intake->judge_sender(queue::Address(), nullptr));
    EXPECT_FALSE(stage_.intake->judge_sender(*queue::Address::parse("x@EXAMPLE.com"), nullptr));
    const auto refusal =
        stage_.intake->judge_sender(*queue::Address::parse("x@elsewhere.test"), nullptr);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, 550);
    EXPECT_EQ(refusal->enhanced, "5.7.1");
}

}  // namespace
