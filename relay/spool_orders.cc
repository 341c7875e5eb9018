// Spool, eighth part: what people hold and release, and how they go through the queue.
//
// All of it goes in steps on the committer's thread, where no message moves from the store into
// memory meanwhile. What is active changes in memory, and its row follows by the committer; so that
// nothing stored later says otherwise, it is given to the committer under the lock.
#include <algorithm>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "relay/log.h"
#include "relay/net/hand_over.h"
#include "relay/spool.h"

namespace relay {

using Decision = check::Gate::Decision;

namespace {

// A message between memory and store is there within a commit or two.
constexpr std::chrono::milliseconds kLookAgain{20};
constexpr int kLooks = 100;

}  // namespace

std::shared_ptr<const queue::Envelope> Spool::row_while_active(const queue::Envelope& envelope) {
    auto row = std::make_shared<queue::Envelope>(envelope);
    if (!row->hold.person) {
        row->hold = {};
    }
    row->hold.reason.clear();
    return row;
}

void Spool::set_aside(Active& active, const std::vector<int>& positions) {
    active.outstanding -= positions.size();
    active.aside.insert(positions.begin(), positions.end());
}

/// Ends a person's hold of an active message.
void Spool::let_go(ActiveMap::iterator it, Effects& effects) {
    Active& active = it->second;
    auto& envelope = *active.envelope;
    const auto now = clock_.now();
    envelope.hold = {};
    envelope.signed_by.clear();
    effects.released.push_back(envelope.id);
    for (auto& recipient : envelope.recipients) {
        if (recipient.is_open() && !has_ended(recipient)) {
            recipient.due = std::min(recipient.due, now);
        }
    }
    active.judged = generation();
    effects.judged = std::min(effects.judged.value_or(active.judged), active.judged);
    if (const auto answer = judge(envelope); answer.decision != Decision::Open) {
        put_on_hold(it, {answer.reason, now}, effects);
        return;
    }
    const std::vector<int> again(active.aside.begin(), active.aside.end());
    active.aside.clear();
    submit_recipients(active, again, now, effects);
    finish_step(it, effects);
}

/// The count of held messages by reason, after one of them changed its own.
void Spool::count_held(const std::string& before, const std::string& after) {
    if (!before.empty()) {
        if (const auto reason = held_.find(before);
            reason != held_.end() && --reason->second == 0) {
            held_.erase(reason);
        }
    }
    if (!after.empty()) {
        ++held_[after];
    }
}

// Walks.

net::Task<conf::Result<void>> Spool::visit(queue::Filter filter,
                                           queue::MessageId from,
                                           Visit step,
                                           std::shared_ptr<Walked> walked) {
    using Done = conf::Result<void>;
    std::function<void(std::function<void(Done)>)> start = [&](auto done) {
        committer_.on_store([&filter, from, &step, &walked, done](queue::Store& store) {
            const auto begun = std::chrono::steady_clock::now();
            auto page = store.query(filter, from);
            if (!page) {
                done(page.error());
                return;
            }
            if (const auto most = walked->step.messages(); page->messages.size() > most) {
                page->next = page->messages[most].first.id;
                page->messages.resize(most);
            }
            walked->next = page->next;
            auto result = step(store, *page, *walked);
            walked->step.took(std::chrono::steady_clock::now() - begun);
            done(std::move(result));
        });
    };
    Done done = co_await net::hand_over<Done>(std::move(start));
    co_return done;
}

net::Task<conf::Result<Spool::Walked>> Spool::walk(queue::Filter filter,
                                                   Visit step,
                                                   std::vector<queue::MessageId> also) {
    const auto walked = std::make_shared<Walked>();
    for (std::optional<queue::MessageId> from = queue::MessageId(0); from;) {
        const conf::Result<void> page = co_await visit(filter, *from, step, walked);
        if (!page) {
            co_return page.error();
        }
        from = walked->next;
    }
    walked->later.insert(walked->later.end(), also.begin(), also.end());
    // One by one, wherever they are by now.
    const auto only = std::exchange(filter.id, std::nullopt);
    filter.state = queue::Filter::State::Any;
    net::Timer timer(co_await boost::asio::this_coro::executor);
    for (int look = 0; !walked->later.empty() && look < kLooks && !stopping_; ++look) {
        if (look > 0) {
            timer.expires_after(kLookAgain);
            auto [ec] = co_await timer.async_wait(net::kAsTuple);
            (void)ec;
        }
        const auto ids = std::exchange(walked->later, {});
        for (const auto id : ids) {
            if (only && *only != id) {
                continue;
            }
            filter.id = id;
            const conf::Result<void> page =
                co_await visit(filter, queue::MessageId(0), step, walked);
            if (!page) {
                co_return page.error();
            }
        }
    }
    // Behind what was given to the committer on the way: all of it is stored.
    const conf::Result<void> stored = co_await committer_.commit(Committer::Changes());
    if (!stored) {
        co_return stored.error();
    }
    co_return std::move(*walked);
}

// A person's holds.

net::Task<conf::Result<std::size_t>> Spool::hold(queue::Filter filter, std::string reason) {
    Visit step = [this, reason = std::move(reason)](
                     queue::Store& store, const queue::Page& page, Walked& walked) {
        return hold_matches(store, page, reason, walked);
    };
    const conf::Result<Walked> walked = co_await walk(std::move(filter), std::move(step), {});
    if (!walked) {
        co_return walked.error();
    }
    co_return walked->changed;
}

conf::Result<void> Spool::hold_matches(queue::Store& store,
                                       const queue::Page& page,
                                       const std::string& reason,
                                       Walked& walked) {
    const queue::Hold hold{reason, clock_.now(), true};
    Committer::Changes changes;
    std::vector<std::string> before;
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [envelope, due] : page.messages) {
            const auto it = active_.find(envelope.id);
            const bool active = it != active_.end();
            if (active && it->second.deleted) {
                continue;
            }
            if (!active && !due) {
                walked.later.push_back(envelope.id);
                continue;
            }
            ++walked.changed;
            const queue::Hold& old = active ? it->second.envelope->hold : envelope.hold;
            if (old.person && old.reason == reason) {
                continue;
            }
            if (active) {
                put_on_hold(it, hold, effects);
                continue;
            }
            before.push_back(old.reason);
            auto held = std::make_shared<queue::Envelope>(envelope);
            held->hold = hold;
            effects.held.emplace_back(held->id, reason);
            changes.emplace_back(queue::Update{std::move(held), due});
        }
    }
    if (!changes.empty()) {
        if (const auto committed = store.commit(changes); !committed) {
            return committed.error();
        }
        const std::lock_guard lock(mutex_);
        for (const auto& old : before) {
            count_held(old, reason);
        }
    }
    carry_out(std::move(effects));
    return {};
}

net::Task<conf::Result<Spool::Released>> Spool::release(queue::Filter filter) {
    // Of those that are active the store does not say so.
    std::vector<queue::MessageId> also;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, active] : active_) {
            if (active.envelope->hold.person) {
                also.push_back(id);
            }
        }
    }
    filter.state = queue::Filter::State::Held;
    Visit step = [this](queue::Store& store, const queue::Page& page, Walked& walked) {
        return release_matches(store, page, walked);
    };
    const conf::Result<Walked> walked =
        co_await walk(std::move(filter), std::move(step), std::move(also));
    if (!walked) {
        co_return walked.error();
    }
    co_return Released{walked->changed, walked->held_otherwise};
}

conf::Result<void> Spool::release_matches(queue::Store& store,
                                          const queue::Page& page,
                                          Walked& walked) {
    const auto now = clock_.now();
    const auto judged = generation();
    Committer::Changes changes;
    std::vector<std::pair<std::string, std::string>> reasons;  // before and after
    Effects effects;
    effects.judged = judged;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [envelope, due] : page.messages) {
            const auto it = active_.find(envelope.id);
            const bool active = it != active_.end();
            if (active ? it->second.deleted : !due) {
                if (!active) {
                    walked.later.push_back(envelope.id);
                }
                continue;
            }
            const queue::Hold& hold = active ? it->second.envelope->hold : envelope.hold;
            if (!hold.person) {
                walked.held_otherwise += hold.reason.empty() ? 0 : 1;
                continue;
            }
            ++walked.changed;
            if (active) {
                let_go(it, effects);
                continue;
            }
            auto free = std::make_shared<queue::Envelope>(envelope);
            free->hold = {};
            // Held for whatever reason, it was signed too long ago: the courier signs it anew.
            free->signed_by.clear();
            for (auto& recipient : free->recipients) {
                if (!has_ended(recipient)) {
                    recipient.due = std::min(recipient.due, now);
                }
            }
            effects.released.push_back(free->id);
            if (const auto answer = judge(*free); answer.decision != Decision::Open) {
                free->hold = {answer.reason, now};
                effects.held.emplace_back(free->id, answer.reason);
            }
            reasons.emplace_back(hold.reason, free->hold.reason);
            changes.emplace_back(queue::Update{std::move(free), now});
        }
    }
    if (!changes.empty()) {
        if (const auto committed = store.commit(changes); !committed) {
            return committed.error();
        }
        const std::lock_guard lock(mutex_);
        for (const auto& [before, after] : reasons) {
            count_held(before, after);
        }
        effects.due = now;
    }
    carry_out(std::move(effects));
    return {};
}

}  // namespace relay
