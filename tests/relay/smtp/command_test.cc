#include "relay/smtp/command.h"

#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace relay::smtp {
namespace {

using namespace std::string_view_literals;

/// "code enhanced" of the refusal; empty for a command.
std::string refusal(std::string_view line) {
    const auto parsed = parse_command(line, {"mail.example.com"});
    const auto* const reply = std::get_if<Reply>(&parsed);
    return reply ? std::to_string(reply->code) + " " + reply->enhanced : "";
}

template <class Kind>
Kind command(std::string_view line) {
    const auto parsed = parse_command(line, {"mail.example.com"});
    const auto* const good = std::get_if<Command>(&parsed);
    if (!good || !std::holds_alternative<Kind>(*good)) {
        ADD_FAILURE() << line << " is refused or another command: " << refusal(line);
        return {};
    }
    return std::get<Kind>(*good);
}

std::string sender(std::string_view line) {
    return command<MailFrom>(line).sender.text();
}
std::string recipient(std::string_view line) {
    return command<RcptTo>(line).recipient.text();
}

TEST(Command, ReadsGreetings) {
    EXPECT_EQ(command<Helo>("EHLO client.example.com").name, "client.example.com");
    EXPECT_TRUE(command<Helo>("ehlo client").extended);
    EXPECT_FALSE(command<Helo>("Helo [192.0.2.1]").extended);
    EXPECT_EQ(command<Helo>("HELO under_score!").name, "under_score!");
}

TEST(Command, RefusesAGreetingWithoutAUsableName) {
    EXPECT_EQ(refusal("EHLO"), "501 5.5.4");
    EXPECT_EQ(refusal("HELO "), "501 5.5.4");
    EXPECT_EQ(refusal("EHLO two words"), "501 5.5.4");
    EXPECT_EQ(refusal("EHLO caf\xc3\xa9"), "501 5.5.4");
    EXPECT_EQ(refusal("EHLO " + std::string(256, 'a')), "501 5.5.4");
    EXPECT_EQ(refusal("EHLO " + std::string(255, 'a')), "");
}

TEST(Command, ReadsMailFrom) {
    EXPECT_EQ(sender("MAIL FROM:<a@example.com>"), "a@example.com");
    EXPECT_EQ(sender("mail from:<a@example.com>"), "a@example.com");
    EXPECT_TRUE(command<MailFrom>("MAIL FROM:<>").sender.is_null());
}

TEST(Command, ReadsRcptTo) {
    EXPECT_EQ(recipient("RCPT TO:<b@example.net>"), "b@example.net");
    EXPECT_EQ(recipient("rcpt to:<\"odd > one\"@example.net>"), "\"odd > one\"@example.net");
    EXPECT_EQ(recipient("RCPT TO:<b@[192.0.2.1]>"), "b@[192.0.2.1]");
}

TEST(Command, ToleratesSpacesBehindTheColonAndAtTheEnd) {
    EXPECT_EQ(sender("MAIL FROM: <a@example.com>"), "a@example.com");
    EXPECT_EQ(recipient("RCPT TO:  <b@example.net> \t "), "b@example.net");
    EXPECT_EQ(sender("MAIL  FROM:<a@example.com>"), "a@example.com");
    EXPECT_EQ(refusal("QUIT  "), "");
}

TEST(Command, CompletesPostmaster) {
    EXPECT_EQ(recipient("RCPT TO:<Postmaster>"), "Postmaster@mail.example.com");
    EXPECT_EQ(refusal("MAIL FROM:<postmaster>"), "550 5.1.7");
}

TEST(Command, IgnoresSourceRoutes) {
    EXPECT_EQ(recipient("RCPT TO:<@a.example,@b.example:c@example.net>"), "c@example.net");
    EXPECT_EQ(sender("MAIL FROM:<@a.example:c@example.com>"), "c@example.com");
}

TEST(Command, RefusesMalformedSourceRoutes) {
    for (const char* const path : {"@a.example",
                                   "@:c@example.net",
                                   "@a.example,b.example:c@example.net",
                                   "@a.example,:c@example.net",
                                   "@a b:c@example.net",
                                   "@a.example:",
                                   "@a.example:@b.example:c@example.net"}) {
        EXPECT_EQ(refusal("RCPT TO:<" + std::string(path) + ">"), "501 5.1.3") << path;
    }
}

TEST(Command, RefusesPathsWithoutBrackets) {
    for (const char* const line : {"MAIL FROM:a@example.com",
                                   "MAIL FROM:",
                                   "MAIL FROM",
                                   "MAIL",
                                   "MAIL a@example.com",
                                   "MAIL FROM:<a@example.com",
                                   "MAIL FROM <a@example.com>",
                                   "MAIL FROM :<a@example.com>",
                                   "MAIL TO:<a@example.com>",
                                   "RCPT FROM:<a@example.com>",
                                   "RCPT TO:b@example.net",
                                   "RCPT",
                                   "MAIL FROM:<a@example.com>SIZE=1",
                                   "RCPT TO:<b@example.net>>",
                                   "RCPT TO:<\"a@example.net>",
                                   "RCPT TO:<\"a\\"}) {
        EXPECT_EQ(refusal(line), "501 5.5.2") << line;
    }
}

TEST(Command, RefusesBadAddresses) {
    EXPECT_EQ(refusal("RCPT TO:<>"), "501 5.1.3");
    EXPECT_EQ(refusal("RCPT TO:<b>"), "550 5.1.3");
    EXPECT_EQ(refusal("RCPT TO:<b@>"), "501 5.1.3");
    EXPECT_EQ(refusal("RCPT TO:<@example.net>"), "501 5.1.3");
    EXPECT_EQ(refusal("RCPT TO:<b b@example.net>"), "501 5.1.3");
    EXPECT_EQ(refusal("RCPT TO:<b@exa mple.net>"), "501 5.1.3");
    EXPECT_EQ(refusal("MAIL FROM:<a@-x.example>"), "501 5.1.7");
    EXPECT_EQ(refusal("MAIL FROM:<" + std::string(65, 'a') + "@example.com>"), "501 5.1.7");
    EXPECT_EQ(refusal("MAIL FROM:< >"), "501 5.1.7");
}

TEST(Command, RefusesAddressesBeyondAscii) {
    EXPECT_EQ(refusal("MAIL FROM:<j\xc3\xbcrgen@example.com>"), "553 5.6.7");
    EXPECT_EQ(refusal("RCPT TO:<a@b\xc3\xbc"
                      "cher.example>"),
              "553 5.6.7");
}

TEST(Command, TakesAddressesBeyondAsciiWithSmtputf8) {
    const auto mail = command<MailFrom>("MAIL FROM:<j\u00fcrgen@b\u00fccher.example> SMTPUTF8");
    EXPECT_EQ(mail.sender.text(), "j\u00fcrgen@xn--bcher-kva.example");
    EXPECT_TRUE(mail.utf8);
    EXPECT_TRUE(command<MailFrom>("MAIL FROM:<a@example.com> BODY=8BITMIME smtputf8").utf8);
    EXPECT_TRUE(command<MailFrom>("MAIL FROM:<> SMTPUTF8").sender.is_null());
    EXPECT_FALSE(command<MailFrom>("MAIL FROM:<a@example.com>").utf8);
    EXPECT_EQ(refusal("MAIL FROM:<j\u00fcrgen@example.com> BODY=8BITMIME"), "553 5.6.7");
    EXPECT_EQ(refusal("MAIL FROM:<j\xfcrgen@example.com> SMTPUTF8"), "501 5.1.7");
    EXPECT_EQ(refusal("MAIL FROM:<j\u0085rgen@example.com> SMTPUTF8"), "501 5.1.7");
}

TEST(Command, TakesRecipientsBeyondAsciiWhereMailAllowsThem) {
    const auto rcpt = [](std::string_view line) {
        const auto parsed = parse_command(line, {"mail.example.com"}, queue::Characters::Utf8);
        const auto* const good = std::get_if<Command>(&parsed);
        return good ? std::get<RcptTo>(*good).recipient.text() : std::get<Reply>(parsed).enhanced;
    };
    EXPECT_EQ(rcpt("RCPT TO:<\u7528\u6237@example.net>"), "\u7528\u6237@example.net");
    EXPECT_EQ(rcpt("RCPT TO:<\"\u00fc > \u00fc\"@example.net>"), "\"\u00fc > \u00fc\"@example.net");
    EXPECT_EQ(rcpt("RCPT TO:<@b\u00fccher.example:a@example.net>"), "a@example.net");
    EXPECT_EQ(rcpt("RCPT TO:<postmaster>"), "postmaster@mail.example.com");
    EXPECT_EQ(rcpt("RCPT TO:<\xff@example.net>"), "5.1.3");
    EXPECT_EQ(rcpt("RCPT TO:<a@example.net> SMTPUTF8"), "5.5.4");
    EXPECT_EQ(refusal("RCPT TO:<\u7528\u6237@example.net>"), "553 5.6.7");
}

TEST(Command, KeepsUtf8OutOfEveryOtherPlace) {
    const auto code = [](std::string_view line) {
        const auto parsed = parse_command(line, {"mail.example.com"}, queue::Characters::Utf8);
        const auto* const reply = std::get_if<Reply>(&parsed);
        return reply ? reply->code : 250;
    };
    EXPECT_EQ(code("EHLO caf\u00e9"), 501);
    EXPECT_EQ(code("\u00e9HLO x"), 500);
    EXPECT_EQ(code("MAIL FROM:<a@example.com> ENVID=\u00e9 SMTPUTF8"), 501);
    EXPECT_EQ(code("RCPT TO:<a@example.com> NOTIFY=\u00e9"), 501);
    EXPECT_EQ(code("RCPT TO:<a@example.com> \u00e9=1"), 501);
    EXPECT_EQ(code("AUTH PL\u00c4IN"), 501);
}

TEST(Command, ReadsSize) {
    EXPECT_EQ(command<MailFrom>("MAIL FROM:<> SIZE=12345").size, 12345U);
    EXPECT_EQ(command<MailFrom>("MAIL FROM:<> size=0").size, 0U);
    EXPECT_FALSE(command<MailFrom>("MAIL FROM:<>").size);
    EXPECT_EQ(command<MailFrom>("MAIL FROM:<> SIZE=99999999999999999999").size,
              std::numeric_limits<std::uint64_t>::max());
    for (const char* const bad : {"SIZE",
                                  "SIZE=",
                                  "SIZE=-1",
                                  "SIZE=+1",
                                  "SIZE=1k",
                                  "SIZE=0x10",
                                  "SIZE=100000000000000000000"}) {
        EXPECT_EQ(refusal("MAIL FROM:<> " + std::string(bad)), "501 5.5.4") << bad;
    }
}

TEST(Command, ReadsBody) {
    using queue::BodyKind;
    EXPECT_EQ(command<MailFrom>("MAIL FROM:<>").body, BodyKind::SevenBit);
    EXPECT_EQ(command<MailFrom>("MAIL FROM:<> BODY=7BIT").body, BodyKind::SevenBit);
    EXPECT_EQ(command<MailFrom>("MAIL FROM:<>  SIZE=1  Body=8bitmime").body,
              BodyKind::EightBitMime);
    EXPECT_EQ(refusal("MAIL FROM:<> BODY=BINARYMIME"), "501 5.5.4");
    EXPECT_EQ(refusal("MAIL FROM:<> BODY"), "501 5.5.4");
}

TEST(Command, ReadsWhatReportsAreAskedFor) {
    const auto mail = command<MailFrom>("MAIL FROM:<a@example.com> RET=HDRS ENVID=q+20 AUTH=<>");
    EXPECT_EQ(mail.sender.text(), "a@example.com");
    EXPECT_EQ(mail.ret, queue::ReturnedPart::Headers);
    EXPECT_EQ(mail.envelope_id, "q+20");
    EXPECT_TRUE(mail.submitter);
    EXPECT_FALSE(mail.require_tls);
    EXPECT_TRUE(command<MailFrom>("MAIL FROM:<> REQUIRETLS").require_tls);
    const auto rcpt = command<RcptTo>("RCPT TO:<b@example.net> NOTIFY=SUCCESS ORCPT=rfc822;x");
    EXPECT_EQ(rcpt.recipient.text(), "b@example.net");
    EXPECT_TRUE(rcpt.dsn.notify.success);
    EXPECT_EQ(rcpt.dsn.original_recipient, "rfc822;x");
    EXPECT_EQ(refusal("RCPT TO:<b@example.net> NOTIFY=SOMETIMES"), "501 5.5.4");
}

TEST(Command, RefusesUnknownParameters) {
    EXPECT_EQ(refusal("MAIL FROM:<> HOLDFOR=5"), "555 5.5.4");
    EXPECT_EQ(refusal("MAIL FROM:<> NOTIFY=NEVER"), "555 5.5.4");
    EXPECT_EQ(refusal("RCPT TO:<b@example.net> RET=FULL"), "555 5.5.4");
    EXPECT_EQ(refusal("RCPT TO:<b@example.net> SIZE=1"), "555 5.5.4");
}

TEST(Command, RefusesMalformedParameters) {
    for (const char* const bad : {"=1",
                                  "-A=1",
                                  "A_B=1",
                                  "SIZE=1=2",
                                  "BODY==",
                                  "SIZE=1 SIZE=1",
                                  "BODY=7BIT body=8BITMIME",
                                  "<x>",
                                  "SIZE=\xff"}) {
        EXPECT_EQ(refusal("MAIL FROM:<> " + std::string(bad)), "501 5.5.4") << bad;
    }
}

TEST(Command, ReadsTheShortOnes) {
    command<Data>("DATA");
    command<Data>("data");
    command<Rset>("RSET");
    command<Noop>("NOOP");
    command<Noop>("NOOP anything at all");
    command<Vrfy>("VRFY someone");
    command<Help>("HELP");
    command<Help>("HELP MAIL");
    command<Quit>("QUIT");
}

TEST(Command, RefusesArgumentsThatAreNone) {
    EXPECT_EQ(refusal("DATA now"), "501 5.5.4");
    EXPECT_EQ(refusal("RSET x"), "501 5.5.4");
    EXPECT_EQ(refusal("QUIT x"), "501 5.5.4");
    EXPECT_EQ(refusal("VRFY"), "501 5.5.4");
}

TEST(Command, ReadsStartTls) {
    command<StartTls>("STARTTLS");
    command<StartTls>("starttls ");
    EXPECT_EQ(refusal("STARTTLS now"), "501 5.5.4");
}

TEST(Command, ReadsAuth) {
    const auto bare = command<Auth>("AUTH scram-sha-256");
    EXPECT_EQ(bare.mechanism, "SCRAM-SHA-256");
    EXPECT_FALSE(bare.initial);
    EXPECT_EQ(command<Auth>("auth PLAIN AGEAYg==").initial, "AGEAYg==");
    EXPECT_EQ(command<Auth>("AUTH PLAIN =").initial, "=");
    EXPECT_EQ(command<Auth>("AUTH PLAIN  not~base64").initial, "not~base64") << "not looked at";
    EXPECT_EQ(command<Auth>("AUTH " + std::string(20, 'A')).mechanism.size(), 20U);
    EXPECT_EQ(command<Auth>("AUTH X-1_").mechanism, "X-1_");
    for (const std::string bad : {"AUTH",
                                  "AUTH ",
                                  "AUTH PLA.IN",
                                  "AUTH PLAIN= x",
                                  "AUTH caf\xc3\xa9",
                                  "AUTH PLAIN a b",
                                  "AUTH PLAIN = ="}) {
        EXPECT_EQ(refusal(bad), "501 5.5.4") << bad;
    }
    EXPECT_EQ(refusal("AUTH " + std::string(21, 'A')), "501 5.5.4");
}

TEST(Command, ReadsBdat) {
    EXPECT_EQ(command<Bdat>("BDAT 1000").size, 1000U);
    EXPECT_FALSE(command<Bdat>("BDAT 1000").last);
    EXPECT_TRUE(command<Bdat>("bdat 0 last").last);
    EXPECT_EQ(command<Bdat>("BDAT 0 LAST").size, 0U);
    EXPECT_EQ(command<Bdat>("BDAT  00000000000000000012  LAST ").size, 12U);
    EXPECT_EQ(command<Bdat>("BDAT 18446744073709551615").size,
              std::numeric_limits<std::uint64_t>::max());
    for (const char* const bad : {"BDAT",
                                  "BDAT ",
                                  "BDAT LAST",
                                  "BDAT -1",
                                  "BDAT +1",
                                  "BDAT 1k",
                                  "BDAT 0x10",
                                  "BDAT 1.0",
                                  "BDAT 18446744073709551616",
                                  "BDAT 99999999999999999999",
                                  "BDAT 000000000000000000001",
                                  "BDAT 10 LASTLY",
                                  "BDAT 10 FIRST",
                                  "BDAT 10 LAST LAST",
                                  "BDAT 10 20"}) {
        EXPECT_EQ(refusal(bad), "501 5.5.4") << bad;
        EXPECT_TRUE(announces_chunk(bad)) << bad;
    }
}

TEST(Command, TellsALineThatAnnouncesAChunk) {
    for (const char* const line : {"BDAT", "bdat 10", "BDAT\t10", "BDAT x"}) {
        EXPECT_TRUE(announces_chunk(line)) << line;
    }
    for (const char* const line : {"", "BDATA 10", " BDAT 10", "DATA", "BDA"}) {
        EXPECT_FALSE(announces_chunk(line)) << line;
    }
}

TEST(Command, KnowsWhatIsNotOffered) {
    for (const char* const line : {"EXPN list",
                                   "ETRN example.com",
                                   "TURN",
                                   "BURL imap://x LAST",
                                   "send from:<a@example.com>"}) {
        command<NotImplemented>(line);
    }
}

TEST(Command, RefusesUnknownVerbs) {
    for (const std::string_view line : {""sv,
                                        " "sv,
                                        "FOO"sv,
                                        "MAILFROM:<a@example.com>"sv,
                                        "EHLOx y"sv,
                                        " EHLO x"sv,
                                        "Subject: x"sv,
                                        "\xff\xfe"sv,
                                        "DAT"sv}) {
        EXPECT_EQ(refusal(line), "500 5.5.2") << testing::PrintToString(line);
    }
}

TEST(Command, RefusesControlCharacters) {
    for (const std::string_view line : {"EHLO a\0b"sv,
                                        "MAIL FROM:<a\r@example.com>"sv,
                                        "NOOP \x7f"sv,
                                        "MAIL\tFROM:<a@example.com>"sv,
                                        "RSET\n"sv,
                                        "NOOP \x1b[0m"sv}) {
        EXPECT_EQ(refusal(line), "500 5.5.2") << testing::PrintToString(line);
    }
}

TEST(Command, CompletesALocalPartWhereThereIsAnOrigin) {
    const Completion completion{"mail.example.com", "example.com"};
    const auto address = [&](std::string_view line) -> std::string {
        const auto parsed = parse_command(line, completion);
        if (const auto* reply = std::get_if<Reply>(&parsed)) {
            return std::to_string(reply->code);
        }
        const auto& command = std::get<smtp::Command>(parsed);
        if (const auto* mail = std::get_if<MailFrom>(&command)) {
            return mail->sender.text();
        }
        return std::get<RcptTo>(command).recipient.text();
    };
    EXPECT_EQ(address("MAIL FROM:<root>"), "root@example.com");
    EXPECT_EQ(address("MAIL FROM:<\"odd one\"> SIZE=10"), "\"odd one\"@example.com");
    EXPECT_EQ(address("MAIL FROM:<@a.example:root>"), "root@example.com");
    EXPECT_EQ(address("MAIL FROM:<>"), "");
    EXPECT_EQ(address("RCPT TO:<root>"), "root@example.com");
    EXPECT_EQ(address("RCPT TO:<Postmaster>"), "Postmaster@mail.example.com");
    EXPECT_EQ(address("RCPT TO:<b@example.net>"), "b@example.net");
    for (const auto line :
         {"RCPT TO:<>", "RCPT TO:<b@>", "RCPT TO:<@b>", "RCPT TO:<b b>", "RCPT TO:<b..c>"}) {
        EXPECT_EQ(address(line), "501") << line;
    }
}

TEST(Command, NamesTheKeyThatWouldCompleteALocalPart) {
    const auto parsed = parse_command("RCPT TO:<root>", {"mail.example.com"});
    EXPECT_NE(std::get<Reply>(parsed).text.find("intake.origin"), std::string::npos);
}

}  // namespace
}  // namespace relay::smtp
