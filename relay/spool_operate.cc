// Spool, fourth part: what an operator asks and changes.
#include <utility>

#include "relay/log.h"
#include "relay/net/hand_over.h"
#include "relay/spool.h"

namespace relay {

net::Task<conf::Result<queue::Page>> Spool::list(queue::Filter filter, queue::MessageId from) {
    std::function<conf::Result<queue::Page>()> work = [this, filter = std::move(filter), from] {
        return store_.query(filter, from);
    };
    conf::Result<queue::Page> result =
        co_await disk_.run<conf::Result<queue::Page>>(std::move(work));
    co_return result;
}

net::Task<conf::Result<std::size_t>> Spool::change_all(queue::Filter filter, Matches matches) {
    Visit step = [this, matches](queue::Store& store, const queue::Page& page, Walked& walked) {
        return (this->*matches)(store, page, walked);
    };
    const conf::Result<Walked> walked = co_await walk(std::move(filter), std::move(step), {});
    if (!walked) {
        co_return walked.error();
    }
    co_return walked->changed;
}

net::Task<conf::Result<std::size_t>> Spool::retry(queue::Filter filter) {
    filter.state = queue::Filter::State::Waiting;
    conf::Result<std::size_t> result =
        co_await change_all(std::move(filter), &Spool::retry_matches);
    co_return result;
}

net::Task<conf::Result<std::size_t>> Spool::remove(queue::Filter filter) {
    conf::Result<std::size_t> result =
        co_await change_all(std::move(filter), &Spool::remove_matches);
    co_return result;
}

conf::Result<void> Spool::retry_matches(queue::Store& store,
                                        const queue::Page& page,
                                        Walked& walked) {
    const auto now = clock_.now();
    Committer::Changes changes;
    for (const auto& [envelope, due] : page.messages) {
        if (!due || !envelope.hold.reason.empty()) {
            continue;
        }
        auto soon = std::make_shared<queue::Envelope>(envelope);
        for (auto& recipient : soon->recipients) {
            if (!has_ended(recipient)) {
                recipient.due = std::min(recipient.due, now);
            }
        }
        changes.emplace_back(queue::Update{std::move(soon), now});
    }
    if (changes.empty()) {
        return {};
    }
    if (auto committed = store.commit(changes); !committed) {
        return committed;
    }
    walked.changed += changes.size();
    for (const auto& [envelope, due] : page.messages) {
        if (due && envelope.hold.reason.empty()) {
            history_.note(envelope.id, history::Kind::Retried, {{history::Field::By, "a person"}});
        }
    }
    {
        const std::lock_guard lock(mutex_);
        next_due_ = std::min(next_due_, now);
    }
    post_turn();
    return {};
}

conf::Result<void> Spool::remove_matches(queue::Store& store,
                                         const queue::Page& page,
                                         Walked& walked) {
    Committer::Changes changes;
    for (const auto& [envelope, due] : page.messages) {
        changes.emplace_back(queue::Remove{envelope.id});
    }
    if (changes.empty()) {
        return {};
    }
    if (auto committed = store.commit(changes); !committed) {
        return committed;
    }
    walked.changed += changes.size();
    const std::lock_guard lock(mutex_);
    for (const auto& [stored, due] : page.messages) {
        const auto it = active_.find(stored.id);
        queue::Envelope envelope = it != active_.end() ? *it->second.envelope : stored;
        for (auto& recipient : envelope.recipients) {
            if (recipient.awaits_report()) {
                recipient.state = queue::Recipient::State::Delivered;
            } else if (recipient.is_open()) {
                recipient.state = queue::Recipient::State::Deleted;
                metrics_.recipients_deleted.add();
            }
        }
        count_held(stored.hold.reason, "");
        log::Event(log::Level::Info, "deleted").field("id", envelope.id.text());
        history_.note(envelope.id, history::Kind::Deleted, {{history::Field::By, "a person"}});
        history_.finish(std::make_shared<const queue::Envelope>(envelope));
        if (it == active_.end()) {
            continue;
        }
        *it->second.envelope = std::move(envelope);
        it->second.deleted = true;
        it->second.owed.clear();
        for (const auto& part : scheduler_.take_message(stored.id)) {
            it->second.outstanding -= part.recipients.size();
        }
        if (it->second.outstanding == 0) {
            erase(it);
        }
    }
    return {};
}

Spool::View Spool::view() {
    View view;
    if (auto totals = store_.totals()) {
        view.totals = *totals;
    }
    const std::lock_guard lock(mutex_);
    view.in_memory = active_.size();
    view.content_octets = content_octets_;
    view.held = held_;
    for (const auto& [site, destination] : scheduler_.destinations()) {
        view.sites.push_back(
            {site, destination->waiting(), destination->connections(), destination->limit()});
    }
    return view;
}

}  // namespace relay
