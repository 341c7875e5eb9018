#include "relay/out/bounce.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "relay/pauses.h"

namespace {

struct Made {
    conf::Config config;
    std::shared_ptr<queue::Envelope> envelope = std::make_shared<queue::Envelope>();
    relay::Notice notice;
    std::string body = "the text\r\n";
    int chunks = 0;

    Made() {
        config.hostname = *conf::DomainName::parse("relay.example.com");
        config.postmaster = "postmaster@example.com";
        envelope->sender = *queue::Address::parse("app@example.com");
    }
    void add(const std::string& address,
             queue::EnhancedStatus status,
             const std::string& text,
             bool expired = false) {
        queue::Recipient recipient;
        recipient.address = *queue::Address::parse(address);
        recipient.attempts = 3;
        queue::Outcome outcome;
        outcome.kind = expired ? queue::Outcome::Kind::Deferred : queue::Outcome::Kind::Failed;
        outcome.status = status;
        outcome.text = text;
        outcome.host = "mx.one.test";
        outcome.ip = "192.0.2.1";
        outcome.remote = true;
        recipient.last = outcome;
        (expired ? notice.expired : notice.failed)
            .push_back(static_cast<int>(envelope->recipients.size()));
        envelope->recipients.push_back(recipient);
    }
    /// Delivered to a host that reports nothing.
    void add_relayed(const std::string& address, const std::string& text) {
        add(address, {2, 0, 0}, text);
        notice.failed.pop_back();
        notice.relayed.push_back(static_cast<int>(envelope->recipients.size()) - 1);
        envelope->recipients.back().last->kind = queue::Outcome::Kind::Delivered;
    }
    /// Waits; `text` empty: not tried yet.
    void add_delayed(const std::string& address, const std::string& text, bool remote = true) {
        add(address, {4, 2, 0}, text);
        notice.failed.pop_back();
        notice.delayed.push_back(static_cast<int>(envelope->recipients.size()) - 1);
        notice.until = conf::Instant(std::chrono::seconds(1795330800 + 86400));
        auto& recipient = envelope->recipients.back();
        recipient.last->kind = queue::Outcome::Kind::Deferred;
        recipient.last->remote = remote;
        if (!remote) {
            recipient.last->host.clear();
        }
        if (text.empty()) {
            recipient.last.reset();
            recipient.attempts = 0;
        }
    }
    std::string text(const std::string& header = "Subject: original\r\n") {
        queue::Content original;
        original.header = header;
        original.body = body;
        original.chunks = chunks;
        notice.envelope = envelope;
        return relay::out::compose_bounce(
            notice, original, config, conf::Instant(std::chrono::seconds(1795330800)));
    }
};

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// Lines joined again.
std::string unfolded(std::string_view text) {
    std::string words;
    for (const char c : text) {
        const bool space = c == ' ' || c == '\r' || c == '\n' || c == '\t';
        if (!space || (!words.empty() && words.back() != ' ')) {
            words += space ? ' ' : c;
        }
    }
    return words;
}

TEST(Bounce, ReportsEveryFieldThatMachinesNeed) {
    Made made;
    made.add("a@one.test", {5, 1, 1}, "550 5.1.1 nobody here");
    const auto text = made.text();
    for (const char* part : {"From: Mail Delivery System <postmaster@example.com>\r\n",
                             "To: <app@example.com>\r\n",
                             "Auto-Submitted: auto-replied\r\n",
                             "multipart/report; report-type=delivery-status",
                             "Content-Type: message/delivery-status\r\n",
                             "Reporting-MTA: dns; relay.example.com\r\n",
                             "Final-Recipient: rfc822; a@one.test\r\n",
                             "Action: failed\r\n",
                             "Status: 5.1.1\r\n",
                             "Remote-MTA: dns; mx.one.test\r\n",
                             "Diagnostic-Code: smtp; 550 5.1.1 nobody here\r\n",
                             "Content-Type: text/rfc822-headers\r\n",
                             "Subject: original\r\n"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
    }
}

TEST(Bounce, ExpiredRecipientHasAStatusOfClassFive) {
    Made made;
    made.add("a@one.test", {4, 2, 0}, "450 4.2.0 later", true);
    const auto text = made.text();
    EXPECT_NE(text.find("Status: 5.4.7\r\n"), std::string::npos);
    EXPECT_NE(text.find("450 4.2.0 later"), std::string::npos);
}

TEST(Bounce, LeavesOutRecipientsThatAreNotConcerned) {
    Made made;
    made.add("a@one.test", {5, 1, 1}, "550 no");
    queue::Recipient fine;
    fine.address = *queue::Address::parse("fine@one.test");
    made.envelope->recipients.push_back(fine);
    EXPECT_EQ(made.text().find("fine@one.test"), std::string::npos);
}

TEST(Bounce, RemoteTextStaysText) {
    Made made;
    made.add(
        "a@one.test",
        {5, 0, 0},
        "550 x\r\n\r\n--forged\r\nContent-Type: text/html\r\n" + std::string(5000, 'y') + "\xff");
    const auto text = made.text("Subject: \xff\xfe\r\n");
    EXPECT_EQ(text.find("\r\n--forged"), std::string::npos);
    EXPECT_TRUE(std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
    std::size_t begin = 0;
    for (auto end = text.find("\r\n"); end != std::string::npos;
         begin = end + 2, end = text.find("\r\n", begin)) {
        EXPECT_LT(end - begin, 998U);
    }
}

TEST(Bounce, BoundaryIsNotInTheQuotedHeader) {
    Made made;
    made.add("a@one.test", {5, 1, 1}, "550 no");
    const auto first = made.text();
    const auto begin = first.find("boundary=\"") + 10;
    const auto boundary = first.substr(begin, first.find('"', begin) - begin);
    const auto second = made.text("X-Trap: " + boundary + "\r\n");
    EXPECT_NE(second.find("boundary=\"" + boundary + "x\""), std::string::npos);
}

TEST(Bounce, NamesTheEnvelopeAndTheOriginalRecipientDecoded) {
    Made made;
    made.envelope->envelope_id = "QQ+2B314+20159";
    made.add("a@one.test", {5, 1, 1}, "550 no");
    made.add("b@one.test", {5, 1, 1}, "550 no");
    made.envelope->recipients[0].dsn.original_recipient = "rfc822;Bob+2Btag@Example.COM";
    const auto text = made.text();
    EXPECT_TRUE(contains(text,
                         "message/delivery-status\r\n\r\nOriginal-Envelope-Id: QQ+314 "
                         "159\r\nReporting-MTA: dns; relay.example.com\r\n"));
    EXPECT_TRUE(contains(text,
                         "\r\n\r\nOriginal-Recipient: rfc822;Bob+tag@Example.COM\r\n"
                         "Final-Recipient: rfc822; a@one.test\r\n"));
    EXPECT_TRUE(contains(text, "\r\n\r\nFinal-Recipient: rfc822; b@one.test\r\n"));
}

TEST(Bounce, NamesNoEnvelopeAndNoOriginalRecipientThatWasNotGiven) {
    Made made;
    made.add("a@one.test", {5, 1, 1}, "550 no");
    EXPECT_FALSE(contains(made.text(), "Original-"));
}

TEST(Bounce, NamesThatWouldBreakALineAreLeftOut) {
    Made made;
    made.envelope->envelope_id = "x+0D+0AForged-Id: 1";
    made.add("a@one.test", {5, 1, 1}, "550 no");
    made.envelope->recipients[0].dsn.original_recipient = "rfc822;a\r\nForged: 1";
    const auto text = made.text();
    EXPECT_FALSE(contains(text, "Original-"));
    EXPECT_FALSE(contains(text, "Forged"));
}

TEST(Bounce, ReturnsTheHeaderUnlessAllIsAskedFor) {
    for (const auto ret : {queue::ReturnedPart::Unset, queue::ReturnedPart::Headers}) {
        Made made;
        made.envelope->ret = ret;
        made.add("a@one.test", {5, 1, 1}, "550 no");
        const auto text = made.text();
        EXPECT_TRUE(contains(text, "text/rfc822-headers\r\n\r\nSubject: original\r\n"));
        EXPECT_FALSE(contains(text, "the text"));
    }
}

TEST(Bounce, ReturnsTheWholeMessage) {
    Made made;
    made.envelope->ret = queue::ReturnedPart::Full;
    made.add("a@one.test", {5, 1, 1}, "550 no");
    const auto text = made.text();
    EXPECT_TRUE(
        contains(text, "message/rfc822\r\n\r\nSubject: original\r\n\r\nthe text\r\n\r\n--"));
    EXPECT_FALSE(contains(text, "text/rfc822-headers"));
}

// RFC 8689 5: RET=FULL is disregarded.
TEST(Bounce, ReturnsTheHeaderOfWhatRequiredTls) {
    Made made;
    made.envelope->ret = queue::ReturnedPart::Full;
    made.envelope->require_tls = true;
    made.add("a@one.test", {5, 7, 30}, "the message requires TLS");
    const auto text = made.text();
    EXPECT_TRUE(contains(text, "Status: 5.7.30\r\n"));
    EXPECT_TRUE(contains(text, "text/rfc822-headers\r\n\r\nSubject: original\r\n"));
    EXPECT_FALSE(contains(text, "the text"));
}

TEST(Bounce, ReturnsTheHeaderOfWhatCannotBeReturnedWhole) {
    const auto returned_whole = [](const std::string& body, int chunks = 0) {
        Made made;
        made.envelope->ret = queue::ReturnedPart::Full;
        made.add("a@one.test", {5, 1, 1}, "550 no");
        made.body = body;
        made.chunks = chunks;
        const auto text = made.text();
        EXPECT_EQ(contains(text, "message/rfc822\r\n"), !contains(text, "text/rfc822-headers"));
        EXPECT_TRUE(contains(text, "Subject: original\r\n"));
        return contains(text, "message/rfc822\r\n");
    };
    EXPECT_TRUE(returned_whole(""));
    EXPECT_TRUE(returned_whole(std::string(998, 'x') + "\r\n"));
    EXPECT_FALSE(returned_whole(std::string(999, 'x') + "\r\n"));
    EXPECT_FALSE(returned_whole("caf\xc3\xa9\r\n"));
    EXPECT_FALSE(returned_whole(std::string("a\0b\r\n", 5)));
    EXPECT_FALSE(returned_whole("a\nb\r\n"));
    EXPECT_FALSE(returned_whole("a\rb\r\n"));
    EXPECT_FALSE(returned_whole("a\r"));
    EXPECT_FALSE(returned_whole("", 3));
    std::string lines;
    while (lines.size() + 27 <= relay::out::kMaxReturned) {  // the header has 19 octets
        lines += "a line\r\n";
    }
    EXPECT_TRUE(returned_whole(lines));
    EXPECT_FALSE(returned_whole(lines + "a line\r\n"));
}

TEST(Bounce, ReturnsNothingOfAMessageThatCannotBeRead) {
    Made made;
    made.envelope->ret = queue::ReturnedPart::Full;
    made.body.clear();
    made.add("a@one.test", {5, 1, 1}, "550 no");
    EXPECT_TRUE(contains(made.text(""), "text/rfc822-headers\r\n\r\n\r\n--"));
}

TEST(Bounce, BoundaryIsNotInTheReturnedBody) {
    Made made;
    made.envelope->ret = queue::ReturnedPart::Full;
    made.add("a@one.test", {5, 1, 1}, "550 no");
    const auto first = made.text();
    const auto begin = first.find("boundary=\"") + 10;
    const auto boundary = first.substr(begin, first.find('"', begin) - begin);
    made.body = "--" + boundary + "\r\n--" + boundary + "x\r\n";
    EXPECT_TRUE(contains(made.text(), "boundary=\"" + boundary + "xx\""));
}

TEST(Bounce, ReportsWhatWasRelayed) {
    Made made;
    made.envelope->ret = queue::ReturnedPart::Full;
    made.envelope->envelope_id = "id";
    made.add_relayed("a@one.test", "250 2.0.0 queued as 42");
    const auto text = made.text();
    for (const char* const part : {"Subject: Your message was relayed\r\n",
                                   "handed on for the address below",
                                   "said: 250 2.0.0 queued as 42\r\n",
                                   "Original-Envelope-Id: id\r\n",
                                   "Final-Recipient: rfc822; a@one.test\r\n",
                                   "Action: relayed\r\nStatus: 2.0.0\r\n",
                                   "Remote-MTA: dns; mx.one.test\r\n",
                                   "Diagnostic-Code: smtp; 250 2.0.0 queued as 42\r\n"}) {
        EXPECT_TRUE(contains(text, part)) << part << "\nin\n" << text;
    }
    EXPECT_FALSE(contains(text, "could not be delivered"));
    EXPECT_FALSE(contains(text, "the text")) << "RET=FULL concerns failures alone";
}

TEST(Bounce, PutsFailedAndRelayedIntoOneReport) {
    Made made;
    made.add_relayed("a@one.test", "250 fine");
    made.add("b@one.test", {5, 1, 1}, "550 5.1.1 nobody");
    made.add("c@one.test", {4, 2, 0}, "450 later", true);
    const auto text = made.text();
    EXPECT_TRUE(contains(text, "Subject: Undelivered mail returned to sender\r\n"));
    EXPECT_TRUE(contains(text, "could not be delivered to the addresses below"));
    EXPECT_TRUE(contains(text, "handed on for the address below"));
    const auto a = text.find("rfc822; a@one.test\r\nAction: relayed\r\nStatus: 2.0.0\r\n");
    const auto b = text.find("rfc822; b@one.test\r\nAction: failed\r\nStatus: 5.1.1\r\n");
    const auto c = text.find("rfc822; c@one.test\r\nAction: failed\r\nStatus: 5.4.7\r\n");
    EXPECT_LT(a, b);
    EXPECT_LT(b, c);
    EXPECT_NE(c, std::string::npos);
    // In the words for people the failures come first, and each recipient once.
    EXPECT_LT(text.find("<b@one.test>"), text.find("<c@one.test>"));
    EXPECT_LT(text.find("<c@one.test>"), text.find("<a@one.test>"));
}

TEST(Bounce, ReportsWhatIsDelayed) {
    Made made;
    made.envelope->ret = queue::ReturnedPart::Full;
    made.add_delayed("a@one.test", "450 4.2.0 greylisted");
    const auto text = made.text();
    for (const char* const part : {"Subject: Your message is delayed and still being tried\r\n",
                                   "could not be delivered to the address below yet.",
                                   "Tried 3 times. The last reason:\r\n",
                                   "said: 450 4.2.0 greylisted\r\n",
                                   "Action: delayed\r\nStatus: 4.2.0\r\n",
                                   "Remote-MTA: dns; mx.one.test\r\n",
                                   "Diagnostic-Code: smtp; 450 4.2.0 greylisted\r\n",
                                   "Will-Retry-Until: Mon, 23 Nov 2026 07:00:00 +0000\r\n",
                                   "text/rfc822-headers\r\n\r\nSubject: original\r\n"}) {
        EXPECT_TRUE(contains(text, part)) << part << "\nin\n" << text;
    }
    EXPECT_TRUE(contains(unfolded(text),
                         "There is nothing that you need to do: this relay goes on trying until "
                         "Mon, 23 Nov 2026 07:00:00 +0000, and tells you if it must give up"));
    EXPECT_FALSE(contains(text, "It will not be tried again"));
    EXPECT_FALSE(contains(text, "Last-Attempt-Date")) << "it is not known";
    EXPECT_FALSE(contains(text, "the text")) << "RET=FULL concerns failures alone";
    EXPECT_FALSE(contains(text, "operator"));
}

TEST(Bounce, WillRetryUntilIsOfDelaysAlone) {
    Made made;
    made.add("a@one.test", {5, 1, 1}, "550 no");
    made.add_relayed("b@one.test", "250 fine");
    EXPECT_FALSE(contains(made.text(), "Will-Retry-Until"));
}

TEST(Bounce, SaysWhatHoldsAMessage) {
    Made made;
    made.add_delayed("a@one.test", "");
    made.envelope->hold.reason = "PTR of 192.0.2.1 is absent (example.com)";
    const auto text = made.text();
    EXPECT_TRUE(contains(text, "This relay holds it: PTR of 192.0.2.1 is absent (example.com)."));
    EXPECT_TRUE(contains(text, "`signet check`"));
    EXPECT_TRUE(contains(text, "No attempt was possible so far.\r\n"));
    EXPECT_TRUE(contains(text, "Action: delayed\r\nStatus: 4.7.0\r\nWill-Retry-Until: "));
    EXPECT_FALSE(contains(text, "Diagnostic-Code"));
}

TEST(Bounce, SaysThatSomebodyPausedIt) {
    Made made;
    made.add_delayed("a@one.test", "");
    made.envelope->hold.reason = std::string(relay::kPausedByPerson) + " (domain one.test)";
    const auto text = unfolded(made.text());
    EXPECT_TRUE(contains(text, "The operator of this relay holds it: sending is paused"));
    EXPECT_FALSE(contains(text, "`signet check`"));
    EXPECT_TRUE(contains(text, "Will-Retry-Until: ")) << "it expires all the same";
}

TEST(Bounce, PromisesNoEndOfAPersonsHold) {
    Made made;
    made.add_delayed("a@one.test", "");
    made.envelope->hold.reason = "wait\r\nForged: 1";
    made.envelope->hold.person = true;
    made.notice.until.reset();
    const auto text = made.text();
    EXPECT_TRUE(contains(text, "The operator of this relay holds it: wait??Forged: 1.\r\n"));
    EXPECT_TRUE(contains(unfolded(text), "kept until the operator of this relay lets it go."));
    EXPECT_FALSE(contains(text, "Will-Retry-Until"));
}

TEST(Bounce, SaysWhatTheOperatorCanDoAboutOurOwnFaults) {
    Made made;
    made.add_delayed("a@one.test", "the message cannot be signed now: no key", false);
    made.envelope->recipients[0].last->status = {4, 7, 0};
    EXPECT_TRUE(contains(made.text(), "`signet dkim status`"));
    made.envelope->recipients[0].last->status = {4, 3, 0};
    EXPECT_TRUE(contains(unfolded(made.text()), "mend the disk"));
    made.envelope->recipients[0].last->status = {4, 4, 3};
    EXPECT_FALSE(contains(made.text(), "operator"));
    made.envelope->recipients[0].last->status = {4, 7, 0};
    made.envelope->recipients[0].last->remote = true;
    EXPECT_FALSE(contains(made.text(), "operator")) << "what a host said is no fault of ours";
}

}  // namespace
