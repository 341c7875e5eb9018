// Mail of a running relay, out into a folder and in again.
#include "relay/spool_export.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "queue/mail_export.h"
#include "queue/mail_import.h"
#include "relay/spool_import.h"
#include "tests/support/relay_stage.h"

namespace {

using queue::Filter;
using queue::MailFolder;
using relay::check::Finding;
using relay::check::Verdict;
using support::RelayStage;
using Kind = queue::Outcome::Kind;

queue::Outcome outcome(Kind kind) {
    queue::Outcome made;
    made.kind = kind;
    made.status = {static_cast<std::uint8_t>(kind == Kind::Delivered  ? 2
                                             : kind == Kind::Deferred ? 4
                                                                      : 5),
                   0,
                   0};
    made.text = "said";
    return made;
}

class SpoolExport : public testing::Test {
protected:
    SpoolExport() {
        std::filesystem::create_directory(other.file("mail"));
        folder = std::make_shared<const MailFolder>(
            std::move(MailFolder::open(other.file("mail")).value()));
    }

    queue::MessageId accept(RelayStage& stage,
                            const std::vector<std::string>& recipients,
                            std::size_t rows = 0) {
        const auto message = stage.message(recipients);
        message->envelope.signed_by = "example.com/k1";
        if (rows > 0) {
            auto content = std::make_shared<queue::Content>(*message->content);
            content->body.clear();
            content->chunks = static_cast<int>(rows);
            content->body_size = rows * queue::kChunkSize;
            for (std::size_t row = 0; row < rows; ++row) {
                EXPECT_TRUE(stage.wait(stage.spool->add_chunk(
                    message->envelope.id,
                    static_cast<int>(row),
                    std::string(queue::kChunkSize, static_cast<char>('a' + row)))));
            }
            message->content = content;
        }
        EXPECT_TRUE(stage.wait(stage.spool->accept(message)));
        return message->envelope.id;
    }

    std::optional<relay::Lease> lease(RelayStage& stage, const std::string& at) {
        stage.spool->domains_to_route(relay::wall_clock());
        stage.spool->assign(at, "site-" + at, relay::wall_clock() + std::chrono::hours(1));
        return stage.spool->next_for("site-" + at, 1, {});
    }

    void settle(RelayStage& stage, std::optional<relay::Lease> taken, Kind kind) {
        ASSERT_TRUE(taken);
        const auto count = taken->envelope().recipients.size();
        stage.spool->settle(std::move(*taken), std::vector(count, outcome(kind)));
        stage.settle_store();
    }

    relay::Exported export_all(RelayStage& stage, const Filter& filter = {}) {
        auto exported = stage.wait(stage.spool->export_to(filter, folder));
        stage.settle_store();
        return exported;
    }

    relay::Exported export_impatiently(RelayStage& stage) {
        relay::SpoolExport moving(*stage.spool, folder, std::chrono::milliseconds(0));
        auto exported = stage.wait(moving.run({}));
        stage.settle_store();
        return exported;
    }

    relay::Imported import_all(RelayStage& stage) {
        auto imported = stage.wait(stage.spool->import_from(folder));
        stage.settle_store();
        return imported;
    }

    std::vector<std::string> names(const std::string& ending = ".mail") {
        return folder->names(ending, "", 1000).value();
    }

    queue::Stored stored(RelayStage& stage, queue::MessageId id) {
        auto found = stage.store->load(id);
        EXPECT_TRUE(found) << found.error().message();
        return found ? *found : queue::Stored{};
    }

    static std::uint64_t counted(RelayStage& stage, const std::string& reason) {
        const auto held = stage.spool->view().held;
        const auto found = held.find(reason);
        return found == held.end() ? 0 : found->second;
    }

    std::string export_reason() { return queue::export_reason(folder->path()); }

    support::TemporaryFolder other;
    std::shared_ptr<const MailFolder> folder;
    RelayStage a, b;
};

TEST_F(SpoolExport, MovesWhatIsActiveWaitsOrIsHeld) {
    const auto active = accept(a, {"a@one.test"});
    const auto waiting = accept(a, {"b@two.test"});
    settle(a, lease(a, "two.test"), Kind::Deferred);
    const auto held = accept(a, {"c@three.test"});
    ASSERT_TRUE(a.wait(a.spool->hold({.id = held}, "held by a person: wait")));
    const auto exported = export_all(a);
    EXPECT_EQ(exported.exported, 3U);
    EXPECT_EQ(exported.left, 0U);
    EXPECT_EQ(exported.error, "");
    EXPECT_EQ(a.store->messages(), 0U);
    EXPECT_EQ(a.spool->view().in_memory, 0U);
    EXPECT_TRUE(a.spool->view().held.empty());
    EXPECT_EQ(names().size(), 3U);
    EXPECT_TRUE(names(".part").empty());

    const auto imported = import_all(b);
    EXPECT_EQ(imported.imported, 3U);
    EXPECT_EQ(imported.known, 0U);
    EXPECT_EQ(imported.error, "");
    EXPECT_TRUE(names().empty());
    EXPECT_EQ(stored(b, active).envelope.hold, queue::Hold{});
    EXPECT_EQ(stored(b, active).envelope.signed_by, "") << "it is signed anew";
    EXPECT_EQ(stored(b, waiting).envelope.recipients[0].attempts, 1);
    EXPECT_EQ(stored(b, waiting).due, stored(b, waiting).envelope.recipients[0].due);
    EXPECT_EQ(stored(b, held).envelope.hold.reason, "held by a person: wait");
    EXPECT_EQ(counted(b, "held by a person: wait"), 1U);
}

TEST_F(SpoolExport, TellsTheHistoryOfBothRelays) {
    const auto id = accept(a, {"a@one.test"});
    export_all(a);
    import_all(b);
    const auto left = a.wait(a.spool->explain(id));
    ASSERT_TRUE(left);
    EXPECT_EQ(left->state, "finished");
    EXPECT_EQ(left->envelope.recipients[0].state, queue::Recipient::State::Deleted);
    EXPECT_EQ(left->story.events.back().kind, relay::history::Kind::Exported);
    const auto came = b.wait(b.spool->explain(id));
    ASSERT_TRUE(came);
    EXPECT_EQ(came->story.events.front().kind, relay::history::Kind::Imported);
    EXPECT_EQ(came->story.events.front().value(relay::history::Field::To), "a@one.test");
}

TEST_F(SpoolExport, MovesOnlyWhatMatches) {
    accept(a, {"a@one.test"});
    const auto two = accept(a, {"b@two.test"});
    Filter filter;
    filter.domain = "two.test";
    EXPECT_EQ(export_all(a, filter).exported, 1U);
    EXPECT_EQ(names(), std::vector{two.text() + ".mail"});
    EXPECT_EQ(a.store->messages(), 1U);
    EXPECT_EQ(export_all(a, filter).exported, 0U);
}

TEST_F(SpoolExport, OnlyOpenRecipientsAreTriedThere) {
    const auto id = accept(a, {"a@one.test", "b@two.test"});
    settle(a, lease(a, "one.test"), Kind::Delivered);
    export_all(a);
    import_all(b);
    b.spool->start(b.loops->first());
    for (int i = 0; i < 2000 && b.spool->view().in_memory == 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_FALSE(lease(b, "one.test"));
    settle(b, lease(b, "two.test"), Kind::Delivered);
    EXPECT_FALSE(b.store->load(id));
}

TEST_F(SpoolExport, AReportThatIsOwedIsMadeThere) {
    accept(a, {"a@one.test"});
    settle(a, lease(a, "one.test"), Kind::Failed);
    {
        const std::lock_guard lock(a.notices_mutex);
        ASSERT_EQ(a.notices.size(), 1U);
        a.spool->owe_again(a.notices.front());  // it could not be made
    }
    EXPECT_EQ(export_all(a).exported, 1U);
    import_all(b);
    b.spool->start(b.loops->first());
    for (int i = 0; i < 2000; ++i) {
        const std::lock_guard lock(b.notices_mutex);
        if (!b.notices.empty()) {
            EXPECT_EQ(b.notices.front().failed, std::vector{0});
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    FAIL() << "no report";
}

TEST_F(SpoolExport, WhatIsTriedIsWaitedForAndThenExported) {
    const auto id = accept(a, {"a@one.test", "b@two.test"});
    auto taken = lease(a, "one.test");
    ASSERT_TRUE(taken);
    std::thread courier([&] {
        while (lease(a, "two.test")) {  // until it is held
            std::this_thread::yield();
        }
        settle(a, std::move(taken), Kind::Delivered);
    });
    const auto exported = export_all(a);
    courier.join();
    EXPECT_EQ(exported.exported, 1U);
    EXPECT_EQ(exported.left, 0U);
    import_all(b);
    EXPECT_EQ(stored(b, id).envelope.recipients[0].state, queue::Recipient::State::Delivered);
    EXPECT_TRUE(stored(b, id).envelope.recipients[1].is_open());
}

TEST_F(SpoolExport, WhatIsTriedForTooLongIsLeftAndExportedNextTime) {
    const auto id = accept(a, {"a@one.test"});
    auto taken = lease(a, "one.test");
    ASSERT_TRUE(taken);
    EXPECT_EQ(export_impatiently(a).left, 1U);
    EXPECT_TRUE(names().empty());
    settle(a, std::move(taken), Kind::Deferred);
    EXPECT_EQ(stored(a, id).envelope.hold.reason, export_reason());
    EXPECT_TRUE(stored(a, id).envelope.hold.person);
    EXPECT_EQ(export_all(a).exported, 1U);
}

TEST_F(SpoolExport, WhatIsDeliveredMeanwhileIsNotLeft) {
    accept(a, {"a@one.test"});
    auto taken = lease(a, "one.test");
    ASSERT_TRUE(taken);
    std::thread courier([&] {
        for (int i = 0; i < 2000 && a.spool->view().held.empty(); ++i) {
            const auto explained = a.wait(a.spool->explain(taken->attempt().id));
            if (explained && !explained->envelope.hold.reason.empty()) {
                break;
            }
        }
        settle(a, std::move(taken), Kind::Delivered);
    });
    const auto exported = export_all(a);
    courier.join();
    EXPECT_EQ(exported.exported, 0U);
    EXPECT_EQ(exported.left, 0U);
}

TEST_F(SpoolExport, LongBodiesGoInRows) {
    const auto id = accept(a, {"a@one.test"}, 12);
    EXPECT_EQ(export_all(a).exported, 1U);
    EXPECT_EQ(import_all(b).imported, 1U);
    // Under another id: both relays are of one node here.
    const auto page = b.store->query({}, queue::MessageId(0)).value();
    ASSERT_EQ(page.messages.size(), 1U);
    const auto now = page.messages.front().first.id;
    EXPECT_NE(now, id);
    EXPECT_EQ(stored(b, now).content.chunks, 12);
    EXPECT_EQ(b.store->read_body(now, 11).value(), std::string(queue::kChunkSize, 'l'));
}

TEST_F(SpoolExport, AFileIsTakenInOnce) {
    accept(a, {"a@one.test"});
    export_all(a);
    const std::string file = folder->path_of(names().front());
    std::filesystem::copy_file(file, other.file("copy"));
    EXPECT_EQ(import_all(b).imported, 1U);
    std::filesystem::copy_file(other.file("copy"), file);  // as if it had not been removed
    const auto again = import_all(b);
    EXPECT_EQ(again.imported, 0U);
    EXPECT_EQ(again.known, 1U);
    EXPECT_TRUE(names().empty());
    EXPECT_EQ(b.store->messages(), 1U);
    b.close();
    b.open();
    std::filesystem::copy_file(other.file("copy"), file);
    EXPECT_EQ(import_all(b).known, 1U) << "also after a restart";
}

TEST_F(SpoolExport, WhatCameBackIsNotTakenForWhatWasThereBefore) {
    const auto id = accept(a, {"a@one.test"});
    for (int round = 0; round < 3; ++round) {
        ASSERT_EQ(export_all(a).exported, 1U);
        ASSERT_EQ(import_all(b).imported, 1U);
        ASSERT_EQ(export_all(b).exported, 1U);
        ASSERT_EQ(import_all(a).imported, 1U);
    }
    EXPECT_EQ(stored(a, id).envelope.recipients.size(), 1U);
}

TEST_F(SpoolExport, AnotherIdIsTakenWhereItsOwnIsNotFree) {
    const auto id = accept(a, {"a@one.test"});
    export_all(a);
    auto message = b.message({"other@two.test"});
    message->envelope.id = id;
    ASSERT_TRUE(b.wait(b.spool->accept(message)));
    EXPECT_EQ(import_all(b).imported, 1U);
    EXPECT_EQ(b.store->messages(), 2U);
    EXPECT_EQ(stored(b, id).envelope.recipients[0].address.text(), "other@two.test");
}

TEST_F(SpoolExport, ADamagedFileIsRefusedAndStays) {
    accept(a, {"a@one.test"});
    accept(a, {"b@two.test"});
    export_all(a);
    const auto all = names();
    ASSERT_EQ(all.size(), 2U);
    std::ofstream(folder->path_of(all[0]), std::ios::app) << "x";
    const auto imported = import_all(b);
    EXPECT_EQ(imported.imported, 1U);
    ASSERT_EQ(imported.refused.size(), 1U);
    EXPECT_EQ(imported.refused[0].file, all[0]);
    EXPECT_NE(imported.refused[0].error.find("behind its end"), std::string::npos);
    EXPECT_EQ(imported.error, "");
    EXPECT_EQ(names(), std::vector{all[0]});
}

TEST_F(SpoolExport, AFileInTheWayLeavesTheMessage) {
    const auto id = accept(a, {"a@one.test"});
    accept(a, {"b@two.test"});
    std::ofstream(folder->path_of(MailFolder::mail_name(id))) << "another";
    const auto exported = export_all(a);
    EXPECT_EQ(exported.exported, 1U);
    EXPECT_EQ(exported.left, 1U);
    EXPECT_NE(exported.error.find("is there already"), std::string::npos);
    EXPECT_EQ(stored(a, id).envelope.hold.reason, export_reason());
    EXPECT_EQ(counted(a, export_reason()), 1U);
}

TEST_F(SpoolExport, GoesOnAfterAKillBetweenTheStoreAndTheName) {
    const auto id = accept(a, {"a@one.test"});
    ASSERT_TRUE(a.wait(a.spool->hold({.id = id}, export_reason())));
    queue::MailExport writing(*a.store, *folder, id);
    while (writing.step().value()) {
    }
    const queue::Written written{writing.stored(), writing.digest()};
    std::promise<bool> committed;
    a.committer->on_store([&](queue::Store& store) {
        committed.set_value(store.commit(queue::removal(written)).has_value());
    });
    ASSERT_TRUE(committed.get_future().get());
    a.close();
    a.open();
    EXPECT_TRUE(names().empty());
    EXPECT_EQ(import_all(b).imported, 0U) << "it is not finished";
    EXPECT_EQ(export_all(a).exported, 1U);
    EXPECT_EQ(names(), std::vector{MailFolder::mail_name(id)});
    EXPECT_TRUE(a.store->recall("exported/" + id.text()).value().empty());
    EXPECT_EQ(import_all(b).imported, 1U);
}

TEST_F(SpoolExport, AKillWhileItIsTriedHoldsNothing) {
    const auto id = accept(a, {"a@one.test"});
    auto taken = lease(a, "one.test");
    relay::SpoolExport moving(*a.spool, folder, std::chrono::seconds(1));
    const auto exporting = a.wait(moving.run({}));
    EXPECT_EQ(exporting.left, 1U);
    a.settle_store();
    EXPECT_FALSE(stored(a, id).envelope.hold.person);
    settle(a, std::move(taken), Kind::Deferred);
}

TEST_F(SpoolExport, TheGateOfTheOtherRelayJudges) {
    accept(a, {"a@one.test"});
    export_all(a);
    b.gate.set_mode(conf::CheckMode::Enforce);
    Finding finding;
    finding.check = "ptr";
    finding.subject = "192.0.2.1";
    finding.verdict = Verdict::Block;
    finding.seen = "no PTR record";
    b.gate.publish("", {finding}, relay::wall_clock());
    finding.check = "spf";
    finding.verdict = Verdict::Pass;
    b.gate.publish("example.com", {finding}, relay::wall_clock());
    EXPECT_EQ(import_all(b).imported, 1U);
    EXPECT_EQ(counted(b, "ptr of 192.0.2.1: no PTR record"), 1U);
}

TEST_F(SpoolExport, MovesMoreThanABatchAndAPage) {
    for (int i = 0; i < 620; ++i) {
        accept(a, {"a@one.test"});
    }
    EXPECT_EQ(export_all(a).exported, 620U);
    EXPECT_EQ(a.store->messages(), 0U);
    EXPECT_EQ(import_all(b).imported, 620U);
    EXPECT_EQ(b.store->messages(), 620U);
    EXPECT_TRUE(names().empty());
}

}  // namespace
