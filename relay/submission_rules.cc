#include "relay/submission_rules.h"

#include <algorithm>
#include <optional>

#include "relay/mime/address_list.h"

namespace relay {

namespace {

constexpr std::size_t kMaxReceived = 100;  // RFC 5321 6.3 asks for 100 at least

smtp::Reply malformed(const std::string& text) {
    return {550, "5.6.0", text};
}

/// RFC 6409 6.1: a client that is limited in its senders is limited in From:, too.
std::optional<smtp::Reply> judge_authors(const std::vector<dkim::Author>& authors,
                                         const conf::Senders* senders) {
    if (senders == nullptr) {
        return std::nullopt;
    }
    for (const auto& author : authors) {
        if (!senders->allow(author.local_part, author.domain.text())) {
            return smtp::Reply{550,
                               "5.7.1",
                               "you may not write as " + author.local_part + "@" +
                                   author.domain.text() + " (From:)"};
        }
    }
    return std::nullopt;
}

/// What would make a From: with a bare address right, or nothing where that is not its fault.
std::optional<smtp::Reply> judge_bare_address(std::string_view from) {
    const auto found = mime::listed_addresses(from);
    if (!found) {
        return std::nullopt;
    }
    const auto bare = std::find_if(
        found->begin(), found->end(), [](const auto& address) { return address.is_bare; });
    if (bare == found->end()) {
        return std::nullopt;
    }
    return malformed("From: address " + bare->text +
                     " has no domain (intake.origin would complete it)");
}

}  // namespace

std::variant<std::vector<dkim::Author>, smtp::Reply> judge_header(const dkim::Header& header,
                                                                  const Submitter& submitter,
                                                                  const conf::Intake& intake) {
    if (header.count("Received") > kMaxReceived) {
        return smtp::Reply{
            554, "5.4.6", "too many hops: the message has more than 100 Received fields"};
    }
    // RFC 5322 3.6: exactly one From. None is repaired from the envelope, two are somebody's trick.
    if (header.count("From") > 1) {
        return malformed("the message has more than one From field");
    }
    const auto* from = header.find("From");
    if (from == nullptr && submitter.sender.is_null()) {
        return malformed("the message has no From field and its envelope sender is null");
    }
    std::string value(from != nullptr ? from->value : std::string_view(submitter.sender.text()));
    if (intake.origin) {
        value = mime::complete_list(value, *intake.origin);
    } else if (auto reason = judge_bare_address(value)) {
        return std::move(*reason);
    }
    auto authors = dkim::authors(value);
    if (!authors) {
        return malformed(authors.error().message());
    }
    if (auto reason = judge_authors(*authors, submitter.senders)) {
        return std::move(*reason);
    }
    return std::move(*authors);
}

}  // namespace relay
