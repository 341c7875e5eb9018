#include "relay/check/rotation_keeper.h"

#include <future>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "dkim/errors.h"
#include "queue/sqlite_store.h"
#include "relay/check/kept_lives.h"
#include "relay/clock.h"
#include "tests/queue/store_samples.h"
#include "tests/relay/check/check_stage.h"
#include "tests/relay/check/fake_authorities.h"

namespace relay::check {
namespace {

using conf::Prove;
using dkim::Sight;
using net::RecordType;
using std::chrono::hours;
using std::chrono::milliseconds;

const std::string kDomain = "example.com";

class RotationKeeperTest : public testing::Test {
protected:
    RotationKeeperTest()
        : store_(queue::SqliteStore::open(folder_.file("data"), wall_clock()).value()),
          committer_(*store_, metrics_),
          current_({stage_.shared(), stage_.keys()}) {}
    ~RotationKeeperTest() override {
        close();
        committer_.stop();
    }

    /// As at a start of the relay, before anything is asked.
    void open() {
        current_.set(stage_.shared(), stage_.keys());
        current_.set_lives(std::make_shared<const dkim::Lives>());
        gate_.set_unproven({});
        keeper_.emplace(RotationKeeper::House{
            stage_.dns, authorities_, *store_, disk_, committer_, gate_, current_, context_});
        ASSERT_TRUE(keeper_->recall());
    }
    void start() {
        open();
        keeper_->start();
        settle();
    }
    void close() {
        if (keeper_) {
            keeper_->stop();
            settle();
            keeper_.reset();
            settle();
            settle_store();
        }
    }
    void reload() {
        current_.set(stage_.shared(), stage_.keys());
        keeper_->reconfigure();
        settle();
    }
    /// Another look.
    void look() {
        keeper_->check_now();
        settle();
    }
    /// All that can be done without waiting for time to pass.
    void settle() {
        // A few times, since what a look asks of the store comes back from the worker.
        for (int i = 0; i < 4; ++i) {
            context_.restart();
            context_.poll();
            bool done = false;
            net::asio::co_spawn(context_.get_executor(),
                                disk_.run<int>([] { return 0; }),
                                [&](std::exception_ptr, int) { done = true; });
            run_until([&] { return done; });
        }
        context_.poll();
    }
    /// Turns the loop until `reached` holds.
    void run_until(const std::function<bool()>& reached) {
        context_.restart();
        while (!reached() && context_.run_one_for(std::chrono::seconds(20)) > 0) {
        }
        ASSERT_TRUE(reached());
    }
    void settle_store() {
        std::promise<void> done;
        committer_.commit(queue::changes(queue::Forget{"test", "none"}),
                          [&done](const conf::Result<void>&) { done.set_value(); });
        done.get_future().wait();
    }
    conf::Result<void> retire(const std::string& domain, const std::string& selector) {
        std::optional<conf::Result<void>> result;
        net::asio::co_spawn(context_.get_executor(),
                            keeper_->retire(domain, selector),
                            [&](std::exception_ptr, conf::Result<void> ended) { result = ended; });
        run_until([&] { return result.has_value(); });
        return *result;
    }

    /// So many more, with the key of the first and its record.
    void add_domains(int number) {
        const auto text = stage_.record(kDomain).second;
        for (int i = 0; i < number; ++i) {
            conf::Domain domain = stage_.config.domains.front();
            domain.name = conf::DomainName::parse("d" + std::to_string(i) + ".example").value();
            stage_.dns.txt("s1._domainkey." + domain.name.text(), text);
            stage_.config.domains.push_back(std::move(domain));
        }
    }
    /// "s1 s2": who signs; "held: s1".
    [[nodiscard]] std::string signing(const std::string& domain = kDomain) const {
        const auto setup = current_.get();
        const auto name = conf::DomainName::parse(domain).value();
        const auto choice = dkim::choose(*setup.keys->keys_of(name),
                                         setup.lives->of(name),
                                         setup.config->dkim.prove,
                                         wall_clock());
        std::string out = choice.fit ? "" : "held:";
        for (const auto* entry : choice.signing) {
            out += (out.empty() ? "" : " ") + entry->selector.name;
        }
        return out;
    }
    [[nodiscard]] const dkim::Life& life(const std::string& selector = "s1",
                                         const std::string& domain = kDomain) const {
        static dkim::Life copy;
        const auto name = conf::DomainName::parse(domain).value();
        const auto& lives = current_.get().lives->of(name);
        const auto found = lives.find(selector);
        copy = found == lives.end() ? dkim::Life{} : found->second;
        return copy;
    }
    [[nodiscard]] bool is_held(const std::string& author = kDomain) {
        return gate_.judge("", author).decision == Gate::Decision::Hold;
    }
    [[nodiscard]] dkim::Lives kept() {
        settle_store();
        return recall_lives(*store_).value().lives;
    }
    [[nodiscard]] std::string record_name(const std::string& selector = "s1") const {
        return selector + "._domainkey." + kDomain;
    }

    net::asio::io_context context_{1};
    Stage stage_;
    FakeAuthorities authorities_{stage_.dns};
    support::TemporaryFolder folder_;
    std::unique_ptr<queue::Store> store_;
    Metrics metrics_;
    net::WorkerPool disk_{1};
    Committer committer_;
    Gate gate_{conf::CheckMode::Off};
    Current current_;
    std::optional<RotationKeeper> keeper_;
};

TEST_F(RotationKeeperTest, HoldsMailUntilTheFirstLookProvesAndThenLetsItGo) {
    open();
    EXPECT_TRUE(is_held());
    EXPECT_EQ(gate_.judge("", kDomain).reason,
              "no selector of example.com is proven: s1: nobody has looked at its record yet");
    EXPECT_EQ(signing(), "held: s1");
    keeper_->start();
    settle();
    EXPECT_FALSE(is_held());
    EXPECT_EQ(signing(), "s1");
    EXPECT_EQ(kept().of(conf::DomainName::parse(kDomain).value()).at("s1"), life());
}

TEST_F(RotationKeeperTest, HoldsMailWhileTheRecordIsMissing) {
    stage_.withdraw_key(kDomain);
    start();
    EXPECT_TRUE(is_held());
    EXPECT_EQ(gate_.judge("", kDomain).reason,
              "no selector of example.com is proven: s1: there is no record");
    EXPECT_EQ(life().sight, Sight::Absent);
    stage_.publish_key(kDomain);
    settle();
    EXPECT_TRUE(is_held());  // nobody has looked again
    look();
    EXPECT_FALSE(is_held());
}

TEST_F(RotationKeeperTest, HoldsMailWhenARecordVanishesOrIsAnother) {
    start();
    stage_.withdraw_key(kDomain);
    look();
    EXPECT_TRUE(is_held());
    EXPECT_EQ(signing(), "held: s1");
    stage_.publish_key(kDomain);
    look();
    EXPECT_FALSE(is_held());
    stage_.dns.remove(record_name());
    stage_.dns.txt(record_name(), "v=DKIM1; p=");
    look();
    EXPECT_TRUE(is_held());
    EXPECT_EQ(signing(), "held:");
}

TEST_F(RotationKeeperTest, FallsBackToTheOtherSelectorWithoutAHold) {
    stage_.add_selector("s2");
    stage_.publish_key(kDomain, "s2");
    start();
    EXPECT_EQ(signing(), "s2");
    int changes = 0;
    gate_.on_change([&] { ++changes; });
    stage_.withdraw_key(kDomain, "s2");
    look();
    EXPECT_EQ(signing(), "s1");
    EXPECT_EQ(changes, 0);
    EXPECT_TRUE(life("s2").signed_until);
}

TEST_F(RotationKeeperTest, ASecondSelectorWaitsForTheNegativeTtl) {
    start();
    stage_.add_selector("s2");
    stage_.publish_key(kDomain, "s2");
    authorities_.negative_ttl = hours(2);
    reload();
    EXPECT_EQ(signing(), "s1");
    EXPECT_EQ(life("s2").proven_from, life("s2").since + hours(2));
}

TEST_F(RotationKeeperTest, AProofOutlivesARestartWhileTheDnsFails) {
    start();
    const auto before = life();
    close();
    stage_.dns.fail(record_name(), RecordType::Txt);
    open();
    EXPECT_FALSE(is_held());  // before anybody is asked
    EXPECT_EQ(signing(), "s1");
    keeper_->start();
    settle();
    EXPECT_GT(stage_.dns.asked(record_name(), RecordType::Txt), 1);
    EXPECT_FALSE(is_held());
    EXPECT_EQ(life(), before);
}

TEST_F(RotationKeeperTest, NoAnswerProvesNothing) {
    stage_.dns.fail(record_name(), RecordType::Txt, net::Answer::Status::TimedOut);
    start();
    EXPECT_TRUE(is_held());
    EXPECT_EQ(authorities_.asked(), 0);
    EXPECT_EQ(life().sight, Sight::Unseen);
}

TEST_F(RotationKeeperTest, ALifeOfAnotherKeyIsNotBelieved) {
    start();
    close();
    stage_.config.domains[0].selectors[0].key = stage_.folder.make("another");
    open();
    EXPECT_TRUE(is_held());
    keeper_->start();
    settle();
    EXPECT_TRUE(is_held());
    EXPECT_EQ(life().seen, "another key than ours is published");
}

TEST_F(RotationKeeperTest, ADamagedLifeBeginsAnew) {
    start();
    close();
    committer_.commit_later(
        queue::changes(queue::Remember{"selector", kDomain + "/s1", "v=1; damaged", std::nullopt}));
    settle_store();
    open();
    EXPECT_TRUE(is_held());
    keeper_->start();
    settle();
    EXPECT_FALSE(is_held());
    EXPECT_EQ(kept().of(conf::DomainName::parse(kDomain).value()).at("s1"), life());
}

TEST_F(RotationKeeperTest, ServersThatDisagreeProveNothing) {
    const auto [name, text] = stage_.record(kDomain);
    authorities_.serve(name, text);
    authorities_.serve(name, std::nullopt);
    start();
    EXPECT_TRUE(is_held());
    EXPECT_EQ(life().sight, Sight::Disagreed);
    EXPECT_NE(gate_.judge("", kDomain).reason.find("ns2 (192.0.2.52) says: there is no record"),
              std::string::npos)
        << gate_.judge("", kDomain).reason;
    authorities_.clear();
    authorities_.serve(name, text);
    authorities_.serve(name, text);
    look();
    EXPECT_FALSE(is_held());
}

TEST_F(RotationKeeperTest, ASilentServerIsNoDisagreement) {
    const auto [name, text] = stage_.record(kDomain);
    authorities_.serve_silence(name);
    authorities_.serve(name, text);
    authorities_.serve_silence(name);
    start();
    EXPECT_FALSE(is_held());
    authorities_.clear();
    authorities_.serve_silence(name);
    look();
    EXPECT_FALSE(is_held());  // then the resolver's word counts
    authorities_.serve(name, std::nullopt);
    look();
    EXPECT_TRUE(is_held());  // the resolver only remembers
}

TEST_F(RotationKeeperTest, AsksNothingWhereProofIsOff) {
    stage_.config.dkim.prove = Prove::Off;
    stage_.withdraw_key(kDomain);
    start();
    look();
    EXPECT_EQ(stage_.dns.asked(), 0);
    EXPECT_EQ(authorities_.asked(), 0);
    EXPECT_FALSE(is_held());
    EXPECT_EQ(signing(), "s1");
    EXPECT_TRUE(life().signs_from);
}

TEST_F(RotationKeeperTest, SignsAnywayWhereItOnlyWarns) {
    stage_.config.dkim.prove = Prove::Warn;
    stage_.withdraw_key(kDomain);
    start();
    EXPECT_FALSE(is_held());
    EXPECT_EQ(signing(), "s1");
    stage_.dns.txt(record_name(), "p=");
    look();
    EXPECT_TRUE(is_held());  // receivers would find that it is wrong
}

TEST_F(RotationKeeperTest, HoldsBeforeASelectorStopsAndLetsGoAfterOneBegins) {
    start();
    std::vector<std::pair<bool, bool>> seen;  // held, and signing all the same
    gate_.on_change([&] { seen.emplace_back(is_held(), signing() == "s1"); });
    stage_.withdraw_key(kDomain);
    look();
    stage_.publish_key(kDomain);
    look();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0], std::make_pair(true, true));
    EXPECT_EQ(seen[1], std::make_pair(false, true));
}

TEST_F(RotationKeeperTest, TakesASelectorOutOfService) {
    stage_.add_selector("s2");
    stage_.publish_key(kDomain, "s2");
    start();
    EXPECT_TRUE(retire(kDomain, "s2"));
    EXPECT_EQ(signing(), "s1");
    EXPECT_FALSE(is_held());
    EXPECT_TRUE(kept().of(conf::DomainName::parse(kDomain).value()).at("s2").retired);
    const auto last = retire(kDomain, "s1");
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code, dkim::errc::NoSuccessor);
    EXPECT_EQ(signing(), "s1");
    for (const char* domain : {"example.com", "example.org", "", "no domain"}) {
        const auto unknown = retire(domain, "s9");
        ASSERT_FALSE(unknown) << domain;
        EXPECT_EQ(unknown.error().code, dkim::errc::NoSelector);
    }
}

TEST_F(RotationKeeperTest, NotesWhenNothingThatItSignedWaitsAnyMore) {
    stage_.add_selector("s2");
    stage_.publish_key(kDomain, "s2");
    start();
    auto message = std::make_shared<queue::Message>(*queue::make_message({.body = 10}));
    message->envelope.accepted = wall_clock();
    message->envelope.signed_by = kDomain + "/s2";
    std::promise<bool> stored;
    committer_.commit(queue::changes(queue::Insert{message, wall_clock()}),
                      [&](const conf::Result<void>& done) { stored.set_value(bool(done)); });
    ASSERT_TRUE(stored.get_future().get());
    ASSERT_TRUE(retire(kDomain, "s2"));
    look();
    EXPECT_FALSE(life("s2").left);
    committer_.commit_later(queue::changes(queue::Remove{message->envelope.id}));
    settle_store();
    look();
    EXPECT_TRUE(kept().of(conf::DomainName::parse(kDomain).value()).at("s2").left);
}

TEST_F(RotationKeeperTest, FollowsAReload) {
    start();
    stage_.add_domain("example.org");
    stage_.publish_key("example.org");
    stage_.dns.hold();
    reload();
    EXPECT_TRUE(is_held("example.org"));
    EXPECT_FALSE(is_held());
    stage_.dns.release();
    settle();
    EXPECT_FALSE(is_held("example.org"));
    EXPECT_EQ(signing("example.org"), "s1");

    stage_.config.domains.erase(stage_.config.domains.begin());
    stage_.withdraw_key("example.org");
    reload();
    EXPECT_TRUE(is_held("example.org"));
    EXPECT_FALSE(is_held());
    EXPECT_TRUE(life().signed_until);  // of the domain that went
    stage_.config.dkim.prove = Prove::Off;
    reload();
    EXPECT_FALSE(is_held("example.org"));
}

TEST_F(RotationKeeperTest, BelievesNoLookFromBeforeAReload) {
    stage_.dns.hold();
    start();
    stage_.config.domains[0].selectors[0].key = stage_.folder.make("another");
    reload();
    stage_.dns.release();
    settle();
    EXPECT_TRUE(is_held());
    EXPECT_EQ(life().seen, "another key than ours is published");
}

TEST_F(RotationKeeperTest, LooksAtManyDomainsAFewAtATime) {
    add_domains(40);
    stage_.dns.hold();
    start();
    EXPECT_EQ(stage_.dns.asked(), 16);
    EXPECT_EQ(gate_.unproven().size(), 41U);
    stage_.dns.release();
    settle();
    EXPECT_TRUE(gate_.unproven().empty());
}

TEST_F(RotationKeeperTest, RestsOnceAllIsProven) {
    start();
    const int asked = stage_.dns.asked();
    context_.restart();
    context_.run_for(milliseconds(50));
    EXPECT_EQ(stage_.dns.asked(), asked);
}

TEST_F(RotationKeeperTest, LooksAtTheOthersWhenDomainsGoWhileTheyAreLookedAt) {
    add_domains(20);
    stage_.dns.hold();
    start();
    EXPECT_EQ(stage_.dns.asked(), 16);
    // Those that wait for their turn stay: the last ones in the order of names.
    std::erase_if(stage_.config.domains, [](const conf::Domain& domain) {
        return domain.name < conf::DomainName::parse("d7").value();
    });
    ASSERT_EQ(stage_.config.domains.size(), 4U);
    reload();
    stage_.dns.release();
    settle();
    EXPECT_TRUE(gate_.unproven().empty());
}

TEST_F(RotationKeeperTest, HoldsSubdomainsWithTheirDomain) {
    stage_.config.domains[0].subdomains = true;
    open();
    EXPECT_TRUE(is_held("a.example.com"));
    keeper_->start();
    settle();
    EXPECT_FALSE(is_held("a.example.com"));
}

TEST_F(RotationKeeperTest, LetsASelectorSignWhenItsDateComes) {
    start();
    stage_.add_selector("s2").sign_from = wall_clock() + milliseconds(60);
    stage_.publish_key(kDomain, "s2");
    reload();
    run_until([this] { return life("s2").signs_from.has_value(); });
    EXPECT_EQ(signing(), "s2");
    EXPECT_TRUE(life("s1").signed_until);
}

TEST_F(RotationKeeperTest, SaysNothingAfterStop) {
    stage_.dns.hold();
    start();
    keeper_->stop();
    settle();
    stage_.dns.release();
    settle();
    EXPECT_TRUE(is_held());
    EXPECT_EQ(life(), dkim::Life{});
}

}  // namespace
}  // namespace relay::check
