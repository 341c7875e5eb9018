#include "queue/envelope_codec.h"

#include <gtest/gtest.h>

#include "queue/errors.h"

namespace queue {
namespace {

const MessageId kId(0x123456789abcdef);

Envelope full_envelope() {
    Envelope envelope;
    envelope.id = kId;
    envelope.sender = *Address::parse("sender@example.com");
    for (const char* text : {"a@example.net", "\"x@y\"@example.org", "b@[IPv6:2001:db8::1]"}) {
        Recipient recipient;
        recipient.address = *Address::parse(text);
        recipient.attempts = 300;
        recipient.due = Instant(Duration(1'700'000'000'123));
        envelope.recipients.push_back(recipient);
    }
    envelope.recipients[1].state = Recipient::State::Failed;
    envelope.recipients[1].last = Outcome{Outcome::Kind::Failed,
                                          {5, 1, 999},
                                          "550 no\n such user",
                                          "mx.example.org",
                                          "192.0.2.9",
                                          true};
    envelope.recipients[2].last = Outcome{};
    envelope.body = BodyKind::EightBitMime;
    envelope.accepted = Instant(Duration(-5));
    envelope.client = "192.0.2.7";
    envelope.author_domain = "example.com";
    envelope.signed_by = "example.com/2026a,example.com/2026e";
    envelope.size = 1ULL << 40;
    envelope.hold = Hold{"PTR is absent", Instant::max()};
    return envelope;
}

std::string encoded(const Envelope& envelope) {
    std::string octets = "left over";
    EnvelopeCodec::encode(envelope, octets);
    return octets;
}

boost::system::error_code refusal(std::string_view octets, MessageId id = kId) {
    const auto envelope = EnvelopeCodec::decode(id, octets);
    return envelope ? boost::system::error_code() : envelope.error().code;
}

TEST(EnvelopeCodec, GivesBackEveryField) {
    const Envelope envelope = full_envelope();
    const auto decoded = EnvelopeCodec::decode(kId, encoded(envelope));
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(*decoded, envelope);
    EXPECT_EQ(decoded->recipients[1].address.domain(), "example.org");
    EXPECT_EQ(decoded->recipients[1].address.local_part(), "\"x@y\"");
}

TEST(EnvelopeCodec, GivesBackAnEmptyEnvelope) {
    Envelope envelope;
    envelope.id = kId;
    const auto decoded = EnvelopeCodec::decode(kId, encoded(envelope));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, envelope);
    EXPECT_TRUE(decoded->sender.is_null());
}

TEST(EnvelopeCodec, IsSmall) {
    Envelope envelope = full_envelope();
    envelope.recipients.resize(1);
    EXPECT_LT(encoded(envelope).size(), 200U);
}

TEST(EnvelopeCodec, NoticesEveryChangedBitAndEveryLength) {
    const std::string octets = encoded(full_envelope());
    for (std::size_t i = 0; i < octets.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string changed = octets;
            changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
            ASSERT_EQ(refusal(changed), errc::Damaged) << "octet " << i << " bit " << bit;
        }
        ASSERT_EQ(refusal(octets.substr(0, i)), errc::Damaged) << i;
    }
    EXPECT_EQ(refusal(octets + '\0'), errc::Damaged);
    EXPECT_FALSE(refusal(octets));
}

TEST(EnvelopeCodec, NoticesARowUnderAnotherKey) {
    EXPECT_EQ(refusal(encoded(full_envelope()), MessageId(7)), errc::Damaged);
}

TEST(EnvelopeCodec, RefusesSealedNonsense) {
    const std::string good = encoded(full_envelope());
    const std::string payload = good.substr(0, good.size() - 4);
    const auto sealed = [](const std::string& octets) {
        return octets + EnvelopeCodec::seal(kId, octets);
    };
    ASSERT_FALSE(refusal(sealed(payload)));
    for (std::size_t i = 0; i < payload.size(); ++i) {
        ASSERT_EQ(refusal(sealed(payload.substr(0, i))), errc::Damaged) << i;
    }
    EXPECT_EQ(refusal(sealed(payload + '\0')), errc::Damaged);
    std::string newer = payload;
    newer[0] = 2;
    EXPECT_EQ(refusal(sealed(newer)), errc::Damaged);
    // A sender's length of 2^64 - 1, and a number of more than 64 bits.
    EXPECT_EQ(refusal(sealed(std::string("\1") + std::string(9, '\xff') + '\1')), errc::Damaged);
    EXPECT_EQ(refusal(sealed(std::string("\1") + std::string(9, '\xff') + '\3')), errc::Damaged);
    EXPECT_EQ(refusal(sealed(std::string("\1") + std::string(20, '\xff'))), errc::Damaged);
    // No sender, then more recipients than there are octets.
    EXPECT_EQ(refusal(sealed(std::string("\1\0\xff\xff\xff\x7f", 6))), errc::Damaged);
    // Senders without a domain or a local part.
    EXPECT_EQ(refusal(sealed(std::string("\1\2a@\0", 5))), errc::Damaged);
    EXPECT_EQ(refusal(sealed(std::string("\1\2@a\0", 5))), errc::Damaged);
    EXPECT_EQ(refusal(sealed(std::string("\1\2aa\0", 5))), errc::Damaged);
}

}  // namespace
}  // namespace queue
