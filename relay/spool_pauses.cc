// Spool, ninth part: what people pause and resume.
//
// Recipients in a paused domain are in none of the Scheduler's lists: nobody looks for a route, no
// courier can take them, and the others of their message go on. A message of which nothing may be
// sent is held, as by the gate; the end of a pause is a new generation for both.
#include <algorithm>
#include <utility>

#include "relay/log.h"
#include "relay/net/hand_over.h"
#include "relay/spool.h"

namespace relay {

namespace {

constexpr std::size_t kActiveAtOnce = 500;

}  // namespace

/// The message goes back to the store, with nobody left who might be tried: a pause holds it.
void Spool::hold_if_paused(Active& active, Effects& effects) {
    auto& envelope = *active.envelope;
    if (active.aside.empty() || !envelope.hold.reason.empty()) {
        return;
    }
    active.judged = generation();
    if (const auto pause = pauses_.get()->covering(envelope)) {
        envelope.hold = {pause->reason(), clock_.now()};
        effects.held.emplace_back(envelope.id, envelope.hold.reason);
        effects.judged = std::min(effects.judged.value_or(active.judged), active.judged);
    }
}

bool Spool::is_stopped(const queue::Attempt& attempt) const {
    const auto paused = pauses_.get();
    return std::any_of(attempt.parts.begin(), attempt.parts.end(), [&](const auto& part) {
        return paused->stops(part.domain);
    });
}

/// Brings an active message in line with what is paused now.
void Spool::follow_pauses(ActiveMap::iterator it, Effects& effects) {
    Active& active = it->second;
    if (active.deleted || !active.envelope->hold.reason.empty()) {
        return;
    }
    const auto paused = pauses_.get();
    if (const auto pause = paused->covering(*active.envelope)) {
        active.judged = generation();
        effects.judged = std::min(effects.judged.value_or(active.judged), active.judged);
        put_on_hold(it, {pause->reason(), clock_.now()}, effects);
        return;
    }
    const auto& recipients = active.envelope->recipients;
    const bool in_part = std::any_of(recipients.begin(), recipients.end(), [&](const auto& each) {
        return each.is_open() && paused->stops(each.address.domain());
    });
    if (!in_part && active.aside.empty()) {
        return;
    }
    for (const auto& part : scheduler_.take_message(it->first)) {
        set_aside(active, part.recipients);
    }
    const std::vector<int> again(active.aside.begin(), active.aside.end());
    active.aside.clear();
    submit_recipients(active, again, clock_.now(), effects);
    if (active.outstanding == 0) {
        finish_step(it, effects);
    }
}

conf::Result<void> Spool::recall_pauses() {
    const auto damaged = pauses_.recall(store_);
    if (!damaged) {
        return damaged.error();
    }
    for (const auto& key : *damaged) {
        log::Event(log::Level::Error, "pause").field("damaged", key);
    }
    for (const auto& paused : pauses_.get()->list()) {
        log::Event(log::Level::Warning, "paused").field("what", paused.pause.text());
    }
    return {};
}

/// `follow` takes over what was committed, on the committer's thread: two orders cannot cross.
net::Task<conf::Result<bool>> Spool::change_pauses(queue::Change change,
                                                   std::function<bool(Pauses&)> follow) {
    using Done = conf::Result<bool>;
    std::function<void(std::function<void(Done)>)> start = [&](auto done) {
        committer_.on_store([this, &change, &follow, done](queue::Store& store) {
            const auto committed = store.commit(std::span<const queue::Change>(&change, 1));
            if (committed) {
                done(follow(pauses_));
            } else {
                done(committed.error());
            }
        });
    };
    Done done = co_await net::hand_over<Done>(std::move(start));
    co_return done;
}

net::Task<conf::Result<bool>> Spool::pause(Pause pause) {
    const auto before = pauses_.get();
    if (before->contains(pause)) {
        co_return false;
    }
    if (before->size() >= Pauses::kMost) {
        co_return Pauses::too_many();
    }
    const Paused paused{pause, clock_.now()};
    std::function<bool(Pauses&)> follow = [paused](Pauses& pauses) { return pauses.add(paused); };
    const conf::Result<bool> added =
        co_await change_pauses(Pauses::remember(paused), std::move(follow));
    if (!added || !*added) {
        co_return added;
    }
    log::Event(log::Level::Warning, "paused").field("what", pause.text());
    post_turn();
    co_await follow_pauses();
    co_return added;
}

net::Task<conf::Result<bool>> Spool::resume(Pause pause) {
    if (!pauses_.get()->contains(pause)) {
        co_return false;
    }
    std::function<bool(Pauses&)> follow = [pause](Pauses& pauses) { return pauses.remove(pause); };
    const conf::Result<bool> removed =
        co_await change_pauses(Pauses::forget(pause), std::move(follow));
    if (!removed || !*removed) {
        co_return removed;
    }
    log::Event(log::Level::Info, "resumed").field("what", pause.text());
    post_turn();  // what it held is judged anew
    co_await follow_pauses();
    if (pause.what() != Pause::What::Domain) {
        co_return removed;
    }
    // What went on for its other recipients has its turn when theirs comes: too late now.
    queue::Filter filter;
    filter.domain = pause.name();
    Visit step = [this](queue::Store& store, const queue::Page& page, Walked& walked) {
        return wake_matches(store, page, walked);
    };
    const conf::Result<Walked> walked = co_await walk(std::move(filter), std::move(step), {});
    if (!walked) {
        co_return walked.error();
    }
    co_return removed;
}

/// All that is active, some at a time.
net::Task<> Spool::follow_pauses() {
    std::vector<queue::MessageId> ids;
    {
        const std::lock_guard lock(mutex_);
        ids.reserve(active_.size());
        for (const auto& [id, active] : active_) {
            ids.push_back(id);
        }
    }
    for (std::size_t begin = 0; begin < ids.size() && !stopping_; begin += kActiveAtOnce) {
        const std::size_t end = std::min(begin + kActiveAtOnce, ids.size());
        std::function<void(std::function<void(bool)>)> start = [&](auto done) {
            committer_.on_store([this, &ids, begin, end, done](queue::Store&) {
                Effects effects;
                {
                    const std::lock_guard lock(mutex_);
                    for (std::size_t i = begin; i < end; ++i) {
                        if (const auto it = active_.find(ids[i]); it != active_.end()) {
                            follow_pauses(it, effects);
                        }
                    }
                }
                carry_out(std::move(effects));
                done(true);
            });
        };
        const bool done = co_await net::hand_over<bool>(std::move(start));
        (void)done;
    }
}

conf::Result<void> Spool::wake_matches(queue::Store& store,
                                       const queue::Page& page,
                                       Walked& walked) {
    const auto paused = pauses_.get();
    Committer::Changes changes;
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [envelope, due] : page.messages) {
            if (!due && !active_.contains(envelope.id)) {
                walked.later.push_back(envelope.id);
            }
        }
    }
    for (const auto& [envelope, due] : page.messages) {
        if (!due || !envelope.hold.reason.empty()) {
            continue;
        }
        if (const auto earlier = paused->due(envelope); earlier < *due) {
            effects.due = std::min(effects.due.value_or(earlier), earlier);
            changes.emplace_back(
                queue::Update{std::make_shared<const queue::Envelope>(envelope), earlier});
        }
    }
    if (!changes.empty()) {
        if (const auto committed = store.commit(changes); !committed) {
            return committed.error();
        }
    }
    carry_out(std::move(effects));
    return {};
}

}  // namespace relay
