#include "relay/pauses.h"

#include <gtest/gtest.h>

#include "queue/sqlite_store.h"
#include "tests/support/temporary_folder.h"

namespace relay {
namespace {

using queue::Instant;

constexpr Instant kNow{std::chrono::milliseconds(1'800'000'000'000)};

Pause domain(std::string_view text) {
    return Pause::of_domain(text).value();
}

Pause sender(std::string_view text) {
    return Pause::of_sender(text).value();
}

PauseSet set_of(const std::vector<Pause>& pauses) {
    std::vector<Paused> all;
    for (const Pause& pause : pauses) {
        all.push_back({pause, kNow});
    }
    return PauseSet(all);
}

queue::Envelope envelope(const std::vector<std::string>& recipients,
                         const std::string& from = "App@Example.com") {
    queue::Envelope made;
    if (!from.empty()) {
        made.sender = queue::Address::parse(from).value();
    }
    for (const auto& text : recipients) {
        queue::Recipient recipient;
        recipient.address = queue::Address::parse(text).value();
        recipient.due = kNow;
        made.recipients.push_back(recipient);
    }
    return made;
}

TEST(Pause, IsWrittenInOneWay) {
    EXPECT_EQ(domain("B\u00dcCHER.Example.").name(), "xn--bcher-kva.example");
    EXPECT_EQ(domain("[IPv6:2001:DB8::1]").name(), "[ipv6:2001:db8::1]");
    EXPECT_EQ(sender("App@Example.COM").name(), "app@example.com");
    EXPECT_EQ(sender("Example.COM").name(), "example.com");
    EXPECT_EQ(sender("<>").name(), "<>");
    EXPECT_EQ(Pause::all().name(), "");
}

TEST(Pause, SaysWhatIsWrong) {
    for (const char* text : {"", "a..b", "user@example.com", "[1.2.3]", "[", "]"}) {
        const auto pause = Pause::of_domain(text);
        ASSERT_FALSE(pause) << text;
        EXPECT_TRUE(pause.error().message().starts_with("domain: ")) << pause.error().message();
    }
    for (const char* text : {"", "a..b", "@", "@example.com", "user@", "a b@example.com"}) {
        const auto pause = Pause::of_sender(text);
        ASSERT_FALSE(pause) << text;
        EXPECT_TRUE(pause.error().message().starts_with("sender: ")) << pause.error().message();
    }
}

TEST(Pause, IsKeptUnderAKeyThatIsReadAgain) {
    for (const Pause& pause : {Pause::all(),
                               domain("example.net"),
                               domain("[192.0.2.1]"),
                               sender("a@example.com"),
                               sender("example.com"),
                               sender("<>")}) {
        EXPECT_EQ(Pause::of_key(pause.key()), pause) << pause.key();
    }
    for (const char* key : {"", "everything", "domain:", "sender:a b@x", "Domain:example.net"}) {
        EXPECT_FALSE(Pause::of_key(key)) << key;
    }
}

TEST(Pause, ExplainsItselfWithoutAnAddressOfSomebody) {
    EXPECT_EQ(Pause::all().reason(), "sending is paused by a person (all mail)");
    EXPECT_EQ(domain("example.net").reason(), "sending is paused by a person (domain example.net)");
    EXPECT_EQ(sender("example.com").reason(), "sending is paused by a person (sender example.com)");
    EXPECT_EQ(sender("<>").reason(), "sending is paused by a person (sender <>)");
    EXPECT_EQ(sender("jo@example.com").reason(),
              "sending is paused by a person (sender *@example.com)");
    EXPECT_EQ(sender("jo@example.com").text(), "sender jo@example.com");
}

TEST(PauseSet, WithoutPausesCoversNothing) {
    const PauseSet none;
    EXPECT_FALSE(none.covering(envelope({"a@one.test"})));
    EXPECT_FALSE(none.stops("one.test"));
    EXPECT_EQ(none.size(), 0U);
}

TEST(PauseSet, OfEverythingCoversEveryMessage) {
    const auto set = set_of({Pause::all()});
    EXPECT_EQ(set.covering(envelope({"a@one.test"})), Pause::all());
    EXPECT_EQ(set.covering(envelope({"a@one.test"}, "")), Pause::all());
    EXPECT_FALSE(set.stops("one.test")) << "it is no matter of single recipients";
}

TEST(PauseSet, OfASenderCoversWhateverHeSends) {
    const auto mail = envelope({"a@one.test", "b@two.test"});
    EXPECT_TRUE(set_of({sender("app@example.com")}).covering(mail));
    EXPECT_TRUE(set_of({sender("example.com")}).covering(mail));
    EXPECT_FALSE(set_of({sender("other@example.com")}).covering(mail));
    EXPECT_FALSE(set_of({sender("sub.example.com")}).covering(mail));
    EXPECT_FALSE(set_of({sender("<>")}).covering(mail));
    EXPECT_TRUE(set_of({sender("<>")}).covering(envelope({"a@one.test"}, "")));
    EXPECT_FALSE(set_of({sender("example.com")}).covering(envelope({"a@one.test"}, "")));
}

TEST(PauseSet, OfADomainCoversAMessageOnceAllItsDomainsArePaused) {
    auto mail = envelope({"a@one.test", "b@two.test"});
    const auto one = set_of({domain("one.test")});
    EXPECT_TRUE(one.stops("one.test"));
    EXPECT_FALSE(one.stops("two.test"));
    EXPECT_FALSE(one.covering(mail));
    EXPECT_EQ(set_of({domain("two.test"), domain("one.test")}).covering(mail), domain("one.test"));
    mail.recipients[1].state = queue::Recipient::State::Delivered;
    EXPECT_EQ(one.covering(mail), domain("one.test")) << "the other one is done";
}

TEST(PauseSet, ComparesLiteralsWithoutRegardToCase) {
    const auto set = set_of({domain("[IPv6:2001:db8::1]")});
    EXPECT_TRUE(set.stops("[IPV6:2001:DB8::1]"));
    EXPECT_TRUE(set.covering(envelope({"a@[IPv6:2001:DB8::1]"})));
}

TEST(PauseSet, LeavesAMessageAloneThatOnlyOwesAReport) {
    for (const auto kind : {queue::Outcome::Kind::Delivered, queue::Outcome::Kind::Failed}) {
        auto mail = envelope({"a@one.test"});
        mail.recipients[0].last.emplace();
        mail.recipients[0].last->kind = kind;
        EXPECT_FALSE(set_of({Pause::all(), domain("one.test")}).covering(mail));
    }
    auto expired = envelope({"a@one.test"});
    expired.recipients[0].due = Instant::max();
    EXPECT_FALSE(set_of({Pause::all()}).covering(expired));
}

TEST(PauseSet, CountsOnlyWhatMayBeTriedForTheNextTurn) {
    auto mail = envelope({"a@one.test", "b@two.test"});
    mail.recipients[1].due = kNow + std::chrono::hours(1);
    EXPECT_EQ(PauseSet().due(mail), kNow);
    EXPECT_EQ(set_of({domain("one.test")}).due(mail), kNow + std::chrono::hours(1));
    EXPECT_EQ(set_of({domain("two.test")}).due(mail), kNow);
    EXPECT_EQ(set_of({domain("one.test"), domain("two.test")}).due(mail), kNow);
}

TEST(Pauses, ChangeOnceAndCountTheirChanges) {
    Pauses pauses;
    const auto before = pauses.generation();
    EXPECT_TRUE(pauses.add({domain("one.test"), kNow}));
    EXPECT_FALSE(pauses.add({domain("One.TEST"), kNow}));
    EXPECT_EQ(pauses.generation(), before + 1);
    const auto seen = pauses.get();
    EXPECT_FALSE(pauses.remove(domain("two.test")));
    EXPECT_TRUE(pauses.remove(domain("one.test")));
    EXPECT_EQ(pauses.generation(), before + 2);
    EXPECT_EQ(seen->size(), 1U) << "what somebody looks at does not change";
    EXPECT_EQ(pauses.get()->size(), 0U);
}

TEST(Pauses, AreBounded) {
    Pauses pauses;
    for (std::size_t i = 0; i < Pauses::kMost; ++i) {
        ASSERT_TRUE(pauses.add({domain("d" + std::to_string(i) + ".test"), kNow}));
    }
    EXPECT_FALSE(pauses.add({Pause::all(), kNow}));
    EXPECT_TRUE(pauses.remove(domain("d7.test")));
    EXPECT_TRUE(pauses.add({Pause::all(), kNow}));
}

TEST(Pauses, OutlastARestart) {
    const support::TemporaryFolder folder;
    const Paused one{domain("one.test"), kNow};
    const Paused two{sender("a@example.com"), kNow + std::chrono::seconds(1)};
    {
        auto store = queue::SqliteStore::open(folder.path(), kNow);
        ASSERT_TRUE(store) << store.error().message();
        std::vector<queue::Change> changes;
        changes.push_back(Pauses::remember(one));
        changes.push_back(Pauses::remember(two));
        changes.push_back(Pauses::remember({Pause::all(), kNow}));
        changes.push_back(Pauses::forget(Pause::all()));
        changes.emplace_back(queue::Remember{"pause", "nonsense", "1", std::nullopt});
        changes.emplace_back(queue::Remember{"pause", "sender:<>", "when?", std::nullopt});
        ASSERT_TRUE((*store)->commit(changes));
    }
    auto store = queue::SqliteStore::open(folder.path(), kNow);
    ASSERT_TRUE(store) << store.error().message();
    Pauses pauses;
    const auto damaged = pauses.recall(**store);
    ASSERT_TRUE(damaged);
    EXPECT_EQ(*damaged, std::vector<std::string>{"nonsense"});
    EXPECT_EQ(pauses.get()->list(), (std::vector<Paused>{one, {sender("<>"), Instant()}, two}))
        << "one whose time is lost is a pause all the same";
}

}  // namespace
}  // namespace relay
