// Spool, seventh part: held mail: released when the gate opens, expired when it is too old, its
// sender told when it takes long. It lies in the store alone, in the order of its ids, which is
// that of its age.
#include <algorithm>
#include <utility>

#include "relay/log.h"
#include "relay/spool.h"

namespace relay {

using Decision = check::Gate::Decision;

namespace {

constexpr std::size_t kHeldAtOnce = 200;
// Held for longer, a message may be one of many, that go out as slowly as to a new site.
constexpr std::chrono::minutes kLongHold{1};

}  // namespace

void Spool::put_on_hold(ActiveMap::iterator it, queue::Hold hold, Effects& effects) {
    Active& active = it->second;
    for (const auto& part : scheduler_.take_message(it->first)) {
        set_aside(active, part.recipients);
    }
    if (active.envelope->hold.reason != hold.reason) {
        effects.held.emplace_back(it->first, hold.reason);
        active.envelope->hold = std::move(hold);
    }
    finish_step(it, effects);
}

void Spool::start_review(queue::Instant now, bool look) {
    const auto generation = this->generation();
    if ((generation == reviewed_generation_ && !look && !review_wanted_) ||
        reviewing_.exchange(true)) {
        return;
    }
    const bool all = generation != reviewed_generation_ || review_wanted_.exchange(false);
    reviewed_generation_ = generation;
    // Once an hour from the beginning: for what was put off, or came by a way that nobody thought
    // of.
    const bool from_beginning = now >= walk_again_;
    if (from_beginning) {
        walk_again_ = now + std::chrono::hours(1);
    }
    committer_.on_store([this, generation, all, from_beginning](queue::Store& store) {
        if (from_beginning) {
            expired_until_ = late_until_ = queue::MessageId(0);
        }
        review_held(store,
                    all ? queue::MessageId(0) : expired_until_,
                    generation,
                    all ? Review::All : Review::Expired);
    });
}

/// Whether a held message leaves the hold: to go, or to expire.
bool Spool::leaves_hold(const queue::Envelope& envelope,
                        const check::Gate::Answer& answer,
                        bool expired) const {
    if (envelope.hold.person) {
        return false;  // neither the gate nor expiry ends it
    }
    // A verdict that is awaited decides whether there is a last attempt.
    const bool awaits = answer.decision == Decision::Wait && has_last_chance(envelope);
    return answer.decision == Decision::Open || (expired && !awaits);
}

void Spool::go_slowly(const queue::Envelope& envelope, std::uint64_t generation) {
    const std::lock_guard lock(mutex_);
    for (const auto& recipient : envelope.recipients) {
        if (recipient.is_open()) {
            scheduler_.begin_anew(std::string(recipient.address.domain()), generation);
        }
    }
}

void Spool::review_held(queue::Store& store,
                        queue::MessageId after,
                        std::uint64_t generation,
                        Review kind) {
    const auto now = clock_.now();
    auto page = store.held(after, kHeldAtOnce);
    if (!page) {
        log::Event(log::Level::Error, "store").field("error", page.error().message());
        reviewing_ = false;
        return;
    }
    Committer::Changes changes;
    std::map<std::string, std::uint64_t> still;
    std::vector<queue::MessageId> released;
    Effects otherwise;  // held on, for another reason
    bool young = false;
    auto old_until = after;
    for (auto& envelope : *page) {
        const auto answer = judge(envelope);
        bool expired = false;
        bool leaves = false;
        {
            const std::lock_guard lock(mutex_);
            expired = now >= policy_->expires(envelope.accepted);
            leaves = leaves_hold(envelope, answer, expired);
        }
        young = young || !expired;
        old_until = young ? old_until : envelope.id;
        if (!leaves && (envelope.hold.person || answer.reason == envelope.hold.reason)) {
            ++still[envelope.hold.reason];
            continue;
        }
        if (leaves) {
            if (!expired) {
                released.push_back(envelope.id);
            }
            if (now - envelope.hold.since > kLongHold) {
                go_slowly(envelope, generation);
            }
            envelope.hold = {};
            // Held for whatever reason, it was signed too long ago: the courier signs it anew.
            envelope.signed_by.clear();
            for (auto& recipient : envelope.recipients) {
                if (!has_ended(recipient)) {
                    recipient.due = std::min(recipient.due, now);
                }
            }
        } else {
            ++still[answer.reason];
            envelope.hold.reason = answer.reason;
            otherwise.held.emplace_back(envelope.id, answer.reason);
        }
        changes.emplace_back(queue::Update{std::make_shared<const queue::Envelope>(envelope), now});
    }
    if (!changes.empty()) {
        if (const auto committed = store.commit(changes); !committed) {
            log::Event(log::Level::Error, "store").field("error", committed.error().message());
            reviewing_ = false;
            return;
        }
    }
    report(otherwise);
    for (const auto id : released) {
        log::Event(log::Level::Info, "released").field("id", id.text());
        history_.note(id, history::Kind::Released);
    }
    if (kind == Review::Expired) {
        expired_until_ = old_until;
    }
    // Ids are ordered by time: behind the first one that is young enough nothing has expired.
    const bool last = page->size() < kHeldAtOnce || (kind == Review::Expired && young);
    {
        const std::lock_guard lock(mutex_);
        if (!changes.empty()) {
            next_due_ = std::min(next_due_, now);
            // The counts by reason are stale.
            review_wanted_ = review_wanted_ || kind == Review::Expired;
        }
        if (kind == Review::All) {
            if (after == queue::MessageId(0)) {
                held_.clear();
            }
            for (const auto& [reason, count] : still) {
                held_[reason] += count;
            }
        }
    }
    if (!changes.empty()) {
        post_turn();
    }
    if (stopping_) {
        reviewing_ = false;
        return;
    }
    if (last) {
        look_at_late(store);
        return;
    }
    // One page at a time, so that commits of new mail go in between.
    committer_.on_store([this, next = page->back().id, generation, kind](queue::Store& again) {
        review_held(again, next, generation, kind);
    });
}

/// Goes on behind what was looked at before, up to the first one whose sender need not know yet.
void Spool::look_at_late(queue::Store& store) {
    const auto now = clock_.now();
    const auto page = store.held(late_until_, kHeldAtOnce);
    if (!page) {
        log::Event(log::Level::Error, "store").field("error", page.error().message());
        reviewing_ = false;
        return;
    }
    bool last = page->size() < kHeldAtOnce;
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& envelope : *page) {
            if (now < policy_->warns(envelope.accepted) || !warn(envelope, now, effects)) {
                last = true;
                break;
            }
            late_until_ = envelope.id;
        }
    }
    carry_out(std::move(effects));
    if (last || stopping_) {
        reviewing_ = false;
        return;
    }
    committer_.on_store([this](queue::Store& again) { look_at_late(again); });
}

}  // namespace relay
