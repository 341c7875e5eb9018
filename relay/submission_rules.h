// Submission rules: whether a header may be sent, and who wrote it.
//
// Standards: RFC 5322 3.6 (one From), 3.6.2; RFC 6409 6 (what a submission server checks), 8.4
//   (addresses completed); RFC 5321 6.3 (loops).
// Threads:   no state.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "conf/config.h"
#include "dkim/author.h"
#include "dkim/field.h"
#include "queue/address.h"
#include "relay/smtp/reply.h"

namespace relay {

/// Who the rules are applied to.
struct Submitter {
    const queue::Address& sender;            // MAIL FROM; a missing From: is taken from it
    const conf::Senders* senders = nullptr;  // who it may write as; null: every [[domain]]
};

/// The authors in order, bare ones completed by `intake.origin`; else 550 5.6.0 (no From, two,
/// one that cannot be read), 550 5.7.1 (an author that the submitter may not write as), 554 5.4.6
/// (more than 100 Received fields).
std::variant<std::vector<dkim::Author>, smtp::Reply> judge_header(const dkim::Header& header,
                                                                  const Submitter& submitter,
                                                                  const conf::Intake& intake);

}  // namespace relay
