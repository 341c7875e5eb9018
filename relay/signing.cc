#include "relay/signing.h"

#include <algorithm>
#include <string_view>

#include "dkim/field.h"
#include "relay/body_digest.h"
#include "relay/log.h"

namespace relay {

namespace {

using Standing = dkim::KeyRing::Standing;

/// Calls `take` with each part of a list that is separated by commas; false ends it.
template <class Take>
bool each_of(std::string_view list, Take take) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        if (!take(list.substr(0, comma))) {
            return false;
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return true;
}

/// Why nobody signs for `author`, or nothing.
std::optional<smtp::Reply> refusal(Standing standing, const conf::DomainName& author) {
    switch (standing) {
        case Standing::Unknown:
            return smtp::Reply{
                550,
                "5.7.1",
                "From: domain " + author.text() + " is not one that this relay signs for"};
        case Standing::EnvelopeOnly:
            return smtp::Reply{
                550, "5.7.1", "From: domain " + author.text() + " may be used in MAIL FROM only"};
        case Standing::KeyUnusable:
            return smtp::Reply{
                451,
                "4.7.0",
                "no usable signing key for " + author.text() + " now, try again later"};
        case Standing::Exempt:
        case Standing::Signs:
            break;
    }
    return std::nullopt;
}

/// A signature that ends within a day, or within half of its time, may end on its way.
bool ends_soon(const Setup& setup, const queue::EnvelopeHead& envelope, conf::Instant now) {
    const conf::Duration expiry = setup.config->dkim.signature_expiry;
    const conf::Duration margin = std::min<conf::Duration>(std::chrono::hours(24), expiry / 2);
    return expiry.count() > 0 && envelope.accepted + expiry - margin <= now;
}

/// All signatures of `keys` in `signed_by`, of which there is one at least, may leave.
bool may_leave(const Setup& setup,
               const dkim::KeyRing::DomainKeys& keys,
               std::string_view signed_by,
               conf::Instant now) {
    const dkim::DomainLives& lives = setup.lives->of(keys.name);
    bool any = false;
    const bool all = each_of(signed_by, [&](std::string_view one) {
        const auto slash = one.find('/');
        if (one.substr(0, slash) != keys.name.text() || slash == std::string_view::npos) {
            return true;
        }
        any = true;
        return dkim::may_leave(keys, one.substr(slash + 1), lives, setup.config->dkim.prove, now);
    });
    return any && all;
}

}  // namespace

std::variant<Signatures, smtp::Reply> sign(const Setup& setup,
                                           Metrics& metrics,
                                           const std::string& header,
                                           const std::vector<conf::DomainName>& authors,
                                           const dkim::Digest& body,
                                           conf::Instant now) {
    const auto fields = dkim::Header::parse(header);
    if (!fields) {
        return smtp::Reply{550, "5.6.0", fields.error().message()};
    }
    Signatures result;
    std::vector<const dkim::KeyRing::DomainKeys*> done;
    // RFC 6376 5.1 and RFC 5322 3.6.2: every author's domain must be one that we speak for.
    for (const auto& author : authors) {
        const Standing standing = setup.keys->standing(author, now);
        if (auto reply = refusal(standing, author)) {
            return std::move(*reply);
        }
        const auto* const keys = setup.keys->keys_of(author);
        if (standing == Standing::Exempt ||
            std::find(done.begin(), done.end(), keys) != done.end()) {
            continue;
        }
        done.push_back(keys);
        const dkim::Choice choice =
            dkim::choose(*keys, setup.lives->of(keys->name), setup.config->dkim.prove, now);
        result.fit = result.fit && choice.fit;
        for (const auto* entry : choice.signing) {
            const dkim::Signer& signer = *entry->signer;
            auto field = signer.sign(*fields, body, now, author);
            if (!field) {
                log::Event(log::Level::Error, "signing")
                    .field("domain", keys->name.text())
                    .field("selector", signer.selector())
                    .field("error", field.error().message());
                return smtp::Reply{
                    451, "4.7.0", "signing for " + author.text() + " failed, try again later"};
            }
            result.fields += *field;
            result.by +=
                (result.by.empty() ? "" : ",") + keys->name.text() + "/" + signer.selector();
            metrics.messages_signed.add({keys->name.text(), signer.selector()});
        }
    }
    return result;
}

bool may_leave(const Setup& setup, const queue::EnvelopeHead& envelope, conf::Instant now) {
    bool signs = false;
    const bool all = each_of(envelope.author_domain, [&](std::string_view author) {
        const auto name = conf::DomainName::parse(author);
        if (!name) {
            return true;
        }
        switch (setup.keys->standing(*name, now)) {
            case Standing::Unknown:
            case Standing::EnvelopeOnly:
                // Accepted and signed while it was a [[domain]] that signs: nobody can do it again.
                return !envelope.signed_by.empty();
            case Standing::Exempt:
                return true;
            case Standing::KeyUnusable:
            case Standing::Signs:
                break;
        }
        signs = true;
        return may_leave(setup, *setup.keys->keys_of(*name), envelope.signed_by, now);
    });
    return all && !(signs && ends_soon(setup, envelope, now));
}

conf::Result<Signatures> sign_again(const Setup& setup,
                                    Metrics& metrics,
                                    const queue::EnvelopeHead& envelope,
                                    const queue::Content& content,
                                    conf::Instant now) {
    std::vector<conf::DomainName> authors;
    each_of(envelope.author_domain, [&](std::string_view author) {
        if (auto name = conf::DomainName::parse(author)) {
            authors.push_back(std::move(*name));
        }
        return true;
    });
    const auto digest = unpacked(content.body_hash);
    if (!digest || authors.empty()) {
        return conf::Error{{}, "the stored message does not say what to sign"};
    }
    auto outcome = sign(setup, metrics, content.header, authors, *digest, now);
    if (const auto* reply = std::get_if<smtp::Reply>(&outcome)) {
        return conf::Error{{}, reply->text};
    }
    auto& signatures = std::get<Signatures>(outcome);
    if (!signatures.fit) {
        return conf::Error{{}, "no selector of " + envelope.author_domain + " may sign now"};
    }
    return std::move(signatures);
}

}  // namespace relay
