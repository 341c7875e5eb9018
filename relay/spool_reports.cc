// Spool, sixth part: what senders are told: which reports are owed, when they are made, and what
// storing one settles.
//
// A report of failures waits a little for other failures of its message, and for room in the
// ReportLimit; what it is about stays open in the store until it is stored, so a restart owes it
// again, and a message that only waits for its report takes no place in memory.
//
// A report of delay ends nothing. Whether one is due is asked when the message is touched anyway:
// after an attempt, when it is held, and when it is paged in, for which `delay_warning` counts as
// a due time of its row until it has passed. So a million waiting messages cost one more paging-in
// each, in the order of the same index, and no search. Active ones are gone through every few
// seconds as they are for expiry; of held ones each is looked at once, when its time has come,
// since they lie in the order of their ids, which is that of their age. A report for which there is
// no room is asked for again at the next attempt, and once an hour of what is held.
#include <algorithm>
#include <limits>
#include <utility>

#include "queue/errors.h"
#include "relay/log.h"
#include "relay/net/hand_over.h"
#include "relay/spool.h"

namespace relay {

using Kind = queue::Outcome::Kind;
using State = queue::Recipient::State;

namespace {

constexpr std::size_t kWarnings = 1000;        // reports of delay that are being made at once
constexpr std::chrono::seconds kOweAgain{10};  // after a report that could not be made
constexpr std::chrono::seconds kWarnAgain{60};

/// What the report of `notice` ends, ended.
void close_reported(const Notice& notice, queue::Envelope& envelope) {
    for (const auto& [positions, state] : {std::pair(&notice.failed, State::Failed),
                                           std::pair(&notice.expired, State::Expired),
                                           std::pair(&notice.relayed, State::Delivered)}) {
        for (const int position : *positions) {
            envelope.recipients[static_cast<std::size_t>(position)].state = state;
        }
    }
}

/// RFC 3461 4.1: without NOTIFY a report of delay MAY be sent; with it only where it says DELAY.
bool wants_delay(const queue::DsnRequest& request) {
    return request.notify.is_unset() || request.notify.delay;
}

}  // namespace

bool Spool::has_ended(const queue::Recipient& recipient) {
    return recipient.awaits_report() ||
           (recipient.is_open() && ((recipient.last && recipient.last->kind == Kind::Failed) ||
                                    recipient.due == queue::Instant::max()));
}

void Spool::owe(Active& active, const Notice& notice) {
    if (notice.gives_up() && !active.next.gives_up()) {
        active.gather_until = now() + gather_;
    }
    const auto append = [](std::vector<int>& all, const std::vector<int>& more) {
        all.insert(all.end(), more.begin(), more.end());
    };
    append(active.next.failed, notice.failed);
    append(active.next.expired, notice.expired);
    append(active.next.relayed, notice.relayed);
}

/// What ended before the message was put into the store, or before the relay stopped.
void Spool::recall_owed(Active& active) {
    Notice notice;
    const auto& recipients = active.envelope->recipients;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        if (!has_ended(recipients[i])) {
            continue;
        }
        const int position = static_cast<int>(i);
        active.owed.insert(position);
        if (recipients[i].awaits_report()) {
            notice.relayed.push_back(position);
        } else if (recipients[i].due == queue::Instant::max()) {
            notice.expired.push_back(position);
        } else {
            notice.failed.push_back(position);
        }
    }
    owe(active, notice);
}

/// Another recipient is being tried, or will be before the report has waited long enough.
bool Spool::others_may_end(const Active& active) const {
    if (gathering_.size() > active_limit_ / 4 ||  // too many wait: they must not fill the memory
        (active.outstanding == 0 && !active.envelope->hold.reason.empty())) {
        return false;
    }
    const auto& recipients = active.envelope->recipients;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        if (recipients[i].is_open() && !active.owed.contains(static_cast<int>(i)) &&
            recipients[i].due <= active.gather_until) {
            return true;
        }
    }
    return false;
}

Spool::Telling Spool::tell(Active& active, queue::Instant now, Effects& effects) {
    // One report at a time: two would each store the message as if the other were not.
    if (active.reporting || active.next.empty()) {
        return active.reporting ? Telling::Made : Telling::Nothing;
    }
    if (now < active.report_after) {
        return Telling::PutOff;
    }
    if (active.next.gives_up()) {
        if (now < active.gather_until && others_may_end(active)) {
            return Telling::Gathers;
        }
        const std::string& sender = active.envelope->sender.text();
        if (!report_limit_.admit(sender, now)) {
            active.report_after = report_limit_.put_off(sender, now);
            return Telling::PutOff;
        }
    }
    active.reporting = true;
    Notice notice = std::exchange(active.next, {});
    notice.envelope = std::make_shared<const queue::Envelope>(*active.envelope);
    effects.notices.push_back(std::move(notice));
    return Telling::Made;
}

/// Looked at again when the report has waited long enough, or another recipient's turn comes.
void Spool::gather(queue::MessageId id, const Active& active) {
    queue::Instant wake = active.gather_until;
    const auto& recipients = active.envelope->recipients;
    for (std::size_t i = 0; active.outstanding == 0 && i < recipients.size(); ++i) {
        if (recipients[i].is_open() && !active.owed.contains(static_cast<int>(i))) {
            wake = std::min(wake, recipients[i].due);
        }
    }
    gathering_.emplace(wake, id);
}

void Spool::end_gathering(queue::Instant now) {
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        const auto end = gathering_.upper_bound(
            {now, queue::MessageId(std::numeric_limits<std::int64_t>::max())});
        const std::vector<std::pair<queue::Instant, queue::MessageId>> over(gathering_.begin(),
                                                                            end);
        gathering_.erase(gathering_.begin(), end);
        for (const auto& [wake, id] : over) {
            const auto it = active_.find(id);
            if (it == active_.end() || it->second.deleted || it->second.reporting) {
                continue;
            }
            Active& active = it->second;
            if (active.outstanding == 0 && active.envelope->hold.reason.empty()) {
                submit_parts(active, now, effects);
            }
            finish_step(it, effects);
        }
    }
    carry_out(std::move(effects));
}

bool Spool::wants_warning(const queue::Envelope& envelope) {
    return !envelope.delay_told && !envelope.sender.is_null() &&
           std::any_of(
               envelope.recipients.begin(), envelope.recipients.end(), [](const auto& recipient) {
                   return recipient.is_open() && !has_ended(recipient) &&
                          wants_delay(recipient.dsn);
               });
}

/// False when no more can be made for now.
bool Spool::warn(const queue::Envelope& envelope, queue::Instant now, Effects& effects) {
    if (now < policy_->warns(envelope.accepted) || !wants_warning(envelope) ||
        warnings_.contains(envelope.id)) {
        return true;
    }
    if (now < warn_after_ || warnings_.size() >= kWarnings) {
        return false;
    }
    if (!report_limit_.admit(envelope.sender.text(), now)) {
        return true;
    }
    warnings_.insert(envelope.id);
    Notice notice;
    notice.envelope = std::make_shared<const queue::Envelope>(envelope);
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        const auto& recipient = envelope.recipients[i];
        if (recipient.is_open() && !has_ended(recipient) && wants_delay(recipient.dsn)) {
            notice.delayed.push_back(static_cast<int>(i));
        }
    }
    if (!envelope.hold.person) {
        notice.until = policy_->expires(envelope.accepted);
    }
    effects.notices.push_back(std::move(notice));
    return true;
}

/// With the lock held: the report is in the store and goes its way.
void Spool::send_report(const queue::Message& report,
                        const check::Gate::Answer& answer,
                        std::uint64_t generation,
                        Effects& effects) {
    if (answer.decision != check::Gate::Decision::Open) {
        ++held_[answer.reason];
        effects.held.emplace_back(report.envelope.id, answer.reason);
        effects.judged = generation;
        return;
    }
    activate(
        std::make_shared<queue::Envelope>(report.envelope), report.content, generation, effects);
}

net::Task<conf::Result<Spool::Report>> Spool::accept_notice(std::shared_ptr<queue::Message> report,
                                                            const Notice& notice) {
    const auto generation = this->generation();
    const auto answer = judge(report->envelope);
    std::optional<queue::Instant> due;
    if (answer.decision != check::Gate::Decision::Open) {
        due = report->envelope.accepted;
        report->envelope.hold = {answer.reason, *due};
    }
    conf::Result<Report> stored = Report::Unneeded;
    if (notice.delayed.empty()) {
        stored = co_await store_ending(report, due, notice);
    } else {
        stored = co_await store_warning(report, due, notice);
    }
    if (!stored || *stored == Report::Unneeded) {
        co_return stored;
    }
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        send_report(*report, answer, generation, effects);
    }
    metrics_.messages_accepted.add();
    metrics_.reports.add({std::string(notice.action())});
    carry_out(std::move(effects));
    co_return stored;
}

net::Task<conf::Result<Spool::Report>> Spool::store_ending(std::shared_ptr<queue::Message> report,
                                                           std::optional<queue::Instant> due,
                                                           const Notice& notice) {
    const auto original = notice.envelope->id;
    Committer::Changes changes;
    changes.emplace_back(queue::Insert{std::move(report), due});
    bool removed = false;
    {
        const std::lock_guard lock(mutex_);
        const auto it = active_.find(original);
        if (it == active_.end() || it->second.deleted) {
            co_return Report::Unneeded;  // an operator removed the message: nothing is owed any
                                         // more
        }
        auto after = std::make_shared<queue::Envelope>(*it->second.envelope);
        close_reported(notice, *after);
        it->second.storing = true;
        if (after->is_open()) {
            changes.emplace_back(queue::Update{row_while_active(*after), std::nullopt});
        } else {
            changes.emplace_back(queue::Remove{original});
            removed = true;
        }
    }
    const auto committed = co_await committer_.commit(std::move(changes));
    Effects effects;
    if (!committed) {
        {
            const std::lock_guard lock(mutex_);
            if (const auto it = active_.find(original); it != active_.end()) {
                end_storing(it->second);
                finish_step(it, effects);
            }
        }
        carry_out(std::move(effects));
        co_return committed.error();
    }
    {
        const std::lock_guard lock(mutex_);
        const auto it = active_.find(original);
        if (it != active_.end() && !it->second.deleted) {
            Active& active = it->second;
            end_storing(active);
            close_reported(notice, *active.envelope);
            const auto delay = now() - active.envelope->accepted;
            for (const auto& [positions, expired] :
                 {std::pair(&notice.failed, false), std::pair(&notice.expired, true)}) {
                for (const int position : *positions) {
                    active.owed.erase(position);
                    effects.endings.push_back(
                        {original,
                         active.envelope->recipients[static_cast<std::size_t>(position)],
                         Kind::Failed,
                         expired,
                         delay});
                }
            }
            for (const int position : notice.relayed) {
                active.owed.erase(position);  // its ending was told when it was delivered
            }
            active.reporting = false;
            if (active.envelope->is_open()) {
                finish_step(it, effects);
            } else {
                if (!removed) {  // the last of the others ended during the commit
                    store_later(queue::Remove{original});
                }
                history_.finish(active.envelope);
                erase(it);
            }
        }
    }
    carry_out(std::move(effects));
    co_return Report::Stored;
}

/// The message may be anywhere: active, waiting or held. Where it is cannot change on the
/// committer's thread.
net::Task<conf::Result<Spool::Report>> Spool::store_warning(std::shared_ptr<queue::Message> report,
                                                            std::optional<queue::Instant> due,
                                                            const Notice& notice) {
    const auto original = notice.envelope->id;
    std::function<void(std::function<void(conf::Result<Report>)>)> start =
        [this, &report, due, &notice](auto done) {
            committer_.on_store([this, &report, due, &notice, done](queue::Store& store) {
                done(commit_warning(store, report, due, notice));
            });
        };
    const auto stored = co_await net::hand_over<conf::Result<Report>>(std::move(start));
    if (stored) {
        const std::lock_guard lock(mutex_);
        warnings_.erase(original);
    }
    co_return stored;
}

conf::Result<Spool::Report> Spool::commit_warning(queue::Store& store,
                                                  const std::shared_ptr<queue::Message>& report,
                                                  std::optional<queue::Instant> due,
                                                  const Notice& notice) {
    const auto original = notice.envelope->id;
    auto after = std::make_shared<queue::Envelope>();
    std::optional<queue::Instant> next;
    bool active = false;
    {
        const std::lock_guard lock(mutex_);
        if (const auto it = active_.find(original); it != active_.end()) {
            active = !it->second.deleted;
            *after = *row_while_active(*it->second.envelope);
            // Before the commit: what is stored after it must not say otherwise.
            it->second.envelope->delay_told = true;
        }
    }
    if (!active) {
        auto stored = store.load(original);
        if (!stored && stored.error().code == queue::errc::NotFound) {
            return Report::Unneeded;  // delivered, or removed by an operator
        }
        if (!stored) {
            return stored.error();
        }
        *after = std::move(stored->envelope);
        next = stored->due;
    }
    if (std::none_of(notice.delayed.begin(), notice.delayed.end(), [&after](int position) {
            const auto& recipient = after->recipients[static_cast<std::size_t>(position)];
            return recipient.is_open() && !has_ended(recipient);
        })) {
        return Report::Unneeded;  // they ended while the report was made
    }
    after->delay_told = true;
    const Committer::Changes changes{queue::Insert{report, due}, queue::Update{after, next}};
    const auto committed = store.commit(changes);
    if (!committed) {
        const std::lock_guard lock(mutex_);
        if (const auto it = active_.find(original); it != active_.end()) {
            it->second.envelope->delay_told = false;
        }
        return committed.error();
    }
    return Report::Stored;
}

void Spool::owe_again(const Notice& notice) {
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        const auto id = notice.envelope->id;
        if (notice.gives_up() || !notice.delayed.empty()) {
            report_limit_.take_back(notice.envelope->sender.text());
        }
        if (!notice.delayed.empty()) {
            warnings_.erase(id);
            warn_after_ = now() + kWarnAgain;
            return;
        }
        const auto it = active_.find(id);
        if (it == active_.end() || it->second.deleted) {
            return;
        }
        it->second.reporting = false;
        it->second.report_after = now() + kOweAgain;
        owe(it->second, notice);
        finish_step(it, effects);
    }
    carry_out(std::move(effects));
}

}  // namespace relay
