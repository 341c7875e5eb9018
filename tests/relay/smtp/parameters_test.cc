#include "relay/smtp/parameters.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace relay::smtp {
namespace {

using queue::Notify;
using queue::ReturnedPart;

/// "code enhanced" of the refusal; empty for none.
template <class Command>
std::string refusal(std::string_view text) {
    Command command;
    const auto reply = read_parameters(text, command);
    if (!reply) {
        return "";
    }
    EXPECT_FALSE(reply->text.empty());
    return std::to_string(reply->code) + " " + reply->enhanced;
}

template <class Command>
Command read(std::string_view text) {
    Command command;
    const auto reply = read_parameters(text, command);
    EXPECT_FALSE(reply) << text << ": " << reply->text;
    return command;
}

MailFrom mail(std::string_view text) {
    return read<MailFrom>(text);
}
RcptTo rcpt(std::string_view text) {
    return read<RcptTo>(text);
}

TEST(Parameters, SayNothingWhereThereAreNone) {
    EXPECT_EQ(mail("").ret, ReturnedPart::Unset);
    EXPECT_EQ(mail("").envelope_id, "");
    EXPECT_FALSE(mail("").submitter);
    EXPECT_EQ(rcpt("").dsn, queue::DsnRequest{});
}

TEST(Parameters, ReadRet) {
    EXPECT_EQ(mail("RET=FULL").ret, ReturnedPart::Full);
    EXPECT_EQ(mail("ret=hdrs").ret, ReturnedPart::Headers);
    for (const char* const bad :
         {"RET", "RET=", "RET=HEADERS", "RET=FULL,HDRS", "RET=FULL RET=FULL"}) {
        EXPECT_EQ(refusal<MailFrom>(bad), "501 5.5.4") << bad;
    }
}

TEST(Parameters, ReadEnvidAsReceived) {
    EXPECT_EQ(mail("ENVID=QQ314159").envelope_id, "QQ314159");
    EXPECT_EQ(mail("envid=+41b+20C").envelope_id, "+41b+20C");
    EXPECT_EQ(mail("ENVID=" + std::string(100, 'x')).envelope_id.size(), 100U);
    for (const std::string bad :
         {"ENVID", "ENVID=", "ENVID=a+", "ENVID=a+0D+0Ab", "ENVID=+2b", "ENVID=a ENVID=b"}) {
        EXPECT_EQ(refusal<MailFrom>(bad), "501 5.5.4") << bad;
    }
    EXPECT_EQ(refusal<MailFrom>("ENVID=" + std::string(101, 'x')), "501 5.5.4");
}

TEST(Parameters, ReadRequireTls) {
    EXPECT_TRUE(mail("REQUIRETLS").require_tls);
    EXPECT_TRUE(mail("SIZE=5 RequireTls RET=HDRS").require_tls);
    EXPECT_FALSE(mail("SIZE=5").require_tls);
    for (const char* const bad :
         {"REQUIRETLS=", "REQUIRETLS=1", "REQUIRETLS=yes", "REQUIRETLS REQUIRETLS"}) {
        EXPECT_EQ(refusal<MailFrom>(bad), "501 5.5.4") << bad;
    }
    EXPECT_EQ(refusal<MailFrom>("REQUIRETLSX"), "555 5.5.4");
    EXPECT_EQ(refusal<RcptTo>("REQUIRETLS"), "555 5.5.4");
}

TEST(Parameters, ReadTheSubmitter) {
    const auto nobody = mail("AUTH=<>").submitter;
    ASSERT_TRUE(nobody);
    EXPECT_TRUE(nobody->is_null());
    EXPECT_TRUE(mail("AUTH=+3C+3E").submitter->is_null());
    EXPECT_EQ(mail("AUTH=e+3Dmc2@example.com").submitter->text(), "e=mc2@example.com");
    for (const char* const bad : {"AUTH",
                                  "AUTH=",
                                  "AUTH=user",
                                  "AUTH=@example.com",
                                  "AUTH=<a@example.com>",
                                  "AUTH=a+0D@example.com",
                                  "AUTH=j+C3+BC@example.com",
                                  "AUTH=a@example.com+",
                                  "AUTH=<> AUTH=<>"}) {
        EXPECT_EQ(refusal<MailFrom>(bad), "501 5.5.4") << bad;
    }
}

TEST(Parameters, ReadSeveralOfMail) {
    const MailFrom all = mail("RET=HDRS SIZE=100  ENVID=id BODY=8BITMIME AUTH=<>");
    EXPECT_EQ(all.ret, ReturnedPart::Headers);
    EXPECT_EQ(all.size, 100U);
    EXPECT_EQ(all.envelope_id, "id");
    EXPECT_EQ(all.body, queue::BodyKind::EightBitMime);
    EXPECT_TRUE(all.submitter);
}

TEST(Parameters, ReadNotify) {
    EXPECT_EQ(rcpt("NOTIFY=NEVER").dsn.notify, (Notify{.never = true}));
    EXPECT_EQ(rcpt("notify=never").dsn.notify, (Notify{.never = true}));
    EXPECT_EQ(rcpt("NOTIFY=SUCCESS").dsn.notify, (Notify{.success = true}));
    EXPECT_EQ(rcpt("NOTIFY=Failure,delay").dsn.notify, (Notify{.failure = true, .delay = true}));
    EXPECT_EQ(rcpt("NOTIFY=DELAY,SUCCESS,FAILURE").dsn.notify,
              (Notify{.success = true, .failure = true, .delay = true}));
    for (const char* const bad : {"NOTIFY",
                                  "NOTIFY=",
                                  "NOTIFY=ALWAYS",
                                  "NOTIFY=NEVER,SUCCESS",
                                  "NOTIFY=SUCCESS,NEVER",
                                  "NOTIFY=NEVER,NEVER",
                                  "NOTIFY=SUCCESS,SUCCESS",
                                  "NOTIFY=SUCCESS,success",
                                  "NOTIFY=,SUCCESS",
                                  "NOTIFY=SUCCESS,",
                                  "NOTIFY=SUCCESS,,DELAY",
                                  "NOTIFY=,",
                                  "NOTIFY=SUCCESS;DELAY",
                                  "NOTIFY=SUCCESS NOTIFY=DELAY"}) {
        EXPECT_EQ(refusal<RcptTo>(bad), "501 5.5.4") << bad;
    }
}

TEST(Parameters, ReadOrcptAsReceived) {
    EXPECT_EQ(rcpt("ORCPT=rfc822;Bob+2Btag@Example.COM").dsn.original_recipient,
              "rfc822;Bob+2Btag@Example.COM");
    const RcptTo both = rcpt("orcpt=x400;a NOTIFY=DELAY");
    EXPECT_EQ(both.dsn.original_recipient, "x400;a");
    EXPECT_TRUE(both.dsn.notify.delay);
    EXPECT_EQ(refusal<RcptTo>("ORCPT=rfc822;" + std::string(493, 'a')), "");
    EXPECT_EQ(refusal<RcptTo>("ORCPT=rfc822;" + std::string(494, 'a')), "501 5.5.4");
    for (const char* const bad : {"ORCPT",
                                  "ORCPT=",
                                  "ORCPT=bob@example.com",
                                  "ORCPT=rfc822;",
                                  "ORCPT=;bob@example.com",
                                  "ORCPT=rfc822;bob+0D+0A@example.com",
                                  "ORCPT=rfc822;b+C3+BCcher@example.com",
                                  "ORCPT=rfc822;a ORCPT=rfc822;a"}) {
        EXPECT_EQ(refusal<RcptTo>(bad), "501 5.5.4") << bad;
    }
}

TEST(Parameters, AreUnknownToTheOtherCommand) {
    for (const char* const text : {"NOTIFY=NEVER", "ORCPT=rfc822;a", "X=1"}) {
        EXPECT_EQ(refusal<MailFrom>(text), "555 5.5.4") << text;
    }
    for (const char* const text : {"RET=FULL", "ENVID=a", "AUTH=<>", "SIZE=1", "BODY=7BIT", "X"}) {
        EXPECT_EQ(refusal<RcptTo>(text), "555 5.5.4") << text;
    }
}

TEST(Parameters, ReadSmtputf8WithoutAValue) {
    EXPECT_FALSE(mail("").utf8);
    EXPECT_TRUE(mail("SMTPUTF8").utf8);
    EXPECT_TRUE(mail("BODY=8BITMIME SmtpUtf8 SIZE=1").utf8);
    for (const char* const bad : {"SMTPUTF8=", "SMTPUTF8=yes", "SMTPUTF8 SMTPUTF8"}) {
        EXPECT_EQ(refusal<MailFrom>(bad), "501 5.5.4") << bad;
    }
    EXPECT_EQ(refusal<RcptTo>("SMTPUTF8"), "555 5.5.4");
}

TEST(Parameters, ReadOrcptInUtf8WhereItIsAllowed) {
    const auto original = [](std::string_view text, queue::Characters allowed) {
        RcptTo rcpt;
        const auto reply = read_parameters(text, rcpt, allowed);
        return reply ? std::to_string(reply->code) : rcpt.dsn.original_recipient;
    };
    constexpr auto kUtf8 = queue::Characters::Utf8;
    EXPECT_EQ(original("ORCPT=utf-8;J\u00fcrgen@Example.NET", kUtf8),
              "utf-8;J\\x{FC}rgen@Example.NET");
    EXPECT_EQ(original("ORCPT=utf-8;J\\x{FC}rgen@Example.NET", queue::Characters::Ascii),
              "utf-8;J\\x{FC}rgen@Example.NET");
    EXPECT_EQ(original("ORCPT=rfc822;a+2Bb@example.net", kUtf8), "rfc822;a+2Bb@example.net");
    EXPECT_EQ(original("ORCPT=utf-8;J\u00fcrgen@example.net", queue::Characters::Ascii), "501");
    EXPECT_EQ(original("ORCPT=rfc822;J\u00fcrgen@example.net", kUtf8), "501");
    EXPECT_EQ(original("ORCPT=utf-8;J\xfcrgen@example.net", kUtf8), "501");
    EXPECT_EQ(original("ORCPT=utf-8;J\u0085rgen@example.net", kUtf8), "501");
    std::string longest;
    for (int i = 0; i < 90; ++i) {
        longest += "\u00fc";  // 540 octets where it is written out
    }
    EXPECT_EQ(original("ORCPT=utf-8;" + longest, kUtf8), "501");
}

}  // namespace
}  // namespace relay::smtp
