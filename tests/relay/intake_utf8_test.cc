#include <gtest/gtest.h>

#include "dkim/field.h"
#include "relay/intake.h"
#include "tests/support/relay_stage.h"

namespace {

using queue::BodyKind;
using queue::Characters;
using support::RelayStage;

class IntakeUtf8 : public ::testing::Test {
protected:
    /// `name`: of the bookshop, in either spelling.
    explicit IntakeUtf8(const std::string& name = "xn--bcher-kva.example")
        : stage_("[[domain]]\nname = \"" + name +
                 "\"\n[[domain.selector]]\nname = \"k2\"\nkey = \"" + key_.file("k2.pem") +
                 "\"\n") {
        const auto key = dkim::PrivateKey::create(dkim::KeyType::Ed25519, 0);
        EXPECT_TRUE(dkim::save_new_key(key_.file("k2.pem"), *key));
        const auto config = stage_.current->get().config;
        stage_.current->set(config, dkim::KeyRing::load(*config));
    }

    relay::smtp::Reply submit(const std::string& octets,
                              bool utf8,
                              const std::string& sender = "app@example.com",
                              const std::string& recipient = "a@one.test") {
        auto arrival = stage_.intake->begin();
        id_ = arrival->id();
        arrival->append(octets);
        relay::smtp::Transaction transaction;
        transaction.utf8 = utf8;
        if (!sender.empty()) {
            transaction.sender = *queue::Address::parse(sender, Characters::Utf8);
        }
        transaction.recipients.push_back({*queue::Address::parse(recipient, Characters::Utf8), {}});
        return stage_.wait(stage_.intake->finish(std::move(arrival), transaction, origin_));
    }

    queue::Stored stored() {
        auto found = stage_.store->load(id_);
        EXPECT_TRUE(found);
        return found ? *found : queue::Stored();
    }

    support::TemporaryFolder key_;
    RelayStage stage_;
    queue::MessageId id_;
    relay::Origin origin_{"192.0.2.7", "client.example", true, "", "", nullptr};
};

TEST_F(IntakeUtf8, RemembersWhatWasSaidAndWhatItNeeds) {
    EXPECT_EQ(submit("From: a@example.com\r\n\r\nbody\r\n", true).code, 250);
    EXPECT_TRUE(stored().envelope.utf8);
    EXPECT_FALSE(stored().envelope.utf8_header);
    EXPECT_EQ(stored().envelope.body, BodyKind::SevenBit);
    EXPECT_NE(stored().content.header.find(" with UTF8SMTP id "), std::string::npos);

    EXPECT_EQ(submit("From: a@example.com\r\nSubject: \u00fc\r\n\r\nbody\r\n", true).code, 250);
    EXPECT_TRUE(stored().envelope.utf8_header);
    EXPECT_EQ(stored().envelope.body, BodyKind::EightBitMime);
}

TEST_F(IntakeUtf8, LeavesEightBitHeadersOfOthersAsTheyWere) {
    EXPECT_EQ(submit("From: a@example.com\r\nSubject: \u00fc\r\n\r\nbody\r\n", false).code, 250);
    EXPECT_FALSE(stored().envelope.utf8);
    EXPECT_FALSE(stored().envelope.utf8_header);
    EXPECT_EQ(stored().envelope.body, BodyKind::EightBitMime);
    EXPECT_NE(stored().content.header.find(" with ESMTP id "), std::string::npos);

    EXPECT_EQ(submit("From: a@example.com\r\nSubject: \xfc\r\n\r\nbody\r\n", true).code, 250);
    EXPECT_FALSE(stored().envelope.utf8_header) << "it is no UTF-8";
    EXPECT_EQ(stored().envelope.body, BodyKind::EightBitMime);
}

TEST_F(IntakeUtf8, ABodyBeyondAsciiNeedsNoExtension) {
    EXPECT_EQ(submit("From: a@example.com\r\n\r\n\u00fc\r\n", true).code, 250);
    EXPECT_FALSE(stored().envelope.utf8_header);
    EXPECT_EQ(stored().envelope.body, BodyKind::EightBitMime);
}

TEST_F(IntakeUtf8, SignsForADomainInEitherSpelling) {
    for (const char* const from : {"j\u00fcrgen@b\u00fccher.example", "a@xn--bcher-kva.example"}) {
        EXPECT_EQ(submit("From: <" + std::string(from) + ">\r\n\r\nbody\r\n", true).code, 250);
        EXPECT_EQ(stored().envelope.author_domain, "xn--bcher-kva.example");
        EXPECT_EQ(stored().envelope.signed_by, "xn--bcher-kva.example/k2");
        EXPECT_NE(stored().content.signatures.find("d=xn--bcher-kva.example;"), std::string::npos)
            << stored().content.signatures;
    }
}

TEST_F(IntakeUtf8, AMissingFromFieldMayMakeTheHeaderUtf8) {
    EXPECT_EQ(submit("Subject: x\r\n\r\nbody\r\n", true, "j\u00fcrgen@b\u00fccher.example").code,
              250);
    EXPECT_NE(stored().content.header.find("From: <j\u00fcrgen@xn--bcher-kva.example>\r\n"),
              std::string::npos);
    EXPECT_TRUE(stored().envelope.utf8_header);
    EXPECT_EQ(stored().envelope.body, BodyKind::EightBitMime);
}

TEST_F(IntakeUtf8, ARecipientBeyondAsciiLeavesTheHeaderAlone) {
    EXPECT_EQ(
        submit("From: a@example.com\r\n\r\nbody\r\n", true, "app@example.com", "\u7528@one.test")
            .code,
        250);
    EXPECT_EQ(stored().envelope.recipients[0].address.text(), "\u7528@one.test");
    EXPECT_FALSE(stored().envelope.utf8_header);
    EXPECT_EQ(stored().content.header.find("for <"), std::string::npos);
}

TEST_F(IntakeUtf8, JudgesSendersByTheirALabels) {
    const auto judge = [this](const char* sender) {
        return stage_.intake->judge_sender(*queue::Address::parse(sender, Characters::Utf8),
                                           nullptr);
    };
    EXPECT_FALSE(judge("j\u00fcrgen@B\u00dcCHER.example"));
    EXPECT_TRUE(judge("j\u00fcrgen@b\u00fccher.test"));
}

class IntakeUtf8Label : public IntakeUtf8 {
protected:
    IntakeUtf8Label() : IntakeUtf8("b\u00fccher.example") {}
};

TEST_F(IntakeUtf8Label, ConfigurationMayNameTheDomainInUtf8) {
    EXPECT_EQ(submit("From: <a@b\u00fccher.example>\r\n\r\nbody\r\n", true).code, 250);
    EXPECT_EQ(stored().envelope.signed_by, "xn--bcher-kva.example/k2");
    EXPECT_EQ(submit("From: <a@xn--bcher-kva.example>\r\n\r\nbody\r\n", false).code, 250);
}

}  // namespace
