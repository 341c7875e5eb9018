#include <algorithm>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "conf/utf8.h"
#include "relay/out/bounce.h"

namespace {

struct Made {
    conf::Config config;
    std::shared_ptr<queue::Envelope> envelope = std::make_shared<queue::Envelope>();
    relay::Notice notice;
    queue::Content original;

    explicit Made(const std::string& sender = "app@example.com") {
        config.hostname = *conf::DomainName::parse("relay.example.com");
        config.postmaster = "postmaster@example.com";
        envelope->sender = *queue::Address::parse(sender, queue::Characters::Utf8);
        envelope->utf8 = true;
        original.header = "Subject: original\r\n";
    }
    Made& add(const std::string& address) {
        queue::Recipient recipient;
        recipient.address = *queue::Address::parse(address, queue::Characters::Utf8);
        queue::Outcome outcome;
        outcome.kind = queue::Outcome::Kind::Failed;
        outcome.status = {5, 6, 7};
        outcome.text = "the host does not offer SMTPUTF8";
        recipient.last = outcome;
        notice.failed.push_back(static_cast<int>(envelope->recipients.size()));
        envelope->recipients.push_back(recipient);
        return *this;
    }
    std::string text() {
        notice.envelope = envelope;
        return relay::out::compose_bounce(
            notice, original, config, conf::Instant(std::chrono::seconds(1795330800)));
    }
};

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}
bool is_ascii(const std::string& text) {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

TEST(BounceUtf8, NamesAnAddressBeyondAsciiInAGlobalStatus) {
    const auto text = Made().add("j\u00fcrgen@b\u00fccher.example").add("plain@one.test").text();
    for (const char* const part :
         {"Content-Transfer-Encoding: 8bit\r\nContent-Type: multipart/report; "
          "report-type=delivery-status",
          "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
          "<j\u00fcrgen@xn--bcher-kva.example>\r\n",
          "Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: "
          "8bit\r\n\r\nReporting-MTA",
          "Final-Recipient: utf-8; j\u00fcrgen@xn--bcher-kva.example\r\n",
          "Final-Recipient: rfc822; plain@one.test\r\n",
          "Status: 5.6.7\r\n",
          "Content-Type: text/rfc822-headers\r\n\r\nSubject: original\r\n"}) {
        EXPECT_TRUE(contains(text, part)) << part << "\nin\n" << text;
    }
    EXPECT_TRUE(is_ascii(text.substr(0, text.find("\r\n\r\n")))) << "its header needs no SMTPUTF8";
    EXPECT_TRUE(conf::is_utf8(text));
}

TEST(BounceUtf8, GoesToASenderBeyondAscii) {
    const auto text = Made("\u7528\u6237@example.com").add("plain@one.test").text();
    EXPECT_TRUE(contains(text, "To: <\u7528\u6237@example.com>\r\n"));
    EXPECT_TRUE(contains(text, "Content-Type: message/delivery-status\r\n"));
    EXPECT_TRUE(contains(text, "Final-Recipient: rfc822; plain@one.test\r\n"));
}

TEST(BounceUtf8, ReturnsAHeaderInUtf8AsItIs) {
    Made made;
    made.envelope->utf8_header = true;
    made.original.header = std::string("Subject: gr\u00fc\u00df dich\0\r\n", 24);
    const auto text = made.add("plain@one.test").text();
    EXPECT_TRUE(contains(text,
                         "Content-Type: message/global-headers\r\nContent-Transfer-Encoding: "
                         "8bit\r\n\r\nSubject: gr\u00fc\u00df dich?\r\n"))
        << text;
    EXPECT_TRUE(contains(text, "Content-Type: message/delivery-status\r\n"));
}

TEST(BounceUtf8, StaysInSevenBitsWhereNothingNeedsMore) {
    Made made;
    made.original.header = "Subject: gr\u00fc\u00df dich\r\n";  // of a client without SMTPUTF8
    const auto text = made.add("plain@one.test").text();
    EXPECT_TRUE(is_ascii(text));
    EXPECT_FALSE(contains(text, "8bit"));
    EXPECT_FALSE(contains(text, "global"));
}

TEST(BounceUtf8, CutsALongHeaderBetweenCharacters) {
    for (int shift = 0; shift < 4; ++shift) {
        Made made;
        made.envelope->utf8_header = true;
        made.original.header = "S: " + std::string(static_cast<std::size_t>(shift), 'x');
        while (made.original.header.size() < 70000) {
            made.original.header += "\U0001f4e8";
        }
        const auto text = made.add("plain@one.test").text();
        EXPECT_TRUE(conf::is_utf8(text)) << shift;
        EXPECT_LT(text.size(), 68000U);
    }
}

TEST(BounceUtf8, KeepsAnOriginalRecipientInItsSevenBitForm) {
    Made made;
    made.add("j\u00fcrgen@one.test");
    made.envelope->recipients[0].dsn.original_recipient = "utf-8;J\\x{FC}rgen@list.example";
    EXPECT_TRUE(contains(made.text(), "Original-Recipient: utf-8;J\\x{FC}rgen@list.example\r\n"));
}

}  // namespace
