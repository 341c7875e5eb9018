// Spool, second part: what an attempt's outcomes do to a message.
#include <algorithm>
#include <cassert>
#include <utility>

#include "relay/clock.h"
#include "relay/log.h"
#include "relay/spool.h"

namespace relay {

using Kind = queue::Outcome::Kind;
using State = queue::Recipient::State;

namespace {

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

}  // namespace

void Spool::settle(Lease lease, const std::vector<queue::Outcome>& outcomes) {
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        lease.spool_ = nullptr;
        const auto positions = lease.attempt_.recipients();
        assert(positions.size() == outcomes.size());
        const auto it = active_.find(lease.attempt_.id);
        assert(it != active_.end());
        Active& active = it->second;
        active.outstanding -= positions.size();
        Notice notice;
        const auto now = wall_clock();
        for (std::size_t i = 0; i < positions.size(); ++i) {
            record(active, positions[i], outcomes[i], now, notice, effects);
        }
        owe(active, std::move(notice), effects);
        finish_step(it, effects);
    }
    carry_out(std::move(effects));
}

void Spool::record(Active& active,
                   int position,
                   const queue::Outcome& outcome,
                   queue::Instant now,
                   Notice& notice,
                   Effects& effects) {
    auto& envelope = *active.envelope;
    auto& recipient = envelope.recipients[static_cast<std::size_t>(position)];
    if (!recipient.is_open()) {
        return;  // an operator removed it meanwhile
    }
    ++recipient.attempts;
    recipient.last = outcome;
    switch (outcome.kind) {
        case Kind::Delivered:
            // RFC 3461 5.2.2 b: NOTIFY with SUCCESS, and a server that does not offer DSN: the
            // client MUST issue a "relayed" DSN. NB: when the server has taken the message, not
            // already when it took the recipient.
            if (recipient.dsn.wants_success() && !outcome.passed_on_dsn &&
                !envelope.sender.is_null()) {
                active.owed.insert(position);
                notice.relayed.push_back(position);
            } else {
                recipient.state = State::Delivered;
            }
            break;
        case Kind::Failed:
            give_up(active, position, false, notice, effects);
            return;
        case Kind::Deferred: {
            const auto end = policy_->expires(envelope.accepted);
            if (now >= end) {
                give_up(active, position, true, notice, effects);
                return;
            }
            const double random = std::uniform_real_distribution<double>(0, 1)(random_);
            recipient.due = std::min(end, policy_->next(recipient.attempts, now, random));
            break;
        }
    }
    effects.endings.push_back(
        {envelope.id, recipient, outcome.kind, false, now - envelope.accepted});
}

void Spool::give_up(Active& active, int position, bool expired, Notice& notice, Effects& effects) {
    auto& envelope = *active.envelope;
    auto& recipient = envelope.recipients[static_cast<std::size_t>(position)];
    // RFC 5321 4.5.5: a report about a report would loop; there is nobody to tell.
    // RFC 3461 5.2.6 b: NOTIFY without FAILURE: a DSN MUST NOT be issued.
    if (!envelope.sender.is_null() && recipient.dsn.wants_failure()) {
        active.owed.insert(position);
        (expired ? notice.expired : notice.failed).push_back(position);
        return;
    }
    recipient.state = expired ? State::Expired : State::Failed;
    effects.endings.push_back(
        {envelope.id, recipient, Kind::Failed, expired, wall_clock() - envelope.accepted});
}

void Spool::owe(Active& active, Notice notice, Effects& effects) {
    if (notice.empty()) {
        return;
    }
    // One report at a time: two would each store the message as if the other were not.
    if (active.reporting) {
        const auto append = [](std::vector<int>& all, const std::vector<int>& more) {
            all.insert(all.end(), more.begin(), more.end());
        };
        append(active.next.failed, notice.failed);
        append(active.next.expired, notice.expired);
        append(active.next.relayed, notice.relayed);
        return;
    }
    active.reporting = true;
    notice.envelope = std::make_shared<const queue::Envelope>(*active.envelope);
    effects.notices.push_back(std::move(notice));
}

void Spool::finish_step(ActiveMap::iterator it, Effects& effects) {
    Active& active = it->second;
    auto& envelope = *active.envelope;
    if (active.deleted) {
        if (active.outstanding == 0) {
            erase(it);
        }
        return;
    }
    if (active.outstanding > 0 || !active.owed.empty()) {
        effects.changes.emplace_back(
            queue::Update{std::make_shared<const queue::Envelope>(envelope), std::nullopt});
        return;
    }
    if (!envelope.is_open()) {
        effects.changes.emplace_back(queue::Remove{envelope.id});
        remember_finished(envelope);
    } else {
        const auto due = envelope.due();
        if (envelope.hold.reason.empty()) {
            effects.due = effects.due ? std::min(*effects.due, due) : due;
        }
        effects.changes.emplace_back(
            queue::Update{std::make_shared<const queue::Envelope>(envelope), due});
    }
    erase(it);
}

void Spool::erase(ActiveMap::iterator it) {
    if (it->second.content != nullptr) {
        content_octets_ -= it->second.content->body.size();
    }
    active_.erase(it);
}

void Spool::settle_domain(const std::string& domain, const queue::Outcome& outcome) {
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        settle_parts(scheduler_.take_domain(domain), outcome, effects);
    }
    carry_out(std::move(effects));
}

void Spool::settle_site(const queue::SiteId& site, const queue::Outcome& outcome) {
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        scheduler_.site_failed(site);
        settle_parts(scheduler_.take_site(site), outcome, effects);
    }
    carry_out(std::move(effects));
}

void Spool::settle_parts(const std::vector<queue::Part>& parts,
                         const queue::Outcome& outcome,
                         Effects& effects) {
    const auto now = wall_clock();
    for (const auto& part : parts) {
        const auto it = active_.find(part.id);
        assert(it != active_.end());
        Active& active = it->second;
        active.outstanding -= part.recipients.size();
        Notice notice;
        for (const int position : part.recipients) {
            record(active, position, outcome, now, notice, effects);
        }
        owe(active, std::move(notice), effects);
        finish_step(it, effects);
    }
}

net::Task<conf::Result<void>> Spool::accept_notice(std::shared_ptr<queue::Message> report,
                                                   const Notice& notice) {
    const auto original = notice.envelope->id;
    const auto generation = gate_.generation();
    const auto answer = judge(report->envelope);
    const bool held = answer.decision != check::Gate::Decision::Open;
    if (held) {
        report->envelope.hold = {answer.reason, report->envelope.accepted};
    }
    Committer::Changes changes;
    changes.emplace_back(queue::Insert{
        report, held ? std::optional(report->envelope.accepted) : std::optional<queue::Instant>()});
    bool removed = false;
    {
        const std::lock_guard lock(mutex_);
        const auto it = active_.find(original);
        if (it == active_.end() || it->second.deleted) {
            co_return conf::Result<void>();  // an operator removed the message: nothing is owed any
                                             // more
        }
        auto after = std::make_shared<queue::Envelope>(*it->second.envelope);
        close_reported(notice, *after);
        if (after->is_open()) {
            changes.emplace_back(queue::Update{std::move(after), std::nullopt});
        } else {
            changes.emplace_back(queue::Remove{original});
            removed = true;
        }
    }
    const auto result = co_await committer_.commit(std::move(changes));
    if (!result) {
        co_return result;
    }
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        const auto it = active_.find(original);
        if (it != active_.end() && !it->second.deleted) {
            Active& active = it->second;
            close_reported(notice, *active.envelope);
            const auto delay = wall_clock() - active.envelope->accepted;
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
                owe(active, std::exchange(active.next, {}), effects);
                finish_step(it, effects);
            } else {
                if (!removed) {  // the last of the others ended during the commit
                    effects.changes.emplace_back(queue::Remove{original});
                }
                remember_finished(*active.envelope);
                erase(it);
            }
        }
        if (held) {
            ++held_[answer.reason];
            effects.held.emplace_back(report->envelope.id, answer.reason);
            effects.judged = generation;
        } else {
            activate(std::make_shared<queue::Envelope>(report->envelope),
                     report->content,
                     generation,
                     effects);
        }
    }
    metrics_.messages_accepted.add();
    carry_out(std::move(effects));
    co_return result;
}

void Spool::owe_again(Notice notice) {
    const std::lock_guard lock(mutex_);
    owed_.emplace_back(wall_clock() + std::chrono::seconds(10), std::move(notice));
}

void Spool::remember_finished(const queue::Envelope& envelope) {
    finished_at_[envelope.id] = finished_dropped_ + finished_.size();
    finished_.push_back(envelope);
    if (finished_.size() > kFinishedKept) {
        finished_at_.erase(finished_.front().id);
        finished_.pop_front();
        ++finished_dropped_;
    }
}

void Spool::report(const Effects& effects) {
    for (const auto& [id, reason] : effects.held) {
        log::Event(log::Level::Warning, "held").field("id", id.text()).field("reason", reason);
    }
    for (const auto& ending : effects.endings) {
        const auto& recipient = ending.recipient;
        const queue::Outcome none;
        const queue::Outcome& outcome = recipient.last ? *recipient.last : none;
        std::string_view name;
        log::Level level = log::Level::Info;
        switch (ending.kind) {
            case Kind::Delivered:
                name = "delivered";
                metrics_.recipients_delivered.add();
                metrics_.delivery_seconds.observe(ending.delay);
                break;
            case Kind::Deferred:
                name = "deferred";
                metrics_.recipients_deferred.add();
                break;
            case Kind::Failed:
                name = ending.expired ? "expired" : "bounced";
                (ending.expired ? metrics_.recipients_expired : metrics_.recipients_bounced).add();
                level = log::Level::Warning;
                break;
        }
        log::Event event(level, name);
        event.field("id", ending.id.text()).field("to", recipient.address.text());
        if (!outcome.host.empty()) {
            event.field("host", outcome.host);
        }
        if (!outcome.ip.empty()) {
            event.field("ip", outcome.ip).field("tls", "none");
        }
        event.field(outcome.remote ? "reply" : "reason", outcome.text);
        event.field("delay", ending.delay.count() / 1000);
        if (ending.kind == Kind::Deferred) {
            event.field(
                "next",
                std::chrono::ceil<std::chrono::seconds>(recipient.due - wall_clock()).count());
        }
    }
}

}  // namespace relay
