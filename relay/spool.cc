#include "relay/spool.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "queue/errors.h"
#include "relay/clock.h"
#include "relay/log.h"

namespace relay {

Lease::~Lease() {
    if (spool_ != nullptr) {
        spool_->give_back(std::move(attempt_));
    }
}

Spool::Spool(queue::Store& store,
             Committer& committer,
             check::Gate& gate,
             Metrics& metrics,
             history::History& history,
             net::WorkerPool& disk,
             queue::NodeId node,
             const conf::Config& config,
             SpoolTerms terms)
    : store_(store),
      committer_(committer),
      gate_(gate),
      metrics_(metrics),
      history_(history),
      disk_(disk),
      clock_(std::move(terms.clocks)),
      gather_(terms.gather),
      ids_(node, store.last_id()),
      policy_(std::make_unique<queue::RetryPolicy>(config.queue)),
      active_limit_(static_cast<std::size_t>(config.queue.active_messages)),
      min_free_disk_(config.limits.effective_min_free_disk()),
      queue_limit_(static_cast<std::uint64_t>(config.limits.queue_messages)),
      content_budget_(config.limits.memory_for_contents()),
      scheduler_(
          {config.delivery.connections_per_site, config.delivery.recipients_per_transaction}),
      random_(std::random_device{}()) {}

Spool::~Spool() = default;

void Spool::listen(Listener listener) {
    listener_ = std::move(listener);
}

queue::MessageId Spool::next_id() {
    const std::lock_guard lock(mutex_);
    return ids_.next(clock_.now());
}

/// A message of several authors needs a verdict for each: the first that does not pass decides.
/// What a person paused is said first; the gate is asked all the same, so that it looks.
check::Gate::Answer Spool::judge(const queue::Envelope& envelope) {
    const std::string sender(envelope.sender.domain());
    check::Gate::Answer answer;
    std::size_t begin = 0;
    while (answer.decision == check::Gate::Decision::Open &&
           begin <= envelope.author_domain.size()) {
        const auto end =
            std::min(envelope.author_domain.find(',', begin), envelope.author_domain.size());
        answer = gate_.judge(sender, envelope.author_domain.substr(begin, end - begin));
        begin = end + 1;
    }
    if (const auto pause = pauses_.get()->covering(envelope)) {
        return {check::Gate::Decision::Hold, pause->reason()};
    }
    return answer;
}

net::Task<conf::Result<void>> Spool::accept(std::shared_ptr<queue::Message> message) {
    auto& envelope = message->envelope;
    const auto generation = this->generation();
    const auto answer = judge(envelope);
    const bool held = answer.decision != check::Gate::Decision::Open;
    if (held) {
        envelope.hold = {answer.reason, envelope.accepted};
    }
    bool active = false;
    {
        const std::lock_guard lock(mutex_);
        active = !held && active_.size() < active_limit_;
    }
    Committer::Changes changes;
    changes.emplace_back(
        queue::Insert{message, active ? std::nullopt : std::optional(envelope.accepted)});
    const auto result = co_await committer_.commit(std::move(changes));
    if (!result) {
        co_return result;
    }
    metrics_.messages_accepted.add();
    Effects effects;
    if (active) {
        const std::lock_guard lock(mutex_);
        activate(
            std::make_shared<queue::Envelope>(envelope), message->content, generation, effects);
    } else if (held) {
        const std::lock_guard lock(mutex_);
        ++held_[answer.reason];
        effects.held.emplace_back(envelope.id, answer.reason);
        effects.judged = generation;
    } else {
        effects.due = envelope.accepted;
    }
    carry_out(std::move(effects));
    co_return result;
}

net::Task<conf::Result<void>> Spool::add_chunk(queue::MessageId id,
                                               int number,
                                               std::string octets) {
    Committer::Changes changes;
    changes.emplace_back(queue::AddChunk{id, number, std::move(octets)});
    const auto result = co_await committer_.commit(std::move(changes));
    co_return result;
}

void Spool::drop_chunks(queue::MessageId id) {
    Committer::Changes changes;
    changes.emplace_back(queue::DropChunks{id});
    committer_.commit_later(std::move(changes));
}

conf::Result<void> Spool::has_room(std::uint64_t size) {
    if (const std::string why = store_.latched(); !why.empty()) {
        return conf::Error{make_error_code(queue::errc::StoreLatched), why};
    }
    const std::lock_guard lock(room_mutex_);
    // NB: clients between MAIL and their final dot come on top of it: at most one message each.
    if (queue_limit_ > 0 && store_.messages() >= queue_limit_) {
        return queue::error(
            queue::errc::QueueFull,
            "it holds " + std::to_string(queue_limit_) + " messages (limits.queue_messages)");
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - room_looked_ > std::chrono::seconds(1)) {
        room_looked_ = now;
        const auto free = store_.free_octets();
        room_free_ = free ? *free : 0;
    }
    if (room_free_ < min_free_disk_ + size) {
        return conf::Error{make_error_code(queue::errc::StoreFull),
                           std::to_string(room_free_) + " octets are free"};
    }
    return {};
}

void Spool::activate(std::shared_ptr<queue::Envelope> envelope,
                     std::shared_ptr<const queue::Content> content,
                     std::uint64_t judged,
                     Effects& effects) {
    const auto it = hold_in_memory(std::move(envelope), std::move(content), judged);
    submit_parts(it->second, clock_.now(), effects);
    if (it->second.outstanding == 0) {  // a pause came while it was stored
        finish_step(it, effects);
    }
}

Spool::ActiveMap::iterator Spool::hold_in_memory(std::shared_ptr<queue::Envelope> envelope,
                                                 std::shared_ptr<const queue::Content> content,
                                                 std::uint64_t judged) {
    Active active;
    active.envelope = std::move(envelope);
    active.judged = judged;
    if (content != nullptr && content_octets_ + content->body.size() <= content_budget_) {
        content_octets_ += content->body.size();
        active.content = std::move(content);
    }
    const auto id = active.envelope->id;
    const auto [it, inserted] = active_.emplace(id, std::move(active));
    assert(inserted);
    return it;
}

void Spool::submit_parts(Active& active, queue::Instant now, Effects& effects) {
    std::vector<int> positions;
    const auto& recipients = active.envelope->recipients;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        if (!recipients[i].is_open() || recipients[i].due > now ||
            active.owed.contains(static_cast<int>(i))) {
            continue;
        }
        positions.push_back(static_cast<int>(i));
    }
    submit_recipients(active, positions, now, effects);
}

void Spool::submit_recipients(Active& active,
                              const std::vector<int>& positions,
                              queue::Instant now,
                              Effects& effects) {
    const auto paused = pauses_.get();
    std::vector<queue::Part> parts;
    for (const int position : positions) {
        const auto& recipient = active.envelope->recipients[static_cast<std::size_t>(position)];
        const std::string_view domain = recipient.address.domain();
        if (paused->stops(domain)) {
            active.aside.insert(position);
            continue;
        }
        active.aside.erase(position);
        auto part = std::find_if(
            parts.begin(), parts.end(), [&](const auto& known) { return known.domain == domain; });
        if (part == parts.end()) {
            part = parts.insert(parts.end(),
                                queue::Part{active.envelope->id, std::string(domain), {}});
        }
        part->recipients.push_back(position);
        ++active.outstanding;
    }
    for (auto& part : parts) {
        if (const auto site = scheduler_.submit(std::move(part), now)) {
            offer(*site, effects);
        } else {
            effects.unrouted = true;
        }
    }
}

void Spool::offer(const queue::SiteId& site, Effects& effects) {
    const auto waiters = waiters_.find(site);
    if (waiters == waiters_.end()) {
        effects.wanted = true;
        return;
    }
    const auto waiter = waiters->second.begin();
    effects.wakes.push_back(std::move(waiter->second));
    waiters->second.erase(waiter);
    if (waiters->second.empty()) {
        waiters_.erase(waiters);
    }
}

void Spool::carry_out(Effects effects) {
    for (auto& wake : effects.wakes) {
        wake();
    }
    if (effects.unrouted) {
        listener_.unrouted();
    }
    if (effects.wanted) {
        listener_.connections_wanted();
    }
    report(effects);
    if (effects.review || (effects.judged && generation() != *effects.judged)) {
        review_wanted_ = true;  // a verdict came while the message was put away
        post_turn();
    }
    for (auto& notice : effects.notices) {
        listener_.notice(std::move(notice));
    }
    if (effects.due) {
        const std::lock_guard lock(mutex_);
        next_due_ = std::min(next_due_, *effects.due);
        if (*effects.due <= clock_.now()) {
            post_turn();
        }
    }
}

std::vector<std::string> Spool::domains_to_route(queue::Instant now) {
    const std::lock_guard lock(mutex_);
    return scheduler_.domains_to_route(now);
}

void Spool::assign(const std::string& domain,
                   const queue::SiteId& site,
                   queue::Instant valid_until) {
    constexpr queue::Duration kLongest = std::chrono::hours(24);  // no TTL counts for longer
    const queue::Duration valid = std::min(valid_until - wall_clock(), kLongest);
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        scheduler_.assign(domain, site, clock_.now() + valid);
        const auto* destination = scheduler_.destination(site);
        const auto waiting = destination == nullptr ? 0 : destination->waiting();
        for (std::size_t i = 0; i < waiting && waiters_.contains(site); ++i) {
            offer(site, effects);
        }
        effects.wanted = true;
    }
    carry_out(std::move(effects));
}

std::vector<queue::SiteId> Spool::sites_wanting_connections() {
    const std::lock_guard lock(mutex_);
    return scheduler_.sites_wanting_connections();
}

void Spool::connection_opened(const queue::SiteId& site) {
    const std::lock_guard lock(mutex_);
    scheduler_.connection_opened(site);
}

void Spool::connection_closed(const queue::SiteId& site) {
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        scheduler_.connection_closed(site);
        const auto* destination = scheduler_.destination(site);
        effects.wanted = destination != nullptr && destination->has_waiting();
    }
    carry_out(std::move(effects));
}

void Spool::site_reached(const queue::SiteId& site) {
    const std::lock_guard lock(mutex_);
    scheduler_.site_reached(site);
}

std::optional<Lease> Spool::next_for(const queue::SiteId& site,
                                     std::uint64_t waiter,
                                     std::function<void()> wake) {
    Effects effects;
    std::optional<Lease> lease;
    {
        const std::lock_guard lock(mutex_);
        while (auto attempt = scheduler_.next_for(site)) {
            const auto it = active_.find(attempt->id);
            assert(it != active_.end());
            Active& active = it->second;
            if (const auto generation = this->generation(); active.judged != generation) {
                const auto answer = judge(*active.envelope);
                active.judged = generation;
                if (answer.decision != check::Gate::Decision::Open) {
                    set_aside(active, attempt->recipients());
                    effects.judged = std::min(effects.judged.value_or(generation), generation);
                    put_on_hold(it, {answer.reason, clock_.now()}, effects);
                    continue;
                }
                if (is_stopped(*attempt)) {  // in part: the rest of it comes again
                    set_aside(active, attempt->recipients());
                    follow_pauses(it, effects);
                    continue;
                }
            }
            // The courier gets its own recipients alone: a copy that nobody else changes.
            const auto& whole = *active.envelope;
            auto mine = std::make_shared<queue::Envelope>();
            static_cast<queue::EnvelopeHead&>(*mine) = whole;
            for (const int position : attempt->recipients()) {
                mine->recipients.push_back(whole.recipients[static_cast<std::size_t>(position)]);
            }
            lease.emplace(*this, std::move(*attempt), std::move(mine), active.content);
            break;
        }
        if (!lease && wake) {
            waiters_[site][waiter] = std::move(wake);
        }
    }
    carry_out(std::move(effects));
    return lease;
}

void Spool::replace_signatures(Lease& lease, std::string signatures, std::string signed_by) {
    auto content = std::make_shared<queue::Content>(*lease.content());
    auto envelope = std::make_shared<queue::Envelope>(lease.envelope());
    envelope->size += signatures.size();
    envelope->size -= content->signatures.size();
    envelope->signed_by = signed_by;
    content->signatures = signatures;
    lease.content_ = content;
    lease.envelope_ = envelope;
    queue::Resign resign{envelope->id, std::move(signatures), std::move(signed_by)};
    const std::lock_guard lock(mutex_);
    const auto it = active_.find(envelope->id);
    if (it == active_.end()) {
        store_later(std::move(resign));
        return;
    }
    Active& active = it->second;
    active.envelope->size = envelope->size;
    active.envelope->signed_by = resign.signed_by;
    if (active.content != nullptr) {
        active.content = content;
    }
    if (active.storing) {
        active.resigned = std::move(resign);
    } else {
        store_later(std::move(resign));
    }
}

void Spool::stop_waiting(const queue::SiteId& site, std::uint64_t waiter) {
    const std::lock_guard lock(mutex_);
    const auto waiters = waiters_.find(site);
    if (waiters != waiters_.end()) {
        waiters->second.erase(waiter);
        if (waiters->second.empty()) {
            waiters_.erase(waiters);
        }
    }
}

void Spool::give_back(queue::Attempt attempt) {
    Effects effects;
    {
        const std::lock_guard lock(mutex_);
        const auto it = active_.find(attempt.id);
        if (it == active_.end() || it->second.deleted) {
            if (it != active_.end()) {
                it->second.outstanding -= attempt.recipients().size();
                finish_step(it, effects);
            }
        } else if (!it->second.envelope->hold.reason.empty()) {  // meanwhile
            set_aside(it->second, attempt.recipients());
            finish_step(it, effects);
        } else if (is_stopped(attempt)) {
            set_aside(it->second, attempt.recipients());
            follow_pauses(it, effects);
        } else {
            const auto site = attempt.site;
            scheduler_.give_back(std::move(attempt));
            offer(site, effects);
        }
    }
    carry_out(std::move(effects));
}

net::Task<conf::Result<std::shared_ptr<const queue::Content>>> Spool::fetch(queue::MessageId id) {
    using Fetched = conf::Result<std::shared_ptr<const queue::Content>>;
    std::function<Fetched()> work = [this, id]() -> Fetched {
        auto stored = store_.load(id);
        if (!stored) {
            return stored.error();
        }
        auto content = std::make_shared<queue::Content>(std::move(stored->content));
        if (content->chunks == 0) {
            auto body = store_.read_body(id, 0);
            if (!body) {
                return body.error();
            }
            content->body = std::move(*body);
        }
        return std::shared_ptr<const queue::Content>(std::move(content));
    };
    Fetched result = co_await disk_.run<Fetched>(std::move(work));
    co_return result;
}

net::Task<conf::Result<std::string>> Spool::fetch_chunk(queue::MessageId id, int number) {
    std::function<conf::Result<std::string>()> work = [this, id, number] {
        return store_.read_body(id, number);
    };
    conf::Result<std::string> result =
        co_await disk_.run<conf::Result<std::string>>(std::move(work));
    co_return result;
}

void Spool::reconfigure(const conf::Config& config) {
    const std::lock_guard lock(mutex_);
    policy_ = std::make_unique<queue::RetryPolicy>(config.queue);
    active_limit_ = static_cast<std::size_t>(config.queue.active_messages);
    scheduler_.set_limits(
        {config.delivery.connections_per_site, config.delivery.recipients_per_transaction});
    content_budget_ = config.limits.memory_for_contents();
    const std::lock_guard room(room_mutex_);
    min_free_disk_ = config.limits.effective_min_free_disk();
    queue_limit_ = static_cast<std::uint64_t>(config.limits.queue_messages);
}

}  // namespace relay
