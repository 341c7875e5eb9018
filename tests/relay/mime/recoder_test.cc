// What becomes of bodies.
#include "relay/mime/recoder.h"

#include <string>

#include <gtest/gtest.h>

#include "conf/utf8.h"
#include "tests/relay/mime/message_reader.h"
#include "tests/relay/mime/recode.h"

namespace relay::mime {
namespace {

constexpr Wishes kBoth{true, true};
const std::string kLong = std::string(1500, 'x') + "\r\n";
const std::string kEight = "gr\xC3\xBC\xC3\x9F " + std::string(40, 'e') + "\r\n";
const std::string kMixed = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n";

tests::Message recoded(const tests::Message& message, Wishes wishes = kBoth) {
    const auto result = tests::recode(message, wishes);
    EXPECT_TRUE(result) << result.error().message();
    if (!result) {
        return {};
    }
    EXPECT_TRUE(result->changed);
    EXPECT_LE(tests::longest_line(result->message.body), 998U);
    return result->message;
}

tests::ReadPart read(const tests::Message& message) {
    return tests::read_part(message.header, message.body);
}

TEST(Recoder, EncodesPlainTextAsQuotedPrintable) {
    const auto message = recoded({"Subject: x\r\n", "a=b \r\n" + kLong + kEight});
    EXPECT_EQ(message.header,
              "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n");
    EXPECT_TRUE(message.body.starts_with("a=3Db=20\r\nxxx"));
    EXPECT_LE(tests::longest_line(message.body), 76U);
    EXPECT_EQ(read(message).content, "a=b \r\n" + kLong + kEight);
}

TEST(Recoder, EncodesWhatIsNotMostlyAsciiAsBase64) {
    const auto message = recoded({"Subject: x\r\n", "\xC3\xBC\xC3\xBC\r\n"});
    EXPECT_EQ(message.body, "w7zDvA0K\r\n");
    EXPECT_EQ(read(message).encoding, "base64");
}

TEST(Recoder, EncodesWhatIsNoTextAsBase64) {
    const auto message = recoded({"Content-Type: application/json\r\n", kLong});
    EXPECT_EQ(read(message).encoding, "base64");
    EXPECT_EQ(read(message).content, kLong);
    EXPECT_TRUE(message.body.ends_with("\r\n"));
    EXPECT_FALSE(message.body.ends_with("\r\n\r\n"));
}

TEST(Recoder, KeepsALastLineWithoutItsEnd) {
    EXPECT_EQ(read(recoded({"", kLong + "end"})).content, kLong + "end");
    EXPECT_EQ(read(recoded({"Content-Type: a/b\r\n", kLong + "end"})).content, kLong + "end");
}

TEST(Recoder, EncodesOnlyThePartsThatNeedIt) {
    const std::string first = "--b\r\nA: 1\r\n\r\nplain  \r\n";
    const std::string third =
        "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b-- "
        "\r\n";
    const auto message =
        recoded({kMixed,
                 "pre\r\n" + first + "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
                     kEight + third + "epi\r\n"});
    EXPECT_EQ(message.header, kMixed);
    EXPECT_EQ(message.body,
              "pre\r\n" + first +
                  "--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: quoted-printable\r\n\r\ngr=C3=BC=C3=9F " +
                  std::string(40, 'e') + "\r\n" + third + "epi\r\n");
}

TEST(Recoder, LeavesTheCrlfBeforeADelimiterToTheDelimiter) {
    for (const std::string content : {"\xFF", "\xFF\r\n", "\xFF\r\n\r\n", "\r\n\xFF"}) {
        for (const std::string type : {"text/plain", "a/b"}) {
            const auto message = recoded(
                {kMixed, "--b\r\nContent-Type: " + type + "\r\n\r\n" + content + "\r\n--b--\r\n"});
            const auto part = read(message);
            ASSERT_EQ(part.parts.size(), 1U);
            EXPECT_EQ(part.parts[0].content, content);
            EXPECT_TRUE(message.body.ends_with("\r\n--b--\r\n"));
        }
    }
}

TEST(Recoder, LeavesOutAPreambleOrEpilogueThatCannotBeSent) {
    const auto message = recoded({kMixed, kEight + "\r\n--b\r\n\r\nx\r\n--b--\r\n" + kLong});
    EXPECT_EQ(message.header, kMixed);
    EXPECT_EQ(message.body, "--b\r\n\r\nx\r\n--b--\r\n");
    // The other one stays.
    EXPECT_EQ(recoded({kMixed, "pre\r\n--b\r\n\r\nx\r\n--b--\r\n" + kLong}).body,
              "pre\r\n--b\r\n\r\nx\r\n--b--\r\n");
    EXPECT_EQ(recoded({kMixed, kLong + "--b\r\n\r\nx\r\n--b--\r\nepi"}).body,
              "--b\r\n\r\nx\r\n--b--\r\nepi");
}

TEST(Recoder, LeavesOutTheEpilogueOfAnInnerMultipart) {
    const std::string inner =
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n";
    EXPECT_EQ(recoded({kMixed, inner + "\r\n" + kEight + "--b--\r\n"}).body, inner + "--b--\r\n");
}

TEST(Recoder, MendsQuotedPrintable) {
    const std::string header =
        "Content-Transfer-Encoding: Quoted-Printable\r\nContent-Type: text/html\r\n";
    const std::string body = "=C3=BC=\r\n" + std::string(2000, 'y') + "\r\n\xC3\xBC\r\n";
    const auto message = recoded({header, body});
    EXPECT_EQ(message.header, header + "MIME-Version: 1.0\r\n");
    EXPECT_EQ(read(message).content, "\xC3\xBC" + std::string(2000, 'y') + "\r\n\xC3\xBC\r\n");
    EXPECT_TRUE(conf::is_ascii(message.body));
}

TEST(Recoder, MendsBase64) {
    const std::string header = "MIME-Version: 1.0\r\nContent-Transfer-Encoding: BASE64\r\n";
    const auto message = recoded({header, std::string(4000, 'Q') + "\r\n"});
    EXPECT_EQ(message.header, header);
    EXPECT_EQ(tests::longest_line(message.body), 76U);
    EXPECT_EQ(read(message).content, tests::decode_loose_base64(std::string(4000, 'Q')));
    EXPECT_TRUE(message.body.ends_with("Q\r\n"));
}

TEST(Recoder, EncodesWithinAMessageInAMessage) {
    const std::string outer = "--b\r\nContent-Type: message/rfc822\r\n\r\n";
    const std::string inner =
        "Subject: in\r\nContent-Type: text/plain; charset=x\r\nContent-Transfer-Encoding: 8bit\r\n";
    const auto message = recoded({kMixed, outer + inner + "\r\n" + kEight + "\r\n--b--\r\n"});
    EXPECT_EQ(
        message.body.find(
            outer + "Subject: in\r\nContent-Type: text/plain; charset=x\r\n"
                    "Content-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\n\r\n"),
        0U);
    EXPECT_EQ(tests::leaves(read(message)).at(0).content, kEight);
}

TEST(Recoder, EncodesAGlobalMessageAsALeaf) {
    const auto message =
        recoded({"Content-Type: message/global\r\n", "Subject: \xC3\xBC\r\n\r\nx\r\n"});
    EXPECT_EQ(read(message).encoding, "base64");
    EXPECT_EQ(read(message).content, "Subject: \xC3\xBC\r\n\r\nx\r\n");
}

TEST(Recoder, EncodesWhereTheLastDelimiterIsMissing) {
    const auto message = recoded({kMixed, "--b\r\n\r\n" + kEight});
    EXPECT_EQ(tests::leaves(read(message)).at(0).content, kEight);
}

TEST(Recoder, WritesNoLineThatLooksLikeADelimiter) {
    // Decoded differently, these lines would become delimiters.
    const std::string header = "Content-Type: multipart/mixed; boundary=\"a=3Db\"\r\n";
    const auto message = recoded({header, "--a=3Db\r\n\r\n--a=b\r\n" + kEight + "--a=3Db--\r\n"});
    const auto part = read(message);
    ASSERT_EQ(part.parts.size(), 1U);
    EXPECT_EQ(part.parts[0].content + "\r\n", "--a=b\r\n" + kEight);
}

TEST(Recoder, WritesTheSameOctetsWhereNothingChanges) {
    const tests::Message message{kMixed, "x\r\n--b\r\nno colon\r\n\r\n\nb\r--b--"};
    const auto result = tests::recode(message, kBoth);
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->changed);
    EXPECT_EQ(result->message, message);
}

}  // namespace
}  // namespace relay::mime
