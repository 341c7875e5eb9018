#include "queue/mail_file.h"

#include <sys/stat.h>

#include "queue/errors.h"
#include "tests/queue/mail_samples.h"

namespace queue {
namespace {

using Kind = Outcome::Kind;

class MailFile : public testing::Test {
protected:
    void expect_round(const Message& message, const std::vector<std::string>& rows = {}) {
        const std::string digest = write_mail(path, message, rows);
        const auto read = read_mail(path);
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(read->head.envelope, message.envelope);
        EXPECT_EQ(read->head.content.signatures, message.content->signatures);
        EXPECT_EQ(read->head.content.header, message.content->header);
        EXPECT_EQ(read->head.content.body_hash, message.content->body_hash);
        EXPECT_EQ(read->head.content.body_size, message.content->body_size);
        EXPECT_EQ(read->head.content.chunks, message.content->chunks);
        EXPECT_EQ(read->head.content.body, "");
        EXPECT_EQ(read->pieces, rows.empty() ? std::vector{message.content->body} : rows);
        EXPECT_EQ(read->digest, digest);
        EXPECT_EQ(digest.size(), 64U);
    }

    conf::Error refusal(const std::string& octets) {
        put_octets(path, octets);
        const auto read = read_mail(path);
        EXPECT_FALSE(read);
        return read ? conf::Error{} : read.error();
    }

    /// A file whose envelope was changed by `edit`; what the reader says of it.
    template <class Edit>
    conf::Error refusal_of(Edit edit) {
        Message message = mail_sample("text\r\n");
        edit(message.envelope);
        write_mail(path, message);
        const auto read = read_mail(path);
        EXPECT_FALSE(read);
        return read ? conf::Error{} : read.error();
    }

    TempFolder folder;
    const std::string path = folder.file("X.mail");
};

TEST_F(MailFile, KeepsABodyInOnePiece) {
    expect_round(mail_sample("some text\r\n\0with a NUL"));
}

TEST_F(MailFile, KeepsAnEmptyBody) {
    expect_round(mail_sample(""));
}

TEST_F(MailFile, KeepsABodyInRows) {
    const std::string body(600'000, 'r');
    const auto message = mail_sample(body, kChunkSize);
    expect_round(message,
                 {body.substr(0, kChunkSize),
                  body.substr(kChunkSize, kChunkSize),
                  body.substr(2 * kChunkSize)});
}

TEST_F(MailFile, KeepsEverythingOfTheEnvelope) {
    Message message = mail_sample("x");
    Envelope& envelope = message.envelope;
    envelope.sender = Address();
    envelope.body = BodyKind::EightBitMime;
    envelope.hold = {"held by a person: wait for the lawyer", envelope.accepted, true};
    envelope.ret = ReturnedPart::Headers;
    envelope.utf8 = envelope.utf8_header = envelope.require_tls = envelope.delay_told = true;
    Outcome outcome;
    outcome.kind = Kind::Deferred;
    outcome.status = {4, 2, 1};
    outcome.text = "450 4.2.1 try later\nand later";
    outcome.host = "mx.one.test";
    outcome.ip = "192.0.2.9";
    outcome.remote = true;
    envelope.recipients[0].address = Address::parse(
                                         "j\xc3\xb6rg@b\xc3\xbc"
                                         "cher.example",
                                         Characters::Utf8)
                                         .value();
    envelope.recipients[0].last = outcome;
    envelope.recipients[0].attempts = 3;
    envelope.recipients[1].state = Recipient::State::Delivered;
    expect_round(message);
}

TEST_F(MailFile, KeepsRecipientsWhoseReportIsOwed) {
    Message message = mail_sample("x");
    Outcome outcome;
    outcome.kind = Kind::Failed;
    outcome.status = {5, 1, 1};
    message.envelope.recipients[0].last = outcome;
    message.envelope.recipients[1].due = Instant::max();  // it expired
    expect_round(message);
}

TEST_F(MailFile, IsReadAgainFromTheBeginning) {
    write_mail(path, mail_sample("text\r\n"));
    auto reader = MailReader::open(OpenFile(::open(path.c_str(), O_RDONLY)), "X.mail").value();
    for (int time = 0; time < 2; ++time) {
        EXPECT_TRUE(reader.head());
        EXPECT_EQ(reader.piece().value(), "text\r\n");
        EXPECT_EQ(reader.piece().value(), std::nullopt);
        EXPECT_EQ(reader.piece().value(), std::nullopt) << "however often it is asked";
        EXPECT_EQ(reader.digest().size(), 64U);
        ASSERT_TRUE(reader.rewind());
    }
}

TEST_F(MailFile, IsNeverTheSameTwice) {
    const Message message = mail_sample("text\r\n");
    EXPECT_NE(write_mail(path, message), write_mail(path, message));
}

TEST_F(MailFile, IsRefusedAtEachLengthThatIsCut) {
    write_mail(path, mail_sample("text\r\n"));
    const std::string whole = octets_of(path);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_EQ(refusal(whole.substr(0, length)).code, errc::Damaged) << length;
    }
    EXPECT_EQ(refusal(whole + "x").code, errc::Damaged);
}

TEST_F(MailFile, IsRefusedWithAnyOctetChanged) {
    const std::string body(100, 'b');
    write_mail(
        path, mail_sample(body, 30), {body.substr(0, 60), body.substr(60, 0), "", body.substr(60)});
    const std::string whole = octets_of(path);
    ASSERT_TRUE(read_mail(path));
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const int flip : {0x01, 0x80, 0xff}) {
            std::string changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ flip);
            EXPECT_FALSE(refusal(changed).message().empty()) << at;
        }
    }
}

TEST_F(MailFile, TellsOneOfANewerVersion) {
    write_mail(path, mail_sample("x"));
    std::string octets = octets_of(path);
    for (const char* begin : {"signet-mail 2\n", "signet-mail 9\n", "signet-mail 10"}) {
        octets.replace(0, std::string(begin).size(), begin);
        EXPECT_EQ(refusal(octets).message(),
                  "X.mail: a newer version of Signet has written it: import it with that version "
                  "or a later one");
    }
    octets.replace(0, 14, "signet-mail 0\n");
    EXPECT_EQ(refusal(octets).code, errc::Damaged);
    EXPECT_EQ(refusal("From: someone@example.com\r\n\r\ntext\r\n").code, errc::Damaged);
}

TEST_F(MailFile, IsRefusedWhereALengthIsBeyondTheFile) {
    write_mail(path, mail_sample("x"));
    std::string octets = octets_of(path);
    octets.replace(38, 4, "\x00\xff\xff\xff", 4);  // of the envelope
    EXPECT_NE(refusal(octets).message().find("cut short"), std::string::npos);
    octets.replace(38, 4, "\xff\xff\xff\xff", 4);
    EXPECT_NE(refusal(octets).message().find("larger than it can be"), std::string::npos);
}

TEST_F(MailFile, IsRefusedWhereTheBodyIsNotAsLongAsItSays) {
    Message message = mail_sample("four");
    write_mail(path, message, {"fourteen"});
    EXPECT_NE(read_mail(path).error().message().find("longer than it says"), std::string::npos);
    write_mail(path, message, {"two"});
    EXPECT_NE(read_mail(path).error().message().find("shorter than it says"), std::string::npos);
}

TEST_F(MailFile, IsRefusedWithAnEnvelopeThatNoRelayHad) {
    const auto no_relay = [this](auto edit) {
        return refusal_of(edit).message().find("none that a relay could have had") !=
               std::string::npos;
    };
    EXPECT_TRUE(no_relay([](Envelope& envelope) { envelope.recipients.clear(); }));
    EXPECT_TRUE(no_relay([](Envelope& envelope) {
        for (auto& recipient : envelope.recipients) {
            recipient.state = Recipient::State::Delivered;
        }
    }));
    EXPECT_TRUE(no_relay(
        [](Envelope& envelope) { envelope.envelope_id = "x SIZE=1\r\nRCPT TO:<a@b.test>"; }));
    EXPECT_TRUE(no_relay([](Envelope& envelope) {
        envelope.recipients[0].dsn.original_recipient = "rfc822;a@b.test NOTIFY=NEVER";
    }));
    EXPECT_TRUE(no_relay([](Envelope& envelope) { envelope.author_domain = "a\nb"; }));
    EXPECT_TRUE(no_relay([](Envelope& envelope) { envelope.hold.reason = "red \x1b[31m"; }));
    EXPECT_TRUE(no_relay([](Envelope& envelope) { envelope.accepted = Instant::max(); }));
    EXPECT_TRUE(no_relay([](Envelope& envelope) { envelope.accepted = Instant(Duration(5)); }));
    EXPECT_TRUE(no_relay(
        [](Envelope& envelope) { envelope.recipients[1].due = Instant::max() - Duration(1); }));
}

TEST_F(MailFile, RefusesAFolderAndAPipe) {
    const auto open = [](const std::string& what) {
        return MailReader::open(OpenFile(::open(what.c_str(), O_RDONLY | O_NONBLOCK)), "X.mail");
    };
    EXPECT_EQ(open(folder.path()).error().code, errc::Damaged);
    ASSERT_EQ(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
    EXPECT_EQ(open(folder.file("pipe")).error().code, errc::Damaged);
}

}  // namespace
}  // namespace queue
