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
        const auto now = clock_.now();
        for (std::size_t i = 0; i < positions.size(); ++i) {
            record(active, positions[i], outcomes[i], now, notice, effects);
        }
        owe(active, notice);
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
            const double random = std::uniform_real_distribution<double>(0, 1)(random_);
            recipient.due = policy_->next(recipient.attempts, outcome, now, random);
            if (envelope.hold.person) {  // meanwhile: it does not expire
                break;
            }
            const auto end = policy_->expires(envelope.accepted);
            if (now >= end) {
                give_up(active, position, true, notice, effects);
                return;
            }
            recipient.due = std::min(end, recipient.due);
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
        if (expired) {
            recipient.due = queue::Instant::max();  // over, also for who reads it from the store
        }
        (expired ? notice.expired : notice.failed).push_back(position);
        return;
    }
    recipient.state = expired ? State::Expired : State::Failed;
    effects.endings.push_back(
        {envelope.id, recipient, Kind::Failed, expired, clock_.now() - envelope.accepted});
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
    if (!envelope.is_open()) {
        store_later(queue::Remove{envelope.id});
        history_.finish(active.envelope);
        erase(it);
        return;
    }
    const auto now = clock_.now();
    warn(envelope, now, effects);
    const Telling telling = tell(active, now, effects);
    if (active.outstanding > 0 || telling == Telling::Made || telling == Telling::Gathers) {
        if (telling == Telling::Gathers) {
            gather(envelope.id, active);
        }
        if (!active.storing) {
            store_later(queue::Update{row_while_active(envelope), std::nullopt});
        }
        return;
    }
    hold_if_paused(active, effects);
    const auto due = next_look(active, now);
    if (envelope.hold.reason.empty()) {
        effects.due = effects.due ? std::min(*effects.due, due) : due;
    } else {
        count_held("", envelope.hold.reason);
        // A verdict came while it was in memory.
        effects.review = effects.review || active.judged != generation();
    }
    store_later(queue::Update{std::make_shared<const queue::Envelope>(envelope), due});
    erase(it);
}

/// When a message that waits is needed in memory: for an attempt, or for what its sender is owed.
queue::Instant Spool::next_look(const Active& active, queue::Instant now) const {
    const auto& envelope = *active.envelope;
    const auto paused = pauses_.get();
    queue::Instant due = queue::Instant::max();
    queue::Instant stopped = due;
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        const auto& recipient = envelope.recipients[i];
        if (recipient.is_open() && !active.owed.contains(static_cast<int>(i))) {
            auto& earliest = paused->stops(recipient.address.domain()) ? stopped : due;
            earliest = std::min(earliest, recipient.due);
        }
    }
    if (due == queue::Instant::max()) {
        due = stopped;
    }
    if (!active.next.empty()) {
        due = std::min(due, active.report_after);
    }
    const auto warns = policy_->warns(envelope.accepted);
    if (warns > now && warns < due && wants_warning(envelope)) {
        due = warns;
    }
    return due;
}

void Spool::store_later(queue::Change change) {
    Committer::Changes changes;
    changes.push_back(std::move(change));
    committer_.commit_later(std::move(changes));
}

void Spool::end_storing(Active& active) {
    active.storing = false;
    if (active.resigned) {
        store_later(*std::exchange(active.resigned, std::nullopt));
    }
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
    const auto now = clock_.now();
    for (const auto& part : parts) {
        const auto it = active_.find(part.id);
        assert(it != active_.end());
        Active& active = it->second;
        active.outstanding -= part.recipients.size();
        Notice notice;
        for (const int position : part.recipients) {
            record(active, position, outcome, now, notice, effects);
        }
        owe(active, notice);
        finish_step(it, effects);
    }
}

void Spool::report(const Effects& effects) {
    for (const auto& [id, reason] : effects.held) {
        log::Event(log::Level::Warning, "held").field("id", id.text()).field("reason", reason);
        history_.note(id, history::Kind::Held, {{history::Field::Reason, reason}});
    }
    for (const auto id : effects.released) {
        log::Event(log::Level::Info, "released").field("id", id.text()).field("by", "a person");
        history_.note(id, history::Kind::Released, {{history::Field::By, "a person"}});
    }
    note_endings(effects.endings);
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
                level = ending.lost_to.empty() ? log::Level::Warning : log::Level::Error;
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
        if (!ending.lost_to.empty()) {
            event.field("held", ending.lost_to);
        }
        if (ending.kind == Kind::Deferred) {
            event.field(
                "next",
                std::chrono::ceil<std::chrono::seconds>(recipient.due - clock_.now()).count());
        }
    }
}

}  // namespace relay
