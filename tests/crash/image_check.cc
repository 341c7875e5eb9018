#include "tests/crash/image_check.h"

#include <algorithm>
#include <set>
#include <sqlite3.h>
#include <utility>

#include "queue/sqlite_store.h"
#include "relay/body_digest.h"
#include "relay/clock.h"

namespace crash {
namespace {

using queue::Stored;
using State = queue::Recipient::State;

constexpr std::size_t kMostTold = 8;
constexpr std::size_t kClaim = 100;

class ImageCheck {
public:
    ImageCheck(const Journal& journal, Position cut) : journal_(journal), cut_(cut) {}

    void look(queue::Store& store) {
        list(store);
        for (const auto& [number, message] : journal_.messages()) {
            check_promises(message);
        }
        check_reports();
        check_facts(store);
        check_counts(store);
        check_claims(store);
    }

    void look_inside(const std::string& path) {
        sqlite3* database = nullptr;
        sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr);
        expect_answer(database, "PRAGMA integrity_check", "ok");
        expect_answer(
            database,
            "SELECT (SELECT count(*) FROM content WHERE id NOT IN (SELECT id FROM envelope)) + "
            "(SELECT count(*) FROM chunk WHERE message NOT IN (SELECT id FROM envelope))",
            "0");
        sqlite3_close_v2(database);
    }

    void wrong(std::string what) {
        if (wrong_.size() < kMostTold) {
            wrong_.push_back(std::move(what));
        }
    }
    std::vector<std::string> take() { return std::move(wrong_); }

private:
    void expect_answer(sqlite3* database, const char* sql, const std::string& expected) {
        sqlite3_stmt* statement = nullptr;
        std::string answer = "no answer";
        if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW) {
            answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
        }
        sqlite3_finalize(statement);
        if (answer != expected) {
            wrong(std::string(sql) + ": " + answer + ", " + sqlite3_errmsg(database));
        }
    }

    [[nodiscard]] std::string name(const PromisedMessage& message) const {
        return "message " + std::to_string(message.number) +
               (message.id ? " (" + message.id->text() + ")" : "");
    }

    void list(queue::Store& store) {
        queue::MessageId from(0);
        for (;;) {
            const auto page = store.query({}, from);
            if (!page) {
                wrong("cannot be listed: " + page.error().message());
                return;
            }
            for (const auto id : page->damaged) {
                wrong(id.text() + " is damaged");
            }
            for (const auto& [envelope, due] : page->messages) {
                listed_.push_back(envelope);
                if (!due) {
                    wrong(envelope.id.text() + " is active after a start");
                }
                load(store, envelope.id);
            }
            if (!page->next) {
                return;
            }
            from = *page->next;
        }
    }

    void load(queue::Store& store, queue::MessageId id) {
        auto stored = store.load(id);
        if (!stored) {
            wrong(id.text() + " cannot be loaded: " + stored.error().message());
            return;
        }
        const auto said = field_of(stored->content.header, "X-Number");
        const int number = said ? std::atoi(said->c_str()) : 0;
        const auto known = journal_.messages().find(number);
        if (known == journal_.messages().end()) {
            wrong(id.text() + " was never sent");
            return;
        }
        const PromisedMessage& message = known->second;
        if (message.id && *message.id != id) {
            wrong(name(message) + " has become " + id.text());
        }
        if (!message.accepted.may_hold(cut_)) {
            wrong(name(message) + " comes from the future");
        }
        check_body(store, message, *stored);
        check_envelope(message, *stored);
        there_.emplace(number, std::move(*stored));
    }

    void check_body(queue::Store& store, const PromisedMessage& message, const Stored& stored) {
        std::string body;
        for (int number = 0; number < std::max(stored.content.chunks, 1); ++number) {
            const auto part = store.read_body(stored.envelope.id, number);
            if (!part) {
                wrong(name(message) + " is not whole: " + part.error().message());
                return;
            }
            body += *part;
        }
        relay::BodyCheck check(stored.content.body_hash);
        check.update(body);
        if (!check.matches() || body.size() != stored.content.body_size) {
            wrong(name(message) + " does not match its hash");
        }
        if (body != body_of(message.number, message.body)) {
            wrong(name(message) + " has another body");
        }
    }

    void check_envelope(const PromisedMessage& message, const Stored& stored) {
        const queue::Envelope& envelope = stored.envelope;
        if (envelope.sender.text() != message.sender) {
            wrong(name(message) + " has another sender");
        }
        bool same = envelope.recipients.size() == message.recipients.size();
        for (std::size_t i = 0; same && i < message.recipients.size(); ++i) {
            same = envelope.recipients[i].address.text() == message.recipients[i].address &&
                   envelope.recipients[i].dsn.notify == message.recipients[i].notify;
        }
        if (!same) {
            wrong(name(message) + " has other recipients");
        }
        // Signatures change together with what the envelope says of them.
        if (envelope.size != stored.content.signatures.size() + stored.content.header.size() + 2 +
                                 stored.content.body_size) {
            wrong(name(message) + ": its envelope tells another size");
        }
        if (field_of(stored.content.signatures, "X-Signed-By").value_or(envelope.signed_by) !=
            envelope.signed_by) {
            wrong(name(message) + " is not signed by whom its envelope says");
        }
    }

    void check_promises(const PromisedMessage& message) {
        const auto found = there_.find(message.number);
        const Stored* stored = found == there_.end() ? nullptr : &found->second;
        if (message.original != 0) {
            check_report(message, stored != nullptr);
        }
        if (!message.accepted.must_hold(cut_)) {
            return;
        }
        if (message.removed.may_hold(cut_)) {
            if (message.removed.must_hold(cut_) && stored != nullptr) {
                wrong(name(message) + " was removed and is there");
            }
            return;
        }
        if (message.original != 0 && is_moot(message)) {
            return;
        }
        for (std::size_t i = 0; i < message.recipients.size(); ++i) {
            const queue::Recipient* recipient =
                stored == nullptr ? nullptr : &stored->envelope.recipients[i];
            check_recipient(message, message.recipients[i], recipient);
        }
    }

    void check_recipient(const PromisedMessage& message,
                         const PromisedRecipient& promised,
                         const queue::Recipient* stored) {
        const std::string who = name(message) + " to " + promised.address;
        const bool open = stored != nullptr && stored->is_open();
        if (!open) {
            if (!promised.closed.may_hold(cut_)) {
                wrong(who + (stored == nullptr ? " is lost" : " is closed, and never ended"));
            }
            return;
        }
        if (promised.closed.must_hold(cut_)) {
            wrong(who + " had ended and is sent again");
        }
        if (promised.delivered.must_hold(cut_) && !stored->awaits_report()) {
            wrong(who + " was delivered and is sent again");
        }
        const auto told = std::count_if(
            promised.attempts.begin(), promised.attempts.end(), [this](const Promise& attempt) {
                return attempt.must_hold(cut_);
            });
        if (stored->attempts < told) {
            wrong(who + " has forgotten an attempt");
        }
    }

    /// Whoever removes a message removes what is owed about it.
    [[nodiscard]] bool is_moot(const PromisedMessage& report) const {
        return journal_.messages().at(report.original).removed.may_hold(cut_);
    }

    /// A report and what it closes: both or neither.
    void check_report(const PromisedMessage& report, bool there) {
        const PromisedMessage& original = journal_.messages().at(report.original);
        const auto found = there_.find(report.original);
        for (const int position : report.positions) {
            const auto at = static_cast<std::size_t>(position);
            const bool open =
                found != there_.end() && found->second.envelope.recipients[at].is_open();
            if (there && open) {
                wrong(name(original) + " to " + original.recipients[at].address +
                      ": a report is there, and it is tried again");
            }
        }
    }

    /// Every recipient that only a report can have closed has one, there or sent since.
    void check_reports() {
        std::set<std::pair<int, int>> owed;
        std::set<std::pair<int, int>> made;
        for (const auto& [number, report] : journal_.messages()) {
            if (report.original == 0 || !report.accepted.may_hold(cut_)) {
                continue;
            }
            const bool sent =
                report.recipients.front().closed.may_hold(cut_) || report.removed.may_hold(cut_);
            for (const int position : report.positions) {
                owed.emplace(report.original, position);
                if (sent || there_.contains(number)) {
                    made.emplace(report.original, position);
                }
            }
        }
        for (const auto& [number, position] : owed) {
            const PromisedMessage& original = journal_.messages().at(number);
            if (original.removed.may_hold(cut_) || made.contains({number, position})) {
                continue;
            }
            const auto found = there_.find(number);
            const auto at = static_cast<std::size_t>(position);
            if (found == there_.end() || !found->second.envelope.recipients[at].is_open()) {
                wrong(name(original) + " to " + original.recipients[at].address +
                      " is closed and its report is missing");
            }
        }
    }

    void check_facts(queue::Store& store) {
        const auto known = store.recall(std::string(Journal::kTopic));
        if (!known) {
            wrong("facts cannot be recalled: " + known.error().message());
            return;
        }
        for (const auto& [key, history] : journal_.facts()) {
            const auto found = known->find(key);
            const auto value =
                found == known->end() ? std::optional<std::string>() : std::optional(found->second);
            // The latest that was told, or one begun since.
            bool right = !value;
            for (const PromisedFact& fact : history) {
                const bool same = fact.value == value;
                right = fact.promise.must_hold(cut_)  ? same
                        : fact.promise.may_hold(cut_) ? right || same
                                                      : right;
            }
            if (!right) {
                wrong("the fact " + key + " is " + value.value_or("forgotten"));
            }
        }
    }

    void check_counts(queue::Store& store) {
        std::uint64_t octets = 0;
        queue::MessageId highest(0);
        for (const auto& envelope : listed_) {
            octets += envelope.size;
            highest = std::max(highest, envelope.id);
        }
        const auto totals = store.totals();
        if (!totals || store.messages() != listed_.size() || totals->octets != octets) {
            wrong("the store counts wrongly");
        }
        for (const auto& [number, message] : journal_.messages()) {
            if (message.id && message.accepted.must_hold(cut_)) {
                highest = std::max(highest, *message.id);
            }
        }
        // A clock that went back to the beginning.
        if (queue::IdSource(queue::NodeId(0), store.last_id()).next(highest.time()) <= highest) {
            wrong("an id would be given twice");
        }
    }

    /// What a start would send: all that is there, and nothing else.
    void check_claims(queue::Store& store) {
        std::size_t claimed = 0;
        for (;;) {
            const auto some =
                store.claim_due(relay::wall_clock() + std::chrono::hours(240), kClaim);
            if (!some) {
                wrong("cannot be claimed: " + some.error().message());
                return;
            }
            if (some->empty()) {
                break;
            }
            for (const auto& envelope : *some) {
                ++claimed;
                if (std::find(listed_.begin(), listed_.end(), envelope) == listed_.end()) {
                    wrong(envelope.id.text() + " is claimed otherwise than it was listed");
                }
            }
        }
        if (claimed != listed_.size()) {
            wrong(std::to_string(listed_.size()) + " are there, " + std::to_string(claimed) +
                  " would be sent");
        }
    }

    const Journal& journal_;
    Position cut_;
    std::vector<std::string> wrong_;
    std::vector<queue::Envelope> listed_;
    std::map<int, Stored> there_;
};

}  // namespace

std::vector<std::string> wrong_in(const std::string& folder, const Journal& journal, Position cut) {
    ImageCheck check(journal, cut);
    {
        auto store = queue::SqliteStore::open(folder, relay::wall_clock());
        if (!store) {
            check.wrong("does not open: " + store.error().message());
            return check.take();
        }
        check.look(**store);
        if (const std::string why = (*store)->latched(); !why.empty()) {
            check.wrong("latched: " + why);
        }
    }
    check.look_inside(folder + "/queue.db");
    return check.take();
}

}  // namespace crash
