#include "relay/net/dns_cache.h"

#include <string>

#include <gtest/gtest.h>

namespace relay::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const DnsCache::Clock::time_point kStart{hours(1000)};

Answer answer(Answer::Status status, seconds ttl, std::string rdata = "x") {
    Answer made;
    made.status = status;
    made.ttl = ttl;
    if (status == Answer::Status::Found) {
        made.rdata.push_back(std::move(rdata));
    }
    return made;
}

TEST(DnsCache, KeepsAnAnswerForItsTtl) {
    DnsCache cache(100000);
    const auto key = dns_key("example.com", RecordType::Txt);
    cache.store(key, RecordType::Txt, answer(Answer::Status::Found, seconds(60)), kStart);
    const auto early = cache.find(key, kStart + milliseconds(59999));
    ASSERT_TRUE(early);
    EXPECT_EQ(early->ttl, seconds(1));
    EXPECT_EQ(early->rdata.size(), 1U);
    EXPECT_FALSE(cache.find(key, kStart + seconds(60)));
    EXPECT_EQ(cache.size(), 0U);
    EXPECT_EQ(cache.octets(), 0U);
}

TEST(DnsCache, TellsTypesApart) {
    DnsCache cache(100000);
    cache.store(dns_key("example.com", RecordType::A),
                RecordType::A,
                answer(Answer::Status::Found, seconds(60)),
                kStart);
    EXPECT_FALSE(cache.find(dns_key("example.com", RecordType::Aaaa), kStart));
    EXPECT_TRUE(cache.find(dns_key("example.com", RecordType::A), kStart));
}

TEST(DnsCache, HoldsShortAddressesAndMxForThirtySeconds) {
    for (const auto type : {RecordType::A, RecordType::Aaaa, RecordType::Mx}) {
        EXPECT_EQ(DnsCache::lifetime(type, answer(Answer::Status::Found, seconds(0))), seconds(30));
        EXPECT_EQ(DnsCache::lifetime(type, answer(Answer::Status::Found, seconds(31))),
                  seconds(31));
    }
}

TEST(DnsCache, HonoursTheTtlOfOtherRecords) {
    for (const auto type : {RecordType::Txt, RecordType::Ptr, RecordType::Tlsa}) {
        EXPECT_EQ(DnsCache::lifetime(type, answer(Answer::Status::Found, seconds(1))), seconds(1));
    }
    DnsCache cache(100000);
    const auto key = dns_key("a.example", RecordType::Txt);
    cache.store(key, RecordType::Txt, answer(Answer::Status::Found, seconds(0)), kStart);
    EXPECT_EQ(cache.size(), 0U);
}

TEST(DnsCache, KeepsNothingLongerThanADay) {
    EXPECT_EQ(DnsCache::lifetime(RecordType::Mx, answer(Answer::Status::Found, hours(1000))),
              hours(24));
    EXPECT_EQ(DnsCache::lifetime(RecordType::Txt, answer(Answer::Status::Found, hours(1000))),
              hours(24));
}

TEST(DnsCache, KeepsNegativeAnswersAsTheSoaSays) {
    for (const auto status : {Answer::Status::NoData, Answer::Status::NoDomain}) {
        EXPECT_EQ(DnsCache::lifetime(RecordType::Mx, answer(status, seconds(120))), seconds(120));
        EXPECT_EQ(DnsCache::lifetime(RecordType::Mx, answer(status, seconds(0))), seconds(5));
        EXPECT_EQ(DnsCache::lifetime(RecordType::Mx, answer(status, hours(48))), hours(3));
    }
}

TEST(DnsCache, KeepsFailuresForFiveSeconds) {
    for (const auto status :
         {Answer::Status::Failed, Answer::Status::TimedOut, Answer::Status::Bogus}) {
        EXPECT_EQ(DnsCache::lifetime(RecordType::A, answer(status, hours(1))), seconds(5));
    }
}

TEST(DnsCache, NeverReplacesAGoodAnswerByAFailure) {
    DnsCache cache(100000);
    const auto key = dns_key("example.com", RecordType::Txt);
    cache.store(key, RecordType::Txt, answer(Answer::Status::Found, seconds(60)), kStart);
    cache.store(key, RecordType::Txt, answer(Answer::Status::Failed, seconds(0)), kStart);
    EXPECT_EQ(cache.find(key, kStart)->status, Answer::Status::Found);
    // Once it has expired, it does.
    const auto later = kStart + seconds(61);
    cache.store(key, RecordType::Txt, answer(Answer::Status::Failed, seconds(0)), later);
    EXPECT_EQ(cache.find(key, later)->status, Answer::Status::Failed);
}

TEST(DnsCache, ReplacesAnAnswerByANewerOne) {
    DnsCache cache(100000);
    const auto key = dns_key("example.com", RecordType::Txt);
    cache.store(key, RecordType::Txt, answer(Answer::Status::Found, seconds(60), "old"), kStart);
    const auto before = cache.octets();
    cache.store(key, RecordType::Txt, answer(Answer::Status::Found, seconds(60), "new"), kStart);
    EXPECT_EQ(cache.find(key, kStart)->rdata.front(), "new");
    EXPECT_EQ(cache.octets(), before);
    EXPECT_EQ(cache.size(), 1U);
}

TEST(DnsCache, StaysWithinItsSizeAndDropsTheLeastUsedFirst) {
    constexpr std::uint64_t kLimit = 10000;
    DnsCache cache(kLimit);
    const auto favourite = dns_key("often.example", RecordType::Txt);
    cache.store(favourite, RecordType::Txt, answer(Answer::Status::Found, hours(1)), kStart);
    for (int i = 0; i < 1000; ++i) {
        cache.store(dns_key("n" + std::to_string(i) + ".example", RecordType::Txt),
                    RecordType::Txt,
                    answer(Answer::Status::Found, hours(1)),
                    kStart);
        ASSERT_LE(cache.octets(), kLimit);
        ASSERT_TRUE(cache.find(favourite, kStart)) << i;
    }
    EXPECT_GT(cache.size(), 5U);
    EXPECT_FALSE(cache.find(dns_key("n0.example", RecordType::Txt), kStart));
    EXPECT_TRUE(cache.find(dns_key("n999.example", RecordType::Txt), kStart));
}

TEST(DnsCache, TakesNothingLargerThanItself) {
    DnsCache cache(1000);
    const auto key = dns_key("big.example", RecordType::Txt);
    const std::string big(2000, 'b');
    cache.store(key, RecordType::Txt, answer(Answer::Status::Found, hours(1), big), kStart);
    EXPECT_EQ(cache.size(), 0U);
    DnsCache none(0);
    none.store(key, RecordType::Txt, answer(Answer::Status::Found, hours(1)), kStart);
    EXPECT_EQ(none.size(), 0U);
}

}  // namespace
}  // namespace relay::net
