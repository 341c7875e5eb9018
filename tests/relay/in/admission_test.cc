#include "relay/in/admission.h"

#include <vector>

#include <gtest/gtest.h>

namespace {

conf::IpAddress address(const std::string& text) {
    return *conf::IpAddress::parse(text);
}

conf::Limits limits(int total, int per_client) {
    conf::Limits made;
    made.connections = total;
    made.connections_per_client = per_client;
    return made;
}

TEST(Admission, LimitsOneClientWithoutHurtingOthers) {
    relay::in::Admission admission(limits(10, 2));
    const auto first = admission.enter(address("192.0.2.1"));
    const auto second = admission.enter(address("192.0.2.1"));
    EXPECT_TRUE(first);
    EXPECT_TRUE(second);
    EXPECT_FALSE(admission.enter(address("192.0.2.1")));
    EXPECT_TRUE(admission.enter(address("192.0.2.2")));
}

TEST(Admission, LimitsAllTogether) {
    relay::in::Admission admission(limits(2, 2));
    const auto first = admission.enter(address("192.0.2.1"));
    const auto second = admission.enter(address("192.0.2.2"));
    EXPECT_FALSE(admission.enter(address("192.0.2.3")));
}

TEST(Admission, CountsThoseBehindAProxyOnceTheyAreKnown) {
    relay::in::Admission admission(limits(3, 1));
    auto first = admission.enter_proxy();
    auto second = admission.enter_proxy();
    EXPECT_TRUE(first.become(address("192.0.2.1")));
    EXPECT_FALSE(second.become(address("192.0.2.1")));
    EXPECT_FALSE(admission.enter(address("192.0.2.1")));
    EXPECT_TRUE(second.become(address("192.0.2.2")));
    const auto third = admission.enter_proxy();
    EXPECT_FALSE(admission.enter_proxy()) << "all together";
}

TEST(Admission, KeepsOnePlaceOfTwentyForThisHost) {
    relay::in::Admission admission(limits(20, 20));
    std::vector<relay::in::Admission::Place> places;
    for (int i = 0; i < 19; ++i) {
        places.push_back(admission.enter(address("192.0.2.1")));
        EXPECT_TRUE(places.back());
    }
    EXPECT_FALSE(admission.enter(address("192.0.2.2")));
    EXPECT_TRUE(admission.enter(address("127.0.0.1")));
}

TEST(Admission, GivesPlacesBack) {
    relay::in::Admission admission(limits(1, 1));
    for (int i = 0; i < 3; ++i) {
        const auto place = admission.enter(address("192.0.2.1"));
        EXPECT_TRUE(place);
        EXPECT_FALSE(admission.enter(address("192.0.2.1")));
    }
}

TEST(Admission, FollowsANewLimit) {
    relay::in::Admission admission(limits(1, 1));
    const auto first = admission.enter(address("192.0.2.1"));
    admission.reconfigure(limits(2, 2));
    EXPECT_TRUE(admission.enter(address("192.0.2.1")));
}

}  // namespace
