#include "relay/mime/content.h"

#include <string>

#include <gtest/gtest.h>

namespace relay::mime {
namespace {

Content of_type(const std::string& type, const std::string& more = "") {
    return read_content("Content-Type: " + type + "\r\n" + more, DefaultType::Text);
}

Encoding encoding_of(const std::string& value) {
    return of_type("text/plain", "content-transfer-encoding: " + value + "\r\n").encoding;
}

TEST(Content, IsPlainTextWhereNothingIsSaid) {
    const Content content = read_content("", DefaultType::Text);
    EXPECT_EQ(content.kind, Kind::Leaf);
    EXPECT_EQ(content.encoding, Encoding::None);
    EXPECT_TRUE(content.is_text);
    EXPECT_TRUE(content.takes_charset);
    EXPECT_FALSE(content.has_mime_version);
}

TEST(Content, IsAMessageInADigestWhereNothingIsSaid) {
    EXPECT_EQ(of_type("multipart/digest; boundary=a").of_parts, DefaultType::Message);
    EXPECT_EQ(of_type("multipart/mixed; boundary=a").of_parts, DefaultType::Text);
    EXPECT_EQ(read_content("", DefaultType::Message).kind, Kind::Message);
    EXPECT_EQ(read_content("Content-Type: text/plain\r\n", DefaultType::Message).kind, Kind::Leaf);
    EXPECT_EQ(read_content("Content-Transfer-Encoding: base64\r\n", DefaultType::Message).kind,
              Kind::Leaf);
}

TEST(Content, KnowsWhatHoldsParts) {
    EXPECT_EQ(of_type("multipart/mixed; boundary=a").kind, Kind::Multipart);
    EXPECT_EQ(of_type("multipart/mixed; boundary=a").boundary, "a");
    EXPECT_EQ(of_type("multipart/mixed").kind, Kind::Unbounded);
    EXPECT_EQ(of_type("Message/RFC822").kind, Kind::Message);
    EXPECT_EQ(of_type("message/global").kind, Kind::Leaf);
    EXPECT_EQ(of_type("message/delivery-status").kind, Kind::Leaf);
    EXPECT_EQ(of_type("message/partial").kind, Kind::Fragment);
    EXPECT_EQ(of_type("message/external-body").kind, Kind::Fragment);
}

TEST(Content, NeverLooksIntoSignedOrEncryptedParts) {
    EXPECT_EQ(of_type("multipart/signed; boundary=a").kind, Kind::Sealed);
    EXPECT_EQ(of_type("Multipart/Encrypted").kind, Kind::Sealed);
    EXPECT_EQ(of_type("multipart/signed", "Content-Transfer-Encoding: base64\r\n").kind,
              Kind::Sealed);
}

TEST(Content, IsALeafWhereItIsEncodedWhateverItIs) {
    for (const char* encoding : {"base64", "quoted-printable", "x-uuencode"}) {
        const std::string field = "Content-Transfer-Encoding: " + std::string(encoding) + "\r\n";
        EXPECT_EQ(of_type("multipart/mixed; boundary=a", field).kind, Kind::Leaf);
        EXPECT_EQ(of_type("message/rfc822", field).kind, Kind::Leaf);
        EXPECT_EQ(of_type("message/partial", field).kind, Kind::Leaf);
    }
}

TEST(Content, ReadsTheEncoding) {
    EXPECT_EQ(encoding_of("7bit"), Encoding::SevenBit);
    EXPECT_EQ(encoding_of("8BIT (yes)"), Encoding::EightBit);
    EXPECT_EQ(encoding_of("binary"), Encoding::Binary);
    EXPECT_EQ(encoding_of("Quoted-Printable"), Encoding::QuotedPrintable);
    EXPECT_EQ(encoding_of("\r\n base64"), Encoding::Base64);
    EXPECT_EQ(encoding_of(""), Encoding::None);
    EXPECT_EQ(encoding_of("8-bit"), Encoding::Unknown);
    EXPECT_EQ(encoding_of("base64, 8bit"), Encoding::Unknown);
}

TEST(Content, TakesACharsetWhereTextNamesNone) {
    EXPECT_TRUE(of_type("text/html").takes_charset);
    EXPECT_FALSE(of_type("text/html; charset=x").takes_charset);
    EXPECT_FALSE(of_type("image/png").takes_charset);
    EXPECT_FALSE(of_type("text").takes_charset);
    EXPECT_TRUE(of_type("text").is_text);
    EXPECT_FALSE(of_type("text/plain; x=" + std::string(900, 'a')).takes_charset);
}

TEST(Content, IsUnreadableWhereTheHeaderIsBrokenOrSaysAThingTwice) {
    EXPECT_EQ(read_content("no colon\r\n", DefaultType::Text).kind, Kind::Unreadable);
    EXPECT_EQ(read_content(" fold\r\n", DefaultType::Text).kind, Kind::Unreadable);
    EXPECT_EQ(of_type("text/plain", "content-type: text/html\r\n").kind, Kind::Unreadable);
    const Content twice = of_type(
        "text/plain", "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 8bit\r\n");
    EXPECT_EQ(twice.kind, Kind::Unreadable);
    EXPECT_EQ(twice.name, "more than one Content-Transfer-Encoding");
}

TEST(Content, NotesTheMimeVersion) {
    EXPECT_TRUE(read_content("mime-version: 1.0\r\n", DefaultType::Text).has_mime_version);
}

}  // namespace
}  // namespace relay::mime
