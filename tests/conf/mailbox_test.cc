#include "conf/mailbox.h"

#include <gtest/gtest.h>

namespace conf {
namespace {

TEST(Mailbox, KeepsTheLocalPartAndFoldsTheDomain) {
    const auto mailbox = parse_mailbox("Post.Master+x@EXAMPLE.com.");
    ASSERT_TRUE(mailbox);
    EXPECT_EQ(mailbox->text(), "Post.Master+x@example.com");
    EXPECT_EQ(mailbox->domain.text(), "example.com");
    EXPECT_TRUE(parse_mailbox("!#$%&'*/=?^_`{|}~-@a.b"));
    EXPECT_TRUE(parse_mailbox(std::string(64, 'a') + "@a.b"));
}

TEST(Mailbox, RefusesWhatIsNoDotStringAtADomain) {
    for (const std::string& text : std::vector<std::string>{"",
                                                            "a",
                                                            "@",
                                                            "@b.c",
                                                            "a@",
                                                            ".a@b.c",
                                                            "a.@b.c",
                                                            "a..b@b.c",
                                                            "a b@b.c",
                                                            "<a@b.c>",
                                                            "\"a\"@b.c",
                                                            "a@b@c",
                                                            "a@[192.0.2.1]",
                                                            "a\r\nb@b.c",
                                                            "\xC3\xBC@b.c",
                                                            "a@b c",
                                                            std::string(65, 'a') + "@a.b"}) {
        EXPECT_FALSE(parse_mailbox(text)) << text;
    }
}

}  // namespace
}  // namespace conf
