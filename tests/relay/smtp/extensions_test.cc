#include "relay/smtp/extensions.h"

#include <string>

#include <gtest/gtest.h>

namespace relay::smtp {
namespace {

Extensions offered(std::vector<std::string> lines) {
    ServerReply reply;
    reply.code = 250;
    reply.lines = std::move(lines);
    return Extensions::parse(reply);
}

TEST(Extensions, AreReadInAnyCase) {
    const Extensions all = offered({"mx.example.net",
                                    "pipelining",
                                    "8BitMime",
                                    "Size 1000",
                                    "dsn",
                                    "SmtpUTF8 x",
                                    "requireTLS",
                                    "HELP"});
    EXPECT_TRUE(all.pipelining);
    EXPECT_TRUE(all.eight_bit);
    EXPECT_TRUE(all.dsn);
    EXPECT_TRUE(all.utf8);
    EXPECT_TRUE(all.require_tls);
    EXPECT_TRUE(all.size);
    EXPECT_EQ(all.max_size, 1000U);
}

TEST(Extensions, AreNotReadFromTheServersName) {
    const Extensions none =
        offered({"PIPELINING", "8BITMIMEX", "SIZE-1", "DSNX", "SMTPUTF8X", "REQUIRETLSX", ""});
    EXPECT_FALSE(none.pipelining);
    EXPECT_FALSE(none.eight_bit);
    EXPECT_FALSE(none.dsn);
    EXPECT_FALSE(none.utf8);
    EXPECT_FALSE(none.require_tls);
    EXPECT_FALSE(none.size);
    EXPECT_FALSE(offered({}).pipelining);
}

TEST(Extensions, HaveNoLimitWhereSizeIsZeroOrMissingOrOdd) {
    for (const char* const line : {"SIZE",
                                   "SIZE 0",
                                   "SIZE ",
                                   "SIZE many",
                                   "SIZE 10k",
                                   "SIZE -1",
                                   "SIZE 99999999999999999999999"}) {
        const Extensions extensions = offered({"mx", line});
        EXPECT_TRUE(extensions.size) << line;
        EXPECT_FALSE(extensions.max_size) << line;
    }
    EXPECT_EQ(offered({"mx", "SIZE 35882577 x"}).max_size, 35882577U);
}

}  // namespace
}  // namespace relay::smtp
