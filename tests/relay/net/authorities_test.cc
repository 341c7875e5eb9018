// Authoritative servers over libunbound, on loopback: name servers that answer from tables, one
// that forwards, and a FakeDns that knows the zones.
#include "relay/net/authorities.h"

#include <algorithm>
#include <chrono>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "tests/relay/net/table_server.h"
#include "tests/support/fake_dns.h"
#include "tests/support/run_task.h"

namespace relay::net {
namespace {

using std::chrono::seconds;
using support::encode_name;
using support::encode_txt;
using Clock = std::chrono::steady_clock;
using Mood = TableServer::Mood;
using Status = Answer::Status;

constexpr const char* kName = "s1._domainkey.example.com";
constexpr const char* kKey = "v=DKIM1; p=AAAA";

class AuthoritiesTest : public testing::Test {
protected:
    AuthoritiesTest()
        : open_(TableServer::open(4)),
          first_(*open_[0]),
          second_(*open_[1]),
          third_(*open_[2]),
          forwarder_(*open_[3]) {
        settings_.servers = {forwarder_.endpoint()};
        settings_.timeout = seconds(20);
    }

    /// Tells the resolver of a zone and who serves it.
    void delegate(const std::string& zone, const std::vector<const TableServer*>& servers) {
        dns_.add(zone, RecordType::Soa, encode_soa(77));
        for (const auto* server : servers) {
            const auto address = server->endpoint().address.text();
            const auto host = "ns" + address.substr(address.rfind('.') + 1) + ".example.net";
            dns_.add(zone, RecordType::Ns, encode_name(host));
            dns_.remove(host);
            dns_.address(host, address);
        }
    }
    static void publish(TableServer& server, const std::string& name, const std::string& text) {
        server.add(name, RecordType::Txt, encode_txt(text));
    }
    static void alias(TableServer& server, const std::string& name, const std::string& target) {
        server.add(name, RecordType::Cname, encode_name(target));
    }
    void alias(const std::string& name, const std::string& target) {
        dns_.add(name, RecordType::Cname, encode_name(target));
    }

    AuthorityView ask(const std::string& name = kName) {
        asio::io_context context(1);  // outlives the servers, whose threads resume what waits on it
        AuthorityServers servers(dns_, settings_, forwarder_.endpoint().port);
        return support::run_task(context, servers.ask(name, RecordType::Txt));
    }

    static void expect_key(const ServerAnswer& said, const std::string& key = kKey) {
        ASSERT_EQ(said.answer.status, Status::Found) << said.server << said.answer.why;
        ASSERT_EQ(said.answer.rdata.size(), 1U);
        EXPECT_EQ(decode_txt(said.answer.rdata[0]), key);
    }

    std::vector<std::unique_ptr<TableServer>> open_;
    TableServer& first_;
    TableServer& second_;
    TableServer& third_;
    TableServer& forwarder_;
    support::FakeDns dns_;
    conf::Dns settings_;
};

TEST_F(AuthoritiesTest, ShowsWhatEachServerSays) {
    delegate("example.com", {&first_, &second_});
    for (auto* server : {&first_, &second_}) {
        server->zone("example.com", 3600, 900);
        publish(*server, kName, kKey);
    }
    const auto view = ask();
    ASSERT_EQ(view.answers.size(), 2U) << view.why;
    EXPECT_EQ(view.answers[0].server, "ns11.example.net (127.0.0.11)");
    EXPECT_EQ(view.answers[1].server, "ns12.example.net (127.0.0.12)");
    expect_key(view.answers[0]);
    expect_key(view.answers[1]);
    EXPECT_EQ(view.why, "");
    EXPECT_FALSE(view.temporary);
    EXPECT_EQ(first_.asked(kName, RecordType::Txt), 1);
    EXPECT_EQ(forwarder_.asked(), 0);
}

TEST_F(AuthoritiesTest, ShowsThatServersDisagree) {
    delegate("example.com", {&first_, &second_, &third_});
    for (auto* server : {&first_, &second_, &third_}) {
        server->zone("example.com", 3600, 900);
    }
    publish(first_, kName, kKey);
    third_.add(kName, RecordType::A, std::string(4, '\x01'));
    const auto view = ask();
    ASSERT_EQ(view.answers.size(), 3U) << view.why;
    expect_key(view.answers[0]);
    EXPECT_EQ(view.answers[1].answer.status, Status::NoDomain) << view.answers[1].answer.why;
    EXPECT_EQ(view.answers[2].answer.status, Status::NoData) << view.answers[2].answer.why;
}

TEST_F(AuthoritiesTest, ShowsASilentServerBesideTheOthersAnswers) {
    settings_.timeout = seconds(1);
    delegate("example.com", {&first_, &second_});
    first_.mood(Mood::Silent);
    second_.zone("example.com", 3600, 900);
    publish(second_, kName, kKey);
    const auto before = Clock::now();
    const auto view = ask();
    EXPECT_GE(Clock::now() - before, settings_.timeout);
    ASSERT_EQ(view.answers.size(), 2U) << view.why;
    EXPECT_EQ(view.answers[0].answer.status, Status::TimedOut);
    EXPECT_EQ(view.answers[0].answer.why, "no answer in time for TXT of s1._domainkey.example.com");
    expect_key(view.answers[1]);
    EXPECT_EQ(view.negative_ttl, seconds(900));
    EXPECT_EQ(view.why, "");
}

TEST_F(AuthoritiesTest, DoesNotAskAnotherForAServerThatRefuses) {
    delegate("example.com", {&first_, &second_});
    second_.mood(Mood::Refuses);
    first_.zone("example.com", 3600, 900);
    publish(first_, kName, kKey);
    publish(forwarder_, kName, "the view of the forwarder");
    const auto view = ask();
    ASSERT_EQ(view.answers.size(), 2U) << view.why;
    expect_key(view.answers[0]);
    EXPECT_EQ(view.answers[1].answer.status, Status::Failed);
    EXPECT_EQ(forwarder_.asked(), 0);
}

TEST_F(AuthoritiesTest, LetsServersBeyondTheFourthWaitForTheirTurn) {
    delegate("example.com", {&first_, &second_, &third_});
    delegate("example.com", {&forwarder_});
    for (int last = 30; last < 36; ++last) {  // nobody is there: refused at once
        const auto host = "ns" + std::to_string(last) + ".example.net";
        dns_.add("example.com", RecordType::Ns, encode_name(host));
        dns_.address(host, "127.0.0." + std::to_string(last));
    }
    settings_.timeout = seconds(1);
    for (auto& server : open_) {
        server->zone("example.com", 3600, 900);
        publish(*server, kName, kKey);
    }
    const auto view = ask();
    ASSERT_EQ(view.answers.size(), 10U) << view.why;
    const auto found = std::count_if(view.answers.begin(), view.answers.end(), [](const auto& a) {
        return a.answer.status == Status::Found;
    });
    EXPECT_EQ(found, 4);
}

TEST_F(AuthoritiesTest, TakesTheLesserOfMinimumAndTtl) {
    delegate("example.com", {&first_});
    publish(first_, kName, kKey);
    first_.zone("example.com", 3600, 900);
    EXPECT_EQ(ask().negative_ttl, seconds(900));

    delegate("example.org", {&second_});
    publish(second_, "s1._domainkey.example.org", kKey);
    second_.zone("example.org", 7200, 86400);
    const auto told = ask("s1._domainkey.example.org").negative_ttl;
    EXPECT_LE(told, seconds(7200));
    EXPECT_GE(told, seconds(7190));  // libunbound counts down
}

TEST_F(AuthoritiesTest, TakesTheWholeNegativeTtlOfANameThatDoesNotExist) {
    delegate("example.com", {&first_});
    first_.zone("example.com", 43200, 36000);
    const auto view = ask();
    ASSERT_EQ(view.answers.size(), 1U);
    EXPECT_EQ(view.answers[0].answer.status, Status::NoDomain);
    EXPECT_EQ(view.negative_ttl, seconds(36000));
}

TEST_F(AuthoritiesTest, TakesTheLargestTtlWhereServersDiffer) {
    delegate("example.com", {&first_, &second_});
    first_.zone("example.com", 3600, 300);
    second_.zone("example.com", 3600, 1200);
    EXPECT_EQ(ask().negative_ttl, seconds(1200));
}

TEST_F(AuthoritiesTest, FallsBackToTheResolversMinimum) {
    delegate("example.com", {&first_});
    first_.mood(Mood::Refuses);
    EXPECT_EQ(ask().negative_ttl, seconds(77));
}

TEST_F(AuthoritiesTest, AsksTheServersOfADelegatedZoneOnly) {
    delegate("example.com", {&first_});
    delegate("_domainkey.example.com", {&second_});
    publish(first_, kName, "of old");
    second_.zone("_domainkey.example.com", 600, 60);
    publish(second_, kName, kKey);
    const auto view = ask();
    ASSERT_EQ(view.answers.size(), 1U) << view.why;
    expect_key(view.answers[0]);
    EXPECT_EQ(view.negative_ttl, seconds(60));
    EXPECT_EQ(first_.asked(), 0);
}

TEST_F(AuthoritiesTest, AsksInZonesThatLibunboundHasBuiltIn) {
    delegate("example.test", {&first_});
    first_.zone("example.test", 600, 60);
    publish(first_, "s1._domainkey.example.test", kKey);
    const auto view = ask("S1._domainkey.Example.TEST.");
    ASSERT_EQ(view.answers.size(), 1U) << view.why;
    expect_key(view.answers[0]);
}

TEST_F(AuthoritiesTest, FollowsAnAliasIntoTheZoneOfItsTarget) {
    const std::string target = "key.hosted.example.org";
    delegate("example.com", {&first_});
    delegate("hosted.example.org", {&second_, &third_});
    alias(kName, target);
    alias(first_, kName, target);
    first_.zone("example.com", 3600, 900);
    publish(forwarder_, target, kKey);
    second_.zone("hosted.example.org", 7200, 1800);
    publish(second_, target, kKey);
    third_.zone("hosted.example.org", 7200, 1800);
    publish(third_, target, "another key");
    const auto view = ask();
    ASSERT_EQ(view.answers.size(), 3U) << view.why;
    expect_key(view.answers[0]);  // as a receiver sees it: first_, then the target's resolver
    EXPECT_TRUE(view.answers[0].answer.via_cname);
    expect_key(view.answers[1]);
    EXPECT_FALSE(view.answers[1].answer.via_cname);
    expect_key(view.answers[2], "another key");
    EXPECT_EQ(view.negative_ttl, seconds(1800));
    EXPECT_EQ(second_.asked(kName, RecordType::Txt), 0);
}

TEST_F(AuthoritiesTest, AsksTheServersOfAnAliasWithinTheZoneOnce) {
    const std::string target = "s1.keys.example.com";
    delegate("example.com", {&first_});
    alias(kName, target);
    alias(first_, kName, target);
    first_.zone("example.com", 3600, 900);
    publish(first_, target, kKey);
    const auto view = ask();
    ASSERT_EQ(view.answers.size(), 1U) << view.why;
    expect_key(view.answers[0]);
    EXPECT_EQ(forwarder_.asked(), 0);
}

TEST_F(AuthoritiesTest, EndsAtALoopOfAliases) {
    delegate("example.com", {&first_});
    delegate("example.org", {&second_});
    alias(kName, "a.example.org");
    alias("a.example.org", kName);
    first_.zone("example.com", 3600, 900);
    second_.zone("example.org", 3600, 1000);
    const auto view = ask();
    EXPECT_EQ(view.answers.size(), 2U) << view.why;
    EXPECT_EQ(view.negative_ttl, seconds(1000));
}

TEST_F(AuthoritiesTest, FollowsEightAliasesAndNoMore) {
    std::string name = kName;
    delegate("example.com", {&first_});
    first_.mood(Mood::Refuses);
    for (int i = 1; i <= 12; ++i) {
        const auto zone = "z" + std::to_string(i) + ".example";
        delegate(zone, {&first_});
        alias(name, "k." + zone);
        name = "k." + zone;
    }
    EXPECT_EQ(ask().answers.size(), 1 + AuthorityServers::kMaxAliases);
    EXPECT_EQ(dns_.asked("z8.example", RecordType::Ns), 1);
    EXPECT_EQ(dns_.asked("z9.example", RecordType::Ns), 0);
}

TEST_F(AuthoritiesTest, SaysWhyAnAliasTargetsServersWereNotAsked) {
    delegate("example.com", {&first_});
    alias(kName, "k.lost.example");
    dns_.fail("lost.example", RecordType::Soa);
    first_.zone("example.com", 3600, 900);
    publish(first_, kName, kKey);
    const auto view = ask();
    ASSERT_EQ(view.answers.size(), 1U);
    expect_key(view.answers[0]);
    EXPECT_EQ(view.negative_ttl, seconds(900));
    EXPECT_EQ(view.why,
              "the zone of k.lost.example is not found: SERVFAIL for SOA of lost.example");
    EXPECT_TRUE(view.temporary);
}

TEST_F(AuthoritiesTest, SaysThatThereIsNoZone) {
    const auto view = ask();
    EXPECT_TRUE(view.answers.empty());
    EXPECT_FALSE(view.negative_ttl);
    EXPECT_EQ(view.why, "no zone is known for s1._domainkey.example.com");
    EXPECT_FALSE(view.temporary);
}

TEST_F(AuthoritiesTest, SaysThatLookupsFailed) {
    for (const char* name : {kName, "_domainkey.example.com", "example.com", "com"}) {
        dns_.fail(name, RecordType::Soa, Status::TimedOut);
    }
    const auto view = ask();
    EXPECT_TRUE(view.answers.empty());
    EXPECT_TRUE(view.temporary);
    EXPECT_NE(view.why, "");
}

TEST_F(AuthoritiesTest, SaysThatTheServersAddressesAreUnknown) {
    dns_.add("example.com", RecordType::Soa, encode_soa(77));
    dns_.add("example.com", RecordType::Ns, encode_name("ns.example.com"));
    const auto view = ask();
    EXPECT_TRUE(view.answers.empty());
    EXPECT_EQ(view.negative_ttl, seconds(77));
    EXPECT_EQ(view.why, "no address is known of the name servers of example.com");
}

TEST_F(AuthoritiesTest, DoesNotAskForNamesThatLocalDataAnswers) {
    delegate("example.com", {&first_});
    settings_.local_data = {"S1._domainkey.example.com. TXT \"v=DKIM1; p=BBBB\""};
    const auto view = ask();
    EXPECT_TRUE(view.answers.empty());
    EXPECT_EQ(view.why, "[dns] local_data answers s1._domainkey.example.com");
    EXPECT_FALSE(view.temporary);
    EXPECT_EQ(first_.asked(), 0);
}

TEST_F(AuthoritiesTest, LeavesLocalDataOutOfTheAnswers) {
    delegate("example.com", {&first_});
    first_.zone("example.com", 3600, 900);
    alias(first_, kName, "inside.example.org");
    publish(forwarder_, "inside.example.org", kKey);
    settings_.local_data = {"inside.example.org. TXT \"what only we see\""};
    const auto view = ask();
    ASSERT_EQ(view.answers.size(), 1U) << view.why;
    expect_key(view.answers[0]);
}

TEST_F(AuthoritiesTest, SaysThatANameCannotBeAsked) {
    for (const char* name : {"", ".", "a..b", "a b.example.com"}) {
        const auto view = ask(name);
        EXPECT_TRUE(view.answers.empty());
        EXPECT_NE(view.why.find("no question can hold"), std::string::npos) << name;
    }
    EXPECT_EQ(dns_.asked(), 0);
}

TEST_F(AuthoritiesTest, StopEndsWhatWaitsForSilentServers) {
    settings_.timeout = std::chrono::hours(1);
    delegate("example.com", {&first_, &second_, &third_});
    for (auto* server : {&first_, &second_, &third_}) {
        server->mood(Mood::Silent);
    }
    asio::io_context context(1);
    AuthorityServers servers(dns_, settings_, first_.endpoint().port);
    std::atomic<Clock::rep> stopped{0};
    first_.on_question([&] {
        if (stopped == 0) {
            stopped = Clock::now().time_since_epoch().count();
        }
        servers.stop();
    });
    int ended = 0;
    for (int i = 0; i < 5; ++i) {  // 15 servers: most wait for their turn
        asio::co_spawn(context.get_executor(),
                       servers.ask(kName, RecordType::Txt),
                       [&](std::exception_ptr thrown, const AuthorityView& view) {
                           EXPECT_FALSE(thrown);
                           EXPECT_TRUE(view.answers.empty());
                           EXPECT_EQ(view.why, "the relay stops");
                           EXPECT_TRUE(view.temporary);
                           ++ended;
                       });
    }
    context.run();
    EXPECT_EQ(ended, 5);
    const Clock::duration since_stop = Clock::now().time_since_epoch() - Clock::duration(stopped);
    EXPECT_LT(since_stop, seconds(2));
    RecordProperty("milliseconds_to_stop",
                   static_cast<int>(since_stop / std::chrono::milliseconds(1)));

    EXPECT_EQ(support::run_task(servers.ask(kName, RecordType::Txt)).why, "the relay stops");
    servers.stop();
}

TEST_F(AuthoritiesTest, MayGoWhileAQuestionWaitsOnALoopThatHasEnded) {
    settings_.timeout = std::chrono::hours(1);
    delegate("example.com", {&first_});
    first_.mood(Mood::Silent);
    asio::io_context context(1);
    auto servers = std::make_unique<AuthorityServers>(dns_, settings_, first_.endpoint().port);
    bool ended = false;
    asio::co_spawn(context.get_executor(),
                   servers->ask(kName, RecordType::Txt),
                   [&](std::exception_ptr, const AuthorityView&) { ended = true; });
    context.poll();  // up to the wait for the server
    servers.reset();
    EXPECT_FALSE(ended);
}

}  // namespace
}  // namespace relay::net
