#include "relay/mime/header_edit.h"

#include <string>

#include <gtest/gtest.h>

namespace relay::mime {
namespace {

std::string edited(std::string_view header,
                   std::string_view encoding,
                   std::string_view charset = "",
                   bool mime_version = false) {
    HeaderEdit edit;
    edit.transfer_encoding = encoding;
    edit.charset = charset;
    edit.add_mime_version = mime_version;
    return edit_header(header, edit);
}

TEST(HeaderEdit, ReplacesTheValueOfTheEncodingInItsPlace) {
    EXPECT_EQ(edited("A: 1\r\nContent-TRANSFER-encoding :\r\n 8bit (x)\r\nB: 2\r\n", "base64"),
              "A: 1\r\nContent-TRANSFER-encoding: base64\r\nB: 2\r\n");
}

TEST(HeaderEdit, AddsWhatIsMissingAtTheEnd) {
    EXPECT_EQ(edited("A: 1\r\n", "base64"), "A: 1\r\nContent-Transfer-Encoding: base64\r\n");
    EXPECT_EQ(edited("", "quoted-printable", "utf-8", true),
              "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n");
}

TEST(HeaderEdit, PutsTheCharsetBehindTheSubtype) {
    EXPECT_EQ(edited("Content-Type: Text/Plain\r\n", "", "utf-8"),
              "Content-Type: Text/Plain; charset=utf-8\r\n");
    EXPECT_EQ(edited("Content-type:text/plain (c);\r\n format=flowed; \r\n", "", "unknown-8bit"),
              "Content-type:text/plain; charset=unknown-8bit (c);\r\n format=flowed; \r\n");
}

TEST(HeaderEdit, ChangesNothingElse) {
    const std::string header =
        "Subject: =?utf-8?q?x?= \xC3\xA4 \r\nTo:\r\n\ta@b\r\nMIME-Version: 1.0\r\n";
    EXPECT_EQ(edited(header, ""), header);
    EXPECT_EQ(edited(header, "7bit"), header + "Content-Transfer-Encoding: 7bit\r\n");
    EXPECT_EQ(edited("no header", "7bit"), "no header");
}

TEST(HeaderEdit, FoldsLongLines) {
    HeaderEdit edit;
    edit.fold = true;
    const std::string first(600, 'a');
    const std::string second(600, 'b');
    EXPECT_EQ(edit_header("X: " + first + " " + second + "\r\n", edit),
              "X: " + first + "\r\n " + second + "\r\n");
}

}  // namespace
}  // namespace relay::mime
