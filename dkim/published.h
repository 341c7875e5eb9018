// Published: what the DNS shows where a selector's key should be, judged by a test signature.
//
// A record is ours when the verifier takes it for what we sign: a signature is made and verified
// with exactly what was found.
//
// Standards: RFC 6376 3.6.1 (records; an empty p= revokes), 3.6.2.2 (one record at a name).
// Threads:   no state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "dkim/key_ring.h"
#include "dkim/rotation.h"

namespace dkim {

/// What one who was asked for the records of a selector answered, judged.
struct Published {
    Sight sight = Sight::Absent;
    std::string seen;      // in words, printable ASCII
    bool testing = false;  // t=y: receivers may ignore the signature
};

/// `records`: each TXT record, its strings joined; none for a name without. `entry` has a signer.
Published judge_records(const KeyRing::DomainKeys& keys,
                        const KeyRing::Entry& entry,
                        const std::vector<std::string>& records,
                        conf::Instant now);

/// Signs with the entry's key and verifies with its public half. What is wrong, or nothing.
std::optional<std::string> self_test(const KeyRing::DomainKeys& keys,
                                     const KeyRing::Entry& entry,
                                     conf::Instant now);

/// What one authoritative server answered.
struct Witness {
    std::string server;  // "ns1.example.com (192.0.2.53)"
    Published published;
};

/// The resolver's answer and those of the authoritative servers that answered, taken together:
/// Ours only where all show it. Where all servers agree that it is not ours, the resolver's memory
/// of a better time does not count.
Look combine(const Published& resolver, const std::vector<Witness>& servers);

}  // namespace dkim
