#include "relay/in/logins.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace {

using relay::in::Logins;
using Clock = Logins::Clock;

conf::IpAddress address(const std::string& text) {
    return *conf::IpAddress::parse(text);
}

class LoginsTest : public testing::Test {
protected:
    LoginsTest() {
        auto config = std::make_shared<conf::Config>();
        conf::User user;
        user.name = "billing";
        user.password = relay::smtp::make_verifier("secret", std::string(16, 's'), 4096);
        config->users.push_back(user);
        current_.set(config, nullptr);
    }

    void fail(const std::string& client, int times, Clock::time_point now) {
        for (int i = 0; i < times; ++i) {
            logins_.failed(address(client), now);
        }
    }

    relay::Current current_{{std::make_shared<conf::Config>(), nullptr}};
    Logins logins_{current_};
    const Clock::time_point start_ = Clock::now();
};

TEST_F(LoginsTest, KnowTheUsersInForce) {
    EXPECT_EQ(logins_.verifier_of("billing"), current_.get().config->users[0].password);
    current_.set(std::make_shared<conf::Config>(), nullptr);
    EXPECT_NE(logins_.verifier_of("billing").salt, std::string(16, 's'));
}

TEST_F(LoginsTest, GiveANameThatNobodyHasAlwaysTheSameVerifier) {
    const auto nobody = logins_.verifier_of("nobody");
    EXPECT_EQ(nobody, logins_.verifier_of("nobody"));
    EXPECT_NE(nobody.salt, logins_.verifier_of("somebody").salt);
    EXPECT_EQ(nobody.salt.size(), 16U);
    EXPECT_EQ(nobody.stored_key.size(), 32U);
    EXPECT_EQ(nobody.iterations, 10'000);
    Logins other(current_);
    EXPECT_NE(nobody.salt, other.verifier_of("nobody").salt) << "not to be computed in advance";
}

TEST_F(LoginsTest, MakeNoncesThatDoNotRepeat) {
    const std::string nonce = Logins::make_nonce();
    EXPECT_GE(nonce.size(), 18U);
    EXPECT_EQ(nonce.find(','), std::string::npos);
    EXPECT_NE(nonce, Logins::make_nonce());
}

TEST_F(LoginsTest, LockAnAddressAfterTenFailuresForAWhile) {
    fail("192.0.2.1", Logins::kFailures - 1, start_);
    EXPECT_FALSE(logins_.is_locked(address("192.0.2.1"), start_));
    EXPECT_TRUE(logins_.failed(address("192.0.2.1"), start_));
    EXPECT_TRUE(logins_.is_locked(address("192.0.2.1"), start_));
    EXPECT_FALSE(logins_.is_locked(address("192.0.2.2"), start_));
    EXPECT_FALSE(logins_.is_locked(address("192.0.2.1"), start_ + Logins::kLock));
}

TEST_F(LoginsTest, ForgetFailuresThatAreOldOrFollowedByASuccess) {
    fail("192.0.2.1", Logins::kFailures - 1, start_);
    const auto later = start_ + Logins::kMemory + std::chrono::seconds(1);
    EXPECT_FALSE(logins_.failed(address("192.0.2.1"), later));
    fail("192.0.2.2", Logins::kFailures - 1, start_);
    logins_.succeeded(address("192.0.2.2"));
    EXPECT_FALSE(logins_.failed(address("192.0.2.2"), start_));
}

TEST_F(LoginsTest, CountAnIpv6CustomerAsOne) {
    for (int i = 0; i < Logins::kFailures; ++i) {
        logins_.failed(address("2001:db8:0:1::" + std::to_string(i + 1)), start_);
    }
    EXPECT_TRUE(logins_.is_locked(address("2001:db8:0:1:ffff::1"), start_));
    EXPECT_FALSE(logins_.is_locked(address("2001:db8:0:2::1"), start_));
}

TEST_F(LoginsTest, RememberABoundedNumberOfAddresses) {
    fail("192.0.2.1", Logins::kFailures, start_);
    for (std::size_t i = 0; i < Logins::kAddresses; ++i) {
        const auto number = static_cast<unsigned>(i);
        logins_.failed(conf::IpAddress::v4({10,
                                            static_cast<std::uint8_t>(number >> 16),
                                            static_cast<std::uint8_t>(number >> 8 & 0xff),
                                            static_cast<std::uint8_t>(number & 0xff)}),
                       start_ + std::chrono::milliseconds(i + 1));
    }
    EXPECT_FALSE(logins_.is_locked(address("192.0.2.1"), start_)) << "the oldest went";
}

}  // namespace
