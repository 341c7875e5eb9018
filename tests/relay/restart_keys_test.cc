#include "relay/restart_keys.h"

#include <gtest/gtest.h>

namespace {

TEST(RestartKeys, NamesWhatDiffers) {
    conf::Config running;
    conf::Config fresh = running;
    EXPECT_TRUE(relay::keys_that_need_a_restart(running, fresh).empty());
    fresh.data_dir = "/elsewhere";
    fresh.dns.local_data = {"a.test. A 192.0.2.1"};
    fresh.listeners.emplace_back();
    EXPECT_EQ(relay::keys_that_need_a_restart(running, fresh),
              (std::vector<std::string>{"data_dir", "listener.address", "dns"}));
}

TEST(RestartKeys, LeavesOutWhatTakesEffectAtOnce) {
    conf::Config running;
    conf::Config fresh = running;
    fresh.limits.connections = 5;
    fresh.delivery.connections = 5;
    fresh.log.level = conf::LogLevel::Debug;
    EXPECT_TRUE(relay::keys_that_need_a_restart(running, fresh).empty());
}

}  // namespace
