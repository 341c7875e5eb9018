#include "tests/queue/store_conformance.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "queue/errors.h"

namespace queue {
namespace {

using Times = std::vector<std::int64_t>;
using Facts = std::map<std::string, std::string>;

TEST_P(StoreConformance, IsEmptyAtFirst) {
    expect_totals(0, 0, 0, 0);
    EXPECT_FALSE(store->totals()->oldest);
    EXPECT_FALSE(*store->next_due());
    EXPECT_EQ(claim(1000), Times{});
    EXPECT_EQ(find({}), Times{});
    EXPECT_EQ(load_error(id_at(1)), errc::NotFound);
    EXPECT_EQ(store->last_id(), MessageId());
    EXPECT_EQ(store->latched(), "");
    EXPECT_GT(*store->free_octets(), 0U);
}

TEST_P(StoreConformance, KeepsAMessageWholeAcrossARestart) {
    const auto message = make_message({.ms = 5, .recipients = {"a@example.net", "b@example.org"}});
    commit(changes(Insert{message, std::nullopt}));
    for (const bool again : {false, true}) {
        if (again) {
            reopen(50);
        }
        const auto stored = store->load(id_at(5));
        ASSERT_TRUE(stored);
        EXPECT_EQ(stored->envelope, message->envelope);
        EXPECT_EQ(stored->content.signatures, message->content->signatures);
        EXPECT_EQ(stored->content.header, message->content->header);
        EXPECT_EQ(stored->content.body_hash, message->content->body_hash);
        EXPECT_EQ(stored->content.body_size, message->content->body_size);
        EXPECT_EQ(stored->content.chunks, 0);
        EXPECT_EQ(stored->content.body, "");
        EXPECT_EQ(stored->due, again ? std::optional(at(50)) : std::nullopt);
        EXPECT_EQ(*store->read_body(id_at(5), 0), message->content->body);
        EXPECT_EQ(store->read_body(id_at(5), 1).error().code, errc::NotFound);
        EXPECT_EQ(store->read_body(id_at(6), 0).error().code, errc::NotFound);
    }
}

TEST_P(StoreConformance, KeepsEmptyBodiesAndHeaders) {
    auto message = std::make_shared<Message>(*make_message({.ms = 1, .sender = ""}));
    message->content = std::make_shared<const Content>();
    commit(changes(Insert{message, std::nullopt}));
    reopen();
    ASSERT_TRUE(store->load(id_at(1)));
    EXPECT_TRUE(store->load(id_at(1))->envelope.sender.is_null());
    EXPECT_EQ(*store->read_body(id_at(1), 0), "");
}

TEST_P(StoreConformance, StoresAllOfACommitOrNothing) {
    insert({.ms = 1});
    const auto failed = store->commit(changes(Insert{make_message({.ms = 2}), std::nullopt},
                                              Remember{"topic", "key", "value", std::nullopt},
                                              Remove{id_at(1)},
                                              Insert{make_message({.ms = 3}), at(3)},
                                              Insert{make_message({.ms = 2}), std::nullopt}));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, errc::Duplicate);
    EXPECT_EQ(find({}), Times{1});
    EXPECT_EQ(*store->recall("topic"), Facts{});
    expect_totals(0, 1, 0, 2000);
    EXPECT_FALSE(*store->next_due());
    // The store goes on.
    insert({.ms = 2});
    reopen();
    EXPECT_EQ(find({}), (Times{1, 2}));
}

TEST_P(StoreConformance, TakesTheChangesOfACommitInOrder) {
    const auto one = make_message({.ms = 1});
    auto later = std::make_shared<Envelope>(one->envelope);
    later->recipients[0].attempts = 7;
    commit(changes(Insert{one, std::nullopt},
                   Update{later, at(99)},
                   Insert{make_message({.ms = 2}), std::nullopt},
                   Remove{id_at(2)},
                   Remember{"t", "k", "1", std::nullopt},
                   Forget{"t", "k"},
                   Remember{"t", "k", "2", std::nullopt},
                   Remember{"t", "k", "3", std::nullopt}));
    EXPECT_EQ(store->load(id_at(1))->envelope.recipients[0].attempts, 7);
    EXPECT_EQ(store->load(id_at(1))->due, at(99));
    EXPECT_EQ(load_error(id_at(2)), errc::NotFound);
    EXPECT_EQ(*store->recall("t"), (Facts{{"k", "3"}}));
    expect_totals(1, 0, 0, 2000);
}

TEST_P(StoreConformance, IgnoresChangesOfMessagesThatAreGone) {
    const auto gone = make_message({.ms = 1});
    commit(changes(Update{std::make_shared<const Envelope>(gone->envelope), at(1)},
                   Resign{id_at(1), "x", "y"},
                   Remove{id_at(1)},
                   DropChunks{id_at(1)},
                   Forget{"no", "such"}));
    EXPECT_EQ(find({}), Times{});
    expect_totals(0, 0, 0, 0);
}

TEST_P(StoreConformance, GivesDueMessagesEarliestFirstAndOnce) {
    insert({.ms = 1}, at(300));
    insert({.ms = 2}, at(100));
    insert({.ms = 3}, at(200));
    insert({.ms = 4});
    insert({.ms = 5}, at(900));
    expect_totals(4, 1, 0, 10000);
    EXPECT_EQ(*store->next_due(), at(100));
    EXPECT_EQ(claim(99), Times{});
    EXPECT_EQ(claim(300, 2), (Times{2, 3}));
    EXPECT_EQ(*store->next_due(), at(300));
    EXPECT_EQ(claim(300), Times{1});
    EXPECT_EQ(claim(300), Times{});
    EXPECT_EQ(*store->next_due(), at(900));
    EXPECT_FALSE(store->load(id_at(2))->due);
    expect_totals(1, 4, 0, 10000);
}

TEST_P(StoreConformance, WakesActiveMessagesAtTheNextStart) {
    insert({.ms = 1});
    insert({.ms = 2}, at(100));
    insert({.ms = 3}, at(5000));
    EXPECT_EQ(claim(100), Times{2});
    reopen(2000);
    expect_totals(3, 0, 0, 6000);
    EXPECT_EQ(*store->next_due(), at(2000));
    Times claimed = claim(2000);
    std::sort(claimed.begin(), claimed.end());
    EXPECT_EQ(claimed, (Times{1, 2}));
}

TEST_P(StoreConformance, LeavesHeldMessagesOutUntilTheyAreReleased) {
    insert({.ms = 1, .hold = "PTR is absent"}, at(10));
    insert({.ms = 2}, at(20));
    expect_totals(1, 0, 1, 4000);
    EXPECT_EQ(*store->next_due(), at(20));
    EXPECT_EQ(claim(100), Times{2});
    EXPECT_EQ(store->load(id_at(1))->envelope.hold.reason, "PTR is absent");
    EXPECT_EQ(store->load(id_at(1))->due, at(10));
    // From active to held, and both released.
    const Envelope one = store->load(id_at(1))->envelope;
    const Envelope two = store->load(id_at(2))->envelope;
    commit(changes(Update{with_hold(two, "paused"), at(30)}));
    expect_totals(0, 0, 2, 4000);
    EXPECT_FALSE(*store->next_due());
    EXPECT_EQ(claim(1000), Times{});
    commit(changes(Update{with_hold(one, ""), at(50)}, Update{with_hold(two, ""), std::nullopt}));
    expect_totals(1, 1, 0, 4000);
    EXPECT_EQ(claim(1000), Times{1});
}

TEST_P(StoreConformance, KeepsHeldMessagesHeldAcrossARestart) {
    insert({.ms = 1, .hold = "why"}, at(10));
    insert({.ms = 2, .hold = "why"});
    reopen(100);
    expect_totals(0, 0, 2, 4000);
    EXPECT_EQ(claim(1000), Times{});
    EXPECT_EQ(times(*store->held(MessageId(), 10)), (Times{1, 2}));
}

TEST_P(StoreConformance, ListsHeldMessagesInOrderOfId) {
    for (const std::int64_t ms : {5, 3, 1, 4, 2}) {
        insert({.ms = ms, .hold = ms == 4 ? "" : "why"}, at(1000 - 100 * ms));
    }
    EXPECT_EQ(times(*store->held(MessageId(), 10)), (Times{1, 2, 3, 5}));
    EXPECT_EQ(times(*store->held(MessageId(), 2)), (Times{1, 2}));
    EXPECT_EQ(times(*store->held(id_at(2), 10)), (Times{3, 5}));
    EXPECT_EQ(times(*store->held(id_at(5), 10)), Times{});
}

TEST_P(StoreConformance, UpdatesAnEnvelopeWhole) {
    insert({.ms = 1, .recipients = {"a@example.net", "b@example.org"}});
    Envelope envelope = store->load(id_at(1))->envelope;
    envelope.recipients[0].state = Recipient::State::Delivered;
    envelope.recipients[0].last = Outcome{
        Outcome::Kind::Delivered, {2, 0, 0}, "250 2.0.0 ok", "mx.example.net", "192.0.2.9", true};
    envelope.recipients[1].attempts = 1;
    envelope.recipients[1].due = at(60000);
    commit(changes(Update{std::make_shared<const Envelope>(envelope), at(60000)}));
    reopen(100);
    EXPECT_EQ(store->load(id_at(1))->envelope, envelope);
    EXPECT_EQ(store->load(id_at(1))->due, at(60000));
    EXPECT_EQ(store->read_body(id_at(1), 0)->size(), 1001U);
}

TEST_P(StoreConformance, RemovesAMessageWithAllThatIsItsOwn) {
    insert({.ms = 1});
    commit(
        changes(AddChunk{id_at(2), 0, "abc"}, Insert{make_message({.ms = 2, .chunks = 1}), at(9)}));
    commit(changes(Remove{id_at(1)}, Remove{id_at(2)}));
    EXPECT_EQ(load_error(id_at(1)), errc::NotFound);
    EXPECT_EQ(store->read_body(id_at(1), 0).error().code, errc::NotFound);
    EXPECT_EQ(store->read_body(id_at(2), 0).error().code, errc::NotFound);
    EXPECT_FALSE(*store->next_due());
    expect_totals(0, 0, 0, 0);
    reopen();
    EXPECT_EQ(find({}), Times{});
}

TEST_P(StoreConformance, KeepsBodiesInChunks) {
    const std::string chunk(kChunkSize, 'c');
    commit(changes(AddChunk{id_at(1), 0, chunk + "0"}, AddChunk{id_at(1), 1, chunk + "1"}));
    EXPECT_EQ(*store->read_body(id_at(1), 1), chunk + "1");  // while it arrives
    EXPECT_EQ(load_error(id_at(1)), errc::NotFound);
    commit(changes(AddChunk{id_at(1), 2, "2"},
                   Insert{make_message({.ms = 1, .chunks = 3}), std::nullopt}));
    reopen();
    EXPECT_EQ(store->load(id_at(1))->content.chunks, 3);
    EXPECT_EQ(*store->read_body(id_at(1), 0), chunk + "0");
    EXPECT_EQ(*store->read_body(id_at(1), 2), "2");
    EXPECT_EQ(store->read_body(id_at(1), 3).error().code, errc::NotFound);
    EXPECT_EQ(store->commit(changes(AddChunk{id_at(1), 2, "again"})).error().code, errc::Duplicate);
}

TEST_P(StoreConformance, DropsChunksOfMessagesThatNeverCameToBe) {
    commit(changes(AddChunk{id_at(1), 0, "given up"},
                   AddChunk{id_at(2), 0, "left by a crash"},
                   AddChunk{id_at(2), 1, "of the process"},
                   AddChunk{id_at(3), 0, "whole"},
                   AddChunk{id_at(4), 0, "left too"},
                   Insert{make_message({.ms = 3, .chunks = 1}), std::nullopt}));
    commit(changes(DropChunks{id_at(1)}));
    EXPECT_EQ(store->read_body(id_at(1), 0).error().code, errc::NotFound);
    EXPECT_TRUE(store->read_body(id_at(2), 0));
    reopen();
    EXPECT_EQ(store->read_body(id_at(2), 0).error().code, errc::NotFound);
    EXPECT_EQ(store->read_body(id_at(2), 1).error().code, errc::NotFound);
    EXPECT_EQ(store->read_body(id_at(4), 0).error().code, errc::NotFound);
    EXPECT_EQ(*store->read_body(id_at(3), 0), "whole");
}

TEST_P(StoreConformance, SignsAnew) {
    insert({.ms = 1, .hold = "no selector is proven", .size = 2000}, at(10));
    const std::size_t before = store->load(id_at(1))->content.signatures.size();
    const std::string fresh = "DKIM-Signature: another, longer one\r\n";
    commit(changes(Resign{id_at(1), fresh, "example.com/2026b"}));
    reopen();
    const auto stored = store->load(id_at(1));
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->content.signatures, fresh);
    EXPECT_EQ(stored->envelope.signed_by, "example.com/2026b");
    EXPECT_EQ(stored->envelope.size, 2000 + fresh.size() - before);
    EXPECT_EQ(stored->envelope.hold.reason, "no selector is proven");
    EXPECT_EQ(stored->due, at(10));
    expect_totals(0, 0, 1, stored->envelope.size);
}

TEST_P(StoreConformance, RemembersFactsUntilTheyExpire) {
    commit(changes(Remember{"selector", "a", std::string("x\0y", 3), std::nullopt},
                   Remember{"selector", "b", "", at(1000)},
                   Remember{"selector", "c", "late", at(5000)},
                   Remember{"pause", "all", "yes", std::nullopt}));
    EXPECT_EQ(*store->recall("selector"),
              (Facts{{"a", std::string("x\0y", 3)}, {"b", ""}, {"c", "late"}}));
    ASSERT_TRUE(store->tidy(at(1000)));
    EXPECT_EQ(*store->recall("selector"), (Facts{{"a", std::string("x\0y", 3)}, {"c", "late"}}));
    reopen(5000);
    EXPECT_EQ(*store->recall("selector"), (Facts{{"a", std::string("x\0y", 3)}}));
    commit(changes(Forget{"selector", "a"}));
    EXPECT_EQ(*store->recall("selector"), Facts{});
    EXPECT_EQ(*store->recall("pause"), (Facts{{"all", "yes"}}));
    EXPECT_EQ(*store->recall("unknown"), Facts{});
}

TEST_P(StoreConformance, CountsThroughALife) {
    insert({.ms = 7, .size = 100});
    insert({.ms = 3, .size = 10}, at(50));
    expect_totals(1, 1, 0, 110);
    EXPECT_EQ(store->totals()->oldest, id_at(3));
    Envelope envelope = store->load(id_at(3))->envelope;
    envelope.size = 20;
    commit(changes(Update{std::make_shared<const Envelope>(envelope), std::nullopt}));
    expect_totals(0, 2, 0, 120);
    commit(changes(Update{with_hold(envelope, "why"), at(1)}));
    expect_totals(0, 1, 1, 120);
    reopen();
    expect_totals(1, 0, 1, 120);
    commit(changes(Remove{id_at(3)}));
    EXPECT_EQ(store->totals()->oldest, id_at(7));
    expect_totals(1, 0, 0, 100);
}

TEST_P(StoreConformance, NeverForgetsTheHighestId) {
    insert({.ms = 5000});
    insert({.ms = 4000});
    EXPECT_EQ(store->last_id(), id_at(5000));
    commit(changes(Remove{id_at(5000)}, Remove{id_at(4000)}));
    EXPECT_EQ(store->last_id(), id_at(5000));
    reopen();
    EXPECT_EQ(store->last_id(), id_at(5000));
    reopen();
    EXPECT_EQ(store->last_id(), id_at(5000));
    IdSource ids(1, store->last_id());
    EXPECT_GT(ids.next(at(0)), id_at(5000));
}

TEST_P(StoreConformance, FindsByEveryCondition) {
    insert({.ms = 1, .sender = "Alice@example.com", .recipients = {"Bob@example.net"}}, at(100));
    insert({.ms = 2, .sender = "", .recipients = {"bob@example.net", "carol@example.org"}});
    insert({.ms = 3, .recipients = {"dave@[192.0.2.1]"}, .hold = "why"}, at(100));
    Envelope two = store->load(id_at(2))->envelope;
    two.recipients[0].state = Recipient::State::Delivered;
    commit(changes(Update{std::make_shared<const Envelope>(two), std::nullopt}));

    struct Row {
        const char* what;
        Filter filter;
        Times expected;
    };
    for (const Row& row : {
             Row{"everything", {}, {1, 2, 3}},
             Row{"an id", {.id = id_at(2)}, {2}},
             Row{"an unknown id", {.id = id_at(9)}, {}},
             Row{"an id of another sender", {.id = id_at(2), .sender = "alice@example.com"}, {}},
             Row{"a sender in other case", {.sender = "aLICE@EXAMPLE.com"}, {1}},
             Row{"the null sender", {.sender = "<>"}, {2}},
             Row{"part of a sender", {.sender = "alice"}, {}},
             Row{"a recipient in other case", {.recipient = "BOB@example.NET"}, {1}},
             Row{"a domain in other case", {.domain = "Example.ORG"}, {2}},
             Row{"a domain that is done", {.domain = "example.net"}, {1}},
             Row{"a literal", {.domain = "[192.0.2.1]"}, {3}},
             Row{"waiting", {.state = Filter::State::Waiting}, {1}},
             Row{"active", {.state = Filter::State::Active}, {2}},
             Row{"held", {.state = Filter::State::Held}, {3}},
             Row{"held at a domain", {.domain = "example.net", .state = Filter::State::Held}, {}},
             Row{"accepted before", {.accepted_before = at(3)}, {1, 2}},
             Row{"all at once",
                 {.id = id_at(1),
                 .sender = "alice@example.com",
                 .recipient = "bob@example.net",
                 .domain = "example.net",
                 .state = Filter::State::Waiting,
                 .accepted_before = at(2)},
                 {1}},
         }) {
        EXPECT_EQ(find(row.filter), row.expected) << row.what;
    }
    EXPECT_EQ(find({}, id_at(2)), (Times{2, 3}));
    EXPECT_EQ(find({.id = id_at(1)}, id_at(2)), Times{});
    EXPECT_EQ(store->query({.id = id_at(1)}, MessageId())->messages.at(0).second, at(100));
}

TEST_P(StoreConformance, FindsByDomainInEveryStageOfALife) {
    // Fresh, deferred once, with several domains, claimed again, held, released; beside as many of
    // another domain.
    const auto step = [this](std::int64_t ms, std::optional<Instant> due, const std::string& hold) {
        Envelope envelope = store->load(id_at(ms))->envelope;
        commit(changes(Update{with_hold(std::move(envelope), hold), due}));
    };
    const Filter net{.domain = "example.net"};
    insert({.ms = 1});
    insert({.ms = 2, .recipients = {"a@example.org", "b@example.net"}});
    insert({.ms = 3, .recipients = {"a@example.org"}});
    insert({.ms = 4, .recipients = {"a@example.org", "b@example.com"}});
    insert({.ms = 5}, at(10));
    const Times all = {1, 2, 5};
    EXPECT_EQ(find(net), all);
    for (const std::int64_t ms : {1, 2, 3, 4}) {
        step(ms, at(100), "");
        EXPECT_EQ(find(net), all) << ms;
    }
    ASSERT_TRUE(store->tidy(at(50)));
    EXPECT_EQ(find(net), all);
    EXPECT_EQ(claim(100).size(), 5U);
    EXPECT_EQ(find(net), all);
    step(1, at(200), "why");
    EXPECT_EQ(find(net), all);
    step(1, std::nullopt, "");
    EXPECT_EQ(find(net), all);
    step(5, at(300), "");
    ASSERT_TRUE(store->tidy(at(60)));
    EXPECT_EQ(find(net), all);
    insert({.ms = 0});
    EXPECT_EQ(find(net), (Times{0, 1, 2, 5}));
    reopen();
    EXPECT_EQ(find(net), (Times{0, 1, 2, 5}));
    EXPECT_EQ(find({.domain = "example.org"}), (Times{2, 3, 4}));
    EXPECT_EQ(find({.domain = "*"}), Times{});
}

TEST_P(StoreConformance, PagesThroughManyMessages) {
    constexpr std::int64_t kMessages = 1300;
    Times all, net, held, deferred;
    std::vector<Change> some;
    for (std::int64_t ms = 1; ms <= kMessages; ++ms) {
        const bool is_net = ms % 2 == 0;
        const bool is_held = ms % 3 == 0;
        const auto message =
            make_message({.ms = ms,
                          .recipients = {is_net ? "a@example.net" : "a@example.org"},
                          .hold = is_held ? "why" : "",
                          .body = 10});
        some.emplace_back(std::in_place_type<Insert>, Insert{message, std::nullopt});
        if (ms % 5 == 0) {
            some.emplace_back(
                std::in_place_type<Update>,
                Update{std::make_shared<const Envelope>(message->envelope), at(10 * ms)});
        }
        all.push_back(ms);
        if (is_net) {
            net.push_back(ms);
        }
        if (is_held) {
            held.push_back(ms);
        }
    }
    commit(some);
    const auto page = store->query({}, MessageId());
    ASSERT_TRUE(page);
    EXPECT_LE(page->messages.size(), 500U);
    EXPECT_TRUE(page->next);
    EXPECT_EQ(find({}), all);
    EXPECT_EQ(find({.domain = "example.net"}), net);
    EXPECT_EQ(find({.state = Filter::State::Held}), held);
    EXPECT_EQ(find({.recipient = "nobody@example.net"}), Times{});
    EXPECT_EQ(find({}, id_at(1299)), (Times{1299, 1300}));
    // Where nothing matches, a page still ends after a bounded number of rows.
    EXPECT_TRUE(store->query({.sender = "nobody@example.com"}, MessageId())->next);
}

TEST_P(StoreConformance, GivesLargeEnvelopesInPortions) {
    std::vector<std::string> recipients;
    for (int i = 0; i < 1000; ++i) {
        recipients.push_back("user" + std::to_string(i) + "@" + std::string(60, 'd') + "." +
                             std::string(60, 'd') + ".example");
    }
    Times all;
    std::vector<Change> some;
    for (std::int64_t ms = 1; ms <= 80; ++ms) {
        some.emplace_back(std::in_place_type<Insert>,
                          Insert{make_message({.ms = ms, .recipients = recipients}), at(ms)});
        all.push_back(ms);
    }
    commit(some);
    EXPECT_LT(store->query({}, MessageId())->messages.size(), 80U);
    EXPECT_EQ(find({}), all);
    EXPECT_EQ(find({.domain = std::string(60, 'd') + "." + std::string(60, 'd') + ".example"}),
              all);
    Times claimed;
    while (store->next_due()->value_or(Instant::max()) <= at(1000)) {
        const Times portion = claim(1000, 1000);
        ASSERT_FALSE(portion.empty());
        EXPECT_LT(portion.size(), 80U);
        claimed.insert(claimed.end(), portion.begin(), portion.end());
    }
    EXPECT_EQ(claimed, all);
}

TEST_P(StoreConformance, ServesReadersWhileItCommits) {
    std::atomic<bool> done = false;
    std::atomic<std::int64_t> stored = 0;
    std::atomic<int> failures = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            while (!done) {
                const std::int64_t ms = stored;
                // What was committed before is seen; it is removed only much later.
                if (ms > 0 && !store->load(id_at(ms))) {
                    ++failures;
                }
                if (!store->query({.domain = "example.net"}, MessageId()) || !store->totals() ||
                    !store->recall("t") || !store->free_octets() || !store->next_due()) {
                    ++failures;
                }
                (void)store->last_id();
                (void)store->journal_octets();
                (void)store->latched();
            }
        });
    }
    for (std::int64_t ms = 1; ms <= 100; ++ms) {
        insert({.ms = ms});
        if (ms > 50) {
            commit(changes(Remove{id_at(ms - 50)},
                           Remember{"t", "k", std::to_string(ms), std::nullopt}));
        }
        stored = ms;
    }
    done = true;
    for (std::thread& reader : readers) {
        reader.join();
    }
    EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace queue
