#include "conf/nearest.h"

#include <vector>

#include <gtest/gtest.h>

namespace conf {
namespace {

const std::vector<std::string> kWords = {
    "hostname", "postmaster", "port", "tls", "idle_timeout", "data_timeout"};

TEST(Nearest, FindsLettersLeftOutAddedExchangedAndSwapped) {
    EXPECT_EQ(nearest("hostnam", kWords), "hostname");
    EXPECT_EQ(nearest("hosstname", kWords), "hostname");
    EXPECT_EQ(nearest("hastname", kWords), "hostname");
    EXPECT_EQ(nearest("ohstname", kWords), "hostname");
    EXPECT_EQ(nearest("prot", kWords), "port");
    EXPECT_EQ(nearest("tsl", kWords), "tls");
}

TEST(Nearest, CaseAndHyphensMakeNoDifference) {
    EXPECT_EQ(nearest("HostName", kWords), "hostname");
    EXPECT_EQ(nearest("Idle-Timeout", kWords), "idle_timeout");
}

TEST(Nearest, PrefersTheNearer) {
    EXPECT_EQ(nearest("dta_timeout", kWords), "data_timeout");
}

TEST(Nearest, FarWordsHaveNoNeighbour) {
    EXPECT_EQ(nearest("xyzzy", kWords), std::nullopt);
    EXPECT_EQ(nearest("", kWords), std::nullopt);
    EXPECT_EQ(nearest("q", kWords), std::nullopt);
    EXPECT_EQ(nearest(std::string(100000, 'a'), kWords), std::nullopt);
    EXPECT_EQ(nearest("port", {}), std::nullopt);
}

}  // namespace
}  // namespace conf
