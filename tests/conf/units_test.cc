#include "conf/units.h"

#include <gtest/gtest.h>

namespace conf {
namespace {

using namespace std::chrono_literals;

TEST(Units, ReadsEachUnitOfTime) {
    EXPECT_EQ(parse_duration("500ms").value(), 500ms);
    EXPECT_EQ(parse_duration("8s").value(), 8s);
    EXPECT_EQ(parse_duration("15m").value(), 15min);
    EXPECT_EQ(parse_duration("4h").value(), 4h);
    EXPECT_EQ(parse_duration("4d").value(), 96h);
    EXPECT_EQ(parse_duration("0").value(), 0s);
    EXPECT_EQ(parse_duration("0h").value(), 0s);
    EXPECT_EQ(parse_duration("3650d").value(), 24h * 3650);
}

TEST(Units, RefusesOtherDurationsWithAdvice) {
    for (const auto* text : {"",
                             "5",
                             "m",
                             "-5m",
                             "+5m",
                             "5 m",
                             " 5m",
                             "5m ",
                             "1.5h",
                             "5M",
                             "5min",
                             "1h30m",
                             "5w",
                             "3651d",
                             "99999999999999999999ms",
                             "18446744073709551615d",
                             "0x5s"}) {
        const auto parsed = parse_duration(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_NE(parsed.error().message().find("15m"), std::string::npos);
    }
}

TEST(Units, PrintsDurationsInTheLargestExactUnit) {
    EXPECT_EQ(duration_text(0s), "0");
    EXPECT_EQ(duration_text(1500ms), "1500ms");
    EXPECT_EQ(duration_text(90s), "90s");
    EXPECT_EQ(duration_text(60s), "1m");
    EXPECT_EQ(duration_text(120min), "2h");
    EXPECT_EQ(duration_text(96h), "4d");
    EXPECT_EQ(duration_text(25h), "25h");
}

TEST(Units, ReadsSizes) {
    EXPECT_EQ(parse_size("0").value(), 0U);
    EXPECT_EQ(parse_size("512").value(), 512U);
    EXPECT_EQ(parse_size("10KiB").value(), 10240U);
    EXPECT_EQ(parse_size("25MiB").value(), 26214400U);
    EXPECT_EQ(parse_size("1GiB").value(), 1073741824U);
    EXPECT_EQ(parse_size("1024TiB").value(), std::uint64_t{1} << 50U);
}

TEST(Units, RefusesOtherSizesWithAdvice) {
    for (const auto* text : {"",
                             "MiB",
                             "-1",
                             "1MB",
                             "1mib",
                             "1 MiB",
                             "1.5MiB",
                             "1B",
                             "1025TiB",
                             "99999999999999999999"}) {
        const auto parsed = parse_size(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_NE(parsed.error().message().find("25MiB"), std::string::npos);
    }
}

TEST(Units, PrintsSizesInTheLargestExactUnit) {
    EXPECT_EQ(size_text(0), "0");
    EXPECT_EQ(size_text(1000), "1000");
    EXPECT_EQ(size_text(1536), "1536");
    EXPECT_EQ(size_text(2048), "2KiB");
    EXPECT_EQ(size_text(26214400), "25MiB");
    EXPECT_EQ(size_text(std::uint64_t{1} << 40U), "1TiB");
}

}  // namespace
}  // namespace conf
