#include "relay/cli/sendmail_message.h"

#include <gtest/gtest.h>

#include "tests/relay/status/made_up.h"

namespace relay::cli {
namespace {

SendmailRules rules(HeaderRecipients recipients = HeaderRecipients::Ignored) {
    SendmailRules rules;
    rules.recipients = recipients;
    rules.domain = status::domain_name("example.com");
    rules.author = status::address("www-data@example.com");
    return rules;
}

std::string made(std::string_view input, const SendmailRules& by = rules()) {
    const auto message = make_message(input, by);
    return message ? message->text : "! " + message.error().message();
}

std::string recipients(std::string_view input) {
    const auto message = make_message(input, rules(HeaderRecipients::Taken));
    if (!message) {
        return "! " + message.error().message();
    }
    std::string text;
    for (const auto& address : message->recipients) {
        text += (text.empty() ? "" : " ") + address.text();
    }
    return text;
}

TEST(SendmailMessage, LeavesAMessageAsItIs) {
    const std::string_view whole =
        "Received: from x\r\nFrom: a@example.com\r\nTo: B <b@example.net>,\r\n\tc@example.net\r\n"
        "Subject:  two  spaces \r\nX-Odd :\xff\r\n\r\nbody\r\n.\r\n\r\n";
    EXPECT_EQ(made(whole), whole);
}

TEST(SendmailMessage, GetsAFromField) {
    EXPECT_EQ(made("Subject: x\r\n\r\nbody\r\n"),
              "Subject: x\r\nFrom: www-data@example.com\r\n\r\nbody\r\n");
    EXPECT_EQ(made(""), "From: www-data@example.com\r\n\r\n");
    EXPECT_EQ(made("\r\nbody\r\n"), "From: www-data@example.com\r\n\r\nbody\r\n");
    EXPECT_EQ(made("fRoM : a@example.com\r\n\r\n"), "fRoM : a@example.com\r\n\r\n");
    // One that says nothing is the relay's to refuse.
    EXPECT_EQ(made("From:\r\n\r\n"), "From:\r\n\r\n");
}

TEST(SendmailMessage, NamesTheAuthorThatItAdds) {
    auto named = rules();
    named.author_name = "Billing \"B\" \\ Co.";
    EXPECT_EQ(made("\r\n", named),
              "From: \"Billing \\\"B\\\" \\\\ Co.\" <www-data@example.com>\r\n\r\n");
    named.author_name = "J\xc3\xb6";
    EXPECT_EQ(made("\r\n", named), "From: =?utf-8?B?SsO2?= <www-data@example.com>\r\n\r\n");
    EXPECT_EQ(made("From: a@example.com\r\n\r\n", named), "From: a@example.com\r\n\r\n");
}

TEST(SendmailMessage, BeginsTheBodyAtTheFirstLineThatIsNoField) {
    EXPECT_EQ(made("hello\r\n"), "From: www-data@example.com\r\n\r\nhello\r\n");
    EXPECT_EQ(made("From: a@example.com\r\nhello world: no\r\nTo: b\r\n"),
              "From: a@example.com\r\n\r\nhello world: no\r\nTo: b\r\n");
    EXPECT_EQ(made(" folded: x\r\n"), "From: www-data@example.com\r\n\r\n folded: x\r\n");
    EXPECT_EQ(made(": x\r\n"), "From: www-data@example.com\r\n\r\n: x\r\n");
    EXPECT_EQ(made("J\xc3\xb6: x\r\n"), "From: www-data@example.com\r\n\r\nJ\xc3\xb6: x\r\n");
    EXPECT_EQ(made("From: a@example.com\r\n"), "From: a@example.com\r\n\r\n");
}

TEST(SendmailMessage, DropsTheLineOfAMailbox) {
    EXPECT_EQ(made("From root Mon Jan  1 00:00:00 2026\r\nFrom: a@example.com\r\n\r\nFrom x\r\n"),
              "From: a@example.com\r\n\r\nFrom x\r\n");
    EXPECT_EQ(made("From \r\n"), "From: www-data@example.com\r\n\r\n");
}

TEST(SendmailMessage, RemovesBccInAnyCase) {
    for (const auto taken : {HeaderRecipients::Ignored, HeaderRecipients::Taken}) {
        EXPECT_EQ(made("From: a@example.com\r\nBCC: b@example.net,\r\n c@example.net\r\n"
                       "Resent-Bcc: d@example.net\r\nSubject: x\r\nbcc :\r\n\r\nBcc: stays\r\n",
                       rules(taken)),
                  "From: a@example.com\r\nSubject: x\r\n\r\nBcc: stays\r\n");
    }
}

TEST(SendmailMessage, CompletesAddresses) {
    EXPECT_EQ(made("From: root (Cron Daemon)\r\nTo: root\r\nCc: A <a>,\r\n b\r\nReply-To: c\r\n"
                   "Subject: root\r\n\r\n"),
              "From: root@example.com (Cron Daemon)\r\nTo: root@example.com\r\n"
              "Cc: A <a@example.com>,\r\n b@example.com\r\nReply-To: c@example.com\r\n"
              "Subject: root\r\n\r\n");
}

TEST(SendmailMessage, TakesRecipientsOfAllFields) {
    EXPECT_EQ(
        recipients("From: a@example.com\r\nTo: b@example.net, root\r\nCc: C <c@example.net>\r\n"
                   "Bcc: d@example.net\r\nTO: e@example.net\r\nReply-To: f@example.net\r\n"
                   "\r\nTo: g@example.net\r\n"),
        "b@example.net root@example.com c@example.net d@example.net e@example.net");
}

TEST(SendmailMessage, TakesNobodyFromAnEmptyGroup) {
    EXPECT_EQ(recipients("To: undisclosed-recipients:;\r\nBcc: b@example.net\r\n\r\n"),
              "b@example.net");
    EXPECT_EQ(recipients("To: undisclosed-recipients:;\r\nBcc:\r\n\r\n"), "");
}

TEST(SendmailMessage, TakesThoseOfASecondSendingAlone) {
    EXPECT_EQ(recipients("To: b@example.net\r\nResent-To: c@example.net\r\n"
                         "Resent-Bcc: d@example.net\r\n\r\n"),
              "c@example.net d@example.net");
}

TEST(SendmailMessage, IgnoresFieldsWithoutMinusT) {
    const auto message = make_message("To: b@example.net, ,;\r\n\r\n", rules());
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->recipients.empty());
}

TEST(SendmailMessage, NamesTheFieldThatCannotBeRead) {
    EXPECT_EQ(recipients("To: b@example.net\r\nCC: c (\r\n\r\n"), "! CC: an unclosed comment");
    EXPECT_TRUE(recipients("To: a@b..example\r\n\r\n").starts_with("! To: "));
}

}  // namespace
}  // namespace relay::cli
