#include "queue/scheduler.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace queue {

Destination& Scheduler::destination_of(const SiteId& site) {
    const auto [found, made] = sites_.try_emplace(site, limits_.connections_per_site);
    if (made) {
        found->second.site_ = &found->first;
    }
    return found->second;
}

PartList& Scheduler::list_of(const WaitingPart& waiting) {
    return waiting.destination != nullptr ? waiting.destination->waiting_
                                          : unrouted_.at(waiting.part.domain).parts;
}

void Scheduler::attach(PartList& list,
                       PartList::iterator where,
                       Part part,
                       Destination* destination) {
    const MessageId id = part.id;
    by_message_[id].push_back(list.insert(where, WaitingPart{std::move(part), destination}));
}

Part Scheduler::detach(PartList::iterator where) {
    const auto places = by_message_.find(where->part.id);
    assert(places != by_message_.end());
    if (places->second.size() == 1) {
        by_message_.erase(places);
    } else {
        const auto place = std::find(places->second.begin(), places->second.end(), where);
        assert(place != places->second.end());
        places->second.erase(place);
    }
    Part part = std::move(where->part);
    PartList& list = where->destination != nullptr ? where->destination->waiting_
                                                   : unrouted_.at(part.domain).parts;
    list.erase(where);
    return part;
}

std::vector<Part> Scheduler::detach_all(PartList& list) {
    std::vector<Part> parts;
    parts.reserve(list.size());
    while (!list.empty()) {
        parts.push_back(detach(list.begin()));
    }
    return parts;
}

void Scheduler::review(Destination& destination) {
    if (destination.wants_connection() == destination.listed_) {
        return;
    }
    if (destination.listed_) {
        wanting_.erase(destination.place_);
    } else {
        destination.place_ = wanting_.insert(wanting_.end(), &destination);
    }
    destination.listed_ = !destination.listed_;
}

std::optional<SiteId> Scheduler::submit(Part part, Instant now) {
    assert(!part.recipients.empty());
    const auto assignment = assignments_.find(part.domain);
    if (assignment != assignments_.end() && now < assignment->second.valid_until) {
        Destination& destination = destination_of(assignment->second.site);
        attach(destination.waiting_, destination.waiting_.end(), std::move(part), &destination);
        review(destination);
        return assignment->second.site;
    }
    const auto [unrouted, made] = unrouted_.try_emplace(part.domain);
    if (made) {
        unasked_.push_back(part.domain);
    }
    PartList& list = unrouted->second.parts;
    attach(list, list.end(), std::move(part), nullptr);
    return std::nullopt;
}

std::vector<std::string> Scheduler::domains_to_route(Instant /*now*/) {
    std::vector<std::string> domains;
    for (std::string& domain : unasked_) {
        const auto unrouted = unrouted_.find(domain);
        if (unrouted == unrouted_.end() || unrouted->second.asked) {
            continue;
        }
        if (unrouted->second.parts.empty()) {
            unrouted_.erase(unrouted);
            continue;
        }
        unrouted->second.asked = true;
        domains.push_back(std::move(domain));
    }
    unasked_.clear();
    return domains;
}

void Scheduler::assign(const std::string& domain, const SiteId& site, Instant valid_until) {
    assignments_.insert_or_assign(domain, Assignment{site, valid_until});
    const auto unrouted = unrouted_.find(domain);
    if (unrouted == unrouted_.end()) {
        return;
    }
    PartList& parts = unrouted->second.parts;
    if (!parts.empty()) {
        Destination& destination = destination_of(site);
        for (WaitingPart& waiting : parts) {
            waiting.destination = &destination;
        }
        destination.waiting_.splice(destination.waiting_.end(), parts);  // places stay valid
        review(destination);
    }
    unrouted_.erase(unrouted);
}

std::vector<Part> Scheduler::take_domain(const std::string& domain) {
    const auto unrouted = unrouted_.find(domain);
    if (unrouted == unrouted_.end()) {
        return {};
    }
    std::vector<Part> parts = detach_all(unrouted->second.parts);
    unrouted_.erase(unrouted);
    return parts;
}

std::vector<Part> Scheduler::take_site(const SiteId& site) {
    const auto found = sites_.find(site);
    if (found == sites_.end()) {
        return {};
    }
    std::vector<Part> parts = detach_all(found->second.waiting_);
    review(found->second);
    return parts;
}

std::vector<Part> Scheduler::take_message(MessageId id) {
    std::vector<Part> parts;
    const auto found = by_message_.find(id);
    if (found == by_message_.end()) {
        return parts;
    }
    const Places places = std::move(found->second);
    by_message_.erase(found);
    for (const PartList::iterator place : places) {
        Destination* const destination = place->destination;
        PartList& list = list_of(*place);
        parts.push_back(std::move(place->part));
        list.erase(place);
        if (destination != nullptr) {
            review(*destination);
        }
    }
    return parts;
}

std::optional<Attempt> Scheduler::next_for(const SiteId& site) {
    const auto found = sites_.find(site);
    if (found == sites_.end() || found->second.waiting_.empty()) {
        return std::nullopt;
    }
    Destination& destination = found->second;
    const PartList::iterator oldest = destination.waiting_.begin();
    Attempt attempt{oldest->part.id, site, {}};
    auto room = static_cast<std::size_t>(limits_.recipients_per_transaction);

    // The oldest part first, then the others of its message; detach() changes the list of places,
    // hence the copy.
    Places places = by_message_.at(attempt.id);
    std::iter_swap(places.begin(), std::find(places.begin(), places.end(), oldest));
    for (const PartList::iterator place : places) {
        if (place->destination != &destination || room == 0) {
            continue;
        }
        std::vector<int>& recipients = place->part.recipients;
        if (recipients.size() <= room) {
            room -= recipients.size();
            attempt.parts.push_back(detach(place));
            continue;
        }
        const auto cut = recipients.begin() + static_cast<std::ptrdiff_t>(room);
        attempt.parts.push_back(
            Part{attempt.id, place->part.domain, std::vector<int>(recipients.begin(), cut)});
        recipients.erase(recipients.begin(), cut);
        room = 0;
    }
    review(destination);
    return attempt;
}

void Scheduler::give_back(Attempt attempt) {
    Destination& destination = destination_of(attempt.site);
    for (auto part = attempt.parts.rbegin(); part != attempt.parts.rend(); ++part) {
        attach(destination.waiting_, destination.waiting_.begin(), std::move(*part), &destination);
    }
    review(destination);
}

std::vector<SiteId> Scheduler::sites_wanting_connections() const {
    std::vector<SiteId> sites;
    sites.reserve(wanting_.size());
    for (const Destination* destination : wanting_) {
        sites.push_back(*destination->site_);
    }
    return sites;
}

void Scheduler::connection_opened(const SiteId& site) {
    Destination& destination = destination_of(site);
    destination.opened();
    review(destination);
    if (destination.listed_) {
        // It got one: the others come first now.
        wanting_.splice(wanting_.end(), wanting_, destination.place_);
    }
}

void Scheduler::connection_closed(const SiteId& site) {
    Destination& destination = destination_of(site);
    destination.closed();
    review(destination);
}

void Scheduler::site_reached(const SiteId& site) {
    Destination& destination = destination_of(site);
    destination.reached();
    review(destination);
}

void Scheduler::site_failed(const SiteId& site) {
    Destination& destination = destination_of(site);
    destination.failed();
    review(destination);
}

void Scheduler::begin_anew(const std::string& domain, std::uint64_t occasion) {
    const auto assignment = assignments_.find(domain);
    if (assignment == assignments_.end()) {
        return;  // its site is met first
    }
    if (const auto site = sites_.find(assignment->second.site); site != sites_.end()) {
        site->second.begin_anew(occasion);
        review(site->second);
    }
}

std::optional<SiteId> Scheduler::site_of(const std::string& domain, Instant now) const {
    const auto found = assignments_.find(domain);
    if (found == assignments_.end() || now >= found->second.valid_until) {
        return std::nullopt;
    }
    return found->second.site;
}

std::vector<int> Scheduler::waiting_of(MessageId id) const {
    std::vector<int> recipients;
    if (const auto found = by_message_.find(id); found != by_message_.end()) {
        for (const PartList::iterator place : found->second) {
            const auto& part = place->part.recipients;
            recipients.insert(recipients.end(), part.begin(), part.end());
        }
    }
    return recipients;
}

const Destination* Scheduler::destination(const SiteId& site) const {
    const auto found = sites_.find(site);
    return found == sites_.end() ? nullptr : &found->second;
}

std::vector<std::pair<SiteId, const Destination*>> Scheduler::destinations() const {
    std::vector<std::pair<SiteId, const Destination*>> all;
    all.reserve(sites_.size());
    for (const auto& [site, destination] : sites_) {
        all.emplace_back(site, &destination);
    }
    return all;
}

void Scheduler::tidy(Instant now) {
    std::erase_if(assignments_,
                  [now](const auto& entry) { return entry.second.valid_until <= now; });
    std::erase_if(sites_, [](const auto& entry) {
        return !entry.second.has_waiting() && entry.second.connections() == 0;
    });
}

}  // namespace queue
