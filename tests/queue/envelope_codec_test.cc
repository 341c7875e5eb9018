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
    envelope.recipients[1].dsn.notify.never = true;
    envelope.recipients[2].last = Outcome{};
    envelope.recipients[2].last->passed_on_dsn = true;
    envelope.recipients[2].dsn = {{false, true, false, true}, "rfc822;odd+20one@example.org"};
    envelope.body = BodyKind::EightBitMime;
    envelope.accepted = Instant(Duration(-5));
    envelope.client = "192.0.2.7";
    envelope.author_domain = "example.com";
    envelope.signed_by = "example.com/2026a,example.com/2026e";
    envelope.size = 1ULL << 40;
    envelope.hold = Hold{"PTR is absent", Instant::max(), true};
    envelope.ret = ReturnedPart::Headers;
    envelope.envelope_id = "QQ+2B314159";
    envelope.utf8 = true;
    envelope.utf8_header = true;
    envelope.require_tls = true;
    envelope.delay_told = true;
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

TEST(EnvelopeCodec, KeepsUtf8) {
    for (const auto& [said, header] : {std::pair(true, false), std::pair(false, false)}) {
        Envelope envelope = full_envelope();
        envelope.sender = *Address::parse("j\u00fcrgen@example.com", Characters::Utf8);
        envelope.utf8 = said;
        envelope.utf8_header = header;
        const auto decoded = EnvelopeCodec::decode(kId, encoded(envelope));
        ASSERT_TRUE(decoded) << decoded.error().message();
        EXPECT_EQ(*decoded, envelope);
        EXPECT_FALSE(decoded->sender.is_ascii());
    }
}

TEST(EnvelopeCodec, GivesBackAnEmptyEnvelope) {
    Envelope envelope;
    envelope.id = kId;
    const auto decoded = EnvelopeCodec::decode(kId, encoded(envelope));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, envelope);
    EXPECT_TRUE(decoded->sender.is_null());
}

TEST(EnvelopeCodec, GivesBackEveryChoiceOfReports) {
    Envelope envelope = full_envelope();
    for (unsigned flags = 0; flags < 16; ++flags) {
        envelope.recipients[0].dsn.notify = {
            (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0};
        envelope.ret = static_cast<ReturnedPart>(flags % 3);
        const auto decoded = EnvelopeCodec::decode(kId, encoded(envelope));
        ASSERT_TRUE(decoded);
        EXPECT_EQ(*decoded, envelope) << flags;
    }
}

// As the first version wrote it: no RET and ENVID, no NOTIFY and ORCPT, one flag of an outcome.
TEST(EnvelopeCodec, ReadsRowsOfTheFirstVersion) {
    std::string row = "\1";
    row +=
        "\x0d"
        "a@example.com";
    row += '\2';
    row +=
        "\x0d"
        "b@example.net" +
        std::string("\0\7", 2) + std::string("\x64") + '\0';
    row +=
        "\x0d"
        "c@example.org" +
        std::string("\2\1", 2) + std::string("\x65") + '\1';
    row += std::string("\2\5\1\1", 4) +
           "\6"
           "550 no" +
           "\2"
           "mx" +
           "\7"
           "1.2.3.4" +
           '\1';
    row += '\1' + std::string("\x66") +
           "\5"
           "local" +
           "\x0b"
           "example.com" +
           "\5"
           "d/one";
    row += "\xe8\7" +
           std::string(
               "\3"
               "PTR") +
           std::string("\x67");
    row += EnvelopeCodec::seal(kId, row);
    const auto decoded = EnvelopeCodec::decode(kId, row);
    ASSERT_TRUE(decoded) << decoded.error().message();
    Envelope expected;
    expected.id = kId;
    expected.sender = *Address::parse("a@example.com");
    expected.recipients.resize(2);
    expected.recipients[0].address = *Address::parse("b@example.net");
    expected.recipients[0].attempts = 7;
    expected.recipients[0].due = Instant(Duration(100));
    expected.recipients[1].address = *Address::parse("c@example.org");
    expected.recipients[1].state = Recipient::State::Failed;
    expected.recipients[1].attempts = 1;
    expected.recipients[1].due = Instant(Duration(101));
    expected.recipients[1].last =
        Outcome{Outcome::Kind::Failed, {5, 1, 1}, "550 no", "mx", "1.2.3.4", true};
    expected.body = BodyKind::EightBitMime;
    expected.accepted = Instant(Duration(102));
    expected.client = "local";
    expected.author_domain = "example.com";
    expected.signed_by = "d/one";
    expected.size = 1000;
    expected.hold = Hold{"PTR", Instant(Duration(103))};
    EXPECT_EQ(*decoded, expected);
    EXPECT_TRUE(decoded->recipients[0].dsn.wants_failure());

    // Written again it is a row of today.
    const auto again = EnvelopeCodec::decode(kId, encoded(*decoded));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, expected);
    EXPECT_EQ(encoded(*decoded)[0], '\4');
}

// The second version differs in its number and has no flag for REQUIRETLS.
TEST(EnvelopeCodec, ReadsRowsOfTheSecondVersion) {
    for (const auto& [said, header] :
         {std::pair(false, false), std::pair(true, false), std::pair(true, true)}) {
        Envelope expected = full_envelope();
        expected.utf8 = said;
        expected.utf8_header = header;
        expected.require_tls = false;
        expected.hold.person = false;
        expected.delay_told = false;
        std::string row = encoded(expected);
        row.resize(row.size() - 4);
        row[0] = '\2';
        EXPECT_EQ(row.back(), static_cast<char>((said ? 1 : 0) + (header ? 2 : 0)));
        row += EnvelopeCodec::seal(kId, row);
        const auto decoded = EnvelopeCodec::decode(kId, row);
        ASSERT_TRUE(decoded) << decoded.error().message();
        EXPECT_EQ(*decoded, expected);
    }
}

// The third knows neither a person's hold nor whether a delay was told.
TEST(EnvelopeCodec, ReadsRowsOfTheThirdVersion) {
    Envelope expected = full_envelope();
    expected.hold.person = false;
    expected.delay_told = false;
    std::string row = encoded(expected);
    row.resize(row.size() - 4);
    row[0] = '\3';
    const std::string payload = row;
    row += EnvelopeCodec::seal(kId, row);
    const auto decoded = EnvelopeCodec::decode(kId, row);
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(*decoded, expected);
    row = payload;
    row.back() = '\x0f';  // a flag that it could not have
    row += EnvelopeCodec::seal(kId, row);
    EXPECT_FALSE(EnvelopeCodec::decode(kId, row));
}

TEST(EnvelopeCodec, KeepsWhoHoldsAndWhatWasTold) {
    for (const bool person : {false, true}) {
        Envelope envelope = full_envelope();
        envelope.hold.person = person;
        envelope.delay_told = !person;
        const auto decoded = EnvelopeCodec::decode(kId, encoded(envelope));
        ASSERT_TRUE(decoded);
        EXPECT_EQ(*decoded, envelope);
    }
}

TEST(EnvelopeCodec, KeepsWhetherTlsIsRequired) {
    for (const bool required : {false, true}) {
        Envelope envelope = full_envelope();
        envelope.require_tls = required;
        const auto decoded = EnvelopeCodec::decode(kId, encoded(envelope));
        ASSERT_TRUE(decoded);
        EXPECT_EQ(decoded->require_tls, required);
        EXPECT_EQ(*decoded, envelope);
    }
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
    newer[0] = 5;
    EXPECT_EQ(refusal(sealed(newer)), errc::Damaged);
    for (const char version : {'\0', '\1', '\2', '\3'}) {
        std::string older = payload;  // with a flag of today's
        older[0] = version;
        EXPECT_EQ(refusal(sealed(older)), errc::Damaged);
    }
    std::string flagged = payload;
    flagged.back() = '\x3f';
    EXPECT_EQ(refusal(sealed(flagged)), errc::Damaged);
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
