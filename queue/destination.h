// Destination: the mail that waits for one site, and how many connections that site may have.
//
// Slow start: the limit begins at 2 and grows by one with each attempt that reached the host, up
// to the configured number; a host failure halves it (down to 1). (The idea is Postfix's
// destination concurrency.)
// Mail that was held for long begins anew: its site takes it as slowly as if it were met first.
//
// Threads: not safe; owned by Scheduler, under the Spool's lock.
// Errors: none; misuse asserts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>

#include "queue/attempt.h"

namespace queue {

class Destination;

/// A part in a list of waiting ones, and whose list that is: nobody's while its domain is unrouted.
struct WaitingPart {
    Part part;
    Destination* destination = nullptr;
};
using PartList = std::list<WaitingPart>;

class Destination {
public:
    explicit Destination(int max_connections);
    Destination(const Destination&) = delete;
    Destination& operator=(const Destination&) = delete;

    [[nodiscard]] int connections() const { return connections_; }
    [[nodiscard]] int limit() const { return limit_; }
    [[nodiscard]] bool has_waiting() const { return !waiting_.empty(); }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    /// A new connection is worth opening: mail waits that the open ones will not take soon, and the
    /// limit allows one.
    [[nodiscard]] bool wants_connection() const;

    void opened();
    void closed();
    void reached();  // an attempt got through to the host
    void failed();   // no host of the site could be used
    /// The limit is that of the beginning again, once for each `occasion` (a number that grows).
    void begin_anew(std::uint64_t occasion);

private:
    friend class Scheduler;
    PartList waiting_;
    int connections_ = 0;
    int max_connections_;
    int limit_;
    std::uint64_t occasion_ = 0;  // of the last begin_anew()

    // The Scheduler's list of destinations that want a connection: under which name this one is
    // there, and where.
    const SiteId* site_ = nullptr;
    bool listed_ = false;
    std::list<Destination*>::iterator place_;
};

}  // namespace queue
