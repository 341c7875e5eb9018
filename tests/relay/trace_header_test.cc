#include "relay/trace_header.h"

#include <gtest/gtest.h>

namespace {

relay::Trace trace() {
    relay::Trace made;
    made.id = queue::MessageId(0);
    made.hostname = "relay.example.com";
    made.helo = "client.example";
    made.client = "192.0.2.7";
    made.extended = true;
    made.sender = "app@example.com";
    made.now = conf::Instant(std::chrono::milliseconds(1795330800123));
    return made;
}

std::string final_of(const std::string& header, const relay::Trace& by = trace()) {
    return relay::final_header(*dkim::Header::parse(header), by);
}

const std::string kWhole = "From: a@example.com\r\nDate: x\r\nMessage-ID: <y>\r\n";

TEST(TraceHeader, PutsReceivedOnTop) {
    auto by = trace();
    by.only_recipient = "a@one.test";
    EXPECT_EQ(
        final_of(kWhole, by),
        "Received: from client.example ([192.0.2.7])\r\n\tby relay.example.com with ESMTP id " +
            by.id.text() + "\r\n\tfor <a@one.test>;\r\n\tSun, 22 Nov 2026 07:00:00 +0000\r\n" +
            kWhole);
}

TEST(TraceHeader, NamesNoRecipientWhenThereAreSeveral) {
    EXPECT_EQ(final_of(kWhole).find("for <"), std::string::npos);
}

TEST(TraceHeader, WritesIpv6AsALiteral) {
    auto by = trace();
    by.client = "2001:db8::7";
    EXPECT_NE(final_of(kWhole, by).find("([IPv6:2001:db8::7])"), std::string::npos);
}

TEST(TraceHeader, LetsNoHeloInjectSyntax) {
    auto by = trace();
    by.helo = "evil) by other; <x>\"\\(";
    const auto header = final_of(kWhole, by);
    EXPECT_NE(header.find("from evilbyotherx ([192.0.2.7])"), std::string::npos) << header;
}

TEST(TraceHeader, RemovesBlindRecipientsAndReturnPath) {
    const auto header = final_of(
        "Bcc: secret@one.test,\r\n other@one.test\r\nReturn-Path: <x@y>\r\nRESENT-BCC: "
        "z@one.test\r\n" +
        kWhole);
    EXPECT_EQ(header.find("secret"), std::string::npos);
    EXPECT_EQ(header.find("other@"), std::string::npos);
    EXPECT_EQ(header.find("Return-Path"), std::string::npos);
    EXPECT_EQ(header.find("z@one.test"), std::string::npos);
}

TEST(TraceHeader, RemovesVerdictsThatClaimToBeOurs) {
    const auto left = [](const std::string& value) {
        return final_of("Authentication-Results:" + value + "\r\n" + kWhole)
                   .find("Authentication-Results") != std::string::npos;
    };
    EXPECT_FALSE(left(" relay.example.com; dkim=pass"));
    EXPECT_FALSE(left(" Relay.Example.COM 1; dkim=pass"));
    EXPECT_FALSE(left("\r\n\trelay.example.com;\r\n\tspf=pass"));
    EXPECT_FALSE(left(" (a (nested \\) one) here) relay.example.com(x); none"));
    EXPECT_FALSE(left(" \"relay.ex\\ample.com\"; none"));
    EXPECT_TRUE(left(" mx.elsewhere.test; dkim=fail"));
    EXPECT_TRUE(left(" relay.example.com.elsewhere.test; dkim=fail"));
    EXPECT_TRUE(left(" (relay.example.com"));
    EXPECT_TRUE(left(""));
}

TEST(TraceHeader, AddsWhatIsMissingAndNothingElse) {
    const auto header = final_of("Subject: x\r\n");
    EXPECT_NE(header.find("From: <app@example.com>\r\n"), std::string::npos);
    EXPECT_NE(header.find("Date: Sun, 22 Nov 2026 07:00:00 +0000\r\n"), std::string::npos);
    EXPECT_NE(header.find("Message-ID: <" + trace().id.text() + "@relay.example.com>\r\n"),
              std::string::npos);
    EXPECT_TRUE(final_of(kWhole).ends_with(kWhole));
}

TEST(TraceHeader, KeepsFieldsAsTheyCame) {
    const std::string odd = "X-Odd:  two  spaces\t\r\n\tand a fold \r\n";
    EXPECT_NE(final_of(odd + kWhole).find(odd), std::string::npos);
}

TEST(TraceHeader, NamesTheProtocolOfUtf8) {
    const auto with = [](bool tls, bool authenticated) {
        auto by = trace();
        by.utf8 = true;
        by.tls = tls;
        by.authenticated = authenticated;
        const auto header = final_of(kWhole, by);
        const auto begin = header.find(" with ") + 6;
        return header.substr(begin, header.find(' ', begin) - begin);
    };
    EXPECT_EQ(with(false, false), "UTF8SMTP");
    EXPECT_EQ(with(false, true), "UTF8SMTPA");
    EXPECT_EQ(with(true, false), "UTF8SMTPS");
    EXPECT_EQ(with(true, true), "UTF8SMTPSA");
}

TEST(TraceHeader, NamesNoRecipientBeyondAscii) {
    auto by = trace();
    by.utf8 = true;
    by.only_recipient = "j\u00fcrgen@one.test";
    const auto header = final_of(kWhole, by);
    EXPECT_EQ(header.find("for <"), std::string::npos);
    EXPECT_EQ(header.find('\xc3'), std::string::npos);
}

TEST(TraceHeader, CompletesBareAddressesWhereAnOriginIsGiven) {
    const std::string header =
        "From: Root <root>\r\nDate: x\r\nMessage-ID: <y>\r\nReply-To: ops, a@one.test\r\n"
        "To: team: root,\r\n admin;\r\nCC: \"odd one\"\r\nSubject: root, admin\r\n";
    auto by = trace();
    EXPECT_NE(final_of(header, by).find("From: Root <root>\r\n"), std::string::npos);
    by.origin = *conf::DomainName::parse("example.com");
    const auto completed = final_of(header, by);
    EXPECT_NE(completed.find("From: Root <root@example.com>\r\n"), std::string::npos) << completed;
    EXPECT_NE(completed.find("Reply-To: ops@example.com, a@one.test\r\n"), std::string::npos);
    EXPECT_NE(completed.find("To: team: root@example.com,\r\n admin@example.com;\r\n"),
              std::string::npos);
    EXPECT_NE(completed.find("CC: \"odd one\"@example.com\r\n"), std::string::npos);
    EXPECT_NE(completed.find("Subject: root, admin\r\n"), std::string::npos);
}

TEST(TraceHeader, LeavesWhatIsNoListOfAddressesAsItIs) {
    auto by = trace();
    by.origin = *conf::DomainName::parse("example.com");
    const auto header = final_of(kWhole + "To: undisclosed recipients\r\n", by);
    EXPECT_NE(header.find("To: undisclosed recipients\r\n"), std::string::npos);
}

}  // namespace
