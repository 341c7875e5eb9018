// What must change, and why something cannot.
#include "relay/mime/survey.h"

#include <string>

#include <gtest/gtest.h>

#include "relay/mime/errors.h"
#include "tests/relay/mime/recode.h"

namespace relay::mime {
namespace {

constexpr Wishes kLongLines{true, false};
constexpr Wishes kEightBit{false, true};
constexpr Wishes kBoth{true, true};
const std::string kLong = std::string(999, 'x') + "\r\n";
const std::string kEight = "gr\xC3\xBC\xC3\x9F\r\n";
const std::string kMixed = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n";

std::string part(const std::string& header, const std::string& body) {
    return "--b\r\n" + header + "\r\n" + body;
}

bool changes(const tests::Message& message, Wishes wishes) {
    const auto result = tests::recode(message, wishes);
    EXPECT_TRUE(result) << result.error().message();
    if (result && !result->changed) {
        EXPECT_EQ(result->message, message);
    }
    return result && result->changed;
}

void expect_error(const tests::Message& message,
                  Wishes wishes,
                  errc code,
                  const std::string& detail) {
    const auto result = tests::recode(message, wishes);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code) << result.error().message();
    EXPECT_EQ(result.error().detail, detail);
    const auto cut = tests::recode(message, wishes, [] { return std::size_t{1}; });
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().message(), result.error().message());
}

TEST(Survey, LeavesWhatSmtpCanCarry) {
    EXPECT_FALSE(changes({"Subject: x\r\n", "hello\r\n"}, kBoth));
    EXPECT_FALSE(changes({"", ""}, kBoth));
    EXPECT_FALSE(changes({"A: b\r\n", std::string(998, 'x') + "\r\n"}, kBoth));
    EXPECT_FALSE(changes({kMixed, "pre\r\n" + part("", "x\r\n") + "--b--\r\nepi\r\n"}, kBoth));
    EXPECT_FALSE(changes({kMixed, "no delimiter\r\n"}, kBoth));
    EXPECT_FALSE(changes({"Content-Type: multipart/mixed\r\n", "x\r\n"}, kBoth));
}

TEST(Survey, ChangesOnlyWhatIsWished) {
    EXPECT_TRUE(changes({"A: b\r\n", kLong}, kLongLines));
    EXPECT_FALSE(changes({"A: b\r\n", kLong}, kEightBit));
    EXPECT_TRUE(changes({"A: b\r\n", kEight}, kEightBit));
    EXPECT_FALSE(changes({"A: b\r\n", kEight}, kLongLines));
    EXPECT_FALSE(changes({"A: b\r\n", kLong + kEight}, {}));
}

TEST(Survey, LeavesEightBitHeaderFields) {
    EXPECT_FALSE(changes({"Subject: " + kEight, "x\r\n"}, kBoth));
    EXPECT_FALSE(changes({kMixed, part("Content-Description: " + kEight, "x\r\n")}, kBoth));
}

TEST(Survey, NeverChangesSealedParts) {
    for (const std::string name : {"multipart/signed", "multipart/encrypted"}) {
        const std::string header = "Content-Type: " + name + "; boundary=c\r\n";
        EXPECT_FALSE(changes({header, kEight}, kBoth));
        EXPECT_FALSE(changes({kMixed, part(header, "--c\r\n\r\n" + kEight + "--c--\r\n")}, kBoth));
        expect_error({header, kLong}, kBoth, errc::SealedPart, name);
        expect_error({kMixed, part(header, "--c\r\n\r\n" + kLong)}, kBoth, errc::SealedPart, name);
        EXPECT_FALSE(changes({header, kLong}, kEightBit));
    }
}

TEST(Survey, ChangesWhatStandsBesideSealedParts) {
    const std::string sealed = part("Content-Type: multipart/signed; boundary=c\r\n",
                                    "--c\r\n\r\n" + kEight + "--c--\r\n");
    EXPECT_TRUE(changes({kMixed, sealed + part("", kEight) + "--b--\r\n"}, kBoth));
}

TEST(Survey, RefusesLongLinesInUnknownEncodings) {
    const std::string header =
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n";
    expect_error({header, kLong}, kBoth, errc::UnknownEncoding, "text/plain");
    EXPECT_FALSE(changes({header, kEight}, kBoth));
}

TEST(Survey, RefusesFragments) {
    const std::string header = "Content-Type: message/partial; id=x\r\n";
    expect_error({header, kLong}, kBoth, errc::Fragment, "message/partial");
    expect_error({header, kEight}, kBoth, errc::Fragment, "message/partial");
    EXPECT_FALSE(changes({header, kEight}, kLongLines));
}

TEST(Survey, RefusesMultipartsThatLackTheirBoundary) {
    expect_error({"Content-Type: multipart/mixed\r\n", kEight},
                 kBoth,
                 errc::MissingBoundary,
                 "multipart/mixed");
    expect_error({kMixed, kLong}, kBoth, errc::MissingBoundary, "multipart/mixed");
    expect_error({"Content-Type: multipart/mixed; boundary*0=b\r\n", part("", kLong)},
                 kBoth,
                 errc::MissingBoundary,
                 "multipart/mixed");
}

TEST(Survey, RefusesUnreadableHeadersOnlyOfPartsThatMustChange) {
    expect_error(
        {kMixed, part("no colon\r\n", kEight)}, kBoth, errc::BadHeader, "line 1: no colon");
    EXPECT_TRUE(changes({kMixed, part("no colon\r\n", "x\r\n") + part("", kEight)}, kBoth));
    expect_error({"Content-Type: text/plain\r\nContent-Type: text/html\r\n", kEight},
                 kBoth,
                 errc::BadHeader,
                 "more than one Content-Type");
}

TEST(Survey, RefusesFieldsThatCannotBeFolded) {
    const std::string field = "X-Blob: " + std::string(999, 'x') + "\r\n";
    expect_error({field, ""}, kBoth, errc::LongField, "X-Blob");
    expect_error({kMixed, part(field, "x\r\n")}, kBoth, errc::LongField, "X-Blob");
    expect_error({kMixed, "--b\r\n" + field + "--b--\r\n"}, kBoth, errc::LongField, "X-Blob");
    expect_error({kMixed, "--b\r\n" + field}, kBoth, errc::LongField, "X-Blob");
    EXPECT_FALSE(changes({field, ""}, kEightBit));
}

TEST(Survey, MeetsItsLimitsOnlyWhereSomethingMustChange) {
    std::string many;
    for (std::size_t i = 0; i < kMaxParts; ++i) {
        many += part("", "x\r\n");
    }
    EXPECT_FALSE(changes({kMixed, many}, kBoth));
    EXPECT_FALSE(changes({kMixed, many + kEight}, kLongLines));
    expect_error({kMixed, many + kEight}, kBoth, errc::TooManyParts, "");
    expect_error({kMixed, part("", kLong) + many}, kBoth, errc::TooManyParts, "");
    expect_error({kMixed, kLong + many}, kBoth, errc::TooManyParts, "");

    std::string header;
    while (header.size() < kMaxPartHeader) {
        header += "A: " + std::string(90, 'a') + "\r\n";
    }
    EXPECT_FALSE(changes({kMixed, part(header, "x\r\n")}, kBoth));
    expect_error({kMixed, part(header, kLong)}, kBoth, errc::PartHeaderTooLarge, "");

    std::string deep;
    for (std::size_t i = 0; i < kMaxDepth; ++i) {
        deep += "Content-Type: message/rfc822\r\n\r\n";
    }
    EXPECT_FALSE(changes({"Content-Type: message/rfc822\r\n", deep}, kBoth));
    expect_error({"Content-Type: message/rfc822\r\n", deep + kEight}, kBoth, errc::TooDeep, "");
}

TEST(Survey, SaysInWordsWhatASenderCanChange) {
    const auto result =
        tests::recode({"Content-Type: multipart/signed; boundary=c\r\n", kLong}, kBoth);
    ASSERT_FALSE(result);
    EXPECT_EQ(
        result.error().message(),
        "a line is longer than 998 octets inside a signed or encrypted part, which must not be "
        "changed: multipart/signed");
}

}  // namespace
}  // namespace relay::mime
