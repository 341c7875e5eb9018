// The real resolver over libunbound, without a network: local data, and a server on loopback that
// never answers.
#include "relay/net/resolver.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gtest/gtest.h>

#include "relay/net/unbound_context.h"
#include "tests/support/run_task.h"

namespace relay::net {
namespace {

using Status = Answer::Status;

/// Receives questions and says nothing.
class SilentServer {
public:
    explicit SilentServer(asio::io_context& context)
        : socket_(context, asio::ip::udp::endpoint(asio::ip::address_v4::loopback(), 0)) {}
    [[nodiscard]] conf::Endpoint endpoint() const {
        return conf::Endpoint{
            conf::IpAddress::parse("127.0.0.1").value(), socket_.local_endpoint().port(), ""};
    }

private:
    asio::ip::udp::socket socket_;
};

class ResolverTest : public testing::Test {
protected:
    ResolverTest() : silent_(context_) {
        settings_.servers = {silent_.endpoint()};
        settings_.timeout = std::chrono::milliseconds(200);
        settings_.local_data = {
            "example.com. MX 20 mx2.example.com.",
            "example.com. MX 10 MX1.example.com.",
            "example.com. TXT \"v=spf1 \" \"-all\"",
            "mx1.example.com. 120 IN A 192.0.2.1",
            "1.2.0.192.in-addr.arpa. PTR mx1.example.com.",
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR "
            "mx1.example.com.",
            "1.0.0.127.in-addr.arpa. PTR me.example.com.",
            "relay.test. A 127.0.0.9",
            "mx1.example.com. AAAA 2001:db8::1",
        };
    }

    void open() {
        auto made = Resolver::create(settings_, context_);
        ASSERT_TRUE(made) << made.error().message();
        resolver_ = std::move(*made);
    }

    Answer ask(std::string name, RecordType type) {
        return support::run_task(context_, ask_and_stop(std::move(name), type));
    }

    // run() ends once nothing is watched, so the last question stops the resolver.
    Task<Answer> ask_and_stop(std::string name, RecordType type) {
        if (!resolver_) {
            open();
        }
        Answer answer = co_await resolver_->query(std::move(name), type);
        resolver_->stop();
        resolver_.reset();
        co_return answer;
    }

    asio::io_context context_{1};
    SilentServer silent_;
    conf::Dns settings_;
    std::unique_ptr<Resolver> resolver_;
};

TEST_F(ResolverTest, AnswersFromLocalData) {
    const auto address = ask("mx1.example.com", RecordType::A);
    ASSERT_EQ(address.status, Status::Found) << address.why;
    ASSERT_EQ(address.rdata.size(), 1U);
    EXPECT_EQ(decode_address(address.rdata[0])->text(), "192.0.2.1");
    EXPECT_EQ(address.ttl, std::chrono::seconds(120));
    EXPECT_FALSE(address.via_cname);
    EXPECT_FALSE(address.secure);

    const auto six = ask("mx1.example.com", RecordType::Aaaa);
    ASSERT_EQ(six.status, Status::Found);
    EXPECT_EQ(decode_address(six.rdata.at(0))->text(), "2001:db8::1");

    const auto mx = ask("EXAMPLE.com.", RecordType::Mx);
    ASSERT_EQ(mx.status, Status::Found);
    std::vector<std::string> hosts;
    for (const auto& record : mx.rdata) {
        hosts.push_back(decode_mx(record)->host);
    }
    std::sort(hosts.begin(), hosts.end());
    EXPECT_EQ(hosts, (std::vector<std::string>{"mx1.example.com", "mx2.example.com"}));

    const auto txt = ask("example.com", RecordType::Txt);
    ASSERT_EQ(txt.status, Status::Found);
    EXPECT_EQ(decode_txt(txt.rdata.at(0)), "v=spf1 -all");
}

TEST_F(ResolverTest, AnswersReverseNamesOfDocumentationAndLoopbackNets) {
    for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
        const auto ptr = ask(conf::IpAddress::parse(address)->reverse_name(), RecordType::Ptr);
        ASSERT_EQ(ptr.status, Status::Found) << address << ptr.why;
        EXPECT_EQ(decode_name(ptr.rdata.at(0)), "mx1.example.com");
    }
    EXPECT_EQ(ask("1.0.0.127.in-addr.arpa", RecordType::Ptr).status, Status::Found);
    EXPECT_EQ(ask("relay.test", RecordType::A).status, Status::Found);
}

TEST_F(ResolverTest, TellsNoDataFromNoDomain) {
    const auto no_data = ask("mx1.example.com", RecordType::Mx);
    EXPECT_EQ(no_data.status, Status::NoData) << no_data.why;
    EXPECT_TRUE(no_data.rdata.empty());
    EXPECT_LE(no_data.ttl, std::chrono::hours(3));
    const auto no_domain = ask("nobody.invalid", RecordType::A);
    EXPECT_EQ(no_domain.status, Status::NoDomain) << no_domain.why;
}

TEST_F(ResolverTest, AnswersNamesThatCannotBeAskedAtOnce) {
    for (const std::string& name : {std::string(), std::string("a..b"), std::string(64, 'a')}) {
        EXPECT_EQ(ask(name, RecordType::A).status, Status::NoDomain) << name;
    }
}

TEST_F(ResolverTest, EndsAQuestionThatNobodyAnswers) {
    const auto before = std::chrono::steady_clock::now();
    const auto answer = ask("slow.example.org", RecordType::Mx);
    const auto taken = std::chrono::steady_clock::now() - before;
    EXPECT_EQ(answer.status, Status::TimedOut);
    EXPECT_EQ(answer.why, "no answer in time for MX of slow.example.org");
    EXPECT_FALSE(answer.definite());
    EXPECT_GE(taken, settings_.timeout);
    EXPECT_LT(taken, std::chrono::seconds(5));
}

TEST_F(ResolverTest, SharesOneLookupAmongEqualQuestions) {
    open();
    constexpr int kAskers = 50;
    int ended = 0;
    int timed_out = 0;
    auto ask_one = [&](int i) -> Task<> {
        const Answer answer = co_await resolver_->query(
            i % 2 ? "Same.example.org" : "same.example.org.", RecordType::A);
        timed_out += answer.status == Status::TimedOut;
        if (++ended == kAskers) {
            resolver_->stop();
        }
    };
    for (int i = 0; i < kAskers; ++i) {
        asio::co_spawn(context_.get_executor(), ask_one(i), [](std::exception_ptr failed) {
            EXPECT_FALSE(failed);
        });
    }
    context_.run();
    EXPECT_EQ(timed_out, kAskers);
    const auto counters = resolver_->counters();
    EXPECT_EQ(counters.lookups, 1U);
    EXPECT_EQ(counters.timed_out, 50U);
}

TEST_F(ResolverTest, LetsQuestionsBeyondTheLimitWaitTheirTurn) {
    open();
    constexpr int kAskers = 1500;  // 1,000 go out, 500 queue; all end in time
    int ended = 0;
    int failed_otherwise = 0;
    auto ask_one = [&](int i) -> Task<> {
        const Answer answer =
            co_await resolver_->query("n" + std::to_string(i) + ".example.org", RecordType::A);
        failed_otherwise += answer.status != Status::TimedOut;
        if (++ended == kAskers) {
            resolver_->stop();
        }
    };
    for (int i = 0; i < kAskers; ++i) {
        asio::co_spawn(context_.get_executor(), ask_one(i), [](std::exception_ptr failed) {
            EXPECT_FALSE(failed);
        });
    }
    context_.run();
    EXPECT_EQ(ended, kAskers);
    EXPECT_EQ(failed_otherwise, 0);
}

TEST_F(ResolverTest, AnswersASecondQuestionFromTheCache) {
    open();
    auto twice = [this]() -> Task<bool> {
        co_await resolver_->query("mx1.example.com", RecordType::A);
        const Answer again = co_await resolver_->query("mx1.example.com", RecordType::A);
        const auto asked = resolver_->counters();
        EXPECT_EQ(asked.cached, 1U);
        EXPECT_EQ(asked.lookups, 1U);
        co_await resolver_->query_fresh("mx1.example.com", RecordType::A);
        EXPECT_EQ(resolver_->counters().lookups, 2U);
        resolver_->stop();
        co_return again.status == Status::Found;
    };
    EXPECT_TRUE(support::run_task(context_, twice()));
}

TEST_F(ResolverTest, StopAnswersEverythingThatIsStillAsked) {
    settings_.timeout = std::chrono::hours(1);
    open();
    int failed = 0;
    auto ask_one = [&](std::string name) -> Task<> {
        const Answer answer = co_await resolver_->query(std::move(name), RecordType::A);
        failed += answer.status == Status::Failed;
    };
    for (const char* name : {"a.example.org", "b.example.org", "b.example.org"}) {
        asio::co_spawn(context_.get_executor(), ask_one(name), [](std::exception_ptr thrown) {
            EXPECT_FALSE(thrown);
        });
    }
    auto stop_soon = [&]() -> Task<bool> {
        resolver_->stop();
        const Answer late = co_await resolver_->query("c.example.org", RecordType::A);
        co_return late.status == Status::Failed;
    };
    EXPECT_TRUE(support::run_task(context_, stop_soon()));
    EXPECT_EQ(failed, 3);
}

TEST_F(ResolverTest, AnswersOnTheLoopThatAsked) {
    open();
    auto work = asio::make_work_guard(context_);
    std::thread watcher([this] { context_.run(); });
    std::deque<asio::io_context> loops;  // as in the relay, they outlive whoever posts to them
    {
        std::vector<std::thread> askers;
        for (int i = 0; i < 4; ++i) {
            askers.emplace_back([this, &mine = loops.emplace_back(1)] {
                const auto here = std::this_thread::get_id();
                auto ask_many = [this, here]() -> Task<int> {
                    int found = 0;
                    for (int j = 0; j < 200; ++j) {
                        const Answer answer =
                            co_await resolver_->query_fresh("mx1.example.com", RecordType::A);
                        found +=
                            answer.status == Status::Found && std::this_thread::get_id() == here;
                    }
                    co_return found;
                };
                EXPECT_EQ(support::run_task(mine, ask_many()), 200);
            });
        }
        for (auto& asker : askers) {
            asker.join();
        }
    }
    resolver_->stop();
    work.reset();
    watcher.join();
}

TEST_F(ResolverTest, RefusesLocalDataThatIsNoRecord) {
    for (const char* line : {"example.com",
                             "example.com. A",
                             "example.com. NOPE 192.0.2.1",
                             "example.com. A 192.0.2.300",
                             "www.example.com. CNAME example.com."}) {
        settings_.local_data = {line};
        const auto made = Resolver::create(settings_, context_);
        ASSERT_FALSE(made) << line;
        EXPECT_EQ(made.error().code, make_error_code(DnsErrc::BadLocalData));
        EXPECT_NE(made.error().message().find(line), std::string::npos);
    }
}

}  // namespace
}  // namespace relay::net
