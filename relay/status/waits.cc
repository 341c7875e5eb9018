#include "relay/status/waits.h"

#include <string_view>

#include "relay/status/time_text.h"

namespace relay::status {

namespace {

// Reasons are written for people where they arise; these beginnings tell them apart.
constexpr std::string_view kUnproven = "no selector of ";
constexpr std::string_view kPaused = "sending is paused";

std::string attempts_text(int attempts) {
    return std::to_string(attempts) + (attempts == 1 ? " attempt" : " attempts");
}

/// One that the scheduler has, and that no attempt has yet.
std::string waits_for_turn(const Explained& message, const queue::Recipient& recipient) {
    const std::string domain(recipient.address.domain());
    const auto found = message.sites.find(domain);
    if (found == message.sites.end()) {
        return "a route: the hosts of " + domain + " are being looked up";
    }
    const SiteView& site = found->second;
    if (site.connections >= site.limit) {
        return "the site's limit: all " + std::to_string(site.limit) +
               " connections that it may have now are in use, " + std::to_string(site.waiting) +
               " messages wait";
    }
    return "a connection to the site: " + std::to_string(site.connections) + " of " +
           std::to_string(site.limit) + " are open";
}

}  // namespace

std::string release_text(const queue::Envelope& envelope) {
    const queue::Hold& hold = envelope.hold;
    if (hold.person) {
        return "a person must release it: signet queue release --id " + envelope.id.text();
    }
    if (hold.reason.starts_with(kPaused)) {
        return "released by itself when a person ends the pause: signet resume";
    }
    if (hold.reason.starts_with(kUnproven)) {
        return "released by itself when a selector is proven: see signet dkim status";
    }
    return "released by itself when the check passes";
}

std::string waits_for(const Explained& message, std::size_t position, conf::Instant now) {
    const queue::Envelope& envelope = message.envelope;
    const queue::Recipient& recipient = envelope.recipients[position];
    if (!recipient.is_open() || message.state == "finished") {
        return {};
    }
    const int number = static_cast<int>(position);
    if (recipient.awaits_report() || message.reported.contains(number)) {
        return "the report to the sender";
    }
    if (!envelope.hold.reason.empty()) {
        return "the hold";
    }
    if (message.queued.contains(number)) {
        return waits_for_turn(message, recipient);
    }
    if (recipient.due > now) {
        return "back-off after " + attempts_text(recipient.attempts) + ", until " +
               time_text(recipient.due);
    }
    return message.state == "active" ? "an attempt that is under way" : "its turn";
}

}  // namespace relay::status
