#include "conf/endpoint.h"

#include <gtest/gtest.h>

namespace conf {
namespace {

TEST(Endpoint, ReadsAndPrintsItsThreeForms) {
    for (const auto* text : {"127.0.0.1:2525",
                             "[::1]:25",
                             "0.0.0.0:0",
                             "[2001:db8::1]:65535",
                             "unix:/run/a.sock",
                             "unix:relative:with:colons"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_TRUE(endpoint) << text;
        EXPECT_EQ(endpoint->text(), text);
    }
    EXPECT_EQ(parse_endpoint("[::1]:25")->port, 25);
    EXPECT_TRUE(parse_endpoint("unix:/x")->is_unix());
    EXPECT_FALSE(parse_endpoint("127.0.0.1:1")->is_unix());
}

TEST(Endpoint, RefusesEverythingElseWithAdvice) {
    for (const auto* text : {"",
                             ":",
                             ":25",
                             "127.0.0.1",
                             "127.0.0.1:",
                             "127.0.0.1:65536",
                             "127.0.0.1:-1",
                             "127.0.0.1:+1",
                             "127.0.0.1:25 ",
                             "localhost:25",
                             "::1:25",
                             "[127.0.0.1]:25",
                             "[::1]",
                             "[::1:25",
                             "unix:",
                             "[]:25"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_FALSE(endpoint) << text;
        EXPECT_FALSE(endpoint.error().detail.empty()) << text;
    }
}

}  // namespace
}  // namespace conf
