// Spool, third part: what time does to a message: paging in, expiry.
#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "relay/log.h"
#include "relay/net/hand_over.h"
#include "relay/spool.h"

namespace relay {

using Decision = check::Gate::Decision;

namespace {

constexpr std::size_t kClaimAtOnce = 500;
constexpr std::chrono::seconds kLookEvery{5};  // at expiry of what is active or held
constexpr std::chrono::seconds kAbsence{60};   // between two turns: the machine slept
constexpr std::chrono::hours kLastChance{1};   // for an attempt at what expired meanwhile

queue::Outcome never_tried(const std::string& held) {
    queue::Outcome outcome;
    outcome.kind = queue::Outcome::Kind::Deferred;
    outcome.status = {4, 4, 7};
    outcome.text = "no delivery was possible before the message expired";
    if (!held.empty()) {
        outcome.text += ": this relay held it: " + held;
    }
    return outcome;
}

}  // namespace

void Spool::start(net::Loop& loop) {
    loop_ = &loop;
    timer_.emplace(loop.executor());
    started_ = turned_ = clock_.now();
    gate_.on_change([this] { post_turn(); });
    loop.spawn("spool", run());
    loop.spawn("spool", bring_nearer());
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
                wait = std::clamp(next_due_ - clock_.now(), std::chrono::milliseconds(5), wait);
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

void Spool::follow_clock() {
    const auto mail = store_.messages() == 0 ? SteadyWall::Queue::Empty : SteadyWall::Queue::Waits;
    if (const auto jump = clock_.follow(mail)) {
        log::Event(log::Level::Warning, "clock-jumped")
            .field("by", std::chrono::duration_cast<std::chrono::seconds>(*jump).count());
    }
    const auto now = clock_.now();
    const std::lock_guard lock(mutex_);
    if (now - std::exchange(turned_, now) > kAbsence) {
        started_ = now;
    }
}

/// A clock that was set back while the relay did not run left due times further ahead than any wait
/// is. What waits for them comes as after an attempt now.
net::Task<> Spool::bring_nearer() {
    using Next = conf::Result<std::optional<queue::Instant>>;
    std::function<void(std::function<void(Next)>)> start = [this](auto done) {
        committer_.on_store([done](queue::Store& store) { done(store.next_due()); });
    };
    const Next next = co_await net::hand_over<Next>(std::move(start));
    if (!next || !*next || **next <= furthest_due()) {
        co_return;
    }
    log::Event(log::Level::Warning, "clock-went-back")
        .field("by", std::chrono::ceil<std::chrono::seconds>(**next - clock_.now()).count())
        .field("advice", "what waits is tried within the longest wait of queue.retry");
    queue::Filter filter;
    filter.state = queue::Filter::State::Waiting;
    const auto changed = co_await change_all(std::move(filter), &Spool::bring_nearer_matches);
    if (!changed) {
        log::Event(log::Level::Error, "store").field("error", changed.error().message());
    }
}

queue::Instant Spool::furthest_due() {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.now();
    auto furthest = std::max(now + policy_->longest(), now + ReportLimit::kHour);
    if (const auto warns = policy_->warns(now); warns != queue::Instant::max()) {
        furthest = std::max(furthest, warns);
    }
    return furthest + std::chrono::minutes(1);
}

conf::Result<void> Spool::bring_nearer_matches(queue::Store& store,
                                               const queue::Page& page,
                                               Walked& walked) {
    const auto furthest = furthest_due();
    const auto now = clock_.now();
    Committer::Changes changes;
    for (const auto& [envelope, due] : page.messages) {
        if (!due || *due <= furthest || !envelope.hold.reason.empty()) {
            continue;
        }
        auto nearer = std::make_shared<queue::Envelope>(envelope);
        auto first = furthest;
        const std::lock_guard lock(mutex_);
        for (auto& recipient : nearer->recipients) {
            if (!recipient.is_open() || has_ended(recipient)) {
                continue;
            }
            const double random = std::uniform_real_distribution<double>(0, 1)(random_);
            recipient.due = std::min(
                recipient.due,
                policy_->next(std::max(recipient.attempts, 1), queue::Outcome{}, now, random));
            first = std::min(first, recipient.due);
        }
        changes.emplace_back(queue::Update{std::move(nearer), first});
        next_due_ = std::min(next_due_, first);
    }
    if (changes.empty()) {
        return {};
    }
    walked.changed += changes.size();
    return store.commit(changes);
}

void Spool::turn() {
    follow_clock();
    const auto now = clock_.now();
    const bool look = now >= next_look_;
    if (look) {
        next_look_ = now + kLookEvery;
        go_through_active(now);
        const std::lock_guard lock(mutex_);
        scheduler_.tidy(now);
    }
    end_gathering(now);
    start_review(now, look);
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
    const auto now = clock_.now();
    auto claimed = store.claim_due(now, limit);
    auto next =
        claimed && claimed->size() < limit ? store.next_due() : std::optional<queue::Instant>(now);
    Effects effects;
    const auto generation = this->generation();
    effects.judged = generation;
    if (claimed) {
        const std::lock_guard lock(mutex_);
        for (auto& one : *claimed) {
            take_up(std::move(one), now, generation, effects);
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

/// A message from the store whose turn has come: to be tried, held or given up, or for a report.
void Spool::take_up(queue::Envelope claimed,
                    queue::Instant now,
                    std::uint64_t generation,
                    Effects& effects) {
    auto answer = judge(claimed);
    queue::Hold hold{answer.reason, now};
    if (claimed.hold.person) {  // and the relay stopped while it was in memory
        answer.decision = Decision::Hold;
        hold = {std::string(kHeldByPerson), claimed.hold.since, true};
    }
    const bool too_old = now >= policy_->expires(claimed.accepted) && !claimed.hold.person;
    const bool chance = too_old && answer.decision != Decision::Hold && has_last_chance(claimed);
    const auto it =
        hold_in_memory(std::make_shared<queue::Envelope>(std::move(claimed)), nullptr, generation);
    Active& active = it->second;
    recall_owed(active);
    std::vector<int> open;
    const auto& recipients = active.envelope->recipients;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        if (recipients[i].is_open() && !active.owed.contains(static_cast<int>(i))) {
            open.push_back(static_cast<int>(i));
        }
    }
    if (too_old && !chance) {
        expire(it, open, answer.reason, effects);
    } else if (answer.decision != Decision::Open && !open.empty()) {
        put_on_hold(it, std::move(hold), effects);
    } else {
        if (chance) {
            active.last_chance = now + kLastChance;
        }
        submit_parts(active, now, effects);
        // The store has it as it is, unless nothing is to be tried.
        if (active.outstanding == 0) {
            finish_step(it, effects);
        } else if (tell(active, now, effects) == Telling::Gathers) {
            gather(it->first, active);
        }
    }
}

/// It expired while the relay did not run, which could have tried it before: an attempt is due to
/// it. With the lock held.
bool Spool::has_last_chance(const queue::Envelope& envelope) const {
    return std::any_of(
        envelope.recipients.begin(), envelope.recipients.end(), [this](const auto& recipient) {
            return recipient.is_open() && !has_ended(recipient) && recipient.due < started_;
        });
}

/// Expires what is too old, and tells the senders of what takes long.
void Spool::go_through_active(queue::Instant now) {
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        std::vector<queue::MessageId> over;
        for (const auto& [id, active] : active_) {
            if (active.outstanding == 0 || active.deleted) {
                continue;
            }
            if (now >= policy_->expires(active.envelope->accepted) && now >= active.last_chance &&
                !active.envelope->hold.person) {
                over.push_back(id);
            } else {
                warn(*active.envelope, now, effects);
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
                expire(it, positions, "", effects);
            }
        }
    }
    carry_out(std::move(effects));
}

void Spool::expire(ActiveMap::iterator it,
                   const std::vector<int>& positions,
                   const std::string& held,
                   Effects& effects) {
    Active& active = it->second;
    const auto before = effects.endings.size();
    Notice notice;
    for (const int position : positions) {
        auto& recipient = active.envelope->recipients[static_cast<std::size_t>(position)];
        if (!recipient.last) {
            recipient.last = never_tried(held);
        }
        give_up(active, position, true, notice, effects);
    }
    if (active.envelope->sender.is_null()) {
        for (auto ending = before; ending < effects.endings.size(); ++ending) {
            effects.endings[ending].lost_to = held;
        }
    }
    owe(active, notice);
    finish_step(it, effects);
}

}  // namespace relay
