// Workload: what a busy day does to a queue, in seconds: clients that send small and large messages
// to several recipients, a world that takes some, defers some and refuses some, reports about what
// was refused, a person who removes and retries, facts that are remembered and forgotten; then a
// clean stop, and the same again.
//
// Everything that was promised goes to the journal. The moments at which things meet differ from
// run to run; the choices are those of the seed.
//
// Threads: run() from one; the rest is its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "tests/crash/disk_image.h"
#include "tests/crash/journal.h"
#include "tests/crash/mutant_store.h"
#include "tests/crash/stage.h"

namespace crash {

class Workload {
public:
    struct Size {
        int sessions = 3;
        int clients = 5;
        int messages = 10;  // of each client in each session
        int large = 2;      // of these, with a body that comes in rows
    };

    /// Over a store in `data`.
    Workload(const relay::Setup& setup,
             std::string data,
             Journal& journal,
             std::uint64_t seed,
             Mutant mutant,
             Size size);
    void run();

private:
    using Task = relay::net::Task<>;
    struct Settled {
        int number;
        std::vector<Journal::Ending> endings;
    };

    void session();
    Task client(std::uint64_t seed);
    Task send(int number, std::size_t body, Random& random);
    Task world(std::uint64_t seed);
    Task deliver(relay::Lease lease, Random& random, std::vector<Settled>& settled);
    Task flush(std::vector<Settled>& settled);
    Task report(relay::Notice notice, std::uint64_t seed);
    Task person(std::uint64_t seed);
    Task remember(Random& random);
    Task pause(std::chrono::microseconds time);
    std::optional<relay::Lease> next_lease(Random& random);

    const relay::Setup& setup_;
    std::string data_;
    Journal& journal_;
    Mutant mutant_;
    Size size_;
    Random random_;
    std::optional<Stage> stage_;
    std::atomic<int> sending_{0};  // clients that have not ended
};

}  // namespace crash
