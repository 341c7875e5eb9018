// MutantStore: a store that breaks one promise on purpose, to see whether the test notices.
//
// Threads: as Store.
#pragma once

#include <memory>
#include <utility>

#include "queue/store.h"
#include "tests/crash/journal.h"

namespace crash {

enum class Mutant : std::uint8_t {
    None,
    NoSync,       // synchronous=OFF: the disk is never asked to sync, as far as it knows
    EarlyReply,   // 250 before the commit
    SplitCommit,  // a report in one commit, what it settles in the next
};

class MutantStore final : public queue::Store {
public:
    MutantStore(std::unique_ptr<queue::Store> store, Mutant mutant, Journal& journal)
        : store_(std::move(store)), mutant_(mutant), journal_(journal) {}

    conf::Result<void> commit(std::span<const queue::Change> changes) override {
        if (mutant_ == Mutant::EarlyReply) {
            for (const auto& change : changes) {
                if (const auto* insert = std::get_if<queue::Insert>(&change)) {
                    journal_.accepted(insert->message->envelope.id);
                }
            }
        }
        if (mutant_ != Mutant::SplitCommit) {
            return store_->commit(changes);
        }
        for (std::size_t i = 0; i < changes.size(); ++i) {
            if (auto done = store_->commit(changes.subspan(i, 1)); !done) {
                return done;
            }
        }
        return {};
    }

    conf::Result<std::vector<queue::Envelope>> claim_due(queue::Instant now,
                                                         std::size_t limit) override {
        return store_->claim_due(now, limit);
    }
    conf::Result<std::optional<queue::Instant>> next_due() override { return store_->next_due(); }
    conf::Result<std::vector<queue::Envelope>> held(queue::MessageId after,
                                                    std::size_t limit) override {
        return store_->held(after, limit);
    }
    conf::Result<queue::Stored> load(queue::MessageId id) override { return store_->load(id); }
    conf::Result<std::string> read_body(queue::MessageId id, int number) override {
        return store_->read_body(id, number);
    }
    conf::Result<queue::Page> query(const queue::Filter& filter, queue::MessageId from) override {
        return store_->query(filter, from);
    }
    conf::Result<queue::Totals> totals() override { return store_->totals(); }
    std::uint64_t messages() override { return store_->messages(); }
    conf::Result<std::map<std::string, std::string>> recall(const std::string& topic) override {
        return store_->recall(topic);
    }
    queue::MessageId last_id() override { return store_->last_id(); }
    std::uint64_t journal_octets() override { return store_->journal_octets(); }
    conf::Result<std::uint64_t> free_octets() override { return store_->free_octets(); }
    std::string latched() override { return store_->latched(); }
    conf::Result<void> tidy(queue::Instant now) override { return store_->tidy(now); }

private:
    std::unique_ptr<queue::Store> store_;
    Mutant mutant_;
    Journal& journal_;
};

}  // namespace crash
