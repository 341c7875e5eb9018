// Spool, third part: what time and the gate do to a message: paging in, holding and releasing,
// expiry.
#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "relay/clock.h"
#include "relay/log.h"
#include "relay/spool.h"

namespace relay {

using State = queue::Recipient::State;

namespace {

constexpr std::size_t kClaimAtOnce = 500;
constexpr std::size_t kHeldAtOnce = 200;
constexpr std::chrono::seconds kLookEvery{5};  // at expiry of what is active or held

queue::Outcome never_tried() {
    queue::Outcome outcome;
    outcome.kind = queue::Outcome::Kind::Deferred;
    outcome.status = {4, 4, 7};
    outcome.text = "no delivery was possible before the message expired";
    return outcome;
}

}  // namespace

void Spool::start(net::Loop& loop) {
    loop_ = &loop;
    timer_.emplace(loop.executor());
    gate_.on_change([this] { post_turn(); });
    loop.spawn("spool", run());
}

void Spool::stop() {
    stopping_ = true;
    if (loop_ != nullptr) {
        boost::asio::post(loop_->context(), [this] { timer_->cancel(); });
    }
}

void Spool::post_turn() {
    if (loop_ == nullptr || turn_posted_.exchange(true)) {
        return;
    }
    boost::asio::post(loop_->context(), [this] {
        if (timer_) {
            timer_->cancel();
        }
    });
}

net::Task<> Spool::run() {
    while (!stopping_) {
        turn_posted_ = false;
        turn();
        auto wait = std::chrono::milliseconds(1000);
        {
            const std::lock_guard lock(mutex_);
            if (!claiming_ && active_.size() < active_limit_) {
                wait = std::clamp(next_due_ - wall_clock(), std::chrono::milliseconds(5), wait);
            }
        }
        if (turn_posted_) {
            continue;
        }
        timer_->expires_after(wait);
        auto [ec] = co_await timer_->async_wait(net::kAsTuple);
        (void)ec;  // cancelled: something happened; expired: it is time
    }
}

void Spool::turn() {
    const auto now = wall_clock();
    const auto generation = gate_.generation();
    const bool look = now >= next_look_;
    if (look) {
        next_look_ = now + kLookEvery;
        expire_active(now);
        const std::lock_guard lock(mutex_);
        scheduler_.tidy(now);
    }
    owe_due(now);
    if ((generation != reviewed_generation_ || look || review_wanted_) &&
        !reviewing_.exchange(true)) {
        const bool expiry_only =
            generation == reviewed_generation_ && !review_wanted_.exchange(false);
        reviewed_generation_ = generation;
        committer_.on_store([this, generation, expiry_only](queue::Store& store) {
            review_held(store, queue::MessageId(0), generation, expiry_only);
        });
    }
    std::size_t room = 0;
    {
        const std::lock_guard lock(mutex_);
        if (!claiming_ && next_due_ <= now && active_.size() < active_limit_) {
            claiming_ = true;
            room = active_limit_ - active_.size();
            // What was due until now is given to the committer and so before the claim; what comes
            // from here on lowers this again and is not forgotten when the claim ends.
            next_due_ = queue::Instant::max();
        }
    }
    if (room > 0) {
        committer_.on_store([this, limit = std::min(room, kClaimAtOnce)](queue::Store& store) {
            claim(store, limit);
        });
    }
}

void Spool::claim(queue::Store& store, std::size_t limit) {
    const auto now = wall_clock();
    auto claimed = store.claim_due(now, limit);
    auto next =
        claimed && claimed->size() < limit ? store.next_due() : std::optional<queue::Instant>(now);
    Effects effects;
    const auto generation = gate_.generation();
    effects.judged = generation;
    if (claimed) {
        const std::lock_guard lock(mutex_);
        for (auto& one : *claimed) {
            auto envelope = std::make_shared<queue::Envelope>(std::move(one));
            const auto id = envelope->id;
            const bool expired = now >= policy_->expires(envelope->accepted);
            const auto answer = judge(*envelope);
            if (expired) {
                for (auto& recipient : envelope->recipients) {
                    recipient.due = queue::Instant::max();  // no attempt any more
                }
            }
            activate(std::move(envelope), nullptr, generation, effects);
            const auto it = active_.find(id);
            const auto& owed = it->second.owed;
            if (expired) {
                std::vector<int> open;
                const auto& recipients = it->second.envelope->recipients;
                for (std::size_t i = 0; i < recipients.size(); ++i) {
                    if (recipients[i].is_open() && !owed.contains(static_cast<int>(i))) {
                        open.push_back(static_cast<int>(i));
                    }
                }
                expire(it, open, effects);
            } else if (answer.decision != check::Gate::Decision::Open &&
                       (it->second.outstanding > 0 || owed.empty())) {
                put_on_hold(it, answer.reason, effects);
            }
        }
    } else {
        log::Event(log::Level::Error, "store").field("error", claimed.error().message());
    }
    {
        const std::lock_guard lock(mutex_);
        claiming_ = false;
        // A store that fails is asked again a second later, not at once.
        if (!claimed || !next) {
            next_due_ = std::min(next_due_, now + std::chrono::seconds(1));
        } else if (*next) {
            next_due_ = std::min(next_due_, **next);
        }
    }
    carry_out(std::move(effects));
    post_turn();
}

void Spool::put_on_hold(ActiveMap::iterator it, const std::string& reason, Effects& effects) {
    Active& active = it->second;
    for (const auto& part : scheduler_.take_message(it->first)) {
        active.outstanding -= part.recipients.size();
    }
    if (active.envelope->hold.reason != reason) {
        active.envelope->hold = {reason, wall_clock()};
        ++held_[reason];
        effects.held.emplace_back(it->first, reason);
    }
    finish_step(it, effects);
}

void Spool::review_held(queue::Store& store,
                        queue::MessageId after,
                        std::uint64_t generation,
                        bool expiry_only) {
    const auto now = wall_clock();
    auto page = store.held(after, kHeldAtOnce);
    if (!page) {
        log::Event(log::Level::Error, "store").field("error", page.error().message());
        reviewing_ = false;
        return;
    }
    Committer::Changes changes;
    std::map<std::string, std::uint64_t> still;
    std::vector<queue::MessageId> released;
    bool young = false;
    for (auto& envelope : *page) {
        bool expired = false;
        {
            const std::lock_guard lock(mutex_);
            expired = now >= policy_->expires(envelope.accepted);
        }
        young = young || !expired;
        const auto answer = judge(envelope);
        const bool open = answer.decision == check::Gate::Decision::Open;
        if (!expired && !open && answer.reason == envelope.hold.reason) {
            ++still[answer.reason];
            continue;
        }
        if (expired || open) {
            if (!expired) {
                released.push_back(envelope.id);
            }
            envelope.hold = {};
            // Held for whatever reason, it was signed too long ago: the courier signs it anew.
            envelope.signed_by.clear();
            for (auto& recipient : envelope.recipients) {
                recipient.due = std::min(recipient.due, now);
            }
        } else {
            ++still[answer.reason];
            envelope.hold.reason = answer.reason;
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
    for (const auto id : released) {
        log::Event(log::Level::Info, "released").field("id", id.text());
    }
    // Ids are ordered by time: behind the first one that is young enough nothing has expired.
    const bool last = page->size() < kHeldAtOnce || (expiry_only && young);
    {
        const std::lock_guard lock(mutex_);
        if (!changes.empty()) {
            next_due_ = std::min(next_due_, now);
            review_wanted_ = review_wanted_ || expiry_only;  // the counts by reason are stale
        }
        if (!expiry_only) {
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
    if (last || stopping_) {
        reviewing_ = false;
        return;
    }
    // One page at a time, so that commits of new mail go in between.
    committer_.on_store(
        [this, next = page->back().id, generation, expiry_only](queue::Store& again) {
            review_held(again, next, generation, expiry_only);
        });
}

void Spool::expire_active(queue::Instant now) {
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        std::vector<queue::MessageId> over;
        for (const auto& [id, active] : active_) {
            if (now >= policy_->expires(active.envelope->accepted) && active.outstanding > 0 &&
                !active.deleted) {
                over.push_back(id);
            }
        }
        for (const auto id : over) {
            const auto it = active_.find(id);
            std::vector<int> positions;
            for (const auto& part : scheduler_.take_message(id)) {
                it->second.outstanding -= part.recipients.size();
                positions.insert(positions.end(), part.recipients.begin(), part.recipients.end());
            }
            if (!positions.empty()) {
                expire(it, positions, effects);
            }
        }
    }
    carry_out(std::move(effects));
}

void Spool::expire(ActiveMap::iterator it, const std::vector<int>& positions, Effects& effects) {
    Active& active = it->second;
    Notice notice;
    for (const int position : positions) {
        auto& recipient = active.envelope->recipients[static_cast<std::size_t>(position)];
        if (!recipient.last) {
            recipient.last = never_tried();
        }
        give_up(active, position, true, notice, effects);
    }
    owe(active, std::move(notice), effects);
    finish_step(it, effects);
}

void Spool::owe_due(queue::Instant now) {
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        while (!owed_.empty() && owed_.front().first <= now) {
            effects.notices.push_back(std::move(owed_.front().second));
            owed_.pop_front();
        }
    }
    carry_out(std::move(effects));
}

}  // namespace relay
