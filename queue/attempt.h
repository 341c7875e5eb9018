// Attempt: one message at one site; Part: the recipients of one message in one domain.
//
// Threads: values.
#pragma once

#include <string>
#include <vector>

#include "queue/message_id.h"

namespace queue {

/// To whom: hosts, source and TLS demand in one key, made by the dispatcher. Shared by all domains
/// that resolve to it.
using SiteId = std::string;

struct Part {
    MessageId id;
    std::string domain;           // recipient domain, or a literal
    std::vector<int> recipients;  // positions in Envelope::recipients, ascending
    bool operator==(const Part&) const = default;
};

struct Attempt {
    MessageId id;
    SiteId site;
    std::vector<Part> parts;  // all of the same message

    /// Of all parts, ascending.
    [[nodiscard]] std::vector<int> recipients() const;
    bool operator==(const Attempt&) const = default;
};

}  // namespace queue
