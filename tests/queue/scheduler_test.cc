#include "queue/scheduler.h"

#include <numeric>

#include <gtest/gtest.h>

namespace queue {
namespace {

using Domains = std::vector<std::string>;
using Sites = std::vector<SiteId>;

Instant at(int ms) {
    return Instant(Duration(ms));
}

Part part(std::int64_t id, const std::string& domain, std::vector<int> recipients = {0}) {
    return Part{MessageId(id), domain, std::move(recipients)};
}

std::vector<int> first(int count) {
    std::vector<int> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

std::vector<std::int64_t> ids(const std::vector<Part>& parts) {
    std::vector<std::int64_t> numbers;
    for (const Part& one : parts) {
        numbers.push_back(one.id.number());
    }
    return numbers;
}

std::size_t waiting(const Scheduler& scheduler, const SiteId& site) {
    const Destination* destination = scheduler.destination(site);
    return destination == nullptr ? 0 : destination->waiting();
}

class SchedulerTest : public testing::Test {
protected:
    /// The next attempt's message, or 0; it counts as made.
    std::int64_t next(const SiteId& site) {
        const auto attempt = scheduler.next_for(site);
        return attempt ? attempt->id.number() : 0;
    }

    Scheduler scheduler{
        Scheduler::Limits{.connections_per_site = 4, .recipients_per_transaction = 10}};
};

TEST_F(SchedulerTest, AsksForEachUnroutedDomainOnce) {
    EXPECT_FALSE(scheduler.submit(part(1, "a.example"), at(0)));
    EXPECT_FALSE(scheduler.submit(part(2, "b.example"), at(0)));
    EXPECT_FALSE(scheduler.submit(part(3, "a.example"), at(0)));
    EXPECT_EQ(scheduler.domains_to_route(at(0)), (Domains{"a.example", "b.example"}));
    EXPECT_EQ(scheduler.domains_to_route(at(1)), Domains{});
    EXPECT_FALSE(scheduler.submit(part(4, "a.example"), at(1)));
    EXPECT_EQ(scheduler.domains_to_route(at(1)), Domains{});
}

TEST_F(SchedulerTest, MovesPartsToTheirSiteOnceItIsKnown) {
    scheduler.submit(part(1, "a.example"), at(0));
    scheduler.submit(part(2, "a.example"), at(0));
    EXPECT_FALSE(scheduler.next_for("mx"));
    scheduler.assign("a.example", "mx", at(100));
    EXPECT_EQ(waiting(scheduler, "mx"), 2U);
    EXPECT_EQ(scheduler.submit(part(3, "a.example"), at(99)), "mx");
    EXPECT_EQ(next("mx"), 1);
    EXPECT_EQ(next("mx"), 2);
    EXPECT_EQ(next("mx"), 3);
    EXPECT_EQ(next("mx"), 0);
    EXPECT_EQ(scheduler.domains_to_route(at(0)), Domains{});
}

TEST_F(SchedulerTest, LetsAssignmentsEndForNewPartsAlone) {
    struct Row {
        int now;
        bool routed;
    };
    scheduler.assign("a.example", "mx", at(100));
    std::int64_t id = 0;
    for (const Row& row : {Row{0, true}, Row{99, true}, Row{100, false}, Row{101, false}}) {
        EXPECT_EQ(scheduler.submit(part(++id, "a.example"), at(row.now)).has_value(), row.routed)
            << row.now;
    }
    EXPECT_EQ(waiting(scheduler, "mx"), 2U);
    EXPECT_EQ(scheduler.domains_to_route(at(101)), Domains{"a.example"});
    scheduler.assign("a.example", "other", at(200));
    EXPECT_EQ(waiting(scheduler, "mx"), 2U);
    EXPECT_EQ(waiting(scheduler, "other"), 2U);
}

TEST_F(SchedulerTest, MovesPartsEvenByAnAssignmentThatIsOver) {
    scheduler.submit(part(1, "a.example"), at(50));
    scheduler.assign("a.example", "mx", at(50));
    EXPECT_EQ(waiting(scheduler, "mx"), 1U);
    EXPECT_FALSE(scheduler.submit(part(2, "a.example"), at(50)));
    EXPECT_EQ(scheduler.domains_to_route(at(50)), Domains{"a.example"});
}

TEST_F(SchedulerTest, GivesUpADomainAndAsksAnewForLaterParts) {
    scheduler.submit(part(1, "a.example"), at(0));
    scheduler.submit(part(2, "a.example"), at(0));
    scheduler.domains_to_route(at(0));
    EXPECT_EQ(ids(scheduler.take_domain("a.example")), (std::vector<std::int64_t>{1, 2}));
    EXPECT_TRUE(scheduler.take_domain("a.example").empty());
    scheduler.submit(part(3, "a.example"), at(0));
    EXPECT_EQ(scheduler.domains_to_route(at(0)), Domains{"a.example"});
}

TEST_F(SchedulerTest, DoesNotAskForADomainWhoseMailIsGone) {
    scheduler.submit(part(1, "a.example"), at(0));
    EXPECT_EQ(scheduler.take_message(MessageId(1)).size(), 1U);
    EXPECT_EQ(scheduler.domains_to_route(at(0)), Domains{});
    scheduler.submit(part(2, "a.example"), at(0));
    EXPECT_EQ(scheduler.domains_to_route(at(0)), Domains{"a.example"});
    // Asked already: not again before the answer.
    scheduler.take_message(MessageId(2));
    scheduler.submit(part(3, "a.example"), at(0));
    EXPECT_EQ(scheduler.domains_to_route(at(0)), Domains{});
    scheduler.assign("a.example", "mx", at(10));
    EXPECT_EQ(next("mx"), 3);
}

TEST_F(SchedulerTest, AsksOnceForADomainThatWasGivenUpBeforeTheQuestion) {
    scheduler.submit(part(1, "a.example"), at(0));
    scheduler.take_domain("a.example");
    scheduler.submit(part(2, "a.example"), at(0));
    EXPECT_EQ(scheduler.domains_to_route(at(0)), Domains{"a.example"});
}

TEST_F(SchedulerTest, PutsAMessagesPartsAtOneSiteIntoOneAttempt) {
    scheduler.assign("a.example", "mx", at(100));
    scheduler.assign("b.example", "mx", at(100));
    scheduler.assign("c.example", "elsewhere", at(100));
    scheduler.submit(part(1, "a.example", {0}), at(0));
    scheduler.submit(part(2, "a.example", {0}), at(0));
    scheduler.submit(part(1, "c.example", {1}), at(0));
    scheduler.submit(part(1, "b.example", {2, 3}), at(0));
    const auto attempt = scheduler.next_for("mx");
    ASSERT_TRUE(attempt);
    EXPECT_EQ(attempt->id, MessageId(1));
    EXPECT_EQ(attempt->site, "mx");
    EXPECT_EQ(attempt->recipients(), (std::vector<int>{0, 2, 3}));
    EXPECT_EQ(attempt->parts.size(), 2U);
    EXPECT_EQ(next("mx"), 2);
    EXPECT_EQ(next("elsewhere"), 1);
}

TEST_F(SchedulerTest, SplitsWhatIsTooLargeForOneTransaction) {
    scheduler.assign("a.example", "mx", at(100));
    scheduler.submit(part(1, "a.example", first(25)), at(0));
    std::vector<int> seen;
    for (const std::size_t size : {10U, 10U, 5U}) {
        const auto attempt = scheduler.next_for("mx");
        ASSERT_TRUE(attempt);
        const std::vector<int> some = attempt->recipients();
        EXPECT_EQ(some.size(), size);
        seen.insert(seen.end(), some.begin(), some.end());
    }
    EXPECT_EQ(seen, first(25));
    EXPECT_EQ(next("mx"), 0);
}

TEST_F(SchedulerTest, FillsATransactionFromSeveralDomains) {
    for (const char* domain : {"a.example", "b.example"}) {
        scheduler.assign(domain, "mx", at(100));
    }
    scheduler.submit(part(1, "a.example", {0, 1, 2, 3, 4, 5}), at(0));
    scheduler.submit(part(1, "b.example", {6, 7, 8, 9, 10, 11}), at(0));
    EXPECT_EQ(scheduler.next_for("mx")->recipients(), first(10));
    EXPECT_EQ(scheduler.next_for("mx")->recipients(), (std::vector<int>{10, 11}));
    EXPECT_EQ(next("mx"), 0);
}

TEST_F(SchedulerTest, PutsAnAttemptThatWasNotMadeBackInFront) {
    scheduler.assign("a.example", "mx", at(100));
    scheduler.assign("b.example", "mx", at(100));
    scheduler.submit(part(1, "a.example", {0}), at(0));
    scheduler.submit(part(1, "b.example", {1}), at(0));
    scheduler.submit(part(2, "a.example"), at(0));
    const auto attempt = scheduler.next_for("mx");
    ASSERT_TRUE(attempt);
    scheduler.give_back(*attempt);
    EXPECT_EQ(waiting(scheduler, "mx"), 3U);
    const auto again = scheduler.next_for("mx");
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *attempt);
    EXPECT_EQ(next("mx"), 2);
}

TEST_F(SchedulerTest, TakesAnAttemptBackEvenWhenItsSiteIsForgotten) {
    scheduler.assign("a.example", "mx", at(100));
    scheduler.submit(part(1, "a.example", first(12)), at(0));
    auto attempt = scheduler.next_for("mx");
    ASSERT_TRUE(attempt);
    scheduler.take_message(MessageId(1));
    scheduler.tidy(at(0));
    EXPECT_EQ(scheduler.destination("mx"), nullptr);
    scheduler.give_back(std::move(*attempt));
    EXPECT_EQ(next("mx"), 1);
}

TEST_F(SchedulerTest, TakesAllMailOfASite) {
    scheduler.assign("a.example", "mx", at(100));
    scheduler.assign("b.example", "mx", at(100));
    scheduler.submit(part(1, "a.example"), at(0));
    scheduler.submit(part(1, "b.example", {1}), at(0));
    scheduler.submit(part(2, "a.example"), at(0));
    EXPECT_EQ(ids(scheduler.take_site("mx")), (std::vector<std::int64_t>{1, 1, 2}));
    EXPECT_EQ(next("mx"), 0);
    EXPECT_TRUE(scheduler.sites_wanting_connections().empty());
    EXPECT_TRUE(scheduler.take_site("nowhere").empty());
}

TEST_F(SchedulerTest, TakesWhatWaitsOfAMessageEverywhere) {
    scheduler.assign("a.example", "mx", at(100));
    scheduler.assign("b.example", "my", at(100));
    for (const char* domain : {"a.example", "b.example", "c.example"}) {
        scheduler.submit(part(1, domain), at(0));
        scheduler.submit(part(2, domain), at(0));
    }
    EXPECT_EQ(scheduler.take_message(MessageId(1)).size(), 3U);
    EXPECT_TRUE(scheduler.take_message(MessageId(1)).empty());
    EXPECT_EQ(next("mx"), 2);
    EXPECT_EQ(next("my"), 2);
    EXPECT_EQ(ids(scheduler.take_domain("c.example")), (std::vector<std::int64_t>{2}));
}

TEST_F(SchedulerTest, LeavesPartsInAnAttemptToTheAttempt) {
    scheduler.assign("a.example", "mx", at(100));
    scheduler.submit(part(1, "a.example"), at(0));
    ASSERT_TRUE(scheduler.next_for("mx"));
    EXPECT_TRUE(scheduler.take_message(MessageId(1)).empty());
}

TEST_F(SchedulerTest, WantsConnectionsForWaitingMailWithinTheLimit) {
    scheduler.assign("a.example", "mx", at(100));
    EXPECT_TRUE(scheduler.sites_wanting_connections().empty());
    scheduler.submit(part(1, "a.example"), at(0));
    EXPECT_EQ(scheduler.sites_wanting_connections(), Sites{"mx"});
    scheduler.connection_opened("mx");
    EXPECT_TRUE(scheduler.sites_wanting_connections().empty());  // one part, one connection
    for (std::int64_t id = 2; id < 12; ++id) {
        scheduler.submit(part(id, "a.example"), at(0));
    }
    EXPECT_EQ(scheduler.sites_wanting_connections(), Sites{"mx"});
    scheduler.connection_opened("mx");
    EXPECT_TRUE(scheduler.sites_wanting_connections().empty());  // the slow start allows two
    scheduler.site_reached("mx");
    EXPECT_EQ(scheduler.sites_wanting_connections(), Sites{"mx"});
    scheduler.site_failed("mx");
    EXPECT_TRUE(scheduler.sites_wanting_connections().empty());
    scheduler.connection_closed("mx");
    EXPECT_TRUE(scheduler.sites_wanting_connections().empty());
    scheduler.connection_closed("mx");
    EXPECT_EQ(scheduler.sites_wanting_connections(), Sites{"mx"});
}

TEST_F(SchedulerTest, KeepsToTheLimitOfConnections) {
    scheduler.assign("a.example", "mx", at(100));
    for (std::int64_t id = 1; id < 50; ++id) {
        scheduler.submit(part(id, "a.example"), at(0));
    }
    int open = 0;
    while (!scheduler.sites_wanting_connections().empty() && open < 50) {
        scheduler.connection_opened("mx");
        scheduler.site_reached("mx");
        ++open;
    }
    EXPECT_EQ(open, 4);
}

TEST_F(SchedulerTest, ServesTheSiteThatWaitedLongestFirst) {
    for (const char* name : {"a", "b", "c"}) {
        scheduler.assign(name, name, at(100));
        for (std::int64_t id = 1; id < 5; ++id) {
            scheduler.submit(part(id, name), at(0));
        }
    }
    EXPECT_EQ(scheduler.sites_wanting_connections(), (Sites{"a", "b", "c"}));
    scheduler.connection_opened("a");
    EXPECT_EQ(scheduler.sites_wanting_connections(), (Sites{"b", "c", "a"}));
    scheduler.connection_opened("a");
    EXPECT_EQ(scheduler.sites_wanting_connections(), (Sites{"b", "c"}));
    scheduler.take_site("b");
    EXPECT_EQ(scheduler.sites_wanting_connections(), Sites{"c"});
}

TEST_F(SchedulerTest, ForgetsOldAssignmentsAndIdleSites) {
    scheduler.assign("a.example", "mx", at(100));
    scheduler.assign("b.example", "my", at(200));
    scheduler.assign("c.example", "mz", at(200));
    scheduler.submit(part(1, "a.example"), at(0));
    scheduler.submit(part(2, "b.example"), at(0));
    scheduler.submit(part(3, "c.example"), at(0));
    scheduler.connection_opened("my");
    EXPECT_EQ(next("my"), 2);
    EXPECT_EQ(next("mz"), 3);
    scheduler.tidy(at(100));
    EXPECT_NE(scheduler.destination("mx"), nullptr);  // mail waits
    EXPECT_NE(scheduler.destination("my"), nullptr);  // a connection is open
    EXPECT_EQ(scheduler.destination("mz"), nullptr);
    EXPECT_EQ(scheduler.destinations().size(), 2U);
    EXPECT_FALSE(scheduler.submit(part(4, "a.example"), at(0)));
    EXPECT_EQ(scheduler.submit(part(5, "b.example"), at(0)), "my");
}

TEST_F(SchedulerTest, LosesAndDoublesNothing) {
    // Every operation in an order that a small generator chooses; each submitted recipient must
    // come out once.
    std::uint32_t state = 12345;
    const auto random = [&state](std::uint32_t below) {
        state = state * 1664525U + 1013904223U;
        return (state >> 8) % below;
    };
    constexpr std::int64_t kMessages = 2000;
    std::vector<int> out(kMessages + 1, 0);
    const auto count = [&](const std::vector<Part>& parts) {
        for (const Part& one : parts) {
            out[static_cast<std::size_t>(one.id.number())] +=
                static_cast<int>(one.recipients.size());
        }
    };
    std::vector<int> in(kMessages + 1, 0);
    for (std::int64_t id = 1; id <= kMessages; ++id) {
        for (std::uint32_t i = 0; i <= random(3); ++i) {
            const int size = 1 + static_cast<int>(random(25));
            in[static_cast<std::size_t>(id)] += size;
            scheduler.submit(part(id, std::to_string(random(40)), first(size)),
                             at(static_cast<int>(id)));
        }
        const SiteId site = "site" + std::to_string(random(9));
        switch (random(8)) {
            case 0:
                for (const std::string& domain :
                     scheduler.domains_to_route(at(static_cast<int>(id)))) {
                    scheduler.assign(domain,
                                     "site" + std::to_string(random(9)),
                                     at(static_cast<int>(id + random(300))));
                }
                break;
            case 1:
                count(scheduler.take_message(
                    MessageId(1 + static_cast<std::int64_t>(random(kMessages)))));
                break;
            case 2:
                count(scheduler.take_domain(std::to_string(random(40))));
                break;
            case 3:
                scheduler.tidy(at(static_cast<int>(id)));
                break;
            case 4:
                if (random(20) == 0) {
                    count(scheduler.take_site(site));
                }
                break;
            case 5:
            case 6:
                if (auto attempt = scheduler.next_for(site)) {
                    ASSERT_LE(attempt->recipients().size(), 10U);
                    if (random(3) == 0) {
                        scheduler.give_back(std::move(*attempt));
                    } else {
                        count(attempt->parts);
                    }
                }
                break;
            default:
                scheduler.site_reached(site);
        }
    }
    for (int number = 0; number < 40; ++number) {
        count(scheduler.take_domain(std::to_string(number)));
    }
    for (int number = 0; number < 9; ++number) {
        while (const auto attempt = scheduler.next_for("site" + std::to_string(number))) {
            count(attempt->parts);
        }
    }
    EXPECT_EQ(in, out);
    EXPECT_TRUE(scheduler.sites_wanting_connections().empty());
}

TEST_F(SchedulerTest, KnowsWhereADomainGoesWhileThatIsValid) {
    EXPECT_FALSE(scheduler.site_of("one.test", at(0)));
    scheduler.assign("one.test", "site", at(10));
    EXPECT_EQ(scheduler.site_of("one.test", at(9)), "site");
    EXPECT_FALSE(scheduler.site_of("one.test", at(10)));
}

TEST_F(SchedulerTest, MailLetGoSlowsItsOwnSiteAlone) {
    for (const char* domain : {"one.test", "two.test"}) {
        scheduler.assign(domain, domain, at(10));
        scheduler.submit(part(1, domain, {0}), at(0));
        for (int i = 0; i < 3; ++i) {
            scheduler.site_reached(domain);
        }
    }
    scheduler.begin_anew("one.test", 1);
    scheduler.begin_anew("unknown.test", 1);
    EXPECT_EQ(scheduler.destination("one.test")->limit(), 2);
    EXPECT_EQ(scheduler.destination("two.test")->limit(), 4) << "its own limit";
}

TEST_F(SchedulerTest, KnowsWhichRecipientsOfAMessageWait) {
    EXPECT_TRUE(scheduler.waiting_of(MessageId(1)).empty());
    scheduler.assign("one.test", "site", at(10));
    scheduler.submit(part(1, "one.test", {0, 2}), at(0));
    scheduler.submit(part(1, "two.test", {1}), at(0));
    EXPECT_EQ(scheduler.waiting_of(MessageId(1)).size(), 3U);
    ASSERT_TRUE(scheduler.next_for("site"));
    EXPECT_EQ(scheduler.waiting_of(MessageId(1)), (std::vector<int>{1}));
}

}  // namespace
}  // namespace queue
