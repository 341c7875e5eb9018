#include "relay/out/failure.h"

#include <algorithm>

namespace relay::out {

using Kind = queue::Outcome::Kind;

namespace {

queue::Outcome own_words(Kind kind, queue::EnhancedStatus status, std::string text) {
    queue::Outcome outcome;
    outcome.kind = kind;
    outcome.status = status;
    outcome.text = std::move(text);
    return outcome;
}

}  // namespace

queue::Outcome no_such_domain(const std::string& domain) {
    return own_words(Kind::Failed, {5, 1, 2}, "the domain " + domain + " does not exist");
}

queue::Outcome no_mail_host(const std::string& domain) {
    return own_words(
        Kind::Failed, {5, 1, 2}, "the domain " + domain + " has neither MX nor address records");
}

queue::Outcome null_mx(const std::string& domain) {
    return own_words(
        Kind::Failed, {5, 1, 10}, "the domain " + domain + " accepts no mail (null MX)");
}

queue::Outcome dns_failed(const std::string& domain, const net::Answer& answer) {
    return own_words(Kind::Deferred, {4, 4, 3}, "looking up " + domain + " failed: " + answer.why);
}

queue::Outcome no_host_address(const std::string& domain) {
    return own_words(
        Kind::Failed, {5, 4, 4}, "no mail host of " + domain + " has a usable address");
}

queue::Outcome only_private(const std::string& domain, const std::string& address) {
    return own_words(Kind::Deferred,
                     {4, 4, 4},
                     "mail hosts of " + domain + " have only private addresses (" + address +
                         "): delivery.allow_private_addresses permits them");
}

queue::Outcome points_to_us(const std::string& domain) {
    return own_words(
        Kind::Failed, {5, 4, 6}, "the best mail host of " + domain + " is this relay: a loop");
}

queue::Outcome connect_failed(const std::string& host,
                              const std::string& ip,
                              net::IoStatus status) {
    auto outcome = own_words(
        Kind::Deferred,
        {4, 4, 1},
        "connecting to " + host + " [" + ip + "] failed: " + std::string(net::describe(status)));
    outcome.host = host;
    outcome.ip = ip;
    return outcome;
}

smtp::Loss loss_of(net::IoStatus status) {
    return status == net::IoStatus::TimedOut ? smtp::Loss::TimedOut : smtp::Loss::Closed;
}

queue::Outcome content_unreadable(const std::string& why) {
    return own_words(Kind::Deferred, {4, 3, 0}, "the stored message cannot be read: " + why);
}

queue::Outcome not_signed(const std::string& why) {
    return own_words(Kind::Deferred, {4, 7, 0}, "the message cannot be signed now: " + why);
}

queue::Outcome interrupted() {
    return own_words(Kind::Deferred, {4, 3, 2}, "the relay stopped before this recipient's turn");
}

bool lacks_extension(const std::vector<queue::Outcome>& outcomes) {
    return std::all_of(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
        return !outcome.remote && outcome.kind == Kind::Failed;
    });
}

queue::Outcome in_doubt(queue::Outcome outcome) {
    outcome.kind = Kind::Deferred;
    outcome.status.klass = 4;
    return outcome;
}

bool next_host_may_help(const smtp::ClientDialog& dialog) {
    const auto& outcomes = dialog.outcomes();
    const bool undecided = std::all_of(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
        return outcome.kind == Kind::Deferred;
    });
    return lacks_extension(outcomes) || (dialog.closed() && dialog.nothing_sent() && undecided);
}

}  // namespace relay::out
