// Scheduler: what is due now, sorted by where it goes. Holds only due mail; what waits for later
// lies in the store.
//
// A part whose domain has no site yet waits under its domain; `domains_to_route` names such
// domains once, and `assign` moves their parts to the site's Destination. A connection to a site
// takes attempts by `next_for`.
//
// Cost: no operation looks at more sites, domains or messages than it is about.
// Threads: not safe; the Spool's lock. Pure: takes `now`, does no I/O.
// Errors: none; misuse asserts.
// Memory: one Part per domain of each active message; the Spool bounds the number of active
//   messages.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "queue/attempt.h"
#include "queue/destination.h"

namespace queue {

class Scheduler {
public:
    struct Limits {
        int connections_per_site = 20;
        int recipients_per_transaction = 100;
    };
    explicit Scheduler(Limits limits) : limits_(limits) {}
    /// For sites met from now on.
    void set_limits(Limits limits) { limits_ = limits; }

    /// A part that is due now. Returns the site whose list it joined, or nothing while its domain
    /// is unrouted.
    std::optional<SiteId> submit(Part part, Instant now);
    /// Domains with waiting parts and no valid site, each named once until assign() or
    /// take_domain().
    std::vector<std::string> domains_to_route(Instant now);
    /// `domain` goes to `site` until `valid_until`.
    void assign(const std::string& domain, const SiteId& site, Instant valid_until);
    /// Removes and returns all parts that wait for `domain` to be routed.
    std::vector<Part> take_domain(const std::string& domain);
    /// Removes and returns all parts that wait at `site`.
    std::vector<Part> take_site(const SiteId& site);
    /// Removes what waits of one message (an operator deleted it, or it expired). Parts in an
    /// Attempt stay there.
    std::vector<Part> take_message(MessageId id);

    /// The next attempt at `site`: the oldest part there with the other parts of the same message
    /// at the same site, up to recipients_per_transaction recipients (a larger part is split).
    std::optional<Attempt> next_for(const SiteId& site);
    /// An attempt that was not made: its parts return to the front of their site.
    void give_back(Attempt attempt);

    /// Sites that want another connection now, longest waiting for one first.
    std::vector<SiteId> sites_wanting_connections() const;
    void connection_opened(const SiteId& site);
    void connection_closed(const SiteId& site);
    void site_reached(const SiteId& site);
    void site_failed(const SiteId& site);
    /// Mail for `domain` that was held for long is let go: its site begins anew (Destination).
    void begin_anew(const std::string& domain, std::uint64_t occasion);

    [[nodiscard]] const Destination* destination(const SiteId& site) const;
    /// Where `domain` goes now, as far as that is known.
    [[nodiscard]] std::optional<SiteId> site_of(const std::string& domain, Instant now) const;
    /// The recipients of one message that wait for a route or for their turn at a site; the others
    /// that are due are in an Attempt.
    [[nodiscard]] std::vector<int> waiting_of(MessageId id) const;
    [[nodiscard]] std::vector<std::pair<SiteId, const Destination*>> destinations() const;
    /// Forgets assignments that are over, and sites without mail and connections.
    void tidy(Instant now);

private:
    struct Assignment {
        SiteId site;
        Instant valid_until;
    };
    struct Unrouted {
        PartList parts;
        bool asked = false;
    };
    using Places = std::vector<PartList::iterator>;

    Destination& destination_of(const SiteId& site);
    PartList& list_of(const WaitingPart& waiting);
    void attach(PartList& list, PartList::iterator where, Part part, Destination* destination);
    Part detach(PartList::iterator where);
    std::vector<Part> detach_all(PartList& list);
    /// Brings wanting_ up to date after a change of `destination`.
    void review(Destination& destination);

    Limits limits_;
    std::unordered_map<std::string, Assignment> assignments_;
    std::unordered_map<std::string, Unrouted> unrouted_;  // kept while asked, even without parts
    std::vector<std::string> unasked_;  // may name domains that have gone meanwhile
    std::unordered_map<SiteId, Destination> sites_;
    std::list<Destination*> wanting_;
    std::unordered_map<MessageId, Places> by_message_;  // every waiting part
};

}  // namespace queue
