#include "relay/in/message_rates.h"

#include <gtest/gtest.h>

namespace {

using relay::in::MessageRates;

conf::IpAddress numbered(unsigned number) {
    return conf::IpAddress::v4({10,
                                static_cast<std::uint8_t>(number >> 16),
                                static_cast<std::uint8_t>(number >> 8 & 0xff),
                                static_cast<std::uint8_t>(number & 0xff)});
}

TEST(MessageRates, AdmitSoManyAMinute) {
    MessageRates rates;
    const auto start = MessageRates::Clock::now();
    EXPECT_TRUE(rates.admit(numbered(1), 2, start));
    EXPECT_TRUE(rates.admit(numbered(1), 2, start + std::chrono::seconds(50)));
    EXPECT_FALSE(rates.admit(numbered(1), 2, start + std::chrono::seconds(59)));
    EXPECT_TRUE(rates.admit(numbered(2), 2, start + std::chrono::seconds(59)));
    EXPECT_TRUE(rates.admit(numbered(1), 2, start + std::chrono::seconds(60)));
}

TEST(MessageRates, RememberABoundedNumberOfClients) {
    MessageRates rates;
    const auto start = MessageRates::Clock::now();
    for (unsigned i = 0; i < MessageRates::kClients + 10; ++i) {
        EXPECT_TRUE(rates.admit(numbered(i), 1, start));
    }
    EXPECT_TRUE(rates.admit(numbered(0), 1, start)) << "forgotten";
    EXPECT_FALSE(rates.admit(numbered(MessageRates::kClients + 9), 1, start));
}

}  // namespace
