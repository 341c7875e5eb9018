#include "relay/out/bounce.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace {

struct Made {
    conf::Config config;
    std::shared_ptr<queue::Envelope> envelope = std::make_shared<queue::Envelope>();
    relay::Notice notice;

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
    std::string text(const std::string& header = "Subject: original\r\n") {
        notice.envelope = envelope;
        return relay::out::compose_bounce(
            notice, header, config, conf::Instant(std::chrono::seconds(1795330800)));
    }
};

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

}  // namespace
