// Spool, fifth part: what is told of a message: the events of its endings, and all that is known.
#include <algorithm>
#include <utility>

#include "queue/errors.h"
#include "relay/clock.h"
#include "relay/spool.h"

namespace relay {

using history::Event;
using history::Field;

namespace {

constexpr std::size_t kNamed = 10;  // recipients of one event

history::Kind kind_of(queue::Outcome::Kind kind, bool expired) {
    switch (kind) {
        case queue::Outcome::Kind::Delivered:
            return history::Kind::Delivered;
        case queue::Outcome::Kind::Deferred:
            return history::Kind::Deferred;
        case queue::Outcome::Kind::Failed:
            break;
    }
    return expired ? history::Kind::Expired : history::Kind::Bounced;
}

}  // namespace

/// One event for neighbours that ended alike.
void Spool::note_endings(const std::vector<Ending>& endings) {
    const auto now = wall_clock();
    const auto alike = [](const Ending& one, const Ending& other) {
        return one.id == other.id && one.kind == other.kind && one.expired == other.expired &&
               one.recipient.last == other.recipient.last;
    };
    for (auto begin = endings.begin(); begin != endings.end();) {
        const auto end = std::find_if(
            begin, endings.end(), [&](const Ending& ending) { return !alike(*begin, ending); });
        Event event;
        event.id = begin->id;
        event.time = now;
        event.kind = kind_of(begin->kind, begin->expired);
        event.fields.reserve(6);
        const auto count = static_cast<std::size_t>(end - begin);
        std::string to;
        queue::Instant next = queue::Instant::max();
        for (auto it = begin; it != end; ++it) {
            if (static_cast<std::size_t>(it - begin) < kNamed) {
                to += (to.empty() ? "" : ", ") + it->recipient.address.text();
            }
            next = std::min(next, it->recipient.due);
        }
        if (count > kNamed) {
            to += " and " + std::to_string(count - kNamed) + " more";
        }
        event.add(Field::To, std::move(to));
        if (const auto& outcome = begin->recipient.last) {
            if (!outcome->host.empty()) {
                event.add(Field::Host, outcome->host);
            }
            if (!outcome->ip.empty()) {
                event.add(Field::Ip, outcome->ip);
            }
            event.add(outcome->remote ? Field::Reply : Field::Reason, outcome->text);
        }
        event.add(Field::Delay, std::to_string(begin->delay.count() / 1000));
        if (begin->kind == queue::Outcome::Kind::Deferred) {
            event.add(Field::Next, std::to_string(next.time_since_epoch().count()));
        }
        history_.note(std::move(event));
        begin = end;
    }
}

net::Task<std::optional<Explained>> Spool::explain(queue::MessageId id) {
    std::function<std::optional<Explained>()> work = [this, id] { return explain_now(id); };
    std::optional<Explained> result = co_await disk_.run<std::optional<Explained>>(std::move(work));
    co_return result;
}

std::optional<Explained> Spool::explain_now(queue::MessageId id) {
    auto known = explain_active(id);
    auto stored = known ? conf::Result<queue::Stored>(queue::Stored{}) : store_.load(id);
    auto story = history_.read(id);
    if (!known && stored && (stored->due || !story.finished)) {
        known = explain_stored(std::move(*stored));
    }
    if (!known && !(known = explain_active(id))) {  // it was claimed meanwhile
        known = explain_finished(id, story);
    }
    if (known) {
        known->story = std::move(story);
    }
    return known;
}

std::optional<Explained> Spool::explain_active(queue::MessageId id) {
    const std::lock_guard lock(mutex_);
    const auto it = active_.find(id);
    if (it == active_.end()) {
        return std::nullopt;
    }
    Explained explained{*it->second.envelope, "active"};
    const auto waiting = scheduler_.waiting_of(id);
    explained.queued.insert(waiting.begin(), waiting.end());
    explained.reported = it->second.owed;
    add_sites(explained);
    return explained;
}

Explained Spool::explain_stored(queue::Stored stored) {
    const bool held = !stored.envelope.hold.reason.empty();
    Explained explained{std::move(stored.envelope),
                        held         ? "held"
                        : stored.due ? "waiting"
                                     : "active",
                        stored.due};
    const std::lock_guard lock(mutex_);
    add_sites(explained);
    return explained;
}

/// What is known of where its open recipients go. With the lock held.
void Spool::add_sites(Explained& explained) const {
    const auto now = clock_.now();
    for (const auto& recipient : explained.envelope.recipients) {
        const std::string domain(recipient.address.domain());
        if (!recipient.is_open() || explained.sites.contains(domain)) {
            continue;
        }
        if (const auto site = scheduler_.site_of(domain, now)) {
            SiteView& view = explained.sites[domain];
            view.site = *site;
            if (const auto* destination = scheduler_.destination(*site)) {
                view.waiting = destination->waiting();
                view.connections = destination->connections();
                view.limit = destination->limit();
            }
        }
    }
}

std::optional<Explained> explain_finished(queue::MessageId id, const history::Story& story) {
    if (story.finished != nullptr) {
        return Explained{*story.finished, "finished"};
    }
    if (story.events.empty()) {
        return std::nullopt;
    }
    // The relay was killed before its end was written: what is left are its events.
    Explained explained;
    explained.envelope.id = id;
    explained.envelope.accepted = id.time();
    explained.state = "finished";
    return explained;
}

}  // namespace relay
