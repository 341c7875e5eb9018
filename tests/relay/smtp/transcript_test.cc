#include "relay/smtp/transcript.h"

#include <gtest/gtest.h>

namespace relay::smtp {
namespace {

TEST(Transcript, HasTheLinesOfBothSides) {
    Transcript transcript;
    transcript.note("connected to mx.example.net [192.0.2.1]");
    transcript.heard({220, std::nullopt, {"mx.example.net ready"}});
    transcript.said("EHLO mail.example.com\r\n");
    transcript.heard({250, std::nullopt, {"mx.example.net", "PIPELINING"}});
    transcript.said("MAIL FROM:<app@example.com>\r\nRCPT TO:<user@example.net>\r\n");
    transcript.said_octets(12345);
    transcript.heard({451, std::nullopt, {}});
    EXPECT_EQ(transcript.text(),
              "-- connected to mx.example.net [192.0.2.1]\n"
              "S: 220 mx.example.net ready\n"
              "C: EHLO mail.example.com\n"
              "S: 250-mx.example.net\n"
              "S: 250 PIPELINING\n"
              "C: MAIL FROM:<app@example.com>\n"
              "C: RCPT TO:<user@example.net>\n"
              "C: (12345 octets)\n"
              "S: 451\n");
    transcript.clear();
    EXPECT_EQ(transcript.text(), "");
}

TEST(Transcript, CutsOutTheMiddleOfALongOne) {
    Transcript transcript;
    for (int i = 0; i < 5000; ++i) {
        transcript.said("RCPT TO:<user" + std::to_string(i) + "@example.net>\r\n");
    }
    const std::string text = transcript.text();
    EXPECT_LE(text.size(), Transcript::kMost + 100);
    EXPECT_TRUE(text.starts_with("C: RCPT TO:<user0@example.net>\n"));
    EXPECT_TRUE(text.ends_with("C: RCPT TO:<user4999@example.net>\n"));
    EXPECT_NE(text.find("octets left out)\n"), std::string::npos);
    EXPECT_GT(text.size(), Transcript::kMost / 2);
}

TEST(Transcript, CutsLongLines) {
    Transcript transcript;
    transcript.said(std::string(100000, 'x') + "\r\n");
    transcript.heard({250, std::nullopt, {std::string(100000, 'y')}});
    EXPECT_LE(transcript.text().size(), 2100U);
}

TEST(Transcript, NeverShowsASecret) {
    Transcript transcript;
    transcript.said("AUTH PLAIN AHVzZXIAc2VjcmV0\r\n");
    transcript.said("auth LOGIN\r\n");
    transcript.heard({334, std::nullopt, {"VXNlcm5hbWU6"}});
    transcript.said("c2VjcmV0\r\n");
    transcript.heard({235, std::nullopt, {"welcome"}});
    transcript.said("MAIL FROM:<app@example.com>\r\n");
    const std::string text = transcript.text();
    EXPECT_EQ(text.find("AHVzZXIAc2VjcmV0"), std::string::npos) << text;
    EXPECT_EQ(text.find("c2VjcmV0"), std::string::npos) << text;
    EXPECT_NE(text.find("C: AUTH PLAIN (not shown)\n"), std::string::npos) << text;
    EXPECT_NE(text.find("C: (not shown)\n"), std::string::npos) << text;
    EXPECT_NE(text.find("C: MAIL FROM:<app@example.com>\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace relay::smtp
