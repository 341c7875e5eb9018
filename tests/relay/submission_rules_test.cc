#include "relay/submission_rules.h"

#include <gtest/gtest.h>

namespace {

class SubmissionRules : public ::testing::Test {
protected:
    std::variant<std::vector<dkim::Author>, relay::smtp::Reply> judge(const std::string& header) {
        return relay::judge_header(*dkim::Header::parse(header), {sender_, senders_}, intake_);
    }
    relay::smtp::Reply refusal(const std::string& header) {
        auto judged = judge(header);
        auto* reply = std::get_if<relay::smtp::Reply>(&judged);
        EXPECT_NE(reply, nullptr) << header;
        return reply != nullptr ? *reply : relay::smtp::Reply{};
    }
    std::string first_author(const std::string& header) {
        auto judged = judge(header);
        auto* authors = std::get_if<std::vector<dkim::Author>>(&judged);
        return authors == nullptr
                   ? "refused"
                   : authors->front().local_part + "@" + authors->front().domain.text();
    }

    queue::Address sender_ = *queue::Address::parse("app@example.com");
    const conf::Senders* senders_ = nullptr;
    conf::Intake intake_;
};

TEST_F(SubmissionRules, FindsTheAuthor) {
    EXPECT_EQ(first_author("From: A <a@example.com>\r\n"), "a@example.com");
}

TEST_F(SubmissionRules, TakesAMissingAuthorFromTheEnvelope) {
    EXPECT_EQ(first_author("Subject: x\r\n"), "app@example.com");
    sender_ = {};
    EXPECT_EQ(refusal("Subject: x\r\n").enhanced, "5.6.0");
}

TEST_F(SubmissionRules, RefusesABareAuthorAndNamesTheKeyThatWouldCompleteIt) {
    const auto reply = refusal("From: Cron <root>\r\n");
    EXPECT_EQ(reply.code, 550);
    EXPECT_EQ(reply.enhanced, "5.6.0");
    EXPECT_NE(reply.text.find("root has no domain"), std::string::npos);
    EXPECT_NE(reply.text.find("intake.origin"), std::string::npos);
}

TEST_F(SubmissionRules, CompletesABareAuthor) {
    intake_.origin = *conf::DomainName::parse("example.com");
    EXPECT_EQ(first_author("From: Cron <root>\r\n"), "root@example.com");
    EXPECT_EQ(first_author("From: root\r\n"), "root@example.com");
    EXPECT_EQ(first_author("From: root@example.org\r\n"), "root@example.org");
}

TEST_F(SubmissionRules, LimitsACompletedAuthorToTheSenders) {
    intake_.origin = *conf::DomainName::parse("example.com");
    conf::Senders senders;
    senders.any = false;
    senders.mailboxes.push_back(*conf::parse_mailbox("noreply@example.com"));
    senders_ = &senders;
    EXPECT_EQ(first_author("From: noreply\r\n"), "noreply@example.com");
    EXPECT_EQ(refusal("From: root\r\n").enhanced, "5.7.1");
}

TEST_F(SubmissionRules, SaysWhatIsWrongWithAnAuthorThatIsNotBare) {
    EXPECT_EQ(refusal("From: a@example.com\r\nFrom: b@example.com\r\n").enhanced, "5.6.0");
    EXPECT_EQ(refusal("From: nobody at all\r\n").text.find("intake.origin"), std::string::npos);
    EXPECT_EQ(refusal("From: \r\n").enhanced, "5.6.0");
}

TEST_F(SubmissionRules, TakesAHundredHopsAndNoMore) {
    std::string header = "From: a@example.com\r\n";
    for (int i = 0; i < 100; ++i) {
        header += "Received: from a by b; Sun, 22 Nov 2026 00:00:00 +0000\r\n";
    }
    EXPECT_EQ(first_author(header), "a@example.com");
    EXPECT_EQ(
        refusal(header + "received: from a by b; Sun, 22 Nov 2026 00:00:00 +0000\r\n").enhanced,
        "5.4.6");
}

}  // namespace
