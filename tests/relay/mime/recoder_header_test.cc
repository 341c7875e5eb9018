// What becomes of the headers of what is encoded, and of what encloses it.
#include <string>

#include <gtest/gtest.h>

#include "relay/mime/recoder.h"
#include "tests/relay/mime/message_reader.h"
#include "tests/relay/mime/recode.h"

namespace relay::mime {
namespace {

constexpr Wishes kLongLines{true, false};
constexpr Wishes kEightBit{false, true};
constexpr Wishes kBoth{true, true};
const std::string kLong = std::string(1500, 'x') + "\r\n";
const std::string kEight = "gr\xC3\xBC\xC3\x9F\r\n";

tests::Message recoded(const tests::Message& message, Wishes wishes = kBoth) {
    const auto result = tests::recode(message, wishes);
    EXPECT_TRUE(result) << result.error().message();
    return result ? result->message : tests::Message{};
}

std::string charset_after(const std::string& type, const std::string& body, Wishes wishes = kBoth) {
    const auto message = recoded({"Content-Type: " + type + "\r\n", body}, wishes);
    return tests::read_part(message.header, message.body).charset;
}

TEST(RecoderHeader, NamesTheCharsetThatTheOctetsShow) {
    EXPECT_EQ(charset_after("text/plain", kEight), "utf-8");
    EXPECT_EQ(charset_after("text/html; x=y", kEight), "utf-8");
    EXPECT_EQ(charset_after("text/plain", "gr\xFC\xDF\r\n"), "unknown-8bit");
    EXPECT_EQ(charset_after("text/plain", kEight + "\xC3\r\n\xBC"), "unknown-8bit");
    EXPECT_EQ(charset_after("text/plain", kEight + "\xC3"), "unknown-8bit");
    EXPECT_EQ(charset_after("text/plain", kLong + kEight, kLongLines), "utf-8");
}

TEST(RecoderHeader, LeavesTheCharsetThatStandsThere) {
    EXPECT_EQ(charset_after("text/plain; charset=iso-8859-1", kEight), "iso-8859-1");
    EXPECT_EQ(charset_after("text/plain", kLong), "");
    EXPECT_EQ(charset_after("application/octet-stream", kEight), "");
    EXPECT_EQ(charset_after("text", kEight), "");
}

TEST(RecoderHeader, ReplacesTheEncodingInItsPlace) {
    EXPECT_EQ(recoded({"MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\nContent-Type: "
                       "text/plain; charset=utf-8\r\n",
                       kEight + std::string(50, 'x')})
                  .header,
              "MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: "
              "text/plain; charset=utf-8\r\n");
}

std::string nested(const std::string& encoding,
                   const std::string& first,
                   const std::string& second) {
    return "--b\r\nContent-Type: multipart/alternative; boundary=c\r\nContent-Transfer-Encoding: " +
           encoding + "\r\n\r\n--c\r\n\r\n" + first +
           "--c\r\nContent-Type: multipart/signed\r\n\r\n" + second + "--c--\r\n--b--\r\n";
}

TEST(RecoderHeader, SaysSevenBitOfWhatEnclosesOnlyEncodedParts) {
    const std::string header =
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
        "boundary=b\r\nContent-Transfer-Encoding: ";
    for (const std::string encoding : {"8bit", "binary"}) {
        const auto message =
            recoded({header + encoding + "\r\n", nested(encoding, kEight, "x\r\n")});
        EXPECT_EQ(message.header, header + "7bit\r\n");
        EXPECT_NE(message.body.find("boundary=c\r\nContent-Transfer-Encoding: 7bit\r\n"),
                  std::string::npos);
        EXPECT_EQ(message.body.find("8bit"), std::string::npos);
    }
    // 8-bit text that must stay, in the innermost multipart or a header.
    EXPECT_EQ(recoded({header + "8bit\r\n", nested("8bit", kEight, kEight)}).header,
              header + "8bit\r\n");
    EXPECT_EQ(recoded({header + "8bit\r\n", "--b\r\nX: " + kEight + "\r\n" + kEight + "--b--\r\n"})
                  .header,
              header + "8bit\r\n");
    EXPECT_EQ(recoded({header + "binary\r\n", nested("binary", kEight, kLong)}, kEightBit).header,
              header + "binary\r\n");
    // Nothing was encoded.
    EXPECT_EQ(recoded({header + "8bit\r\n", nested("8bit", "x\r\n", "x\r\n")}).header,
              header + "8bit\r\n");
    EXPECT_EQ(recoded({header + "7bit\r\n", nested("7bit", kEight, "x\r\n")}).header,
              header + "7bit\r\n");
}

TEST(RecoderHeader, SaysSevenBitOnceAnEightBitPreambleIsGone) {
    const std::string header =
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
        "boundary=b\r\nContent-Transfer-Encoding: ";
    EXPECT_EQ(recoded({header + "8bit\r\n", kEight + "--b\r\n\r\nx\r\n--b--\r\n"}).header,
              header + "7bit\r\n");
}

TEST(RecoderHeader, SaysSevenBitOfAnEnclosedMessage) {
    const std::string header =
        "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: ";
    EXPECT_EQ(recoded({header + "8bit\r\n", "Subject: x\r\n\r\n" + kEight}).header,
              header + "7bit\r\n");
    EXPECT_EQ(recoded({header + "8bit\r\n", "Subject: " + kEight + "\r\n" + kEight}).header,
              header + "8bit\r\n");
}

TEST(RecoderHeader, AddsTheMimeVersionOnlyToMessages) {
    const auto message = recoded({"Content-Type: multipart/mixed; boundary=b\r\n",
                                  "--b\r\n\r\n" + kEight + std::string(50, 'x') + "\r\n--b--\r\n"});
    EXPECT_EQ(message.header, "Content-Type: multipart/mixed; boundary=b\r\nMIME-Version: 1.0\r\n");
    EXPECT_EQ(message.body.find("MIME-Version"), std::string::npos);
    EXPECT_EQ(recoded({"A: b\r\n", "x\r\n"}).header, "A: b\r\n");
}

TEST(RecoderHeader, FoldsLongFieldsOfTheMessageAndItsParts) {
    const std::string field = "X: " + std::string(700, 'a') + " " + std::string(700, 'b') + "\r\n";
    const std::string folded =
        "X: " + std::string(700, 'a') + "\r\n " + std::string(700, 'b') + "\r\n";
    const std::string type = "Content-Type: multipart/mixed; boundary=b\r\n";
    const auto message =
        recoded({field + type, "--b\r\n" + field + "\r\nx\r\n--b\r\n" + field + "--b\r\n" + field});
    EXPECT_EQ(message.header, folded + type);
    EXPECT_EQ(message.body, "--b\r\n" + folded + "\r\nx\r\n--b\r\n" + folded + "--b\r\n" + folded);
    EXPECT_EQ(recoded({field, "x\r\n"}, kEightBit).header, field);
}

TEST(RecoderHeader, FoldsAndEncodesAtOnce) {
    const std::string words = std::string(700, 'a') + " " + std::string(700, 'b');
    const auto message =
        recoded({"Content-Type: text/plain; charset=x\r\nX: " + words + "\r\n", kLong});
    EXPECT_EQ(message.header,
              "Content-Type: text/plain; charset=x\r\nX: " + std::string(700, 'a') + "\r\n " +
                  std::string(700, 'b') +
                  "\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n");
}

}  // namespace
}  // namespace relay::mime
