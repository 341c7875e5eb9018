#include "relay/out/mx_resolver.h"

#include <gtest/gtest.h>

#include "tests/support/fake_dns.h"
#include "tests/support/run_task.h"

namespace {

using queue::Outcome;
using relay::out::Route;
using Status = relay::net::Answer::Status;
using Type = relay::net::RecordType;

class MxResolverTest : public ::testing::Test {
protected:
    std::variant<Route, Outcome> resolve(const std::string& domain) {
        relay::Current current({std::make_shared<const conf::Config>(config_), nullptr});
        relay::out::MxResolver resolver(
            dns_, current, [this](const conf::IpAddress& address, std::uint16_t port) {
                return port == 25 && address.text() == us_;
            });
        return support::run_task(resolver.resolve(domain));
    }
    Outcome refusal(const std::string& domain) {
        auto resolved = resolve(domain);
        EXPECT_TRUE(std::holds_alternative<Outcome>(resolved));
        return std::holds_alternative<Outcome>(resolved) ? std::get<Outcome>(resolved) : Outcome();
    }
    std::vector<std::string> hosts(const std::string& domain) {
        auto resolved = resolve(domain);
        std::vector<std::string> names;
        if (const auto* route = std::get_if<Route>(&resolved)) {
            for (const auto& host : route->hosts) {
                names.push_back(host.name);
            }
        }
        return names;
    }

    support::FakeDns dns_;
    conf::Config config_;
    std::string us_;
};

TEST_F(MxResolverTest, OrdersHostsByPreference) {
    dns_.mx("one.test", 20, "b.one.test");
    dns_.mx("one.test", 10, "a.one.test");
    dns_.address("a.one.test", "192.0.2.1");
    dns_.address("b.one.test", "192.0.2.2");
    EXPECT_EQ(hosts("one.test"), (std::vector<std::string>{"a.one.test", "b.one.test"}));
}

TEST_F(MxResolverTest, SharesASiteBetweenDomainsWithTheSameHosts) {
    for (const std::string domain : {"one.test", "two.test"}) {
        dns_.mx(domain, 10, "mx.shared.test");
    }
    dns_.address("mx.shared.test", "192.0.2.1");
    EXPECT_EQ(std::get<Route>(resolve("one.test")).site, std::get<Route>(resolve("two.test")).site);
}

TEST_F(MxResolverTest, FallsBackToTheAddressWhenThereIsNoMx) {
    dns_.address("one.test", "192.0.2.1");
    EXPECT_EQ(hosts("one.test"), std::vector<std::string>{"one.test"});
}

TEST_F(MxResolverTest, InterleavesFamilies) {
    dns_.mx("one.test", 10, "mx.one.test");
    dns_.address("mx.one.test", "192.0.2.1");
    dns_.address("mx.one.test", "192.0.2.2");
    dns_.address("mx.one.test", "2001:db8::1");
    const auto route = std::get<Route>(resolve("one.test"));
    ASSERT_EQ(route.hosts.front().addresses.size(), 3U);
    EXPECT_TRUE(route.hosts.front().addresses[0].is_v6());
    EXPECT_TRUE(route.hosts.front().addresses[1].is_v4());
}

TEST_F(MxResolverTest, UsesOnlyTheConfiguredFamily) {
    config_.delivery.addresses = conf::AddressFamilies::Ipv4;
    dns_.address("one.test", "192.0.2.1");
    dns_.address("one.test", "2001:db8::1");
    EXPECT_EQ(std::get<Route>(resolve("one.test")).hosts.front().addresses.size(), 1U);
}

TEST_F(MxResolverTest, RefusesADomainThatDoesNotExist) {
    const auto outcome = refusal("missing.test");
    EXPECT_EQ(outcome.kind, Outcome::Kind::Failed);
    EXPECT_EQ(outcome.status.text(), "5.1.2");
}

TEST_F(MxResolverTest, RefusesTheNullMx) {
    dns_.mx("one.test", 0, "");
    EXPECT_EQ(refusal("one.test").status.text(), "5.1.10");
}

TEST_F(MxResolverTest, IgnoresTheNullMxAmongOthers) {
    dns_.mx("one.test", 0, "");
    dns_.mx("one.test", 10, "mx.one.test");
    dns_.address("mx.one.test", "192.0.2.1");
    EXPECT_EQ(hosts("one.test"), std::vector<std::string>{"mx.one.test"});
}

TEST_F(MxResolverTest, NeverBouncesOnATemporaryFailure) {
    for (const auto status : {Status::Failed, Status::TimedOut, Status::Bogus}) {
        dns_.fail("one.test", Type::Mx, status);
        dns_.address("one.test", "192.0.2.1");
        const auto outcome = refusal("one.test");
        EXPECT_EQ(outcome.kind, Outcome::Kind::Deferred);
        EXPECT_EQ(outcome.status.text(), "4.4.3");
    }
}

TEST_F(MxResolverTest, DefersWhenTheHostsAddressFailsToResolve) {
    dns_.mx("one.test", 10, "mx.one.test");
    dns_.fail("mx.one.test", Type::A, Status::Failed);
    dns_.fail("mx.one.test", Type::Aaaa, Status::Failed);
    EXPECT_EQ(refusal("one.test").status.text(), "4.4.3");
}

TEST_F(MxResolverTest, RefusesHostsWithoutAddresses) {
    dns_.mx("one.test", 10, "gone.one.test");
    EXPECT_EQ(refusal("one.test").status.text(), "5.4.4");
}

TEST_F(MxResolverTest, SkipsPrivateAddressesUnlessAllowed) {
    dns_.address("one.test", "10.0.0.1");
    const auto outcome = refusal("one.test");
    EXPECT_EQ(outcome.kind, Outcome::Kind::Deferred);
    EXPECT_EQ(outcome.status.text(), "4.4.4");
    EXPECT_NE(outcome.text.find("allow_private_addresses"), std::string::npos);
    config_.delivery.allowed_private_addresses = {*conf::IpNetwork::parse("10.0.0.0/8")};
    EXPECT_EQ(hosts("one.test"), std::vector<std::string>{"one.test"});
}

TEST_F(MxResolverTest, LeavesOutItselfAndWhatIsWorse) {
    dns_.mx("one.test", 10, "a.one.test");
    dns_.mx("one.test", 20, "us.one.test");
    dns_.mx("one.test", 20, "b.one.test");
    dns_.mx("one.test", 30, "c.one.test");
    dns_.address("a.one.test", "192.0.2.1");
    dns_.address("b.one.test", "192.0.2.2");
    dns_.address("c.one.test", "192.0.2.3");
    dns_.address("us.one.test", "192.0.2.99");
    us_ = "192.0.2.99";
    EXPECT_EQ(hosts("one.test"), std::vector<std::string>{"a.one.test"});
}

TEST_F(MxResolverTest, FindsALoop) {
    dns_.address("one.test", "192.0.2.99");
    us_ = "192.0.2.99";
    EXPECT_EQ(refusal("one.test").status.text(), "5.4.6");
}

TEST_F(MxResolverTest, TakesAddressLiterals) {
    EXPECT_EQ(hosts("[192.0.2.1]"), std::vector<std::string>{"[192.0.2.1]"});
    EXPECT_EQ(hosts("[IPv6:2001:db8::1]"), std::vector<std::string>{"[IPv6:2001:db8::1]"});
    EXPECT_EQ(refusal("[127.0.0.1]").status.text(), "4.4.4");
    EXPECT_EQ(refusal("[224.0.0.1]").status.text(), "5.4.4");
}

}  // namespace
