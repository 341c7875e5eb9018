// made_up: snapshots and messages for pages to show.
#pragma once

#include "conf/parse.h"
#include "relay/status/snapshot.h"

namespace relay::status {

inline constexpr conf::Instant kNoon{std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) +
                                     std::chrono::hours(12)};

inline conf::DomainName domain_name(std::string_view text) {
    return conf::DomainName::parse(text).value();
}

inline queue::Address address(std::string_view text) {
    return queue::Address::parse(text).value();
}

/// An id that was given at `time`.
inline queue::MessageId id_at(conf::Instant time) {
    return queue::IdSource(1, {}).next(time);
}

inline check::Finding finding(std::string check,
                              std::string subject,
                              check::Verdict verdict,
                              std::string seen = "as it should be") {
    check::Finding result;
    result.check = std::move(check);
    result.subject = std::move(subject);
    result.verdict = verdict;
    result.seen = std::move(seen);
    return result;
}

inline dkim::SelectorReport selector_report(std::string selector, dkim::SelectorState state) {
    dkim::SelectorReport report;
    report.domain = domain_name("example.com");
    report.record_name = selector + "._domainkey.example.com";
    report.selector = std::move(selector);
    report.type = dkim::KeyType::Rsa;
    report.bits = 2048;
    report.state = state;
    return report;
}

/// A relay with nothing to do and nothing wrong.
inline Snapshot quiet() {
    Snapshot snapshot;
    snapshot.now = kNoon;
    snapshot.uptime = std::chrono::seconds(90);
    snapshot.hostname = "mail.example.com";
    snapshot.listeners = {conf::Listener().address};
    snapshot.check_mode = conf::CheckMode::Enforce;
    snapshot.free_octets = 1'000'000'000;
    snapshot.min_free_disk = 128 * 1024 * 1024;
    snapshot.selectors = {selector_report("2026a", dkim::SelectorState::Signing)};
    snapshot.findings = {
        {"", {finding("ptr", "192.0.2.1", check::Verdict::Pass)}},
        {"example.com", {finding("spf", "example.com", check::Verdict::Pass)}},
    };
    const Metrics fresh;
    snapshot.accept_seconds = fresh.accept_seconds.snapshot();
    snapshot.commit_seconds = fresh.commit_seconds.snapshot();
    snapshot.commit_messages = fresh.commit_messages.snapshot();
    snapshot.delivery_seconds = fresh.delivery_seconds.snapshot();
    return snapshot;
}

/// One message, accepted an hour before noon, to two recipients of which one has been deferred.
inline queue::Envelope some_envelope() {
    queue::Envelope envelope;
    envelope.id = id_at(kNoon - std::chrono::hours(1));
    envelope.sender = address("app@example.com");
    queue::Recipient first;
    first.address = address("one@example.net");
    first.attempts = 2;
    first.due = kNoon + std::chrono::minutes(5);
    first.last = queue::Outcome{queue::Outcome::Kind::Deferred,
                                {4, 2, 0},
                                "451 4.2.0 come back",
                                "mx.example.net",
                                "192.0.2.9",
                                true};
    queue::Recipient second;
    second.address = address("two@example.net");
    second.due = kNoon + std::chrono::minutes(7);
    envelope.recipients = {first, second};
    envelope.accepted = kNoon - std::chrono::hours(1);
    envelope.client = "127.0.0.1";
    envelope.author_domain = "example.com";
    envelope.signed_by = "example.com/2026a";
    envelope.size = 1234;
    return envelope;
}

}  // namespace relay::status
