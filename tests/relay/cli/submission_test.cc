#include "relay/cli/submission.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/relay/cli/scripted_server.h"
#include "tests/relay/status/made_up.h"

namespace relay::cli {
namespace {

using status::address;

std::string composed(const std::string& subject, std::string_view body) {
    const auto message = compose(address("a@example.com"), address("b@example.net"), subject, body);
    return message ? *message : message.error().message();
}

TEST(Compose, MakesAMessageWithCrlf) {
    EXPECT_EQ(composed("Hello", "one\ntwo"),
              "From: <a@example.com>\r\nTo: <b@example.net>\r\nSubject: Hello\r\n"
              "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: 7bit\r\n\r\none\r\ntwo\r\n");
}

TEST(Compose, MakesEveryLineEndCrlf) {
    for (const char* body : {"a\nb\n", "a\r\nb\r\n", "a\rb\r", "a\nb"}) {
        EXPECT_TRUE(composed("x", body).ends_with("\r\n\r\na\r\nb\r\n")) << body;
    }
    EXPECT_TRUE(composed("x", "a\r\r\nb").ends_with("a\r\n\r\nb\r\n"));
    EXPECT_TRUE(composed("x", "").ends_with("\r\n\r\n\r\n"));
}

TEST(Compose, RefusesASubjectOfTwoLines) {
    EXPECT_EQ(composed("x\r\nBcc: <c@example.net>", ""),
              "a subject is one line without control characters");
    EXPECT_FALSE(composed("x\ny", "").starts_with("From:"));
}

TEST(Compose, EncodesWhatIsNotAscii) {
    const std::string message = composed(
        "Gr\xc3\xbc\xc3\x9f"
        "e",
        "\xc3\xa4\n");
    EXPECT_NE(message.find("\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\r\n"), std::string::npos);
    EXPECT_NE(message.find("\r\nContent-Transfer-Encoding: 8bit\r\n"), std::string::npos);
    std::string long_subject;
    for (int i = 0; i < 100; ++i) {
        long_subject += "\xc3\xa4";
    }
    const std::string folded = composed(long_subject, "");
    for (std::size_t at = 0; at < folded.size();) {
        const auto end = folded.find("\r\n", at);
        EXPECT_LE(end - at, 78U);
        at = end + 2;
    }
}

TEST(DotStuffed, DoublesDotsAtLineStarts) {
    EXPECT_EQ(dot_stuffed(".a\r\nb.c\r\n..\r\n"), "..a\r\nb.c\r\n...\r\n.\r\n");
    EXPECT_EQ(dot_stuffed("a"), "a\r\n.\r\n");
    EXPECT_EQ(dot_stuffed(""), ".\r\n");
}

TEST(QueueId, IsTakenFromTheReply) {
    smtp::ServerReply reply;
    reply.code = 250;
    reply.lines = {"2.0.0 queued as 0000000000001"};
    EXPECT_EQ(queue_id_of(reply), ::queue::MessageId(1));
    reply.lines = {"2.0.0 OK"};
    EXPECT_FALSE(queue_id_of(reply));
    reply.lines = {"queued as 12"};
    EXPECT_FALSE(queue_id_of(reply));
    reply.lines = {"queued as 0000000000001"};
    reply.code = 550;
    EXPECT_FALSE(queue_id_of(reply));
}

Submission submission_to(const ScriptedServer& server, std::string message = "a\r\n.b\r\n") {
    Submission submission;
    submission.server = server.endpoint();
    submission.helo = "mail.example.com";
    submission.from = address("a@example.com");
    submission.to = {address("b@example.net")};
    submission.message = std::move(message);
    return submission;
}

TEST(Submission, SaysEachCommandAfterItsReply) {
    ScriptedServer server({"220 hello\r\n",
                           "250-mail\r\n250 PIPELINING\r\n",
                           "250 2.1.0 ok\r\n",
                           "250 2.1.5 ok\r\n",
                           "354 go\r\n",
                           "250 2.0.0 queued as 0000000000001\r\n"});
    const auto answer = submit(submission_to(server));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_TRUE(answer->accepted());
    EXPECT_EQ(queue_id_of(answer->reply), ::queue::MessageId(1));
    EXPECT_EQ(server.heard(),
              "EHLO mail.example.com\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\n"
              "DATA\r\na\r\n..b\r\n.\r\nQUIT\r\n");
}

TEST(Submission, AsksForEightBitWhereItIsOffered) {
    for (const bool offered : {true, false}) {
        ScriptedServer server(
            {"220 hello\r\n",
             offered ? "250-mail\r\n250-8bitmime\r\n250 HELP\r\n" : "250 mail\r\n",
             "550 5.7.1 no\r\n"});
        ASSERT_TRUE(submit(submission_to(server, "\xc3\xa4\r\n")));
        EXPECT_EQ(server.heard().find("BODY=8BITMIME") != std::string::npos, offered);
    }
}

const std::vector<std::string> kAccepting = {
    "220 hello\r\n", "250 mail\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 ok\r\n"};

TEST(Submission, AsksForUtf8WhereAnAddressNeedsIt) {
    for (const bool needed : {true, false}) {
        ScriptedServer server(
            {"220 hello\r\n", "250-mail\r\n250 SMTPUTF8\r\n", "550 5.7.1 no\r\n"});
        auto submission = submission_to(server, "Subject: \xc3\xa4\r\n\r\n");
        if (needed) {
            submission.to.push_back(
                ::queue::Address::parse("j\xc3\xb6@example.net", ::queue::Characters::Utf8)
                    .value());
        }
        ASSERT_TRUE(submit(submission));
        EXPECT_EQ(server.heard().find(" SMTPUTF8\r\n") != std::string::npos, needed);
    }
}

TEST(Submission, EndsWithTheFirstRefusal) {
    for (std::size_t step = 0; step < kAccepting.size(); ++step) {
        auto replies = kAccepting;
        replies[step] = "451 4.3.0 step " + std::to_string(step) + "\r\n";
        replies.resize(step + 1);
        ScriptedServer server(replies);
        const auto answer = submit(submission_to(server));
        ASSERT_TRUE(answer) << step;
        EXPECT_FALSE(answer->accepted()) << step;
        EXPECT_EQ(static_cast<std::size_t>(answer->to), step);
        EXPECT_EQ(answer->reply.text(), "451 4.3.0 step " + std::to_string(step));
    }
}

TEST(Submission, TakesNoOddReplyForAnAcceptance) {
    for (std::size_t step = 0; step < kAccepting.size(); ++step) {
        auto replies = kAccepting;
        replies[step] = kAccepting[step].starts_with("354") ? "250 ok\r\n" : "354 go\r\n";
        replies.resize(step + 1);
        ScriptedServer server(replies);
        const auto answer = submit(submission_to(server));
        ASSERT_TRUE(answer) << step;
        EXPECT_FALSE(answer->accepted()) << step;
    }
}

TEST(Submission, SendsNothingWhereOneOfManyIsRefused) {
    ScriptedServer server(
        {"220 hello\r\n", "250 mail\r\n", "250 ok\r\n", "250 ok\r\n", "550 5.1.1 nobody\r\n"});
    auto submission = submission_to(server);
    submission.to.push_back(address("c@example.net"));
    submission.to.push_back(address("d@example.net"));
    const auto answer = submit(submission);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->to, SubmissionAnswer::To::Rcpt);
    EXPECT_EQ(answer->recipient, "c@example.net");
    const auto heard = server.heard();
    EXPECT_EQ(heard.find("d@example.net"), std::string::npos);
    EXPECT_EQ(heard.find("DATA"), std::string::npos);
}

TEST(Submission, SaysWhatReportsAreWantedToAServerThatKnowsThem) {
    for (const bool offered : {true, false}) {
        ScriptedServer server(
            {"220 hello\r\n",
             offered ? "250-mail\r\n250-DSN\r\n250 SIZE 1000\r\n" : "250 mail\r\n",
             "250 ok\r\n",
             "550 5.1.1 nobody\r\n"});
        auto submission = submission_to(server);
        submission.notify.success = submission.notify.delay = true;
        submission.ret = ::queue::ReturnedPart::Headers;
        submission.envelope_id = "QQ314159";
        ASSERT_TRUE(submit(submission));
        EXPECT_EQ(server.heard(),
                  offered ? "EHLO mail.example.com\r\n"
                            "MAIL FROM:<a@example.com> SIZE=7 RET=HDRS ENVID=QQ314159\r\n"
                            "RCPT TO:<b@example.net> NOTIFY=SUCCESS,DELAY\r\n"
                          : "EHLO mail.example.com\r\nMAIL FROM:<a@example.com>\r\n"
                            "RCPT TO:<b@example.net>\r\n");
    }
}

TEST(Submission, SaysNeverAloneAndFullInWords) {
    ScriptedServer server(
        {"220 hello\r\n", "250-mail\r\n250 DSN\r\n", "250 ok\r\n", "550 5.1.1 nobody\r\n"});
    auto submission = submission_to(server);
    submission.notify.never = true;
    submission.ret = ::queue::ReturnedPart::Full;
    ASSERT_TRUE(submit(submission));
    const auto heard = server.heard();
    EXPECT_NE(heard.find(" RET=FULL\r\n"), std::string::npos) << heard;
    EXPECT_NE(heard.find(" NOTIFY=NEVER\r\n"), std::string::npos) << heard;
}

TEST(Submission, SendsTheNullSender) {
    ScriptedServer server({"220 hello\r\n", "250 mail\r\n", "550 5.7.1 no\r\n"});
    auto submission = submission_to(server);
    submission.from = {};
    ASSERT_TRUE(submit(submission));
    EXPECT_NE(server.heard().find("MAIL FROM:<>\r\n"), std::string::npos);
}

TEST(Submission, FailsWhenTheConnectionIsLost) {
    for (std::size_t length = 0; length < kAccepting.size(); ++length) {
        const auto end = kAccepting.begin() + static_cast<std::ptrdiff_t>(length);
        ScriptedServer server({kAccepting.begin(), end});
        EXPECT_FALSE(submit(submission_to(server))) << length;
    }
}

TEST(Submission, FailsWhereNobodySpeaksSmtp) {
    ScriptedServer server({"HTTP/1.1 400 Bad Request\r\n"});
    const auto reply = submit(submission_to(server));
    ASSERT_FALSE(reply);
    EXPECT_NE(reply.error().message().find("does not speak SMTP"), std::string::npos);
}

}  // namespace
}  // namespace relay::cli
