#include "relay/cli/sendmail_command.h"

#include <cstdio>
#include <fstream>
#include <sysexits.h>

#include <gtest/gtest.h>

#include "tests/relay/cli/scripted_server.h"
#include "tests/support/temporary_folder.h"

namespace relay::cli {
namespace {

using Words = std::vector<std::string>;

struct Ended {
    int status = -1;
    std::string out, err;
};

/// One call of sendmail with a configuration whose listener is at `port`.
class SendmailCommand : public testing::Test {
protected:
    void configure(std::uint16_t port, const std::string& more = {}) {
        std::ofstream(folder_.file("signet.toml"))
            << "hostname = \"mail.example.com\"\npostmaster = \"postmaster@example.com\"\n"
            << "data_dir = \"" << folder_.path() << "\"\n"
            << "[[listener]]\naddress = \"127.0.0.1:" << port << "\"\n"
            << more << "\n[[domain]]\nname = \"example.com\"\n"
            << "[[domain.selector]]\nname = \"a\"\nkey = \"/nonexistent.pem\"\n"
            << "[dkim]\nprove = \"off\"\n";
    }

    Ended call(const Words& arguments, const std::string& input) {
        std::ofstream(folder_.file("input"), std::ios::binary) << input;
        std::FILE* file = std::fopen(folder_.file("input").c_str(), "rb");
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        Ended ended;
        ended.status = sendmail_command(arguments, folder_.file("signet.toml"), ::fileno(file));
        (void)std::fflush(stdout);
        ended.out = testing::internal::GetCapturedStdout();
        ended.err = testing::internal::GetCapturedStderr();
        (void)std::fclose(file);
        return ended;
    }

    support::TemporaryFolder folder_;
};

const Words kAccepting = {"220 hello\r\n",
                          "250 mail\r\n",
                          "250 ok\r\n",
                          "250 ok\r\n",
                          "354 go\r\n",
                          "250 2.0.0 queued as 0000000000001\r\n"};

TEST_F(SendmailCommand, SubmitsInSilence) {
    ScriptedServer server(kAccepting);
    configure(server.endpoint().port);
    const auto ended = call({"-t", "-i", "-f", "app"}, "To: user@example.net\n\n.\nhello\n");
    EXPECT_EQ(ended.status, EX_OK) << ended.err;
    EXPECT_EQ(ended.out + ended.err, "");
    EXPECT_EQ(server.heard(),
              "EHLO mail.example.com\r\nMAIL FROM:<app@example.com>\r\n"
              "RCPT TO:<user@example.net>\r\nDATA\r\nTo: user@example.net\r\n"
              "From: app@example.com\r\n\r\n..\r\nhello\r\n.\r\nQUIT\r\n");
}

TEST_F(SendmailCommand, SaysTheQueueIdWhenAsked) {
    ScriptedServer server(kAccepting);
    configure(server.endpoint().port);
    EXPECT_EQ(call({"-v", "user@example.net"}, "hello\n").out,
              "250 2.0.0 queued as 0000000000001\n");
}

TEST_F(SendmailCommand, AddsTheRecipientsOfTheHeaderEachOnce) {
    auto replies = kAccepting;
    replies.insert(replies.begin() + 3, "250 ok\r\n");
    ScriptedServer server(replies);
    configure(server.endpoint().port);
    EXPECT_EQ(
        call({"-t", "-f<>", "root"}, "To: root, A <a@example.net>\nBcc: a@example.net\n\n").status,
        EX_OK);
    const auto heard = server.heard();
    EXPECT_NE(heard.find("MAIL FROM:<>\r\nRCPT TO:<root@example.com>\r\nRCPT TO:<a@example.net>\r\n"
                         "DATA\r\n"),
              std::string::npos)
        << heard;
    EXPECT_EQ(heard.find("Bcc"), std::string::npos);
}

TEST_F(SendmailCommand, NeedsSomebodyToSendTo) {
    configure(1);
    EXPECT_EQ(call({}, "hello\n").status, EX_USAGE);
    EXPECT_EQ(call({"-t"}, "To: nobody:;\n\nhello\n").status, EX_USAGE);
    const auto many = call({"-t", "-f", "a"}, "To: one@example.net, two\n\n");
    EXPECT_EQ(many.status, EX_TEMPFAIL) << many.err;
}

TEST_F(SendmailCommand, RefusesWhatItCannotSend) {
    configure(1, "[limits]\nmessage_size = \"1KiB\"\nrecipients = 100\n");
    EXPECT_EQ(call({"-bs"}, "").status, EX_USAGE);
    EXPECT_EQ(call({"-f", "two words", "a@example.net"}, "").status, EX_USAGE);
    EXPECT_EQ(call({"-f", "a, b", "a@example.net"}, "").status, EX_USAGE);
    EXPECT_EQ(call({"a@b..example"}, "").status, EX_DATAERR);
    EXPECT_EQ(call({""}, "").status, EX_DATAERR);
    EXPECT_EQ(call({"-t"}, "To: a@example.net (\n\n").status, EX_DATAERR);
    EXPECT_EQ(call({"a@example.net"}, std::string("a\0b", 3)).status, EX_DATAERR);
    const auto large = call({"a@example.net"}, std::string(2000, 'x'));
    EXPECT_EQ(large.status, EX_DATAERR);
    EXPECT_NE(large.err.find("limits.message_size"), std::string::npos) << large.err;
    std::string many = "To: ";
    for (int i = 0; i < 101; ++i) {
        many += std::to_string(i) + ",";
    }
    const auto crowd = call({"-t"}, many + "\n\n");
    EXPECT_EQ(crowd.status, EX_DATAERR);
    EXPECT_NE(crowd.err.find("limits.recipients"), std::string::npos) << crowd.err;
}

TEST_F(SendmailCommand, NeedsAConfiguration) {
    const auto absent = call({"-C", folder_.file("absent.toml"), "a@example.net"}, "");
    EXPECT_EQ(absent.status, EX_CONFIG);
    EXPECT_NE(absent.err.find("\nsignet: "), std::string::npos) << absent.err;
    configure(1, "auth = \"required\"\n");
    EXPECT_EQ(call({"a@example.net"}, "").status, EX_CONFIG);
}

TEST_F(SendmailCommand, IsTriedAgainWhereNobodyAnswers) {
    configure(1);
    const auto ended = call({"a@example.net"}, "hello\n");
    EXPECT_EQ(ended.status, EX_TEMPFAIL);
    EXPECT_NE(ended.err.find("127.0.0.1:1"), std::string::npos) << ended.err;
}

TEST_F(SendmailCommand, NamesWhoIsRefused) {
    ScriptedServer server({"220 hello\r\n", "250 mail\r\n", "250 ok\r\n", "550 5.1.1 nobody\r\n"});
    configure(server.endpoint().port);
    const auto ended = call({"a@example.net"}, "hello\n");
    EXPECT_EQ(ended.status, EX_NOUSER);
    EXPECT_EQ(ended.err, "signet: a@example.net refused: 550 5.1.1 nobody: nothing was sent\n");
}

TEST_F(SendmailCommand, HelpsWithoutAConfiguration) {
    const auto ended = call({"--help"}, "");
    EXPECT_EQ(ended.status, EX_OK);
    EXPECT_TRUE(ended.out.starts_with("usage: sendmail"));
}

TEST(SendmailStatus, IsWhatCallersExpect) {
    using To = SubmissionAnswer::To;
    const struct {
        To to;
        int code;
        const char* enhanced;
        int expected;
    } rows[] = {
        {To::Message, 250, "2.0.0", EX_OK},
        {To::Data, 250, "2.0.0", EX_UNAVAILABLE},
        {To::Greeting, 421, "4.3.2", EX_TEMPFAIL},
        {To::Mail, 451, "4.7.0", EX_TEMPFAIL},
        {To::Rcpt, 452, "4.5.3", EX_TEMPFAIL},
        {To::Message, 451, "4.3.0", EX_TEMPFAIL},
        {To::Greeting, 554, "5.7.1", EX_UNAVAILABLE},
        {To::Ehlo, 500, "5.5.1", EX_UNAVAILABLE},
        {To::Mail, 550, "5.7.1", EX_NOPERM},
        {To::Mail, 530, "5.7.0", EX_NOPERM},
        {To::Mail, 552, "5.3.4", EX_DATAERR},
        {To::Rcpt, 550, "5.1.1", EX_NOUSER},
        {To::Rcpt, 550, "5.7.1", EX_NOPERM},
        {To::Message, 550, "5.6.0", EX_DATAERR},
        {To::Message, 550, "5.7.1", EX_NOPERM},
        {To::Message, 354, "", EX_UNAVAILABLE},
    };
    for (const auto& row : rows) {
        SubmissionAnswer answer;
        answer.to = row.to;
        answer.reply.code = row.code;
        answer.reply.enhanced = ::queue::EnhancedStatus::parse(row.enhanced);
        EXPECT_EQ(sendmail_status(answer), row.expected) << row.code << " " << row.enhanced;
    }
}

}  // namespace
}  // namespace relay::cli
