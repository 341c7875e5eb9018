// A message out of one store, through a folder, into another; and a crash between any two steps.
#include <filesystem>
#include <sys/stat.h>

#include "queue/errors.h"
#include "queue/mail_export.h"
#include "queue/mail_import.h"
#include "queue/sqlite_store.h"
#include "tests/queue/mail_samples.h"

namespace queue {
namespace {

constexpr const char* kOwnHold = "held by a person: wait for the lawyer";

class MailTransfer : public testing::Test {
protected:
    MailTransfer() {
        std::filesystem::create_directory(folder.file("mail"));
        mail.emplace(std::move(MailFolder::open(folder.file("mail")).value()));
        from = SqliteStore::open(folder.file("from"), at(0)).value();
        to = SqliteStore::open(folder.file("to"), at(0)).value();
    }

    void commit(Store& store, const std::vector<Change>& all) {
        const auto done = store.commit(all);
        ASSERT_TRUE(done) << done.error().message();
    }

    MessageId insert(const Message& message, const std::vector<std::string>& rows = {}) {
        auto held = std::make_shared<Message>(message);
        if (held->envelope.hold.reason.empty()) {
            held->envelope.hold = {export_reason(mail->path()), at(1), true};
        }
        std::vector<Change> all;
        int number = 0;
        for (const auto& row : rows) {
            all.emplace_back(AddChunk{message.envelope.id, number++, row});
        }
        all.emplace_back(Insert{held, at(5)});
        commit(*from, all);
        return message.envelope.id;
    }

    Written write(MessageId id) {
        MailExport writing(*from, *mail, id);
        for (;;) {
            const auto more = writing.step();
            EXPECT_TRUE(more) << more.error().message();
            if (!more || !*more) {
                return {writing.stored(), writing.digest()};
            }
            ++steps;
        }
    }

    void export_whole(MessageId id) {
        const Written written = write(id);
        commit(*from, removal(written));
        ASSERT_TRUE(mail->keep(id));
    }

    MailImport verified(const std::string& name) {
        auto reading = MailImport::open(*mail, name).value();
        for (;;) {
            const auto more = reading.verify();
            EXPECT_TRUE(more) << more.error().message();
            if (!more || !*more) {
                return reading;
            }
        }
    }

    std::shared_ptr<Message> import_as(MailImport& reading, MessageId id) {
        EXPECT_TRUE(reading.begin());
        int number = 0;
        for (;;) {
            auto row = reading.next_row().value();
            if (!row) {
                break;
            }
            EXPECT_LE(row->size(), kChunkSize);
            commit(*to, changes(AddChunk{id, number++, std::move(*row)}));
        }
        auto message = reading.finish(id).value();
        std::vector<Change> both;
        both.emplace_back(Insert{message, first_look(message->envelope, at(9))});
        both.push_back(reading.fact(id, at(9)));
        commit(*to, both);
        return message;
    }

    std::string body(MessageId id) {
        const auto stored = to->load(id).value();
        std::string all;
        for (int i = 0; i < std::max(stored.content.chunks, 1); ++i) {
            all += to->read_body(id, i).value();
        }
        return all;
    }

    std::vector<std::string> names(const std::string& ending) {
        return mail->names(ending, "", 100).value();
    }

    TempFolder folder;
    std::optional<MailFolder> mail;
    std::unique_ptr<Store> from, to;
    int steps = 0;
};

TEST_F(MailTransfer, MovesAMessageWhole) {
    const auto sample = mail_sample("text\r\n");
    const auto id = insert(sample);
    export_whole(id);
    EXPECT_EQ(from->load(id).error().code, errc::NotFound);
    ASSERT_EQ(names(".mail"), std::vector{id.text() + ".mail"});
    auto reading = verified(id.text() + ".mail");
    EXPECT_FALSE(reading.is_known(*to).value());
    import_as(reading, id);
    EXPECT_TRUE(reading.is_known(*to).value());
    const auto stored = to->load(id).value();
    Envelope expected = sample.envelope;
    expected.signed_by.clear();
    EXPECT_EQ(stored.envelope, expected) << "the hold of the export is gone";
    EXPECT_EQ(stored.content.header, sample.content->header);
    EXPECT_EQ(stored.content.signatures, sample.content->signatures);
    EXPECT_EQ(stored.content.body_hash, sample.content->body_hash);
    EXPECT_EQ(body(id), "text\r\n");
}

TEST_F(MailTransfer, MovesALongBodyInRows) {
    std::string text;
    while (text.size() < 3'000'000) {
        text += std::to_string(text.size()) + "\r\n";
    }
    std::vector<std::string> rows;
    for (std::size_t at = 0; at < text.size(); at += kChunkSize) {
        rows.push_back(text.substr(at, kChunkSize));
    }
    const auto id = insert(mail_sample(text, kChunkSize), rows);
    export_whole(id);
    EXPECT_GE(steps, 2) << "none of them long";
    auto reading = verified(id.text() + ".mail");
    EXPECT_TRUE(reading.has_rows());
    import_as(reading, id);
    EXPECT_EQ(body(id), text);
}

TEST_F(MailTransfer, CutsRowsThatAreLongerThanTheyMayBe) {
    const std::string text(700'000, 'x');
    write_mail(
        folder.file("mail/" + id_at(0).text() + ".mail"), mail_sample(text, 700'000), {text});
    auto reading = verified(id_at(0).text() + ".mail");
    import_as(reading, id_at(0));
    EXPECT_EQ(to->load(id_at(0)).value().content.chunks, 3);
    EXPECT_EQ(body(id_at(0)), text);
}

TEST_F(MailTransfer, KeepsAnotherHoldOfAPerson) {
    Message sample = mail_sample("x");
    sample.envelope.hold = {kOwnHold, at(2), true};
    const auto id = insert(sample);
    export_whole(id);
    auto reading = verified(id.text() + ".mail");
    EXPECT_EQ(import_as(reading, id)->envelope.hold.reason, kOwnHold);
}

TEST_F(MailTransfer, KnowsTheHoldOfAnExportByItsFolder) {
    EXPECT_TRUE(is_held_for_export({export_reason("/var/mail"), at(0), true}));
    EXPECT_FALSE(is_held_for_export({export_reason("/var/mail"), at(0), false}));
    EXPECT_FALSE(is_held_for_export({"held by a person: exported to Bob?", at(0), true}));
    EXPECT_EQ(export_reason("/a\nb"), "held by a person: exported to /a?b");
}

TEST_F(MailTransfer, SeesWhatChangedWhileItWasWritten) {
    const auto id = insert(mail_sample("x"));
    const Written written = write(id);
    EXPECT_TRUE(is_unchanged(from->load(id).value(), written));
    commit(*from, changes(Resign{id, "DKIM-Signature: other\r\n", "example.com/k2"}));
    EXPECT_FALSE(is_unchanged(from->load(id).value(), written));
    const Written again = write(id);
    EXPECT_TRUE(is_unchanged(from->load(id).value(), again)) << "an old .part is replaced";
    auto released = std::make_shared<Envelope>(again.stored.envelope);
    released->hold = {};
    commit(*from, changes(Update{released, at(5)}));
    EXPECT_FALSE(is_unchanged(from->load(id).value(), again));
}

TEST_F(MailTransfer, AFileThatTheStoreDoesNotRememberStaysAPart) {
    const auto id = insert(mail_sample("x"));
    write(id);
    EXPECT_TRUE(finish_parts(*from, *mail, "").value().forget.empty());
    commit(*from, changes(Remove{id}));  // by somebody else: it may have been delivered
    EXPECT_TRUE(finish_parts(*from, *mail, "").value().forget.empty());
    EXPECT_EQ(names(".mail").size(), 0U);
    EXPECT_EQ(names(".part").size(), 1U);
}

TEST_F(MailTransfer, AFileWhoseMessageItTookIsFinishedLater) {
    const auto id = insert(mail_sample("x"));
    commit(*from, removal(write(id)));
    from.reset();  // killed
    from = SqliteStore::open(folder.file("from"), at(9)).value();
    const auto left = finish_parts(*from, *mail, "").value();
    ASSERT_EQ(left.forget.size(), 1U);
    EXPECT_EQ(names(".mail"), std::vector{id.text() + ".mail"});
    commit(*from, left.forget);
    EXPECT_TRUE(from->recall("exported/" + id.text()).value().empty());
    EXPECT_TRUE(finish_parts(*from, *mail, "").value().forget.empty());
    verified(id.text() + ".mail");
}

TEST_F(MailTransfer, ADamagedFileIsNotFinished) {
    const auto id = insert(mail_sample("x"));
    commit(*from, removal(write(id)));
    const std::string part = mail->path_of(MailFolder::part_name(id));
    std::string octets = octets_of(part);
    octets.back() = static_cast<char>(octets.back() ^ 1);
    put_octets(part, octets);
    EXPECT_EQ(finish_parts(*from, *mail, "").error().code, errc::Damaged);
    EXPECT_EQ(names(".part").size(), 1U);
}

TEST_F(MailTransfer, NoFileIsEverReplaced) {
    const auto id = insert(mail_sample("x"));
    put_octets(mail->path_of(MailFolder::mail_name(id)), "another");
    MailExport writing(*from, *mail, id);
    EXPECT_NE(writing.step().error().message().find("is there already"), std::string::npos);
    put_octets(mail->path_of(MailFolder::part_name(id)), "new");
    EXPECT_EQ(mail->keep(id).error().code, boost::system::errc::file_exists);
    EXPECT_EQ(octets_of(mail->path_of(MailFolder::mail_name(id))), "another");
}

TEST_F(MailTransfer, AnOldPartThatIsALinkIsReplacedNotFollowed) {
    const auto id = insert(mail_sample("x"));
    put_octets(folder.file("elsewhere"), "mine");
    std::filesystem::create_symlink(folder.file("elsewhere"),
                                    mail->path_of(MailFolder::part_name(id)));
    write(id);
    EXPECT_EQ(octets_of(folder.file("elsewhere")), "mine");
    struct stat found {};
    ASSERT_EQ(::lstat(mail->path_of(MailFolder::part_name(id)).c_str(), &found), 0);
    EXPECT_TRUE(S_ISREG(found.st_mode));
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    std::filesystem::create_symlink(folder.file("elsewhere"), mail->path_of("x.mail"));
    EXPECT_FALSE(MailImport::open(*mail, "x.mail"));
}

TEST_F(MailTransfer, AnotherIdIsTakenAfterACollision) {
    const auto id = insert(mail_sample("from here"));
    export_whole(id);
    auto reading = verified(id.text() + ".mail");
    commit(*to, changes(Insert{make_message({.ms = 0, .body = 5}), at(5)}));
    ASSERT_TRUE(reading.begin());
    EXPECT_EQ(reading.next_row().value(), std::nullopt);
    const auto taken = to->commit(changes(Insert{reading.finish(id).value(), at(5)}));
    EXPECT_EQ(taken.error().code, errc::Duplicate);
    import_as(reading, id_at(7));
    EXPECT_EQ(body(id_at(7)), "from here");
    EXPECT_TRUE(reading.is_known(*to).value());
    EXPECT_EQ(body(id), "bbbbb0");
}

TEST_F(MailTransfer, AFileThatChangesBetweenTwoReadingsIsRefused) {
    const auto id = insert(mail_sample("text"));
    export_whole(id);
    auto reading = verified(id.text() + ".mail");
    write_mail(mail->path_of(id.text() + ".mail"), mail_sample("text"));
    ASSERT_TRUE(reading.begin());
    EXPECT_EQ(reading.next_row().value(), std::nullopt);
    EXPECT_EQ(reading.finish(id).error().code, errc::Damaged);
}

TEST_F(MailTransfer, LooksFirstWhenSomethingIsDue) {
    Envelope envelope = mail_sample("x").envelope;
    envelope.recipients[0].due = at(100);
    envelope.recipients[1].due = at(50);
    EXPECT_EQ(first_look(envelope, at(9)), at(50));
    envelope.recipients[1].state = Recipient::State::Delivered;
    EXPECT_EQ(first_look(envelope, at(9)), at(100));
    envelope.recipients[0].due = Instant::max();  // it expired, and its report is owed
    EXPECT_EQ(first_look(envelope, at(9)), at(9));
    Outcome outcome;
    outcome.kind = Outcome::Kind::Delivered;
    envelope.recipients[0].due = at(100);
    envelope.recipients[0].last = outcome;
    EXPECT_EQ(first_look(envelope, at(9)), at(9));
}

TEST_F(MailTransfer, ListsNamesInOrderPageByPage) {
    for (const char* name : {"c.mail", "a.mail", "b.part", "d.mail", "b.mail"}) {
        put_octets(mail->path_of(name), "");
    }
    EXPECT_EQ(mail->names(".mail", "", 2).value(), (std::vector<std::string>{"a.mail", "b.mail"}));
    EXPECT_EQ(mail->names(".mail", "b.mail", 2).value(),
              (std::vector<std::string>{"c.mail", "d.mail"}));
    EXPECT_TRUE(mail->names(".mail", "d.mail", 2).value().empty());
}

TEST(MailFolder, TellsWhyAFolderCannotServe) {
    const TempFolder folder;
    const auto why = [](const std::string& path) {
        return MailFolder::open(path).error().message();
    };
    EXPECT_EQ(why("mail"), "folder: write its whole path, from / on");
    EXPECT_EQ(why(""), "folder: write its whole path, from / on");
    EXPECT_NE(why(folder.file("none")).find("there is no such folder"), std::string::npos);
    put_octets(folder.file("file"), "");
    EXPECT_NE(why(folder.file("file")).find("it is no folder"), std::string::npos);
    if (::geteuid() != 0) {
        ASSERT_EQ(::mkdir(folder.file("closed").c_str(), 0500), 0);
        EXPECT_NE(why(folder.file("closed")).find("cannot write in it"), std::string::npos);
        EXPECT_NE(why(folder.file("closed")).find("the user "), std::string::npos);
    }
}

}  // namespace
}  // namespace queue
