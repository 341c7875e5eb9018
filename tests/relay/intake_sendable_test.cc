// What is made of long lines and 8-bit text before a message is signed.
#include <algorithm>

#include <gtest/gtest.h>

#include "relay/body_digest.h"
#include "relay/intake.h"
#include "relay/mime/line_limit.h"
#include "tests/support/relay_stage.h"

namespace {

using support::RelayStage;

const std::string kHeader = "From: a@example.com\r\nSubject: x\r\n";

class Sendable {
public:
    explicit Sendable(const std::string& tables = "") : stage(tables) {}

    relay::smtp::Reply submit(const std::string& octets) {
        auto arrival = stage.intake->begin();
        first_id = arrival->id();
        for (std::size_t at = 0; at < octets.size(); at += 50'000) {
            arrival->append(std::string_view(octets).substr(at, 50'000));
            if (arrival->wants_spill()) {
                EXPECT_TRUE(stage.wait(arrival->spill()));
            }
        }
        relay::smtp::Transaction transaction;
        transaction.sender = *queue::Address::parse("app@example.com");
        transaction.recipients.push_back({*queue::Address::parse("a@one.test"), {}});
        auto reply = stage.wait(
            stage.intake->finish(std::move(arrival),
                                 transaction,
                                 {"192.0.2.7", "client.example", true, "", "", nullptr}));
        stage.settle_store();
        return reply;
    }

    /// The message that `reply` names, and its body from the store.
    queue::Stored stored(const relay::smtp::Reply& reply) {
        id = *queue::MessageId::parse(reply.text.substr(reply.text.rfind(' ') + 1));
        auto message = stage.store->load(id);
        EXPECT_TRUE(message);
        if (!message) {
            return {};
        }
        body.clear();
        for (int number = 0; number < std::max(message->content.chunks, 1); ++number) {
            const auto row = stage.store->read_body(id, number);
            EXPECT_TRUE(row);
            body += row ? *row : "";
        }
        relay::BodyCheck check(message->content.body_hash);
        check.update(body);
        EXPECT_TRUE(check.matches()) << "the hash is that of what is stored";
        EXPECT_EQ(message->content.body_size, body.size());
        relay::mime::LineLimit lines;
        lines.update(body);
        EXPECT_FALSE(lines.exceeded());
        return *message;
    }

    RelayStage stage;
    queue::MessageId first_id, id;
    std::string body;
};

TEST(IntakeSendable, EncodesALongLineBeforeItSigns) {
    Sendable relay;
    const auto reply = relay.submit(kHeader + "\r\n" + std::string(3000, 'x') + "\r\nshort\r\n");
    ASSERT_EQ(reply.code, 250) << reply.text;
    const auto message = relay.stored(reply);
    EXPECT_NE(message.content.header.find("Content-Transfer-Encoding: quoted-printable\r\n"),
              std::string::npos)
        << message.content.header;
    EXPECT_NE(message.content.header.find("MIME-Version: 1.0\r\n"), std::string::npos);
    EXPECT_NE(relay.body.find("=\r\n"), std::string::npos);
    EXPECT_EQ(message.envelope.body, queue::BodyKind::SevenBit);
    EXPECT_EQ(
        message.envelope.size,
        message.content.signatures.size() + message.content.header.size() + 2 + relay.body.size());
}

TEST(IntakeSendable, LeavesALineOf998Octets) {
    Sendable relay;
    const std::string line = std::string(998, 'x') + "\r\n";
    const auto reply = relay.submit(kHeader + "\r\n" + line);
    ASSERT_EQ(reply.code, 250);
    relay.stored(reply);
    EXPECT_EQ(relay.body, line);
    EXPECT_EQ(relay.id, relay.first_id);
}

TEST(IntakeSendable, RefusesLongLinesOnWish) {
    Sendable relay("[intake]\nlong_lines = \"refuse\"\n");
    auto reply = relay.submit(kHeader + "\r\n" + std::string(999, 'x') + "\r\n");
    EXPECT_EQ(reply.code, 550);
    EXPECT_EQ(reply.enhanced, "5.6.0");
    EXPECT_NE(reply.text.find("998"), std::string::npos);
    reply = relay.submit(kHeader + "X: " + std::string(1200, 'x') + "\r\n\r\nbody\r\n");
    EXPECT_EQ(reply.enhanced, "5.6.0");
    EXPECT_EQ(relay.submit(kHeader + "\r\nbody\r\n").code, 250);
}

TEST(IntakeSendable, FoldsALongHeaderLine) {
    Sendable relay;
    std::string references = "References:";
    for (int i = 0; i < 100; ++i) {
        references += " <" + std::to_string(100'000 + i) + "@example.com>";
    }
    const auto reply = relay.submit(kHeader + references + "\r\n\r\nbody\r\n");
    ASSERT_EQ(reply.code, 250) << reply.text;
    const auto message = relay.stored(reply);
    relay::mime::LineLimit lines;
    lines.update(message.content.header);
    EXPECT_FALSE(lines.exceeded());
    EXPECT_EQ(relay.body, "body\r\n");
}

TEST(IntakeSendable, KeepsEightBitTextUnlessAsked) {
    const std::string octets = kHeader + "\r\ngr\xc3\xbc\xc3\x9f\x65\r\n";
    Sendable keeping;
    auto reply = keeping.submit(octets);
    EXPECT_EQ(keeping.stored(reply).envelope.body, queue::BodyKind::EightBitMime);
    Sendable encoding("[intake]\neight_bit = \"encode\"\n");
    reply = encoding.submit(octets);
    ASSERT_EQ(reply.code, 250) << reply.text;
    const auto message = encoding.stored(reply);
    EXPECT_EQ(message.envelope.body, queue::BodyKind::SevenBit);
    EXPECT_NE(message.content.header.find("charset=utf-8"), std::string::npos)
        << message.content.header;
}

TEST(IntakeSendable, EncodesALongBodyRowByRowAndDropsTheFirstRows) {
    Sendable relay;
    std::string octets = kHeader + "\r\n";
    while (octets.size() < 3 * 1024 * 1024) {
        octets += std::string(2'000, 'y') + "\r\n";
    }
    const auto reply = relay.submit(octets);
    ASSERT_EQ(reply.code, 250) << reply.text;
    const auto message = relay.stored(reply);
    EXPECT_GT(message.content.chunks, 10);
    EXPECT_NE(relay.id, relay.first_id);
    EXPECT_FALSE(relay.stage.store->read_body(relay.first_id, 0)) << "as it came, it is gone";
}

TEST(IntakeSendable, EncodedMessageMayOutgrowTheLimitOfWhatClientsSend) {
    Sendable relay("[limits]\nmessage_size = \"8KiB\"\n");
    const auto reply = relay.submit(kHeader + "\r\n" + std::string(7'000, '=') + "\r\n");
    ASSERT_EQ(reply.code, 250) << reply.text;
    relay.stored(reply);
    EXPECT_GT(relay.body.size(), std::size_t{8} * 1024);
}

TEST(IntakeSendable, NeverTouchesWhatSomebodyElseSigned) {
    Sendable relay;
    const std::string header = kHeader +
                               "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b; "
                               "protocol=\"application/pgp-signature\"; micalg=pgp-sha256\r\n\r\n"
                               "--b\r\n\r\n";
    const std::string rest =
        "\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nsig\r\n--b--\r\n";
    auto reply = relay.submit(header + std::string(999, 'x') + rest);
    EXPECT_EQ(reply.code, 550);
    EXPECT_EQ(reply.enhanced, "5.6.0");
    reply = relay.submit(header + "short" + rest);
    EXPECT_EQ(reply.code, 250);
}

}  // namespace
